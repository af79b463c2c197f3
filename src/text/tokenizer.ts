import { OstinatoError } from '../errors.js'
import { checkInteger, checkOptions } from '../suggest.js'

/** What turns text into tokens and back: a `Vocabulary`, or the tokenizer of another library behind `adaptTokenizer`. */
export interface Tokenizer {
  /** Tokens are 0 … size − 1. */
  readonly size: number
  readonly paddingToken?: number | undefined
  readonly startToken?: number | undefined
  readonly endToken?: number | undefined
  readonly unknownToken?: number | undefined
  encode(text: string): Int32Array
  decode(tokens: ArrayLike<number>): string
}

/** A tokenizer as other libraries have it: `encode` returns numbers, or an object that has them as `ids`. */
export interface ForeignTokenizer {
  encode(text: string): Iterable<number> | { readonly ids: Iterable<number> }
  decode(tokens: number[]): string
}

export interface AdaptTokenizerOptions {
  /** How many tokens there are. What is outside is refused. */
  readonly size: number
  /** Numbers of the special tokens that there are. */
  readonly paddingToken?: number
  readonly startToken?: number
  readonly endToken?: number
  readonly unknownToken?: number
}

/** A tokenizer of another library, such as one for byte pairs, as this library asks it. It adds no tokens and takes none away. */
export function adaptTokenizer(foreign: ForeignTokenizer, options: AdaptTokenizerOptions): Tokenizer {
  const where = 'adaptTokenizer'
  const special = ['paddingToken', 'startToken', 'endToken', 'unknownToken'] as const
  checkOptions(where, options, ['size', ...special])
  const { size } = options
  checkInteger(`${where}, size`, size, 1)
  const checked = (place: string, token: number, position?: number): number => {
    if (Number.isInteger(token) && token >= 0 && token < size) return token
    throw new OstinatoError('INDEX_OUT_OF_RANGE', place, {
      expected: `tokens of 0 to ${size - 1}`,
      received: position === undefined ? String(token) : `${token} at position ${position}`,
    })
  }
  for (const name of special) {
    const token = options[name]
    if (token !== undefined) checked(`${where}, ${name}`, token)
  }
  return {
    ...options,
    encode(text) {
      const encoded = foreign.encode(text)
      const ids = 'ids' in encoded ? encoded.ids : encoded
      return Int32Array.from(ids, (token, position) => checked('tokenizer.encode', token, position))
    },
    decode(tokens) {
      const all = Array.from(tokens, (token, i) => checked('tokenizer.decode', token, i))
      // Some libraries refuse to decode nothing, which a search may well find.
      return all.length === 0 ? '' : foreign.decode(all)
    },
  }
}
