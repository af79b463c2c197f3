import { layers, load, optimizers, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { difference } from '../graph/harness.js'
import { expectSlopes, features, floats } from './models.js'

const units = 3
const [rows, time] = [2, 4]
const batch = {
  inputs: floats('inputs', rows, time, features),
  targets: floats('targets', rows, time, units),
}

const makers = {
  simpleRNN: () => layers.simpleRNN({ units, activation: 'softsign', returnSequences: true }),
  lstm: () =>
    layers.lstm({ units, activation: 'relu', recurrentActivation: 'hardSigmoid', returnSequences: true }),
  gru: () =>
    layers.gru({ units, activation: 'softsign', recurrentActivation: 'hardSigmoid', returnSequences: true }),
}
type Kind = keyof typeof makers

function made(backend: BackendName, kind: Kind) {
  const model = sequential([makers[kind]()], { inputShape: [null, features], backend, seed: 5 })
  return model.compile({ optimizer: optimizers.sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' })
}

const softsign = (x: number): number => x / (1 + Math.abs(x))
/** Keras 3: x ∕ 6 + ½, limited. */
const hardSigmoid = (x: number): number => Math.min(1, Math.max(0, x / 6 + 0.5))
const relu = (x: number): number => Math.max(0, x)

/** The equations, in plain numbers: the outputs [rows, time, units]. */
function expected(kind: Kind, weights: Readonly<Record<string, Float32Array>>): number[] {
  const gates = { simpleRNN: 1, lstm: 4, gru: 3 }[kind]
  const product = (
    x: ArrayLike<number>,
    kernel: Float32Array,
    bias: Float32Array,
    gate: number,
    j: number,
  ): number =>
    Array.from(x).reduce(
      (sum, v, k) => sum + v * (kernel[k * gates * units + gate * units + j] as number),
      bias[gate * units + j] as number,
    )
  const { kernel, recurrentKernel, bias } = weights as Record<string, Float32Array>
  const none = new Float32Array(gates * units)
  const recurrentBias = weights['recurrentBias'] ?? none
  const outputs: number[] = []
  for (let b = 0; b < rows; b++) {
    let h = new Array<number>(units).fill(0)
    let c = new Array<number>(units).fill(0)
    for (let t = 0; t < time; t++) {
      const x = batch.inputs.data.slice((b * time + t) * features, (b * time + t + 1) * features)
      const a = (gate: number, j: number) => product(x, kernel as Float32Array, bias as Float32Array, gate, j)
      const r = (gate: number, j: number) =>
        product(h, recurrentKernel as Float32Array, recurrentBias, gate, j)
      const sum = (gate: number, j: number) => a(gate, j) + r(gate, j)
      const each = (f: (j: number) => number) => Array.from({ length: units }, (_, j) => f(j))
      if (kind === 'simpleRNN') h = each((j) => softsign(sum(0, j)))
      if (kind === 'lstm') {
        const [old, z] = [c, each((j) => hardSigmoid(sum(3, j)))]
        c = each(
          (j) => hardSigmoid(sum(1, j)) * (old[j] as number) + hardSigmoid(sum(0, j)) * relu(sum(2, j)),
        )
        h = each((j) => (z[j] as number) * relu(c[j] as number))
      }
      if (kind === 'gru') {
        h = each((j) => {
          const z = hardSigmoid(sum(0, j))
          return z * (h[j] as number) + (1 - z) * softsign(a(2, j) + hardSigmoid(sum(1, j)) * r(2, j))
        })
      }
      outputs.push(...h)
    }
  }
  return outputs
}

describeOnBackends('activations without a kernel', ({ name }) => {
  test.each(Object.keys(makers) as Kind[])('%s', async (kind) => {
    const model = made(name, kind)
    const weights = Object.fromEntries(
      model.getWeights().map((w) => [w.name.split('/')[1] as string, w.data]),
    )
    const { data } = await model.predict(batch)
    expect(difference(data, expected(kind, weights))).toBeLessThan(2e-6)
    expect(model.program('predict')).toContain('for each step')
    const again = await load(model.toBytes(), { backend: name })
    expect((await again.predict(batch)).data).toEqual(data)
    if (name === 'reference') await expectSlopes(model, batch)
  })
})
