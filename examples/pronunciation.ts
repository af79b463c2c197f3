/** English words and how they are said: the CMU pronouncing dictionary as pairs, a model of them, and its errors. */
import {
  type BackendName,
  characterVocabulary,
  type Initializer,
  initializers,
  layers,
  models,
  type Pairs,
  RandomStream,
  type SequenceToSequence,
  textMetrics,
  Vocabulary,
  wordVocabulary,
} from 'ostinato'
import { type Order, ordered, say } from './saying.js'

/** A word and its phonemes; a word that is said in several ways has several. */
export interface Pronunciation {
  readonly word: string
  /** Without stress: AH for AH0, AH1 and AH2. */
  readonly spoken: readonly (readonly string[])[]
}

export interface Split {
  readonly training: readonly Pronunciation[]
  readonly development: readonly Pronunciation[]
}

/** Entries `word` or, for other ways to say it, `word(2)` or the same once more; stress is taken away. In the order of the words. */
export function pronunciationsOf(
  entries: Iterable<readonly [entry: string, phonemes: string]>,
): Pronunciation[] {
  const words = new Map<string, string[][]>()
  for (const [entry, phonemes] of entries) {
    const word = entry.replace(/\(\d+\)$/, '')
    const spoken = words.get(word) ?? []
    words.set(word, [...spoken, phonemes.replaceAll(/\d/g, '').split(' ')])
  }
  return [...words].map(([word, spoken]) => ({ word, spoken }))
}

/** The words of letters and apostrophes; a twentieth of them, always the same, are held out. */
export function splitDictionary(dictionary: Readonly<Record<string, string>>): Split {
  const all = pronunciationsOf(Object.entries(dictionary)).filter(({ word }) => /^[a-z']+$/.test(word))
  const order = new RandomStream(1).shuffle(all)
  const border = Math.floor(order.length * 0.95)
  return { training: order.slice(0, border), development: order.slice(border) }
}

export interface Vocabularies {
  readonly letters: Vocabulary
  readonly phonemes: Vocabulary
}

/** The letters and phonemes of words. `unknown` stands for letters that are in none of them, which are an error without it. */
export function vocabulariesOf(entries: readonly Pronunciation[], unknown?: string): Vocabularies {
  return {
    letters: characterVocabulary(
      entries.map(({ word }) => word),
      unknown === undefined ? {} : { unknown },
    ),
    phonemes: wordVocabulary(
      entries.flatMap(({ spoken }) => spoken),
      { start: '<s>', end: '</s>' },
    ),
  }
}

const normal = initializers.randomNormal({ stddev: 1 })

export interface PronunciationModelOptions {
  /** Of the decoder, and of both directions of each layer of the encoder together; made even. */
  readonly units: number
  /** Of the encoder. Default 1. */
  readonly layers?: number
  /** Length of the vectors of letters and phonemes. Default 64. */
  readonly embedding?: number
  /** Of these vectors. Default: normal numbers. From small ones the first thousand steps go into growing them. */
  readonly embeddingsInitializer?: Initializer | 'randomUniform'
  /** Share of what is dropped of embeddings, between layers, and in front of the scores. */
  readonly dropout: number
  /** Share of the states that recurrences do not see, the same ones at all steps of a sequence. Default 0. */
  readonly recurrentDropout?: number
  readonly seed: number
  readonly backend?: BackendName
}

/** A bidirectional LSTM reads the letters, an LSTM says the phonemes and looks at the letters (Luong et al. 2015, general). */
export function pronunciationModel(
  { letters, phonemes }: Vocabularies,
  options: PronunciationModelOptions,
): SequenceToSequence {
  const {
    units,
    layers: depth = 1,
    embedding = 64,
    embeddingsInitializer = normal,
    dropout,
    recurrentDropout = 0,
    ...common
  } = options
  const half = Math.ceil(units / 2)
  const encoder = Array.from({ length: depth }, (_, i) => [
    ...(i > 0 && dropout > 0 ? [layers.dropout({ rate: dropout })] : []),
    layers.bidirectional(layers.lstm({ units: half, recurrentDropout })),
  ])
  return models.encoderDecoder({
    source: { vocabulary: letters.size, units: embedding, embeddingsInitializer },
    target: {
      vocabulary: phonemes.size,
      units: embedding,
      embeddingsInitializer,
      startToken: phonemes.index('<s>'),
      endToken: phonemes.index('</s>'),
    },
    encoder: encoder.flat(),
    decoder: [layers.lstm({ units: 2 * half, recurrentDropout })],
    attention: layers.attention({ score: 'general' }),
    dropout,
    name: 'pronunciation',
    ...common,
  })
}

/** The vocabularies travel in the model's file. */
export function keepVocabularies({ model }: SequenceToSequence, { letters, phonemes }: Vocabularies): void {
  model.extra['letters'] = JSON.stringify(letters)
  model.extra['phonemes'] = JSON.stringify(phonemes)
}

export function keptVocabularies({ model: { extra } }: SequenceToSequence): Vocabularies {
  const kept = (name: keyof Vocabularies) => Vocabulary.fromJSON(JSON.parse(extra[name] ?? 'null'))
  return { letters: kept('letters'), phonemes: kept('phonemes') }
}

/** A pair for every way to say a word. */
export function pairsOf(
  entries: readonly Pronunciation[],
  { letters, phonemes }: Vocabularies,
  order: Order = 'forward',
): Pairs & { readonly sources: Int32Array[] } {
  const all = entries.flatMap(({ word, spoken }) => spoken.map((sounds) => [word, sounds] as const))
  return {
    sources: all.map(([word]) => letters.encode(word)),
    targets: all.map(([, sounds]) => ordered(phonemes.encode(sounds), order)),
  }
}

/**
 * How a model, or several together (see `say`), say words. `beams` 1 takes the likeliest phoneme each time; `patience` is that of the search
 * with more.
 */
export async function spokenBy(
  models: readonly SequenceToSequence[],
  entries: readonly Pronunciation[],
  { letters, phonemes }: Vocabularies,
  beams = 1,
  patience = 1,
): Promise<string[][]> {
  const found: string[][] = []
  for (let first = 0; first < entries.length; first += 256) {
    const words = entries.slice(first, first + 256).map(({ word }) => letters.encode(word))
    const said = await say(models, words, { beams, patience })
    found.push(...said.map((tokens) => phonemes.tokensOf(tokens)))
  }
  return found
}

/** Phoneme and word error rate in percent of what has been found for words: the nearest way to say a word counts. */
export function ratesOf(
  found: readonly (readonly string[])[],
  entries: readonly Pronunciation[],
): { per: number; wer: number } {
  const { rate, exact } = textMetrics.errorRate(
    found,
    entries.map(({ spoken }) => spoken),
  )
  return { per: 100 * rate, wer: 100 * (1 - exact) }
}

/** Both at once. */
export async function errorRates(
  models: SequenceToSequence | readonly SequenceToSequence[],
  entries: readonly Pronunciation[],
  vocabularies: Vocabularies,
  beams = 1,
  patience = 1,
): Promise<{ per: number; wer: number }> {
  return ratesOf(await spokenBy([models].flat(), entries, vocabularies, beams, patience), entries)
}
