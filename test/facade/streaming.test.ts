import { type GroupSession, layers, type Model, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { classes, features, floats, lossesOf, regressionBatch, regressor, tagger, tokens } from './models.js'

/** Two recurrent layers, both kinds of state; [batch, time, 3] → [batch, time, 4]. */
function stack(backend: BackendName, returnSequences = true): Model {
  return sequential(
    [
      layers.lstm({ units: 6, returnSequences: true }),
      layers.gru({ units: 5, returnSequences }),
      layers.dense({ units: 4 }),
    ],
    { backend, seed: 5, inputShape: [null, features] },
  )
}

/** Step t of every row of [batch, time, width], as a session takes it. */
function stepOf(
  data: Float32Array,
  [batch = 0, time = 0, width = 0]: readonly number[],
  t: number,
): Float32Array {
  return Float32Array.from(
    { length: batch * width },
    (_, i) => data[(Math.floor(i / width) * time + t) * width + (i % width)] ?? 0,
  )
}

describeOnBackends('session.run', ({ name }) => {
  // As exact as sums in another order allow: a run takes tiles of many steps.
  const tolerance = name === 'reference' ? 1e-12 : 1e-6

  test.each([1, 3])(
    'equals as many steps, the state carried on and mixed with steps, batch %i',
    async (batch) => {
      const model = await stack(name).ready()
      const time = 11
      const inputs = floats('run', batch, time, features)
      const single = model.session({ batch })
      const expected = Array.from({ length: time }, (_, t) =>
        single.step(stepOf(inputs.data, inputs.shape, t)),
      )

      // 4 steps in one call, 1 by step, 1 as a run of one, then 5, which needs more memory.
      const session = model.session({ batch })
      for (let from = 0; from < time; ) {
        const count = [4, 1, 1, 5][[0, 4, 5, 6].indexOf(from)] ?? 0
        const part = Float32Array.from(
          { length: batch * count * features },
          (_, i) =>
            inputs.data[
              Math.floor(i / (count * features)) * time * features +
                from * features +
                (i % (count * features))
            ] ?? 0,
        )
        const outputs = from === 4 ? session.step(part) : session.run(part)
        expect(outputs).toHaveLength(batch * count * 4)
        for (let t = 0; t < count; t++) {
          const step = stepOf(outputs, [batch, count, 4], t)
          expect(difference(step, expected[from + t] ?? []), `step ${from + t}`).toBeLessThan(tolerance)
        }
        from += count
      }
      for (const [key, values] of Object.entries(single.state))
        expect(difference(session.state[key] ?? [], values), key).toBeLessThan(tolerance)

      session.reset()
      const again = session.run(inputs.data)
      expect(difference(again, (await model.predict({ inputs })).data)).toBeLessThan(tolerance)
      model.dispose()
    },
  )

  test('takes tokens, and fills an output that is given', async () => {
    const model = await tagger(name).ready()
    const text = tokens('run', 7).data
    const session = model.session()
    const expected = [...text].flatMap((token) => [...session.step(token)])
    session.reset()
    const output = new Float32Array(7 * classes)
    expect(session.run([...text], output)).toBe(output)
    expect(difference(output, expected)).toBeLessThan(1e-6)
    model.dispose()
  })

  test('of a model that returns no sequence answers after the last step', async () => {
    const model = await stack(name, false).ready()
    const inputs = floats('last', 2, 6, features)
    const [session, single] = [model.session({ batch: 2 }), model.session({ batch: 2 })]
    let last = new Float32Array()
    for (let t = 0; t < 6; t++) last = Float32Array.from(single.step(stepOf(inputs.data, inputs.shape, t)))
    const outputs = session.run(inputs.data)
    expect(outputs).toHaveLength(2 * 4)
    expect(difference(outputs, last)).toBeLessThan(tolerance)
    model.dispose()
  })

  test('refuses what is not whole steps, and keeps its states', async () => {
    const model = await tagger(name).ready()
    const session = model.session({ batch: 2 })
    session.step([1, 2])
    const before = session.state
    const flat = await sequential([layers.dense({ units: 2 })], { backend: name, inputShape: [3] }).ready()
    const cases: readonly (readonly [string, () => unknown])[] = [
      [
        'SHAPE_MISMATCH session.run: expected 2 numbers for each step, received 5',
        () => session.run([1, 2, 3, 4, 0]),
      ],
      ['SHAPE_MISMATCH session.run: expected 2 numbers for each step, received 0', () => session.run([])],
      [
        'SHAPE_MISMATCH session.run, output: expected 20 numbers, received 10',
        () => session.run([1, 2, 3, 4], new Float32Array(10)),
      ],
      [
        'INDEX_OUT_OF_RANGE session.run, embedding: expected a token of the embedding, received token 9 at row 1, step 0',
        () => session.run([1, 2, 9, 4]),
      ],
      ['TYPE_MISMATCH session.run: expected int32 tokens, received 0.5', () => session.run([1, 2, 0.5, 4])],
      [
        'SHAPE_MISMATCH session.run: expected 3 numbers, received 6',
        () => flat.session().run(new Float32Array(6)),
      ],
    ]
    for (const [text, work] of cases) expect(await failureText(work)).toBe(text)
    expect(session.state).toEqual(before)
    expect(flat.session().run([1, 2, 3])).toEqual(flat.session().step([1, 2, 3]))
    session.dispose()
    expect(await failureText(() => session.run([1, 2]))).toBe('DISPOSED session: used after dispose()')
    for (const m of [model, flat]) m.dispose()
  })
})

describeOnBackends('session groups', ({ name }) => {
  const tolerance = name === 'reference' ? 1e-12 : 1e-6

  test('streams that come and go give what sessions of their own give, in whatever order', async () => {
    const model = await stack(name).ready()
    const group = model.sessionGroup({ capacity: 3 })
    const open = () => ({ member: group.open(), own: model.session(), steps: 0 })
    type Stream = ReturnType<typeof open>
    let call = 0
    function step(streams: readonly Stream[]): void {
      const { data } = floats(`group ${call++}`, streams.length, features)
      const outputs = group.step(
        streams.map(({ member }) => member),
        data,
      )
      for (const [i, stream] of streams.entries()) {
        const expected = stream.own.step(data.subarray(i * features, (i + 1) * features))
        const found = outputs.subarray(i * 4, (i + 1) * 4)
        expect(difference(found, expected), `call ${call}, stream ${i}`).toBeLessThan(tolerance)
        stream.steps++
      }
    }
    const [a, b] = [open(), open()]
    step([a, b])
    step([b, a])
    const c = open()
    step([c])
    step([b, c, a])
    step([a, c])
    expect(group.size).toBe(3)
    b.member.close()
    b.member.close()
    expect(group.size).toBe(2)
    // In the place of b, from zeros.
    const d = open()
    expect(Object.values(d.member.state).every((s) => s.every((v) => v === 0))).toBe(true)
    step([d, a])
    step([c, d, a])
    a.member.reset()
    a.own.reset()
    step([a, d])
    expect([a, b, c, d].map(({ steps }) => steps)).toEqual([7, 3, 4, 3])
    model.dispose()
  })

  test('the same streams in another order give the same', async () => {
    const model = await tagger(name).ready()
    const group = model.sessionGroup({ capacity: 5 })
    const run = (order: readonly number[]) => {
      const members = Array.from({ length: 5 }, () => group.open())
      for (let t = 0; t < 3; t++) {
        group.step(
          order.map((i) => members[i] as GroupSession),
          order.map((i) => (i + t) % classes),
        )
      }
      const states = members.flatMap(({ state }) => [...(state['gru/h'] ?? [])])
      for (const member of members) member.close()
      return states
    }
    const inOrder = run([0, 1, 2, 3, 4])
    expect(inOrder).toHaveLength(5 * 6)
    expect(difference(run([3, 0, 4, 2, 1]), inOrder)).toBeLessThan(tolerance)
    model.dispose()
  })

  test('states move between members, groups and sessions', async () => {
    const model = await stack(name).ready()
    const x = floats('moved', 4, features).data
    const session = model.session()
    session.run(x)
    const group = model.sessionGroup({ capacity: 2 })
    const [member, other] = [group.open(), group.open()]
    other.state = session.state
    expect(other.state).toEqual(session.state)
    const next = session.step(x.subarray(0, features))
    expect(difference(group.step([other], x.subarray(0, features)), next)).toBeLessThan(tolerance)
    expect(Object.values(member.state).every((s) => s.every((v) => v === 0))).toBe(true)
    member.state = other.state
    const output = new Float32Array(8)
    expect(group.step([other, member], [...x.subarray(0, 3), ...x.subarray(0, 3)], output)).toBe(output)
    expect(output.subarray(0, 4)).toEqual(output.subarray(4))
    model.dispose()
  })

  test('refuses what it cannot step, and nothing changes', async () => {
    const model = await tagger(name).ready()
    const group = model.sessionGroup({ capacity: 2 })
    const [a, b] = [group.open(), group.open()]
    const foreign = model.sessionGroup({ capacity: 1 }).open()
    group.step([a, b], [1, 2])
    const before = [a.state, b.state]
    const cases: readonly (readonly [string, () => unknown])[] = [
      [
        'OVER_CAPACITY sessionGroup.open: expected at most 2 open sessions, received one more. Close one, or make a larger group',
        () => group.open(),
      ],
      [
        'INVALID_OPTION sessionGroup.step: expected each session once, received one again as sessions[1]',
        () => group.step([a, a], [1, 2]),
      ],
      [
        'INVALID_OPTION sessionGroup.step: expected sessions of this group, received one of another group',
        () => group.step([a, foreign], [1, 2]),
      ],
      [
        'EMPTY_DATA sessionGroup.step: expected at least one session, received none',
        () => group.step([], []),
      ],
      [
        'SHAPE_MISMATCH sessionGroup.step, inputs: expected 2 numbers, received 1',
        () => group.step([a, b], [1]),
      ],
      [
        'SHAPE_MISMATCH sessionGroup.step, output: expected 5 numbers, received 10',
        () => group.step([a], [1], new Float32Array(10)),
      ],
      [
        'INDEX_OUT_OF_RANGE sessionGroup.step, embedding: expected a token of the embedding, received token 7 at row 1, step 0',
        () => group.step([b, a], [1, 7]),
      ],
      [
        'SHAPE_MISMATCH groupSession.state, "gru/h": expected 6 numbers, received 12',
        () => {
          a.state = { 'gru/h': new Float32Array(12) }
        },
      ],
      [
        'INVALID_OPTION sessionGroup, capacity: expected an integer of at least 1, received 0',
        () => model.sessionGroup({ capacity: 0 }),
      ],
    ]
    for (const [text, work] of cases) expect(await failureText(work)).toBe(text)
    expect([a.state, b.state]).toEqual(before)

    a.close()
    const closed = [() => group.step([b, a], [1, 2]), () => a.state, () => a.reset()]
    for (const work of closed)
      expect(await failureText(work)).toMatch(/^DISPOSED .*the session has been closed$/)
    expect(group.step([b], [1])).toHaveLength(classes)
    group.dispose()
    group.dispose()
    for (const work of [() => group.step([b], [1]), () => group.open(), () => b.state])
      expect(await failureText(work)).toBe('DISPOSED sessionGroup: used after dispose()')
    model.dispose()
  })

  test('a fit in between excludes them, and they then run on its weights', async () => {
    const model = await regressor(name).ready()
    const group = model.sessionGroup({ capacity: 1 })
    const member = group.open()
    const x = new Float32Array(features).fill(0.5)
    const before = group.step([member], x)
    const fit = lossesOf(model, [regressionBatch('between')])
    expect(await failureText(() => group.step([member], x))).toMatch(/^MODEL_BUSY/)
    expect(await fit).toHaveLength(1)
    member.reset()
    const fresh = model.session()
    expect(group.step([member], x)).toEqual(fresh.step(x))
    expect(group.step([member], x)).not.toEqual(before)
    model.dispose()
  })

  test('a model compiled for another optimizer since has other sessions', async () => {
    const model = await regressor(name).ready()
    const [session, group] = [model.session(), model.sessionGroup({ capacity: 1 })]
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    await model.ready()
    const since = 'the model was compiled for another optimizer since. Open another one'
    expect(await failureText(() => session.step([1, 2, 3]))).toBe(`DISPOSED session: ${since}`)
    expect(await failureText(() => group.open())).toBe(`DISPOSED sessionGroup: ${since}`)
    expect(model.session().step([1, 2, 3])).toHaveLength(2)
    model.dispose()
  })
})
