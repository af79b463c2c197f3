import { input, type Layer, layers, load, model, optimizers, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { difference } from '../graph/harness.js'
import { floats, lossesOf, weightsOf } from './models.js'

const [batch, time, height, width, channels, filters] = [3, 5, 4, 3, 2, 2]
const image = [null, height, width, channels] as const
const every = {
  filters,
  kernelSize: 3,
  padding: 'same',
  returnSequences: true,
  peepholes: true,
  dropout: 0.2,
  recurrentDropout: 0.3,
  zoneoutH: 0.1,
  zoneoutC: 0.2,
} as const

function modelOf(backend: BackendName, layer: Layer, { seed = 4 } = {}) {
  const made = sequential([layer], { inputShape: image, backend, seed })
  return made.compile({ optimizer: optimizers.sgd({ learningRate: 0.5 }), loss: 'meanSquaredError' })
}

const data = (outputs: number) => ({
  inputs: floats('inputs', batch, time, height, width, channels),
  targets: floats('targets', batch, time, height, width, outputs),
  lengths: [5, 0, 3],
})

describeOnBackends('convLSTM2D', ({ name }) => {
  test('in both directions, with every mask, it learns as on the reference', async () => {
    const both = () => layers.bidirectional(layers.convLSTM2D(every))
    const [tested, reference] = [modelOf(name, both()), modelOf('reference', both())]
    const batches = [data(2 * filters)]
    const losses = await lossesOf(tested, batches, { epochs: 4 })
    expect(difference(losses, await lossesOf(reference, batches, { epochs: 4 }))).toBeLessThan(1e-5)
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0)
    expect(difference(weightsOf(tested), weightsOf(reference))).toBeLessThan(1e-5)
    const again = await load(tested.toBytes(), { backend: name })
    const [before, after] = [await tested.predict(batches[0]!), await again.predict(batches[0]!)]
    expect(difference(after.data, before.data)).toBeLessThan(1e-6)
    for (const m of [tested, reference, again]) m.dispose()
  })

  test('rows of a batch are those rows alone, whatever their length', async () => {
    const made = modelOf(name, layers.convLSTM2D({ ...every, returnSequences: false }))
    const { inputs, lengths } = data(filters)
    const together = await made.predict({ inputs, lengths })
    expect(together.shape).toEqual([batch, height, width, filters])
    const [size, step] = [height * width * filters, height * width * channels]
    for (const [row, length] of lengths.entries()) {
      const last = together.data.slice(row * size, (row + 1) * size)
      if (length === 0) {
        expect(last).toEqual(new Float32Array(size))
        continue
      }
      const alone = inputs.data.slice(row * time * step, (row * time + length) * step)
      const { data: expected } = await made.predict({
        inputs: { data: alone, shape: [1, length, height, width, channels] },
      })
      expect(difference(last, expected)).toBeLessThan(1e-6)
    }
    made.dispose()
  })

  test('its states are images, which another one begins with', async () => {
    const x = input({ shape: image, name: 'x' })
    const cell = layers.convLSTM2D({ filters, kernelSize: [3, 2], padding: 'same', returnState: true })
    const [, h, c] = cell.apply(x)
    const [y] = cell.apply(x, { initialState: [h, c] })
    const made = model({ inputs: { x }, outputs: { y, h, c }, backend: name })
    const { inputs } = data(filters)
    const twice = {
      data: Float32Array.from([inputs, inputs].flatMap((i) => [...i.data.slice(0, i.data.length / batch)])),
      shape: [1, 2 * time, height, width, channels],
    }
    const results = await made.predict({ inputs: { x: inputs } })
    expect(results.h.shape).toEqual([batch, height, width, filters])
    expect(results.c.shape).toEqual([batch, height, width, filters])
    const whole = await made.predict({ inputs: { x: twice } })
    expect(difference(whole.h.data, results.y.data.slice(0, whole.h.data.length))).toBeLessThan(1e-6)
    made.dispose()
  })
})

test('says what it expects', () => {
  const short = () =>
    sequential([layers.convLSTM2D(every)], { inputShape: [null, 4, 3], backend: 'reference' })
  expect(short).toThrow(/height, width, channels/)
  expect(() => layers.convLSTM2D({ filters: 0, kernelSize: 3 })).toThrow(/convLSTM2D, filters/)
  expect(() => layers.convLSTM2D({ filters: 1, kernelSize: [3] as never })).toThrow(/kernelSize/)
  const units = () => layers.convLSTM2D({ filters: 1, kernelSize: 3, units: 4 } as never)
  expect(units).toThrow(/units/)
  const large = layers.convLSTM2D({ filters: 1, kernelSize: 5 })
  expect(() => sequential([large], { inputShape: image, backend: 'reference' })).toThrow(/at least 5 entries/)
})
