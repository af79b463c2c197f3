import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layers, load, type Model, optimizers, type RecurrentLayer, type States, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { expectSlopes, features, floats, lossesOf, weightsOf } from './models.js'

const units = 4
const time = 8
const lengths = [8, 3, 0, 5, 1]
const rows = lengths.length

function ragged(filler: number) {
  const inputs = floats('inputs', rows, time, features)
  for (const [b, n] of lengths.entries())
    inputs.data.fill(filler, (b * time + n) * features, (b + 1) * time * features)
  return { inputs, lengths }
}

const stack = (backend: BackendName, ...list: Parameters<typeof sequential>[0]): Model =>
  sequential(list, { inputShape: [null, features], backend, seed: 6 })

/** Row b of [rows, time, width], step t. */
const stepOf = (
  { data, shape }: { data: ArrayLike<number>; shape: readonly number[] },
  b: number,
  t: number,
) => {
  const [, steps = 0, width = 0] = shape
  return Array.from({ length: width }, (_, i) => data[(b * steps + t) * width + i] ?? Number.NaN)
}

const random = { units, biasInitializer: 'randomNormal' } as const
type Flags = { returnSequences: boolean; goBackwards?: boolean }
const cells: Readonly<Record<string, (flags: Flags) => RecurrentLayer<States>>> = {
  lstm: (flags) => layers.lstm({ ...random, ...flags }),
  gru: (flags) => layers.gru({ ...random, ...flags }),
  minGRU: (flags) => layers.minGRU({ ...random, ...flags }),
  sru: (flags) => layers.sru({ ...random, ...flags }),
}
const cases = Object.keys(cells).flatMap((cell) => [1, 2, 3, 11].map((steps) => [cell, steps] as const))

describeOnBackends('delay', ({ name }) => {
  const tolerance = name === 'reference' ? 1e-12 : 2e-6

  test.each(cases)('%s, %i steps: every phase is a sequence of its own', async (cell, steps) => {
    for (const goBackwards of [false, true]) {
      const flags = { returnSequences: true, goBackwards }
      const delayed = stack(name, layers.delay(cells[cell]!(flags), { steps }))
      const plain = stack(name, cells[cell]!(flags))
      await plain.ready()
      plain.setWeights(
        delayed.getWeights().map((w) => ({ ...w, name: w.name.replace('delay/', `${cell}/`) })),
      )
      const batch = ragged(Number.NaN)
      const received = await delayed.predict(batch)
      for (const [b, n] of lengths.entries()) {
        for (let phase = 0; phase < Math.min(steps, n); phase++) {
          const count = Math.ceil((n - phase) / steps)
          const own = Array.from({ length: count }, (_, i) => stepOf(batch.inputs, b, phase + i * steps))
          const alone = await plain.predict({ inputs: [own] })
          for (let i = 0; i < count; i++) {
            // What goes backwards hands on the last step first (Keras).
            const [t, at] = [phase + i * steps, goBackwards ? count - 1 - i : i]
            const step = stepOf(received, b, goBackwards ? time - 1 - t : t)
            expect(difference(step, stepOf(alone, 0, at)), `row ${b}, step ${t}`).toBeLessThan(tolerance)
          }
        }
      }
      for (const m of [delayed, plain]) m.dispose()
    }
  })

  test('masked steps repeat the last valid one, which is what is handed on', async () => {
    const made = (returnSequences: boolean) =>
      stack(name, layers.delay(layers.gru({ ...random, returnSequences }), { steps: 3 }))
    const [every, last] = [made(true), made(false)]
    const [sequence, final] = [await every.predict(ragged(Number.NaN)), await last.predict(ragged(0))]
    for (const [b, n] of lengths.entries()) {
      const expected = n === 0 ? new Array(units).fill(0) : stepOf(sequence, b, n - 1)
      expect(difference(final.data.slice(b * units, (b + 1) * units), expected)).toBe(0)
      for (let t = n; t < time; t++) expect(stepOf(sequence, b, t)).toEqual(expected)
    }
    for (const m of [every, last]) m.dispose()
  })

  test('a dilated stack in both directions learns, and its padding is never read', async () => {
    const outcome = async (filler: number) => {
      const both = (steps: number) =>
        layers.bidirectional(layers.delay(layers.gru({ units: 3, returnSequences: true }), { steps }))
      const m = stack(name, both(1), both(2), both(4), layers.dense({ units: 2 }))
      m.compile({ optimizer: optimizers.adam({ learningRate: 0.02 }), loss: 'meanSquaredError' })
      const batch = { ...ragged(filler), targets: floats('targets', rows, time, 2) }
      const losses = await lossesOf(m, new Array(30).fill(batch))
      const weights = weightsOf(m)
      m.dispose()
      return { losses, weights }
    }
    const zeros = await outcome(0)
    expect(await outcome(Number.NaN)).toEqual(zeros)
    expect(zeros.losses.at(-1)!).toBeLessThan(0.6 * zeros.losses[0]!)
  })

  test('a session refuses it', async () => {
    const m = await stack(name, layers.delay(layers.gru({ units: 2 }), { steps: 2 })).ready()
    expect(await failureText(() => m.session())).toBe(
      'INVALID_OPTION delay: delay needs the whole sequence. Use predict instead of a session',
    )
    m.dispose()
  })
})

