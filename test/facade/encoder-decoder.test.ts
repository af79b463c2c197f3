import {
  decode,
  defineCell,
  initializers,
  layers,
  models,
  operations,
  optimizers,
  pairBatches,
  type SequenceToSequence,
} from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { expectSlopes, weightsOf } from './models.js'

type Options = Parameters<typeof models.encoderDecoder>[0]

const [start, end] = [1, 2]
const embeddingsInitializer = initializers.randomNormal({ stddev: 1 })
const source = { vocabulary: 6, units: 3, embeddingsInitializer }
const target = { ...source, vocabulary: 7, startToken: start, endToken: end }
const lstm = (units: number) => layers.lstm({ units, biasInitializer: 'randomUniform' })
const gru = (units: number) => layers.gru({ units, biasInitializer: 'randomUniform' })
const additive = () => layers.attention({ score: 'additive', units: 3 })

/** Ragged pairs: the lengths of sources and targets differ. */
const pairs = {
  sources: [[0, 4, 5, 3, 1], [2], [3, 3, 0], [5, 1, 4, 2]],
  targets: [[3, 5], [6, 6, 4, 0], [], [4]],
}

const kinds: Readonly<
  Record<string, Omit<Options, 'source' | 'target'> & Partial<Pick<Options, 'source' | 'target'>>>
> = {
  'states as they are': { encoder: [lstm(4)], decoder: [lstm(4)] },
  'two layers, reversed': { encoder: [lstm(4), gru(3)], decoder: [lstm(4), gru(3)], sourceOrder: 'reversed' },
  'both directions side by side': { encoder: [layers.bidirectional(lstm(2))], decoder: [lstm(4)] },
  'mean of both directions': { encoder: [layers.bidirectional(gru(4))], decoder: [gru(4)], bridge: 'mean' },
  'a dense bridge between other cells': {
    encoder: [layers.bidirectional(gru(3)), lstm(3)],
    decoder: [layers.simpleRNN({ units: 4 }), layers.lstm({ units: 5, projection: 3 }), gru(2)],
  },
  'the context at every step': { encoder: [gru(3)], decoder: [gru(4)], context: 'everyStep' },
  'the context both ways': {
    encoder: [layers.bidirectional(gru(2))],
    decoder: [gru(4)],
    context: 'both',
    embeddings: 'tied',
  },
  'attention beside the recurrence': {
    encoder: [layers.bidirectional(lstm(2))],
    decoder: [lstm(4)],
    attention: layers.attention(),
    embeddings: 'shared',
    source: { ...source, vocabulary: 7 },
  },
  'attention before the step': {
    encoder: [layers.bidirectional(gru(3))],
    decoder: [gru(4), gru(3)],
    attention: additive(),
    attends: 'before',
    embeddings: 'sharedAndTied',
    source: { ...source, vocabulary: 7 },
  },
  'attention before the step, in a window that moves on': {
    encoder: [gru(3)],
    decoder: [gru(4)],
    attention: layers.attention({ window: 1, alignment: 'monotonic' }),
    attends: 'before',
  },
  'attention after the step, over a pyramid': {
    encoder: [gru(3), layers.timeReduction({ factor: 2 }), lstm(4)],
    decoder: [lstm(4)],
    attention: additive(),
    attends: 'after',
  },
  'heads over a reversed source': {
    encoder: [gru(4)],
    decoder: [gru(4)],
    attention: layers.multiHeadAttention({ heads: 2 }),
    sourceOrder: 'reversed',
  },
}

function made(backend: BackendName, kind: string, more: Partial<Options> = {}): SequenceToSequence {
  const options = { source, target, ...(kinds[kind] as (typeof kinds)[string]), backend, seed: 2, ...more }
  return models.encoderDecoder(options).compile({ optimizer: optimizers.adam({ learningRate: 0.02 }) })
}

