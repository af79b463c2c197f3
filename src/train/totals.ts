/** Losses of one batch or many: a mean for each output, and their weighted sum. */
import type { Engine } from '../models/engine.js'
import type { Executable } from '../models/executable.js'

export interface Losses {
  /** Σ loss weight · mean, over the outputs. */
  readonly loss: number
  /** By output: the mean over all valid steps; 0 where there are none. */
  readonly losses: Readonly<Record<string, number>>
  /** Valid steps (their total weight) of all outputs. */
  readonly weight: number
}

/** [Σ w·ℓ, Σ w] of every output. */
export class Totals {
  readonly #sums: Float64Array
  readonly #weights: Float64Array

  constructor(readonly engine: Engine) {
    const { length } = engine.topology.outputs
    this.#sums = new Float64Array(length)
    this.#weights = new Float64Array(length)
  }

  /** Adds what the run before has left among the statistics. */
  add({ context, traced }: Executable): void {
    for (const [k, { statistics }] of traced.outputs.entries()) {
      this.#sums[k]! += context.statistics[statistics] ?? 0
      this.#weights[k]! += context.statistics[statistics + 1] ?? 0
    }
  }

  get means(): Losses {
    const { topology, lossWeights } = this.engine
    const losses: Record<string, number> = {}
    let loss = 0
    let weight = 0
    for (const [k, { name }] of topology.outputs.entries()) {
      const total = this.#weights[k] ?? 0
      const mean = total === 0 ? 0 : (this.#sums[k] ?? 0) / total
      losses[name] = mean
      loss += (lossWeights[k] ?? 1) * mean
      weight += total
    }
    return { loss, losses, weight }
  }
}
