import { type Layer, layers, type Model, optimizers, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { difference } from '../graph/harness.js'
import { features, floats, lossesOf, weightsOf } from './models.js'

const units = 5
const [batch, time] = [4, 6]
const lengths = [6, 0, 3, 5]

/** [batch, time, 3] → [batch, time, 5] */
function modelOf(layer: Layer, backend: BackendName): Model {
  const model = sequential([layer], { inputShape: [null, features], backend, seed: 8 })
  return model.compile({ optimizer: optimizers.sgd({ learningRate: 0.5 }), loss: 'meanSquaredError' })
}

const data = () => ({
  inputs: floats('inputs', batch, time, features),
  targets: floats('targets', batch, time, units),
  lengths,
})

/** Other weights than the initial ones, which may be zeros. */
function randomize(model: Model): void {
  model.setWeights(model.getWeights().map(({ name, shape }) => ({ name, data: floats(name, ...shape).data })))
}

const sequence = { units, returnSequences: true } as const
const variants: readonly (readonly [string, () => Layer])[] = [
  ['lstm with peepholes', () => layers.lstm({ ...sequence, peepholes: true })],
  ['lstm with a coupled input gate', () => layers.lstm({ ...sequence, inputGate: 'coupled' })],
  [
    'lstm with peepholes and a coupled input gate',
    () => layers.lstm({ ...sequence, peepholes: true, inputGate: 'coupled' }),
  ],
  [
    'lstm with a projection and masks',
    () =>
      layers.lstm({
        ...sequence,
        units: 7,
        projection: units,
        layerNormalization: true,
        dropout: 0.2,
        recurrentDropout: 0.3,
        zoneoutH: 0.1,
        zoneoutC: 0.2,
      }),
  ],
  ['gru with z on the candidate', () => layers.gru({ ...sequence, updateGate: 'candidate' })],
]

describeOnBackends('variants of the cells', ({ name }) => {
  test.each(variants)('%s: steps of a session are those of predict', async (_, layer) => {
    const model = modelOf(layer(), name)
    randomize(model)
    const inputs = floats('inputs', 1, time, features)
    const whole = (await model.predict({ inputs })).data
    const session = model.session()
    for (let t = 0; t < time; t++) {
      const y = session.step(inputs.data.slice(t * features, (t + 1) * features))
      expect(difference(y, whole.slice(t * units, (t + 1) * units))).toBeLessThan(2e-6)
    }
    model.dispose()
  })

  test.each(variants)('%s: learns as on the reference', async (_, layer) => {
    const [model, reference] = [modelOf(layer(), name), modelOf(layer(), 'reference')]
    for (const m of [model, reference]) randomize(m)
    const losses = await lossesOf(model, [data()], { epochs: 4 })
    expect(difference(losses, await lossesOf(reference, [data()], { epochs: 4 }))).toBeLessThan(1e-5)
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0)
    expect(difference(weightsOf(model), weightsOf(reference))).toBeLessThan(1e-5)
    for (const m of [model, reference]) m.dispose()
  })

  test('peepholes begin at 0, where the cell is one without them', async () => {
    const model = modelOf(layers.lstm({ ...sequence, peepholes: true }), name)
    const plain = modelOf(layers.lstm(sequence), name)
    const [peepholes] = model.getWeights().filter((w) => w.name === 'lstm/peepholes')
    expect(peepholes).toEqual({
      name: 'lstm/peepholes',
      shape: [3 * units],
      data: new Float32Array(3 * units),
    })
    const expected = (await plain.predict(data())).data
    expect(difference((await model.predict(data())).data, expected)).toBeLessThan(1e-6)
    for (const m of [model, plain]) m.dispose()
  })

  /** Blocks of the last axis of every weight, by number; `-1 - k` is block k with the other sign. */
  const blocksOf = (model: Model, count: number, order: readonly number[]) =>
    model.getWeights().map(({ name, shape, data }) => {
      const [rows, width] = [data.length / (count * units), count * units]
      const made = new Float32Array(rows * order.length * units)
      for (let i = 0; i < made.length; i++) {
        const [row, column] = [Math.floor(i / (order.length * units)), i % (order.length * units)]
        const from = order[Math.floor(column / units)] ?? 0
        const value = data[row * width + (from < 0 ? -1 - from : from) * units + (column % units)] ?? 0
        made[i] = from < 0 ? -value : value
      }
      return { name, shape: [...shape.slice(0, -1), order.length * units], data: made }
    })

  test('a coupled input gate is one with the weights of f, all with the other sign', async () => {
    const coupled = modelOf(layers.lstm({ ...sequence, inputGate: 'coupled' }), name)
    const separate = modelOf(layers.lstm(sequence), name)
    const bias = coupled.getWeights().find((w) => w.name === 'lstm/bias')
    expect([...(bias?.data ?? [])]).toEqual([1, 1, 1, 1, 1, ...new Array(2 * units).fill(0)])
    randomize(coupled)
    separate.setWeights(blocksOf(coupled, 3, [-1, 0, 1, 2]))
    const expected = (await separate.predict(data())).data
    expect(difference((await coupled.predict(data())).data, expected)).toBeLessThan(2e-6)
    for (const m of [coupled, separate]) m.dispose()
  })

  test('an update gate on the candidate is one on the state before, with the other sign of its weights', async () => {
    const candidate = modelOf(layers.gru({ ...sequence, updateGate: 'candidate' }), name)
    const previous = modelOf(layers.gru(sequence), name)
    randomize(candidate)
    previous.setWeights(blocksOf(candidate, 3, [-1, 1, 2]))
    const expected = (await previous.predict(data())).data
    expect(difference((await candidate.predict(data())).data, expected)).toBeLessThan(2e-6)
    for (const m of [candidate, previous]) m.dispose()
  })
})
