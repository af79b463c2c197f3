import { OstinatoError } from '../errors.js'

export interface RankingOptions {
  /**
   * What a sum of log-probabilities is divided by, for |Y| tokens, the end token counted: nothing; |Y| for `average`; for a number α the
   * length penalty ((5 + |Y|) ∕ (5 + 1))^α of Wu et al. 2016, equation 14. Default `none`, which prefers short sequences.
   */
  readonly lengthPenalty?: 'none' | 'average' | number
  /**
   * β of the coverage penalty β · Σᵢ log min(Σⱼ pᵢⱼ, 1), which is added (Wu et al. 2016, equation 14); pᵢⱼ is what source step i got from token
   * j. Needs a model with attention. Default 0.
   */
  readonly coveragePenalty?: number
}

/** How hypotheses of different lengths are compared. */
export class Ranking {
  readonly coveragePenalty: number
  readonly #lengthPenalty: 'none' | 'average' | number

  constructor(where: string, { lengthPenalty = 'none', coveragePenalty = 0 }: RankingOptions) {
    const alpha = typeof lengthPenalty === 'number' && lengthPenalty >= 0 && Number.isFinite(lengthPenalty)
    if (!alpha && lengthPenalty !== 'none' && lengthPenalty !== 'average') {
      throw new OstinatoError('INVALID_OPTION', `${where}, lengthPenalty`, {
        expected: '"none", "average" or a finite number of at least 0',
        received: String(lengthPenalty),
      })
    }
    if (!Number.isFinite(coveragePenalty) || coveragePenalty < 0) {
      throw new OstinatoError('INVALID_OPTION', `${where}, coveragePenalty`, {
        expected: 'a finite number of at least 0',
        received: String(coveragePenalty),
      })
    }
    this.#lengthPenalty = lengthPenalty
    this.coveragePenalty = coveragePenalty
  }

  /** The score of `length` tokens without coverage. */
  normalized(sum: number, length: number): number {
    if (this.#lengthPenalty === 'none') return sum
    if (this.#lengthPenalty === 'average') return sum / length
    return sum / ((5 + length) / 6) ** this.#lengthPenalty
  }

  /** `attention` is what each of the first `steps` steps of the source got in all. */
  coverage(attention: Float64Array, steps: number): number {
    let sum = 0
    for (let i = 0; i < steps; i++) sum += Math.log(Math.min(attention[i]!, 1))
    return this.coveragePenalty * sum
  }

  /** What a sum, which is at most 0 and does not rise, can still become: the divisor grows up to that of `maxLength`, coverage is at most 0. */
  bound(sum: number, maxLength: number): number {
    return this.normalized(sum, maxLength)
  }
}
