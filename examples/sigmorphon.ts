/**
 * How words are pronounced in languages with few examples: the data of SIGMORPHON 2021, task 1 (Ashby et al. 2021). Each language has a
 * model of its own; all are made and trained in the same way, with what keeps a model from learning 8,000 words by heart: dropout, targets
 * that are not quite certain, and a mean of the weights.
 *
 *     npm run example -- examples/sigmorphon.ts --data FOLDER
 *     npm run example -- examples/sigmorphon.ts --data FOLDER --languages gre,ita --epochs 100
 */
import { models, optimizers, type SequenceToSequence, weightAverage } from 'ostinato'
import { example, InputError, type Settings } from './command.js'
import { readData } from './data.js'
import { progressBar } from './progress.js'
import {
  errorRates,
  keepVocabularies,
  keptVocabularies,
  type Pronunciation,
  pairsOf,
  pronunciationModel,
  vocabulariesOf,
} from './pronunciation.js'
import { fallingRate, percent, report } from './training.js'

const command = {
  about: 'Learns how words are pronounced, each language by itself, all in the same way.',
  data: 'folder of LANGUAGE_train.tsv and LANGUAGE_dev.tsv, as SIGMORPHON 2021, task 1, has them, or those with .gz',
  lists: { languages: ['arm_e', 'bul', 'fre', 'geo', 'jpn_hira'] },
  numbers: {
    units: 128,
    embedding: 128,
    dropout: 0.3,
    smoothing: 0.05,
    averaging: 0.995,
    epochs: 24,
    batch: 32,
    rate: 3e-3,
    beams: 5,
    // A model that was taught some doubt finds ends of words likely enough to fill the beam before the word has ended.
    patience: 100,
  },
}
type Given = Settings<typeof command.numbers, string>

/** Lines of a word, a tab, and its phonemes between spaces. */
function read(folder: string, name: string): Pronunciation[] {
  const lines = readData(folder, name).toString('utf8').normalize('NFC').trimEnd().split(/\r?\n/)
  return lines.map((line, i) => {
    const [word, phonemes, ...more] = line.split('\t')
    if (word && phonemes && more.length === 0) return { word, spoken: [phonemes.trim().split(' ')] }
    throw new InputError(`${name}, line ${i + 1}: expected a word, a tab and its phonemes, found "${line}"`)
  })
}

async function train(
  language: string,
  words: readonly Pronunciation[],
  settings: Given,
): Promise<SequenceToSequence> {
  const { units, embedding, dropout, smoothing, averaging, epochs, batch, rate, seed, backend } = settings
  const vocabularies = vocabulariesOf(words, '<unk>')
  const table = { embedding, embeddingsInitializer: 'randomUniform' } as const
  const model = pronunciationModel(vocabularies, { units, ...table, dropout, seed, ...backend })
  keepVocabularies(model, vocabularies)
  const steps = epochs * Math.ceil(words.length / batch)
  model.compile({
    optimizer: optimizers.adam({ learningRate: fallingRate(rate, steps, 100), globalClipNorm: 1 }),
    labelSmoothing: smoothing,
  })
  const average = weightAverage({ decay: averaging })
  const bar = progressBar(steps, 'phonemes')
  bar.note(language)
  await model.fit(pairsOf(words, vocabularies), {
    epochs,
    batchSize: batch,
    seed,
    callbacks: {
      onStepEnd: (logs) => {
        average.update(model.model)
        bar.update(logs)
      },
    },
  })
  bar.stop()
  model.model.setWeights(average.weights)
  return model
}

await example(command, async (settings) => {
  const { data, epochs, beams, patience, seed, backend, save, load, json } = settings
  const { languages = [] } = settings.lists
  if (languages.length > 1 && (save ?? load) !== undefined)
    throw new InputError('--save and --load: a file holds one language: say with --languages which')
  const figures: { language: string; per: number; wer: number; words: number; unknown: number }[] = []
  const all = languages.map((language) => ({
    language,
    learned: read(data, `${language}_train.tsv`),
    measured: read(data, `${language}_dev.tsv`),
  }))
  let [seconds, used] = [0, '']
  for (const { language, learned, measured } of all) {
    const start = performance.now()
    const model = await (load === undefined ? train(language, learned, settings) : models.load(load, backend))
    seconds += (performance.now() - start) / 1000
    if (save !== undefined) await model.save(save)
    const vocabularies = keptVocabularies(model)
    const { letters } = vocabularies
    const { per, wer } = await errorRates(model, measured, vocabularies, beams, patience)
    // Words with letters that no word of the training file has.
    const strange = measured.filter(({ word }) => letters.encode(word).includes(letters.unknownToken ?? -1))
    const rates = { per: percent(per / 100), wer: percent(wer / 100) }
    figures.push({ language, ...rates, words: measured.length, unknown: strange.length })
    used = model.model.backend.name
    model.dispose()
  }
  const mean = (of: 'per' | 'wer'): number =>
    percent(figures.reduce((sum, row) => sum + row[of], 0) / figures.length / 100)
  const times = load === undefined ? { epochs, trainingSeconds: Math.round(seconds) } : {}
  const result = { per: mean('per'), wer: mean('wer'), seed, ...times, backend: used }
  if (json) {
    console.log(JSON.stringify({ figures, ...result }))
    return
  }
  for (const { language, per, wer, words, unknown } of figures)
    console.log(`${language}: per ${per}, wer ${wer}, of ${words} words, ${unknown} with unknown letters`)
  report(result, settings)
})
