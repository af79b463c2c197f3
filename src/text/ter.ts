import { checkOptions } from '../suggest.js'
import { isText, referencesOf, type TextReferences, wordsOf } from './segments.js'

export interface TerOptions {
  /** Default false: letters are compared without regard to case. */
  readonly caseSensitive?: boolean
}

export interface TranslationEditRate {
  /** 100 · `edits` ∕ `referenceLength`. */
  readonly score: number
  readonly edits: number
  /** In words; of several references of one hypothesis the mean. */
  readonly referenceLength: number
}

/**
 * Translation edit rate of a corpus (Snover et al. 2006): words to insert, delete, substitute, and groups of words to move, over the words of the references. Of
 * several references the one with the fewest edits counts. Moves are looked for as Tercom does, and the numbers are those of sacreBLEU (Post 2018) for
 * sentences of ordinary length.
 */
export function ter(
  hypotheses: readonly string[],
  references: TextReferences,
  options: TerOptions = {},
): TranslationEditRate {
  checkOptions('textMetrics.ter', options, ['caseSensitive'])
  const cut = (text: string): string[] => wordsOf(options.caseSensitive ? text : text.toLowerCase())
  let edits = 0
  let referenceLength = 0
  for (const [i, list] of referencesOf('textMetrics.ter', hypotheses, references, isText).entries()) {
    const hypothesis = cut(hypotheses[i]!)
    const all = list.map(cut)
    edits += Math.min(...all.map((reference) => editsBetween(hypothesis, reference)))
    referenceLength += all.reduce((sum, { length }) => sum + length, 0) / all.length
  }
  const rate = referenceLength > 0 ? edits / referenceLength : edits > 0 ? 1 : 0
  return { score: 100 * rate, edits, referenceLength }
}

/** Tercom's bounds. */
const longestMove = 10
const farthestMove = 50
/** sacreBLEU's: moves that are tried for a sentence. */
const mostTried = 1000

/** Moves groups of words as long as that lowers the edit distance, each time the group that lowers it most. */
function editsBetween(hypothesis: readonly string[], reference: readonly string[]): number {
  if (reference.length === 0) return hypothesis.length
  let words = hypothesis
  let moves = 0
  let tried = 0
  while (true) {
    const best = bestMove(words, reference, mostTried - tried)
    tried += best.tried
    if (tried >= mostTried || best.gain <= 0) return moves + alignment(words, reference).distance
    words = best.words
    moves += 1
  }
}

interface Move {
  readonly gain: number
  readonly length: number
  readonly from: number
  readonly to: number
  readonly words: readonly string[]
}

/** Of those that gain most the longest group, then the leftmost, then the one moved to the leftmost place. */
function better(a: Move, b: Move): boolean {
  if (a.gain !== b.gain) return a.gain > b.gain
  if (a.length !== b.length) return a.length > b.length
  if (a.from !== b.from) return a.from < b.from
  return a.to < b.to
}

function bestMove(
  words: readonly string[],
  reference: readonly string[],
  most: number,
): { readonly gain: number; readonly words: readonly string[]; readonly tried: number } {
  const before = alignment(words, reference)
  let best: Move | undefined
  let tried = 0
  for (const [from, at, length] of commonGroups(words, reference)) {
    // Both the group and the place where it belongs must be wrong.
    if (!before.wrong.slice(from, from + length).includes(true)) continue
    if (!before.missed.slice(at, at + length).includes(true)) continue
    const counterpart = before.aligned[at]!
    if (from <= counterpart && counterpart < from + length) continue
    let last = -1
    for (let offset = -1; offset < length; offset++) {
      // Behind the word that is aligned with the one before the place.
      const to = at + offset < 0 ? 0 : before.aligned[at + offset]! + 1
      if (to === last) continue
      last = to
      const moved = move(words, from, length, to)
      const gain = before.distance - alignment(moved, reference).distance
      const candidate = { gain, length, from, to, words: moved }
      if (!best || better(candidate, best)) best = candidate
      tried += 1
    }
    if (tried >= most) break
  }
  return { gain: best?.gain ?? 0, words: best?.words ?? words, tried }
}

/** Groups of words that stand in both, not too far apart: where in each, and how long. */
function* commonGroups(
  words: readonly string[],
  reference: readonly string[],
): Generator<[from: number, at: number, length: number]> {
  for (let from = 0; from < words.length; from++) {
    const first = Math.max(0, from - farthestMove)
    const last = Math.min(reference.length - 1, from + farthestMove)
    for (let at = first; at <= last; at++) {
      const most = Math.min(longestMove, words.length - from, reference.length - at)
      for (let k = 0; k < most && words[from + k] === reference[at + k]; k++) yield [from, at, k + 1]
    }
  }
}

/** `to` counts places among the words as they are; inside the group, it is how far the group moves to the right. */
function move(words: readonly string[], from: number, length: number, to: number): string[] {
  const group = words.slice(from, from + length)
  const others = [...words.slice(0, from), ...words.slice(from + length)]
  const place = to > from + length ? to - length : to
  others.splice(place, 0, ...group)
  return others
}

interface Alignment {
  readonly distance: number
  /** For each word of the reference the last word of the hypothesis up to there; −1 before the first. */
  readonly aligned: readonly number[]
  /** Words of the hypothesis, and of the reference, that have no equal opposite. */
  readonly wrong: readonly boolean[]
  readonly missed: readonly boolean[]
}

/** The cheapest edits; of those as cheap, substitutions rather than words too many, and these rather than words too few. */
function alignment(words: readonly string[], reference: readonly string[]): Alignment {
  const width = reference.length + 1
  const costs = new Int32Array((words.length + 1) * width)
  for (let j = 0; j < width; j++) costs[j] = j
  for (let i = 1; i <= words.length; i++) {
    costs[i * width] = i
    for (let j = 1; j < width; j++) {
      const at = i * width + j
      const differs = words[i - 1] === reference[j - 1] ? 0 : 1
      costs[at] = Math.min(costs[at - width - 1]! + differs, costs[at - width]! + 1, costs[at - 1]! + 1)
    }
  }
  const aligned = new Array<number>(reference.length)
  const wrong = new Array<boolean>(words.length)
  const missed = new Array<boolean>(reference.length)
  let i = words.length
  let j = reference.length
  while (i > 0 || j > 0) {
    const cost = costs[i * width + j]!
    const differs = i > 0 && j > 0 && words[i - 1] !== reference[j - 1]
    if (i > 0 && j > 0 && cost === costs[(i - 1) * width + j - 1]! + (differs ? 1 : 0)) {
      i -= 1
      j -= 1
      aligned[j] = i
      wrong[i] = differs
      missed[j] = differs
    } else if (i > 0 && cost === costs[(i - 1) * width + j]! + 1) {
      i -= 1
      wrong[i] = true
    } else {
      j -= 1
      aligned[j] = i - 1
      missed[j] = true
    }
  }
  return { distance: costs[words.length * width + reference.length]!, aligned, wrong, missed }
}
