import { type BeamOptions, decode, type LogitsProcessor, processors } from 'ostinato'
import { describe, expect, test } from 'vitest'
import { failureText } from '../failures.js'
import { TableModel } from './table-model.js'

const none = Number.NEGATIVE_INFINITY

/** What a processor makes of the scores 0, −1, −2, … behind `tokens`. */
function processed(processor: LogitsProcessor, tokens: readonly number[], size = 6, source = 0): number[] {
  const scores = Float32Array.from({ length: size }, (_, i) => 0 - i)
  processor(scores, { source, tokens: Int32Array.from(tokens), endToken: size - 1 })
  return [...scores]
}

/** Which tokens it leaves. */
function left(processor: LogitsProcessor, tokens: readonly number[], size = 6, source = 0): number[] {
  return processed(processor, tokens, size, source).flatMap((score, token) => (score === none ? [] : [token]))
}

describe('processors, each alone', () => {
  test('noRepeatNgram', () => {
    const trigrams = processors.noRepeatNgram(3)
    expect(left(trigrams, [0, 1, 2, 3, 0, 1])).toEqual([0, 1, 3, 4, 5])
    expect(left(trigrams, [0, 1, 2, 0, 1, 4, 0, 1])).toEqual([0, 1, 3, 5])
    // Overlapping itself.
    expect(left(trigrams, [2, 2, 2])).toEqual([0, 1, 3, 4, 5])
    expect(left(trigrams, [2, 2])).toHaveLength(6)
    expect(left(trigrams, [])).toHaveLength(6)
    expect(left(processors.noRepeatNgram(1), [3, 1, 3])).toEqual([0, 2, 4, 5])
    expect(left(processors.noRepeatNgram(2), [3, 1, 3])).toEqual([0, 2, 3, 4, 5])
  })

  test('repetitionPenalty', () => {
    const penalty = processors.repetitionPenalty(1.5)
    expect(processed(penalty, [4, 2, 4, 4])).toEqual([0, -1, -3, -3, -6, -5])
    expect(processed(penalty, [3])).toEqual([0, -1, -2, -4.5, -4, -5])
    expect(processed(processors.repetitionPenalty(1), [1, 2])).toEqual(processed(() => {}, []))
  })

  test('suppress, force, prefix', () => {
    expect(left(processors.suppress([0, 4]), [1, 1])).toEqual([1, 2, 3, 5])
    const force = processors.force({ 0: 3, 2: 5 })
    expect([[], [3], [3, 1], [3, 1, 1]].map((tokens) => left(force, tokens).join())).toEqual([
      '3',
      '0,1,2,3,4,5',
      '5',
      '0,1,2,3,4,5',
    ])
    // The score of what is forced stays.
    expect(processed(force, [])[3]).toBe(-3)
    const prefix = processors.prefix([2, 4])
    expect([[], [2], [2, 4]].map((tokens) => left(prefix, tokens).join())).toEqual(['2', '4', '0,1,2,3,4,5'])
    const each = processors.prefix([[1], Int32Array.of(3, 2), []])
    expect([0, 1, 2].map((source) => left(each, [], 6, source).join())).toEqual(['1', '3', '0,1,2,3,4,5'])
    expect(left(each, [3], 6, 1)).toEqual([2])
    expect(left(processors.prefix([]), [])).toHaveLength(6)
  })

  test('allow, trie, automaton', () => {
    const even = processors.allow(({ tokens, endToken }) => [tokens.length, tokens.length + 2, endToken])
    expect(left(even, [])).toEqual([0, 2, 5])
    expect(processed(even, [7])).toEqual([none, -1, none, -3, none, -5])

    const trie = processors.trie([[1, 2], [1, 2, 3], [1, 4], []])
    expect([[], [1], [1, 2], [1, 2, 3], [1, 4], [2]].map((tokens) => left(trie, tokens).join())).toEqual([
      '1,5',
      '2,4',
      '3,5',
      '5',
      '5',
      '',
    ])

    // (01)*2
    const expression = processors.automaton({
      transitions: [
        new Map([
          [0, 1],
          [2, 2],
        ]),
        new Map([[1, 0]]),
        new Map(),
      ],
      accepting: [2],
    })
    expect([[], [0], [0, 1], [0, 1, 2]].map((tokens) => left(expression, tokens).join())).toEqual([
      '0,2',
      '1',
      '0,2',
      '5',
    ])
  })

  test('refuse what is no token, no state and no number', async () => {
    const refused: [() => unknown, string][] = [
      [
        () => processors.noRepeatNgram(0),
        'INVALID_OPTION processors.noRepeatNgram: expected an integer of at least 1',
      ],
      [() => processors.repetitionPenalty(0.5), 'INVALID_OPTION processors.repetitionPenalty'],
      [() => processors.suppress([-1]), 'INVALID_OPTION processors.suppress'],
      [() => processors.force({ 0: 0.5 }), 'INVALID_OPTION processors.force'],
      [() => processors.trie([[1, Number.NaN]]), 'INVALID_OPTION processors.trie'],
      [
        () => processors.automaton({ transitions: [new Map([[0, 2]])], accepting: [] }),
        'INDEX_OUT_OF_RANGE processors.automaton: expected states 0 to 0, received 2',
      ],
      [
        () => processors.automaton({ transitions: [], accepting: [] }),
        'INDEX_OUT_OF_RANGE processors.automaton',
      ],
      [
        () => left(processors.suppress([6]), []),
        'INDEX_OUT_OF_RANGE processors.suppress: expected a token of 0 to 5',
      ],
      [() => left(processors.force({ 0: 6 }), []), 'INDEX_OUT_OF_RANGE processors.force'],
      [() => left(processors.prefix([9]), []), 'INDEX_OUT_OF_RANGE processors.prefix'],
      [
        () => left(processors.prefix([[1]]), [], 6, 1),
        'SHAPE_MISMATCH processors.prefix: expected tokens for each source',
      ],
      [
        () =>
          left(
            processors.allow(() => [1.5]),
            [],
          ),
        'INDEX_OUT_OF_RANGE processors.allow',
      ],
    ]
    for (const [act, message] of refused) {
      const text = await failureText(act)
      expect(text.slice(0, message.length)).toBe(message)
    }
  })
})

