import { OstinatoError } from '../errors.js'
import { checkOptions } from '../suggest.js'

/** What `toJSON` gives and `fromJSON` takes. */
export interface VocabularyJson {
  readonly tokens: readonly string[]
  readonly unknown?: string
}

/** Tokens and their numbers 0 … size − 1. Text is read by code points. */
export class Vocabulary {
  readonly tokens: readonly string[]
  readonly #indices: ReadonlyMap<string, number>
  readonly #unknown: string | undefined

  constructor({ tokens, unknown }: VocabularyJson) {
    this.tokens = [...tokens]
    this.#indices = new Map(tokens.map((token, index) => [token, index]))
    this.#unknown = unknown
    if (this.#indices.size !== tokens.length) {
      const twice = tokens.find((token, index) => this.#indices.get(token) !== index)
      throw new OstinatoError('INVALID_OPTION', 'vocabulary', {
        expected: 'each token once',
        received: `a second ${JSON.stringify(twice)}`,
      })
    }
    if (unknown !== undefined) this.index(unknown)
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

  /** One number for each character. A character outside the vocabulary is the `unknown` token, or an error without one. */
  encode(text: string): Int32Array {
    const characters = [...text]
    return Int32Array.from(characters, (character, position) => {
      const index = this.#indices.get(character)
      if (index !== undefined) return index
      if (this.#unknown !== undefined) return this.index(this.#unknown)
      throw new OstinatoError(
        'INDEX_OUT_OF_RANGE',
        'vocabulary.encode',
        { expected: 'known characters', received: `${JSON.stringify(character)} at position ${position}` },
        { remedy: 'Give characterVocabulary an "unknown" token to stand for such characters' },
      )
    })
  }

  decode(indices: ArrayLike<number>): string {
    const read = (index: number, position: number): string => {
      const token = this.tokens[index]
      if (token !== undefined) return token
      throw new OstinatoError('INDEX_OUT_OF_RANGE', 'vocabulary.decode', {
        expected: `0 to ${this.size - 1}`,
        received: `${index} at position ${position}`,
      })
    }
    return Array.from(indices, read).join('')
  }

  toJSON(): VocabularyJson {
    return { tokens: this.tokens, ...(this.#unknown === undefined ? {} : { unknown: this.#unknown }) }
  }

  /** Takes what JSON.parse made of a saved vocabulary. */
  static fromJSON(json: unknown): Vocabulary {
    const { tokens, unknown } = (json ?? {}) as { tokens?: unknown; unknown?: unknown }
    const valid = Array.isArray(tokens) && tokens.every((token) => typeof token === 'string')
    if (!valid || !(unknown === undefined || typeof unknown === 'string')) {
      throw new OstinatoError('INVALID_FILE', 'vocabulary', {
        expected: 'an object with a list of strings "tokens"',
        received: (JSON.stringify(json) ?? 'undefined').slice(0, 80),
      })
    }
    return new Vocabulary({ tokens, ...(unknown === undefined ? {} : { unknown }) })
  }
}

/**
 * The characters of a text in the order of their code points, after the `special` tokens. `unknown` names the special
 * token that stands for characters not seen here.
 */
export function characterVocabulary(
  text: string,
  options: { readonly special?: readonly string[]; readonly unknown?: string } = {},
): Vocabulary {
  checkOptions('characterVocabulary', options, ['special', 'unknown'])
  const { special = [], unknown } = options
  const characters = new Set(text)
  for (const token of special) characters.delete(token)
  const sorted = [...characters].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!)
  const tokens = [...special, ...sorted]
  if (tokens.length === 0) {
    throw new OstinatoError('EMPTY_DATA', 'characterVocabulary', {
      expected: 'a text',
      received: 'an empty one',
    })
  }
  return new Vocabulary({ tokens, ...(unknown === undefined ? {} : { unknown }) })
}
