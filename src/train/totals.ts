/** Losses of one batch or many: a mean for each output, and their weighted sum. */
import type { Engine } from '../models/engine.js'
import type { Executable } from '../models/executable.js'
import { borderName } from '../models/topology.js'

export interface Losses {
  /** Σ loss weight · mean, over the outputs, and the penalties on weights. */
  readonly loss: number
  /** By output: the mean over all valid steps; 0 where there are none. */
  readonly losses: Readonly<Record<string, number>>
  /** Mean of each metric over the valid steps, by name: `accuracy`, or `accuracy/output` where there are several outputs. */
  readonly metrics: Readonly<Record<string, number>>
  /** Valid steps (their total weight) of all outputs. */
  readonly weight: number
}

/** By output, as users see them. */
export function metricNames({ topology: { outputs }, metrics }: Engine): string[][] {
  return outputs.map((_, k) => (metrics[k] ?? []).map(({ name }) => borderName(name, outputs, k)))
}

/** [Σ w·ℓ, Σ w] of every output, Σ w·a of every metric, and the penalties times the weight of their batch. */
export class Totals {
  readonly #sums: Float64Array
  readonly #weights: Float64Array
  readonly #hits: readonly Float64Array[]
  #penalties = 0

  constructor(readonly engine: Engine) {
    const { length } = engine.topology.outputs
    this.#sums = new Float64Array(length)
    this.#weights = new Float64Array(length)
    this.#hits = engine.topology.outputs.map((_, k) => new Float64Array(engine.metrics[k]?.length ?? 0))
  }

  /** Adds what the run before has left among the statistics. */
  add({ context, traced }: Executable): void {
    const { first, count } = traced.penalties
    for (let i = 0; i < count; i++) this.#penalties += context.statistics[first + i] ?? 0
    for (const [k, { statistics, metrics }] of traced.outputs.entries()) {
      this.#sums[k]! += context.statistics[statistics] ?? 0
      this.#weights[k]! += context.statistics[statistics + 1] ?? 0
      for (const [i, metric] of metrics.entries())
        this.#hits[k]![i]! += context.statistics[metric.statistics] ?? 0
    }
  }

  get means(): Losses {
    const { topology, lossWeights } = this.engine
    const names = metricNames(this.engine)
    const losses: Record<string, number> = {}
    const metrics: Record<string, number> = {}
    let loss = 0
    let weight = 0
    for (const [k, { name }] of topology.outputs.entries()) {
      const total = this.#weights[k] ?? 0
      const mean = total === 0 ? 0 : (this.#sums[k] ?? 0) / total
      losses[name] = mean
      loss += (lossWeights[k] ?? 1) * mean
      weight += total
      for (const [i, name] of (names[k] ?? []).entries())
        metrics[name] = total === 0 ? 0 : (this.#hits[k]?.[i] ?? 0) / total
    }
    if (weight > 0) loss += this.#penalties / weight
    return { loss, losses, metrics, weight }
  }
}
