/** Byte pairs by a library that is made for them, behind `adaptTokenizer`: from its description to a model and back. */
import { Tokenizer as BytePairs } from '@huggingface/tokenizers'
import { adaptTokenizer, decode, initializers, layers, models, optimizers, type Tokenizer } from 'ostinato'
import { expect, test } from 'vitest'

/** The character that stands for each byte in such vocabularies: itself where it can be seen, else one from U+0100 on. */
const bytes = (() => {
  const seen = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(seen(byte) ? byte : next++))
})()

const special = ['<s>', '</s>']
const merges = ['l o', 'lo w', 'e r', 'Ġ low', 'Ã ¶']
const pieces = [...special, ...bytes, ...merges.map((merge) => merge.replace(' ', ''))]

/** A `tokenizer.json`, as trainers write it. */
const description = JSON.stringify({
  version: '1.0',
  added_tokens: special.map((content, id) => ({ id, content, special: true })),
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: null,
  decoder: { type: 'ByteLevel' },
  model: { type: 'BPE', vocab: Object.fromEntries(pieces.map((piece, i) => [piece, i])), merges },
})

function tokenizerOf(json: string): Tokenizer {
  const library = new BytePairs(JSON.parse(json), {})
  const [startToken, endToken] = special.map((token) => library.token_to_id(token) as number)
  return adaptTokenizer(library, { size: pieces.length, startToken: startToken!, endToken: endToken! })
}

test('the library merges, and gives back whatever bytes there were', () => {
  const tokenizer = tokenizerOf(description)
  const said = (text: string) => [...tokenizer.encode(text)].map((token) => pieces[token])
  expect(said('lower low slow')).toEqual(['low', 'er', 'Ġlow', 'Ġ', 's', 'low'])
  // ö is two bytes, which are merged; the others stay alone.
  expect(said('öß')).toEqual(['Ã¶', 'Ã', 'Ł'])
  for (const text of ['', 'lower', 'naïve — 東京 🙂\n', 'slow  flow'])
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
  expect([tokenizer.startToken, tokenizer.endToken]).toEqual([0, 1])
})

test('a model learns in byte pairs, and its file brings them along', async () => {
  const tokenizer = tokenizerOf(description)
  const [source, said] = [
    ['low', 'lower', 'slow'],
    ['high', 'higher', 'fast'],
  ] as const
  // Larger than by default: few pairs move few of so many vectors.
  const embeddingsInitializer = initializers.randomNormal({ stddev: 1 })
  const table = { vocabulary: tokenizer.size, units: 16, embeddingsInitializer }
  const m = models.encoderDecoder({
    source: table,
    target: { ...table, startToken: tokenizer.startToken!, endToken: tokenizer.endToken! },
    encoder: [layers.bidirectional(layers.gru({ units: 16 }))],
    decoder: [layers.gru({ units: 32 })],
    attention: layers.attention(),
  })
  m.compile({ optimizer: optimizers.adam({ learningRate: 0.02 }) })
  const encoded = (texts: readonly string[]) => texts.map((text) => tokenizer.encode(text))
  await m.fit({ sources: encoded(source), targets: encoded(said) }, { epochs: 100 })
  m.model.extra['tokenizer'] = description

  const again = await models.load(m.toBytes())
  const kept = tokenizerOf(again.model.extra['tokenizer'] ?? '')
  const decoder = await again.decoder(source.map((text) => kept.encode(text)))
  const found = await decode.beam(decoder, { beams: 3, maxLength: 10 })
  expect(found.map(({ hypotheses }) => kept.decode(hypotheses[0]?.tokens ?? []))).toEqual(said)
  for (const each of [m, again]) each.dispose()
})
