import type { AttributeSpecification } from './specification.js'

/**
 * How the operands of a matrix product are rounded. Parameters stay float32 in the store: an executor makes reduced copies
 * by itself, so that a precision is one number in the program. Biases, activations, states and all else stay float32.
 *
 * float32: not at all.
 *
 * bfloat16: every element of both operands of every product, forward and backward, to the nearest bfloat16 (ties to even;
 * NaN stays NaN); products are summed in float32. Sums over steps that are no product (dBias) are not rounded.
 *
 * int8: forward only. Each row of the left operand and each column of the weights has a scale of its own, in float32
 * arithmetic: scale = (largest |v|) ∕ 127, and 0 where that is below 2⁻¹²⁶; q = v ∕ scale to the nearest whole number
 * (ties to even), and 0 where the scale is 0. A row or column with an element that is not finite has the scale NaN, which
 * its products then are. The product is Σ q · q, an exact int32 (it wraps beyond depth 133,152), times the scale of the
 * row times the scale of the column. The row is one row at one step: x, hₜ₋₁ and (gru, resetAfter 0) r ∗ hₜ₋₁ each.
 */
export const precisions = { float32: 0, bfloat16: 1, int8: 2 } as const
export type Precision = keyof typeof precisions
export const precisionNames = Object.keys(precisions) as Precision[]

/** The attribute of instructions that make products. */
export const precisionUpTo = (highest: Precision) =>
  ({
    name: 'precision',
    kind: 'integer',
    minimum: precisions.float32,
    maximum: precisions[highest],
  }) as const satisfies AttributeSpecification
