import { layers, optimizers, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { Backend } from '../../src/backends/backend.js'
import { dropout } from '../../src/graph/index.js'
import { backends, describeOnBackends } from '../backends.js'
import { difference, runFunction, traceFunction } from '../graph/harness.js'
import { features, lossesOf, regressionBatch } from './models.js'

interface Randomness {
  readonly rate: number
  readonly seed: number
  readonly run: number
  readonly site?: number
}

/** Dropout of ones: the mask, scaled. */
function maskOf(
  backend: Backend,
  shape: readonly number[],
  { site = 1, ...scalars }: Randomness,
): Float64Array {
  const traced = traceFunction((b) => ({
    y: dropout(b.data('x', shape), {
      rate: b.scalar('rate'),
      seed: b.scalar('seed'),
      run: b.scalar('run'),
      site,
    }),
  }))
  const x = new Float64Array(shape.reduce((n, d) => n * d, 1)).fill(1)
  return runFunction(backend, traced, { x }, { scalars }).outputs['y'] as Float64Array
}

const shape = [7, 5, 33]

describeOnBackends('dropout', (backend) => {
  const { name } = backend

  test('the same seed, run and layer give the same mask; any other gives another', () => {
    const base = { rate: 0.4, seed: 1, run: 2 }
    const mask = maskOf(backend, shape, base)
    expect(maskOf(backend, shape, base)).toEqual(mask)
    for (const other of [{ seed: 2 }, { run: 3 }, { site: 2 }]) {
      expect(maskOf(backend, shape, { ...base, ...other })).not.toEqual(mask)
    }
  })

  test('keeps its share, scaled so that the expectation stays', () => {
    for (const rate of [0.1, 0.5, 0.9]) {
      const mask = maskOf(backend, [20, 20, 50], { rate, seed: 5, run: 1 })
      const kept = mask.filter((v) => v !== 0)
      for (const v of kept) expect(Math.abs(v * (1 - rate) - 1)).toBeLessThan(1e-6)
      // Five standard deviations of a binomial.
      const deviation = Math.sqrt((rate * (1 - rate)) / mask.length)
      expect(Math.abs(kept.length / mask.length - (1 - rate))).toBeLessThan(5 * deviation)
    }
    expect(maskOf(backend, shape, { rate: 0, seed: 5, run: 1 }).every((v) => v === 1)).toBe(true)
  })

  test('a row and a step have their mask wherever they lie', () => {
    const [T, B, F] = [4, 3, 10]
    const small = maskOf(backend, [T, B, F], { rate: 0.5, seed: 1, run: 1 })
    const large = maskOf(backend, [T + 2, B + 4, F], { rate: 0.5, seed: 1, run: 1 })
    for (let t = 0; t < T; t++) {
      for (let b = 0; b < B; b++) {
        const row = (m: Float64Array, rows: number) => m.slice((t * rows + b) * F, (t * rows + b + 1) * F)
        expect(row(small, B)).toEqual(row(large, B + 4))
      }
    }
  })

  test('is not there in evaluate, predict and sessions', async () => {
    const stack = (rate: number) => [
      layers.dropout({ rate }),
      layers.lstm({ units: 4, returnSequences: true, name: 'lstm' }),
      layers.dropout({ rate }),
      layers.dense({ units: 2, name: 'dense' }),
    ]
    const options = { inputShape: [null, features], backend: name, seed: 8 } as const
    const [dropped, plain] = [sequential(stack(0.6), options), sequential(stack(0), options)]
    const batch = regressionBatch('dropout')
    for (const m of [dropped, plain])
      m.compile({ optimizer: optimizers.sgd({ learningRate: 0 }), loss: 'meanSquaredError' })
    expect(await dropped.evaluate([batch])).toEqual(await plain.evaluate([batch]))
    expect(await dropped.predict(batch)).toEqual(await plain.predict(batch))
    expect(dropped.session().step([1, 2, 3])).toEqual(plain.session().step([1, 2, 3]))
    const losses = await lossesOf(dropped, [batch, batch])
    expect(losses[0]).not.toBe(losses[1])
    expect(await lossesOf(plain, [batch, batch])).toHaveLength(2)
    for (const m of [dropped, plain]) m.dispose()
  })
})

test('all backends drop the same elements', () => {
  const masks = backends.map((backend) =>
    maskOf(backend, shape, { rate: 0.35, seed: 123456789, run: 77, site: -5 }),
  )
  for (const [i, mask] of masks.entries()) {
    const pattern = (m: Float64Array | undefined) => m?.map((v) => (v === 0 ? 0 : 1))
    expect(pattern(mask), backends[i]?.name).toEqual(pattern(masks[0]))
    expect(difference(mask, masks[0] ?? [])).toBeLessThan(1e-6)
  }
})
