import type { Product } from './precision.js'
import { checkIndices } from './shared.js'

/** One step of the way along time, and the state rows it leads from and to. */
export interface Step {
  readonly t: number
  readonly from: number
  readonly to: number
}

/** The steps in the order in which the forward pass takes them. */
export function walk(T: number, reverse: number): Step[] {
  const steps = Array.from({ length: T }, (_, t) =>
    reverse ? { t, from: t + 1, to: t } : { t, from: t, to: t + 1 },
  )
  return reverse ? steps.reverse() : steps
}

/** The state row before the first step. */
export function initialRow(T: number, reverse: number): number {
  return reverse ? T : 0
}

/** True where step t of row b carries the state unchanged. */
export function isMasked(lengths: Int32Array | undefined, t: number, b: number): boolean {
  return lengths !== undefined && t >= lengths[b]!
}

export function checkLengths(lengths: Int32Array | undefined, T: number): void {
  if (lengths) checkIndices(lengths, 0, T)
}

/** bias + Σ x · w over the given pairs of a vector and a product with a matrix. */
export function linear(
  width: number,
  bias: Float64Array | undefined,
  ...products: readonly (readonly [x: Float64Array, product: Product])[]
): Float64Array {
  const y = bias ? bias.slice() : new Float64Array(width)
  for (const [x, product] of products) product(y, x)
  return y
}

/** `vector` if it is there, else zeros: initial states and gradients may be absent. */
export function orZeros(vector: Float64Array | undefined, b: number, width: number): Float64Array {
  return vector ? vector.slice(b * width, (b + 1) * width) : new Float64Array(width)
}

/** Row `index` of `saved`, whose rows are four vectors of `units` rounded up to 16. */
export function savedRow(saved: Float64Array, index: number, units: number): Float64Array {
  const width = 4 * Math.ceil(units / 16) * 16
  return saved.subarray(index * width, index * width + 4 * units)
}
