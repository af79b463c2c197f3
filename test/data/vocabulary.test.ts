import { describe, expect, it } from 'vitest'
import { characterVocabulary, Vocabulary } from '../../src/data/index.js'

describe('characterVocabulary', () => {
  it('numbers characters in the order of their code points', () => {
    // As UTF-16 the emoji (d83d …) would come before U+FF5E.
    const vocabulary = characterVocabulary('ba～😀a\n')
    expect(vocabulary.tokens).toEqual(['\n', 'a', 'b', '～', '😀'])
    expect(vocabulary.size).toBe(5)
    expect(vocabulary.encode('😀ab')).toEqual(Int32Array.of(4, 1, 2))
    expect(vocabulary.decode(vocabulary.encode('a～😀\nb'))).toBe('a～😀\nb')
    expect(vocabulary.encode('')).toHaveLength(0)
    expect(vocabulary.decode([])).toBe('')
  })

  it('puts special tokens first, once', () => {
    const vocabulary = characterVocabulary('cab', { special: ['<pad>', '<end>', 'b'] })
    expect(vocabulary.tokens).toEqual(['<pad>', '<end>', 'b', 'a', 'c'])
    expect(vocabulary.index('<end>')).toBe(1)
    expect(vocabulary.decode([4, 3, 2, 1])).toBe('cab<end>')
  })

  it('reads unknown characters as the unknown token, or names them', () => {
    const known = characterVocabulary('ab', { special: ['?'], unknown: '?' })
    expect(known.encode('axb')).toEqual(Int32Array.of(1, 0, 2))
    expect(() => characterVocabulary('ab').encode('a😀x')).toThrow(
      expect.objectContaining({
        code: 'INDEX_OUT_OF_RANGE',
        message: expect.stringMatching(
          /^vocabulary\.encode: expected known characters, received "😀" at position 1\. /,
        ),
      }),
    )
    expect(() => known.decode([0, 3])).toThrow(
      /vocabulary\.decode: expected 0 to 2, received 3 at position 1/,
    )
    expect(() => known.decode([-1])).toThrow(expect.objectContaining({ code: 'INDEX_OUT_OF_RANGE' }))
    expect(() => known.index('<end>')).toThrow(/received "<end>"/)
  })

  it('refuses nothing at all, tokens given twice and an unknown token that is none', () => {
    expect(() => characterVocabulary('')).toThrow(expect.objectContaining({ code: 'EMPTY_DATA' }))
    expect(() => characterVocabulary('a', { special: ['x', 'x'] })).toThrow(/a second "x"/)
    expect(() => characterVocabulary('a', { unknown: '<unk>' })).toThrow(/received "<unk>"/)
    expect(() => characterVocabulary('a', { specials: [] } as never)).toThrow(/Did you mean "special"\?/)
  })
})

describe('Vocabulary', () => {
  it('survives JSON, with names that objects inherit', () => {
    const vocabulary = characterVocabulary('hello', {
      special: ['__proto__', 'constructor'],
      unknown: 'constructor',
    })
    const copy = Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)))
    expect(copy.tokens).toEqual(vocabulary.tokens)
    expect(copy.encode('hez')).toEqual(vocabulary.encode('hez'))
    expect(copy.encode('z')).toEqual(Int32Array.of(1))
    expect(() => Vocabulary.fromJSON(JSON.parse('{"tokens":["a"]}')).encode('z')).toThrow(/"z" at position 0/)
  })

  it('refuses JSON of another form', () => {
    for (const json of [
      null,
      undefined,
      3,
      [],
      {},
      { tokens: 'ab' },
      { tokens: [1] },
      { tokens: ['a'], unknown: 3 },
    ]) {
      expect(() => Vocabulary.fromJSON(json)).toThrow(expect.objectContaining({ code: 'INVALID_FILE' }))
    }
  })
})
