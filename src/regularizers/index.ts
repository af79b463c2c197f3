/** Penalties on weights by their Keras names: added to the mean loss, and through it to the gradient. */
import { OstinatoError } from '../errors.js'
import { checkOptions } from '../suggest.js'

/** Σ over the elements of a weight of l1 · |p| + l2 · p². Numbers alone: it is saved with the layer as it is. */
export interface Regularizer {
  readonly l1: number
  readonly l2: number
}

export interface L1L2Options {
  /** Default 0. */
  readonly l1?: number
  /** Default 0. */
  readonly l2?: number
}

function strength(where: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) return value
  throw new OstinatoError('INVALID_OPTION', where, {
    expected: 'a finite number of at least 0',
    received: String(value),
  })
}

/** l1 · Σ |p| + l2 · Σ p² */
function l1l2(options: L1L2Options): Regularizer {
  return toRegularizer('l1l2', options) ?? { l1: 0, l2: 0 }
}

/** strength · Σ |p|, which drives weights to 0. Default 0.01 (Keras). */
const l1 = (value = 0.01): Regularizer => ({ l1: strength('l1', value), l2: 0 })

/** strength · Σ p². Default 0.01 (Keras). */
const l2 = (value = 0.01): Regularizer => ({ l1: 0, l2: strength('l2', value) })

/**
 * Makers of regularizers. Unlike `weightDecay` of an optimizer, a penalty is part of the loss that `fit` and `evaluate` report, and
 * its gradient is clipped and scaled with the rest.
 */
export const regularizers = { l1, l2, l1l2 } as const

/** The penalty that a user means; null, as in a model file, is none. */
export function toRegularizer(where: string, given: L1L2Options | null | undefined): Regularizer | undefined {
  if (given === undefined || given === null) return undefined
  checkOptions(where, given, ['l1', 'l2'])
  return { l1: strength(`${where}, l1`, given.l1 ?? 0), l2: strength(`${where}, l2`, given.l2 ?? 0) }
}
