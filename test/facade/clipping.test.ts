import { type ClipOptions, layers, type Model, optimizers, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { difference } from '../graph/harness.js'
import { regressionBatch } from './models.js'

/** One step of SGD at a rate of 1 moves every weight by its clipped gradient. */
async function gradientsOf(backend: BackendName, clip: ClipOptions): Promise<Map<string, Float64Array>> {
  const model = sequential(
    [layers.gru({ units: 4, returnSequences: true }), layers.dense({ units: 2, biasInitializer: 'ones' })],
    { inputShape: [null, 3], backend, seed: 8 },
  )
  model.compile({ optimizer: optimizers.sgd({ learningRate: 1, ...clip }), loss: 'meanSquaredError' })
  const before = weightsOf(model)
  await model.fit([regressionBatch('clipped', 3, 5)])
  const after = weightsOf(model)
  model.dispose()
  return new Map(
    [...before].map(([name, p]) => [name, Float64Array.from(p, (v, i) => v - (after.get(name)?.[i] ?? 0))]),
  )
}

const weightsOf = (model: Model) => new Map(model.getWeights().map(({ name, data }) => [name, data]))
const norm = (g: Iterable<number>) => Math.sqrt([...g].reduce((sum, v) => sum + v * v, 0))

describeOnBackends('gradient clipping is its definition', ({ name: backend }) => {
  const limits = [0.05, 0.3, 100] as const

  test.each(limits)('by value, %s: each element to ± the limit', async (clipValue) => {
    const [free, clipped] = [await gradientsOf(backend, {}), await gradientsOf(backend, { clipValue })]
    for (const [name, g] of free) {
      const expected = g.map((v) => Math.max(-clipValue, Math.min(clipValue, v)))
      expect(difference(clipped.get(name)!, expected), name).toBeLessThan(1e-6)
    }
  })

  test.each(limits)('by norm, %s: each weight by itself', async (clipNorm) => {
    const [free, clipped] = [await gradientsOf(backend, {}), await gradientsOf(backend, { clipNorm })]
    const norms = [...free.values()].map(norm)
    // Some are above the smaller limits, and some below.
    if (clipNorm === 0.3) expect(new Set(norms.map((n) => n > clipNorm)).size).toBe(2)
    for (const [name, g] of free) {
      const scale = Math.min(1, clipNorm / norm(g))
      expect(
        difference(
          clipped.get(name)!,
          g.map((v) => v * scale),
        ),
        name,
      ).toBeLessThan(1e-6)
    }
  })

  test.each(limits)('by global norm, %s: all weights together', async (globalClipNorm) => {
    const [free, clipped] = [await gradientsOf(backend, {}), await gradientsOf(backend, { globalClipNorm })]
    const whole = norm([...free.values()].flatMap((g) => [...g]))
    expect(whole).toBeGreaterThan(0.3)
    for (const [name, g] of free) {
      const scale = Math.min(1, globalClipNorm / whole)
      expect(
        difference(
          clipped.get(name)!,
          g.map((v) => v * scale),
        ),
        name,
      ).toBeLessThan(1e-6)
    }
  })
})
