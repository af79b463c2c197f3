/** English words and how they are said: the CMU pronouncing dictionary as pairs, and a model of them measured. */
import {
  decode,
  type Pairs,
  RandomStream,
  type SequenceToSequence,
  textMetrics,
  type Vocabulary,
} from 'ostinato'

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

/** The words of letters and apostrophes; a twentieth of them, always the same, are held out. */
export function splitDictionary(dictionary: Readonly<Record<string, string>>): Split {
  const words = new Map<string, string[][]>()
  for (const [entry, phonemes] of Object.entries(dictionary)) {
    // The second way to say it is word(2).
    const word = entry.replace(/\(\d+\)$/, '')
    if (!/^[a-z']+$/.test(word)) continue
    const spoken = words.get(word) ?? []
    words.set(word, [...spoken, phonemes.replaceAll(/\d/g, '').split(' ')])
  }
  const all = [...words].map(([word, spoken]) => ({ word, spoken }))
  const order = new RandomStream(1).shuffle(all)
  const border = Math.floor(order.length * 0.95)
  return { training: order.slice(0, border), development: order.slice(border) }
}

export interface Vocabularies {
  readonly letters: Vocabulary
  readonly phonemes: Vocabulary
}

/** A pair for every way to say a word. */
export function pairsOf(
  entries: readonly Pronunciation[],
  { letters, phonemes }: Vocabularies,
): Pairs & { readonly sources: Int32Array[] } {
  const all = entries.flatMap(({ word, spoken }) => spoken.map((sounds) => [word, sounds] as const))
  return {
    sources: all.map(([word]) => letters.encode(word)),
    targets: all.map(([, sounds]) => phonemes.encode(sounds)),
  }
}

/** Phoneme and word error rate in percent: the nearest way to say a word counts. `beams` 1 takes the likeliest phoneme each time. */
export async function errorRates(
  model: SequenceToSequence,
  entries: readonly Pronunciation[],
  { letters, phonemes }: Vocabularies,
  beams = 1,
): Promise<{ per: number; wer: number }> {
  const found: string[][] = []
  for (let first = 0; first < entries.length; first += 256) {
    const words = entries.slice(first, first + 256).map(({ word }) => letters.encode(word))
    const decoder = await model.decoder(words)
    const limits = { maxLength: 40 }
    const results = await (beams > 1
      ? decode.beam(decoder, { ...limits, beams })
      : decode.greedy(decoder, limits))
    decoder.dispose()
    found.push(...results.map(({ hypotheses }) => phonemes.tokensOf(hypotheses[0]?.tokens ?? [])))
  }
  const { rate, exact } = textMetrics.errorRate(
    found,
    entries.map(({ spoken }) => spoken),
  )
  return { per: 100 * rate, wer: 100 * (1 - exact) }
}