describeOnBackends('encoder and decoder', ({ name: backend }) => {
  const tolerance = backend === 'reference' ? 1e-6 : 5e-6

  test.each(Object.keys(kinds))('%s: loss, steps and files agree', async (kind) => {
    const m = made(backend, kind)
    const before = await m.evaluate(pairs)
    // Five, two … tokens with the end token.
    expect(before.weight).toBe(3 + 5 + 1 + 2)
    await m.fit(pairs, { epochs: 3, batchSize: 3 })
    const { loss, metrics } = await m.evaluate(pairs)
    expect(loss).toBeLessThan(before.loss)
    expect(metrics['accuracy']).toBeGreaterThanOrEqual(0)
    // Whatever stands together in a batch makes no difference.
    expect(Math.abs((await m.evaluate(pairs, { batchSize: 1 })).loss - loss)).toBeLessThan(tolerance)
    // Step by step, each target is as likely as it was taught to be.
    const scored = async (of: SequenceToSequence) => {
      const decoder = await of.decoder(pairs.sources)
      const hypotheses = await decode.score(decoder, pairs.targets)
      decoder.dispose()
      return hypotheses
    }
    const hypotheses = await scored(m)
    const sum = hypotheses.reduce((total, { logProbability }) => total + logProbability, 0)
    expect(Math.abs(-sum / 11 - loss)).toBeLessThan(tolerance)
    for (const [i, { attention }] of hypotheses.entries()) {
      if (!attention) continue
      const [steps = 0, width = 0] = attention.shape
      const all = kind.includes('pyramid')
        ? Math.ceil((pairs.sources[i] as number[]).length / 2)
        : (pairs.sources[i] as number[]).length
      for (let t = 0; t < steps; t++) {
        const row = [...attention.data.slice(t * width, (t + 1) * width)] as number[]
        expect(row.slice(0, all).reduce((total, v) => total + v, 0)).toBeCloseTo(1, 5)
        expect(row.slice(all).every((v) => v === 0)).toBe(true)
      }
    }
    expect(
      hypotheses.every(({ attention }) => (attention !== undefined) === /attention|heads/.test(kind)),
    ).toBe(true)

    const again = await models.load(m.toBytes(), { backend })
    expect([again.startToken, again.endToken]).toEqual([start, end])
    const loaded = await scored(again)
    expect(
      difference(
        loaded.map((h) => h.logProbability),
        hypotheses.map((h) => h.logProbability),
      ),
    ).toBeLessThan(tolerance)
    for (const each of [m, again]) each.dispose()
  })

  test('a source read backwards is the reversed source', async () => {
    const [forward, backward] = [
      made(backend, 'states as they are'),
      made(backend, 'states as they are', { sourceOrder: 'reversed' }),
    ]
    expect(weightsOf(backward.model)).toEqual(weightsOf(forward.model))
    const reversed = { ...pairs, sources: pairs.sources.map((s) => [...s].reverse()) }
    const { loss } = await forward.evaluate(reversed)
    expect(Math.abs((await backward.evaluate(pairs)).loss - loss)).toBeLessThan(tolerance)
    expect(Math.abs((await forward.evaluate(pairs)).loss - loss)).toBeGreaterThan(1e-4)
    await forward.fit(reversed, { shuffle: 'none' })
    await backward.fit(pairs, { shuffle: 'none' })
    expect(difference(weightsOf(backward.model), weightsOf(forward.model))).toBeLessThan(1e-4)
    for (const each of [forward, backward]) each.dispose()
  })

  test('an empty source is a source', async () => {
    const m = made(backend, 'attention beside the recurrence')
    const { loss } = await m.evaluate({ sources: [[], [3, 4]], targets: [[4], [5]] })
    expect(loss).toBeGreaterThan(0)
    const decoder = await m.decoder([[], [3]])
    const found = await decode.beam(decoder, { beams: 2, maxLength: 3 })
    expect(found).toHaveLength(2)
    m.dispose()
  })

  test('a vector becomes a sequence', async () => {
    const words = [[3, 4], [5], [4, 4, 3, 6]]
    const vectors = { data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), shape: [3, 3] }
    for (const context of ['initialState', 'everyStep', 'both'] as const) {
      const m = models.vectorToSequence({
        source: { shape: [3] },
        encoder: [layers.dense({ units: 5, activation: 'tanh' })],
        target,
        decoder: [lstm(6), gru(5)],
        context,
        backend,
      })
      m.compile({ optimizer: optimizers.adam({ learningRate: 0.05 }) })
      await m.fit({ sources: vectors, targets: words }, { epochs: 80 })
      const again = await models.load(m.toBytes(), { backend })
      const decoder = await again.decoder(vectors)
      const found = await decode.greedy(decoder, { maxLength: 6 })
      expect(found.map(({ hypotheses }) => [...(hypotheses[0]?.tokens ?? [])])).toEqual(words)
      for (const each of [m, again]) each.dispose()
    }
  })

  test('an image becomes a sequence, through convolutions', async () => {
    const words = [[3, 4], [5], [4, 4, 3]]
    // A row, a column, a corner.
    const lit = [[4, 5, 6, 7], [2, 6, 10, 14], [15]]
    const data = Float32Array.from({ length: 48 }, (_, i) => (lit[i >> 4]?.includes(i & 15) ? 1 : 0))
    const images = { data, shape: [3, 4, 4, 1] }
    const m = models.vectorToSequence({
      source: { shape: [4, 4, 1] },
      encoder: [
        layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
        layers.maxPooling2d(),
        layers.flatten(),
      ],
      target,
      decoder: [gru(8)],
      backend,
    })
    m.compile({ optimizer: optimizers.adam({ learningRate: 0.05 }) })
    await m.fit({ sources: images, targets: words }, { epochs: 80 })
    const found = await decode.greedy(await m.decoder(images), { maxLength: 6 })
    expect(found.map(({ hypotheses }) => [...(hypotheses[0]?.tokens ?? [])])).toEqual(words)
    m.dispose()
  })

  test('learns to reverse, and says so step by step', async () => {
    const words = [[3, 4, 5], [5, 3], [4, 4, 3, 5], [3], [5, 4, 4]]
    const m = models.encoderDecoder({
      source,
      target,
      encoder: [layers.bidirectional(gru(8))],
      decoder: [gru(16)],
      attention: layers.attention(),
      backend,
      seed: 1,
    })
    m.compile({ optimizer: optimizers.adam({ learningRate: 0.03 }) })
    const taught = { sources: words, targets: words.map((w) => [...w].reverse()) }
    const { metrics } = await m.fit(taught, { epochs: 60, batchTokens: 20 })
    expect(metrics['accuracy']?.at(-1)).toBeGreaterThan(0.95)
    const found = await decode.beam(await m.decoder(words), { beams: 3, maxLength: 8 })
    expect(found.map(({ hypotheses }) => [...(hypotheses[0]?.tokens ?? [])])).toEqual(taught.targets)
    m.dispose()
  })
})

