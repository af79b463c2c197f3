import { layers, load, sequential } from 'ostinato'
import { describe, expect, it } from 'vitest'
import { characterVocabulary, Vocabulary, wordVocabulary } from '../../src/data/index.js'

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

  it('reads several texts, and adds the tokens that have a part to play', () => {
    const special = { padding: '<pad>', start: '<s>', end: '</s>', unknown: '?' }
    const vocabulary = characterVocabulary(['ba', 'ca?'], special)
    expect(vocabulary.tokens).toEqual(['<pad>', '<s>', '</s>', '?', 'a', 'b', 'c'])
    const { paddingToken, startToken, endToken, unknownToken } = vocabulary
    expect([paddingToken, startToken, endToken, unknownToken]).toEqual([0, 1, 2, 3])
    expect(vocabulary.encode('axb')).toEqual(Int32Array.of(4, 3, 5))
    // Named among the special tokens, they keep their places there; one may play two parts.
    const both = { padding: '<pad>', start: '<s>', end: '<s>', special: ['x', '<s>'] }
    const mixed = characterVocabulary('ab', both)
    expect(mixed.tokens).toEqual(['<pad>', 'x', '<s>', 'a', 'b'])
    expect([mixed.startToken, mixed.endToken, mixed.unknownToken]).toEqual([2, 2, undefined])
    expect(characterVocabulary('', special).size).toBe(4)
  })

  it('refuses nothing at all, tokens given twice and options that are none', () => {
    expect(() => characterVocabulary('')).toThrow(expect.objectContaining({ code: 'EMPTY_DATA' }))
    expect(() => characterVocabulary('a', { special: ['x', 'x'] })).toThrow(/a second "x"/)
    expect(() => new Vocabulary({ tokens: ['a'], unknown: '<unk>' })).toThrow(/received "<unk>"/)
    expect(() => characterVocabulary('a', { specials: [] } as never)).toThrow(/Did you mean "special"\?/)
  })
})

describe('wordVocabulary', () => {
  const texts = ['the cat saw  the dog', ' a dog\tsaw the cat\n']

  it('numbers words, the most frequent first', () => {
    const vocabulary = wordVocabulary(texts, { unknown: '<unk>' })
    expect(vocabulary.tokens).toEqual(['<unk>', 'the', 'cat', 'dog', 'saw', 'a'])
    expect(vocabulary.encode('a bird saw')).toEqual(Int32Array.of(5, 0, 4))
    expect(vocabulary.decode([1, 3])).toBe('the dog')
    expect(vocabulary.tokensOf([1, 0])).toEqual(['the', '<unk>'])
    expect(wordVocabulary(texts, { minCount: 2 }).tokens).toEqual(['the', 'cat', 'dog', 'saw'])
    expect(wordVocabulary(texts, { maxSize: 3, start: '<s>' }).tokens).toEqual(['<s>', 'the', 'cat'])
    expect(() => wordVocabulary(texts).encode('the bird')).toThrow(
      /^vocabulary\.encode: expected known words, received "bird" at position 1\. Give the vocabulary an "unknown"/,
    )
  })

  it('takes what has been cut already, such as phonemes', () => {
    const vocabulary = wordVocabulary([['K', 'AE', 'T'], ['T']], { end: '</s>' })
    expect(vocabulary.tokens).toEqual(['</s>', 'T', 'AE', 'K'])
    expect(vocabulary.encode(['AE', '</s>'])).toEqual(Int32Array.of(2, 0))
    expect(vocabulary.encode('T AE')).toEqual(Int32Array.of(1, 2))
  })

  it('refuses what makes no vocabulary', () => {
    expect(() => wordVocabulary([])).toThrow(expect.objectContaining({ code: 'EMPTY_DATA' }))
    expect(() => wordVocabulary(texts, { minCount: 0 })).toThrow(
      /minCount: expected an integer of at least 1/,
    )
    expect(() => wordVocabulary(texts, { maxSize: 1, start: '<s>', end: '</s>' })).toThrow(/received "<\/s>"/)
    expect(() => wordVocabulary(texts, { minimum: 2 } as never)).toThrow(/unknown option "minimum"/)
  })
})

describe('Vocabulary', () => {
  it('travels in the model file', async () => {
    const vocabulary = wordVocabulary(['to be or not to be'], {
      padding: '_',
      start: '<',
      end: '>',
      unknown: '?',
    })
    const model = sequential([layers.embedding({ inputDim: vocabulary.size, outputDim: 2 })], {
      backend: 'reference',
    })
    model.extra['words'] = JSON.stringify(vocabulary)
    await model.ready()
    await model.predict({ inputs: [[0]] })
    const { extra } = await load(model.toBytes(), { backend: 'reference' })
    const again = Vocabulary.fromJSON(JSON.parse(extra['words']!))
    expect(again).toEqual(vocabulary)
    expect(again.encode('not now')).toEqual(vocabulary.encode('not now'))
    expect(again.decode([4, 5])).toBe('be to')
  })

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
      { tokens: ['a'], end: 3 },
      { tokens: ['a'], unit: 'line' },
    ]) {
      expect(() => Vocabulary.fromJSON(json)).toThrow(expect.objectContaining({ code: 'INVALID_FILE' }))
    }
  })
})
