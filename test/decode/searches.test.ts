import { type BeamOptions, decode, processors, type StepModel, type Streamed } from 'ostinato'
import { describe, expect, test } from 'vitest'
import { failureText } from '../failures.js'
import { TableModel } from './table-model.js'

const sourceIds = [1, 2, 3]
const sourceLengths = [2, 3, 4]

async function collect(stream: AsyncIterable<Streamed>): Promise<Streamed[]> {
  const all: Streamed[] = []
  for await (const one of stream) all.push(one)
  return all
}

describe('streams', () => {
  test('give token by token what the searches give at the end', async () => {
    for (let seed = 0; seed < 25; seed++) {
      const table = () => new TableModel({ seed, sourceIds, sourceLengths })
      const short = { maxLength: 7 }
      const drawn = { ...short, samples: 3, seed }
      const wide: BeamOptions = { ...short, beams: 4, nBest: 2, patience: 2, lengthPenalty: 'average' }
      for (const [stream, results] of [
        [decode.stream.greedy(table(), short), await decode.greedy(table(), short)],
        [decode.stream.sample(table(), drawn), await decode.sample(table(), drawn)],
        [decode.stream.beam(table(), wide), await decode.beam(table(), wide)],
      ] as const) {
        const said = new Map<string, number[]>()
        const ended: number[] = []
        for (const { source, sample, tokens, decoded } of await collect(stream)) {
          expect(ended).not.toContain(source)
          expect(tokens.length > 0 || decoded !== undefined).toBe(true)
          said.set(`${source} ${sample}`, [...(said.get(`${source} ${sample}`) ?? []), ...tokens])
          if (!decoded) continue
          ended.push(source)
          expect(decoded).toEqual(results[source])
        }
        expect(ended.sort()).toEqual([0, 1, 2])
        for (const [source, { hypotheses }] of results.entries()) {
          const samples =
            results === undefined || hypotheses.length === 3 ? hypotheses : hypotheses.slice(0, 1)
          for (const [sample, { tokens }] of samples.entries()) {
            expect(said.get(`${source} ${sample}`) ?? []).toEqual([...tokens])
          }
        }
      }
    }
  })

  test('of a beam settle tokens before the end, each as soon as nothing can change it', async () => {
    let early = 0
    for (let seed = 0; seed < 25; seed++) {
      const options: BeamOptions = { maxLength: 12, beams: 3, minLength: 4, trace: true }
      const events = await collect(decode.stream.beam(new TableModel({ seed, sourceIds: [seed] }), options))
      const { trace, hypotheses } = events.at(-1)!.decoded!
      // By hand: what all alive and the best that has ended have in common, after each step.
      let alive: number[][] = [[]]
      const endings: { tokens: number[]; score: number }[] = []
      const lengths: number[] = []
      for (const { tokens, parents, ended } of trace!) {
        endings.push(...ended.map(({ parent, score }) => ({ tokens: alive[parent]!, score })))
        endings.sort((a, b) => b.score - a.score)
        alive = [...tokens].map((token, b) => [...alive[parents[b]!]!, token])
        const all = [...alive, ...endings.slice(0, 1).map((ending) => ending.tokens)]
        let length = 0
        while (all.length > 0 && all.every((one) => length < one.length && one[length] === all[0]![length]))
          length++
        lengths.push(length)
      }
      lengths[lengths.length - 1] = hypotheses[0]!.tokens.length
      const settled = lengths.map((length, t) => length - (lengths[t - 1] ?? 0))
      const expected = settled.filter((n, t) => n > 0 || t === settled.length - 1)
      expect(events.map(({ tokens }) => tokens.length)).toEqual(expected)
      early += events.length - 1
    }
    expect(early).toBeGreaterThan(15)
  })

  test('stop working when their reader breaks', async () => {
    const table = new TableModel({ seed: 1, endToken: null })
    for (const [rows, stream] of [
      [1, decode.stream.greedy(table, { maxLength: 100 })],
      [2, decode.stream.sample(table, { maxLength: 100, samples: 2 })],
    ] as const) {
      let seen = 0
      for await (const { tokens } of stream) {
        seen += tokens.length
        if (seen === 4) break
      }
      expect(table.calls.length).toBe(seen / rows)
      expect(await stream.next()).toEqual({ done: true, value: undefined })
    }
  })
})

