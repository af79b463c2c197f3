import { numbered } from '../data/rows.js'
import { OstinatoError } from '../errors.js'
import { checkInteger } from '../suggest.js'
import { History } from './history.js'
import { type LogitsProcessor, minimum } from './processors.js'
import type { StepModel } from './step-model.js'

/** What all searches take. */
export interface SearchOptions {
  /** The longest sequence, in tokens; one that reaches it is cut there, whatever would follow. At least 1. */
  readonly maxLength: number
  /** The end token cannot come before so many tokens. Default 0. */
  readonly minLength?: number
  /** The longest sequence in proportion to the steps of its source, rounded down, but at least 1. Default: `maxLength` alone. */
  readonly maxLengthRatio?: number
  /** Change scores before tokens are chosen, one after the other. Default none. */
  readonly processors?: readonly LogitsProcessor[]
  /** Ends the work with the signal's reason. */
  readonly signal?: AbortSignal
}

export const searchOptions = ['maxLength', 'minLength', 'maxLengthRatio', 'processors', 'signal'] as const

/**
 * The rows that are fed to the model at the next step. A search reads the scores of a step and lays out, source by source and in the
 * same places, the rows of the next, or says that the source has ended; then the last sources move into the places of those. Nothing is
 * allocated per step but views where sources end.
 */
export class Frontier {
  readonly history = new History()
  readonly vocabularySize: number
  /** −1 where the model has none. */
  readonly endToken: number
  /** [sources] */
  readonly maxLengths: Int32Array
  /** Of the step that `advance` has run, from 0: how many tokens its rows hold already. */
  time = -1
  /** Rows of each source in that step: before the first token, one stands for all. */
  perSource = 1
  /** Rows of the next step: token, row that it follows, log-probability of the token, and a sum that the search keeps. */
  readonly tokens: Int32Array
  readonly parents: Int32Array
  readonly tokenScores: Float32Array
  readonly totals: Float64Array
  /** Sources under way, by place, `count` of them. */
  readonly sources: Int32Array
  count: number
  /** Places of those that have ended in this step, the first ones first. */
  readonly #ended: Int32Array
  #endedCount = 0

  readonly #model: StepModel
  readonly #rowsPerSource: number
  readonly #processors: readonly LogitsProcessor[]
  /** The model's own scores of the step. */
  #own: Float32Array = new Float32Array(0)
  /** What processors write to, and its rows. */
  readonly #processed: Float32Array
  readonly #processedRows: Float32Array[]
  readonly #prefix: { source: number; tokens: Int32Array; readonly endToken: number }
  readonly #prefixTokens: Int32Array
  /** Views for the model, as long as the rows are. */
  #views: [tokens: Int32Array, parents: Int32Array, sources: Int32Array]

