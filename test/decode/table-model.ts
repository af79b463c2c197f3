import type { StepModel } from 'ostinato'

export interface TableOptions {
  readonly seed: number
  /** What distinguishes sources; the same number has the same distributions in any batch. */
  readonly sourceIds?: readonly number[]
  readonly vocabularySize?: number
  /** Tokens 0 … alphabet − 1 and the end token can come, all others are at −∞. Default: all tokens. */
  readonly alphabet?: number
  /** `null` for none. Default: the last token. */
  readonly endToken?: number | null
  /** For attention. */
  readonly sourceLengths?: readonly number[]
}

/**
 * Random distributions that depend on the source and on all tokens so far: a model whose every sequence can be looked up. Holds searches to
 * their side of the contract.
 */
export class TableModel implements StepModel {
  readonly sources: number
  readonly vocabularySize: number
  readonly startToken = 1
  readonly endToken?: number
  readonly sourceLengths?: readonly number[]
  attention?: Float32Array
  /** Rows of every call. */
  readonly calls: number[] = []
  readonly #options: TableOptions
  readonly #ids: readonly number[]
  readonly #known = new Map<string, Float32Array>()
  #rowsPerSource = 0
  /** Rows of each source in the step before. */
  #width = 0
  #sources: number[] = []
  #prefixes: number[][] = []
  #returned: { readonly scores: Float32Array; readonly copy: Float32Array } | undefined

  constructor(options: TableOptions) {
    this.#options = options
    this.#ids = options.sourceIds ?? [0]
    this.sources = this.#ids.length
    this.vocabularySize = options.vocabularySize ?? 6
    const { endToken = this.vocabularySize - 1, sourceLengths } = options
    if (endToken !== null) this.endToken = endToken
    if (sourceLengths) this.sourceLengths = sourceLengths
  }

  /** Log-probabilities of what follows `prefix`. */
  scores(source: number, prefix: readonly number[]): Float32Array {
    const key = `${source}:${prefix}`
    const known = this.#known.get(key) ?? this.#made(source, prefix)
    this.#known.set(key, known)
    return known
  }

  #made(source: number, prefix: readonly number[]): Float32Array {
    const { seed, alphabet = this.vocabularySize } = this.#options
    const random = generator([seed, this.#ids[source]!, ...prefix])
    const logits = Array.from({ length: this.vocabularySize }, (_, token) =>
      token < alphabet || token === this.endToken ? 6 * random() : Number.NEGATIVE_INFINITY,
    )
    const total = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0))
    return Float32Array.from(logits, (x) => x - total)
  }

  /** How much the token behind `prefix` looks at each source step. */
  attentionOf(source: number, prefix: readonly number[]): Float32Array {
    const random = generator([77, this.#ids[source]!, ...prefix])
    const weights = Array.from({ length: this.sourceLengths![source]! }, () => random() ** 4)
    const total = weights.reduce((sum, x) => sum + x, 0)
    return Float32Array.from(weights, (x) => x / total)
  }

  start(rowsPerSource: number): void {
    this.#rowsPerSource = rowsPerSource
    this.#sources = this.#ids.map((_, source) => source)
    this.calls.length = 0
    this.#returned = undefined
  }

  step(tokens: Int32Array, parents: Int32Array, sources: Int32Array): Float32Array {
    const first = this.calls.length === 0
    const width = first ? 1 : this.#rowsPerSource
    const rows = sources.length * width
    if (this.#returned) same(this.#returned.scores, this.#returned.copy, 'the scores of the step before')
    if (tokens.length !== rows || parents.length !== rows) throw new Error('rows')
    if (first) same(sources, this.#sources, 'all sources')
    for (const [i, source] of sources.entries()) {
      if (sources.indexOf(source) < i) throw new Error('a source twice')
      if (!(this.#sources.indexOf(source) >= i)) throw new Error('a source that had ended, or moved back')
    }
    this.#prefixes = Array.from({ length: rows }, (_, row) => {
      const source = sources[Math.floor(row / width)]!
      const parent = parents[row]!
      if (!first && this.#sources[Math.floor(parent / this.#width)] !== source)
        throw new Error('a strange parent')
      if (!first) return [...this.#prefixes[parent]!, tokens[row]!]
      if (tokens[row] !== this.startToken) throw new Error('no start token')
      return []
    })
    this.#sources = [...sources]
    this.#width = width
    this.calls.push(rows)
    const scores = new Float32Array(rows * this.vocabularySize)
    const steps = Math.max(0, ...(this.sourceLengths ?? []))
    if (this.sourceLengths) this.attention = new Float32Array(rows * steps)
    for (const [row, prefix] of this.#prefixes.entries()) {
      const source = sources[Math.floor(row / width)]!
      scores.set(this.scores(source, prefix), row * this.vocabularySize)
      this.attention?.set(this.attentionOf(source, prefix), row * steps)
    }
    this.#returned = { scores, copy: scores.slice() }
    return scores
  }
}

function same(a: ArrayLike<number>, b: ArrayLike<number>, what: string): void {
  if (a.length !== b.length || Array.from(a).some((x, i) => x !== b[i])) throw new Error(`not ${what}`)
}

/** Numbers in [0, 1) from a key: FNV-1a for a seed, then Mulberry32. */
function generator(key: readonly number[]): () => number {
  let state = 0x811c9dc5
  for (const number of [...key, key.length]) {
    for (let shift = 0; shift < 32; shift += 8) {
      state = Math.imul(state ^ ((number >>> shift) & 0xff), 0x01000193)
    }
  }
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
