import { adaptTokenizer, characterVocabulary, type ForeignTokenizer, type Tokenizer } from 'ostinato'
import { expect, test } from 'vitest'
import { failureText } from '../failures.js'

const table = ['lo', 'low', 'e', 'r', '<s>']
const pieces = (text: string): number[] =>
  [...text.matchAll(/low|lo|e|r/g)].map(([piece]) => table.indexOf(piece))

/** In the two forms that libraries have. */
const listing: ForeignTokenizer = {
  encode: pieces,
  decode: (tokens) => tokens.map((token) => table[token]).join(''),
}
const objects: ForeignTokenizer = {
  encode: (text) => ({ ids: pieces(text), tokens: ['unused'] }),
  decode(tokens) {
    if (!Array.isArray(tokens)) throw new Error('a plain array is what they take')
    return listing.decode(tokens)
  },
}

test('tokenizers of other libraries are asked as vocabularies are', () => {
  for (const foreign of [listing, objects]) {
    const tokenizer: Tokenizer = adaptTokenizer(foreign, { size: 5, startToken: 4 })
    expect(tokenizer.encode('lower')).toEqual(Int32Array.of(1, 2, 3))
    expect(tokenizer.encode('')).toEqual(new Int32Array(0))
    expect(tokenizer.decode(Int32Array.of(1, 2, 3))).toBe('lower')
    expect([tokenizer.size, tokenizer.startToken, tokenizer.endToken]).toEqual([5, 4, undefined])
  }
  const own: Tokenizer = characterVocabulary('lower')
  expect(own.decode(own.encode('lower'))).toBe('lower')
})

test('tokens outside the size that was told are refused', async () => {
  const small = adaptTokenizer(listing, { size: 2 })
  expect(await failureText(() => small.encode('lower'))).toBe(
    'INDEX_OUT_OF_RANGE tokenizer.encode: expected tokens of 0 to 1, received 2 at position 1',
  )
  expect(await failureText(() => small.decode([0, -1]))).toMatch(/^INDEX_OUT_OF_RANGE tokenizer.decode/)
  expect(await failureText(() => adaptTokenizer(listing, { size: 2, endToken: 2 }))).toBe(
    'INDEX_OUT_OF_RANGE adaptTokenizer, endToken: expected tokens of 0 to 1, received 2',
  )
  expect(await failureText(() => adaptTokenizer(listing, { size: 0 }))).toMatch(
    /^INVALID_OPTION adaptTokenizer, size/,
  )
  expect(await failureText(() => adaptTokenizer(listing, { size: 2, end: 1 } as never))).toMatch(
    /^UNKNOWN_OPTION/,
  )
})
