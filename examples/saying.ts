/** How models say words: from the first phoneme on, from the last one back, and both in agreement. */
import { decode, type SequenceToSequence, type StepModel } from 'ostinato'

/** From which end a model says phonemes. */
export const orders = ['forward', 'reversed'] as const
export type Order = (typeof orders)[number]

/** Travels in the model's file. */
export function keepOrder({ model }: SequenceToSequence, order: Order): void {
  model.extra['order'] = order
}

export function keptOrder({ model: { extra } }: SequenceToSequence): Order {
  return extra['order'] === 'reversed' ? 'reversed' : 'forward'
}

/** The tokens in the order in which they are said; and back again. */
export function ordered(tokens: Int32Array, order: Order): Int32Array {
  return order === 'reversed' ? tokens.slice().reverse() : tokens
}

export interface SayOptions {
  /** 1: the likeliest phoneme each time. */
  readonly beams: number
  /** Of the search with more. */
  readonly patience: number
}

/**
 * The phonemes of each word, the first one first. Models of one order speak as one. Where there are both orders, each proposes the likeliest
 * of its own, `beams` for a word, and what is likeliest to both together is said: the largest sum of log-probabilities (agreement: Liu et
 * al. 2016). What a model has said wrongly misleads it in what follows; the other order comes from the other end.
 */
export async function say(
  models: readonly SequenceToSequence[],
  words: readonly Int32Array[],
  options: SayOptions,
): Promise<Int32Array[]> {
  const sides = orders
    .map(
      (order) =>
        new Side(
          models.filter((model) => keptOrder(model) === order),
          order,
        ),
    )
    .filter(({ models: { length } }) => length > 0)
  const nBest = sides.length > 1 ? options.beams : 1
  const proposed = await Promise.all(sides.map((side) => side.propose(words, options, nBest)))
  const choices = words.map((_, i) => distinct(proposed.flatMap((of) => of[i] as Int32Array[])))
  if (sides.length === 1) return choices.flat()
  const asked = choices.flatMap((said, i) => said.map(() => words[i] as Int32Array))
  const scores = await Promise.all(sides.map((side) => side.score(asked, choices.flat())))
  const sums = asked.map((_, row) => scores.reduce((sum, of) => sum + of[row]!, 0))
  let next = 0
  return choices.map((said) => {
    const first = next
    next += said.length
    const own = sums.slice(first, next)
    return said[own.indexOf(Math.max(...own))]!
  })
}

/** Each sequence once: both orders mostly propose the same. */
function distinct(sequences: readonly Int32Array[]): Int32Array[] {
  return [...new Map(sequences.map((tokens) => [tokens.join(), tokens])).values()]
}

/** Models that say phonemes in one order. */
class Side {
  constructor(
    readonly models: readonly SequenceToSequence[],
    readonly order: Order,
  ) {}

  /** The likeliest for each word, the best first, at most `nBest`. */
  propose(
    words: readonly Int32Array[],
    { beams, patience }: SayOptions,
    nBest: number,
  ): Promise<Int32Array[][]> {
    return this.#ask(words, async (steps) => {
      const limits = { maxLength: 40 }
      const results = await (beams > 1
        ? decode.beam(steps, { ...limits, beams, patience, nBest })
        : decode.greedy(steps, limits))
      return results.map(({ hypotheses }) => hypotheses.map(({ tokens }) => ordered(tokens, this.order)))
    })
  }

  /** log p(said | word) of each pair. */
  score(words: readonly Int32Array[], said: readonly Int32Array[]): Promise<number[]> {
    return this.#ask(words, async (steps) => {
      const all = said.map((tokens) => ordered(tokens, this.order))
      const scored = await decode.score(steps, all)
      return scored.map(({ logProbability }) => logProbability)
    })
  }

  async #ask<T>(words: readonly Int32Array[], question: (steps: StepModel) => Promise<T>): Promise<T> {
    const decoders = await Promise.all(this.models.map((model) => model.decoder(words)))
    try {
      return await question(decode.ensemble(decoders))
    } finally {
      for (const decoder of decoders) decoder.dispose()
    }
  }
}
