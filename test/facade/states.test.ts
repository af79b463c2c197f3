import {
  type Batch,
  layers,
  load,
  type Model,
  optimizers,
  type SessionState,
  sequential,
  textStreams,
} from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { backends, describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { classes, floats, lossesOf, regressor, tagger, tokenBatch, tokens } from './models.js'

/** A stateful model that does not learn: its losses show its states. */
function carrier(backend: BackendName, stateful = true): Model {
  const model = sequential(
    [
      layers.embedding({ inputDim: classes, outputDim: 4, embeddingsInitializer: 'glorotUniform' }),
      layers.lstm({ units: 6, returnSequences: true, stateful }),
      layers.gru({ units: 5, returnSequences: true, stateful }),
      layers.dense({ units: classes }),
    ],
    { backend, seed: 9 },
  )
  return model.compile({
    optimizer: optimizers.sgd({ learningRate: 0 }),
    loss: 'sparseCategoricalCrossentropy',
  })
}

const batch = 3
const time = 12
const whole = tokenBatch('stream', batch, time)

/** Steps [from, to) of every row. */
function window(from: number, to: number, options: Partial<Batch> = {}): Batch {
  const cut = (x: Batch['inputs'] | undefined) => {
    const { data } = x as { data: Int32Array }
    const rows = Array.from({ length: batch }, (_, b) => data.subarray(b * time + from, b * time + to))
    return { data: Int32Array.from(rows.flatMap((r) => [...r])), shape: [batch, to - from] }
  }
  return { inputs: cut(whole.inputs), targets: cut(whole.targets), ...options }
}

const windows = [window(0, 5), window(5, 6), window(6, 12)]
const weights = [5, 1, 6]
const mean = (losses: readonly number[]) =>
  losses.reduce((sum, loss, i) => sum + loss * (weights[i] ?? 0), 0) / time

describeOnBackends('stateful layers', ({ name }) => {
  const tolerance = name === 'reference' ? 1e-12 : 1e-5

  test('windows with carried states give what one long run gives, in fit and in evaluate', async () => {
    const model = carrier(name)
    const { loss } = await model.evaluate([whole])
    expect(Math.abs((await model.evaluate(windows)).loss - loss)).toBeLessThan(tolerance)
    expect(Math.abs(mean(await lossesOf(model, windows)) - loss)).toBeLessThan(tolerance)

    const forgetful = carrier(name, false)
    expect(Math.abs((await forgetful.evaluate([whole])).loss - loss)).toBeLessThan(tolerance)
    expect(Math.abs((await forgetful.evaluate(windows)).loss - loss)).toBeGreaterThan(1e-3)
    for (const m of [model, forgetful]) m.dispose()
  })

  test('a batch with reset begins another stream', async () => {
    const model = carrier(name)
    const [first = 0] = await lossesOf(model, [windows[0] as Batch])
    const losses = await lossesOf(model, [
      windows[0] as Batch,
      windows[0] as Batch,
      window(0, 5, { reset: true }),
    ])
    expect(losses[0]).toBe(first)
    expect(Math.abs((losses[1] ?? 0) - first)).toBeGreaterThan(1e-4)
    expect(losses[2]).toBe(first)
    model.dispose()
  })

  test('a fit begins with fresh states, and carries them over its epochs', async () => {
    const model = carrier(name)
    const two = await lossesOf(model, windows, { epochs: 2 })
    expect(await lossesOf(model, [...windows, ...windows])).toEqual(two)
    expect(two.slice(0, 3)).not.toEqual(two.slice(3))
    expect(await lossesOf(model, windows)).toEqual(two.slice(0, 3))
    model.dispose()
  })

  test('validation in between does not disturb the states of the fit', async () => {
    const model = carrier(name)
    const alone = await lossesOf(model, windows, { epochs: 3 })
    expect(
      await lossesOf(model, windows, { epochs: 3, validationData: [tokenBatch('other', batch, 7)] }),
    ).toEqual(alone)
    model.dispose()
  })

  test('predict begins with zeros each time', async () => {
    const model = carrier(name)
    const first = await model.predict(window(0, 5))
    expect(await model.predict(window(0, 5))).toEqual(first)
    model.dispose()
  })

  test('other rows than those that the states belong to are refused', async () => {
    const model = carrier(name)
    const other = tokenBatch('two rows', 2, 5)
    expect(await failureText(() => model.fit([windows[0] as Batch, other]))).toBe(
      'SHAPE_MISMATCH fit, step 2: expected 3 rows, as the states carried from the batch before, received 2. Begin other streams with reset: true',
    )
    expect(await lossesOf(model, [windows[0] as Batch, { ...other, reset: true }])).toHaveLength(2)
    model.dispose()
  })

  test('states survive when a longer window needs more memory, or the first lengths come along', async () => {
    const model = carrier(name)
    const { loss } = await model.evaluate([whole])
    const full = { lengths: [6, 6, 6] }
    const growing = [window(0, 1), window(1, 6), window(6, 12, full)]
    expect(Math.abs((await model.evaluate(growing)).loss - loss)).toBeLessThan(tolerance)
    const losses = await lossesOf(model, growing)
    const sum = losses.reduce((total, l, i) => total + l * ([1, 5, 6][i] ?? 0), 0)
    expect(Math.abs(sum / time - loss)).toBeLessThan(tolerance)
    model.dispose()
  })

  test('text streams: row b goes on where row b of the batch before ended', async () => {
    const model = carrier(name)
    const text = tokens('text', 61).data
    const streams = textStreams(text, { batch: 3, time: 5 })
    const long = textStreams(text, { batch: 3, time: 20 })
    expect([streams.length, long.length]).toEqual([4, 1])
    const { loss } = await model.evaluate(long)
    expect(Math.abs((await model.evaluate(streams)).loss - loss)).toBeLessThan(tolerance)
    model.dispose()
  })
})

describeOnBackends('sessions', ({ name }) => {
  test('steps equal predict, for every stream of a batch', async () => {
    const model = await regressor(name).ready()
    const [B, T] = [3, 6]
    const inputs = floats('session', B, T, 3)
    const { data } = await model.predict({ inputs })
    const session = model.session({ batch: B })
    expect(session.outputSize).toBe(B * 2)
    const output = new Float32Array(B * 2)
    for (let t = 0; t < T; t++) {
      const x = Float32Array.from(
        { length: B * 3 },
        (_, i) => inputs.data[(Math.floor(i / 3) * T + t) * 3 + (i % 3)] ?? 0,
      )
      expect(session.step(x, output)).toBe(output)
      const expected = Float32Array.from(
        { length: B * 2 },
        (_, i) => data[(Math.floor(i / 2) * T + t) * 2 + (i % 2)] ?? 0,
      )
      expect(difference(output, expected)).toBeLessThan(2e-6)
    }
    model.dispose()
  })

  test('a session is its own: others, resets and fits apart', async () => {
    const model = await tagger(name).ready()
    const [a, b] = [model.session(), model.session()]
    const first = a.step(1)
    const second = a.step(2)
    expect(second).not.toEqual(first)
    expect(b.step(1)).toEqual(first)
    await model.predict(tokenBatch('between'))
    expect(b.step(2)).toEqual(second)
    a.reset()
    expect([a.step(1), a.step(2)]).toEqual([first, second])
    model.dispose()
  })

  test('refuses what is not a token or not a step, and keeps its states', async () => {
    const model = await tagger(name).ready()
    const session = model.session()
    session.step(1)
    const before = session.state
    const cases: readonly (readonly [string, () => unknown])[] = [
      [
        'INDEX_OUT_OF_RANGE session.step, embedding: expected a token of the embedding, received token 5 at row 0, step 0',
        () => session.step(5),
      ],
      [
        'INDEX_OUT_OF_RANGE session.step, embedding: expected a token of the embedding, received token -1 at row 0, step 0',
        () => session.step(-1),
      ],
      ['TYPE_MISMATCH session.step: expected int32 tokens, received 1.5', () => session.step(1.5)],
      ['TYPE_MISMATCH session.step: expected int32 tokens, received NaN', () => session.step([Number.NaN])],
      ['SHAPE_MISMATCH session.step: expected 1 numbers, received 2', () => session.step([1, 2])],
      [
        'SHAPE_MISMATCH session.step, output: expected 5 numbers, received 4',
        () => session.step(1, new Float32Array(4)),
      ],
      [
        'SHAPE_MISMATCH session.state, "gru/h": expected 6 numbers, received nothing',
        () => {
          session.state = {}
        },
      ],
      [
        'SHAPE_MISMATCH session.state, "gru/h": expected 6 numbers, received 5',
        () => {
          session.state = { 'gru/h': new Float32Array(5) }
        },
      ],
      [
        'INVALID_OPTION session, batch: expected an integer of at least 1, received 0',
        () => model.session({ batch: 0 }),
      ],
    ]
    for (const [text, work] of cases) expect(await failureText(work)).toBe(text)
    expect(session.state).toEqual(before)
    const twin = model.session()
    twin.step(1)
    expect(session.step(2)).toEqual(twin.step(2))
    model.dispose()
  })

  test('the state is a copy, and brings a session back to where it was', async () => {
    const model = await carrier(name).ready()
    const session = model.session()
    expect(Object.values(session.state).every((s) => s.every((v) => v === 0))).toBe(true)
    for (const token of [0, 1, 2]) session.step(token)
    const state = session.state
    expect(Object.entries(state).map(([key, { length }]) => [key, length])).toEqual([
      ['lstm/h', 6],
      ['lstm/c', 6],
      ['gru/h', 5],
    ])
    const next = session.step(3)
    for (const values of Object.values(session.state)) values.fill(9)
    session.state = state
    expect(difference(session.step(3), next)).toBeLessThan(1e-6)
    model.dispose()
  })
})

test('a state moves between backends, as JSON, and the stream goes on', async () => {
  const file = carrier('reference').toBytes()
  const stream = tokens('moving', 12).data
  const whole: Float32Array[] = []
  const alone = await (await load(file, { backend: 'reference' })).ready()
  const session = alone.session()
  for (const token of stream) whole.push(session.step(token))
  // From each backend to each, in the middle of the stream.
  for (const from of backends) {
    for (const to of backends) {
      const [a, b] = [await load(file, { backend: from.name }), await load(file, { backend: to.name })]
      await Promise.all([a.ready(), b.ready()])
      const [first, second] = [a.session(), b.session()]
      for (const token of stream.subarray(0, 5)) first.step(token)
      const text = JSON.stringify(first.state, (_, v) => (v instanceof Float32Array ? [...v] : v))
      const parsed = JSON.parse(text) as Record<string, number[]>
      second.state = Object.fromEntries(
        Object.entries(parsed).map(([key, v]) => [key, Float32Array.from(v)]),
      ) satisfies SessionState
      for (const [i, token] of stream.subarray(5).entries()) {
        expect(difference(second.step(token), whole[5 + i] ?? []), `${from.name} to ${to.name}`).toBeLessThan(
          1e-5,
        )
      }
      for (const m of [a, b]) m.dispose()
    }
  }
  alone.dispose()
})
