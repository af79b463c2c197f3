/** Draws the pictures of the documentation: `npx tsx scripts/pictures.ts`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { input, layers, model, sequential, unfold } from '../src/index.js'

const tagger = sequential([
  layers.embedding({ inputDim: 100, outputDim: 16 }),
  layers.bidirectional(layers.lstm({ units: 32, returnSequences: true })),
  layers.dense({ units: 9 }),
]).compile({ loss: 'sparseCategoricalCrossentropy' })

/** A vector, made the first state of a recurrence that is told the token before. */
function vectorToSequence() {
  const image = input({ shape: [6], name: 'image' })
  const previous = input({ shape: [null], type: 'int32', name: 'previous' })
  const h0 = layers.dense({ units: 8, activation: 'tanh' }).apply(image)
  const embedded = layers.embedding({ inputDim: 10, outputDim: 4 }).apply(previous)
  const h = layers.gru({ units: 8, returnSequences: true }).apply(embedded, { initialState: [h0] })
  return model({ inputs: { image, previous }, outputs: layers.dense({ units: 10 }).apply(h) })
}

function encoderDecoder() {
  const source = input({ shape: [null, 3], name: 'source' })
  const previous = input({ shape: [null], type: 'int32', name: 'previous' })
  const [, h, c] = layers.lstm({ units: 8, returnState: true, name: 'encoder' }).apply(source)
  const embedded = layers.embedding({ inputDim: 5, outputDim: 4 }).apply(previous)
  const decoder = layers.lstm({ units: 8, returnSequences: true, name: 'decoder' })
  const tokens = layers.dense({ units: 5 }).apply(decoder.apply(embedded, { initialState: [h, c] }))
  return model({ inputs: { source, previous }, outputs: tokens })
}

const loss = 'sparseCategoricalCrossentropy'
const inputShape = [null, 3] as const
const stack = [
  layers.dense({ units: 8, activation: 'relu' }),
  layers.lstm({ units: 8, returnSequences: true }),
  layers.lstm({ units: 8, returnSequences: true }),
  layers.dense({ units: 8, activation: 'relu' }),
  layers.dense({ units: 5 }),
]

const fedBack = layers.outputFeedback({
  layers: [layers.dense({ units: 8, activation: 'tanh' }), layers.dense({ units: 5 })],
  outputDim: 5,
})

const pictures = {
  'unfold.svg': unfold(tagger, { steps: 4 }).svg,
  // Of docs/recurrent-networks.md
  'pictures/hidden-recurrence.svg': unfold(
    sequential([layers.simpleRNN({ units: 8, returnSequences: true }), layers.dense({ units: 5 })], {
      inputShape,
    }).compile({ loss }),
  ).svg,
  'pictures/output-recurrence.svg': unfold(sequential([fedBack], { inputShape }).compile({ loss })).svg,
  'pictures/sequence-to-vector.svg': unfold(
    sequential([layers.lstm({ units: 8 }), layers.dense({ units: 2 })], { inputShape }).compile({ loss }),
  ).svg,
  'pictures/vector-to-sequence.svg': unfold(vectorToSequence().compile({ loss })).svg,
  'pictures/bidirectional.svg': unfold(
    sequential([
      layers.embedding({ inputDim: 20, outputDim: 4 }),
      layers.bidirectional(layers.gru({ units: 6, returnSequences: true })),
      layers.dense({ units: 5 }),
    ]).compile({ loss }),
  ).svg,
  'pictures/encoder-decoder.svg': unfold(encoderDecoder().compile({ loss }), { steps: 3 }).svg,
  'pictures/deep.svg': unfold(sequential(stack, { inputShape }).compile({ loss }), { steps: 3 }).svg,
}

mkdirSync(new URL('../docs/pictures', import.meta.url), { recursive: true })
for (const [name, svg] of Object.entries(pictures))
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), svg)
