import type { TensorData } from '../data/tensor-data.js'
import { OstinatoError } from '../errors.js'
import type { Hypothesis } from './hypothesis.js'

/** How a hypothesis stops: by a token chosen at `step`, which follows the row `parent` of that step. */
export interface Ending {
  readonly step: number
  readonly parent: number
  /** The end token where `ended`, else the last token of a sequence that was cut. */
  readonly token: number
  readonly tokenScore: number
  /** What the hypothesis is ranked by; without it, its log-probability. */
  readonly score?: number
  readonly ended: boolean
}

/**
 * All rows of all steps, each with the row that it goes on from: the tree of the hypotheses, read from its leaves. Row r of step t
 * is fed to the model at step t + 1. Memory begins with room for some steps and grows by doubling.
 */
export class History {
  /** Where the rows of each step begin. */
  readonly #starts: number[] = []
  #rows = 0
  #tokens = new Int32Array(0)
  #parents = new Int32Array(0)
  #scores = new Float32Array(0)
  /** Where the attention of each step begins; its rows are those that the step was fed. */
  readonly #attentionStarts: number[] = []
  #attention = new Float32Array(0)
  #attentionEnd = 0
  #width = 0

  /** Source steps of an attention row, padding included; 0 without attention. */
  get attentionWidth(): number {
    return this.#width
  }

  /** How many steps have been appended. */
  get steps(): number {
    return this.#starts.length
  }

  /** The rows of a step: the tokens chosen, the rows of the step before that they follow, and the tokens' log-probabilities. */
  append(tokens: Int32Array, parents: Int32Array, scores: Float32Array): void {
    const [start, { length }] = [this.#rows, tokens]
    this.#rows += length
    this.#tokens = grown(this.#tokens, start, length)
    this.#parents = grown(this.#parents, start, length)
    this.#scores = grown(this.#scores, start, length)
    this.#tokens.set(tokens, start)
    this.#parents.set(parents, start)
    this.#scores.set(scores, start)
    this.#starts.push(start)
  }

  /** [rows, source steps]: what the model looked at in the step whose tokens are chosen next. */
  appendAttention(attention: Float32Array, rows: number): void {
    const width = attention.length / rows
    if (!Number.isInteger(width) || (this.#width !== 0 && width !== this.#width)) {
      throw new OstinatoError('SHAPE_MISMATCH', 'step model, attention', {
        expected: `[${rows}, ${this.#width || 'source steps'}]`,
        received: `${attention.length} numbers`,
      })
    }
    this.#width = width
    const start = this.#attentionEnd
    this.#attentionEnd += attention.length
    this.#attention = grown(this.#attention, start, attention.length)
    this.#attention.set(attention, start)
    this.#attentionStarts.push(start)
  }

  token(step: number, row: number): number {
    return this.#tokens[this.#starts[step]! + row]!
  }

  parent(step: number, row: number): number {
    return this.#parents[this.#starts[step]! + row]!
  }

  /** The tokens up to row `row` of step `step`, first to last. */
  readTokens(step: number, row: number, into: Int32Array): void {
    for (let t = step, r = row; t >= 0; t--) {
      into[t] = this.token(t, r)
      r = this.parent(t, r)
    }
  }

  /** What each source step got in the steps up to `step`, whose row is `parent`, added to `into` [source steps]. */
  addAttention(step: number, parent: number, into: Float64Array): void {
    for (let t = step, row = parent; t >= 0; t--) {
      const at = this.#attentionStarts[t]! + row * this.#width
      for (let i = 0; i < into.length; i++) into[i]! += this.#attention[at + i]!
      if (t > 0) row = this.parent(t - 1, row)
    }
  }

  /** The whole hypothesis of an ending. `width`: source steps that are no padding. */
  hypothesis(ending: Ending, width: number): Hypothesis {
    const { step, ended, token, tokenScore } = ending
    const tokens = new Int32Array(ended ? step : step + 1)
    if (!ended) tokens[step] = token
    const tokenScores = new Float32Array(step + 1)
    tokenScores[step] = tokenScore
    const attends = this.#attentionStarts.length > 0
    const attention = new Float32Array(attends ? (step + 1) * width : 0)
    for (let t = step, row = ending.parent; t >= 0; t--) {
      if (attends) {
        const at = this.#attentionStarts[t]! + row * this.#width
        for (let i = 0; i < width; i++) attention[t * width + i] = this.#attention[at + i]!
      }
      if (t === 0) break
      tokens[t - 1] = this.token(t - 1, row)
      tokenScores[t - 1] = this.#scores[this.#starts[t - 1]! + row]!
      row = this.parent(t - 1, row)
    }
    const logProbability = tokenScores.reduce((sum, score) => sum + score, 0)
    const picture: { attention?: TensorData } = attends
      ? { attention: { data: attention, shape: [step + 1, width] } }
      : {}
    return { tokens, tokenScores, logProbability, score: ending.score ?? logProbability, ended, ...picture }
  }
}

/** Steps of so many rows that there is room for when memory has grown. */
const steps = 8

/** `values`, or a longer copy: for `count` more behind the first `length`. */
function grown<Values extends Int32Array | Float32Array>(
  values: Values,
  length: number,
  count: number,
): Values {
  if (length + count <= values.length) return values
  const longer = new (values.constructor as new (length: number) => Values)(
    Math.max(length + steps * count, 2 * values.length),
  )
  longer.set(values)
  return longer
}
