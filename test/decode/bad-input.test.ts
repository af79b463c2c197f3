/** What users may get wrong, all the way from their data to what a search finds. */
import {
  characterVocabulary,
  type Decoder,
  decode,
  type GreedyOptions,
  input,
  layers,
  model,
  models,
  processors,
  type StepModel,
  sequential,
} from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'

type Options = Parameters<typeof models.encoderDecoder>[0]

const [vocabulary, start, end] = [6, 5, 4]
const letters = characterVocabulary('abc', { unknown: '?' })
const target = { vocabulary, units: 3, startToken: start, endToken: end }

function made(backend: BackendName, more: Partial<Options> = { attention: layers.attention() }) {
  return models.encoderDecoder({
    source: { vocabulary: letters.size, units: 3 },
    target,
    encoder: [layers.bidirectional(layers.gru({ units: 2 }))],
    decoder: [layers.gru({ units: 4 })],
    backend,
    seed: 3,
    ...more,
  })
}

const kinds: Readonly<Record<string, Partial<Options>>> = {
  'attention beside': { attention: layers.attention() },
  'attention before': { attention: layers.attention(), attends: 'before' },
  'attention after': { attention: layers.attention(), attends: 'after' },
  'a window': { attention: layers.attention({ window: 1 }) },
  'a window that moves on': { attention: layers.attention({ window: 1, alignment: 'monotonic' }) },
  heads: { attention: layers.multiHeadAttention({ heads: 2 }) },
  'a pyramid': {
    encoder: [layers.gru({ units: 3 }), layers.timeReduction({ factor: 2 }), layers.gru({ units: 4 })],
    attention: layers.attention(),
  },
  'a convolution': {
    encoder: [layers.conv1d({ filters: 3, kernelSize: 3 }), layers.gru({ units: 4 })],
    attention: layers.attention(),
  },
  'reversed, without attention': { sourceOrder: 'reversed', context: 'both' },
}

async function all<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of stream) items.push(item)
  return items
}

/** Every way to search, by the name that its messages bear. */
const searches: Readonly<
  Record<string, [name: string, search: (of: StepModel, more?: Partial<GreedyOptions>) => Promise<unknown>]>
> = {
  greedy: ['greedy', (of, more) => decode.greedy(of, { maxLength: 4, ...more })],
  beam: ['beam', (of, more) => decode.beam(of, { maxLength: 4, beams: 3, ...more })],
  samples: ['sample', (of, more) => decode.sample(of, { maxLength: 4, samples: 2, ...more })],
  'streamed, greedy': ['greedy', (of, more) => all(decode.stream.greedy(of, { maxLength: 4, ...more }))],
  'streamed, beam': ['beam', (of, more) => all(decode.stream.beam(of, { maxLength: 4, beams: 3, ...more }))],
  'streamed, samples': ['sample', (of, more) => all(decode.stream.sample(of, { maxLength: 4, ...more }))],
}