describeOnBackends('timeReduction', ({ name }) => {
  test.each([1, 2, 3, 9])('puts %i steps side by side, or takes their mean', async (factor) => {
    const batch = ragged(Number.NaN)
    const short = Math.ceil(time / factor)
    for (const mode of ['concatenate', 'average'] as const) {
      const m = stack(name, layers.timeReduction({ factor, mode }))
      const { data, shape } = await m.predict(batch)
      const width = mode === 'average' ? features : factor * features
      expect(shape).toEqual([rows, short, width])
      const expected: number[] = []
      for (const [b, n] of lengths.entries()) {
        for (let s = 0; s < short; s++) {
          const valid = Array.from({ length: factor }, (_, i) => s * factor + i).filter((t) => t < n)
          const steps = valid.map((t) => stepOf(batch.inputs, b, t))
          const mean = Array.from({ length: features }, (_, i) =>
            steps.reduce((sum, step) => sum + step[i]! / steps.length, 0),
          )
          const joined = steps.flat()
          expected.push(
            ...(mode === 'average' ? mean : [...joined, ...new Array(width - joined.length).fill(0)]),
          )
        }
      }
      expect(difference(data, expected)).toBeLessThan(1e-6)
      m.dispose()
    }
  })

  test('a pyramid counts the steps that are left, and its padding is never read', async () => {
    const outcome = async (filler: number) => {
      const m = stack(
        name,
        layers.bidirectional(layers.lstm({ units: 3, returnSequences: true })),
        layers.timeReduction(),
        layers.bidirectional(layers.lstm({ units: 3, returnSequences: true })),
        layers.timeReduction({ mode: 'average' }),
        layers.dense({ units: 2 }),
      )
      m.compile({ optimizer: optimizers.sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' })
      const batch = { ...ragged(filler), targets: floats('targets', rows, 2, 2) }
      const { weight } = await m.evaluate([batch])
      const losses = await lossesOf(m, [batch, batch])
      const weights = weightsOf(m)
      m.dispose()
      return { losses, weights, weight }
    }
    const zeros = await outcome(0)
    expect(await outcome(Number.NaN)).toEqual(zeros)
    // ⌈n ∕ 4⌉ of 8, 3, 0, 5 and 1.
    expect(zeros.weight).toBe(2 + 1 + 0 + 2 + 1)
  })
})

describeOnBackends('leaky', ({ name }) => {
  const tolerance = name === 'reference' ? 1e-7 : 2e-6
  const alphas = { shared: 0.75, 'per unit': [0, 0.5, 1], learnt: [0.9, 0.5, 0.1] } as const

  test.each(Object.keys(alphas) as (keyof typeof alphas)[])('%s: is its equation', async (kind) => {
    const alpha = alphas[kind]
    const m = stack(name, layers.leaky({ alpha, trainable: kind === 'learnt' }))
    const batch = ragged(Number.NaN)
    const received = await m.predict(batch)
    for (const [b, n] of lengths.entries()) {
      const u = new Array<number>(features).fill(0)
      for (let t = 0; t < time; t++) {
        for (const [i, v] of stepOf(batch.inputs, b, t).entries()) {
          const a = typeof alpha === 'number' ? alpha : alpha[i]!
          if (t < n) u[i] = a * u[i]! + (1 - a) * v
        }
        expect(difference(stepOf(received, b, t), u)).toBeLessThan(tolerance)
      }
    }
    m.dispose()
  })

  test('a fixed α stays what it is, whatever decays; a learnt one moves', async () => {
    const after = async (trainable: boolean) => {
      const m = stack(name, layers.leaky({ alpha: 0.5, trainable }), layers.dense({ units: 2 }))
      m.compile({
        optimizer: optimizers.adamW({ learningRate: 0.1, weightDecay: 0.1 }),
        loss: 'meanSquaredError',
      })
      await m.fit([{ ...ragged(0), targets: floats('targets', rows, time, 2) }])
      const [first] = m.getWeights()
      m.dispose()
      return [...first!.data]
    }
    expect(await after(false)).toEqual([0.5, 0.5, 0.5])
    // Logits of 0.5 began at 0.
    for (const logit of await after(true)) expect(Math.abs(logit)).toBeGreaterThan(0.05)
  })

  test('streams, and hands on the last step where it is asked to', async () => {
    const m = await stack(name, layers.leaky({ alpha: 0.9, returnSequences: false })).ready()
    const inputs = floats('stream', 1, 5, features)
    const session = m.session()
    session.run(inputs.data.subarray(0, 3 * features))
    const last = session.run(inputs.data.subarray(3 * features))
    expect(difference(last, (await m.predict({ inputs })).data)).toBeLessThan(1e-6)
    m.dispose()
  })
})

test('training follows the slope of the loss through all of them', async () => {
  const m = stack(
    'reference',
    layers.delay(layers.gru({ ...random, returnSequences: true }), { steps: 3 }),
    layers.timeReduction(),
    layers.leaky({ alpha: [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2], trainable: true }),
    layers.timeReduction({ factor: 3, mode: 'average' }),
    layers.dense({ units: 2 }),
  )
  await expectSlopes(m, { ...ragged(0), targets: floats('targets', rows, 2, 2) })
})

test('a file holds them, wrapped in one another too', async () => {
  const m = stack(
    'reference',
    layers.bidirectional(
      layers.delay(layers.delay(layers.minLSTM({ units: 3, returnSequences: true }), { steps: 2 }), {
        steps: 3,
      }),
    ),
    layers.timeReduction({ factor: 3 }),
    layers.leaky({ alpha: 0.3 }),
    layers.sru({ units: 2 }),
  )
  const folder = await mkdtemp(join(tmpdir(), 'ostinato-'))
  try {
    const file = join(folder, 'model.safetensors')
    await m.save(file)
    const again = await load(file, { backend: 'reference' })
    expect(await again.predict(ragged(0))).toEqual(await m.predict(ragged(0)))
    again.dispose()
  } finally {
    await rm(folder, { recursive: true })
  }
  m.dispose()
})

const refusals: readonly (readonly [string, () => unknown])[] = [
  [
    'INVALID_OPTION delay: expected a recurrent layer, received dense. Pass layers.lstm, layers.gru or layers.simpleRNN',
    () => layers.delay(layers.dense({ units: 1 }) as never, { steps: 2 }),
  ],
  [
    'INVALID_OPTION delay, steps: expected an integer of at least 1, received 0',
    () => layers.delay(layers.gru({ units: 1 }), { steps: 0 }),
  ],
  [
    'INVALID_OPTION delay: the layer is stateful. Leave it out: d states would have to be carried',
    () => layers.delay(layers.gru({ units: 1, stateful: true }), { steps: 2 }),
  ],
  [
    'INVALID_OPTION delay: the layer has returnState. Leave it out: d states would have to be returned',
    () => layers.delay(layers.gru({ units: 1, returnState: true }), { steps: 2 }),
  ],
  [
    "INVALID_OPTION timeReduction, mode: expected 'concatenate', 'average', received mean",
    () => layers.timeReduction({ mode: 'mean' as 'average' }),
  ],
  [
    'INVALID_OPTION leaky, alpha: expected a number in [0, 1], or one for each unit, received 1.5',
    () => layers.leaky({ alpha: 1.5 }),
  ],
  [
    'INVALID_OPTION leaky, alpha: expected a number in (0, 1), or one for each unit, received [0.5,1]',
    () => layers.leaky({ alpha: [0.5, 1], trainable: true }),
  ],
  [
    'SHAPE_MISMATCH leaky, alpha: expected 3 numbers, one for each unit, received 2',
    () => stack('reference', layers.leaky({ alpha: [0.5, 0.5] })),
  ],
  [
    'SHAPE_MISMATCH timeReduction, input: expected [batch, time, features], received [B, 2]. Does the layer before return sequences? A time axis is null in the shape of an input',
    () => stack('reference', layers.gru({ units: 2 }), layers.timeReduction()),
  ],
]
test.each(refusals)('refuses: %s', async (text, make) => {
  expect(await failureText(make)).toBe(text)
})
