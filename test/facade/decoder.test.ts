import { decode, input, layers, type Model, model, type SymbolicTensor } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { floats } from './models.js'

const [vocabulary, wide, units, sourceSteps] = [6, 3, 4, 5]
const lengths = [5, 2, 4]
const [start, end] = [0, 5]

type Outputs = { tokens: SymbolicTensor; weights: SymbolicTensor } | { tokens: SymbolicTensor }

/** Random where layers begin with zeros, so that no part of a decoder is without effect. */
const random = { kernelInitializer: 'randomNormal', biasInitializer: 'randomUniform' } as const

const attention = () => layers.attention({ score: 'additive', units: 3, returnWeights: true })

/** What decoders are made of: embedded tokens, the memory, the last states of the encoder. */
type Build = (
  x: SymbolicTensor,
  memory: SymbolicTensor,
  h: SymbolicTensor,
  c: SymbolicTensor,
) => [SymbolicTensor, SymbolicTensor?]

/** What layers read of contexts and states; and how wide the layer is. */
const readings: Readonly<
  Record<string, { parts: (seen: SymbolicTensor, y: SymbolicTensor) => SymbolicTensor[]; units: number }>
> = {
  'a layer that reads contexts and states': { parts: (seen, y) => [seen, y], units: 3 },
  'a layer that reads states and contexts': { parts: (seen, y) => [y, seen], units: 4 },
  'a layer that reads contexts': { parts: (seen) => [seen], units: 4 },
  'a layer that reads parts of contexts': {
    parts: (seen) => [layers.reshape({ targetShape: [2, units / 2] }).apply(seen)],
    units: 2,
  },
  'a layer wider than contexts': { parts: (seen, y) => [seen, y], units: 5 },
  'a layer and others that read contexts': {
    parts: (seen, y) => [layers.add().apply([seen, y]), seen],
    units: 3,
  },
}

function reading({ parts, units: width }: (typeof readings)[string]): Build {
  return (x, memory, h, c) => {
    const y = layers.lstm({ units, returnSequences: true }).apply(x, { initialState: [h, c] })
    const [seen, weights] = layers.attention({ returnWeights: true }).apply(y, memory)
    const all = parts(seen, y)
    const read = all.length > 1 ? layers.concatenate().apply(all) : (all[0] as SymbolicTensor)
    const made = layers.dense({ units: width, name: 'reader', ...random }).apply(read)
    const flat = layers.flatten().apply(made)
    return [all.length === 1 ? layers.concatenate().apply([flat, y]) : flat, weights]
  }
}

