import { OstinatoError } from '../errors.js'
import { checkInteger, checkOptions } from '../suggest.js'
import { wordsOf } from '../text/segments.js'
import type { Tokenizer } from '../text/tokenizer.js'

/** Special tokens with a part to play. */
export interface SpecialTokens {
  /** Fills rows behind their end. */
  readonly padding?: string
  /** Comes before the first token of a sequence. */
  readonly start?: string
  /** Comes behind the last one. */
  readonly end?: string
  /** Stands for what the vocabulary does not know, which is an error without it. */
  readonly unknown?: string
}

/** What `toJSON` gives and `fromJSON` takes. */
export interface VocabularyJson extends SpecialTokens {
  readonly tokens: readonly string[]
  /** What texts are read by. Default `character`. */
  readonly unit?: 'character' | 'word'
}

const parts = ['padding', 'start', 'end', 'unknown'] as const

/** Tokens and their numbers 0 … size − 1. Text is read by code points, or by words between whitespace. */
export class Vocabulary implements Tokenizer {
  readonly tokens: readonly string[]
  readonly unit: 'character' | 'word'
  /** Numbers of the special tokens that there are. */
  readonly paddingToken: number | undefined
  readonly startToken: number | undefined
  readonly endToken: number | undefined
  readonly unknownToken: number | undefined
  readonly #indices: ReadonlyMap<string, number>

  constructor({ tokens, unit = 'character', padding, start, end, unknown }: VocabularyJson) {
    this.tokens = [...tokens]
    this.unit = unit
    this.#indices = new Map(tokens.map((token, index) => [token, index]))
    if (this.#indices.size !== tokens.length) {
      const twice = tokens.find((token, index) => this.#indices.get(token) !== index)
      throw new OstinatoError('INVALID_OPTION', 'vocabulary', {
        expected: 'each token once',
        received: `a second ${JSON.stringify(twice)}`,
      })
    }
    const number = (token: string | undefined) => (token === undefined ? undefined : this.index(token))
    this.paddingToken = number(padding)
    this.startToken = number(start)
    this.endToken = number(end)
    this.unknownToken = number(unknown)
  }

  get size(): number {
    return this.tokens.length
  }

  /** The number of a token, such as a special one. */
  index(token: string): number {
    const index = this.#indices.get(token)
    if (index !== undefined) return index
    throw new OstinatoError('INDEX_OUT_OF_RANGE', 'vocabulary', {
      expected: `one of its ${this.size} tokens`,
      received: JSON.stringify(token),
    })
  }

  /**
   * One number for each character or word; a list holds what has been cut already, such as phonemes. What is outside the vocabulary is the `unknown`
   * token, or an error without one.
   */
  encode(text: string | readonly string[]): Int32Array {
    const pieces = typeof text === 'string' ? piecesOf(text, this.unit) : text
    return Int32Array.from(pieces, (piece, position) => {
      const index = this.#indices.get(piece) ?? this.unknownToken
      if (index !== undefined) return index
      throw new OstinatoError(
        'INDEX_OUT_OF_RANGE',
        'vocabulary.encode',
        { expected: `known ${this.unit}s`, received: `${JSON.stringify(piece)} at position ${position}` },
        { remedy: `Give the vocabulary an "unknown" token to stand for such ${this.unit}s` },
      )
    })
  }

  /** The tokens with these numbers. */
  tokensOf(indices: ArrayLike<number>): string[] {
    return Array.from(indices, (index, position) => {
      const token = this.tokens[index]
      if (token !== undefined) return token
      throw new OstinatoError('INDEX_OUT_OF_RANGE', 'vocabulary.decode', {
        expected: `0 to ${this.size - 1}`,
        received: `${index} at position ${position}`,
      })
    })
  }

  /** Text: characters as they follow one another, words with spaces between. */
  decode(indices: ArrayLike<number>): string {
    return this.tokensOf(indices).join(this.unit === 'word' ? ' ' : '')
  }

  toJSON(): VocabularyJson {
    const special = parts.flatMap((part) => {
      const index = this[`${part}Token`]
      return index === undefined ? [] : [[part, this.tokens[index]]]
    })
    const unit = this.unit === 'character' ? {} : { unit: this.unit }
    return { tokens: this.tokens, ...unit, ...Object.fromEntries(special) }
  }

  /** Takes what JSON.parse made of a saved vocabulary. */
  static fromJSON(json: unknown): Vocabulary {
    const { tokens, unit, ...special } = (json ?? {}) as Record<string, unknown>
    const named = parts.map((part) => special[part])
    const valid =
      Array.isArray(tokens) &&
      [...tokens, ...named.filter((token) => token !== undefined)].every(
        (token) => typeof token === 'string',
      ) &&
      (unit === undefined || unit === 'character' || unit === 'word')
    if (valid) return new Vocabulary(json as VocabularyJson)
    throw new OstinatoError('INVALID_FILE', 'vocabulary', {
      expected: 'an object with a list of strings "tokens"',
      received: (JSON.stringify(json) ?? 'undefined').slice(0, 80),
    })
  }
}

export interface VocabularyOptions extends SpecialTokens {
  /** More tokens to come first. Default none. */
  readonly special?: readonly string[]
}

export interface WordVocabularyOptions extends VocabularyOptions {
  /** Words that come less often are left out. Default 1. */
  readonly minCount?: number
  /** At most so many tokens, special ones among them: the most frequent words. Default: all. */
  readonly maxSize?: number
}

/**
 * The characters (code points) of a text, or of several, in the order of their code points, behind the special tokens: padding, start, end, unknown,
 * and those of `special`, where they stand in another order if they are named there too.
 */
export function characterVocabulary(
  text: string | Iterable<string>,
  options: VocabularyOptions = {},
): Vocabulary {
  const where = 'characterVocabulary'
  checkOptions(where, options, ['special', ...parts])
  const texts = typeof text === 'string' ? [text] : text
  const characters = new Set<string>()
  for (const one of texts) for (const character of one) characters.add(character)
  const sorted = [...characters].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!)
  return vocabularyOf(where, sorted, 'character', options)
}

