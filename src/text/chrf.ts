import { checkInteger, checkOptions } from '../suggest.js'
import { countNgrams, isText, referencesOf, type TextReferences, wordsOf } from './segments.js'

export interface ChrfOptions {
  /** The longest n-grams of characters. Default 6. */
  readonly characterOrder?: number
  /** The longest n-grams of words; 2 makes it chrF++. Default 0. */
  readonly wordOrder?: number
  /** How many times as much recall counts as precision. Default 2. */
  readonly beta?: number
  /** Without regard to case. Default false. */
  readonly lowercase?: boolean
}

/** N-grams of one order: in the hypothesis, in the reference, in both. */
type Counts = readonly [hypothesis: number, reference: number, matches: number]

/**
 * chrF of a corpus (Popović 2015; chrF++ Popović 2017), 0 to 100: the F-score of the mean precision and recall of character n-grams without whitespace. Of
 * several references the one with the best F-score counts. The numbers are those of sacreBLEU (Post 2018).
 */
export function chrf(
  hypotheses: readonly string[],
  references: TextReferences,
  options: ChrfOptions = {},
): number {
  const where = 'textMetrics.chrf'
  checkOptions(where, options, ['characterOrder', 'wordOrder', 'beta', 'lowercase'])
  const { characterOrder = 6, wordOrder = 0, beta = 2, lowercase = false } = options
  checkInteger(`${where}, characterOrder`, characterOrder, 1)
  checkInteger(`${where}, wordOrder`, wordOrder, 0)
  checkInteger(`${where}, beta`, beta, 1)
  const ngrams = (text: string): Map<string, number>[] => {
    const words = wordsOf(lowercase ? text.toLowerCase() : text)
    const characters = [...words.join('')]
    const parted = words.flatMap(partPunctuation)
    return [
      ...Array.from({ length: characterOrder }, (_, k) => countNgrams(characters, k + 1, '')),
      ...Array.from({ length: wordOrder }, (_, k) => countNgrams(parted, k + 1, ' ')),
    ]
  }
  const each = referencesOf(where, hypotheses, references, isText)
  let corpus: Counts[] = Array.from({ length: characterOrder + wordOrder }, () => [0, 0, 0])
  for (const [i, text] of hypotheses.entries()) {
    const said = ngrams(text)
    const candidates = each[i]!.map((reference) => compared(said, ngrams(reference)))
    const scores = candidates.map((counts) => fScore(counts, beta))
    const best = candidates[scores.indexOf(Math.max(...scores))]!
    corpus = corpus.map((counts, k) => add(counts, best[k]!))
  }
  return fScore(corpus, beta)
}

function compared(
  hypothesis: readonly Map<string, number>[],
  reference: readonly Map<string, number>[],
): Counts[] {
  return hypothesis.map((said, k) => {
    const wanted = reference[k]!
    let matches = 0
    for (const [ngram, count] of said) matches += Math.min(count, wanted.get(ngram) ?? 0)
    // An order that the reference is too short for does not count.
    return [wanted.size === 0 ? 0 : sum(said), sum(wanted), matches]
  })
}

/** Orders that either side is too short for are left out of the means. */
function fScore(counts: readonly Counts[], beta: number): number {
  const used = counts.filter(([hypothesis, reference]) => hypothesis > 0 && reference > 0)
  if (used.length === 0) return 0
  const precision =
    used.reduce((total, [hypothesis, , matches]) => total + matches / hypothesis, 0) / used.length
  const recall = used.reduce((total, [, reference, matches]) => total + matches / reference, 0) / used.length
  if (precision + recall === 0) return 0
  const factor = beta ** 2
  return (100 * ((1 + factor) * precision * recall)) / (factor * precision + recall)
}

function add(a: Counts, b: Counts): Counts {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0
  for (const count of counts.values()) total += count
  return total
}

const punctuation = new Set('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~')

/** One mark at the end of a word is a word of its own, or else one at its beginning. */
function partPunctuation(word: string): string[] {
  const characters = [...word]
  if (characters.length === 1) return [word]
  const last = characters.at(-1)!
  if (punctuation.has(last)) return [word.slice(0, -last.length), last]
  const first = characters[0]!
  return punctuation.has(first) ? [first, word.slice(first.length)] : [word]
}
