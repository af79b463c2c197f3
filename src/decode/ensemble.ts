import { OstinatoError } from '../errors.js'
import type { StepModel } from './step-model.js'

/**
 * Several models as one that predicts the mean of their probabilities, the standard of neural translation (Sutskever et al. 2014): the mean of
 * distributions is a distribution. They must have the same sources, vocabulary, start and end token. Attention is the mean of theirs where all
 * have one over the same source steps.
 */
export function ensemble(models: readonly StepModel[]): StepModel {
  const [first, ...others] = models
  if (!first) {
    throw new OstinatoError('EMPTY_DATA', 'decode.ensemble', {
      expected: 'at least one model',
      received: 'none',
    })
  }
  for (const [i, other] of others.entries()) {
    for (const what of ['sources', 'vocabularySize', 'startToken', 'endToken'] as const) {
      if (other[what] === first[what]) continue
      throw new OstinatoError('SHAPE_MISMATCH', `decode.ensemble, model ${i + 1}, ${what}`, {
        expected: `${first[what]}, as model 0 has`,
        received: String(other[what]),
      })
    }
  }
  return new Ensemble(first, models)
}

class Ensemble implements StepModel {
  readonly sources: number
  readonly vocabularySize: number
  readonly startToken: number
  readonly endToken?: number
  readonly sourceLengths?: ArrayLike<number>
  readonly #models: readonly StepModel[]
  #scores = new Float32Array(0)
  #attention = new Float32Array(0)
  #attends = false

  constructor(first: StepModel, models: readonly StepModel[]) {
    const { sources, vocabularySize, startToken, endToken, sourceLengths } = first
    this.sources = sources
    this.vocabularySize = vocabularySize
    this.startToken = startToken
    if (endToken !== undefined) this.endToken = endToken
    if (sourceLengths) this.sourceLengths = sourceLengths
    this.#models = models
  }

  start(rowsPerSource: number): void {
    for (const model of this.#models) model.start(rowsPerSource)
  }

  step(tokens: Int32Array, parents: Int32Array, sources: Int32Array): Float32Array {
    const each = this.#models.map((model) => model.step(tokens, parents, sources))
    const size = tokens.length * this.vocabularySize
    for (const [i, { length }] of each.entries()) {
      if (length === size) continue
      throw new OstinatoError('SHAPE_MISMATCH', `decode.ensemble, model ${i}, scores`, {
        expected: `[${tokens.length}, ${this.vocabularySize}]`,
        received: `${length} numbers`,
      })
    }
    if (this.#scores.length !== size) this.#scores = new Float32Array(size)
    const scores = this.#scores
    for (let i = 0; i < size; i++) {
      scores[i] = logMean(each, i)
    }
    this.#look()
    return scores
  }

  #look(): void {
    const each = this.#models.map(({ attention }) => attention)
    const length = each[0]?.length ?? 0
    this.#attends = length > 0 && each.every((attention) => attention?.length === length)
    if (!this.#attends) return
    if (this.#attention.length !== length) this.#attention = new Float32Array(length)
    this.#attention.fill(0)
    for (const attention of each) {
      for (let i = 0; i < length; i++) this.#attention[i]! += attention![i]! / each.length
    }
  }

  get attention(): Float32Array | undefined {
    return this.#attends ? this.#attention : undefined
  }
}

/** log((Σ exp xₖ) ∕ n) of the i-th numbers, from the largest, so that small probabilities are not lost. */
function logMean(each: readonly Float32Array[], i: number): number {
  let largest = Number.NEGATIVE_INFINITY
  for (const values of each) if (values[i]! > largest) largest = values[i]!
  let sum = 0
  for (const values of each) {
    const value = values[i]!
    sum += value === largest ? 1 : Math.exp(value - largest)
  }
  return largest + Math.log(sum / each.length)
}
