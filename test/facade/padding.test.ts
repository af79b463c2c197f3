import {
  type Batch,
  layers,
  type Model,
  optimizers,
  sequenceBatches,
  sequential,
  type TensorData,
} from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { difference } from '../graph/harness.js'
import { features, floats, lossesOf, weightsOf } from './models.js'

const lengths = [3, 7, 1, 5]
const time = 7
const rows = lengths.map((length, i) => ({
  inputs: floats(`row ${i}`, 1, length, features),
  targets: floats(`row targets ${i}`, 1, length, 2),
}))

/** The rows under one another, filled up with `filler`. */
function padded(filler: number, length = time): Required<Pick<Batch, 'inputs' | 'targets' | 'lengths'>> {
  const pad = (tensors: readonly TensorData[], width: number) => {
    const data = new Float32Array(lengths.length * length * width).fill(filler)
    for (const [i, tensor] of tensors.entries()) data.set(tensor.data, i * length * width)
    return { data, shape: [lengths.length, length, width] }
  }
  const inputs = pad(
    rows.map((r) => r.inputs),
    features,
  )
  return {
    inputs,
    targets: pad(
      rows.map((r) => r.targets),
      2,
    ),
    lengths,
  }
}

type Kind = 'lstm' | 'gru' | 'gru before' | 'simpleRNN'
const kinds: readonly Kind[] = ['lstm', 'gru', 'gru before', 'simpleRNN']

function recurrent(kind: Kind, options: { returnSequences?: boolean; goBackwards?: boolean }) {
  if (kind === 'lstm') return layers.lstm({ units: 6, ...options })
  if (kind === 'simpleRNN') return layers.simpleRNN({ units: 6, ...options })
  return layers.gru({ units: 6, resetAfter: kind === 'gru', ...options })
}

function model(backend: BackendName, kind: Kind, goBackwards = false): Model {
  const stack = [recurrent(kind, { returnSequences: true, goBackwards }), layers.dense({ units: 2 })]
  const made = sequential(stack, { inputShape: [null, features], backend, seed: 21 })
  return made.compile({ optimizer: optimizers.sgd({ learningRate: 0.3 }), loss: 'meanSquaredError' })
}

describeOnBackends('padding', ({ name }) => {
  const tolerance = name === 'reference' ? 1e-12 : 2e-6

  test.each(kinds)('%s: every valid output is that of the row alone', async (kind) => {
    const m = model(name, kind)
    const { data } = await m.predict(padded(0))
    for (const [i, row] of rows.entries()) {
      const alone = (await m.predict({ inputs: row.inputs })).data
      const together = data.subarray(i * time * 2, i * time * 2 + alone.length)
      expect(difference(together, alone), `row ${i}`).toBeLessThan(Math.max(tolerance, 1e-7))
    }
    m.dispose()
  })

  test.each(kinds)('%s: outputs behind the end repeat the last valid one', async (kind) => {
    const m = model(name, kind)
    const { data } = await m.predict(padded(0))
    for (const [i, length] of lengths.entries()) {
      const step = (t: number) => data.slice((i * time + t) * 2, (i * time + t + 1) * 2)
      for (let t = length; t < time; t++) expect(step(t)).toEqual(step(length - 1))
    }
    m.dispose()
  })

  test.each(kinds)('%s: what the padding holds makes no difference', async (kind) => {
    const outcome = async (filler: number, length = time) => {
      const m = model(name, kind)
      const losses = await lossesOf(m, [padded(filler, length), padded(filler, length)])
      const evaluated = await m.evaluate([padded(filler, length)])
      const weights = weightsOf(m)
      m.dispose()
      return { losses, evaluated, weights }
    }
    const zeros = await outcome(0)
    expect(await outcome(1e30)).toEqual(zeros)
    expect(await outcome(Number.NaN)).toEqual(zeros)
    // Steps that no row has are not even run.
    expect(await outcome(7, time + 5)).toEqual(zeros)
  })

  test.each(kinds)('%s: losses and gradients are those of the rows alone', async (kind) => {
    const together = model(name, kind)
    const [loss] = await lossesOf(together, [padded(0)])
    // The sum of the gradients of the rows, by steps as small in proportion as the rows are.
    const total = lengths.reduce((sum, n) => sum + n, 0)
    let sum = 0
    const start = weightsOf(model(name, kind))
    const moved = new Float64Array(start.length)
    for (const [i, row] of rows.entries()) {
      const m = model(name, kind)
      const share = (lengths[i] ?? 0) / total
      m.compile({ optimizer: optimizers.sgd({ learningRate: 0.3 * share }), loss: 'meanSquaredError' })
      const [alone = 0] = await lossesOf(m, [row])
      sum += alone * share
      for (const [j, w] of weightsOf(m).entries()) moved[j] = (moved[j] ?? 0) + w - (start[j] ?? 0)
      m.dispose()
    }
    expect(Math.abs((loss ?? 0) - sum)).toBeLessThan(Math.max(tolerance, 1e-7) * 3)
    expect(
      difference(
        weightsOf(together),
        moved.map((d, i) => d + (start[i] ?? 0)),
      ),
    ).toBeLessThan(2e-6)
    together.dispose()
  })

  test.each(kinds)('%s: the last state is the last valid one', async (kind) => {
    const m = sequential([recurrent(kind, {})], { inputShape: [null, features], backend: name, seed: 4 })
    const { data, shape } = await m.predict(padded(0))
    expect(shape).toEqual([4, 6])
    for (const [i, row] of rows.entries()) {
      const alone = (await m.predict({ inputs: row.inputs })).data
      expect(difference(data.subarray(i * 6, i * 6 + 6), alone)).toBeLessThan(Math.max(tolerance, 1e-7))
    }
    m.dispose()
  })

  test('a mask says the same as lengths', async () => {
    const m = model(name, 'lstm')
    const batch = padded(0)
    const mask = lengths.map((n) => Array.from({ length: time }, (_, t) => (t < n ? 1 : 0)))
    const masked = { inputs: batch.inputs, targets: batch.targets, mask }
    expect(await m.predict(masked)).toEqual(await m.predict(batch))
    expect(await m.evaluate([masked])).toEqual(await m.evaluate([batch]))
    m.dispose()
  })

  test('a row without any step gives zeros and counts for nothing', async () => {
    const m = sequential([layers.lstm({ units: 3, returnSequences: true })], {
      inputShape: [null, features],
      backend: name,
    }).compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const inputs = floats('empty', 2, 4, features)
    const { data } = await m.predict({ inputs, lengths: [0, 4] })
    expect([...data.subarray(0, 12)].every((v) => v === 0)).toBe(true)
    const targets = floats('empty targets', 2, 4, 3)
    const both = await m.evaluate([{ inputs, targets, lengths: [0, 4] }])
    const one = await m.evaluate([
      {
        inputs: { data: inputs.data.subarray(12), shape: [1, 4, features] },
        targets: { data: targets.data.subarray(12), shape: [1, 4, 3] },
      },
    ])
    expect(both.weight).toBe(4)
    expect(Math.abs(both.loss - one.loss)).toBeLessThan(tolerance)
    m.dispose()
  })

  test('sequences of any lengths become padded batches that count valid steps only', async () => {
    const m = model(name, 'gru')
    const sequences = {
      inputs: rows.map((r) => ({ data: r.inputs.data, shape: r.inputs.shape.slice(1) })),
      targets: rows.map((r) => ({ data: r.targets.data, shape: r.targets.shape.slice(1) })),
    }
    const one = await m.evaluate(sequenceBatches(sequences, { batchSize: 4 }))
    const three = await m.evaluate(sequenceBatches(sequences, { batchSize: 3 }))
    expect(one.weight).toBe(16)
    expect(three.weight).toBe(16)
    expect(Math.abs(one.loss - three.loss)).toBeLessThan(tolerance)
    expect(one).toEqual(await m.evaluate([padded(0)]))
    m.dispose()
  })
})