test.each([
  'two layers, reversed',
  'attention before the step',
  'attention before the step, in a window that moves on',
  'attention beside the recurrence',
  'the context both ways',
])(
  '%s: every gradient is the slope of the loss',
  async (kind) => {
    const m = made('reference', kind)
    // Away from the start, where attention looks everywhere alike.
    if (kind.includes('beside')) await m.fit(pairs, { epochs: 20 })
    const [batch] = pairBatches(pairs, { startToken: start, endToken: end })
    await expectSlopes(m.model, batch!, { loss: 'sparseCategoricalCrossentropy' })
  },
  60_000,
)

test('the deep LSTM of Sutskever et al.: its layers, its beginning, the source read backwards', async () => {
  const { model } = models.deepLSTM({
    source: { vocabulary: 12 },
    target: { vocabulary: 10, startToken: start, endToken: end },
    units: 6,
    layers: 3,
    backend: 'reference',
  })
  const weights = model.getWeights()
  const shapes = weights
    .filter(({ name }) => /kernel|embeddings/i.test(name))
    .map(({ shape }) => shape.join())
  // Two tables; the kernels of three layers on either side; the scores.
  expect(shapes.sort()).toEqual(['10,6', '12,6', '6,10', ...new Array(12).fill('6,24')].sort())
  for (const { name, data } of weights) {
    if (name.startsWith('scores/')) continue
    expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(0.08)
    expect(Math.max(...data)).toBeGreaterThan(0.01)
    expect(Math.min(...data)).toBeLessThan(-0.01)
  }
  expect(model.summary()).toContain('reverse')
  expect(await failureText(() => models.deepLSTM({ layers: 0 } as never))).toContain('layers')
})

