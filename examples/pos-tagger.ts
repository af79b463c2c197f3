/**
 * Part-of-speech tagging, after Plank et al. (2016): a bidirectional GRU reads the characters of each word, another one the
 * words of the sentence, each as its own embedding beside what its characters say. Learns from the training file of
 * Universal Dependencies English EWT, measures on its development file: 17 universal tags, accuracy over words.
 */
import {
  type Batch,
  type Batches,
  characterVocabulary,
  input,
  layers,
  model,
  type SingleBatch,
  sequenceBatches,
  type TensorData,
} from 'ostinato'
import { example, InputError } from './command.js'
import { readConllu, readData, type TaggedWord } from './data.js'
import { percent, runExperiment } from './training.js'

/** Characters that are read of a word: its last ones, with blanks before shorter words. */
const spelling = 10

/** Words and characters of a batch of rows [batch, time, 1 + spelling], a word and then its characters. */
function separate({ inputs, ...rest }: SingleBatch): Batch {
  const { data, shape } = inputs as TensorData
  const [batch = 0, time = 0] = shape
  const words = new Int32Array(batch * time)
  const characters = new Int32Array(batch * time * spelling)
  for (let step = 0; step < words.length; step++) {
    const from = step * (1 + spelling)
    words[step] = data[from]!
    characters.set(data.subarray(from + 1, from + 1 + spelling), step * spelling)
  }
  return {
    ...rest,
    inputs: {
      words: { data: words, shape: [batch, time] },
      characters: { data: characters, shape: [batch, time, spelling] },
    },
  }
}

function separated(packed: Batches<SingleBatch>): Batches {
  return {
    length: packed.length,
    *[Symbol.iterator]() {
      for (const batch of packed) yield separate(batch)
    },
  }
}

/** Numbers of the words that were seen more than once, in lower case; 0 is for all others. */
function numberWords(sentences: readonly (readonly TaggedWord[])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { form } of sentences.flat()) {
    const word = form.toLowerCase()
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  const seen = [...counts].filter(([, count]) => count > 1)
  return new Map(seen.map(([word], i) => [word, i + 1]))
}

await example(
  {
    about: 'Learns to tell the part of speech of every word of a sentence.',
    data: 'folder with en_ewt-ud-train.conllu and en_ewt-ud-dev.conllu of Universal Dependencies English EWT, or those with .gz or .xz',
    numbers: {
      embedding: 64,
      characterEmbedding: 16,
      characterUnits: 24,
      units: 96,
      dropout: 0.3,
      epochs: 2,
      batch: 32,
      rate: 4e-3,
    },
  },
  async (settings) => {
    const { data, embedding, characterEmbedding, characterUnits, units, dropout } = settings
    const { epochs, batch, rate, seed, backend } = settings
    const read = (part: string) => readConllu(readData(data, `en_ewt-ud-${part}.conllu`).toString('utf8'))
    const [learned, measured] = [read('train'), read('dev')]
    const numbers = numberWords(learned)
    const text = learned.flatMap((sentence) => sentence.map(({ form }) => form)).join('')
    const alphabet = characterVocabulary(text, { special: [' ', '?'], unknown: '?' })
    const tags = [...new Set(learned.flat().map(({ tag }) => tag))].sort()

    const row = ({ form }: TaggedWord): number[] => {
      const end = [...form].slice(-spelling).join('').padStart(spelling)
      return [numbers.get(form.toLowerCase()) ?? 0, ...alphabet.encode(end)]
    }
    const tagOf = ({ form, tag }: TaggedWord): number => {
      if (tags.includes(tag)) return tags.indexOf(tag)
      throw new InputError(`${data}: "${form}" has the tag ${tag}, which no word of the training file has`)
    }
    const part = (sentences: readonly (readonly TaggedWord[])[]) => ({
      inputs: sentences.map(
        (sentence): TensorData => ({
          data: Int32Array.from(sentence.flatMap(row)),
          shape: [sentence.length, 1 + spelling],
        }),
      ),
      targets: sentences.map((sentence) => sentence.map(tagOf)),
    })
    const training = separated(sequenceBatches(part(learned), { batchSize: batch, shuffle: 'epoch', seed }))
    const development = separated(sequenceBatches(part(measured), { batchSize: 100 }))

    await runExperiment(
      {
        training,
        epochs,
        rate,
        loss: 'sparseCategoricalCrossentropy',
        metrics: ['accuracy'],
        unit: 'words',
        make: () => {
          const words = input({ shape: ['words'], type: 'int32', name: 'words' })
          const characters = input({ shape: ['words', spelling], type: 'int32', name: 'characters' })
          const meaning = layers.embedding({ inputDim: numbers.size + 1, outputDim: embedding }).apply(words)
          const letters = layers
            .embedding({ inputDim: alphabet.size, outputDim: characterEmbedding })
            .apply(characters)
          const spelt = layers
            .timeDistributed(layers.bidirectional(layers.gru({ units: characterUnits })))
            .apply(letters)
          const both = layers.dropout({ rate: dropout }).apply(layers.concatenate().apply([meaning, spelt]))
          const context = layers.bidirectional(layers.gru({ units, returnSequences: true })).apply(both)
          const outputs = layers
            .dense({ units: tags.length })
            .apply(layers.dropout({ rate: dropout }).apply(context))
          return model({ name: 'pos-tagger', inputs: [words, characters], outputs, seed, ...backend })
        },
        measure: async (tagger) => {
          const { metrics, weight } = await tagger.evaluate(development)
          return { words: weight, accuracy: percent(metrics['accuracy']!) }
        },
      },
      settings,
    )
  },
)
