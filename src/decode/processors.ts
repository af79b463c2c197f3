import { OstinatoError } from '../errors.js'
import { checkInteger } from '../suggest.js'

/** The hypothesis that a row of scores goes on from. */
export interface Prefix {
  /** Number of the source. */
  readonly source: number
  /** The tokens so far, without the start token. The next call overwrites them. */
  readonly tokens: Int32Array
  /** −1 where sequences have none. */
  readonly endToken: number
}

/**
 * Changes the log-probabilities `scores` [vocabulary] of what comes next, in place: −∞ forbids a token. A score may fall and must not rise above
 * 0. Any function of this form works with every search, alone or in a list.
 */
export type LogitsProcessor = (scores: Float32Array, prefix: Prefix) => void

/** States 0 … and tokens that lead from one to another; begins in state 0. */
export interface Automaton {
  /** For each state: the token that may come, the state that it leads to. */
  readonly transitions: readonly ReadonlyMap<number, number>[]
  /** States in which a sequence may end. */
  readonly accepting: readonly number[]
}

const forbidden = Number.NEGATIVE_INFINITY

/** Forbids all tokens but one. */
function only(scores: Float32Array, token: number): void {
  const score = scores[token]!
  scores.fill(forbidden)
  scores[token] = score
}

/** Lets no sequence end before `length` tokens. What `minLength` does. */
export function minimum(length: number): LogitsProcessor {
  return (scores, { tokens, endToken }) => {
    if (endToken >= 0 && tokens.length < length) scores[endToken] = forbidden
  }
}

/** Forbids what would make a sequence of `length` tokens come a second time (Paulus et al. 2017). */
function noRepeatNgram(length: number): LogitsProcessor {
  checkInteger('processors.noRepeatNgram', length, 1)
  return (scores, { tokens }) => {
    const last = tokens.length - length + 1
    for (let start = 0; start < last; start++) {
      let same = 0
      while (same < length - 1 && tokens[start + same] === tokens[last + same]) same++
      if (same === length - 1) scores[tokens[start + length - 1]!] = forbidden
    }
  }
}

/**
 * Makes tokens that have come already less likely: their log-probability times `penalty` ≥ 1. Keskar et al. 2019 divide logits above 0; here, as in beam
 * searches elsewhere, scores are log-probabilities, and none is above 0.
 */
function repetitionPenalty(penalty: number): LogitsProcessor {
  if (!(penalty >= 1) || !Number.isFinite(penalty)) {
    throw new OstinatoError('INVALID_OPTION', 'processors.repetitionPenalty', {
      expected: 'a finite number of at least 1',
      received: String(penalty),
    })
  }
  // For each token the call that punished it last: once is enough.
  let punished = new Uint32Array(0)
  let call = 0
  return (scores, { tokens }) => {
    if (punished.length !== scores.length) punished = new Uint32Array(scores.length)
    call += 1
    for (const token of tokens) {
      if (punished[token] === call) continue
      punished[token] = call
      scores[token]! *= penalty
    }
  }
}

/** Forbids these tokens everywhere. */
function suppress(tokens: ArrayLike<number>): LogitsProcessor {
  const all = checked('processors.suppress', tokens)
  return (scores) => {
    for (const token of all) if (inside('processors.suppress', token, scores)) scores[token] = forbidden
  }
}

/** Forces the token at a position, counted from 0: `force({ 0: 7 })` begins with token 7. */
function force(tokens: Readonly<Record<number, number>>): LogitsProcessor {
  const at = new Map(Object.entries(tokens).map(([position, token]) => [Number(position), token]))
  checked('processors.force, positions', [...at.keys()])
  checked('processors.force', [...at.values()])
  return (scores, prefix) => {
    const token = at.get(prefix.tokens.length)
    if (token !== undefined && inside('processors.force', token, scores)) only(scores, token)
  }
}

/** Makes every sequence begin with these tokens: the same for all sources, or a list for each. */
function prefix(tokens: ArrayLike<number> | readonly ArrayLike<number>[]): LogitsProcessor {
  const where = 'processors.prefix'
  const each = Array.isArray(tokens) && tokens.some((first) => typeof first !== 'number')
  const lists = each ? (tokens as ArrayLike<number>[]).map((list) => checked(where, list)) : undefined
  const same = each ? undefined : checked(where, tokens as ArrayLike<number>)
  return (scores, { source, tokens: soFar }) => {
    const wanted = same ?? lists?.[source]
    if (!wanted) {
      throw new OstinatoError('SHAPE_MISMATCH', where, {
        expected: 'tokens for each source',
        received: `${lists?.length} lists, and a source ${source}`,
      })
    }
    const token = wanted[soFar.length]
    if (token !== undefined && inside(where, token, scores)) only(scores, token)
  }
}

/** Allows only the tokens that a function returns for the prefix; the end token has to be among them where a sequence may end. */
function allow(allowed: (prefix: Prefix) => Iterable<number>): LogitsProcessor {
  let kept = new Float32Array(0)
  return (scores, prefix) => {
    if (kept.length !== scores.length) kept = new Float32Array(scores.length)
    kept.fill(forbidden)
    for (const token of allowed(prefix)) {
      if (inside('processors.allow', token, scores)) kept[token] = scores[token]!
    }
    scores.set(kept)
  }
}

/** A regular constraint: sequences that lead a finite automaton from state 0 to an accepting state. */
function automaton({ transitions, accepting }: Automaton): LogitsProcessor {
  const where = 'processors.automaton'
  const states = [...accepting, ...transitions.flatMap((state) => [...state.values()])]
  const stranger = states.find((state) => !transitions[state])
  if (stranger !== undefined || transitions.length === 0) {
    throw new OstinatoError('INDEX_OUT_OF_RANGE', where, {
      expected: transitions.length > 0 ? `states 0 to ${transitions.length - 1}` : 'at least one state',
      received: String(stranger ?? 'none'),
    })
  }
  const ends = new Set(accepting)
  const none: readonly number[] = []
  return allow(function* ({ tokens, endToken }) {
    let state: number | undefined = 0
    for (const token of tokens) {
      state = transitions[state]?.get(token)
      // Another processor has let through what leads nowhere.
      if (state === undefined) return
    }
    yield* transitions[state]?.keys() ?? none
    if (endToken >= 0 && ends.has(state)) yield endToken
  })
}

/** Allows only these sequences. */
function trie(sequences: Iterable<ArrayLike<number>>): LogitsProcessor {
  const transitions: Map<number, number>[] = [new Map()]
  const accepting: number[] = []
  for (const sequence of sequences) {
    let state = 0
    for (const token of checked('processors.trie', sequence)) {
      let next = transitions[state]!.get(token)
      if (next === undefined) {
        next = transitions.push(new Map()) - 1
        transitions[state]!.set(token, next)
      }
      state = next
    }
    accepting.push(state)
  }
  return automaton({ transitions, accepting })
}

/** Makers of functions that change scores before a search chooses. */
export const processors = {
  noRepeatNgram,
  repetitionPenalty,
  suppress,
  force,
  prefix,
  allow,
  automaton,
  trie,
} as const

/** Tokens are integers of at least 0. */
function checked(where: string, tokens: ArrayLike<number>): number[] {
  const all = Array.from(tokens)
  for (const token of all) checkInteger(where, token, 0)
  return all
}

function inside(where: string, token: number, scores: Float32Array): true {
  if (Number.isInteger(token) && token >= 0 && token < scores.length) return true
  throw new OstinatoError('INDEX_OUT_OF_RANGE', where, {
    expected: `a token of 0 to ${scores.length - 1}`,
    received: String(token),
  })
}
