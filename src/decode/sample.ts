import { OstinatoError } from '../errors.js'
import { checkInteger } from '../suggest.js'

/** How a token is drawn. */
export interface SamplingOptions {
  /** Below 1 bolder about what is likely, above 1 more even; 0 always takes the likeliest. Default 1. */
  readonly temperature?: number
  /** Draws from the `topK` likeliest tokens only (Fan et al. 2018), and those as likely as the last of them. Default: all. */
  readonly topK?: number
  /**
   * Draws from the likeliest tokens that together have at least this probability, above 0 (Holtzman et al. 2020); of those that `topK` leaves,
   * at this temperature. Default 1: all.
   */
  readonly topP?: number
}

export const samplingOptions = ['temperature', 'topK', 'topP'] as const

type Scores = Float32Array | Float64Array

/**
 * The position, from `start`, of the largest of `size` scores; the first where several are. NaN and +∞, which are no scores, count as
 * larger than all; −1 where nothing is above −∞.
 */
export function argmax(scores: Scores, start = 0, size = scores.length): number {
  let best = -1
  let largest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < size; i++) {
    const score = scores[start + i]!
    if (score <= largest) continue
    best = i
    if (!(score < Number.POSITIVE_INFINITY)) break
    largest = score
  }
  return best
}

/** Draws classes with probability softmax(scores ∕ temperature), in float64, from the likeliest of them where so asked. */
export class Sampler {
  readonly #temperature: number
  readonly #topK: number
  readonly #topP: number
  #weights = new Float64Array(0)
  #sorted = new Float64Array(0)

  constructor(where: string, { temperature = 1, topK, topP = 1 }: SamplingOptions) {
    if (!Number.isFinite(temperature) || temperature < 0) {
      throw new OstinatoError('INVALID_OPTION', `${where}, temperature`, {
        expected: 'a finite number of at least 0',
        received: String(temperature),
      })
    }
    if (topK !== undefined) checkInteger(`${where}, topK`, topK, 1)
    if (!(topP > 0 && topP <= 1)) {
      throw new OstinatoError('INVALID_OPTION', `${where}, topP`, {
        expected: 'a number above 0, at most 1',
        received: String(topP),
      })
    }
    this.#temperature = temperature
    this.#topK = topK ?? Number.POSITIVE_INFINITY
    this.#topP = topP
  }

  /**
   * A position from `start`. `best` is that of the largest score, as `argmax` finds it; a class at −∞ is never drawn. `random` gives numbers in
   * [0, 1), which are cut in the order of the classes; at temperature 0 it is not asked.
   */
  draw(scores: Scores, start: number, size: number, best: number, random: () => number): number {
    if (this.#temperature === 0) return best
    if (this.#weights.length !== size) this.#weights = new Float64Array(size)
    const weights = this.#weights
    const largest = scores[start + best]!
    for (let i = 0; i < size; i++) weights[i] = Math.exp((scores[start + i]! - largest) / this.#temperature)
    const least = this.#least(size)
    let total = 0
    for (const weight of weights) if (weight >= least) total += weight
    let remaining = random() * total
    // Where rounding leaves something over, the last class that has a weight.
    let chosen = best
    for (let i = 0; i < size; i++) {
      const weight = weights[i]!
      if (weight < least || weight === 0) continue
      chosen = i
      if (remaining < weight) break
      remaining -= weight
    }
    return chosen
  }

  /** The smallest weight that may be drawn. */
  #least(size: number): number {
    if (this.#topK >= size && this.#topP === 1) return 0
    if (this.#sorted.length !== size) this.#sorted = new Float64Array(size)
    const sorted = this.#sorted
    sorted.set(this.#weights)
    sorted.sort()
    const least = this.#topK < size ? sorted[size - this.#topK]! : 0
    if (this.#topP === 1) return least
    let total = 0
    for (const weight of sorted) if (weight >= least) total += weight
    let place = size
    for (let sum = 0; place > 0 && sum < this.#topP * total; ) sum += sorted[--place]!
    return Math.max(least, sorted[place]!)
  }
}