const kinds: Readonly<Record<string, Build>> = {
  'the states handed over': (x, _, h, c) => [
    layers.lstm({ units, returnSequences: true }).apply(x, { initialState: [h, c] }),
  ],
  'two cells and a bridge': (x, _, h, c) => {
    const bridge = layers
      .dense({ units: 3, activation: 'tanh', ...random })
      .apply(layers.concatenate().apply([h, c]))
    const first = layers.gru({ units: 3, returnSequences: true }).apply(x, { initialState: [bridge] })
    return [layers.simpleRNN({ units, returnSequences: true }).apply(first)]
  },
  'a stack of other cells, each with a state': (x, _, h, c) => {
    const all = { units, returnSequences: true }
    const states = { initialState: [h] } as const
    const first = layers.minGRU(all).apply(x, states)
    const second = layers.sru(all).apply(first, { initialState: [c] })
    return [layers.simpleRNN(all).apply(layers.minLSTM(all).apply(second, states), states)]
  },
  'the context at every step': (x, _, h) => [
    layers.gru({ units, returnSequences: true }).apply(layers.concatenate().apply([x, h])),
  ],
  'general attention': (x, memory, h, c) => {
    const y = layers.lstm({ units, returnSequences: true }).apply(x, { initialState: [h, c] })
    const [seen, weights] = layers.attention({ returnWeights: true }).apply(y, memory)
    return [layers.concatenate().apply([y, seen]), weights]
  },
  'attention in a window': (x, memory, h, c) => {
    const y = layers.lstm({ units, returnSequences: true }).apply(x, { initialState: [h, c] })
    const [seen, weights] = layers.attention({ window: 2, returnWeights: true }).apply(y, memory)
    return [layers.concatenate().apply([y, seen]), weights]
  },
  'attention in a window that moves on': (x, memory, h, c) => {
    const y = layers.lstm({ units, returnSequences: true }).apply(x, { initialState: [h, c] })
    const moving = layers.attention({ window: 1, alignment: 'monotonic', returnWeights: true })
    const [seen, weights] = moving.apply(y, memory)
    return [layers.concatenate().apply([y, seen]), weights]
  },
  'a window that moves on, after the step': (x, memory, h, c) =>
    layers
      .recurrentAttention({
        cells: [layers.lstm({ units })],
        attention: layers.attention({ window: 1, alignment: 'monotonic' }),
        attends: 'after',
        returnWeights: true,
      })
      .apply(x, memory, { initialState: [h, c] }),
  ...Object.fromEntries(Object.entries(readings).map(([name, read]) => [name, reading(read)])),
  'two heads': (x, memory) => {
    const y = layers.gru({ units, returnSequences: true }).apply(x)
    const heads = layers.multiHeadAttention({ heads: 2, units, returnWeights: true })
    return heads.apply(y, memory)
  },
  'attention before the step': (x, memory, h, c) =>
    layers
      .recurrentAttention({
        cells: [layers.lstm({ units }), layers.gru({ units })],
        attention: attention(),
        attends: 'before',
        returnWeights: true,
      })
      .apply(x, memory, { initialState: [h, c, h] }),
  'attention after the step': (x, memory, h, c) =>
    layers
      .recurrentAttention({
        cells: [layers.lstm({ units })],
        attention: attention(),
        attends: 'after',
        returnWeights: true,
      })
      .apply(x, memory, { initialState: [h, c] }),
  'a pyramid': (x, memory, h) => {
    const y = layers.gru({ units, returnSequences: true }).apply(x, { initialState: [h] })
    const half = layers.timeReduction({ factor: 2 }).apply(memory)
    const [seen, weights] = layers.attention({ returnWeights: true }).apply(y, half)
    return [layers.add().apply([y, layers.dense({ units, ...random }).apply(seen)]), weights]
  },
}

function made(backend: BackendName, build: Build): Model<Outputs> {
  const source = input({ shape: [null, wide], name: 'source' })
  const previous = input({ shape: [null], type: 'int32', name: 'previous' })
  const [memory, h, c] = layers
    .lstm({ units, returnSequences: true, returnState: true, ...random })
    .apply(source)
  const embedded = layers
    .embedding({ inputDim: vocabulary, outputDim: 4, embeddingsInitializer: 'randomNormal' })
    .apply(previous)
  const [y, weights] = build(embedded, memory, h, c)
  const tokens = layers.dense({ units: vocabulary, ...random }).apply(y)
  const outputs = weights ? { tokens, weights } : { tokens }
  return model<Outputs>({ inputs: { source, previous }, outputs, backend, seed: 8 })
}

const source = floats('source', lengths.length, sourceSteps, wide)

/** What the model itself says of these tokens behind a source: [steps, classes] log-probabilities, and the weights. */
async function taught(m: Model<Outputs>, row: number, tokens: readonly number[]) {
  const data = source.data.slice(row * sourceSteps * wide, (row + 1) * sourceSteps * wide)
  const predicted = (await m.predict({
    inputs: { source: { data, shape: [1, sourceSteps, wide] }, previous: [tokens] },
    lengths: { source: [lengths[row] as number] },
  })) as { tokens: { data: Float32Array }; weights?: { data: Float32Array } }
  const last = [...predicted.tokens.data.slice(-vocabulary)]
  const sum = last.reduce((total, v) => total + Math.exp(v), 0)
  const steps = (predicted.weights?.data.length ?? 0) / tokens.length
  return {
    scores: last.map((v) => v - Math.log(sum)),
    weights: [...(predicted.weights?.data.slice(-steps) ?? [])],
  }
}

const decoderOf = (m: Model<Outputs>) =>
  m.decoder({
    feedback: 'previous',
    inputs: { source },
    lengths: { source: lengths },
    startToken: start,
    endToken: end,
  })

