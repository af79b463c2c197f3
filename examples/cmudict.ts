/**
 * Grapheme to phoneme on the split of the CMU pronouncing dictionary that the literature measures with: a bidirectional LSTM with attention,
 * measured on the development words, greedily and with beam search. Several models, trained one by one with other seeds and saved, are better
 * together, and more so if some of them say the phonemes from the last to the first:
 *
 *     npm run example -- examples/cmudict.ts --data FOLDER --layers 2 --seed 1 --save 1.safetensors
 *     npm run example -- examples/cmudict.ts --data FOLDER --layers 2 --seed 2 --order reversed --save 2.safetensors
 *     npm run example -- examples/cmudict.ts --data FOLDER --load 1.safetensors,2.safetensors
 */
import { models, optimizers, type SequenceToSequence } from 'ostinato'
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
  pronunciationsOf,
  ratesOf,
  spokenBy,
  vocabulariesOf,
} from './pronunciation.js'
import { keepOrder, orders } from './saying.js'
import { fallingRate, percent, report } from './training.js'

/** Lines of a word and its phonemes. */
function read(folder: string, name: string): Pronunciation[] {
  const lines = readData(folder, name).toString('utf8').trim().split(/\r?\n/)
  const entries = lines.map((line, i) => {
    const [, entry, phonemes] = /^(\S+)\s+(\S.*)$/.exec(line) ?? []
    if (entry && phonemes) return [entry, phonemes] as const
    throw new InputError(`${name}, line ${i + 1}: expected a word and its phonemes, found "${line}"`)
  })
  return pronunciationsOf(entries)
}

/**
 * The files divide pronunciations, not words: an eighth of the words that are measured can be learned too, nearly all of them with other
 * pronunciations. `words` leaves them out of what is learned.
 */
const splits = ['pronunciations', 'words'] as const

const command = {
  about: 'Learns to pronounce English words, and measures phoneme and word error rates.',
  data: 'folder with cmudict-0.7b.train-dev-20-21 (learned) and cmudict-0.7b.train-dev-1-21 (measured) of the CMUDict example of CNTK, or those with .gz',
  numbers: {
    units: 256,
    layers: 1,
    dropout: 0.2,
    recurrentDropout: 0,
    smoothing: 0.1,
    epochs: 12,
    batch: 128,
    rate: 3e-3,
    beams: 5,
    patience: 100,
  },
  choices: { order: orders, split: splits },
  ensemble: true,
}
type Given = Settings<typeof command.numbers, string, typeof command.choices>

/** Entries whose words are not among others. */
function without(entries: readonly Pronunciation[], others: readonly Pronunciation[]): Pronunciation[] {
  const words = new Set(others.map(({ word }) => word))
  return entries.filter(({ word }) => !words.has(word))
}

/** A trained model, and the seconds that its epochs took without what is measured between them. */
async function train(learned: readonly Pronunciation[], sample: readonly Pronunciation[], settings: Given) {
  const { units, layers, dropout, recurrentDropout, seed, order, backend } = settings
  const { smoothing, epochs, batch, rate } = settings
  const vocabularies = vocabulariesOf(learned)
  const pairs = pairsOf(learned, vocabularies, order)
  const sizes = { units, layers, dropout, recurrentDropout }
  const model = pronunciationModel(vocabularies, { ...sizes, seed, ...backend })
  keepVocabularies(model, vocabularies)
  keepOrder(model, order)
  const steps = Math.ceil(pairs.sources.length / batch)
  // Rises for an eighth of an epoch.
  const learningRate = fallingRate(rate, epochs * steps, steps / 8)
  model.compile({
    optimizer: optimizers.adam({ learningRate, globalClipNorm: 1 }),
    labelSmoothing: smoothing,
  })
  await model.ready()
  const { backend: used } = model.model
  console.error(`${model.model.summary()}\nbackend ${used.name}: ${used.reason}`)
  const bar = progressBar(epochs * steps, 'phonemes')
  let [seconds, start] = [0, performance.now()]
  await model.fit(pairs, {
    epochs,
    batchSize: batch,
    seed,
    callbacks: {
      onStepEnd: (logs) => bar.update(logs),
      onEpochEnd: async () => {
        seconds += (performance.now() - start) / 1000
        const { per, wer } = await errorRates(model, sample, vocabularies)
        bar.note(`PER ${per.toFixed(1)} %, WER ${wer.toFixed(1)} %`)
        start = performance.now()
      },
    },
  })
  bar.stop()
  if (settings.save !== undefined) await model.save(settings.save)
  const times = { learnedWords: learned.length, epochs, trainingSeconds: Number(seconds.toFixed(1)) }
  return { all: [model], times }
}

/** Several models that read and say the same. */
async function together(files: readonly string[], { backend }: Given): Promise<SequenceToSequence[]> {
  const loaded = await Promise.all(files.map((file) => models.load(file, backend)))
  const [first, ...others] = loaded.map((model) => JSON.stringify(keptVocabularies(model)))
  const other = others.findIndex((vocabularies) => vocabularies !== first)
  if (other < 0) return loaded
  throw new InputError(`${files[other + 1]} has other letters or phonemes than ${files[0]}`)
}

await example(command, async (settings) => {
  const { data, split, load, seed, beams, patience } = settings
  const measured = read(data, 'cmudict-0.7b.train-dev-1-21')
  const learnable = read(data, 'cmudict-0.7b.train-dev-20-21')
  const learnNow = () => {
    const sample = measured.filter((_, i) => i % 10 === 0)
    return train(split === 'words' ? without(learnable, measured) : learnable, sample, settings)
  }
  const { all, times } =
    load === undefined ? await learnNow() : { all: await together(load.split(','), settings), times: {} }
  const [first] = all as [SequenceToSequence]
  const vocabularies = keptVocabularies(first)
  const greedy = await errorRates(all, measured, vocabularies)
  const found = await spokenBy(all, measured, vocabularies, beams, patience)
  const beam = ratesOf(found, measured)
  const unheard = new Set(without(measured, learnable))
  const ofUnheard = found.filter((_, i) => unheard.has(measured[i]!))
  const unheardBeam = unheard.size > 0 ? ratesOf(ofUnheard, [...unheard]) : undefined
  const hundredths = (percents: number): number => percent(percents / 100)
  report(
    {
      words: measured.length,
      greedyPer: hundredths(greedy.per),
      greedyWer: hundredths(greedy.wer),
      beamPer: hundredths(beam.per),
      beamWer: hundredths(beam.wer),
      // Those that the file to learn from does not have at all.
      unheardWords: unheard.size,
      ...(unheardBeam && {
        unheardBeamPer: hundredths(unheardBeam.per),
        unheardBeamWer: hundredths(unheardBeam.wer),
      }),
      seed,
      ...times,
      backend: first.model.backend.name,
    },
    settings,
  )
  for (const model of all) model.dispose()
})
