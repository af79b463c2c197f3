import type { Kernels } from '../arguments.js'
import { productOf, roundingOf } from './precision.js'
import { checkLengths, initialRow, isMasked, linear, orZeros, savedRow, walk } from './sequence.js'
import { add, addOuter, addProductTransposed, row, sigmoid } from './shared.js'

/**
 * `saved` holds z, r, n and a fourth vector of each step: with resetAfter hₜ₋₁ · Rₙ + recurrentBiasₙ, which r multiplies;
 * else r ∗ hₜ₋₁, which Rₙ multiplies.
 */
export const gru = {
  gru(a) {
    const { T, B, I, H, x, kernel, recurrentKernel, bias, recurrentBias, initialH, lengths } = a
    const { h, saved, reverse, resetAfter, precision } = a
    checkLengths(lengths, T)
    saved?.fill(0)
    const inputProduct = productOf(kernel, 3 * H, precision)
    const recurrentProduct = productOf(recurrentKernel, 3 * H, precision)
    const candidateProduct = productOf(columns(recurrentKernel, H, 3 * H, 2 * H), H, precision)
    const candidateBias = recurrentBias?.slice(2 * H)
    for (let b = 0; b < B; b++) {
      row(h, initialRow(T, reverse) * B + b, H).set(orZeros(initialH, b, H))
      for (const { t, from, to } of walk(T, reverse)) {
        const [previous, next] = [row(h, from * B + b, H), row(h, to * B + b, H)]
        if (isMasked(lengths, t, b)) {
          next.set(previous)
          continue
        }
        const input = linear(3 * H, bias, [row(x, t * B + b, I), inputProduct])
        const recurrent = linear(3 * H, recurrentBias, [previous, recurrentProduct])
        const z = previous.map((_, j) => sigmoid(input[j]! + recurrent[j]!))
        const r = previous.map((_, j) => sigmoid(input[H + j]! + recurrent[H + j]!))
        const reset = r.map((rj, j) => rj * previous[j]!)
        const inner = resetAfter
          ? r.map((rj, j) => rj * recurrent[2 * H + j]!)
          : linear(H, candidateBias, [reset, candidateProduct])
        const n = previous.map((_, j) => Math.tanh(input[2 * H + j]! + inner[j]!))
        for (let j = 0; j < H; j++) next[j] = z[j]! * previous[j]! + (1 - z[j]!) * n[j]!
        if (!saved) continue
        const fourth = resetAfter ? recurrent.subarray(2 * H) : reset
        for (const [k, vector] of [z, r, n, fourth].entries()) {
          savedRow(saved, t * B + b, H).set(vector, k * H)
        }
      }
    }
  },

  gru_backward(a) {
    const { T, B, I, H, x, kernel, recurrentKernel, h, saved, lengths, dy, dFinalH, reverse, resetAfter } = a
    const { dx, dKernel, dRecurrentKernel, dBias, dRecurrentBias, dInitialH, dStates } = a
    checkLengths(lengths, T)
    for (const sum of [dx, dKernel, dRecurrentKernel, dBias, dRecurrentBias]) sum?.fill(0)
    const round = roundingOf(a.precision)
    const [kernelRounded, recurrentRounded] = [round(kernel), round(recurrentKernel)]
    const candidateRounded = columns(recurrentRounded, H, 3 * H, 2 * H)
    for (let b = 0; b < B; b++) {
      const dh = orZeros(dFinalH, b, H)
      for (const { t, from, to } of walk(T, reverse).reverse()) {
        const step = t * B + b
        if (dy) add(dh, row(dy, step, H))
        if (dStates) row(dStates, to * B + b, H).set(dh)
        if (isMasked(lengths, t, b)) continue
        const previous = row(h, from * B + b, H)
        const left = savedRow(saved, step, H)
        const [z, r, n, fourth] = [0, 1, 2, 3].map((k) => left.slice(k * H, (k + 1) * H)) as [
          Float64Array,
          Float64Array,
          Float64Array,
          Float64Array,
        ]

        // Before the activations: dGates of the input side, dRecurrent of the recurrent side.
        const dGates = new Float64Array(3 * H)
        for (let j = 0; j < H; j++) {
          dGates[j] = dh[j]! * (previous[j]! - n[j]!) * z[j]! * (1 - z[j]!)
          dGates[2 * H + j] = dh[j]! * (1 - z[j]!) * (1 - n[j]! ** 2)
        }
        const dCandidate = dGates.subarray(2 * H)
        const dReset = new Float64Array(H) // gradient of r ∗ hₜ₋₁, without resetAfter
        if (!resetAfter) addProductTransposed(dReset, round(dCandidate), candidateRounded)
        for (let j = 0; j < H; j++) {
          const dr = resetAfter ? dCandidate[j]! * fourth[j]! : dReset[j]! * previous[j]!
          dGates[H + j] = dr * r[j]! * (1 - r[j]!)
        }
        // The candidate's share goes through r with resetAfter; without it, through `reset` apart from this vector.
        const dRecurrent = dGates.slice()
        for (let j = 0; j < H; j++) dRecurrent[2 * H + j] = resetAfter ? dCandidate[j]! * r[j]! : 0
        const [gatesRounded, recurrentGatesRounded] = [round(dGates), round(dRecurrent)]

        if (dx) addProductTransposed(row(dx, step, I), gatesRounded, kernelRounded)
        if (dKernel) addOuter(dKernel, round(row(x, step, I)), gatesRounded)
        if (dBias) add(dBias, dGates)
        if (dRecurrentBias) add(dRecurrentBias, resetAfter ? dRecurrent : dGates)
        if (dRecurrentKernel) {
          addOuter(dRecurrentKernel, round(previous), recurrentGatesRounded)
          if (!resetAfter) addOuterColumns(dRecurrentKernel, round(fourth), round(dCandidate), 3 * H, 2 * H)
        }
        for (let j = 0; j < H; j++) dh[j] = dh[j]! * z[j]! + dReset[j]! * r[j]!
        addProductTransposed(dh, recurrentGatesRounded, recurrentRounded)
        left.set(dGates)
      }
      if (dStates) row(dStates, initialRow(T, reverse) * B + b, H).set(dh)
      if (dInitialH) row(dInitialH, b, H).set(dh)
    }
  },
} satisfies Partial<Kernels>

/** A copy of the columns from `start` on of a matrix [rows, width]. */
function columns(matrix: Float64Array, rows: number, width: number, start: number): Float64Array {
  const result = new Float64Array(rows * (width - start))
  for (let k = 0; k < rows; k++) {
    result.set(matrix.subarray(k * width + start, (k + 1) * width), k * (width - start))
  }
  return result
}

/** The columns from `start` on of w [k, width] += x [k] transposed · y */
function addOuterColumns(
  w: Float64Array,
  x: Float64Array,
  y: Float64Array,
  width: number,
  start: number,
): void {
  for (let k = 0; k < x.length; k++) {
    for (let j = 0; j < y.length; j++) w[k * width + start + j]! += x[k]! * y[j]!
  }
}