describeOnBackends('a model decoded step by step', ({ name: backend }) => {
  test.each(Object.keys(kinds))('%s: says what it says when it is taught', async (kind) => {
    const m = made(backend, kinds[kind] as Build)
    const decoder = await decoderOf(m)
    expect([...(decoder.sourceLengths ?? [])]).toEqual(kind === 'a pyramid' ? [3, 1, 2] : lengths)
    const beams = 3
    // The rows go on from one another, and the second source ends before the others. Then again, and two end at once; and a
    // third time, and the last source moves into the place of the first.
    const first = [[0, 1, 2], [0, 1, 2], [0, 2], [0, 2], [2]]
    const underWay = [...first, [0, 1, 2], [1], [1], [1], [1], [0, 1, 2], [2, 1], [2, 1], [1]]
    let histories: number[][][] = []
    for (const [i, sources] of underWay.entries()) {
      const t = i % first.length
      if (t === 0) {
        decoder.start(beams)
        histories = lengths.map(() => [[]])
      }
      const before = t === 0 ? sources : (underWay[i - 1] as number[])
      // The first step has one row for each source.
      const [each, eachBefore] = [t === 0 ? 1 : beams, t <= 1 ? 1 : beams]
      const ks = Array.from({ length: each }, (_, k) => k)
      const parents = sources.flatMap((n) =>
        ks.map((k) => before.indexOf(n) * eachBefore + ((k * 2 + t + n) % eachBefore)),
      )
      const tokens = sources.flatMap((n) =>
        ks.map((k) => (t === 0 ? start : (n * 2 + k * 3 + t) % vocabulary)),
      )
      histories = lengths.map((_, n) =>
        ks.map((k) => {
          const i = sources.indexOf(n) * each + k
          if (i < 0) return []
          const from = histories[n]?.[(parents[i] as number) % eachBefore] as number[]
          return [...from, tokens[i] as number]
        }),
      )
      const found = decoder.step(Int32Array.from(tokens), Int32Array.from(parents), Int32Array.from(sources))
      expect(found.length).toBe(sources.length * each * vocabulary)
      for (const [i, n] of sources.entries()) {
        for (const k of ks) {
          const expected = await taught(m, n, histories[n]?.[k] as number[])
          const row = i * each + k
          const scores = found.subarray(row * vocabulary, (row + 1) * vocabulary)
          expect(difference(scores, expected.scores), `${t} ${n} ${k}`).toBeLessThan(5e-6)
          const seen = expected.weights.length
          const weights = decoder.attention?.subarray(row * seen, (row + 1) * seen) ?? []
          expect(difference(weights, expected.weights)).toBeLessThan(5e-6)
        }
      }
    }
    decoder.dispose()
    m.dispose()
  })

  test('searches: sums of its own log-probabilities, again and with other rows', async () => {
    const m = made(backend, kinds['attention before the step'] as Build)
    const decoder = await decoderOf(m)
    const all = await decode.beam(decoder, { beams: 6, maxLength: 4 })
    const greedy = await decode.greedy(decoder, { maxLength: 4 })
    for (const [n, { hypotheses }] of all.entries()) {
      const best = hypotheses[0]?.logProbability ?? Number.NaN
      expect(best).toBeGreaterThanOrEqual((greedy[n]?.hypotheses[0]?.logProbability ?? 0) - 1e-5)
      const tokens = [...(hypotheses[0]?.tokens ?? []), ...(hypotheses[0]?.ended ? [end] : [])]
      let sum = 0
      for (let t = 0; t < tokens.length; t++)
        sum += (await taught(m, n, [start, ...tokens.slice(0, t)])).scores[tokens[t] as number] as number
      expect(Math.abs(sum - best)).toBeLessThan(1e-5)
    }
    expect(await decode.beam(decoder, { beams: 6, maxLength: 4 })).toEqual(all)
    m.dispose()
  })

  test('an input that is the initial state itself, read again after another batch', async () => {
    const vector = input({ shape: [units], name: 'vector' })
    const previous = input({ shape: [null], type: 'int32', name: 'previous' })
    const table = { inputDim: vocabulary, outputDim: 3, embeddingsInitializer: 'randomNormal' } as const
    const x = layers.embedding(table).apply(previous)
    const y = layers.gru({ units, returnSequences: true }).apply(x, { initialState: [vector] })
    const outputs = layers.dense({ units: vocabulary, activation: 'softmax', ...random }).apply(y)
    const m = model({ inputs: { vector, previous }, outputs, backend, seed: 2 })
    const step = async (rows: number, name: string) => {
      const given = floats(name, rows, units)
      const decoder = await m.decoder({ feedback: 'previous', inputs: { vector: given }, startToken: start })
      const all = Int32Array.from({ length: rows }, (_, i) => i)
      const tokens = all.map((i) => i % vocabulary)
      // A state of an earlier search must not be left behind, nor that of an earlier decoder.
      for (const twice of [1, 2]) {
        decoder.start(twice)
        const found = decoder.step(tokens, new Int32Array(rows), all)
        const inputs = { vector: given, previous: { data: tokens, shape: [rows, 1] } }
        const { data } = await m.predict({ inputs })
        expect(difference(found, (data as Float32Array).map(Math.log))).toBeLessThan(5e-6)
      }
      decoder.dispose()
    }
    await step(3, 'first')
    await step(2, 'second')
    await step(7, 'third')
    m.dispose()
  })

  test.each(['dot', 'general', 'additive'] as const)(
    'a source that looks at itself, without lengths: %s',
    async (score) => {
      const source = input({ shape: [null, wide], name: 'source' })
      const previous = input({ shape: [null], type: 'int32', name: 'previous' })
      const memory = layers.attention().apply(source, source)
      const table = { inputDim: vocabulary, outputDim: wide, embeddingsInitializer: 'randomNormal' } as const
      const y = layers
        .gru({ units: wide, returnSequences: true })
        .apply(layers.embedding(table).apply(previous))
      const [seen, weights] = layers.attention({ score, returnWeights: true }).apply(y, memory)
      const plain = layers.attention({ score }).apply(y, source)
      const both = layers.concatenate().apply([y, seen, plain])
      const tokens = layers.dense({ units: vocabulary, activation: 'softmax', ...random }).apply(both)
      const m = model({ inputs: { source, previous }, outputs: { tokens, weights }, backend, seed: 2 })
      const given = floats('itself', 3, sourceSteps, wide)
      const decoder = await m.decoder({ feedback: 'previous', inputs: { source: given }, startToken: start })
      const all = Int32Array.of(0, 1, 2)
      decoder.start(2)
      decoder.step(new Int32Array(3), all, all)
      const found = decoder.step(Int32Array.of(1, 2, 3, 4, 5, 0), Int32Array.of(0, 0, 1, 1, 2, 2), all)
      for (const k of [0, 1]) {
        const previousTokens = [0, 1, 2].map((n) => [0, (2 * n + k + 1) % vocabulary])
        const predicted = await m.predict({ inputs: { source: given, previous: previousTokens } })
        for (const n of all) {
          const row = 2 * n + k
          const last = predicted.tokens.data.slice((2 * n + 1) * vocabulary, (2 * n + 2) * vocabulary)
          const scores = found.subarray(row * vocabulary, (row + 1) * vocabulary)
          expect(difference(scores, (last as Float32Array).map(Math.log))).toBeLessThan(5e-6)
        }
      }
      m.dispose()
    },
  )

  test('very unlikely tokens keep their log-probability', async () => {
    const m = made(backend, kinds['the states handed over'] as Build)
    const bias = Float32Array.from({ length: vocabulary }, (_, i) => (i === 2 ? -300 : 0))
    await m.ready()
    m.setWeights([{ name: 'dense/bias', data: bias }])
    const decoder = await decoderOf(m)
    decoder.start(1)
    const sources = Int32Array.of(0, 1, 2)
    const found = decoder.step(new Int32Array(3), sources, sources)
    const expected = await taught(m, 0, [start])
    expect(Math.abs((found[2] as number) - (expected.scores[2] as number))).toBeLessThan(1e-4)
    expect(found[2]).toBeLessThan(-290)
    m.dispose()
  })
})

