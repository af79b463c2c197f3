import { input, layers, type Model, model, optimizers, type SymbolicTensor, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { backends, describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { expectSlopes, features, floats, lossesOf, weightsOf } from './models.js'

const units = 5
const lengths = [3, 7, 0, 1, 5]
const rows = lengths.length
const time = 7

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
const positive = (x: number) => (x >= 0 ? x + 0.5 : sigmoid(x))

/** One unit of one step: the products of its gates, its input, the state before it → the state and the output after it. */
type Step = (gates: readonly number[], x: number, state: number) => { state: number; output: number }

const alike = (state: number) => ({ state, output: state })
const miniature =
  (activation: (x: number) => number): Step =>
  ([z = 0, n = 0], _, h) =>
    alike((1 - sigmoid(z)) * h + sigmoid(z) * activation(n))
const minimalLstm =
  (activation: (x: number) => number): Step =>
  ([i = 0, f = 0, g = 0], _, h) => {
    const sum = sigmoid(f) + sigmoid(i)
    return alike((sigmoid(f) / sum) * h + (sigmoid(i) / sum) * activation(g))
  }
/** Where there is no fourth product the highway takes the input. */
const simple: Step = ([f = 0, r = 0, candidate = 0, highway], x, c) => {
  const state = sigmoid(f) * c + (1 - sigmoid(f)) * candidate
  return { state, output: sigmoid(r) * state + (1 - sigmoid(r)) * (highway ?? x) }
}

interface Options {
  readonly returnSequences?: boolean
  readonly goBackwards?: boolean
  readonly stateful?: boolean
  readonly name?: string
}

/** Random biases, so that one that is read at the wrong place is seen. */
const random = { units, biasInitializer: 'randomNormal' } as const
const kinds = {
  minGRU: { step: miniature((x) => x), make: (o: Options) => layers.minGRU({ ...random, ...o }) },
  'minGRU tanh': {
    step: miniature(Math.tanh),
    make: (o: Options) => layers.minGRU({ ...random, ...o, activation: 'tanh' }),
  },
  'minGRU positive': {
    step: miniature(positive),
    make: (o: Options) => layers.minGRU({ ...random, ...o, activation: 'positive' }),
  },
  'minGRU without bias': {
    step: miniature((x) => x),
    make: (o: Options) => layers.minGRU({ units, useBias: false, ...o }),
  },
  minLSTM: { step: minimalLstm((x) => x), make: (o: Options) => layers.minLSTM({ ...random, ...o }) },
  'minLSTM positive': {
    step: minimalLstm(positive),
    make: (o: Options) => layers.minLSTM({ ...random, ...o, activation: 'positive', unitForgetBias: true }),
  },
  sru: { step: simple, make: (o: Options) => layers.sru({ ...random, ...o }) },
  'sru as wide as its input': {
    step: simple,
    make: (o: Options) => layers.sru({ ...random, ...o, units: features }),
  },
} as const
type Kind = keyof typeof kinds
const names = Object.keys(kinds) as Kind[]

function modelOf(backend: BackendName, kind: Kind, options: Options): Model {
  const layer = kinds[kind].make(options)
  return sequential([layer], { inputShape: [null, features], backend, seed: 21 })
}

/** Padded with `filler` behind the lengths. */
function ragged(filler: number) {
  const inputs = floats('inputs', rows, time, features)
  for (const [b, n] of lengths.entries())
    inputs.data.fill(filler, (b * time + n) * features, (b + 1) * time * features)
  return { inputs, lengths }
}

/** What the equations give, in float64: the outputs [rows, time, units] of valid steps, and the last ones [rows, units]. */
function expected(model: Model, kind: Kind, reverse: boolean) {
  const [kernel, bias] = model.getWeights().map(({ data }) => data)
  const { inputs } = ragged(0)
  const width = kind === 'sru as wide as its input' ? features : units
  const columns = (kernel?.length ?? 0) / features
  const gates = columns / width
  const every = lengths.map(() => [] as number[][])
  const last = lengths.map(() => new Array<number>(width).fill(0))
  for (const [b, n] of lengths.entries()) {
    const states = new Array<number>(width).fill(0)
    const order = Array.from({ length: n }, (_, i) => (reverse ? n - 1 - i : i))
    for (const t of order) {
      const x = inputs.data.subarray((b * time + t) * features, (b * time + t + 1) * features)
      const product = (column: number) =>
        x.reduce((sum, v, i) => sum + v * (kernel?.[i * columns + column] ?? 0), bias?.[column] ?? 0)
      const outputs = states.map((state, unit) => {
        const products = Array.from({ length: gates }, (_, gate) => product(gate * width + unit))
        const made = kinds[kind].step(products, x[unit] ?? 0, state)
        states[unit] = made.state
        return made.output
      })
      every[b]![t] = outputs
      last[b] = outputs
    }
  }
  return { every, last, width }
}

describeOnBackends('parallel-in-time cells', ({ name }) => {
  const tolerance = name === 'reference' ? 1e-7 : 2e-6

  test.each(names)('%s: is its equations, one step after the other', async (kind) => {
    for (const goBackwards of [false, true]) {
      const m = modelOf(name, kind, { returnSequences: true, goBackwards })
      const { data } = await m.predict(ragged(Number.NaN))
      const { every, width } = expected(m, kind, goBackwards)
      for (const [b, steps] of every.entries()) {
        for (const [t, outputs] of steps.entries()) {
          // What goes backwards hands on the last step first (Keras).
          const at = (b * time + (goBackwards ? time - 1 - t : t)) * width
          expect(difference(data.slice(at, at + width), outputs), `row ${b}, step ${t}`).toBeLessThan(
            tolerance,
          )
        }
      }
      m.dispose()
    }
  })

  test.each(names)('%s: hands on the last valid output, which masked steps repeat', async (kind) => {
    for (const goBackwards of [false, true]) {
      const m = modelOf(name, kind, { goBackwards })
      const { data } = await m.predict(ragged(Number.NaN))
      const { last, width } = expected(m, kind, goBackwards)
      for (const [b, outputs] of last.entries())
        expect(difference(data.slice(b * width, (b + 1) * width), outputs), `row ${b}`).toBeLessThan(
          tolerance,
        )
      m.dispose()
    }
    const m = modelOf(name, kind, { returnSequences: true })
    const { data } = await m.predict(ragged(Number.NaN))
    const { last, width } = expected(m, kind, false)
    for (const [b, n] of lengths.entries()) {
      for (let t = Math.max(n, 1); n > 0 && t < time; t++) {
        const at = (b * time + t) * width
        expect(difference(data.slice(at, at + width), last[b] ?? []), `row ${b}, step ${t}`).toBeLessThan(
          tolerance,
        )
      }
    }
    m.dispose()
  })

  test.each(names)('%s: a session gives the outputs of predict, and goes on from its state', async (kind) => {
    const m = await modelOf(name, kind, { returnSequences: true }).ready()
    const inputs = floats('stream', 1, 6, features)
    const whole = (await m.predict({ inputs })).data
    const session = m.session()
    const outputs = [
      ...session.step(inputs.data.subarray(0, features)),
      ...session.run(inputs.data.subarray(features, 4 * features)),
      ...session.step(inputs.data.subarray(4 * features, 5 * features)),
      ...session.step(inputs.data.subarray(5 * features)),
    ]
    expect(difference(outputs, whole)).toBeLessThan(name === 'reference' ? 1e-12 : 1e-6)
    m.dispose()
  })

  test.each(names)('%s: what the padding holds makes no difference to learning', async (kind) => {
    const outcome = async (filler: number) => {
      const layer = kinds[kind].make({ returnSequences: true })
      const m = sequential([layer, layers.dense({ units: 2 })], {
        inputShape: [null, features],
        backend: name,
        seed: 4,
      })
      m.compile({ optimizer: optimizers.sgd({ learningRate: 0.3 }), loss: 'meanSquaredError' })
      const batch = { ...ragged(filler), targets: floats('targets', rows, time, 2) }
      const losses = await lossesOf(m, [batch, batch])
      const weights = weightsOf(m)
      m.dispose()
      return { losses, weights }
    }
    const zeros = await outcome(0)
    expect(await outcome(Number.NaN)).toEqual(zeros)
    expect(zeros.losses.every(Number.isFinite)).toBe(true)
  })

  test.each(names)('%s: stateful, two halves of a sequence give what the whole gives', async (kind) => {
    const m = (stateful: boolean) => {
      const stack = [kinds[kind].make({ returnSequences: true, stateful }), layers.dense({ units: 2 })]
      const made = sequential(stack, { inputShape: [null, features], backend: name, seed: 4 })
      return made.compile({ optimizer: optimizers.sgd({ learningRate: 0 }), loss: 'meanSquaredError' })
    }
    const [inputs, targets] = [floats('halves', 1, 6, features), floats('half targets', 1, 6, 2)]
    const part = (from: number, to: number) => ({
      inputs: { data: inputs.data.slice(from * features, to * features), shape: [1, to - from, features] },
      targets: { data: targets.data.slice(from * 2, to * 2), shape: [1, to - from, 2] },
    })
    const [carrying, single] = [m(true), m(false)]
    const halves = await lossesOf(carrying, [part(0, 3), part(3, 6)])
    const [whole = 0] = await lossesOf(single, [part(0, 6)])
    const apart = await lossesOf(single, [part(0, 3), part(3, 6)])
    const mean = halves.reduce((sum, loss) => sum + loss / 2, 0)
    expect(Math.abs(mean - whole)).toBeLessThan(1e-6)
    expect(Math.abs((apart[1] ?? 0) - (halves[1] ?? 0))).toBeGreaterThan(1e-4)
    for (const made of [carrying, single]) made.dispose()
  })

  test('both directions of them, learning the first and the last token', async () => {
    const model = sequential(
      [
        layers.embedding({ inputDim: 2, outputDim: 4 }),
        layers.bidirectional(layers.minLSTM({ units: 8, returnSequences: true })),
        layers.bidirectional(layers.sru({ units: 8, returnSequences: true })),
        layers.bidirectional(layers.minGRU({ units: 8 })),
        layers.dense({ units: 4 }),
      ],
      { backend: name, seed: 5 },
    )
    // The class is made of the first and the last token.
    const inputs = Array.from({ length: 16 }, (_, i) => [i & 1, (i >> 1) & 1, (i >> 2) & 1, (i >> 3) & 1])
    const targets = inputs.map(([first = 0, , , last = 0]) => 2 * first + last)
    model.compile({
      optimizer: optimizers.adam({ learningRate: 0.05 }),
      loss: 'sparseCategoricalCrossentropy',
    })
    const { loss } = await model.fit([{ inputs, targets }], { epochs: 40 })
    expect(loss[0]).toBeGreaterThan(1)
    expect(loss.at(-1)).toBeLessThan(0.05)
    model.dispose()
  })
})

test.each(names)('%s: a step of training follows the slope of the loss', async (kind) => {
  const stack = [kinds[kind].make({ returnSequences: true }), layers.dense({ units: 2 })]
  const m = sequential(stack, { inputShape: [null, features], backend: 'reference', seed: 8 })
  await expectSlopes(m, { ...ragged(0), targets: floats('slope targets', rows, time, 2) })
})

test.each(names)('%s: two halves joined by their state are the whole', async (kind) => {
  const wide = kind === 'sru as wide as its input' ? features : units
  const x = input({ shape: [null, features] })
  const given = input({ shape: [wide] })
  const walk = (state?: SymbolicTensor) => {
    const options = { returnSequences: true, returnState: true, name: 'cell' }
    const layer = kinds[kind].make(options)
    return layer.apply(x, state ? { initialState: [state] } : {}) as unknown as SymbolicTensor[]
  }
  const whole = model({ inputs: x, outputs: walk(), backend: 'reference', seed: 1 })
  const half = model({ inputs: [x, given], outputs: walk(given), backend: 'reference' })
  half.setWeights(whole.getWeights())
  const { data } = floats('x', 1, time, features)
  const cut = (from: number, to: number) => ({
    data: data.slice(from * features, to * features),
    shape: [1, to - from, features],
  })
  const zeros = { data: new Float32Array(wide), shape: [1, wide] }
  const [, between] = await half.predict({ inputs: [cut(0, 2), zeros] })
  const [end, last] = await half.predict({ inputs: [cut(2, time), between!] })
  const [full, expected] = await whole.predict({ inputs: cut(0, time) })
  expect(difference(end!.data, full!.data.subarray(2 * wide))).toBeLessThan(1e-6)
  expect(difference(last!.data, expected!.data)).toBeLessThan(1e-6)
  for (const m of [whole, half]) m.dispose()
})

test.each(names)('%s: every backend learns the same', async (kind) => {
  const learnt = await Promise.all(
    backends.map(async ({ name }) => {
      const stack = [kinds[kind].make({}), layers.dense({ units: 2 })]
      const m = sequential(stack, { inputShape: [null, features], backend: name, seed: 8 })
      m.compile({ optimizer: optimizers.sgd({ learningRate: 0.3 }), loss: 'meanSquaredError' })
      const batch = { ...ragged(0), targets: floats('learnt', rows, 2) }
      const all = [...(await lossesOf(m, [batch, batch, batch])), ...weightsOf(m)]
      m.dispose()
      return all
    }),
  )
  for (const other of learnt.slice(1)) expect(difference(other, learnt[0] ?? [])).toBeLessThan(5e-6)
})

const droppers = {
  minGRU: (o: object) => layers.minGRU({ ...random, returnSequences: true, ...o }),
  minLSTM: (o: object) => layers.minLSTM({ ...random, returnSequences: true, ...o }),
  sru: (o: object) => layers.sru({ ...random, returnSequences: true, ...o }),
}
const batchOf = () => ({
  inputs: floats('inputs', rows, time, features),
  targets: floats('targets', rows, time, units),
  lengths,
})
function dropping(kind: keyof typeof droppers, backend: BackendName, options: object): Model {
  const model = sequential([droppers[kind](options)], { inputShape: [null, features], backend, seed: 2 })
  return model.compile({ optimizer: optimizers.sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' })
}

describeOnBackends('dropout and zoneout of cells that train in parallel', ({ name }) => {
  test.each(Object.keys(droppers) as (keyof typeof droppers)[])('%s', async (kind) => {
    const options = { dropout: 0.3, zoneoutH: 0.2 }
    const [tested, reference] = [dropping(kind, name, options), dropping(kind, 'reference', options)]
    const batches = [batchOf()]
    const losses = await lossesOf(tested, batches, { epochs: 4 })
    expect(difference(losses, await lossesOf(reference, batches, { epochs: 4 }))).toBeLessThan(1e-5)
    expect(difference(weightsOf(tested), weightsOf(reference))).toBeLessThan(1e-5)
    for (const m of [tested, reference]) m.dispose()
    // Units that never move stay zeros.
    const still = dropping(kind, name, { zoneoutH: 1 - 1e-9 })
    const [loss = 0] = (await still.fit(batches)).loss
    const { data } = batchOf().targets
    const valid = data.filter(
      (_, i) => Math.floor(i / units) % time < (lengths[Math.floor(i / units / time)] ?? 0),
    )
    const nothing = valid.reduce((sum, v) => sum + v * v, 0) / valid.length
    if (kind !== 'sru') expect(Math.abs(loss - nothing)).toBeLessThan(1e-5)
    still.dispose()
  })

  test('after training zoneout takes the mean of staying and moving', async () => {
    const [rate, inputs] = [0.25, floats('inputs', 1, 1, features)]
    const ones = floats('first', 1, units)
    const outputs = await Promise.all(
      [0, rate].map(async (zoneoutH) => {
        const x = input({ shape: [null, features] })
        const first = input({ shape: [units] })
        const y = layers.minGRU({ ...random, zoneoutH }).apply(x, { initialState: [first] })
        const m = model({ inputs: [x, first], outputs: y, backend: name, seed: 3 })
        const { data } = await m.predict({ inputs: [inputs, ones] })
        m.dispose()
        return data
      }),
    )
    const [plain = [], zoned = []] = outputs
    const expected = Array.from(plain, (v, i) => rate * (ones.data[i] ?? 0) + (1 - rate) * v)
    expect(difference(zoned, expected)).toBeLessThan(2e-6)
  })
})

test('the forget gate of minLSTM starts open where it is asked to', () => {
  const m = sequential([layers.minLSTM({ units: 2, unitForgetBias: true })], { inputShape: [null, 3] })
  expect([...(m.getWeights()[1]?.data ?? [])]).toEqual([0, 0, 1, 1, 0, 0])
})

test('there are no recurrent weights to initialize, and no gates to activate', async () => {
  const options = { units: 2, recurrentInitializer: 'orthogonal' }
  expect(await failureText(() => layers.minGRU(options))).toMatch(
    /^UNKNOWN_OPTION minGRU: unknown option "recurrentInitializer"\. Did you mean "kernelInitializer"\?/,
  )
  expect(await failureText(() => layers.minLSTM({ units: 2, activation: 'relu' as 'tanh' }))).toBe(
    "INVALID_OPTION minLSTM, activation: expected 'linear', 'tanh', 'positive', received relu",
  )
  expect(await failureText(() => layers.sru({ units: 0 }))).toBe(
    'INVALID_OPTION sru, units: expected an integer of at least 1, received 0',
  )
})