describe('the first step', () => {
  /** Sources of even numbers end at once, the others after two tokens. */
  const recorder = () => {
    const calls: { rows: number; parents: number[]; sources: number[] }[] = []
    const model: StepModel = {
      sources: 4,
      vocabularySize: 3,
      startToken: 0,
      endToken: 2,
      start: () => void calls.splice(0),
      step(tokens, parents, sources) {
        calls.push({ rows: tokens.length, parents: [...parents], sources: [...sources] })
        const each = tokens.length / sources.length
        const scores = new Float32Array(3 * tokens.length).fill(-9)
        for (let row = 0; row < tokens.length; row++) {
          const ends = sources[Math.floor(row / each)]! % 2 === 0 || calls.length > 2
          scores[3 * row + (ends ? 2 : 1)] = -0.01
        }
        return scores
      },
    }
    return { model, calls }
  }

  test('has one row for each source, the second as many in all for half of the sources', async () => {
    const expected = [
      { rows: 4, parents: [0, 1, 2, 3], sources: [0, 1, 2, 3] },
      // The last one is where the first one was.
      { rows: 4, parents: [3, 3, 1, 1], sources: [3, 1] },
    ]
    const { model, calls } = recorder()
    for (const search of [
      () => decode.beam(model, { beams: 2, maxLength: 5 }),
      () => decode.sample(model, { samples: 2, temperature: 0, maxLength: 5 }),
    ]) {
      const found = await search()
      expect(calls.slice(0, 2)).toEqual(expected)
      expect(calls).toHaveLength(3)
      expect(found.map(({ hypotheses }) => [...hypotheses[0]!.tokens])).toEqual([[], [1, 1], [], [1, 1]])
    }
  })

  test('is processed once for all samples of a source', async () => {
    const seen: number[] = []
    // Not the same if it comes twice.
    const steeper = (scores: Float32Array, { source, tokens }: { source: number; tokens: Int32Array }) => {
      if (tokens.length === 0) seen.push(source)
      for (let i = 0; i < scores.length; i++) scores[i]! *= 1.5
    }
    const drawn = (samples: number) => {
      const table = new TableModel({ seed: 5, sourceIds, sourceLengths })
      return decode.sample(table, { samples, maxLength: 6, processors: [steeper] })
    }
    const [one, three] = [await drawn(1), await drawn(3)]
    expect(seen).toEqual([0, 1, 2, 0, 1, 2])
    expect(three.map(({ hypotheses }) => hypotheses.slice(0, 1))).toEqual(
      one.map(({ hypotheses }) => hypotheses),
    )
  })
})

describe('a signal', () => {
  test('ends every search with its reason', async () => {
    const table = new TableModel({ seed: 1, endToken: null })
    const reason = new Error('enough')
    const aborted = { maxLength: 5, signal: AbortSignal.abort(reason) }
    await expect(decode.greedy(table, aborted)).rejects.toBe(reason)
    await expect(decode.sample(table, aborted)).rejects.toBe(reason)
    await expect(decode.beam(table, aborted)).rejects.toBe(reason)
    await expect(decode.score(table, [[1]], { signal: aborted.signal })).rejects.toBe(reason)
    await expect(decode.stream.greedy(table, aborted).next()).rejects.toBe(reason)
    expect(table.calls).toEqual([])
  })

  test('is seen between two steps', async () => {
    const table = new TableModel({ seed: 1, endToken: null })
    const controller = new AbortController()
    const step = table.step.bind(table)
    table.step = (...rows) => {
      if (table.calls.length === 6) controller.abort('now')
      return step(...rows)
    }
    const options = { maxLength: 1000, beams: 2, signal: controller.signal }
    await expect(decode.beam(table, options)).rejects.toBe('now')
    expect(table.calls).toHaveLength(7)
  })

  test('is heard from timers: a search gives the event loop its turns', async () => {
    const table = new TableModel({ seed: 1, endToken: null })
    const controller = new AbortController()
    setTimeout(() => controller.abort('late'), 20)
    await expect(decode.greedy(table, { maxLength: 1e6, signal: controller.signal })).rejects.toBe('late')
  })
})

