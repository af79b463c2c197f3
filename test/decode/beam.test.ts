import fc from 'fast-check'
import { type BeamOptions, type Decoded, decode, type Hypothesis, type StepModel } from 'ostinato'
import { describe, expect, test } from 'vitest'
import { everySequence, type Found, type Measure, plainBeam } from './plainly.js'
import { TableModel, type TableOptions } from './table-model.js'

function expectSame(hypotheses: readonly Hypothesis[], expected: readonly Found[]): void {
  expect(hypotheses.map(({ tokens }) => [...tokens])).toEqual(expected.map(({ tokens }) => tokens))
  for (const [i, { score, ended, tokenScores }] of hypotheses.entries()) {
    expect(ended).toBe(expected[i]!.ended)
    expect([...tokenScores]).toEqual(expected[i]!.tokenScores)
    expect(Math.abs(score - expected[i]!.score)).toBeLessThan(1e-12)
  }
}

const measures: readonly Measure[] = [
  {},
  { lengthPenalty: 'average' },
  { lengthPenalty: 0.6 },
  { lengthPenalty: 2 },
  { coveragePenalty: 0.3 },
  { lengthPenalty: 1, coveragePenalty: 1 },
]

describe('beam search', () => {
  test('finds what looking at every sequence finds, where the beam is wide enough', async () => {
    // Three tokens and the end make 121 sequences of at most four tokens; 128 beams lose none of them.
    const options = { vocabularySize: 128, alphabet: 3, sourceLengths: [5], endToken: 100 }
    for (let seed = 0; seed < 8; seed++) {
      const table = new TableModel({ ...options, seed })
      for (const measure of measures) {
        const every = everySequence(table, 0, 4, measure)
        expect(every).toHaveLength(121)
        for (const patience of [1, Number.POSITIVE_INFINITY]) {
          const [found] = await decode.beam(table, {
            beams: 128,
            nBest: 10,
            maxLength: 4,
            patience,
            ...measure,
          })
          expectSame(found!.hypotheses, every.slice(0, 10))
        }
      }
    }
  })

  test.each([
    // Who ends comes first, and only the first of them is looked at.
    { endToken: 0, beams: 1, expected: [[]] },
    // At the second step the last token of the first row ends: behind its neighbours, before the other rows.
    { endToken: 2, beams: 3, expected: [[], [0, 0], [0, 1]] },
  ])('takes equal scores by parent and token, end $endToken', async ({ endToken, beams, expected }) => {
    const model: StepModel = {
      sources: 1,
      vocabularySize: 3,
      startToken: 0,
      endToken,
      start() {},
      step: (tokens) => new Float32Array(3 * tokens.length).fill(-1),
    }
    const options = { beams, nBest: beams, maxLength: 2, patience: Number.POSITIVE_INFINITY }
    const [found] = await decode.beam(model, options)
    expect(found!.hypotheses.map(({ tokens }) => [...tokens])).toEqual(expected)
  })

  test('is what its description says, on narrow beams', async () => {
    const property = fc.asyncProperty(
      fc.record({
        seed: fc.nat(1e6),
        beams: fc.integer({ min: 1, max: 6 }),
        maxLength: fc.integer({ min: 1, max: 7 }),
        patience: fc.constantFrom(0.5, 1, 1.5, 3, Number.POSITIVE_INFINITY),
        nBest: fc.integer({ min: 1, max: 6 }),
        measure: fc.constantFrom(...measures),
        withEnd: fc.boolean(),
      }),
      async ({ seed, beams, maxLength, patience, nBest: wanted, measure, withEnd }) => {
        const nBest = Math.min(wanted, beams)
        const sourceIds = [4, 9, 2]
        const ending = withEnd ? {} : { endToken: null }
        const table = new TableModel({ seed, sourceIds, sourceLengths: [3, 5, 1], ...ending })
        const options = { beams, nBest, maxLength, patience, ...measure }
        const found = await decode.beam(table, options)
        for (const [source, { hypotheses }] of found.entries()) {
          expectSame(hypotheses, plainBeam(table, source, options))
        }
      },
    )
    await fc.assert(property, { seed: 11, numRuns: 400 })
  })

  test('of one beam is greedy search', async () => {
    for (let seed = 0; seed < 100; seed++) {
      const table = new TableModel({ seed, sourceIds: [1, 2, 3], sourceLengths: [2, 4, 3] })
      const beam = await decode.beam(table, { beams: 1, maxLength: 8 })
      expect(beam).toEqual(await decode.greedy(table, { maxLength: 8 }))
    }
  })

  test('finds the same for a source in any batch, and asks nothing more of those that have ended', async () => {
    const sourceIds = [3, 1, 4, 5, 9]
    const sourceLengths = [2, 6, 3, 4, 1]
    const options: BeamOptions = { beams: 3, nBest: 3, maxLength: 9, lengthPenalty: 'average', trace: true }
    for (let seed = 0; seed < 50; seed++) {
      const table = new TableModel({ seed, sourceIds, sourceLengths })
      const together = await decode.beam(table, options)
      const alone: Decoded[] = []
      const steps: number[] = []
      for (const [i, id] of sourceIds.entries()) {
        const one = new TableModel({ seed, sourceIds: [id], sourceLengths: [sourceLengths[i]!] })
        alone.push(...(await decode.beam(one, options)))
        steps.push(one.calls.length)
      }
      expect(together).toEqual(alone)
      const rows = table.calls.map((_, t) => (t === 0 ? 1 : 3) * steps.filter((n) => n > t).length)
      expect(table.calls).toEqual(rows)
      expect(table.calls).toHaveLength(Math.max(...steps))
    }
  })

  test('carries attention and scores that are the model’s own', async () => {
    const table = new TableModel({ seed: 5, sourceIds: [1, 2], sourceLengths: [4, 2] })
    const found = await decode.beam(table, { beams: 4, nBest: 4, maxLength: 6, lengthPenalty: 0.8 })
    for (const [source, { hypotheses }] of found.entries()) {
      expect(hypotheses).toHaveLength(4)
      for (const { tokens, tokenScores, logProbability, ended, attention } of hypotheses) {
        const said = ended ? [...tokens, table.endToken!] : [...tokens]
        const before = said.map((_, t) => [...tokens.subarray(0, t)])
        expect([...tokenScores]).toEqual(said.map((token, t) => table.scores(source, before[t]!)[token]))
        expect(logProbability).toBe(tokenScores.reduce((a, b) => a + b, 0))
        expect(attention!.shape).toEqual([said.length, table.sourceLengths![source]])
        expect([...attention!.data]).toEqual(
          before.flatMap((prefix) => [...table.attentionOf(source, prefix)]),
        )
      }
    }
    const { hypotheses } = (await decode.beam(new TableModel({ seed: 5 }), { maxLength: 6 }))[0]!
    expect(hypotheses[0]).not.toHaveProperty('attention')
  })

  test('keeps the lengths it is told', async () => {
    const lengths = async (options: Partial<BeamOptions>, table: Partial<TableOptions> = {}) => {
      const found: number[] = []
      for (let seed = 0; seed < 30; seed++) {
        const model = new TableModel({ seed, sourceIds: [1, 2], sourceLengths: [1, 5], ...table })
        for (const { hypotheses } of await decode.beam(model, {
          maxLength: 20,
          nBest: 3,
          beams: 3,
          ...options,
        })) {
          found.push(...hypotheses.map(({ tokens }) => tokens.length))
        }
      }
      return found
    }
    expect(Math.min(...(await lengths({})))).toBe(0)
    expect(Math.min(...(await lengths({ minLength: 4 })))).toBe(4)
    expect(Math.max(...(await lengths({ maxLength: 3 })))).toBe(3)
    // 1.5 · 5 rounds down; 1.5 · 1 too.
    const ratio = { maxLengthRatio: 1.5, minLength: 20 }
    expect(new Set(await lengths(ratio))).toEqual(new Set([1, 7]))
    expect(new Set(await lengths({ ...ratio, maxLength: 6 }))).toEqual(new Set([1, 6]))
    expect(new Set(await lengths({ maxLengthRatio: 0.1 }))).toEqual(new Set([0, 1]))
  })

  test('leaves a trace of its steps on request', async () => {
    const table = new TableModel({ seed: 3, sourceIds: [8, 6] })
    const [, found] = await decode.beam(table, { beams: 3, maxLength: 5, trace: true, nBest: 3 })
    const { trace, hypotheses } = found!
    let before: { tokens: number[]; sum: number }[] = [{ tokens: [], sum: 0 }]
    const ended: number[] = []
    for (const step of trace!) {
      for (const { parent, score } of step.ended) {
        const { tokens, sum } = before[parent]!
        expect(score).toBe(sum + table.scores(1, tokens)[table.endToken!]!)
        ended.push(score)
      }
      before = [...step.tokens].map((token, b) => {
        const { tokens, sum } = before[step.parents[b]!]!
        expect(step.scores[b]).toBe(sum + table.scores(1, tokens)[token]!)
        return { tokens: [...tokens, token], sum: step.scores[b]! }
      })
      expect([...step.scores]).toEqual([...step.scores].sort((a, b) => b - a))
    }
    expect(ended.length).toBeGreaterThan(0)
    expect(hypotheses.filter((h) => h.ended).map((h) => h.score)).toEqual(
      ended.sort((a, b) => b - a).slice(0, 3),
    )
    expect((await decode.beam(table, { beams: 3, maxLength: 5 }))[0]).not.toHaveProperty('trace')
  })

  test('stops where nothing alive can win any more', async () => {
    let calls = 0
    const model: StepModel = {
      sources: 1,
      vocabularySize: 4,
      startToken: 0,
      endToken: 3,
      start: () => {
        calls = 0
      },
      step({ length }) {
        const row = calls++ < 2 ? [-0.1, -3, -4, -9] : [-0.5, -9, -9, -1.1]
        return Float32Array.from({ length: length * 4 }, (_, i) => row[i % 4]!)
      },
    }
    const options = { beams: 2, maxLength: 50, patience: Number.POSITIVE_INFINITY }
    const [best] = await decode.beam(model, options)
    // −0.1 − 0.1 − 1.1 = −1.3; five tokens alive have −1.7, four have −1.2.
    expect([...best!.hypotheses[0]!.tokens]).toEqual([0, 0])
    expect(calls).toBe(5)
    // −1.3 ∕ 3 = −21.67 ∕ 50; 45 tokens alive have −21.7, 44 have −21.2.
    await decode.beam(model, { ...options, lengthPenalty: 'average' })
    expect(calls).toBe(45)
    // Patience 1: two hypotheses have ended.
    await decode.beam(model, { ...options, patience: 1, lengthPenalty: 'average' })
    expect(calls).toBe(4)
  })
})

