import { checkInteger, checkName, checkOptions } from '../suggest.js'
import { countNgrams, isText, referencesOf, type TextReferences, wordsOf } from './segments.js'

export interface BleuOptions {
  /**
   * How words are cut: `13a`, the rules of NIST's mteval 13a (punctuation apart, but not inside numbers), `none` (by whitespace), `char` (code points without
   * whitespace). Default `13a`.
   */
  readonly tokenize?: '13a' | 'none' | 'char'
  /** Without regard to case. Default false. */
  readonly lowercase?: boolean
  /**
   * Where no n-gram of an order matches: `exp` gives the k-th such order precision 1 ∕ 2ᵏ of one match (Chen and Cherry 2014, method 3), `none` makes the whole
   * score 0. Default `exp`.
   */
  readonly smoothing?: 'exp' | 'none'
  /** The longest n-grams. Default 4. */
  readonly maxOrder?: number
  /** Leaves out the orders that hypotheses are too short for, as is right for single sentences. Default false. */
  readonly effectiveOrder?: boolean
}

export interface Bleu {
  /** 0 to 100. */
  readonly score: number
  /** Of each order, 0 to 100, after smoothing. */
  readonly precisions: readonly number[]
  readonly brevityPenalty: number
  /** In tokens. */
  readonly hypothesisLength: number
  /** Of the references nearest in length to their hypotheses. */
  readonly referenceLength: number
}

/**
 * BLEU of a corpus (Papineni et al. 2002): geometric mean of the precisions of n-grams, times exp(1 − r ∕ h) where the hypotheses (h tokens) are shorter than the
 * references (r). The numbers are those of sacreBLEU (Post 2018) under the same options.
 */
export function bleu(
  hypotheses: readonly string[],
  references: TextReferences,
  options: BleuOptions = {},
): Bleu {
  const where = 'textMetrics.bleu'
  checkOptions(where, options, ['tokenize', 'lowercase', 'smoothing', 'maxOrder', 'effectiveOrder'])
  const { tokenize = '13a', lowercase = false, smoothing = 'exp', maxOrder = 4 } = options
  checkName(`${where}, tokenize`, tokenize, ['13a', 'none', 'char'])
  checkName(`${where}, smoothing`, smoothing, ['exp', 'none'])
  checkInteger(`${where}, maxOrder`, maxOrder, 1)
  const cut = (text: string): string[] => tokenizers[tokenize](lowercase ? text.toLowerCase() : text)
  const each = referencesOf(where, hypotheses, references, isText)

  const matches = new Array<number>(maxOrder).fill(0)
  const totals = new Array<number>(maxOrder).fill(0)
  let hypothesisLength = 0
  let referenceLength = 0
  for (const [i, text] of hypotheses.entries()) {
    const words = cut(text)
    const all = each[i]!.map(cut)
    hypothesisLength += words.length
    referenceLength += nearestLength(words.length, all)
    for (let order = 1; order <= maxOrder; order++) {
      const counts = countNgrams(words, order, ' ')
      const allowed = all.map((reference) => countNgrams(reference, order, ' '))
      for (const [ngram, count] of counts) {
        totals[order - 1]! += count
        // At most as often as in the reference that has it most.
        matches[order - 1]! += Math.min(count, Math.max(...allowed.map((one) => one.get(ngram) ?? 0)))
      }
    }
  }

  const brevityPenalty =
    hypothesisLength >= referenceLength ? 1 : Math.exp(1 - referenceLength / hypothesisLength)
  const lengths = { brevityPenalty, hypothesisLength, referenceLength }
  const precisions = new Array<number>(maxOrder).fill(0)
  if (matches.every((count) => count === 0)) return { score: 0, precisions, ...lengths }
  let orders = maxOrder
  let smooth = 1
  for (let k = 0; k < maxOrder && totals[k]! > 0; k++) {
    if (options.effectiveOrder) orders = k + 1
    if (matches[k]! > 0) precisions[k] = (100 * matches[k]!) / totals[k]!
    else if (smoothing === 'exp') {
      smooth *= 2
      precisions[k] = 100 / (smooth * totals[k]!)
    }
  }
  const logSum = precisions.slice(0, orders).reduce((sum, precision) => sum + Math.log(precision), 0)
  return { score: brevityPenalty * Math.exp(logSum / orders), precisions, ...lengths }
}

/** The shorter one where two are as near. */
function nearestLength(length: number, references: readonly string[][]): number {
  let nearest = Number.POSITIVE_INFINITY
  for (const reference of references) {
    const closer = Math.abs(reference.length - length) - Math.abs(nearest - length)
    if (closer < 0 || (closer === 0 && reference.length < nearest)) nearest = reference.length
  }
  return nearest
}

const tokenizers: Record<'13a' | 'none' | 'char', (text: string) => string[]> = {
  '13a': (text) => wordsOf(separatePunctuation(text)),
  none: wordsOf,
  char: (text) => wordsOf([...text].join(' ')),
}

/** The rules of mteval 13a for western languages. */
function separatePunctuation(text: string): string {
  const plain = text
    .trimEnd()
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
  return (
    ` ${plain} `
      // All of ASCII's but ' , - .
      .replaceAll(/[ !-&(-+/:-@[-`{-~]/g, ' $& ')
      // Points and commas, except between digits; dashes behind digits.
      .replaceAll(/([^0-9])([.,])/gu, '$1 $2 ')
      .replaceAll(/([.,])([^0-9])/gu, ' $1 $2')
      .replaceAll(/([0-9])(-)/g, '$1 $2 ')
  )
}