/** A row [time, features] from its last step to its first. */
function reversed({ data, shape }: TensorData): TensorData {
  const [batch = 1, length = 0, width = 0] = shape
  const result = new Float32Array(data.length)
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < length; t++) {
      const from = (b * length + t) * width
      result.set(data.subarray(from, from + width), (b * length + length - 1 - t) * width)
    }
  }
  return { data: result, shape }
}

describeOnBackends('goBackwards', ({ name }) => {
  const tolerance = name === 'reference' ? 1e-7 : 2e-6

  test.each(kinds)('%s: walks from the last step to the first, and hands on in that order', async (kind) => {
    const [forward, backward] = [model(name, kind), model(name, kind, true)]
    const inputs = floats('backwards', 3, 5, features)
    const expected = await forward.predict({ inputs: reversed(inputs) })
    expect(difference((await backward.predict({ inputs })).data, expected.data)).toBeLessThan(tolerance)
    for (const m of [forward, backward]) m.dispose()
  })

  test.each(kinds)('%s: begins at the last valid step of each row; the padding comes first', async (kind) => {
    const [forward, backward] = [model(name, kind), model(name, kind, true)]
    const { data } = await backward.predict(padded(0))
    for (const [i, row] of rows.entries()) {
      const length = lengths[i] ?? 0
      const alone = (await forward.predict({ inputs: reversed(row.inputs) })).data
      const valid = data.subarray((i * time + time - length) * 2, (i + 1) * time * 2)
      expect(difference(valid, alone), `row ${i}`).toBeLessThan(tolerance)
    }
    for (const m of [forward, backward]) m.dispose()
  })

  test.each(kinds)('%s: the last state is that after the first step', async (kind) => {
    const make = (goBackwards: boolean) =>
      sequential([recurrent(kind, { goBackwards })], { inputShape: [null, features], backend: name, seed: 4 })
    const [forward, backward] = [make(false), make(true)]
    const { data } = await backward.predict(padded(3))
    for (const [i, row] of rows.entries()) {
      const alone = (await forward.predict({ inputs: reversed(row.inputs) })).data
      expect(difference(data.subarray(i * 6, i * 6 + 6), alone)).toBeLessThan(tolerance)
    }
    for (const m of [forward, backward]) m.dispose()
  })
})