describeOnBackends('bad input', ({ name: backend }) => {
  test('unknown characters: the token for them, or an error that names them', async () => {
    expect([...letters.encode('adb')]).toEqual([1, 0, 2])
    const strict = characterVocabulary('abc')
    expect(await failureText(() => strict.encode('adb'))).toBe(
      'INDEX_OUT_OF_RANGE vocabulary.encode: expected known characters, received "d" at position 1. Give the vocabulary an "unknown" token to stand for such characters',
    )
    const m = made(backend)
    const decoder = await m.decoder([letters.encode('adb'), letters.encode('dd')])
    expect(await decode.greedy(decoder, { maxLength: 3 })).toHaveLength(2)
    // Tokens that no vocabulary has given, and what was never encoded.
    expect(await failureText(() => m.decoder([[1], [2, letters.size]]))).toBe(
      'INDEX_OUT_OF_RANGE decoder, sourceEmbedding: expected a token of the embedding, received token 4 at row 1, step 1',
    )
    expect(await failureText(() => m.decoder([[1, 0.5]]))).toMatch(
      /^TYPE_MISMATCH decoder, sources\[0\]\[1\]: expected an int32, received 0\.5/,
    )
    expect(await failureText(() => m.decoder(['adb' as never]))).toMatch(
      /^TYPE_MISMATCH decoder, sources\[0\]: expected an int32, received "adb"/,
    )
    // A failure leaves the model as it was.
    expect(await decode.greedy(await m.decoder([[1]]), { maxLength: 3 })).toHaveLength(1)
    m.dispose()
  })

  test.each(Object.keys(kinds))('%s: an empty source, alone and among others', async (kind) => {
    const m = made(backend, kinds[kind])
    const found = async (sources: number[][]) =>
      decode.beam(await m.decoder(sources), { maxLength: 3, minLength: 2, maxLengthRatio: 9, nBest: 3 })
    const [alone] = await found([[]])
    const among = await found([[1, 2, 3], [], [2]])
    // One token, whatever the ratio.
    expect(alone?.hypotheses.map(({ tokens }) => tokens.length)).toEqual([1, 1, 1])
    for (const [i, { tokens, score, attention }] of (alone?.hypotheses ?? []).entries()) {
      const other = among[1]?.hypotheses[i]
      expect(other?.tokens).toEqual(tokens)
      expect(other?.score).toBeCloseTo(score, 5)
      expect(attention?.shape).toEqual(kind.includes('without attention') ? undefined : [1, 0])
    }
    expect(among[0]?.hypotheses[0]?.tokens.length).toBeGreaterThan(1)
    if (kind === 'attention beside') {
      const decoder = await m.decoder([[], [1]])
      const covered = await decode.beam(decoder, { maxLength: 3, beams: 2, coveragePenalty: 1 })
      expect(Number.isFinite(covered[0]?.hypotheses[0]?.score)).toBe(true)
    }
    m.dispose()
  })

  test('no source at all', async () => {
    const m = made(backend)
    expect(await failureText(() => m.decoder([]))).toBe(
      'EMPTY_DATA decoder, sources: expected at least one, received none',
    )
    m.dispose()
  })

  test('a source longer than the model allows, or than it is', async () => {
    const source = input({ shape: [4, 2], name: 'source' })
    const previous = input({ shape: [null], type: 'int32', name: 'previous' })
    const h = layers.dense({ units: 3 }).apply(layers.flatten().apply(source))
    const embedded = layers.embedding({ inputDim: vocabulary, outputDim: 2 }).apply(previous)
    const y = layers.gru({ units: 3, returnSequences: true }).apply(embedded, { initialState: [h] })
    const outputs = layers.dense({ units: vocabulary }).apply(y)
    const fixed = model({ inputs: { source, previous }, outputs, backend })
    const read = (steps: number) =>
      fixed.decoder({
        feedback: 'previous',
        inputs: { source: { data: new Float32Array(2 * steps), shape: [1, steps, 2] } },
        startToken: start,
      })
    expect(await decode.greedy(await read(4), { maxLength: 2 })).toHaveLength(1)
    expect(await failureText(() => read(5))).toBe(
      'SHAPE_MISMATCH decoder, inputs.source: expected [batch, 4, 2], received [1, 5, 2]',
    )
    const m = made(backend)
    const lengths = { source: [3] }
    const options = { feedback: 'previous', inputs: { source: [[1, 2]] }, lengths, startToken: start }
    expect(await failureText(() => m.model.decoder(options))).toBe(
      'LENGTH_OUT_OF_RANGE decoder, lengths.source[0]: expected 0 to 2, received 3',
    )
    const vectors = models.vectorToSequence({
      source: { shape: [3] },
      target,
      decoder: [layers.gru({ units: 3 })],
      backend,
    })
    expect(await failureText(() => vectors.decoder({ data: new Float32Array(4), shape: [1, 4] }))).toBe(
      'SHAPE_MISMATCH decoder, inputs.source: expected [batch, 3], received [1, 4]',
    )
    for (const each of [fixed, m, vectors]) each.dispose()
  })

  test.each(Object.entries(searches))('%s: processors that forbid every token', async (_, [name, search]) => {
    const m = made(backend)
    const decoder = await m.decoder([[1], [2, 3]])
    const everything = processors.suppress([0, 1, 2, 3, 4, 5])
    expect(await failureText(() => search(decoder, { processors: [everything] }))).toBe(
      `NO_TOKEN_ALLOWED decode.${name}, source 0, step 0: expected a token that may follow, received -Infinity for all, by the processors together. Allow the end token, or lower minLength`,
    )
    // Of the second source only, and only behind its first token.
    const late = processors.allow(({ source, tokens }) => (source === 1 && tokens.length === 1 ? [] : [0]))
    expect(await failureText(() => search(decoder, { processors: [late] }))).toMatch(
      new RegExp(`^NO_TOKEN_ALLOWED decode\\.${name}, source 1, step 1: `),
    )
    expect(await failureText(() => search(decoder, { processors: everything as never }))).toBe(
      `INVALID_OPTION decode.${name}, processors: expected a list of functions, received function`,
    )
    expect(await failureText(() => search(decoder, { processors: [everything, 'trie' as never] }))).toBe(
      `INVALID_OPTION decode.${name}, processors: expected a list of functions, received string at position 1`,
    )
    // What failed can be searched again.
    expect(await search(decoder)).toBeDefined()
    m.dispose()
  })

  test('a beam larger than the vocabulary; one as large finds all there is', async () => {
    const m = made(backend)
    const decoder = await m.decoder([[1]])
    expect(await failureText(() => decode.beam(decoder, { beams: 7, maxLength: 3 }))).toBe(
      'INVALID_OPTION decode.beam, beams: expected at most the 6 tokens of the vocabulary, received 7',
    )
    const [found] = await decode.beam(decoder, { beams: 6, nBest: 6, maxLength: 1 })
    const said = found?.hypotheses.map(({ tokens, ended }) => (ended ? end : tokens[0]))
    expect(said?.sort()).toEqual([0, 1, 2, 3, 4, 5])
    const total = found?.hypotheses.reduce((sum, { score }) => sum + Math.exp(score), 0)
    expect(total).toBeCloseTo(1, 5)
    m.dispose()
  })

  test.each(Object.entries(searches))('%s: scores that are no numbers', async (_, [name, search]) => {
    const m = made(backend)
    await m.ready()
    const bias = m.model.getWeights().find((weight) => weight.name === 'scores/bias')!
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const token of [0, 3, 5]) {
        const data = new Float32Array(vocabulary)
        data[token] = bad
        m.model.setWeights([{ name: bias.name, data }])
        expect(await failureText(async () => search(await m.decoder([[1], [2, 3]])))).toMatch(
          new RegExp(
            `^NON_FINITE_SCORE decode\\.${name}, source 0, step 0: expected log-probabilities, or -Infinity for what cannot follow, received (NaN|Infinity) for token \\d$`,
          ),
        )
      }
    }
    // What is impossible is no error: it does not come.
    m.model.setWeights([{ name: bias.name, data: Float32Array.of(0, 0, 0, Number.NEGATIVE_INFINITY, 0, 0) }])
    expect(JSON.stringify(await search(await m.decoder([[1], [2, 3]])))).not.toMatch(/null/)
    m.dispose()
  })

  test('a source that is no number is found in its own row only', async () => {
    const m = made(backend, { source: { features: 2 }, attention: layers.attention() })
    const sources = [
      { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] },
      { data: Float32Array.of(1, Number.NaN), shape: [1, 2] },
    ]
    expect(await failureText(async () => decode.greedy(await m.decoder(sources), { maxLength: 2 }))).toMatch(
      /^NON_FINITE_SCORE decode\.greedy, source 1, step 0: /,
    )
    expect(await failureText(async () => decode.score(await m.decoder(sources), [[1], [2]]))).toMatch(
      /^NON_FINITE_SCORE decode\.score, source 1, step 0: /,
    )
    m.dispose()
  })

  test('start and end tokens that the model does not have', async () => {
    const m = made(backend)
    const options = { feedback: 'previous', inputs: { source: [[1]] } }
    const begun = await m.model.decoder({ ...options, startToken: vocabulary, endToken: end })
    expect(await failureText(() => decode.greedy(begun, { maxLength: 2 }))).toBe(
      'INDEX_OUT_OF_RANGE decoder.step, targetEmbedding: expected a token of the embedding, received token 6 at row 0, step 0',
    )
    const endless: StepModel = await m.model.decoder({ ...options, startToken: start, endToken: vocabulary })
    for (const [name, search] of Object.values(searches)) {
      expect(await failureText(() => search(endless))).toBe(
        `INDEX_OUT_OF_RANGE decode.${name}, end token of the model: expected a token of 0 to 5, received 6`,
      )
    }
    expect(await failureText(() => decode.score(endless, [[1]]))).toMatch(
      /^INDEX_OUT_OF_RANGE decode\.score, end/,
    )
    m.dispose()
  })

  test('rows and sources that a step does not have', async () => {
    const m = made(backend)
    const decoder: Decoder = await m.decoder([[1], [2]])
    decoder.start(2)
    const step = (tokens: number[], parents: number[], sources: number[]) =>
      failureText(() =>
        decoder.step(Int32Array.from(tokens), Int32Array.from(parents), Int32Array.from(sources)),
      )
    expect(await step([5], [0], [2])).toBe(
      'INDEX_OUT_OF_RANGE decoder.step, sources: expected sources under way, each once and none farther back than before, received 2 at position 0',
    )
    decoder.step(Int32Array.of(5, 5), new Int32Array(2), Int32Array.of(0, 1))
    // The second step goes on from one row for each source, the third from two.
    expect(await step([0, 0, 0, 0], [0, 0, 2, 1], [0, 1])).toBe(
      'INDEX_OUT_OF_RANGE decoder.step, parents[2]: expected a row of the step before, 0 to 1, received 2',
    )
    decoder.step(new Int32Array(4), Int32Array.of(0, 0, 1, 1), Int32Array.of(0, 1))
    for (const parent of [4, -1]) {
      expect(await step([0, 0, 0, 0], [0, 1, parent, 2], [0, 1])).toBe(
        `INDEX_OUT_OF_RANGE decoder.step, parents[2]: expected a row of the step before, 0 to 3, received ${parent}`,
      )
    }
    // Who has left does not come back, before the next search.
    decoder.step(Int32Array.of(0, 0), Int32Array.of(2, 3), Int32Array.of(1))
    expect(await step([0, 0, 0, 0], [0, 0, 1, 1], [0, 1])).toMatch(/than before, received 0 at position 0$/)
    decoder.start(1)
    decoder.step(Int32Array.of(5, 5), new Int32Array(2), Int32Array.of(0, 1))
    for (const [sources, wrong] of [
      [[1, 0], 0],
      [[1, 1], 1],
    ] as const) {
      decoder.start(1)
      expect(await step([5, 5], [0, 1], [...sources])).toMatch(
        new RegExp(`than before, received ${wrong} at position 1$`),
      )
    }
    // Nothing was lost.
    decoder.step(Int32Array.of(5, 5), new Int32Array(2), Int32Array.of(0, 1))
    m.dispose()
  })

  test('a language model: prompts of strange tokens, of nothing, and none', async () => {
    const m = sequential(
      [
        layers.embedding({ inputDim: 5, outputDim: 3 }),
        layers.gru({ units: 4, returnSequences: true }),
        layers.dense({ units: 5 }),
      ],
      { inputShape: [null], backend },
    )
    const on = async (prompts: number[][], more = {}) =>
      decode.greedy(await decode.languageModel(m, { prompts, ...more }), { maxLength: 2 })
    expect(await failureText(() => on([[1], [1, 5]]))).toMatch(
      /^INDEX_OUT_OF_RANGE .* received token 5 at row 0/,
    )
    expect(await failureText(() => on([[0.5]]))).toMatch(/^TYPE_MISMATCH .* received 0\.5$/)
    expect(await failureText(() => on([[1], []]))).toMatch(/^EMPTY_DATA decode\.languageModel, prompts\[1\]/)
    expect(await failureText(() => on([[1]], { endToken: 5 }))).toBe(
      'INDEX_OUT_OF_RANGE decode.greedy, end token of the model: expected a token of 0 to 4, received 5',
    )
    expect(await on([])).toEqual([])
    m.dispose()
  })
})
