/**
 * A model that somebody else has trained: the GRU encoder-decoder of the Python package g2p_en (Park and Kim 2019, Apache 2.0), from its file
 * `checkpoint20.npz`, says words here, on any backend. Its tables and matrices are those of PyTorch; what is left to do is to put them into
 * our order of axes and gates.
 *
 *   npm run example -- examples/g2p-en.ts --checkpoint checkpoint20.npz --words "ostinato canon"
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type BackendName, decode, layers, models, type SequenceToSequence, Vocabulary } from 'ostinato'
import { type NpyArray, readNpz } from './npz.js'

const letters = new Vocabulary({
  tokens: ['<pad>', '<unk>', '</s>', ...'abcdefghijklmnopqrstuvwxyz'],
  unknown: '<unk>',
  end: '</s>',
})
const vowels = ['AA', 'AE', 'AH', 'AO', 'AW', 'AY', 'EH', 'ER', 'EY', 'IH', 'IY', 'OW', 'OY', 'UH', 'UW']
const consonants = 'B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH'.split(' ')
const sounds = [...vowels.flatMap((vowel) => [0, 1, 2].map((stress) => vowel + stress)), 'UW', ...consonants]
const phonemes = new Vocabulary({
  tokens: ['<pad>', '<unk>', '<s>', '</s>', ...sounds.sort()],
  unit: 'word',
  start: '<s>',
  end: '</s>',
})

/** [rows, columns] → [columns, rows], with the gates r z n of PyTorch as z r n. */
function gates({ shape: [rows = 0, columns = 1], data }: NpyArray): Float32Array {
  const units = rows / 3
  const swapped = Float32Array.from(data)
  swapped.set(data.subarray(units * columns, 2 * units * columns))
  swapped.set(data.subarray(0, units * columns), units * columns)
  return transposed({ shape: [rows, columns], data: swapped })
}

function transposed({ shape: [rows = 0, columns = 1], data }: NpyArray): Float32Array {
  return Float32Array.from(
    { length: data.length },
    (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!,
  )
}

function modelOf(file: string, backend: { readonly backend?: BackendName }): SequenceToSequence {
  const arrays = readNpz(readFileSync(file))
  const array = (name: string): NpyArray => {
    const found = arrays.get(name)
    if (!found) throw new Error(`${file} has no array "${name}": it is not the checkpoint of g2p_en`)
    return found
  }
  const units = array('enc_w_hh').shape[1]!
  const model = models.encoderDecoder({
    source: { vocabulary: letters.size, units },
    target: {
      vocabulary: phonemes.size,
      units,
      startToken: phonemes.index('<s>'),
      endToken: phonemes.index('</s>'),
    },
    encoder: [layers.gru({ units, name: 'encoder' })],
    decoder: [layers.gru({ units, name: 'decoder' })],
    name: 'g2p_en',
    ...backend,
  })
  const cell = (layer: string, part: string) => [
    { name: `${layer}/kernel`, data: gates(array(`${part}_w_ih`)) },
    { name: `${layer}/recurrentKernel`, data: gates(array(`${part}_w_hh`)) },
    { name: `${layer}/bias`, data: gates(array(`${part}_b_ih`)) },
    { name: `${layer}/recurrentBias`, data: gates(array(`${part}_b_hh`)) },
  ]
  model.model.setWeights([
    { name: 'sourceEmbedding/embeddings', data: array('enc_emb').data },
    { name: 'targetEmbedding/embeddings', data: array('dec_emb').data },
    ...cell('encoder', 'enc'),
    ...cell('decoder', 'dec'),
    { name: 'scores/kernel', data: transposed(array('fc_w')) },
    { name: 'scores/bias', data: array('fc_b').data },
  ])
  return model
}

const { values } = parseArgs({
  options: {
    checkpoint: { type: 'string' },
    words: { type: 'string', default: 'ostinato' },
    backend: { type: 'string' },
  },
})
if (values.checkpoint === undefined) {
  console.error('Say where checkpoint20.npz of the Python package g2p_en lies: --checkpoint FILE')
  process.exit(1)
}
const model = modelOf(
  values.checkpoint,
  values.backend === undefined ? {} : { backend: values.backend as BackendName },
)
const words = values.words.split(/\s+/).filter((word) => word !== '')
const decoder = await model.decoder(words.map((word) => letters.encode([...word, '</s>'])))
// As g2p_en does it: the likeliest sound each time, at most 20.
const said = await decode.greedy(decoder, { maxLength: 20 })
for (const [i, { hypotheses }] of said.entries())
  console.log(`${words[i]}\t${phonemes.decode(hypotheses[0]?.tokens ?? [])}`)
decoder.dispose()
model.dispose()
