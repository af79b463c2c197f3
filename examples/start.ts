/**
 * The main job: learns how English words are spelled from the headwords of the CMU pronouncing dictionary, invents new
 * ones, saves the model, and shows that the file says the same words on the WebAssembly backend.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dictionary } from 'cmu-pronouncing-dictionary'
import {
  characterVocabulary,
  generate,
  layers,
  load,
  type Model,
  optimizers,
  RandomStream,
  sequential,
  textStreams,
} from 'ostinato'
import { progressBar } from './progress.js'

const seed = 7
const epochs = 6
const shape = { batch: 64, time: 48 }

const words = new RandomStream(seed).shuffle(Object.keys(dictionary).filter((word) => /^[a-z]+$/.test(word)))
const border = Math.floor(words.length * 0.95)
const text = (list: readonly string[]): string => `\n${list.join('\n')}\n`
const vocabulary = characterVocabulary(text(words))
const end = vocabulary.index('\n')
const training = textStreams(vocabulary.encode(text(words.slice(0, border))), shape)
const heldOut = textStreams(vocabulary.encode(text(words.slice(border))), shape)

const model = sequential(
  [
    layers.embedding({ inputDim: vocabulary.size, outputDim: 32 }),
    layers.lstm({ units: 256, returnSequences: true, stateful: true }),
    layers.dense({ units: vocabulary.size }),
  ],
  { name: 'words', seed },
)
const steps = epochs * training.length
model.compile({
  optimizer: optimizers.adam({
    learningRate: (step) => 4e-3 * Math.min(1, step / 100) * (1 - (0.95 * step) / steps),
    globalClipNorm: 1,
  }),
  loss: 'sparseCategoricalCrossentropy',
})
await model.ready()
console.log(`${model.summary()}\n\nbackend ${model.backend.name}: ${model.backend.reason}`)
console.log(
  `${border.toLocaleString('en')} words to learn from, ${(words.length - border).toLocaleString('en')} held out\n`,
)

const bar = progressBar(steps)
await model.fit(training, { epochs, callbacks: { onStepEnd: (logs) => bar.update(logs) } })
bar.stop()
const { loss } = await model.evaluate(heldOut)
console.log(`\nheld-out words: ${(loss / Math.LN2).toFixed(3)} bits per character`)

/** Words that the model makes up: one seed each. */
async function invent(from: Model, count: number): Promise<string[]> {
  const invented: string[] = []
  for (let i = 0; i < count; i++) {
    const tokens = await generate(from, { prompt: [end], length: 24, temperature: 0.8, seed: seed + i, end })
    invented.push(vocabulary.decode(tokens))
  }
  return invented
}
const invented = await invent(model, 40)
const known = new Set(words)
console.log(`\nnew words: ${[...new Set(invented)].filter((word) => !known.has(word)).join(', ')}`)

const folder = await mkdtemp(join(tmpdir(), 'ostinato-'))
try {
  const file = join(folder, 'words.safetensors')
  model.extra['vocabulary'] = JSON.stringify(vocabulary)
  await model.save(file)
  console.log(`\nsaved as one file of ${((await stat(file)).size / 1e6).toFixed(2)} MB`)

  const portable = await load(file, { backend: 'wasm' })
  const same = await invent(portable, invented.length)
  const [batch] = heldOut
  if (!batch) throw new Error('no held-out words')
  const [here, there] = [
    await model.predict({ inputs: batch.inputs }),
    await portable.predict({ inputs: batch.inputs }),
  ]
  const difference = here.data.reduce(
    (worst, x, i) => Math.max(worst, Math.abs(x - (there.data[i] ?? Number.NaN))),
    0,
  )
  console.log(`reloaded on ${portable.backend.name}: logits differ by at most ${difference.toExponential(1)}`)
  if (!(difference <= 1e-4)) throw new Error('the logits of the reloaded model differ')
  if (same.join() !== invented.join())
    throw new Error(`the reloaded model says other words: ${same.join(', ')}`)
  console.log('and the same seeds give the same words there')
  portable.dispose()
} finally {
  await rm(folder, { recursive: true })
}
model.dispose()
