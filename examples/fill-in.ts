/**
 * Which word is missing? A two-sided model reads what stands before a word from the left and what stands behind it from the
 * right, and neither sees the word: p(wₜ | w₁ … wₜ₋₁, wₜ₊₁ … wₙ). Beside it, with as many units on its one side as the other has
 * on both, a left-to-right model: p(wₜ | w₁ … wₜ₋₁). Both learn from the sentences of Universal Dependencies English EWT and are
 * measured on its development file: nats for each word that is in the vocabulary.
 */
import {
  type Batch,
  type Batches,
  input,
  layers,
  type Model,
  model,
  type SingleBatch,
  sequenceBatches,
  type TensorData,
} from 'ostinato'
import { example, InputError } from './command.js'
import { readConllu, readData } from './data.js'
import { percent, runExperiment } from './training.js'

/** Words without a place in the vocabulary, and both ends of a sentence. */
const [unknown, end] = [0, 1]

/** A sentence to complete: its fourth word is missing. What stands there makes no difference. */
const question = ['bring', 'a', 'golden', '', 'chicken', '.']
const gap = question.indexOf('')

/** What stands before each word and behind it, the words as targets; unknown words have no weight. */
function bothSides({ inputs, lengths }: SingleBatch): Batch {
  const { data: words, shape } = inputs as TensorData
  const [batch = 0, time = 0] = shape
  const ends = (lengths as TensorData).data
  const left = new Int32Array(words.length)
  const right = new Int32Array(words.length)
  for (let row = 0; row < batch; row++)
    for (let t = 0; t < ends[row]!; t++) {
      const at = row * time + t
      left[at] = t === 0 ? end : words[at - 1]!
      right[at] = t + 1 === ends[row] ? end : words[at + 1]!
    }
  return {
    inputs: { left: { data: left, shape }, right: { data: right, shape } },
    targets: { data: words, shape },
    weights: { data: Float32Array.from(words, (word) => (word === unknown ? 0 : 1)), shape },
    lengths: lengths!,
  }
}

function leftSide(sentences: SingleBatch): Batch {
  const { inputs, ...rest } = bothSides(sentences)
  return { ...rest, inputs: { left: (inputs as { readonly left: TensorData }).left } }
}

function viewed(sentences: Batches<SingleBatch>, view: (batch: SingleBatch) => Batch): Batches {
  return {
    length: sentences.length,
    *[Symbol.iterator]() {
      for (const batch of sentences) yield view(batch)
    },
  }
}

interface Sizes {
  /** In the vocabulary. */
  readonly words: number
  readonly embedding: number
  readonly units: number
  readonly dropout: number
}

function twoSided({ words, embedding, units, dropout }: Sizes, options: object): Model {
  const left = input({ shape: ['words'], type: 'int32', name: 'left' })
  const right = input({ shape: ['words'], type: 'int32', name: 'right' })
  const embed = layers.embedding({ inputDim: words, outputDim: embedding })
  const before = layers.gru({ units, returnSequences: true }).apply(embed.apply(left))
  // Of a walk in both directions only the one from the right is used; the other is never computed.
  const walks = layers.bidirectional(layers.gru({ units, returnSequences: true }), { mergeMode: 'none' })
  const [, behind] = walks.apply(embed.apply(right))
  const states = layers.dropout({ rate: dropout }).apply(layers.concatenate().apply([before, behind]))
  const outputs = layers.dense({ units: words }).apply(states)
  return model({ name: 'two-sided', inputs: [left, right], outputs, ...options })
}

function leftToRight({ words, embedding, units, dropout }: Sizes, options: object): Model {
  const left = input({ shape: ['words'], type: 'int32', name: 'left' })
  const embedded = layers.embedding({ inputDim: words, outputDim: embedding }).apply(left)
  const states = layers.gru({ units: 2 * units, returnSequences: true }).apply(embedded)
  const outputs = layers.dense({ units: words }).apply(layers.dropout({ rate: dropout }).apply(states))
  return model({ name: 'left-to-right', inputs: left, outputs, ...options })
}

await example(
  {
    about: 'Fills in a missing word from both sides of it, or (--sides 1) from what stands before it.',
    data: 'folder with en_ewt-ud-train.conllu and en_ewt-ud-dev.conllu of Universal Dependencies English EWT, or those with .gz or .xz',
    numbers: {
      sides: 2,
      vocabulary: 2000,
      embedding: 64,
      units: 96,
      dropout: 0.3,
      epochs: 3,
      batch: 32,
      rate: 4e-3,
    },
  },
  async (settings) => {
    const { data, sides, epochs, batch, rate, seed, backend } = settings
    if (sides > 2) throw new InputError(`--sides: expected 1 or 2, received ${sides}`)
    const read = (part: string): string[][] =>
      readConllu(readData(data, `en_ewt-ud-${part}.conllu`).toString('utf8')).map((sentence) =>
        sentence.map(({ form }) => form.toLowerCase()),
      )
    const [learned, measured] = [read('train'), read('dev')]
    const counts = new Map<string, number>()
    for (const word of learned.flat()) counts.set(word, (counts.get(word) ?? 0) + 1)
    const frequent = [...counts].sort(([, a], [, b]) => b - a).slice(0, settings.vocabulary)
    const names = ['', '', ...frequent.map(([word]) => word)]
    const numbers = new Map(frequent.map(([word], i) => [word, i + 2]))
    const encode = (sentence: readonly string[]) => sentence.map((word) => numbers.get(word) ?? unknown)
    const view = sides === 2 ? bothSides : leftSide
    const batchesOf = (sentences: readonly string[][], options: Parameters<typeof sequenceBatches>[1]) =>
      viewed(sequenceBatches({ inputs: sentences.map(encode) }, options), view)
    const training = batchesOf(learned, { batchSize: batch, shuffle: 'epoch', seed })
    const development = batchesOf(measured, { batchSize: 50 })

    /** The likeliest words for the gap of the question. */
    const candidates = async (model: Model): Promise<string[]> => {
      const [asked] = batchesOf([question], { batchSize: 1 })
      const { data, shape } = await model.predict({ inputs: asked!.inputs, lengths: asked!.lengths! })
      const scores = data.subarray(gap * shape[2]!, (gap + 1) * shape[2]!)
      const order = Array.from(scores.keys()).filter((word) => word > end)
      return order
        .sort((a, b) => scores[b]! - scores[a]!)
        .slice(0, 8)
        .map((word) => names[word]!)
    }

    await runExperiment(
      {
        training,
        epochs,
        rate,
        loss: 'sparseCategoricalCrossentropy',
        metrics: ['accuracy'],
        unit: 'words',
        make: () =>
          (sides === 2 ? twoSided : leftToRight)({ ...settings, words: names.length }, { seed, ...backend }),
        measure: async (model) => {
          const { loss, metrics, weight } = await model.evaluate(development)
          const words = question.map((word, t) => (t === gap ? '…' : word)).join(' ')
          console.error(`${words}\n${(await candidates(model)).join(', ')}`)
          return {
            words: weight,
            nats: Math.round(loss * 1e4) / 1e4,
            accuracy: percent(metrics['accuracy']!),
          }
        },
      },
      settings,
    )
  },
)