  constructor(
    readonly where: string,
    model: StepModel,
    rowsPerSource: number,
    options: SearchOptions,
  ) {
    const { minLength = 0 } = options
    checkInteger(`${where}, maxLength`, options.maxLength, 1)
    checkInteger(`${where}, minLength`, minLength, 0)
    const { sources, vocabularySize, startToken, endToken } = model
    this.#model = model
    this.#rowsPerSource = rowsPerSource
    checkEndToken(where, model)
    const given = checkedProcessors(where, options.processors)
    const processors = [...given, ...(minLength > 0 ? [minimum(minLength)] : [])]
    this.#processors = processors
    this.vocabularySize = vocabularySize
    this.endToken = endToken ?? -1
    this.maxLengths = maxLengths(where, model, options)
    const rows = sources * rowsPerSource
    this.tokens = new Int32Array(rows).fill(startToken)
    this.parents = numbered(rows)
    this.tokenScores = new Float32Array(rows)
    this.totals = new Float64Array(rows)
    this.sources = numbered(sources)
    this.count = sources
    this.#ended = new Int32Array(sources)
    this.#views = [this.tokens, this.parents, this.sources]
    this.#processed = new Float32Array(processors.length > 0 ? rows * vocabularySize : 0)
    this.#processedRows = Array.from({ length: processors.length > 0 ? rows : 0 }, (_, row) =>
      this.#processed.subarray(row * vocabularySize, (row + 1) * vocabularySize),
    )
    this.#prefixTokens = new Int32Array(processors.length > 0 ? options.maxLength : 0)
    this.#prefix = { source: 0, tokens: this.#prefixTokens, endToken: this.endToken }
  }

  /** Runs the model for one step. Returns the scores [rows, vocabulary] to choose by. */
  advance(): Float32Array {
    if (this.time < 0) this.#model.start(this.#rowsPerSource)
    this.perSource = this.time < 0 ? 1 : this.#rowsPerSource
    const rows = this.count * this.perSource
    if (this.#views[0].length !== rows || this.#views[2].length !== this.count) {
      this.#views = [
        this.tokens.subarray(0, rows),
        this.parents.subarray(0, rows),
        this.sources.subarray(0, this.count),
      ]
    }
    this.#own = this.#model.step(...this.#views)
    if (this.#own.length !== rows * this.vocabularySize) {
      throw new OstinatoError('SHAPE_MISMATCH', `${this.where}, scores of the model`, {
        expected: `[${rows}, ${this.vocabularySize}]`,
        received: `${this.#own.length} numbers`,
      })
    }
    const { attention } = this.#model
    if (attention) this.history.appendAttention(attention, rows)
    this.time += 1
    if (this.#processors.length === 0) return this.#own
    this.#processed.set(this.#own)
    this.#prefix.tokens = this.#prefixTokens.subarray(0, this.time)
    return this.#processed
  }

  /** Lets the processors at the scores of a row that will be chosen from. Once for each row. */
  process(row: number, source: number): void {
    if (this.#processors.length === 0) return
    if (this.time > 0) this.history.readTokens(this.time - 1, row, this.#prefixTokens)
    this.#prefix.source = source
    for (const processor of this.#processors) processor(this.#processedRows[row]!, this.#prefix)
  }

  /** The model's log-probability of a token, whatever processors have made of it. */
  own(row: number, token: number): number {
    return this.#own[row * this.vocabularySize + token]!
  }

  /** Whether a sequence is cut behind the token of this step. */
  isLast(source: number): boolean {
    return this.time + 1 >= this.maxLengths[source]!
  }

  /** Where the rows of the next step begin for the source at a place. */
  nextRow(place: number): number {
    return place * this.#rowsPerSource
  }

  /** The source at a place has ended, whatever has been laid out for it. Places come in rising order. */
  end(place: number): void {
    this.#ended[this.#endedCount++] = place
  }

  /** All others have been laid out. */
  commit(): void {
    this.#closeGaps()
    const rows = this.count * this.#rowsPerSource
    this.history.append(
      this.tokens.subarray(0, rows),
      this.parents.subarray(0, rows),
      this.tokenScores.subarray(0, rows),
    )
  }

  /** Moves as few sources as possible: what a model keeps for each is large. */
  #closeGaps(): void {
    const left = this.count - this.#endedCount
    let last = this.count - 1
    let end = this.#endedCount - 1
    for (let i = 0; i < this.#endedCount && this.#ended[i]! < left; i++) {
      for (; this.#ended[end] === last; end--) last -= 1
      this.#move(last--, this.#ended[i]!)
    }
    this.count = left
    this.#endedCount = 0
  }

  #move(from: number, to: number): void {
    this.sources[to] = this.sources[from]!
    const [first, end] = [this.nextRow(from), this.nextRow(from + 1)]
    for (const values of [this.tokens, this.parents, this.tokenScores, this.totals]) {
      values.copyWithin(this.nextRow(to), first, end)
    }
  }

  /** Source steps that attention can look at: those that are no padding. */
  attended(source: number): number {
    const width = this.history.attentionWidth
    return Math.min(width, this.#model.sourceLengths?.[source] ?? width)
  }

  /** A score that is no number: the model's fault, or that of a processor. */
  badScore(source: number, token: number, score: number): OstinatoError {
    return new OstinatoError('NON_FINITE_SCORE', `${this.where}, source ${source}, step ${this.time}`, {
      expected: 'log-probabilities, or -Infinity for what cannot follow',
      received: `${score} for token ${token}`,
    })
  }

  nothingAllowed(source: number): OstinatoError {
    const by = this.#processors.length > 0 ? 'the processors together' : 'the model'
    return new OstinatoError(
      'NO_TOKEN_ALLOWED',
      `${this.where}, source ${source}, step ${this.time}`,
      { expected: 'a token that may follow', received: `-Infinity for all, by ${by}` },
      { remedy: 'Allow the end token, or lower minLength' },
    )
  }
}

/** A token that no row of scores has would never come. */
function checkEndToken(where: string, { endToken, vocabularySize }: StepModel): void {
  const inside = Number.isInteger(endToken) && endToken! >= 0 && endToken! < vocabularySize
  if (endToken === undefined || inside) return
  throw new OstinatoError('INDEX_OUT_OF_RANGE', `${where}, end token of the model`, {
    expected: `a token of 0 to ${vocabularySize - 1}`,
    received: String(endToken),
  })
}

function checkedProcessors(where: string, processors: unknown = []): readonly LogitsProcessor[] {
  const wrong = Array.isArray(processors)
    ? (processors as unknown[]).findIndex((processor) => typeof processor !== 'function')
    : 0
  if (wrong === -1) return processors as LogitsProcessor[]
  throw new OstinatoError('INVALID_OPTION', `${where}, processors`, {
    expected: 'a list of functions',
    received: Array.isArray(processors)
      ? `${typeof processors[wrong]} at position ${wrong}`
      : typeof processors,
  })
}

function maxLengths(where: string, model: StepModel, options: SearchOptions): Int32Array {
  const { maxLength, maxLengthRatio: ratio } = options
  const lengths = new Int32Array(model.sources).fill(maxLength)
  if (ratio === undefined) return lengths
  const { sourceLengths } = model
  if (!(ratio > 0) || !sourceLengths) {
    throw new OstinatoError('INVALID_OPTION', `${where}, maxLengthRatio`, {
      expected: sourceLengths ? 'a number above 0' : 'a model that knows the lengths of its sources',
      received: sourceLengths ? String(ratio) : 'one without sourceLengths',
    })
  }
  return lengths.map((most, source) =>
    Math.min(most, Math.max(1, Math.floor(ratio * sourceLengths[source]!))),
  )
}