/**
 * The words of texts, which are cut at whitespace, or of lists of what has been cut already; the most frequent first, as frequent ones in the order of
 * their code units. The special tokens come before them, as in `characterVocabulary`.
 */
export function wordVocabulary(
  texts: Iterable<string | readonly string[]>,
  options: WordVocabularyOptions = {},
): Vocabulary {
  const where = 'wordVocabulary'
  checkOptions(where, options, ['special', ...parts, 'minCount', 'maxSize'])
  const { minCount = 1, maxSize, ...rest } = options
  checkInteger(`${where}, minCount`, minCount, 1)
  if (maxSize !== undefined) checkInteger(`${where}, maxSize`, maxSize, 1)
  const counts = new Map<string, number>()
  for (const text of typeof texts === 'string' ? [texts] : texts) {
    for (const word of typeof text === 'string' ? wordsOf(text) : text) {
      counts.set(word, (counts.get(word) ?? 0) + 1)
    }
  }
  const sorted = [...counts]
    .filter(([, count]) => count >= minCount)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .map(([word]) => word)
  return vocabularyOf(where, sorted, 'word', rest, maxSize)
}

function vocabularyOf(
  where: string,
  sorted: readonly string[],
  unit: 'character' | 'word',
  options: VocabularyOptions,
  maxSize?: number,
): Vocabulary {
  const { special = [], ...named } = options
  const own = parts.flatMap((part) => named[part] ?? []).filter((token) => !special.includes(token))
  // A token may play two parts.
  const first = [...new Set(own), ...special]
  const tokens = [...first, ...sorted.filter((token) => !first.includes(token))].slice(0, maxSize)
  if (tokens.length > 0) return new Vocabulary({ tokens, unit, ...named })
  throw new OstinatoError('EMPTY_DATA', where, { expected: 'a text', received: 'an empty one' })
}

function piecesOf(text: string, unit: 'character' | 'word'): string[] {
  return unit === 'word' ? wordsOf(text) : [...text]
}
