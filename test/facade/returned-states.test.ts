import { input, layers, type Model, model, optimizers, type SymbolicTensor } from 'ostinato'
import { describe, expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { backends, describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { expectSlopes, features, floats, lossesOf, weightsOf } from './models.js'

const units = 4
const rows = 3
const time = 6
const lengths = [4, 6, 1]
const random = { units, biasInitializer: 'randomUniform' } as const

type Kind = 'lstm' | 'gru' | 'simpleRNN'
const kinds: readonly Kind[] = ['lstm', 'gru', 'simpleRNN']

/** A layer of the kind: its outputs on x, the states behind them. */
function walk(kind: Kind, x: SymbolicTensor, initialState?: readonly SymbolicTensor[]): SymbolicTensor[] {
  const options = { ...random, returnSequences: true, returnState: true, name: 'cell' } as const
  const given = initialState ? { initialState: initialState as never } : {}
  if (kind === 'lstm') return layers.lstm(options).apply(x, given)
  return (kind === 'gru' ? layers.gru(options) : layers.simpleRNN(options)).apply(x, given)
}

const statesOf = (kind: Kind): number => (kind === 'lstm' ? 2 : 1)

describeOnBackends('states in and out', ({ name }) => {
  test.each(kinds)('%s: two halves joined by their states are the whole', async (kind) => {
    const x = input({ shape: [null, features] })
    const whole = model({ inputs: x, outputs: walk(kind, x), backend: name, seed: 1 })
    const given = Array.from({ length: statesOf(kind) }, () => input({ shape: [units] }))
    const half = model({ inputs: [x, ...given], outputs: walk(kind, x, given), backend: name })
    half.setWeights(whole.getWeights())
    const all = floats('x', rows, time, features)
    const cut = (from: number, to: number) => ({
      data: Float32Array.from({ length: rows * (to - from) * features }, (_, i) => {
        const [b, rest] = [Math.floor(i / ((to - from) * features)), i % ((to - from) * features)]
        return all.data[(b * time + from) * features + rest] ?? 0
      }),
      shape: [rows, to - from, features],
    })
    const zeros = given.map(() => ({ data: new Float32Array(rows * units), shape: [rows, units] }))
    const [, ...between] = await half.predict({ inputs: [cut(0, 2), ...zeros] })
    const [end, ...last] = await half.predict({ inputs: [cut(2, time), ...between] })
    const [full, ...expected] = await whole.predict({ inputs: all })
    for (let b = 0; b < rows; b++) {
      const [from, to] = [(b * time + 2) * units, (b + 1) * time * units]
      const part = end!.data.subarray(b * (time - 2) * units, (b + 1) * (time - 2) * units)
      expect(difference(part, full!.data.subarray(from, to))).toBeLessThan(1e-6)
    }
    for (const [i, state] of last.entries())
      expect(difference(state.data, expected[i]!.data)).toBeLessThan(1e-6)
    for (const m of [whole, half]) m.dispose()
  })

  test.each(kinds)(
    '%s: the last h is the last valid output; a row of no steps keeps what it was given',
    async (kind) => {
      const x = input({ shape: [null, features] })
      const given = Array.from({ length: statesOf(kind) }, () => input({ shape: [units] }))
      const m = model({ inputs: [x, ...given], outputs: walk(kind, x, given), backend: name })
      const initial = given.map((_, i) => floats(`state ${i}`, rows, units))
      const ragged = [4, 0, 6]
      const [y, ...last] = await m.predict({
        inputs: [floats('x', rows, time, features), ...initial],
        lengths: ragged,
      })
      for (const [b, n] of ragged.entries()) {
        const h = last[0]!.data.slice(b * units, (b + 1) * units)
        const from =
          n === 0 ? initial[0]!.data.subarray(b * units) : y!.data.subarray((b * time + n - 1) * units)
        expect(h).toEqual(from.slice(0, units))
      }
      if (kind === 'lstm')
        expect(last[1]!.data.slice(units, 2 * units)).toEqual(initial[1]!.data.slice(units, 2 * units))
      m.dispose()
    },
  )

  test('bidirectional: the states of both directions, in the order of their names', async () => {
    const x = input({ shape: [null, features] })
    const both = layers.bidirectional(layers.lstm({ ...random, returnSequences: true, returnState: true }))
    const [y, forwardH, forwardC, backwardH, backwardC] = both.apply(x)
    const m = model({ inputs: x, outputs: { y, forwardH, forwardC, backwardH, backwardC }, backend: name })
    const inputs = floats('x', rows, time, features)
    const out = await m.predict({ inputs, lengths })
    // Each direction by itself gives the same states.
    for (const [part, h, c] of [
      ['forward', out.forwardH, out.forwardC],
      ['backward', out.backwardH, out.backwardC],
    ] as const) {
      const layer = layers.lstm({ ...random, returnState: true, goBackwards: part === 'backward' })
      const [, ...states] = layer.apply(x)
      const one = model({ inputs: x, outputs: states, backend: name })
      const own = m.getWeights().filter((w) => w.name.includes(`/${part}/`))
      one.setWeights(own.map((w) => ({ ...w, name: `lstm/${w.name.split('/').at(-1)}` })))
      expect(await one.predict({ inputs, lengths })).toEqual([h, c])
      one.dispose()
    }
    m.dispose()
  })

  test('bidirectional: merge modes say what becomes of the two outputs', async () => {
    const x = input({ shape: [null, features] })
    const inputs = floats('x', rows, time, features)
    for (const returnSequences of [true, false]) {
      const layer = () => layers.gru({ ...random, returnSequences })
      const apart = layers.bidirectional(layer(), { mergeMode: 'none', name: 'both' }).apply(x)
      const two = model({ inputs: x, outputs: apart, backend: name, seed: 8 })
      const [forward, backward] = await two.predict({ inputs, lengths })
      const merged = {
        sum: (a: number, b: number) => a + b,
        mul: (a: number, b: number) => a * b,
        ave: (a: number, b: number) => (a + b) / 2,
      }
      for (const [mergeMode, f] of Object.entries(merged)) {
        const y = layers.bidirectional(layer(), { mergeMode: mergeMode as 'sum', name: 'both' }).apply(x)
        const m = model({ inputs: x, outputs: y, backend: name, seed: 8 })
        const { data, shape } = await m.predict({ inputs, lengths })
        expect(shape).toEqual(forward.shape)
        const expected = forward.data.map((v, i) => f(v, backward.data[i] ?? 0))
        expect(difference(data, expected), mergeMode).toBeLessThan(1e-7)
        m.dispose()
      }
      two.dispose()
    }
  })

  test('bidirectional begins with the states of both directions', async () => {
    const x = input({ shape: [null, features] })
    const given = Array.from({ length: 4 }, () => input({ shape: [units] })) as [
      SymbolicTensor,
      SymbolicTensor,
      SymbolicTensor,
      SymbolicTensor,
    ]
    const both = layers.bidirectional(layers.lstm({ ...random, returnState: true }))
    const m = model({ inputs: [x, ...given], outputs: both.apply(x, { initialState: given }), backend: name })
    const states = given.map((_, i) => floats(`s${i}`, rows, units))
    const [y, ...last] = await m.predict({
      inputs: [floats('x', rows, time, features), ...states],
      lengths: [0, 0, 2],
    })
    for (const [i, state] of last.entries())
      expect(state.data.slice(0, 2 * units)).toEqual(states[i]!.data.slice(0, 2 * units))
    expect(y.data.slice(0, units)).toEqual(states[0]!.data.slice(0, units))
    expect(y.data.slice(units, 2 * units)).toEqual(states[2]!.data.slice(0, units))
    m.dispose()
  })
})

/** Reads a sequence, and says another one, each with lengths of its own. */
function encoderDecoder(backend: BackendName): Model {
  const source = input({ shape: [null, features], name: 'source' })
  const target = input({ shape: [null, 2], name: 'target' })
  const [, h, c] = layers.lstm({ units, returnState: true, name: 'encoder' }).apply(source)
  const decoder = layers.lstm({ units, returnSequences: true, name: 'decoder' })
  const read = decoder.apply(target, { initialState: [h, c] })
  const outputs = layers.dense({ units: 2 }).apply(read)
  const made = model({ inputs: { source, target }, outputs, backend, seed: 6 })
  return made.compile({ optimizer: optimizers.adam({ learningRate: 0.02 }), loss: 'meanSquaredError' })
}

function pairs(filler = 0) {
  const [source, target] = [floats('source', rows, time, features), floats('target', rows, 4, 2)]
  const ends = { source: lengths, target: [2, 4, 3] }
  for (const [b, n] of ends.source.entries())
    source.data.fill(filler, (b * time + n) * features, (b + 1) * time * features)
  for (const [b, n] of ends.target.entries()) target.data.fill(filler, (b * 4 + n) * 2, (b + 1) * 4 * 2)
  return { inputs: { source, target }, targets: floats('wanted', rows, 4, 2), lengths: ends }
}

describeOnBackends('an encoder and its decoder', ({ name }) => {
  test('each reads the valid steps of its own axis', async () => {
    const outcome = async (filler: number) => {
      const m = encoderDecoder(name)
      const losses = await lossesOf(m, [pairs(filler), pairs(filler)])
      const { weight } = await m.evaluate([pairs(filler)])
      const weights = weightsOf(m)
      m.dispose()
      return { losses, weight, weights }
    }
    const zeros = await outcome(0)
    expect(await outcome(Number.NaN)).toEqual(zeros)
    expect(zeros.weight).toBe(9)
  })

  test('rows give together what they give alone', async () => {
    const m = encoderDecoder(name)
    const { inputs, lengths: ends } = pairs(Number.NaN)
    const { data, shape } = await m.predict({ inputs, lengths: ends })
    expect(shape).toEqual([rows, 4, 2])
    for (let b = 0; b < rows; b++) {
      const [s, t] = [ends.source[b] ?? 0, ends.target[b] ?? 0]
      const source = inputs.source.data.slice(b * time * features, (b * time + s) * features)
      const target = inputs.target.data.slice(b * 8, b * 8 + t * 2)
      const alone = await m.predict({
        inputs: {
          source: { data: source, shape: [1, s, features] },
          target: { data: target, shape: [1, t, 2] },
        },
      })
      expect(difference(alone.data, data.subarray(b * 8, b * 8 + t * 2))).toBeLessThan(1e-6)
    }
    m.dispose()
  })

  test('learns what only the source says', async () => {
    const m = encoderDecoder(name)
    const source = floats('what', 8, 3, features)
    const wanted = Float32Array.from(
      { length: 8 * 4 },
      (_, i) => Math.sign(source.data[Math.floor(i / 4) * 9] ?? 0) / 2,
    )
    const batch = {
      inputs: { source, target: { data: new Float32Array(8 * 4), shape: [8, 2, 2] } },
      targets: { data: wanted, shape: [8, 2, 2] },
    }
    const { loss } = await m.fit([batch], { epochs: 120 })
    expect(loss[0]).toBeGreaterThan(0.15)
    expect(loss.at(-1)).toBeLessThan(0.02)
    m.dispose()
  })

  test('lengths of an axis that is not there, or without its name, are refused', async () => {
    const m = encoderDecoder(name)
    const batch = pairs()
    const cases: readonly (readonly [string, unknown])[] = [
      [
        'INVALID_OPTION fit, step 1, lengths: expected lengths by name: source, target, received a list of 3',
        [1, 2, 3],
      ],
      [
        'INVALID_OPTION fit, step 1, lengths: expected "source" or "target", received "sauce". Did you mean "source"?',
        { sauce: [1, 2, 3] },
      ],
      [
        'LENGTH_OUT_OF_RANGE fit, step 1, lengths.target[0]: expected 0 to 4, received 5',
        { target: [5, 1, 1] },
      ],
    ]
    for (const [text, wrong] of cases)
      expect(await failureText(() => m.fit([{ ...batch, lengths: wrong as never }]))).toBe(text)
    const mask = { target: [[1, 1, 1]] }
    expect(await failureText(() => m.fit([{ ...batch, lengths: {}, mask }]))).toBe(
      'SHAPE_MISMATCH fit, step 1, mask.target: expected [3, 4], received [1, 3]',
    )
    const both = { target: [4, 4, 4] }
    const ones = { target: { data: new Int32Array(12).fill(1), shape: [3, 4] } }
    expect(await failureText(() => m.fit([{ ...batch, lengths: both, mask: ones }]))).toBe(
      'INVALID_MASK fit, step 1, axis "target": expected lengths or a mask, received both',
    )
    m.dispose()
  })
})

test('gradients reach the encoder through its states', async () => {
  await expectSlopes(encoderDecoder('reference'), pairs())
})

test('every backend learns the same from an encoder and its decoder', async () => {
  const learnt = await Promise.all(
    backends.map(async ({ name }) => {
      const m = encoderDecoder(name)
      const all = [...(await lossesOf(m, [pairs(), pairs(), pairs()])), ...weightsOf(m)]
      m.dispose()
      return all
    }),
  )
  for (const other of learnt.slice(1)) expect(difference(other, learnt[0] ?? [])).toBeLessThan(5e-6)
})

describe('states that do not fit are refused', () => {
  const x = input({ shape: [null, 2] })
  const state = input({ shape: [3] })
  const wide = input({ shape: [5] })
  const cases: readonly (readonly [string, () => unknown])[] = [
    [
      'INVALID_OPTION lstm.apply, initialState: expected [h, c], received a list of 1',
      () => layers.lstm({ units: 3 }).apply(x, { initialState: [state] as never }),
    ],
    [
      'INVALID_OPTION gru.apply, initialState: expected [h], received object',
      () => layers.gru({ units: 3 }).apply(x, { initialState: state as never }),
    ],
    [
      'INVALID_OPTION bidirectional.apply, initialState: expected [forwardH, backwardH], received a list of 1',
      () => layers.bidirectional(layers.gru({ units: 3 })).apply(x, { initialState: [state] as never }),
    ],
    [
      'INVALID_OPTION gru.apply, initialState: the layer is stateful. It begins with the states carried to it: leave out one of the two',
      () => layers.gru({ units: 3, stateful: true }).apply(x, { initialState: [state] }),
    ],
    [
      'UNKNOWN_OPTION gru.apply: unknown option "initialStates". Did you mean "initialState"?',
      () => layers.gru({ units: 3 }).apply(x, { initialStates: [state] } as never),
    ],
    [
      'INVALID_TOPOLOGY gru.apply: expected a symbolic tensor, received number. Make tensors with input({ shape }) and layer.apply(x)',
      () => layers.gru({ units: 3 }).apply(x, { initialState: [1 as never] }),
    ],
    [
      'SHAPE_MISMATCH lstm, initial state "c": expected [B, 3], received [B, 5]',
      () => {
        const y = layers.lstm({ units: 3 }).apply(x, { initialState: [state, wide] })
        return model({ inputs: [x, state, wide], outputs: y })
      },
    ],
    [
      'SHAPE_MISMATCH gru, initial state "h": expected [B, 2], received [T, B, 2]',
      () => model({ inputs: x, outputs: layers.gru({ units: 2 }).apply(x, { initialState: [x] }) }),
    ],
  ]
  test.each(cases)('%s', async (text, work) => expect(await failureText(work)).toBe(text))
})

test('a stateful layer applied twice carries a state for each place', async () => {
  const [a, b] = [input({ shape: [null, 2] }), input({ shape: [null, 2] })]
  const gru = layers.gru({ units: 2, stateful: true })
  const m = model({ inputs: [a, b], outputs: [gru.apply(a), gru.apply(b)], backend: 'reference', seed: 3 })
  m.compile({ optimizer: optimizers.sgd({ learningRate: 0 }), loss: 'meanSquaredError' })
  const [one, two] = [floats('one', 1, 2, 2), floats('two', 1, 2, 2)]
  const batch = { inputs: [one, two], targets: [floats('t', 1, 2), floats('u', 1, 2)] }
  const first = await m.evaluate([batch])
  const second = await m.evaluate([batch, { ...batch, inputs: [two, one] }])
  // The second batch continues each place by itself: as one long batch of each.
  const join = (x: { data: Float32Array }, y: { data: Float32Array }) => ({
    data: Float32Array.of(...x.data, ...y.data),
    shape: [1, 4, 2],
  })
  const long = await m.evaluate([{ ...batch, inputs: [join(one, two), join(two, one)] }])
  expect(second.loss).toBeCloseTo((first.loss + long.loss) / 2, 10)
  m.dispose()
})
