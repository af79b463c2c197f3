import { type Batch, layers, type Model, optimizers, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { difference } from '../graph/harness.js'
import { features, floats, lossesOf, weightsOf } from './models.js'

const units = 6
const [batch, time] = [5, 7]
const lengths = [7, 0, 3, 5, 7]
const rates = { dropout: 0.3, recurrentDropout: 0.4, zoneoutH: 0.2 }
const sequence = { units, returnSequences: true, ...rates } as const
type Stack = Parameters<typeof sequential>[0]

const cells: readonly (readonly [string, () => Stack])[] = [
  ['simpleRNN', () => [layers.simpleRNN(sequence)]],
  ['lstm', () => [layers.lstm({ ...sequence, zoneoutC: 0.5, peepholes: true })]],
  ['lstm, coupled', () => [layers.lstm({ ...sequence, zoneoutC: 0.5, inputGate: 'coupled' })]],
  ['gru', () => [layers.gru(sequence)]],
  ['gru, reset before', () => [layers.gru({ ...sequence, resetAfter: false })]],
  [
    'bidirectional lstm',
    () => [
      layers.bidirectional(layers.lstm({ ...sequence, zoneoutC: 0.5 })),
      layers.dense({ units, activation: 'linear' }),
    ],
  ],
]

function modelOf(stack: Stack, backend: BackendName, seed = 4): Model {
  const model = sequential(stack, { inputShape: [null, features], backend, seed })
  return model.compile({ optimizer: optimizers.sgd({ learningRate: 0.3 }), loss: 'meanSquaredError' })
}

const data = (): Batch => ({
  inputs: floats('inputs', batch, time, features),
  targets: floats('targets', batch, time, units),
  lengths,
})

/** A linear layer of many units whose weights make the loss a count of coins. */
async function lossOf(
  backend: BackendName,
  options: Partial<typeof rates>,
  weights: { kernel: number; recurrent: number; bias: number },
  targets: readonly number[],
): Promise<number> {
  const [many, rows] = [300, 20]
  const layer = layers.simpleRNN({ units: many, activation: 'linear', returnSequences: true, ...options })
  const model = sequential([layer], { inputShape: [null, many], backend, seed: 1 })
  model.compile({ optimizer: optimizers.sgd({ learningRate: 0 }), loss: 'meanSquaredError' })
  const diagonal = (value: number) =>
    Float32Array.from({ length: many * many }, (_, i) => (i % (many + 1) === 0 ? value : 0))
  model.setWeights([
    { name: 'simpleRNN/kernel', data: diagonal(weights.kernel) },
    { name: 'simpleRNN/recurrentKernel', data: diagonal(weights.recurrent) },
    { name: 'simpleRNN/bias', data: new Float32Array(many).fill(weights.bias) },
  ])
  const steps = targets.length
  const shape = [rows, steps, many]
  const made = Float32Array.from(
    { length: rows * steps * many },
    (_, i) => targets[Math.floor(i / many) % steps] ?? 0,
  )
  const inputs = { data: new Float32Array(rows * steps * many).fill(1), shape }
  const [loss = Number.NaN] = await lossesOf(model, [{ inputs, targets: { data: made, shape } }])
  model.dispose()
  return loss
}

describeOnBackends('masks of recurrent layers', ({ name }) => {
  test.each(cells)(
    '%s: the masks, and what is learnt with them, are those of the reference',
    async (_, stack) => {
      const [model, reference] = [modelOf(stack(), name), modelOf(stack(), 'reference')]
      const losses = await lossesOf(model, [data()], { epochs: 5 })
      expect(difference(losses, await lossesOf(reference, [data()], { epochs: 5 }))).toBeLessThan(2e-5)
      expect(difference(weightsOf(model), weightsOf(reference))).toBeLessThan(2e-5)
      // Other masks at every step, and with another seed.
      expect(new Set(losses).size).toBe(5)
      for (const m of [model, reference]) m.dispose()
    },
  )

  test.each(cells)('%s: nothing is drawn outside training, and units keep their share', async (_, stack) => {
    const [model, reference] = [modelOf(stack(), name), modelOf(stack(), 'reference')]
    const { data: first } = await model.predict(data())
    expect((await model.predict(data())).data).toEqual(first)
    expect(difference(first, (await reference.predict(data())).data)).toBeLessThan(2e-6)
    for (const m of [model, reference]) m.dispose()
  })

  test('a share of zoneoutH stays of every state outside training', async () => {
    const layer = (zoneoutH: number) =>
      modelOf(
        [layers.simpleRNN({ units, returnSequences: true, recurrentInitializer: 'zeros', zoneoutH })],
        name,
      )
    const [plain, kept] = [layer(0), layer(0.25)]
    const inputs = floats('inputs', batch, time, features)
    const expected = (await plain.predict({ inputs })).data.slice()
    for (let b = 0; b < batch; b++) {
      for (let t = 0; t < time; t++) {
        for (let j = 0; j < units; j++) {
          const at = (b * time + t) * units + j
          expected[at] = 0.25 * (t > 0 ? (expected[at - units] ?? 0) : 0) + 0.75 * (expected[at] ?? 0)
        }
      }
    }
    expect(difference((await kept.predict({ inputs })).data, expected)).toBeLessThan(1e-6)
    const session = kept.session()
    const y = session.step(inputs.data.slice(0, features))
    expect(difference(y, expected.slice(0, units))).toBeLessThan(1e-6)
    for (const m of [plain, kept]) m.dispose()
  })

  // 6,000 coins: 5 standard deviations are 0.033 of a share of one half.
  test('zoneout keeps its share of the units, each step for itself', async () => {
    // h = 1 where the unit was updated at least once, else still 0.
    const weights = { kernel: 0, recurrent: 0, bias: 1 }
    expect(Math.abs((await lossOf(name, { zoneoutH: 0.5 }, weights, [1])) - 0.5)).toBeLessThan(0.033)
    const two = await lossOf(name, { zoneoutH: 0.5 }, weights, [1, 1])
    expect(Math.abs(two - (0.5 + 0.25) / 2)).toBeLessThan(0.033)
  })

  test('recurrent dropout has one mask for all steps', async () => {
    // h₁ = 1, h₂ = 1 + m, h₃ = 1 + m + m², m = 0 or 2: (0 + m² + (m + m²)²) ∕ 3 is 0 or 40 ∕ 3.
    const weights = { kernel: 0, recurrent: 1, bias: 1 }
    const loss = await lossOf(name, { recurrentDropout: 0.5 }, weights, [1, 1, 1])
    expect(Math.abs(loss - 20 / 3)).toBeLessThan(0.45)
  })

  test('input dropout has one mask for all steps', async () => {
    // h₁ = m, h₂ = m − h₁ = 0, m = 0 or 2: m² ∕ 2 is 0 or 2.
    const weights = { kernel: 1, recurrent: -1, bias: 0 }
    const loss = await lossOf(name, { dropout: 0.5 }, weights, [0, 0])
    expect(Math.abs(loss - 1)).toBeLessThan(0.066)
  })
})
