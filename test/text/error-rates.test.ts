import fc from 'fast-check'
import { textMetrics } from 'ostinato'
import { describe, expect, test } from 'vitest'
import { failureText } from '../failures.js'

const {
  characterErrorRate,
  editDistance,
  errorRate,
  perplexity,
  sequenceAccuracy,
  tokenAccuracy,
  wordErrorRate,
} = textMetrics

/** From the definition: the last token of either side goes, or both last tokens do. */
function distance(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return a.length + b.length
  const [shorterA, shorterB] = [a.slice(0, -1), b.slice(0, -1)]
  return Math.min(
    distance(shorterA, b) + 1,
    distance(a, shorterB) + 1,
    distance(shorterA, shorterB) + (a.at(-1) === b.at(-1) ? 0 : 1),
  )
}

describe('editDistance', () => {
  test('of words that everybody knows', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3)
    expect(editDistance([...'saturday'], [...'sunday'])).toBe(3)
    expect(editDistance([], [1, 2])).toBe(2)
    expect(editDistance(Int32Array.of(1, 2), [])).toBe(2)
    expect(editDistance(Int32Array.of(1, 2), [1, 2])).toBe(0)
    expect(editDistance(['1'], [1])).toBe(1)
  })

  test('is what its definition says', () => {
    const sequence = fc.array(fc.nat(2), { maxLength: 6 })
    fc.assert(
      fc.property(sequence, sequence, (a, b) => {
        expect(editDistance(a, b)).toBe(distance(a, b))
      }),
      { seed: 5, numRuns: 300 },
    )
  })
})

describe('error rates', () => {
  test('are summed over the corpus before they are divided', () => {
    const rate = errorRate([['AH', 'B'], ['K'], ['T', 'UW']], [['AH', 'B', 'AW'], ['K'], ['T', 'AH']])
    expect(rate).toEqual({ rate: 2 / 6, edits: 2, length: 6, exact: 1 / 3 })
    expect(errorRate([[1, 2, 3, 4]], [[9]])).toEqual({ rate: 4, edits: 4, length: 1, exact: 0 })
  })

  test('take the nearest of several references, the first where several are', () => {
    const references = [
      [
        ['a', 'b', 'c'],
        ['a', 'x'],
      ],
      ['q'],
      [[], ['z', 'z', 'z', 'z']],
    ]
    expect(errorRate([['a', 'b'], ['q'], ['z', 'z']], references)).toEqual({
      rate: 3 / 4,
      edits: 3,
      length: 4,
      exact: 1 / 3,
    })
  })

  test('of words and of characters', () => {
    expect(wordErrorRate([' the cat  sat'], ['the cat sat down'])).toMatchObject({ edits: 1, length: 4 })
    expect(wordErrorRate(['a b'], [['x', 'a b']]).exact).toBe(1)
    expect(characterErrorRate(['ab😀'], ['ab c'])).toMatchObject({ edits: 2, length: 4 })
    expect(characterErrorRate(['😀'], [['😃', '']])).toMatchObject({ edits: 1, length: 1 })
  })
})

test('accuracies', () => {
  expect(tokenAccuracy([[1, 2, 3], [4]], [[1, 9, 3, 3], [4]])).toBe(3 / 5)
  expect(tokenAccuracy([[1, 2, 3, 4]], [[1]])).toBe(1)
  expect(sequenceAccuracy([[1, 2], [3], []], [[1, 2], [3, 4], []])).toBe(2 / 3)
  expect(sequenceAccuracy([[1, 2], [3]], [[[9], Int32Array.of(1, 2)], [[3, 3]]])).toBe(1 / 2)
})

test('perplexity is that of all tokens together', () => {
  const half = Math.log(0.5)
  expect(perplexity([{ tokenScores: [half, half] }])).toBeCloseTo(2, 14)
  // (½ · ¼ · ¼)^(−⅓)
  expect(perplexity([{ tokenScores: [half] }, { tokenScores: [2 * half, 2 * half] }])).toBeCloseTo(
    2 ** (5 / 3),
    13,
  )
})

test('what cannot be measured is refused', async () => {
  const refused: [() => unknown, string][] = [
    [
      () => errorRate([], []),
      'EMPTY_DATA textMetrics.errorRate: expected at least one hypothesis, received none',
    ],
    [
      () => errorRate([[1]], []),
      'SHAPE_MISMATCH textMetrics.errorRate, references: expected 1, one entry for each hypothesis, received 0',
    ],
    [
      () => errorRate([[1]], [[]]),
      'EMPTY_DATA textMetrics.errorRate: expected at least one token, received none',
    ],
    [
      () => errorRate(['a b'], [['a']]),
      'TYPE_MISMATCH textMetrics.errorRate: expected sequences of tokens, received a string. Use wordErrorRate or characterErrorRate, or split it',
    ],
    [
      () => wordErrorRate(['a'], [[]]),
      'EMPTY_DATA textMetrics.wordErrorRate, references[0]: expected at least one reference, received none',
    ],
    [() => perplexity([]), 'EMPTY_DATA textMetrics.perplexity: expected at least one token, received none'],
    [
      () => textMetrics.bleu(['a'], ['a'], { tokenize: 'zh' as never }),
      'INVALID_OPTION textMetrics.bleu, tokenize: expected "13a" or "none" or "char", received "zh"',
    ],
    [
      () => textMetrics.bleu(['a'], ['a'], { maxOrder: 0 }),
      'INVALID_OPTION textMetrics.bleu, maxOrder: expected an integer of at least 1, received 0',
    ],
    [
      () => textMetrics.chrf(['a'], ['a'], { wordorder: 2 } as never),
      'UNKNOWN_OPTION textMetrics.chrf: unknown option "wordorder". Did you mean "wordOrder"?',
    ],
    [
      () => textMetrics.ter(['a', 'b'], ['a']),
      'SHAPE_MISMATCH textMetrics.ter, references: expected 2, one entry for each hypothesis, received 1',
    ],
  ]
  for (const [act, text] of refused) expect((await failureText(act)).slice(0, text.length)).toBe(text)
})
