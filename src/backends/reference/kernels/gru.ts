import type { Kernels } from '../arguments.js'
import { productOf, roundingOf } from './precision.js'
import {
  checkLengths,
  initialRow,
  isMasked,
  keep,
  keptShare,
  linear,
  maskedState,
  orZeros,
  savedRow,
  throughMask,
  walk,
} from './sequence.js'
import { add, addOuter, addProductTransposed, each, row, sigmoid } from './shared.js'

/**
 * `saved` holds z, r, n and a fourth vector of each step: with resetAfter hₜ₋₁ · Rₙ + recurrentBiasₙ, which r multiplies;
 * else r ∗ hₜ₋₁, which Rₙ multiplies.
 */
export const gru = {
  gru(a) {
    const { T, B, I, H, x, kernel, recurrentKernel, bias, recurrentBias, initialH, lengths } = a
    const { recurrentMask, updateH, h, saved, reverse, resetAfter, updateGate, zoneoutH, precision } = a
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
        const left = maskedState(previous, recurrentMask, b)
        const input = linear(3 * H, bias, [row(x, t * B + b, I), inputProduct])
        const recurrent = linear(3 * H, recurrentBias, [left, recurrentProduct])
        const z = previous.map((_, j) => sigmoid(input[j]! + recurrent[j]!))
        const r = previous.map((_, j) => sigmoid(input[H + j]! + recurrent[H + j]!))
        const reset = r.map((rj, j) => rj * left[j]!)
        const inner = resetAfter
          ? r.map((rj, j) => rj * recurrent[2 * H + j]!)
          : linear(H, candidateBias, [reset, candidateProduct])
        const n = previous.map((_, j) => Math.tanh(input[2 * H + j]! + inner[j]!))
        const share = updateGate ? z.map((zj) => 1 - zj) : z
        const kept = keptShare(updateH, t * B + b, H, zoneoutH)
        const mixed = (j: number) => share[j]! * previous[j]! + (1 - share[j]!) * n[j]!
        each(next, (j) => keep(kept(j), previous[j]!, mixed(j)))
        if (!saved) continue
        const fourth = resetAfter ? recurrent.subarray(2 * H) : reset
        for (const [k, vector] of [z, r, n, fourth].entries()) {
          savedRow(saved, t * B + b, H, 4).set(vector, k * H)
        }
      }
    }
  },

  gru_backward(a) {
    const { T, B, I, H, x, kernel, recurrentKernel, h, saved, lengths, dy, dFinalH } = a
    const { recurrentMask, updateH, reverse, resetAfter, updateGate } = a
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
        const masked = maskedState(previous, recurrentMask, b)
        const left = savedRow(saved, step, H, 4)
        const [z, r, n, fourth] = [0, 1, 2, 3].map((k) => left.slice(k * H, (k + 1) * H)) as [
          Float64Array,
          Float64Array,
          Float64Array,
          Float64Array,
        ]

        // Before the activations: dGates of the input side, dRecurrent of the recurrent side.
        const dGates = new Float64Array(3 * H)
        const share = updateGate ? z.map((zj) => 1 - zj) : z
        const kept = keptShare(updateH, step, H, 0)
        const dNew = dh.map((d, j) => (1 - kept(j)) * d)
        for (let j = 0; j < H; j++) {
          const dShare = dNew[j]! * (previous[j]! - n[j]!)
          dGates[j] = (updateGate ? -dShare : dShare) * z[j]! * (1 - z[j]!)
          dGates[2 * H + j] = dNew[j]! * (1 - share[j]!) * (1 - n[j]! ** 2)
        }
        const dCandidate = dGates.subarray(2 * H)
        const dReset = new Float64Array(H) // gradient of r ∗ hₜ₋₁, without resetAfter
        if (!resetAfter) addProductTransposed(dReset, round(dCandidate), candidateRounded)
        for (let j = 0; j < H; j++) {
          const dr = resetAfter ? dCandidate[j]! * fourth[j]! : dReset[j]! * masked[j]!
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
          addOuter(dRecurrentKernel, round(masked), recurrentGatesRounded)
          if (!resetAfter) addOuterColumns(dRecurrentKernel, round(fourth), round(dCandidate), 3 * H, 2 * H)
        }
        const dMasked = dReset.map((d, j) => d * r[j]!)
        addProductTransposed(dMasked, recurrentGatesRounded, recurrentRounded)
        throughMask(dMasked, recurrentMask, b)
        for (let j = 0; j < H; j++) dh[j] = kept(j) * dh[j]! + dNew[j]! * share[j]! + dMasked[j]!
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