describe('processors, in every search', () => {
  const ids = { sourceIds: [1, 2, 3], sourceLengths: [2, 3, 4] }
  const searches = {
    greedy: decode.greedy,
    beam: (table: TableModel, options: BeamOptions) => decode.beam(table, { beams: 4, nBest: 4, ...options }),
    sample: (table: TableModel, options: BeamOptions) => decode.sample(table, { samples: 4, ...options }),
  }

  for (const [name, search] of Object.entries(searches)) {
    const sequences = async (all: readonly LogitsProcessor[], more: Partial<BeamOptions> = {}) => {
      const found: { source: number; text: string; ended: boolean }[] = []
      for (let seed = 0; seed < 15; seed++) {
        const table = new TableModel({ seed, ...ids })
        const results = await search(table, { maxLength: 12, processors: all, ...more })
        for (const [source, { hypotheses }] of results.entries()) {
          for (const { tokens, tokenScores, logProbability, ended } of hypotheses) {
            // Whatever processors do, token scores are the model's own.
            const said = ended ? [...tokens, table.endToken!] : [...tokens]
            const own = said.map((token, t) => table.scores(source, said.slice(0, t))[token])
            expect([...tokenScores]).toEqual(own)
            expect(logProbability).toBeCloseTo(own.reduce((a, b) => a! + b!, 0)!, 12)
            found.push({ source, text: tokens.join(''), ended })
          }
        }
      }
      return found
    }

    test(`${name}: what they forbid never comes`, async () => {
      const bigrams = (text: string) =>
        Array.from({ length: Math.max(0, text.length - 1) }, (_, i) => text.slice(i, i + 2))
      const repeats = ({ text }: { text: string }) => new Set(bigrams(text)).size < bigrams(text).length
      const long = { minLength: 6 }
      expect((await sequences([], long)).some(repeats)).toBe(true)
      expect((await sequences([processors.noRepeatNgram(2)], long)).some(repeats)).toBe(false)
      expect((await sequences([], long)).some(({ text }) => text.includes('3'))).toBe(true)
      expect((await sequences([processors.suppress([3])], long)).some(({ text }) => text.includes('3'))).toBe(
        false,
      )
      const forced = await sequences([processors.force({ 1: 2, 3: 4 })], long)
      expect(forced.every(({ text }) => text[1] === '2' && text[3] === '4')).toBe(true)
      const begun = await sequences([processors.prefix([[1, 1], [0], [4, 3, 2]])])
      expect(begun.every(({ source, text }) => text.startsWith(['11', '0', '432'][source]!))).toBe(true)
      const words = ['0', '012', '2', '443', '4433']
      const known = await sequences([processors.trie(words.map((word) => [...word].map(Number)))])
      expect(known.every(({ text, ended }) => ended && words.includes(text))).toBe(true)
    })

    test(`${name}: they work together`, async () => {
      const all = await sequences(
        [
          processors.prefix([3, 1]),
          processors.noRepeatNgram(1),
          processors.allow(({ tokens, endToken }) =>
            tokens.length % 2 === 0 ? [1, 3, endToken] : [0, 1, 2, 4],
          ),
        ],
        { minLength: 2 },
      )
      expect(all.every(({ text, ended }) => ended && text === '31')).toBe(true)
    })
  }

  test('beam: the score is what processors have made of it, and the best by that', async () => {
    const table = new TableModel({ seed: 8, vocabularySize: 64, alphabet: 3, endToken: 50 })
    const penalty = 1.7
    const [found] = await decode.beam(table, {
      beams: 64,
      nBest: 64,
      maxLength: 3,
      processors: [processors.repetitionPenalty(penalty)],
    })
    const all = found!.hypotheses.map(({ tokens, tokenScores, score, ended }) => {
      const said = ended ? [...tokens, 50] : [...tokens]
      const punished = said.map((token, t) => {
        const own = Math.fround(tokenScores[t]!)
        return said.slice(0, t).includes(token) ? Math.fround(own * penalty) : own
      })
      expect(score).toBeCloseTo(
        punished.reduce((a, b) => a + b, 0),
        12,
      )
      return score
    })
    expect(all).toHaveLength(40)
    expect(all).toEqual([...all].sort((a, b) => b - a))
    const free = (await decode.beam(table, { beams: 64, nBest: 64, maxLength: 3 }))[0]!
    expect(free.hypotheses.map((h) => h.tokens.join())).not.toEqual(
      found!.hypotheses.map((h) => h.tokens.join()),
    )
  })

  test('beam: with a trie finds the best of its words', async () => {
    const words = [[0, 1], [2], [3, 3, 1], [1, 0, 2, 4], [4, 4]]
    for (let seed = 0; seed < 20; seed++) {
      const table = new TableModel({ seed, sourceIds: [3] })
      const constrained = await decode.beam(table, {
        maxLength: 5,
        beams: 6,
        nBest: 5,
        processors: [processors.trie(words)],
      })
      const many = new TableModel({ seed, sourceIds: words.map(() => 3) })
      const scored = (await decode.score(many, words)).sort((a, b) => b.score - a.score)
      expect(constrained[0]!.hypotheses).toEqual(scored)
    }
  })

  test('beam: a hypothesis that has no way on gives up its place to others', async () => {
    // 0 leads nowhere, 1 may end.
    const blind = processors.allow(({ tokens, endToken }) =>
      tokens.length === 0 ? [0, 1] : tokens[0] === 0 ? [] : [endToken],
    )
    for (let seed = 0; seed < 5; seed++) {
      const [found] = await decode.beam(new TableModel({ seed }), {
        maxLength: 5,
        beams: 3,
        processors: [blind],
      })
      expect([...found!.hypotheses[0]!.tokens]).toEqual([1])
    }
  })
})