test('equal scores are in the order of their parents, then of their tokens', async () => {
  // Tokens 0 … 3 are as likely everywhere; the end, 4, cannot come.
  const model: StepModel = {
    sources: 1,
    vocabularySize: 5,
    startToken: 0,
    endToken: 4,
    start() {},
    step: ({ length }) =>
      Float32Array.from({ length: 5 * length }, (_, i) => (i % 5 === 4 ? Number.NEGATIVE_INFINITY : -1)),
  }
  const [found] = await decode.beam(model, { beams: 3, nBest: 3, maxLength: 2, trace: true })
  expect(found!.trace!.map(({ tokens, parents }) => [[...tokens], [...parents]])).toEqual([
    [
      [0, 1, 2],
      [0, 0, 0],
    ],
    [[], []],
  ])
  expect(found!.hypotheses.map(({ tokens }) => [...tokens])).toEqual([
    [0, 0],
    [0, 1],
    [0, 2],
  ])
})

test('the length penalty of Wu et al. 2016 by hand', async () => {
  // Token 0 has probability ½ at every step, the end ¼: "0" scores ½ · ¼.
  const model = {
    sources: 1,
    vocabularySize: 3,
    startToken: 0,
    endToken: 2,
    start() {},
    step: (tokens: Int32Array) =>
      Float32Array.from({ length: 3 * tokens.length }, (_, i) => Math.log([0.5, 0.25, 0.25][i % 3]!)),
  }
  const run = async (options: Partial<BeamOptions>) =>
    (await decode.beam(model, { beams: 3, nBest: 3, maxLength: 2, ...options }))[0]!.hypotheses
  const ln = (probability: number): number => Math.fround(Math.log(probability))
  const scores = new Map((await run({ lengthPenalty: 0.5 })).map((h) => [h.tokens.join(), h.score]))
  // ((5 + 1) ∕ 6)^½ = 1 for the end alone; ((5 + 2) ∕ 6)^½ for two tokens.
  expect(scores.get('')).toBe(ln(0.25))
  expect(scores.get('0,0')).toBeCloseTo((2 * ln(0.5)) / Math.sqrt(7 / 6), 14)
  const average = new Map((await run({ lengthPenalty: 'average' })).map((h) => [h.tokens.join(), h.score]))
  expect(average.get('0,0')).toBe(ln(0.5))
})
