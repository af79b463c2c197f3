import { OstinatoError } from '../errors.js'
import { isText, referencesOf, type TextReferences, wordsOf } from './segments.js'

/** Words, phonemes, characters or numbers. */
export type TokenSequence = ArrayLike<string | number>

/** For each hypothesis one reference, or several of which any is right. */
export type SequenceReferences = readonly (TokenSequence | readonly TokenSequence[])[]

export interface ErrorRate {
  /** `edits` ∕ `length`; may exceed 1. */
  readonly rate: number
  /** Insertions, deletions and substitutions of the whole corpus. */
  readonly edits: number
  /** Tokens of the references. */
  readonly length: number
  /** Share of the hypotheses without an edit. */
  readonly exact: number
}

/** Levenshtein's: the least number of tokens to insert, delete or substitute that makes one sequence of the other. */
export function editDistance(a: TokenSequence, b: TokenSequence): number {
  const row = Uint32Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0]!
    row[0] = i
    for (let j = 1; j <= b.length; j++) {
      const above = row[j]!
      const substituted = diagonal + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(substituted, above + 1, row[j - 1]! + 1)
      diagonal = above
    }
  }
  return row[b.length]!
}

/**
 * Edits over the tokens of the references, summed over all sequences before they are divided: the phoneme error rate where tokens are phonemes. Of several
 * references the nearest counts, the first where several are.
 */
export function errorRate(hypotheses: readonly TokenSequence[], references: SequenceReferences): ErrorRate {
  return countErrors('textMetrics.errorRate', hypotheses, references)
}

/** `errorRate` of the words between whitespace. */
export function wordErrorRate(hypotheses: readonly string[], references: TextReferences): ErrorRate {
  return ofTexts('textMetrics.wordErrorRate', hypotheses, references, wordsOf)
}

/** `errorRate` of characters (code points), whitespace among them. */
export function characterErrorRate(hypotheses: readonly string[], references: TextReferences): ErrorRate {
  return ofTexts('textMetrics.characterErrorRate', hypotheses, references, (text) => [...text])
}

/** Share of the reference tokens that stand at their place in the hypothesis. */
export function tokenAccuracy(
  hypotheses: readonly TokenSequence[],
  references: readonly TokenSequence[],
): number {
  const where = 'textMetrics.tokenAccuracy'
  let right = 0
  let length = 0
  for (const [i, [reference]] of alternatives(where, hypotheses, references).entries()) {
    const hypothesis = hypotheses[i]!
    length += reference!.length
    for (let t = 0; t < reference!.length; t++) if (hypothesis[t] === reference![t]) right += 1
  }
  return right / positive(where, length)
}

/** Share of the hypotheses that are one of their references. */
export function sequenceAccuracy(
  hypotheses: readonly TokenSequence[],
  references: SequenceReferences,
): number {
  const each = alternatives('textMetrics.sequenceAccuracy', hypotheses, references)
  const right = each.filter((list, i) => list.some((reference) => same(hypotheses[i]!, reference)))
  return right.length / hypotheses.length
}

/** exp of the mean negative log-probability of all tokens, such as those that `decode.score` returns. */
export function perplexity(scored: readonly { readonly tokenScores: ArrayLike<number> }[]): number {
  let sum = 0
  let length = 0
  for (const { tokenScores } of scored) {
    length += tokenScores.length
    for (let t = 0; t < tokenScores.length; t++) sum += tokenScores[t]!
  }
  return Math.exp(-sum / positive('textMetrics.perplexity', length))
}

function countErrors(
  where: string,
  hypotheses: readonly TokenSequence[],
  references: SequenceReferences,
): ErrorRate {
  let edits = 0
  let length = 0
  let exact = 0
  for (const [i, list] of alternatives(where, hypotheses, references).entries()) {
    let [least, nearest] = [Number.POSITIVE_INFINITY, 0]
    for (const reference of list) {
      const distance = editDistance(hypotheses[i]!, reference)
      if (distance < least) [least, nearest] = [distance, reference.length]
    }
    edits += least
    length += nearest
    if (least === 0) exact += 1
  }
  return { rate: edits / positive(where, length), edits, length, exact: exact / hypotheses.length }
}

function ofTexts(
  where: string,
  hypotheses: readonly string[],
  references: TextReferences,
  split: (text: string) => string[],
): ErrorRate {
  const each = referencesOf(where, hypotheses, references, isText)
  return countErrors(
    where,
    hypotheses.map(split),
    each.map((list) => list.map(split)),
  )
}

/** A list whose entries are sequences themselves is a list of references. */
function isSequence(entry: TokenSequence | readonly TokenSequence[]): entry is TokenSequence {
  return typeof entry[0] !== 'object'
}

function alternatives(
  where: string,
  hypotheses: readonly TokenSequence[],
  references: SequenceReferences,
): (readonly TokenSequence[])[] {
  for (const sequence of [...hypotheses, ...references]) {
    if (typeof sequence !== 'string') continue
    throw new OstinatoError(
      'TYPE_MISMATCH',
      where,
      { expected: 'sequences of tokens', received: 'a string' },
      { remedy: 'Use wordErrorRate or characterErrorRate, or split it' },
    )
  }
  return referencesOf(where, hypotheses, references, isSequence)
}

function same(a: TokenSequence, b: TokenSequence): boolean {
  if (a.length !== b.length) return false
  for (let t = 0; t < a.length; t++) if (a[t] !== b[t]) return false
  return true
}

/** Refuses to divide by nothing. */
function positive(where: string, length: number): number {
  if (length > 0) return length
  throw new OstinatoError('EMPTY_DATA', where, { expected: 'at least one token', received: 'none' })
}