test('cells of your own, on either side', async () => {
  const { add, matmul, tanh } = operations
  const elman = defineCell({
    name: 'elman',
    states: ({ units }) => ({ h: [units] }),
    weights: ({ units, inputDim }) => ({ kernel: [inputDim, units], recurrentKernel: [units, units] }),
    project: (x, w) => matmul(x, w.kernel),
    step: ({ h }, x, w) => ({ h: tanh(add(x, matmul(h, w.recurrentKernel))) }),
  })
  const m = models.encoderDecoder({
    source,
    target,
    encoder: [elman({ units: 4 })],
    decoder: [elman({ units: 4 })],
    attention: layers.attention(),
    attends: 'after',
    backend: 'reference',
  })
  m.compile()
  await m.fit(pairs)
  const { loss } = await m.evaluate(pairs)
  const again = (await models.load(m.toBytes(), { backend: 'reference', cells: [elman] })).compile()
  expect(Math.abs((await again.evaluate(pairs)).loss - loss)).toBeLessThan(1e-6)
})

test('says what is wrong', async () => {
  const fails = (more: Partial<Options>) =>
    failureText(() =>
      models.encoderDecoder({ source, target, encoder: [lstm(4)], decoder: [lstm(4)], ...more }),
    )
  expect(await fails({ decoder: [] })).toContain(
    'expected a list of recurrent layers, received an empty list',
  )
  expect(await fails({ decoder: [layers.dense({ units: 3 }) as never] })).toContain('received dense')
  expect(await fails({ encoder: [layers.dense({ units: 3 })] })).toContain(
    'expected at least one recurrent layer',
  )
  expect(await fails({ bridge: 'identity', decoder: [lstm(5)] })).toContain(
    "bridge 'identity': expected states h, c of 5 and 5, received lstm of 4 and 4",
  )
  expect(await fails({ bridge: 'mean', decoder: [gru(4)] })).toContain("bridge: 'dense' joins")
  expect(await fails({ attends: 'after' })).toContain('expected an attention, received none')
  expect(await fails({ embeddings: 'shared' })).toContain('expected a source of 7 tokens and 3 units')
  expect(await fails({ source: { features: 3 }, embeddings: 'shared' })).toContain(
    'expected a source of tokens',
  )
  expect(await fails({ target: { ...target, endToken: 7 } })).toContain(
    'target.endToken: expected a token below 7',
  )
  expect(await fails({ bridgd: 'dense' } as never)).toContain('bridge')
  const m = made('reference', 'states as they are')
  expect(await failureText(() => m.fit({ sources: [[1]], targets: [] }))).toContain(
    '1 targets, one for each source',
  )
  expect(await failureText(() => m.fit({ sources: [], targets: [] }))).toContain('at least one pair')
  expect(await failureText(() => m.decoder([]))).toContain('at least one')
  expect(await failureText(() => m.evaluate({ sources: [[9]], targets: [[3]] }))).toContain('token 9')
  expect(await failureText(async () => models.load(m.model.toBytes().slice(0, 40)))).toContain('INVALID_FILE')
  m.model.extra['sequenceToSequence'] = '{}'
  expect(await failureText(async () => models.load(m.toBytes()))).toContain('expected a model of sequences')
})