test('computes in a step only what tokens change', () => {
  const m = made('reference', kinds['attention before the step'] as Build)
  const needs = { batch: 2, times: [5, 3], feedback: 1 }
  const { program } = m.engine.trace('decode', needs)
  const text = program.toString()
  // The memory and its keys come from outside; the encoder and the products with its states are not there.
  expect(text).not.toContain('@lstm/kernel')
  expect(text).not.toContain('memoryKernel')
  expect(text).toContain('queryKernel')
  expect(m.engine.trace('encode', needs).program.toString()).toContain('memoryKernel')
})

test('leaves the initial states to the first program, and the states to their rows', () => {
  const m = made('reference', kinds['the states handed over'] as Build)
  const needs = { batch: 2, times: [5, 3], feedback: 1 }
  const [encode, decode] = (['encode', 'decode'] as const).map(
    (purpose) => m.engine.trace(purpose, needs).program,
  )
  expect(encode?.outputs.map(({ name }) => name)).toEqual(['initial/lstm_1/h', 'initial/lstm_1/c'])
  expect(decode?.inputs.map(({ name }) => name)).not.toContainEqual(expect.stringMatching(/^handed/))
  const text = String(decode)
  expect(text.match(/state_load/g)).toHaveLength(2)
  expect(text).not.toMatch(/select\(|\[B, K, \d+\].*broadcast/)
})

test.each([
  ['a layer that reads contexts and states', 1, 1],
  ['a layer that reads states and contexts', 1, 1],
  ['a layer that reads contexts', 1, 0],
  ['a layer wider than contexts', 0, 1],
  ['a layer and others that read contexts', 0, 1],
])('%s multiplies the memory %i times before the first step', (kind, before, inStep) => {
  const m = made('reference', kinds[kind] as Build)
  const needs = { batch: 2, times: [5, 3], feedback: 1 }
  const products = (['encode', 'decode'] as const).map((purpose) => {
    const lines = m.engine.trace(purpose, needs).program.toString().split('\n')
    return lines.filter((line) => / matmul\(.*@reader\/kernel/.test(line)).length
  })
  expect(products).toEqual([before, inStep])
})

test('hypotheses are queries as they lie in memory', () => {
  const m = made('reference', kinds['general attention'] as Build)
  const text = m.engine.trace('decode', { batch: 2, times: [5, 3], feedback: 1 }).program.toString()
  const lines = text.split('\n').filter((line) => / attention /.test(line))
  expect(lines.some((line) => line.includes('softmax'))).toBe(true)
  expect(lines.filter((line) => line.includes('transpose('))).toEqual([])
})

test('says what is wrong', async () => {
  const m = made('reference', kinds['general attention'] as Build)
  const options = { feedback: 'previous', inputs: { source }, startToken: 0 }
  expect(await failureText(() => m.decoder({ ...options, feedback: 'source' }))).toContain(
    'expected an input of int32 tokens with a time axis of its own, received "source"',
  )
  expect(await failureText(() => m.decoder({ ...options, feedback: 'previos' }))).toContain('previous')
  expect(await failureText(() => m.decoder({ ...options, inputs: {} }))).toContain('inputs.source')
  const decoder = await m.decoder(options)
  decoder.start(2)
  const [three, six] = [Int32Array.of(0, 1, 2), new Int32Array(6)]
  expect(await failureText(() => decoder.step(six, six, three))).toContain(
    'expected 3 tokens and parents, 1 for each source in the first step, received 6 and 6',
  )
  for (const strangers of [Int32Array.of(0, 2, 1), Int32Array.of(0, 1, 3), Int32Array.of(1, 2, 3)]) {
    expect(await failureText(() => decoder.step(three, three, strangers))).toContain(
      'INDEX_OUT_OF_RANGE decoder.step, sources: expected sources under way, each once and none farther back than before',
    )
  }
  decoder.step(three, three, three)
  expect(await failureText(() => decoder.step(three, three, three))).toContain(
    'expected 6 tokens and parents, 2 for each source, received 3 and 3',
  )
  decoder.dispose()
  expect(await failureText(() => decoder.start(1))).toContain('used after dispose()')

  // States of the tokens' own layers would be those behind tokens that are not there yet.
  const circular = made('reference', (x, _, h) => {
    const all = { units, returnSequences: true }
    const [y, last] = layers.gru({ ...all, returnState: true }).apply(x, { initialState: [h] })
    return [layers.gru(all).apply(y, { initialState: [last] })]
  })
  expect(await failureText(() => decoderOf(circular))).toBe(
    'INVALID_TOPOLOGY gru_1, initial state: expected one that is made of the sources, received one that depends on the input "previous"',
  )

  const a = input({ shape: [null, units], name: 'a' })
  const previous = input({ shape: ['a'], type: 'int32', name: 'previous' })
  const embedded = layers.embedding({ inputDim: 5, outputDim: units }).apply(previous)
  const together = model({ inputs: { a, previous }, outputs: layers.add().apply([a, embedded]) })
  expect(
    await failureText(() =>
      together.decoder({ feedback: 'previous', inputs: { a: floats('a', 1, 2, units) }, startToken: 0 }),
    ),
  ).toContain('time axis of its own')
})
