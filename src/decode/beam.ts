import { OstinatoError } from '../errors.js'
import { checkInteger, checkOptions } from '../suggest.js'
import { Frontier, type SearchOptions, searchOptions } from './frontier.js'
import type { Ending } from './history.js'
import type { BeamStep, Decoded } from './hypothesis.js'
import { Ranking, type RankingOptions } from './ranking.js'
import type { Search, Streamed } from './search.js'
import type { StepModel } from './step-model.js'

export interface BeamOptions extends SearchOptions, RankingOptions {
  /** Hypotheses that go on living at each step. At most the size of the vocabulary. Default 5. */
  readonly beams?: number
  /** How many hypotheses come back for each source; at most `beams`. Default 1. */
  readonly nBest?: number
  /**
   * A source is done when `patience` × `beams` hypotheses have ended (Kasai et al. 2022), or before that when nothing alive can become as good
   * as the `nBest` best that have ended. Infinity: only then. Above 0. Default 1.
   */
  readonly patience?: number
  /** Whether results carry the steps of the search. Default false. */
  readonly trace?: boolean
}

type Ranked = Ending & { readonly score: number }

/**
 * Beam search. At each step the likeliest 2 · `beams` continuations of a source are looked at: of the best `beams` those that end are finished, the
 * best `beams` others live on. Equal scores are in the order of their parents, then of their tokens.
 */
export class BeamSearch implements Search {
  readonly #frontier: Frontier
  readonly #ranking: Ranking
  readonly #beams: number
  readonly #nBest: number
  /** Hypotheses that have to end before a source is done. */
  readonly #enough: number
  /** [sources]: rows that live, from the first one of a source on. */
  readonly #live: Int32Array
  /** Of one source: the likeliest continuations that go on, those that end, and both together. */
  readonly #ongoing: Best
  readonly #ending: Best
  readonly #best: Best
  /** For each source the `nBest` best that have ended, best first, and how many have ended in all. */
  readonly #endings: Ranked[][]
  readonly #endedCount: Int32Array
  readonly #traces: BeamStep[][] | undefined
  /** What each source step got in all; as wide as attention is. */
  #covered = new Float64Array(0)
  /** [sources]: tokens that have been streamed. */
  readonly #streamed: Int32Array
  /** Sources whose result has not been streamed. */
  readonly #done: number[] = []

  constructor(model: StepModel, options: BeamOptions) {
    const where = 'decode.beam'
    checkOptions(where, options, [
      ...searchOptions,
      'lengthPenalty',
      'coveragePenalty',
      'beams',
      'nBest',
      'patience',
      'trace',
    ])
    const { beams = 5, nBest = 1, patience = 1, trace = false } = options
    checkInteger(`${where}, beams`, beams, 1)
    checkInteger(`${where}, nBest`, nBest, 1)
    refuseAbove(`${where}, beams`, beams, model.vocabularySize, 'tokens of the vocabulary')
    refuseAbove(`${where}, nBest`, nBest, beams, 'beams')
    if (!(patience > 0)) {
      throw new OstinatoError('INVALID_OPTION', `${where}, patience`, {
        expected: 'a number above 0',
        received: String(patience),
      })
    }
    this.#ranking = new Ranking(where, options)
    this.#frontier = new Frontier(where, model, beams, options)
    this.#beams = beams
    this.#nBest = nBest
    this.#enough = patience * beams
    this.#live = new Int32Array(model.sources).fill(1)
    this.#ongoing = new Best(beams)
    this.#ending = new Best(beams)
    this.#best = new Best(2 * beams)
    this.#endings = Array.from({ length: model.sources }, () => [])
    this.#endedCount = new Int32Array(model.sources)
    this.#traces = trace ? this.#endings.map(() => []) : undefined
    this.#streamed = new Int32Array(model.sources)
  }

  get active(): boolean {
    return this.#frontier.count > 0
  }

