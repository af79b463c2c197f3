import type { TableModel } from './table-model.js'

/** A sequence with what the table says of it. */
export interface Found {
  readonly tokens: readonly number[]
  /** That of the end token behind them, where it ended. */
  readonly tokenScores: readonly number[]
  readonly ended: boolean
  readonly score: number
}

export interface Measure {
  readonly lengthPenalty?: 'none' | 'average' | number
  readonly coveragePenalty?: number
}

/** Equation 14 of Wu et al. 2016, as it stands there. */
export function measured(
  table: TableModel,
  source: number,
  found: Omit<Found, 'score'>,
  measure: Measure,
): Found {
  const { lengthPenalty = 'none', coveragePenalty = 0 } = measure
  const sum = found.tokenScores.reduce((a, b) => a + b, 0)
  const length = found.tokenScores.length
  const divisor =
    lengthPenalty === 'none'
      ? 1
      : lengthPenalty === 'average'
        ? length
        : (5 + length) ** lengthPenalty / (5 + 1) ** lengthPenalty
  let coverage = 0
  if (coveragePenalty > 0) {
    const looks = found.tokenScores.map((_, j) => table.attentionOf(source, found.tokens.slice(0, j)))
    for (let i = 0; i < table.sourceLengths![source]!; i++) {
      const total = looks.reduce((a, look) => a + look[i]!, 0)
      coverage += coveragePenalty * Math.log(Math.min(total, 1))
    }
  }
  return { ...found, score: sum / divisor + coverage }
}

/** Every sequence that there is: those that end, and those cut at `maxLength`; the best first. */
export function everySequence(
  table: TableModel,
  source: number,
  maxLength: number,
  measure: Measure,
): Found[] {
  const all: Found[] = []
  const grow = (tokens: readonly number[], tokenScores: readonly number[]): void => {
    for (const [token, score] of table.scores(source, tokens).entries()) {
      if (score === Number.NEGATIVE_INFINITY) continue
      const scores = [...tokenScores, score]
      const longer = [...tokens, token]
      if (token === table.endToken) {
        all.push(measured(table, source, { tokens, tokenScores: scores, ended: true }, measure))
      } else if (longer.length === maxLength) {
        all.push(measured(table, source, { tokens: longer, tokenScores: scores, ended: false }, measure))
      } else grow(longer, scores)
    }
  }
  grow([], [])
  return all.sort((a, b) => b.score - a.score)
}

/** Beam search from its description: sorting, copying, and stopping by the number of hypotheses that have ended only. */
export function plainBeam(
  table: TableModel,
  source: number,
  options: Measure & {
    readonly beams: number
    readonly nBest: number
    readonly maxLength: number
    readonly patience?: number
  },
): Found[] {
  const { beams, nBest, maxLength, patience = 1 } = options
  let live: { tokens: number[]; scores: number[]; sum: number }[] = [{ tokens: [], scores: [], sum: 0 }]
  const ended: Found[] = []
  for (let t = 1; t <= maxLength && live.length > 0 && ended.length < patience * beams; t++) {
    const candidates = live
      .flatMap(({ tokens, scores, sum }) =>
        [...table.scores(source, tokens)].map((score, token) => ({
          tokens: [...tokens, token],
          scores: [...scores, score],
          sum: sum + score,
        })),
      )
      .filter(({ sum }) => sum > Number.NEGATIVE_INFINITY)
      .sort((a, b) => b.sum - a.sum)
    const ends = ({ tokens }: { tokens: number[] }): boolean => tokens.at(-1) === table.endToken
    for (const one of candidates.slice(0, beams).filter(ends)) {
      const found = { tokens: one.tokens.slice(0, -1), tokenScores: one.scores, ended: true }
      ended.push(measured(table, source, found, options))
    }
    live = candidates.filter((one) => !ends(one)).slice(0, beams)
  }
  if (live[0]?.tokens.length === maxLength) {
    for (const { tokens, scores } of live) {
      ended.push(measured(table, source, { tokens, tokenScores: scores, ended: false }, options))
    }
  }
  return ended.sort((a, b) => b.score - a.score).slice(0, nBest)
}
