import type { Precision } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import type { Model } from '../models/model.js'
import { Stepper } from '../models/stepper.js'
import { checkInteger, checkOptions } from '../suggest.js'
import { argmax } from './sample.js'
import type { StepModel } from './step-model.js'

export interface LanguageModelOptions {
  /** Tokens that the model reads first, for each sequence that is asked for; at least one token each. */
  readonly prompts: readonly ArrayLike<number>[]
  /** A token that ends a sequence. Default: none does. */
  readonly endToken?: number
  /** How the operands of products are rounded. Default `float32`. */
  readonly precision?: Precision
}

/** A model of tokens under way. Made by `decode.languageModel`. */
export interface LanguageModel extends StepModel {
  /** Gives its memory back to the model. Idempotent. */
  dispose(): void
}

/**
 * A model that has tokens as input and scores of the next token as output, such as `sequential([embedding, lstm, dense])`, for searches to ask: each prompt is a
 * source, and what is found goes on from it. Rows carry their states, as in a `session`.
 */
export async function languageModel(model: Model, options: LanguageModelOptions): Promise<LanguageModel> {
  const where = 'decode.languageModel'
  checkOptions(where, options, ['prompts', 'endToken', 'precision'])
  const { prompts, endToken, precision = 'float32' } = options
  for (const [i, prompt] of prompts.entries()) {
    if (prompt.length > 0) continue
    throw new OstinatoError('EMPTY_DATA', `${where}, prompts[${i}]`, {
      expected: 'at least one token',
      received: 'none',
    })
  }
  if (endToken !== undefined) checkInteger(`${where}, endToken`, endToken, 0)
  await model.ready()
  return new Continuations((rows) => new Stepper(model.engine, rows, precision, where), prompts, endToken)
}

class Continuations implements LanguageModel {
  readonly sources: number
  readonly vocabularySize: number
  /** Never fed: in the first step the prompts are. */
  readonly startToken = 0
  readonly endToken?: number
  readonly #prompts: readonly ArrayLike<number>[]
  readonly #open: (rows: number) => Stepper
  #stepper: Stepper
  /** Rows that the stepper has states for. */
  #capacity: number
  #begun = false
  /** Where the rows of a step find their states, and leave them: row i in place i, and source i in place i behind its prompt. */
  #load = new Int32Array(0)
  #store = new Int32Array(0)
  #scores = new Float32Array(0)

  constructor(open: (rows: number) => Stepper, prompts: readonly ArrayLike<number>[], endToken?: number) {
    this.sources = prompts.length
    this.#prompts = prompts
    this.#open = open
    this.#capacity = Math.max(1, prompts.length)
    this.#stepper = open(this.#capacity)
    this.vocabularySize = this.#stepper.outputSize
    if (endToken !== undefined) this.endToken = endToken
  }

  start(rowsPerSource: number): void {
    this.#stepper.assertUsable()
    const rows = this.sources * rowsPerSource
    if (rows > this.#capacity) {
      this.#stepper.release()
      this.#stepper = this.#open(rows)
      this.#capacity = rows
    }
    this.#begun = false
    this.#load = new Int32Array(this.#capacity)
    this.#store = Int32Array.from({ length: this.#capacity }, (_, row) => row)
  }

  step(tokens: Int32Array, parents: Int32Array): Float32Array {
    const size = tokens.length * this.vocabularySize
    // Sources end now and then; the rows of those that are left make a view of another length.
    if (this.#scores.length !== size) this.#scores = new Float32Array(size)
    if (this.#begun) {
      this.#load.set(parents)
      this.#run(tokens, this.#store, this.#scores)
    } else {
      this.#read()
      this.#begun = true
    }
    for (let start = 0; start < size; start += this.vocabularySize) this.#normalize(start)
    return this.#scores
  }

  /** Reads the prompts side by side. */
  #read(): void {
    const { vocabularySize } = this
    const longest = Math.max(...this.#prompts.map(({ length }) => length))
    for (let t = 0; t < longest; t++) {
      const sources = [...this.#prompts.keys()].filter((source) => t < this.#prompts[source]!.length)
      this.#load.set(sources.map((source) => (t === 0 ? -1 : source)))
      const output = new Float32Array(sources.length * vocabularySize)
      const tokens = sources.map((source) => this.#prompts[source]![t]!)
      this.#run(tokens, Int32Array.from(sources), output)
      for (const [i, source] of sources.entries()) {
        if (t + 1 < this.#prompts[source]!.length) continue
        const scores = output.subarray(i * vocabularySize, (i + 1) * vocabularySize)
        this.#scores.set(scores, source * vocabularySize)
      }
    }
  }

  #run(tokens: ArrayLike<number>, store: Int32Array, output: Float32Array): void {
    this.#stepper.assertUsable()
    this.#stepper.run('languageModel', tokens, tokens.length, 1, { load: this.#load, store }, output)
  }

  /** Log-probabilities of what the model says: log(pᵢ), or xᵢ − log Σ exp xⱼ. Scores that are none stay so, for the search to name. */
  #normalize(start: number): void {
    const { vocabularySize } = this
    const end = start + vocabularySize
    const scores = this.#scores
    if (this.#stepper.probabilities) {
      for (let i = start; i < end; i++) scores[i] = Math.log(scores[i]!)
      return
    }
    const best = argmax(scores, start, vocabularySize)
    const largest = scores[start + best]!
    if (!Number.isFinite(largest)) return
    let sum = 0
    for (let i = start; i < end; i++) sum += Math.exp(scores[i]! - largest)
    const logSum = Math.log(sum)
    // Not xᵢ − (largest + logSum), which loses logSum beside a large number.
    for (let i = start; i < end; i++) scores[i] = scores[i]! - largest - logSum
  }

  dispose(): void {
    this.#stepper.release()
  }
}
