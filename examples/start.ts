/**
 * The main job: learns how English words are pronounced from the CMU pronouncing dictionary (grapheme to phoneme), says words it has never
 * seen, shows where it looked, saves the model as one file, and gets the same out of that file on the WebAssembly backend.
 *
 *   npm start                                     a useful model in a few minutes
 *   npm start -- --epochs 12 --units 256          a good one
 */
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { dictionary } from 'cmu-pronouncing-dictionary'
import { decode, models, optimizers, type SequenceToSequence } from 'ostinato'
import { attentionSvg, attentionText } from './attention-picture.js'
import { progressBar } from './progress.js'
import {
  errorRates,
  keepVocabularies,
  keptVocabularies,
  type Pronunciation,
  pairsOf,
  pronunciationModel,
  splitDictionary,
  vocabulariesOf,
} from './pronunciation.js'
import { fallingRate } from './training.js'

const { values } = parseArgs({
  options: {
    epochs: { type: 'string', default: '3' },
    units: { type: 'string', default: '128' },
    words: { type: 'string' },
    seed: { type: 'string', default: '0' },
    folder: { type: 'string', default: 'build/start' },
  },
})
function whole(name: 'epochs' | 'units' | 'words', fewest: number, byDefault?: number): number {
  const given = values[name]
  const value = given === undefined ? (byDefault ?? Number.NaN) : Number(given)
  if (Number.isSafeInteger(value) && value >= fewest) return value
  throw new Error(`--${name}: expected a whole number of at least ${fewest}, received ${given}`)
}
const [epochs, units, seed] = [whole('epochs', 1), whole('units', 2), Number(values.seed)]

await mkdir(values.folder, { recursive: true })
const [file, drawing] = ['pronunciation.safetensors', 'attention.svg'].map((name) =>
  join(values.folder, name),
) as [string, string]
const split = splitDictionary(dictionary)
const learned = split.training.slice(0, whole('words', 100, split.training.length))
const sample = split.development.slice(0, 500)
const vocabularies = vocabulariesOf(learned)
const { letters, phonemes } = vocabularies
const pairs = pairsOf(learned, vocabularies)

const model = pronunciationModel(vocabularies, { units, dropout: 0.1, seed })
const batchSize = 128
const steps = epochs * Math.ceil(pairs.sources.length / batchSize)
model.compile({
  optimizer: optimizers.adam({
    learningRate: fallingRate(4e-3, steps, 100),
    globalClipNorm: 1,
  }),
})
await model.ready()
const { backend } = model.model
console.log(`${model.model.summary()}\n\nbackend ${backend.name}: ${backend.reason}`)
const counted = (n: number): string => n.toLocaleString('en')
console.log(`${counted(learned.length)} words to learn from, ${counted(split.development.length)} held out\n`)

const bar = progressBar(steps, 'phonemes')
const start = performance.now()
await model.fit(pairs, {
  epochs,
  batchSize,
  seed,
  callbacks: {
    onStepEnd: (logs) => bar.update(logs),
    onEpochEnd: async () => {
      const { per } = await errorRates(model, sample, vocabularies)
      bar.note(`PER ${per.toFixed(1)} %`)
    },
  },
})
bar.stop()
const minutes = ((performance.now() - start) / 60_000).toFixed(1)
const { per, wer } = await errorRates(model, split.development, vocabularies)
console.log(`\nheld-out words after ${minutes} minutes: PER ${per.toFixed(2)} %, WER ${wer.toFixed(2)} %`)

/** What a model says to words: the three best of five beams. */
async function said(by: SequenceToSequence, words: readonly string[]) {
  const decoder = await by.decoder(words.map((word) => letters.encode(word)))
  const found = await decode.beam(decoder, { beams: 5, nBest: 3, maxLength: 40 })
  decoder.dispose()
  return found.map(({ hypotheses }) => hypotheses)
}
const unseen: Pronunciation[] = sample.slice(0, 8)
const words = unseen.map(({ word }) => word)
const answers = await said(model, words)
for (const [i, { word, spoken }] of unseen.entries()) {
  console.log(`\n${word}: ${spoken.map((sounds) => sounds.join(' ')).join(', or ')}`)
  for (const { tokens, score } of answers[i] ?? [])
    console.log(`  ${score.toFixed(2).padStart(6)}  ${phonemes.decode(tokens)}`)
}

const [best] = answers[0] ?? []
if (best?.attention) {
  const picture = {
    source: [...(words[0] ?? '')],
    target: [...phonemes.tokensOf(best.tokens), 'end'],
    weights: best.attention.data,
    columns: best.attention.shape[1] ?? 0,
  }
  await writeFile(drawing, attentionSvg(picture))
  console.log(`\nwhere it looked (${drawing}):\n\n${attentionText(picture)}`)
}

keepVocabularies(model, vocabularies)
await model.save(file)
console.log(`\nsaved as ${file}, ${((await stat(file)).size / 1e6).toFixed(2)} MB`)
const portable = await models.load(file, { backend: 'wasm' })
const kept = keptVocabularies(portable).phonemes
const there = await said(portable, words)
for (const [i, hypotheses] of answers.entries()) {
  for (const [k, { tokens, score }] of hypotheses.entries()) {
    const other = there[i]?.[k]
    const same =
      other && kept.decode(other.tokens) === phonemes.decode(tokens) && Math.abs(other.score - score) < 1e-3
    if (!same) throw new Error(`the reloaded model says "${words[i]}" in another way`)
  }
}
console.log(`reloaded on ${portable.model.backend.name}: the same pronunciations and scores`)
portable.dispose()
model.dispose()
