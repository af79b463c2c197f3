import { OstinatoError } from '../errors.js'
import { RandomStream } from '../random/random.js'
import { checkInteger, checkOptions } from '../suggest.js'
import { Frontier, type SearchOptions, searchOptions } from './frontier.js'
import type { Ending } from './history.js'
import type { Decoded } from './hypothesis.js'
import { argmax, Sampler, type SamplingOptions, samplingOptions } from './sample.js'
import type { Search, Streamed } from './search.js'
import type { StepModel } from './step-model.js'

/** Takes the likeliest token at each step. */
export type GreedyOptions = SearchOptions

export interface SampleOptions extends SearchOptions, SamplingOptions {
  /** Sequences drawn for each source, independently. Default 1. */
  readonly samples?: number
  /** The same seed gives the same sequences for a source at the same place. Default 0. */
  readonly seed?: number
}

/** Takes a token of a row of scores; `best` is the likeliest. */
type Choose = (scores: Float32Array, start: number, best: number, row: number) => number

/** Rows that go on independently of one another: greedy search and sampling. */
export class RowSearch implements Search {
  readonly #frontier: Frontier
  readonly #rowsPerSource: number
  readonly #choose: Choose
  /** [sources · rows]: set where a row has ended. */
  readonly #endings: (Ending | undefined)[]
  /** Sources that have ended in the last step. */
  readonly #done: number[] = []

  private constructor(frontier: Frontier, sources: number, rowsPerSource: number, choose: Choose) {
    this.#frontier = frontier
    this.#rowsPerSource = rowsPerSource
    this.#choose = choose
    this.#endings = new Array(sources * rowsPerSource).fill(undefined)
  }

  static greedy(model: StepModel, options: GreedyOptions): RowSearch {
    const where = 'decode.greedy'
    checkOptions(where, options, searchOptions)
    return new RowSearch(new Frontier(where, model, 1, options), model.sources, 1, (_, __, best) => best)
  }

  static sample(model: StepModel, options: SampleOptions): RowSearch {
    const where = 'decode.sample'
    checkOptions(where, options, [...searchOptions, ...samplingOptions, 'samples', 'seed'])
    const { samples = 1, seed = 0 } = options
    checkInteger(`${where}, samples`, samples, 1)
    return RowSearch.drawn(where, model, options, { sampler: new Sampler(where, options), samples, seed })
  }

  /** `where` is what the user called. */
  static drawn(
    where: string,
    model: StepModel,
    options: SearchOptions,
    {
      sampler,
      samples,
      seed,
    }: { readonly sampler: Sampler; readonly samples: number; readonly seed: number },
  ): RowSearch {
    const { sources, vocabularySize } = model
    const stream = new RandomStream(seed)
    const draws = Array.from({ length: sources * samples }, (_, row) => {
      const random = stream.fork(`source ${Math.floor(row / samples)}, sample ${row % samples}`)
      return (): number => random.uniform()
    })
    const frontier = new Frontier(where, model, samples, options)
    return new RowSearch(frontier, sources, samples, (scores, start, best, row) =>
      sampler.draw(scores, start, vocabularySize, best, draws[row]!),
    )
  }

  /** Takes given tokens, and then the end token. */
  static forced(model: StepModel, targets: readonly ArrayLike<number>[]): RowSearch {
    const where = 'decode.score'
    const { sources, vocabularySize, endToken } = model
    if (targets.length !== sources) {
      throw new OstinatoError('SHAPE_MISMATCH', `${where}, targets`, {
        expected: `${sources} sequences, one for each source`,
        received: String(targets.length),
      })
    }
    for (const [source, target] of targets.entries()) {
      for (const token of Array.from(target)) {
        if (Number.isInteger(token) && token >= 0 && token < vocabularySize && token !== endToken) continue
        throw new OstinatoError('INDEX_OUT_OF_RANGE', `${where}, target ${source}`, {
          expected: `tokens of 0 to ${vocabularySize - 1}, without the end token`,
          received: String(token),
        })
      }
      if (target.length > 0 || endToken !== undefined) continue
      throw new OstinatoError('EMPTY_DATA', `${where}, target ${source}`, {
        expected: 'at least one token',
        received: 'none',
      })
    }
    const closing = endToken === undefined ? 0 : 1
    const lengths = targets.map((target) => target.length + closing)
    const frontier = new Frontier(where, model, 1, { maxLength: Math.max(1, ...lengths) })
    frontier.maxLengths.set(lengths)
    return new RowSearch(frontier, sources, 1, (_, __, ___, source) => {
      return targets[source]![frontier.time] ?? endToken!
    })
  }

  get active(): boolean {
    return this.#frontier.count > 0
  }

  advance(): void {
    const frontier = this.#frontier
    const { tokens, parents, tokenScores, sources } = frontier
    const samples = this.#rowsPerSource
    const scores = frontier.advance()
    this.#done.length = 0
    for (let i = 0; i < frontier.count; i++) {
      const source = sources[i]!
      let goesOn = false
      for (let n = 0; n < samples; n++) {
        // Before the first token, one row stands for all.
        const row = i * frontier.perSource + Math.min(n, frontier.perSource - 1)
        const next = frontier.nextRow(i) + n
        parents[next] = row
        if (this.#endings[source * samples + n]) continue
        if (n < frontier.perSource) frontier.process(row, source)
        const token = this.#chosen(scores, row, source, n)
        if (token === frontier.endToken || frontier.isLast(source)) {
          this.#endings[source * samples + n] = {
            step: frontier.time,
            parent: row,
            token,
            tokenScore: frontier.own(row, token),
            ended: token === frontier.endToken,
          }
        } else {
          goesOn = true
          tokens[next] = token
          tokenScores[next] = frontier.own(row, token)
        }
      }
      if (goesOn) continue
      frontier.end(i)
      this.#done.push(source)
    }
    frontier.commit()
  }

  #chosen(scores: Float32Array, row: number, source: number, sample: number): number {
    const frontier = this.#frontier
    const { vocabularySize } = frontier
    const start = row * vocabularySize
    const best = argmax(scores, start, vocabularySize)
    if (best < 0) throw frontier.nothingAllowed(source)
    if (!Number.isFinite(scores[start + best]!)) throw frontier.badScore(source, best, scores[start + best]!)
    return this.#choose(scores, start, best, source * this.#rowsPerSource + sample)
  }

  result(source: number): Decoded {
    const { history } = this.#frontier
    const endings = this.#endings.slice(source * this.#rowsPerSource, (source + 1) * this.#rowsPerSource)
    const attended = this.#frontier.attended(source)
    return { hypotheses: endings.map((ending) => history.hypothesis(ending!, attended)) }
  }

  news(): Streamed[] {
    const { history, time, sources, count } = this.#frontier
    const perSource = this.#rowsPerSource
    const news: Streamed[] = []
    for (let row = 0; row < count * perSource; row++) {
      const source = sources[Math.floor(row / perSource)]!
      const sample = row % perSource
      if (this.#endings[source * perSource + sample]) continue
      news.push({ source, sample, tokens: Int32Array.of(history.token(time, row)) })
    }
    for (const source of this.#done) {
      for (let sample = 0; sample < perSource; sample++) {
        const { step, token, ended } = this.#endings[source * perSource + sample]!
        const tokens = Int32Array.from(step === time && !ended ? [token] : [])
        if (sample === perSource - 1) news.push({ source, sample, tokens, decoded: this.result(source) })
        else if (tokens.length > 0) news.push({ source, sample, tokens })
      }
    }
    return news
  }
}
