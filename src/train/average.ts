import { OstinatoError } from '../errors.js'
import type { Model, NamedWeight } from '../models/model.js'
import type { SymbolicTensors } from '../models/topology.js'
import { checkOptions } from '../suggest.js'

export interface WeightAverageOptions {
  /** How much of the mean stays at each update: in [0, 1). Default 0.999. */
  readonly decay?: number
}

/** Refuses weights that are not those of the same model. */
function checkAlike(where: string, first: readonly NamedWeight[], other: readonly NamedWeight[]): void {
  const shape = (weights: readonly NamedWeight[]): string =>
    weights.map((w) => `${w.name} [${w.shape.join(', ')}]`).join(', ')
  if (shape(first) === shape(other)) return
  throw new OstinatoError('SHAPE_MISMATCH', where, {
    expected: `the weights ${shape(first)}`,
    received: shape(other),
  })
}

/**
 * A running mean of the weights of a model while it learns, which is often better than the last of them (Polyak and Juditsky 1992):
 *
 *     v ← d v + (1 − d) w        d = min(decay, (1 + n) ∕ (10 + n)) at the n-th update, counted from 0
 *
 * so that the first weights, which know nothing, are soon forgotten.
 *
 *     const average = weightAverage({ decay: 0.999 })
 *     await model.fit(batches, { callbacks: { onStepEnd: () => average.update(model) } })
 *     model.setWeights(average.weights)
 */
export class WeightAverage {
  readonly #decay: number
  #means: { readonly weight: NamedWeight; readonly mean: Float64Array }[] = []
  #updates = 0

  /** @internal */
  constructor(decay: number) {
    this.#decay = decay
  }

  /** Takes the weights as they are now: call it after every step. */
  update<Outputs extends SymbolicTensors>(model: Model<Outputs>): void {
    const weights = model.getWeights()
    if (this.#updates === 0)
      this.#means = weights.map((weight) => ({ weight, mean: new Float64Array(weight.data.length) }))
    else
      checkAlike(
        'weightAverage.update',
        this.#means.map(({ weight }) => weight),
        weights,
      )
    // The first mean is the first weights: nothing of a mean of zeros is kept.
    const n = this.#updates++
    const decay = n === 0 ? 0 : Math.min(this.#decay, (1 + n) / (10 + n))
    for (const [k, { mean }] of this.#means.entries()) {
      const { data } = weights[k] as NamedWeight
      for (let i = 0; i < mean.length; i++) mean[i] = decay * mean[i]! + (1 - decay) * data[i]!
    }
  }

  /** The means, for `model.setWeights`. Empty before the first update. */
  get weights(): NamedWeight[] {
    return this.#means.map(({ weight: { name, shape }, mean }) => ({
      name,
      shape,
      data: Float32Array.from(mean),
    }))
  }
}

/** Makes a running mean of weights. */
export function weightAverage(options: WeightAverageOptions = {}): WeightAverage {
  checkOptions('weightAverage', options, ['decay'])
  const { decay = 0.999 } = options
  if (decay >= 0 && decay < 1) return new WeightAverage(decay)
  throw new OstinatoError('INVALID_OPTION', 'weightAverage, decay', {
    expected: 'a number in [0, 1)',
    received: String(decay),
  })
}

/** The plain mean of the weights of several checkpoints of a model, such as the best of a training, for `model.setWeights`. */
export function meanWeights(checkpoints: readonly (readonly NamedWeight[])[]): NamedWeight[] {
  const [first] = checkpoints
  if (!first)
    throw new OstinatoError('EMPTY_DATA', 'meanWeights', {
      expected: 'at least one checkpoint',
      received: 'none',
    })
  for (const other of checkpoints) checkAlike('meanWeights', first, other)
  return first.map(({ name, shape, data }, k) => ({
    name,
    shape,
    data: Float32Array.from(data, (_, i) => {
      const sum = checkpoints.reduce((total, weights) => total + (weights[k]?.data[i] ?? 0), 0)
      return sum / checkpoints.length
    }),
  }))
}
