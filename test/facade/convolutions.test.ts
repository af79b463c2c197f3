import { type Batch, layers, load, type Model, optimizers, sequential } from 'ostinato'
import { describe, expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { floats } from './models.js'

const untyped = <T>(value: unknown): T => value as T

/** Every kind of window along time, one behind the other. */
function stack(backend: BackendName): Model {
  return sequential(
    [
      layers.conv1d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }),
      layers.maxPooling1d({ poolSize: 2, padding: 'same' }),
      layers.conv1d({ filters: 3, kernelSize: 2, dilationRate: 2, padding: 'causal' }),
      layers.averagePooling1d({ poolSize: 3, strides: 2, padding: 'same' }),
      layers.conv1d({ filters: 5, kernelSize: 2 }),
      layers.gru({ units: 3, returnSequences: true }),
    ],
    { inputShape: [null, 2], backend, seed: 7 },
  )
}

/** Steps of the output for steps of the input: ⌈⌈n ∕ 2⌉ ∕ 2⌉ − 1. */
const stepsOf = (n: number) => Math.max(0, Math.ceil(Math.ceil(n / 2) / 2) - 1)

const lengths = [13, 8, 5]
const padded = floats('padded', 3, 13, 2)
const alone = (row: number) => ({
  data: padded.data.slice(row * 26, row * 26 + 2 * lengths[row]!),
  shape: [1, lengths[row]!, 2],
})

describeOnBackends('convolutions and pooling over time', ({ name: backend }) => {
  test('a padded row gives what it gives alone', async () => {
    const model = stack(backend)
    const { data, shape } = await model.predict({ inputs: padded, lengths })
    expect(shape).toEqual([3, stepsOf(13), 3])
    for (const [row, length] of lengths.entries()) {
      const single = await model.predict({ inputs: alone(row) })
      expect(single.shape).toEqual([1, stepsOf(length), 3])
      const valid = data.slice(row * 3 * stepsOf(13), row * 3 * stepsOf(13) + 3 * stepsOf(length))
      expect(difference(valid, single.data)).toBeLessThan(1e-6)
    }
    // What lies behind the end of a row is not looked at.
    const poisoned = padded.data.slice()
    for (const [row, length] of lengths.entries()) poisoned.fill(1e3, row * 26 + 2 * length, (row + 1) * 26)
    const again = await model.predict({ inputs: { data: poisoned, shape: padded.shape }, lengths })
    for (const [row, length] of lengths.entries()) {
      const at = row * 3 * stepsOf(13)
      const valid = [data, again.data].map((d) => d.slice(at, at + 3 * stepsOf(length)))
      expect(valid[0]).toEqual(valid[1])
    }
    model.dispose()
  })

  test('a padded batch trains as its rows alone would, by the weight of their steps', async () => {
    const targets = floats('targets', 3, stepsOf(13), 3)
    const rate = 0.5
    const train = async (batch: Batch) => {
      const model = stack(backend)
      model.compile({ optimizer: optimizers.sgd({ learningRate: rate }), loss: 'meanSquaredError' })
      const before = model.getWeights()
      const { loss } = await model.fit([batch])
      const change = model.getWeights().map((w, i) => w.data.map((v, j) => v - before[i]!.data[j]!))
      model.dispose()
      return { loss: loss[0]!, change }
    }
    const together = await train({ inputs: padded, targets, lengths })
    const rows = await Promise.all(
      lengths.map((length, row) => {
        const begin = row * 3 * stepsOf(13)
        const data = targets.data.slice(begin, begin + 3 * stepsOf(length))
        return train({ inputs: alone(row), targets: { data, shape: [1, stepsOf(length), 3] } })
      }),
    )
    const steps = lengths.map(stepsOf)
    const total = steps.reduce((sum, n) => sum + n, 0)
    const mean = rows.reduce((sum, { loss }, row) => sum + (loss * steps[row]!) / total, 0)
    expect(together.loss).toBeCloseTo(mean, 5)
    for (const [i, change] of together.change.entries()) {
      const expected = change.map((_, j) =>
        rows.reduce((sum, row, r) => sum + (row.change[i]![j]! * steps[r]!) / total, 0),
      )
      expect(difference(change, expected)).toBeLessThan(2e-5)
    }
  })

  test('a row too short for any window has no valid step', async () => {
    const model = sequential([layers.conv1d({ filters: 2, kernelSize: 4 }), layers.dense({ units: 1 })], {
      inputShape: [null, 2],
      backend,
    }).compile({ loss: 'meanSquaredError' })
    const inputs = floats('short', 2, 6, 2)
    const targets = floats('short targets', 2, 3, 1)
    const { weight } = await model.evaluate([{ inputs, targets, lengths: [6, 3] }])
    expect(weight).toBe(3)
    model.dispose()
  })

  test('a model file keeps convolutions and pooling', async () => {
    const model = stack(backend)
    const copy = await load(model.toBytes(), { backend })
    const batch = { inputs: padded, lengths }
    expect(await copy.predict(batch)).toEqual(await model.predict(batch))
    for (const m of [model, copy]) m.dispose()
  })
})