describe('ensembles', () => {
  test('predict the mean of the probabilities', async () => {
    const [a, b, c] = [1, 2, 3].map((seed) => new TableModel({ seed, sourceIds, sourceLengths }))
    const found = await decode.beam(decode.ensemble([a!, b!, c!]), { maxLength: 6, beams: 3 })
    for (const [source, { hypotheses }] of found.entries()) {
      const { tokens, tokenScores, ended, attention } = hypotheses[0]!
      const said = ended ? [...tokens, a!.endToken!] : [...tokens]
      for (const [t, token] of said.entries()) {
        const prefix = said.slice(0, t)
        const each = [a!, b!, c!].map((table) => Math.exp(table.scores(source, prefix)[token]!))
        expect(tokenScores[t]).toBeCloseTo(Math.log((each[0]! + each[1]! + each[2]!) / 3), 5)
        const look = attention!.data.subarray(t * sourceLengths[source]!, (t + 1) * sourceLengths[source]!)
        a!.attentionOf(source, prefix).forEach((weight, i) => {
          expect(look[i]).toBeCloseTo(weight, 6)
        })
      }
    }
    expect(a!.calls).toEqual(c!.calls)
  })

  test('of one are that one; probabilities too small for float64 are kept', async () => {
    const table = new TableModel({ seed: 4, sourceIds, sourceLengths })
    const options = { maxLength: 6, beams: 3 }
    expect(await decode.beam(decode.ensemble([table]), options)).toEqual(await decode.beam(table, options))
    const fixed = (...row: number[]): StepModel => ({
      sources: 1,
      vocabularySize: 3,
      startToken: 0,
      endToken: 2,
      start() {},
      step: ({ length }) => Float32Array.from({ length: 3 * length }, (_, i) => row[i % 3]!),
    })
    const none = Number.NEGATIVE_INFINITY
    const both = decode.ensemble([fixed(-2000, -0.5, none), fixed(-2000, none, none)])
    both.start(1)
    const [small, half, never] = both.step(Int32Array.of(0), Int32Array.of(0), Int32Array.of(0))
    expect(small).toBe(-2000)
    expect(half).toBeCloseTo(-0.5 - Math.LN2, 6)
    expect(never).toBe(none)
    const broken = decode.ensemble([fixed(-1, Number.NaN, -1), fixed(-1, -1, -1)])
    expect(await failureText(() => decode.greedy(broken, { maxLength: 2 }))).toMatch(/^NON_FINITE_SCORE.*NaN/)
  })

  test('refuse models that do not fit', async () => {
    const table = new TableModel({ seed: 4 })
    expect(await failureText(() => decode.ensemble([]))).toMatch(/^EMPTY_DATA decode.ensemble/)
    expect(await failureText(() => decode.ensemble([table, new TableModel({ seed: 1, endToken: 0 })]))).toBe(
      'SHAPE_MISMATCH decode.ensemble, model 1, endToken: expected 5, as model 0 has, received 0',
    )
  })
})

test('unknown words become those of the source that were looked at most', async () => {
  const attention = { data: Float32Array.of(0.9, 0.1, 0, 0.2, 0.2, 0.6, 0, 0.7, 0.3, 1, 0, 0), shape: [4, 3] }
  const options = { unknown: '?', source: ['le', 'portique', 'écotaxe'], attention }
  expect(decode.replaceUnknown(['the', '?', '?'], options)).toEqual(['the', 'écotaxe', 'portique'])
  const dictionary = new Map([['portique', 'portico']])
  expect(decode.replaceUnknown(['?', '?', '?'], { ...options, dictionary })).toEqual([
    'le',
    'écotaxe',
    'portico',
  ])
  expect(decode.replaceUnknown([], options)).toEqual([])
  expect(await failureText(() => decode.replaceUnknown(['?'], { ...options, source: ['a'] }))).toBe(
    'SHAPE_MISMATCH decode.replaceUnknown, attention: expected [at least 1, 1], a row for each word, received [4, 3]',
  )
  expect(await failureText(() => decode.replaceUnknown(['?'], { ...options, attention: undefined }))).toMatch(
    /received none$/,
  )
})