  advance(): void {
    const frontier = this.#frontier
    const scores = frontier.advance()
    for (let i = 0; i < frontier.count; i++) {
      const source = frontier.sources[i]!
      const first = i * frontier.perSource
      for (let b = 0; b < this.#live[source]!; b++) frontier.process(first + b, source)
      const found = this.#select(scores, first, source)
      const before = this.#endedCount[source]!
      if (found === 0 && before === 0) throw frontier.nothingAllowed(source)
      const firstNext = frontier.nextRow(i)
      const kept = this.#extend(source, found, firstNext)
      if (this.#traces) this.#traces[source]!.push(this.#traced(found, first, firstNext, kept))
      this.#live[source] = kept
      if (kept > 0 && !this.#isDone(source, frontier.totals[firstNext]!)) continue
      frontier.end(i)
      this.#done.push(source)
    }
    frontier.commit()
  }

  /**
   * One pass over the scores of a source's live rows. Returns how many of the best continuations it found: all that can live on, and of those that
   * end what may be among the best `beams`.
   */
  #select(scores: Float32Array, first: number, source: number): number {
    const { time, totals, vocabularySize, endToken } = this.#frontier
    const [ongoing, ending] = [this.#ongoing, this.#ending]
    const last = first + this.#live[source]!
    ongoing.count = ending.count = 0
    // What a continuation must exceed. A local: this is the innermost loop of all.
    let least = Number.NEGATIVE_INFINITY
    for (let row = first; row < last; row++) {
      // Nothing has been said before the first token; the rows of the next step already lie here.
      const total = time === 0 ? 0 : totals[row]!
      const begin = row * vocabularySize
      const endPick = endToken < 0 ? -1 : begin + endToken
      for (let pick = begin; pick < begin + vocabularySize; pick++) {
        const sum = total + scores[pick]!
        // NaN goes on and is refused.
        if (sum <= least) continue
        if (!(sum < Number.POSITIVE_INFINITY)) {
          throw this.#frontier.badScore(source, pick - begin, scores[pick]!)
        }
        if (pick === endPick) ending.insert(sum, pick)
        else {
          ongoing.insert(sum, pick)
          least = ongoing.least
        }
      }
    }
    this.#best.merge(ongoing, ending)
    return this.#best.count
  }

  /** Finishes what ends, lays out what lives on. Returns how many live on. */
  #extend(source: number, found: number, firstNext: number): number {
    const frontier = this.#frontier
    const last = frontier.isLast(source)
    let kept = 0
    let cut = 0
    for (let place = 0; place < found && kept + cut < this.#beams; place++) {
      const pick = this.#best.picks[place]!
      const row = Math.floor(pick / frontier.vocabularySize)
      const token = pick % frontier.vocabularySize
      const sum = this.#best.sums[place]!
      if (token === frontier.endToken) {
        if (place < this.#beams) this.#finish(source, row, token, sum, true)
      } else if (last) {
        this.#finish(source, row, token, sum, false)
        cut += 1
      } else {
        const next = firstNext + kept++
        frontier.tokens[next] = token
        frontier.parents[next] = row
        frontier.tokenScores[next] = frontier.own(row, token)
        frontier.totals[next] = sum
      }
    }
    for (let next = firstNext + kept; kept > 0 && next < firstNext + this.#beams; next++) {
      // Nobody looks at these rows.
      frontier.tokens[next] = frontier.tokens[firstNext]!
      frontier.parents[next] = frontier.parents[firstNext]!
    }
    return kept
  }

  #finish(source: number, parent: number, token: number, sum: number, ended: boolean): void {
    const { time: step } = this.#frontier
    this.#endedCount[source]! += 1
    const score = this.#ranking.normalized(sum, step + 1) + this.#coverage(source, parent)
    const endings = this.#endings[source]!
    let place = endings.length
    while (place > 0 && endings[place - 1]!.score < score) place -= 1
    if (place >= this.#nBest) return
    const tokenScore = this.#frontier.own(parent, token)
    endings.splice(place, 0, { step, parent, token, tokenScore, score, ended })
    endings.length = Math.min(endings.length, this.#nBest)
  }

  #coverage(source: number, parent: number): number {
    const { history, time, where } = this.#frontier
    if (this.#ranking.coveragePenalty === 0) return 0
    if (history.attentionWidth === 0) {
      throw new OstinatoError('INVALID_OPTION', `${where}, coveragePenalty`, {
        expected: 'a model with attention',
        received: 'one without',
      })
    }
    if (this.#covered.length === 0) this.#covered = new Float64Array(history.attentionWidth)
    this.#covered.fill(0)
    history.addAttention(time, parent, this.#covered)
    return this.#ranking.coverage(this.#covered, this.#frontier.attended(source))
  }

  /** Nothing that comes can change the result. */
  #isDone(source: number, best: number): boolean {
    if (this.#endedCount[source]! >= this.#enough) return true
    const worst = this.#endings[source]![this.#nBest - 1]
    return worst !== undefined && worst.score >= this.#ranking.bound(best, this.#frontier.maxLengths[source]!)
  }

  #traced(found: number, first: number, firstNext: number, kept: number): BeamStep {
    const { tokens, parents, totals, endToken, vocabularySize } = this.#frontier
    const { picks, sums } = this.#best
    const ended = Array.from({ length: Math.min(found, this.#beams) }, (_, place) => ({
      token: picks[place]! % vocabularySize,
      parent: Math.floor(picks[place]! / vocabularySize) - first,
      score: sums[place]!,
    })).filter(({ token }) => token === endToken)
    return {
      tokens: tokens.slice(firstNext, firstNext + kept),
      parents: parents.slice(firstNext, firstNext + kept).map((row) => row - first),
      scores: totals.slice(firstNext, firstNext + kept),
      ended: ended.map(({ parent, score }) => ({ parent, score })),
    }
  }

  result(source: number): Decoded {
    const { history } = this.#frontier
    const attended = this.#frontier.attended(source)
    const hypotheses = this.#endings[source]!.map((ending) => history.hypothesis(ending, attended))
    const trace = this.#traces?.[source]
    return trace ? { hypotheses, trace } : { hypotheses }
  }

  /** The prefix that all living hypotheses share with the best that has ended: whatever comes, the result begins with it. */
  news(): Streamed[] {
    const { history, sources, count } = this.#frontier
    const news: Streamed[] = []
    for (let i = 0; i < count; i++) {
      const source = sources[i]!
      const from = this.#streamed[source]!
      const [length, row] = this.#committed(source, i * this.#beams)
      if (length === from) continue
      const tokens = new Int32Array(length)
      history.readTokens(length - 1, row, tokens)
      news.push({ source, sample: 0, tokens: tokens.subarray(from) })
      this.#streamed[source] = length
    }
    for (const source of this.#done.splice(0)) {
      const decoded = this.result(source)
      const tokens = decoded.hypotheses[0]!.tokens.subarray(this.#streamed[source])
      news.push({ source, sample: 0, tokens, decoded })
    }
    return news
  }

  /** How long the prefix is, and the row of its last token. */
  #committed(source: number, first: number): [length: number, row: number] {
    const { history, time } = this.#frontier
    const rows = Array.from({ length: this.#live[source]! }, (_, b) => first + b)
    const best = this.#endings[source]![0]
    let bestRow = best?.parent ?? -1
    for (let t = time; t >= this.#streamed[source]!; t--) {
      const [row = -1] = rows
      const inBest = !best || (t < best.step && bestRow === row)
      if (inBest && rows.every((other) => other === row)) return [t + 1, row]
      if (best && t < best.step) bestRow = history.parent(t, bestRow)
      for (let b = 0; b < rows.length; b++) rows[b] = history.parent(t, rows[b]!)
    }
    return [this.#streamed[source]!, -1]
  }
}

/** The best continuations of one source, best first; equal ones in the order of their parents, then of their tokens. */
class Best {
  readonly sums: Float64Array
  /** row · vocabularySize + token */
  readonly picks: Int32Array
  count = 0

  constructor(readonly most: number) {
    this.sums = new Float64Array(most)
    this.picks = new Int32Array(most)
  }

  /** What a sum must exceed to be among them. */
  get least(): number {
    return this.count < this.most ? Number.NEGATIVE_INFINITY : this.sums[this.most - 1]!
  }

  /** Puts in a continuation that exceeds the least. Picks come in rising order. */
  insert(sum: number, pick: number): void {
    const { sums, picks, most } = this
    let place = this.count < most ? this.count++ : most - 1
    for (; place > 0 && sums[place - 1]! < sum; place--) {
      sums[place] = sums[place - 1]!
      picks[place] = picks[place - 1]!
    }
    sums[place] = sum
    picks[place] = pick
  }

  /** Becomes both together. */
  merge(a: Best, b: Best): void {
    this.count = a.count + b.count
    for (let i = 0, j = 0; i + j < this.count; ) {
      const isA = i < a.count && (j === b.count || a.precedes(i, b, j))
      this.sums[i + j] = isA ? a.sums[i]! : b.sums[j]!
      this.picks[i + j] = isA ? a.picks[i++]! : b.picks[j++]!
    }
  }

  precedes(i: number, other: Best, j: number): boolean {
    const difference = this.sums[i]! - other.sums[j]!
    return difference > 0 || (difference === 0 && this.picks[i]! < other.picks[j]!)
  }
}

function refuseAbove(where: string, value: number, most: number, of: string): void {
  if (value <= most) return
  throw new OstinatoError('INVALID_OPTION', where, {
    expected: `at most the ${most} ${of}`,
    received: String(value),
  })
}
