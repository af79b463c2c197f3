import type { TensorData } from '../data/tensor-data.js'

/** A sequence that a search found. */
export interface Hypothesis {
  /** Without start and end token. */
  readonly tokens: Int32Array
  /** The model's own log-probability of each token; where the sequence has ended, that of the end token stands behind them. */
  readonly tokenScores: Float32Array
  /** The sum of `tokenScores`: log p(sequence). */
  readonly logProbability: number
  /** What the search ranks by: `logProbability` changed by processors, length and coverage penalty. */
  readonly score: number
  /** The end token came; otherwise the sequence was cut at its maximal length. */
  readonly ended: boolean
  /** [number of token scores, source steps]: where the model looked for each token. Absent for models without attention. */
  readonly attention?: TensorData
}

/** What a search found for one source. */
export interface Decoded {
  /** The best first; samples in the order of their numbers. */
  readonly hypotheses: readonly Hypothesis[]
  /** The steps of a beam search, where it was asked for them. */
  readonly trace?: readonly BeamStep[]
}

/** One step of a beam search, for one source: what went on living, the best first, and what ended. */
export interface BeamStep {
  readonly tokens: Int32Array
  /** Positions in the step before. */
  readonly parents: Int32Array
  /** Sums of log-probabilities, as processors left them. */
  readonly scores: Float64Array
  readonly ended: readonly { readonly parent: number; readonly score: number }[]
}
