import { decode } from 'ostinato'
import { describe, expect, test } from 'vitest'
import { everySequence } from './plainly.js'
import { TableModel } from './table-model.js'

describe('greedy search', () => {
  test('takes the likeliest token until the end', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const table = new TableModel({ seed, sourceIds: [1, 2, 3, 4], sourceLengths: [1, 2, 3, 4] })
      const found = await decode.greedy(table, { maxLength: 7 })
      for (const [source, { hypotheses }] of found.entries()) {
        const tokens: number[] = []
        const scores: number[] = []
        while (scores.length < 7 && tokens.length === scores.length) {
          const row = [...table.scores(source, tokens)]
          scores.push(Math.max(...row))
          const token = row.indexOf(scores.at(-1)!)
          if (token !== table.endToken) tokens.push(token)
        }
        const [one] = hypotheses
        expect(hypotheses).toHaveLength(1)
        expect([...one!.tokens]).toEqual(tokens)
        expect([...one!.tokenScores]).toEqual(scores)
        expect(one!.ended).toBe(tokens.length < scores.length)
        expect(one!.score).toBe(scores.reduce((a, b) => a + b, 0))
        expect(one!.attention!.shape).toEqual([scores.length, source + 1])
        expect([...one!.attention!.data]).toEqual(
          scores.flatMap((_, t) => [...table.attentionOf(source, tokens.slice(0, t))]),
        )
      }
    }
  })

  test('goes on to the maximal length without an end token', async () => {
    const table = new TableModel({ seed: 1, sourceIds: [1, 2], endToken: null })
    for (const { hypotheses } of await decode.greedy(table, { maxLength: 9 })) {
      expect(hypotheses[0]!.tokens).toHaveLength(9)
      expect(hypotheses[0]!.ended).toBe(false)
    }
    expect(await decode.greedy(new TableModel({ seed: 1, sourceIds: [] }), { maxLength: 9 })).toEqual([])
  })
})

describe('sampling', () => {
  test('draws sequences as often as they are likely', async () => {
    const table = new TableModel({ seed: 4, vocabularySize: 4 })
    const every = everySequence(table, 0, 3, {})
    const samples = 20_000
    const [found] = await decode.sample(table, { maxLength: 3, samples })
    expect(found!.hypotheses).toHaveLength(samples)
    const counts = new Map<string, number>()
    for (const { tokens, ended, score, logProbability } of found!.hypotheses) {
      expect(score).toBe(logProbability)
      const key = `${tokens} ${ended}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(every.length).toBe(40)
    for (const { tokens, ended, score } of every) {
      const p = Math.exp(score)
      const share = (counts.get(`${tokens} ${ended}`) ?? 0) / samples
      expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / samples) + 1e-12)
    }
  })

  test('is greedy search at temperature 0, or from the likeliest alone', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const table = new TableModel({ seed, sourceIds: [1, 2, 3], sourceLengths: [2, 1, 3] })
      const greedy = await decode.greedy(table, { maxLength: 6 })
      expect(await decode.sample(table, { maxLength: 6, temperature: 0 })).toEqual(greedy)
      expect(await decode.sample(table, { maxLength: 6, topK: 1 })).toEqual(greedy)
      expect(await decode.sample(table, { maxLength: 6, topP: 1e-9 })).toEqual(greedy)
      const twice = greedy.map(({ hypotheses }) => ({ hypotheses: [hypotheses[0], hypotheses[0]] }))
      expect(await decode.sample(table, { maxLength: 6, temperature: 0, samples: 2 })).toEqual(twice)
    }
  })

  test('the same seed gives the same sequences; sources and samples draw apart', async () => {
    const sourceIds = [5, 5, 5]
    const draw = async (options: { seed?: number; samples?: number }, ids: readonly number[] = sourceIds) => {
      const table = new TableModel({ seed: 1, sourceIds: ids, endToken: null })
      const found = await decode.sample(table, { maxLength: 30, ...options })
      return found.map(({ hypotheses }) => hypotheses.map(({ tokens }) => tokens.join()))
    }
    const first = await draw({ samples: 2 })
    expect(await draw({ samples: 2, seed: 0 })).toEqual(first)
    expect(new Set(first.flat()).size).toBe(6)
    expect((await draw({ samples: 2, seed: 1 })).flat().some((text) => first.flat().includes(text))).toBe(
      false,
    )
    // More samples or sources do not change those there were.
    expect((await draw({ samples: 3 })).map((texts) => texts.slice(0, 2))).toEqual(first)
    expect((await draw({ samples: 2 }, [5, 5, 5, 7])).slice(0, 3)).toEqual(first)
  })

  test('asks nothing of the model once all samples of a source have ended', async () => {
    const table = new TableModel({ seed: 2, sourceIds: [1, 2, 3] })
    const found = await decode.sample(table, { maxLength: 40, samples: 3 })
    const steps = found.map(({ hypotheses }) => Math.max(...hypotheses.map((h) => h.tokenScores.length)))
    expect(new Set(steps).size).toBeGreaterThan(1)
    const rows = table.calls.map((_, t) => (t === 0 ? 1 : 3) * steps.filter((n) => n > t).length)
    expect(table.calls).toEqual(rows)
    expect(table.calls).toHaveLength(Math.max(...steps))
  })
})

describe('scoring', () => {
  test('gives the log-probabilities of given sequences and of the end behind them', async () => {
    const table = new TableModel({ seed: 9, sourceIds: [1, 2, 3], sourceLengths: [2, 3, 1] })
    const targets = [[2, 0, 4, 4], [], Int32Array.of(1)]
    const scored = await decode.score(table, targets)
    for (const [source, target] of targets.entries()) {
      const said = [...target, table.endToken!]
      const expected = said.map((token, t) => table.scores(source, said.slice(0, t))[token])
      const { tokens, tokenScores, score, ended, attention } = scored[source]!
      expect([...tokens]).toEqual([...target])
      expect([...tokenScores]).toEqual(expected)
      expect(score).toBe(tokenScores.reduce((a, b) => a + b, 0))
      expect(ended).toBe(true)
      expect(attention!.shape).toEqual([said.length, table.sourceLengths![source]])
    }
    expect(table.calls).toEqual([3, 2, 1, 1, 1])
  })

  test('scores what a search has found as the search has', async () => {
    const table = new TableModel({ seed: 6, sourceIds: [1, 2], sourceLengths: [3, 2] })
    const found = await decode.beam(table, { maxLength: 50, beams: 3 })
    const best = found.map(({ hypotheses }) => hypotheses[0]!)
    expect(best.every(({ ended }) => ended)).toBe(true)
    expect(
      await decode.score(
        table,
        best.map(({ tokens }) => tokens),
      ),
    ).toEqual(best)
  })

  test('works without an end token, and gives −∞ for what cannot come', async () => {
    const endless = new TableModel({ seed: 9, sourceIds: [1, 2], endToken: null })
    const scored = await decode.score(endless, [[1, 2, 3], [4]])
    expect(scored.map(({ tokens }) => [...tokens])).toEqual([[1, 2, 3], [4]])
    expect(scored.map(({ ended, tokenScores }) => [ended, tokenScores.length])).toEqual([
      [false, 3],
      [false, 1],
    ])
    const narrow = new TableModel({ seed: 9, alphabet: 2 })
    expect((await decode.score(narrow, [[0, 3, 1]]))[0]!.score).toBe(Number.NEGATIVE_INFINITY)
  })
})