describeOnBackends('convolutions of images', ({ name: backend }) => {
  test('every step of time by itself, as without time', async () => {
    const image = [
      layers.conv2d({ filters: 3, kernelSize: [3, 2], padding: 'same', activation: 'tanh' }),
      layers.maxPooling2d(),
      layers.conv2d({ filters: 2, kernelSize: 2, strides: [1, 2] }),
      layers.averagePooling2d({ poolSize: [1, 2], strides: 1, padding: 'same' }),
    ]
    const still = sequential(image, { inputShape: [8, 6, 1], backend, seed: 3 })
    const moving = sequential(image, { inputShape: [null, 8, 6, 1], backend, seed: 3 })
    const { data } = floats('frames', 2 * 3, 8, 6, 1)
    const frames = await still.predict({ inputs: { data, shape: [6, 8, 6, 1] } })
    expect(frames.shape).toEqual([6, 3, 1, 2])
    const film = await moving.predict({ inputs: { data, shape: [2, 3, 8, 6, 1] } })
    expect(film.shape).toEqual([2, 3, 3, 1, 2])
    expect(difference(film.data, frames.data)).toBeLessThan(1e-6)
    for (const m of [still, moving]) m.dispose()
  })
})

describe('convolutions and pooling that make no sense are refused', () => {
  const cases: readonly (readonly [string, () => unknown])[] = [
    [
      'INVALID_OPTION conv1d, kernelSize: expected an integer of at least 1, received undefined',
      () => layers.conv1d(untyped({ filters: 2 })),
    ],
    [
      "INVALID_OPTION conv2d, padding: expected 'valid', 'same', received causal",
      () => layers.conv2d({ filters: 2, kernelSize: 3, padding: untyped('causal') }),
    ],
    [
      'INVALID_OPTION conv2d, strides: expected a number, or one for the height and one for the width, received [1,2,3]',
      () => layers.conv2d({ filters: 2, kernelSize: 3, strides: untyped([1, 2, 3]) }),
    ],
    [
      'UNKNOWN_OPTION maxPooling1d: unknown option "size". Did you mean "poolSize"?',
      () => layers.maxPooling1d(untyped({ size: 3 })),
    ],
    [
      'SHAPE_MISMATCH conv2d, input: expected [batch, height, width, channels], or with time behind the batch, received [T, B, 3]',
      () => sequential([layers.conv2d({ filters: 2, kernelSize: 3 })], { inputShape: [null, 3] }),
    ],
    [
      "SHAPE_MISMATCH conv1d, input: expected at least 5 entries for a window, received 4. Use padding: 'same', or a smaller window",
      () => sequential([layers.conv1d({ filters: 2, kernelSize: 5 })], { inputShape: [4, 3] }),
    ],
  ]
  test.each(cases)('%s', async (text, work) => expect(await failureText(work)).toBe(text))

  test('a session has no steps before and behind to look at', async () => {
    const model = await stack('reference').ready()
    expect(await failureText(() => model.session())).toMatch(
      /^INVALID_OPTION conv1d: conv1d needs the whole sequence/,
    )
    model.dispose()
  })
})
