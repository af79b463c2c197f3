/**
 * A character language model as a tool: truncated backpropagation through time over contiguous streams of a text.
 * The first 90 % of the text train, the rest validates; losses are in nats per character.
 *
 *   npm run char-lm -- --text FILE [--cell lstm|gru|rnn] [--layers 2] [--units 128] [--embedding 64] [--batch 50]
 *     [--time 50] [--steps 2000] [--seed 0] [--backend native|wasm|reference] [--precision float32|bfloat16] [--json]
 *
 * Trains in the given precision; validates in float32, in bfloat16 and in int8.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  type BackendName,
  type Batch,
  type Batches,
  characterVocabulary,
  generate,
  initializers,
  type Layer,
  layers,
  optimizers,
  type RecurrentOptions,
  sequential,
  textStreams,
} from 'ostinato'
import { progressBar } from './progress.js'

const cells = { lstm: layers.lstm, gru: layers.gru, rnn: layers.simpleRNN } as const

const { values } = parseArgs({
  options: {
    text: { type: 'string' },
    cell: { type: 'string', default: 'lstm' },
    layers: { type: 'string', default: '2' },
    units: { type: 'string', default: '128' },
    embedding: { type: 'string', default: '64' },
    batch: { type: 'string', default: '50' },
    time: { type: 'string', default: '50' },
    steps: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '0' },
    backend: { type: 'string' },
    precision: { type: 'string', default: 'float32' },
    json: { type: 'boolean', default: false },
  },
})
if (values.text === undefined) throw new Error('Name the text to learn from: --text FILE')
if (!Object.hasOwn(cells, values.cell))
  throw new Error(`--cell: expected lstm, gru or rnn, received ${values.cell}`)
const cell: (options: RecurrentOptions) => Layer = cells[values.cell as keyof typeof cells]
function integer(
  name: 'layers' | 'units' | 'embedding' | 'batch' | 'time' | 'steps' | 'seed',
  minimum = 1,
): number {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value >= minimum) return value
  throw new Error(`--${name}: expected an integer of at least ${minimum}, received ${values[name]}`)
}
const steps = integer('steps')
const seed = integer('seed', 0)
const shape = { batch: integer('batch'), time: integer('time') }

const text = readFileSync(values.text, 'utf8')
const vocabulary = characterVocabulary(text)
const tokens = vocabulary.encode(text)
const border = Math.floor(tokens.length * 0.9)
const training = textStreams(tokens.subarray(0, border), shape)
const validation = textStreams(tokens.subarray(border), shape)

const model = sequential(
  [
    layers.embedding({
      inputDim: vocabulary.size,
      outputDim: integer('embedding'),
      embeddingsInitializer: initializers.randomNormal({ stddev: 1 }),
    }),
    ...Array.from({ length: integer('layers') }, () =>
      cell({ units: integer('units'), returnSequences: true, stateful: true }),
    ),
    layers.dense({ units: vocabulary.size }),
  ],
  { seed, ...(values.backend === undefined ? {} : { backend: values.backend as BackendName }) },
)
model.compile({
  optimizer: optimizers.adam({ learningRate: 2e-3, globalClipNorm: 1 }),
  loss: 'sparseCategoricalCrossentropy',
  precision: values.precision as 'float32' | 'bfloat16',
})
await model.ready()
console.error(`${model.summary()}\nbackend ${model.backend.name}: ${model.backend.reason}`)

/** Epoch after epoch, until enough steps are done. */
function* upTo(count: number, epoch: Batches): Generator<Batch> {
  for (let done = 0; ; ) {
    for (const batch of epoch) {
      if (done++ === count) return
      yield batch
    }
  }
}

const bar = progressBar(steps)
const losses: number[] = []
const times: number[] = []
let last = performance.now()
await model.fit(() => upTo(steps, training), {
  callbacks: {
    onStepEnd(logs) {
      const now = performance.now()
      times.push(now - last)
      last = now
      losses.push(logs.loss)
      bar.update(logs)
    },
  },
})
bar.stop()
const { loss: valLoss } = await model.evaluate(validation)
const { loss: valLossBfloat16 } = await model.evaluate(validation, { precision: 'bfloat16' })
const { loss: valLossInt8 } = await model.evaluate(validation, { precision: 'int8' })

const recent = losses.slice(-100)
const result = {
  backend: model.backend.name,
  steps,
  // Mean of the last 100 steps.
  trainLoss: recent.reduce((sum, loss) => sum + loss, 0) / recent.length,
  valLoss,
  valLossBfloat16,
  valLossInt8,
  // Median, everything between two steps included.
  msPerStep: times.sort((a, b) => a - b)[times.length >> 1] ?? 0,
  parameters: model.getWeights().reduce((sum, { data }) => sum + data.length, 0),
}
const prompt = vocabulary.encode([...text][0] ?? '')
const sample = await generate(model, { prompt, length: 300, temperature: 0.8, seed })
console.error(`\n${vocabulary.decode(prompt)}${vocabulary.decode(sample)}\n`)
console.error(
  `validation loss ${valLoss.toFixed(4)} nats, ${(valLoss / Math.LN2).toFixed(3)} bits per character; with bfloat16 products ${valLossBfloat16.toFixed(4)}, with int8 ${valLossInt8.toFixed(4)}`,
)
console.log(values.json ? JSON.stringify(result) : `${result.msPerStep.toFixed(2)} ms per step`)
model.dispose()