describe('refusals', () => {
  const table = () => new TableModel({ seed: 1, sourceIds, sourceLengths })
  const broken = (scores: (length: number) => Float32Array, more: Partial<StepModel> = {}): StepModel => ({
    sources: 1,
    vocabularySize: 4,
    startToken: 0,
    endToken: 3,
    start() {},
    step: ({ length }) => scores(length),
    ...more,
  })
  const searches = {
    greedy: (model: StepModel, more: Partial<BeamOptions>) => decode.greedy(model, { maxLength: 5, ...more }),
    beam: (model: StepModel, more: Partial<BeamOptions>) =>
      decode.beam(model, { maxLength: 5, beams: 2, ...more }),
    sample: (model: StepModel, more: Partial<BeamOptions>) => decode.sample(model, { maxLength: 5, ...more }),
  }

  for (const [name, search] of Object.entries(searches)) {
    test(`${name}: scores that are none, tokens all forbidden, lengths of nothing`, async () => {
      const nothing = processors.allow(({ tokens }) => (tokens.length < 2 ? [0] : []))
      expect(await failureText(() => search(table(), { processors: [nothing] }))).toBe(
        `NO_TOKEN_ALLOWED decode.${name}, source 0, step 2: expected a token that may follow, received -Infinity for all, by the processors together. Allow the end token, or lower minLength`,
      )
      const never = broken((length) => new Float32Array(4 * length).fill(Number.NEGATIVE_INFINITY))
      expect(await failureText(() => search(never, {}))).toMatch(/^NO_TOKEN_ALLOWED .* by the model\./)
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const model = broken((length) =>
          Float32Array.from({ length: 4 * length }, (_, i) => (i === 2 ? bad : -1)),
        )
        expect(await failureText(() => search(model, {}))).toBe(
          `NON_FINITE_SCORE decode.${name}, source 0, step 0: expected log-probabilities, or -Infinity for what cannot follow, received ${bad} for token 2`,
        )
      }
      const spoilt = (scores: Float32Array) => scores.fill(Number.NaN, 1, 2)
      expect(await failureText(() => search(table(), { processors: [spoilt] }))).toMatch(
        /^NON_FINITE_SCORE .* NaN for token 1$/,
      )
      for (const [options, message] of [
        [
          { maxLength: 0 },
          `INVALID_OPTION decode.${name}, maxLength: expected an integer of at least 1, received 0`,
        ],
        [
          { minLength: -1 },
          `INVALID_OPTION decode.${name}, minLength: expected an integer of at least 0, received -1`,
        ],
        [
          { maxLengthRatio: 0 },
          `INVALID_OPTION decode.${name}, maxLengthRatio: expected a number above 0, received 0`,
        ],
      ] as const) {
        expect(await failureText(() => search(table(), options))).toBe(message)
      }
      expect(await failureText(() => search(new TableModel({ seed: 1 }), { maxLengthRatio: 2 }))).toMatch(
        /maxLengthRatio: expected a model that knows the lengths of its sources/,
      )
      expect(await failureText(() => search(table(), { maxLenght: 2 } as never))).toMatch(
        /^UNKNOWN_OPTION .*Did you mean "maxLength"\?$/,
      )
      expect(
        await failureText(() =>
          search(
            broken((length) => new Float32Array(3 * length)),
            {},
          ),
        ),
      ).toMatch(/^SHAPE_MISMATCH .*scores of the model: expected \[\d, 4\], received \d numbers$/)
    })
  }

  test('options of the beam and of samples', async () => {
    const run = (options: Partial<BeamOptions>) => () => decode.beam(table(), { maxLength: 5, ...options })
    for (const [options, message] of [
      [{ beams: 7 }, 'decode.beam, beams: expected at most the 6 tokens of the vocabulary, received 7'],
      [{ beams: 0 }, 'decode.beam, beams: expected an integer of at least 1, received 0'],
      [{ beams: 2, nBest: 3 }, 'decode.beam, nBest: expected at most the 2 beams, received 3'],
      [{ patience: 0 }, 'decode.beam, patience: expected a number above 0, received 0'],
      [{ patience: Number.NaN }, 'decode.beam, patience: expected a number above 0, received NaN'],
      [
        { lengthPenalty: -1 },
        'decode.beam, lengthPenalty: expected "none", "average" or a finite number of at least 0, received -1',
      ],
      [
        { lengthPenalty: 'mean' as never },
        'decode.beam, lengthPenalty: expected "none", "average" or a finite number of at least 0, received mean',
      ],
      [
        { coveragePenalty: -1 },
        'decode.beam, coveragePenalty: expected a finite number of at least 0, received -1',
      ],
    ] as const) {
      expect(await failureText(run(options))).toBe(`INVALID_OPTION ${message}`)
    }
    const blind = new TableModel({ seed: 1 })
    expect(await failureText(() => decode.beam(blind, { maxLength: 5, coveragePenalty: 1 }))).toBe(
      'INVALID_OPTION decode.beam, coveragePenalty: expected a model with attention, received one without',
    )
    expect(await failureText(() => decode.sample(table(), { maxLength: 5, samples: 0 }))).toMatch(
      /^INVALID_OPTION decode.sample, samples/,
    )
    expect(await failureText(() => decode.sample(table(), { maxLength: 5, topP: 2 }))).toMatch(
      /^INVALID_OPTION decode.sample, topP/,
    )
    const odd = broken((length) => new Float32Array(4 * length).fill(-1), { attention: new Float32Array(5) })
    expect(await failureText(() => decode.beam(odd, { maxLength: 5, beams: 2 }))).toBe(
      'SHAPE_MISMATCH step model, attention: expected [2, 5], received 5 numbers',
    )
  })

  test('targets that are none', async () => {
    for (const [targets, message] of [
      [[[1]], 'SHAPE_MISMATCH decode.score, targets: expected 3 sequences, one for each source, received 1'],
      [
        [[1], [5], [1]],
        'INDEX_OUT_OF_RANGE decode.score, target 1: expected tokens of 0 to 5, without the end token, received 5',
      ],
      [
        [[1], [2], [-1]],
        'INDEX_OUT_OF_RANGE decode.score, target 2: expected tokens of 0 to 5, without the end token, received -1',
      ],
    ] as const) {
      expect(await failureText(() => decode.score(table(), targets))).toBe(message)
    }
    const endless = new TableModel({ seed: 1, endToken: null })
    expect(await failureText(() => decode.score(endless, [[]]))).toMatch(/^EMPTY_DATA decode.score, target 0/)
  })
})
