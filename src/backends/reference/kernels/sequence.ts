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

/** Row `index` of `saved`, whose rows are `vectors` vectors of `units` rounded up to 16. */
export function savedRow(saved: Float64Array, index: number, units: number, vectors: number): Float64Array {
  const width = vectors * Math.ceil(units / 16) * 16
  return saved.subarray(index * width, index * width + vectors * units)
}

/** How much of its old state a unit keeps at row n of [T · B]: all or nothing by `update`, else the same share everywhere. */
export function keptShare(update: Float64Array | undefined, n: number, units: number, zoneout: number) {
  const row = update?.subarray(n * units, (n + 1) * units)
  return (j: number): number => (row ? Number(row[j] === 0) : zoneout)
}

/** share ∗ before + (1 − share) ∗ next; all of one of them even where the other is infinite. */
export function keep(share: number, before: number, next: number): number {
  if (share === 0) return next
  if (share === 1) return before
  return share * before + (1 - share) * next
}

/** What stands for hₜ₋₁ in products with recurrent weights. */
export function maskedState(h: Float64Array, mask: Float64Array | undefined, b: number): Float64Array {
  return mask ? h.map((v, j) => v * mask[b * h.length + j]!) : h
}

/** Gradient of hₜ₋₁ from that of what stands for it in products. */
export function throughMask(d: Float64Array, mask: Float64Array | undefined, b: number): void {
  if (mask) for (let j = 0; j < d.length; j++) d[j]! *= mask[b * d.length + j]!
}
