import { GruBackward, Status } from '../generated/contract'
import { madd, read, splat, write } from '../simd/vector'
import { checkLengths, isMasked } from './checks'
import { updateSign } from './gru'
import { addMasked, keptGradient, maskBytes, maskedStates, takenGradient } from './masks'
import { pack, panelBytes } from './product'
import {
  biasGradient,
  copyOrZero,
  enterStep,
  initialRow,
  rowAfter,
  rowBefore,
  stageBytes,
  timeOf,
  weightGradient,
} from './recurrent'
import { multiplyPanelsOf, productOf, roundedBytes, roundedWeights, workBytesOf } from './reduced'

/** For hₜ₋₁ ∗ recurrentMask of all steps. */
function maskedBytes(row: usize): u64 {
  const states = <u64>GruBackward.T(row) * GruBackward.B(row) * GruBackward.H(row)
  return maskBytes(GruBackward.recurrentMask(row), states)
}

export function gruBackwardScratch(row: usize): u64 {
  const I = GruBackward.I(row)
  const H = GruBackward.H(row)
  const precision = GruBackward.precision(row)
  const states = 2 * <u64>GruBackward.B(row) * H * 4
  const rounded = roundedBytes(precision, I + H, 3 * H)
  const stage = stageBytes(GruBackward.lengths(row), precision, I, H, 3 * H)
  return workBytesOf(precision, 3 * H, max(I, H)) + rounded + panelBytes(3 * H, H) + states + maskedBytes(row) + stage
}

/**
 * Turns n and z of `lanes` units into their gradients, with resetAfter also r and q (see gru.ts for the row). dh keeps what
 * goes straight to the state before.
 */
// @ts-ignore: decorator
@inline
function unitsBackward(
  gates: usize,
  bytes: usize,
  hBefore: usize,
  dh: usize,
  resetAfter: i32,
  sign: f32,
  updateH: usize,
  lanes: i32,
): void {
  const one = splat(1)
  const n = read(gates, lanes)
  const z = read(gates + bytes, lanes)
  const dH = read(dh, lanes)
  const dState = takenGradient(updateH, dH, lanes)
  const rest = f32x4.sub(one, z)
  const dN = f32x4.mul(f32x4.mul(dState, rest), f32x4.sub(one, f32x4.mul(n, n)))
  const dKept = f32x4.mul(f32x4.mul(dState, f32x4.sub(read(hBefore, lanes), n)), f32x4.mul(z, rest))
  const dZ = f32x4.mul(splat(sign), dKept)
  if (resetAfter) {
    const r = read(gates + bytes * 2, lanes)
    const q = read(gates + bytes * 3, lanes)
    write(gates + bytes * 2, f32x4.mul(f32x4.mul(dN, q), f32x4.mul(r, f32x4.sub(one, r))), lanes)
    write(gates + bytes * 3, f32x4.mul(dN, r), lanes)
  }
  write(gates, dN, lanes)
  write(gates + bytes, dZ, lanes)
  const dOld = f32x4.mul(dState, z)
  write(dh, updateH ? f32x4.add(dOld, keptGradient(updateH, dH, lanes)) : dOld, lanes)
}

function rowBackward(
  gates: usize,
  H: i32,
  hBefore: usize,
  dh: usize,
  resetAfter: i32,
  sign: f32,
): void {
  const bytes = (<usize>H) << 2
  const vectors = (<usize>(H & ~3)) << 2
  let j: usize = 0
  for (; j < vectors; j += 16) unitsBackward(gates + j, bytes, hBefore + j, dh + j, resetAfter, sign, 0, 4)
  if (H & 3) unitsBackward(gates + j, bytes, hBefore + j, dh + j, resetAfter, sign, 0, H & 3)
}

/** Where units may have kept their state. */
function rowKeeping(
  gates: usize,
  H: i32,
  hBefore: usize,
  dh: usize,
  resetAfter: i32,
  sign: f32,
  updateH: usize,
): void {
  const bytes = (<usize>H) << 2
  for (let j = 0; j < H; j += 4) {
    const at = (<usize>j) << 2
    unitsBackward(gates + at, bytes, hBefore + at, dh + at, resetAfter, sign, updateH + at, min(4, H - j))
  }
}

/** Without resetAfter: from dq, the gradient of r ∗ hₜ₋₁, that of r and its part of dh. */
// @ts-ignore: decorator
@inline
function unitsReset(r: usize, hBefore: usize, mask: usize, dq: usize, dh: usize, lanes: i32): void {
  const reset = read(r, lanes)
  const dProduct = read(dq, lanes)
  const dReset = mask ? f32x4.mul(dProduct, read(mask, lanes)) : dProduct
  write(dh, madd(dReset, reset, read(dh, lanes)), lanes)
  const inner = f32x4.mul(reset, f32x4.sub(splat(1), reset))
  write(r, f32x4.mul(f32x4.mul(dReset, read(hBefore, lanes)), inner), lanes)
}

function rowReset(r: usize, H: i32, hBefore: usize, mask: usize, dq: usize, dh: usize): void {
  for (let j = 0; j < H; j += 4) {
    const at = (<usize>j) << 2
    unitsReset(r + at, hBefore + at, mask ? mask + at : 0, dq + at, dh + at, min(4, H - j))
  }
}

export function gruBackward(row: usize, scratch: usize, status: usize): i32 {
  const T = GruBackward.T(row)
  const B = GruBackward.B(row)
  const I = GruBackward.I(row)
  const H = GruBackward.H(row)
  const lengths = GruBackward.lengths(row)
  const reverse = GruBackward.reverse(row)
  const resetAfter = GruBackward.resetAfter(row)
  const sign = updateSign(GruBackward.updateGate(row))
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal

  const unitBytes = (<usize>H) << 2
  const gateBytes = unitBytes << 2
  const weightBytes = unitBytes * 3
  const stateBytes = <usize>B * unitBytes
  const xRow = (<usize>I) << 2
  const work = scratch
  const precision = GruBackward.precision(row)
  const kernelPlace = work + <usize>workBytesOf(precision, 3 * H, max(I, H))
  const recurrentPlace = kernelPlace + <usize>roundedBytes(precision, I, 3 * H)
  const panels = recurrentPlace + <usize>roundedBytes(precision, H, 3 * H)
  const dh = panels + <usize>panelBytes(3 * H, H)
  const dq = dh + stateBytes
  const masked = dq + stateBytes
  const stage = masked + <usize>maskedBytes(row)
  const mask = GruBackward.recurrentMask(row)
  const updateH = GruBackward.updateH(row)
  const recurrentKernel = roundedWeights(
    precision,
    GruBackward.recurrentKernel(row),
    H,
    3 * H,
    recurrentPlace,
  )
  const recurrentN = recurrentKernel + unitBytes * 2
  const panelsN = panels + <usize>panelBytes(2 * H, H)
  if (resetAfter) {
    pack(recurrentKernel, 4, weightBytes, 3 * H, H, panels)
  } else {
    pack(recurrentKernel, 4, weightBytes, 2 * H, H, panels)
    pack(recurrentN, 4, weightBytes, H, H, panelsN)
  }

  const dGates = GruBackward.saved(row)
  const h = GruBackward.h(row)
  const dy = GruBackward.dy(row)
  const dStates = GruBackward.dStates(row)
  copyOrZero(dh, GruBackward.dFinalH(row), stateBytes)
  for (let s = T - 1; s >= 0; s--) {
    const t = timeOf(s, T, reverse)
    const before = h + <usize>rowBefore(t, reverse) * stateBytes
    const after = <usize>rowAfter(t, reverse) * stateBytes
    const n = dGates + <usize>t * <usize>B * gateBytes
    enterStep(dh, dy ? dy + <usize>t * stateBytes : 0, dStates ? dStates + after : 0, stateBytes)
    for (let b = 0; b < B; b++) {
      const i = <usize>b * unitBytes
      const gates = n + <usize>b * gateBytes
      // A masked step leaves dh as it is; its gates receive nothing.
      if (isMasked(lengths, t, b)) {
        memory.fill(gates, 0, gateBytes)
      } else if (updateH) {
        rowKeeping(gates, H, before + i, dh + i, resetAfter, sign, updateH + <usize>t * stateBytes + i)
      } else {
        rowBackward(gates, H, before + i, dh + i, resetAfter, sign)
      }
    }
    const zr = n + unitBytes
    if (!resetAfter) {
      multiplyPanelsOf(precision, dq, unitBytes, n, gateBytes, panelsN, B, H, H, 0, 0, work)
      for (let b = 0; b < B; b++) {
        const i = <usize>b * unitBytes
        const r = n + <usize>b * gateBytes + unitBytes * 2
        rowReset(r, H, before + i, mask ? mask + i : 0, dq + i, dh + i)
      }
    }
    const width = resetAfter ? 3 * H : 2 * H
    if (mask) {
      multiplyPanelsOf(precision, dq, unitBytes, zr, gateBytes, panels, B, width, H, 0, 0, work)
      addMasked(dh, dq, mask, B * H)
    } else {
      multiplyPanelsOf(precision, dh, unitBytes, zr, gateBytes, panels, B, width, H, dh, unitBytes, work)
    }
  }

  const dInitialH = GruBackward.dInitialH(row)
  if (dInitialH) memory.copy(dInitialH, dh, stateBytes)
  if (dStates) memory.copy(dStates + <usize>initialRow(T, reverse) * stateBytes, dh, stateBytes)
  weightGradients(row, kernelPlace, work, masked, stage)
  return Status.ok
}

/** The products over all steps at once, from the gradients of the gates. */
function weightGradients(row: usize, kernelPlace: usize, work: usize, masked: usize, stage: usize): void {
  const T = GruBackward.T(row)
  const B = GruBackward.B(row)
  const I = GruBackward.I(row)
  const H = GruBackward.H(row)
  const lengths = GruBackward.lengths(row)
  const resetAfter = GruBackward.resetAfter(row)
  const precision = GruBackward.precision(row)
  const unitBytes = (<usize>H) << 2
  const gateBytes = unitBytes << 2
  const weightBytes = unitBytes * 3
  const xRow = (<usize>I) << 2
  const n = GruBackward.saved(row)
  const zr = n + unitBytes
  const q = n + unitBytes * 3

  const dx = GruBackward.dx(row)
  if (dx) {
    const kernel = roundedWeights(precision, GruBackward.kernel(row), I, 3 * H, kernelPlace)
    const kernelN = kernel + unitBytes * 2
    productOf(precision, dx, xRow, zr, gateBytes, kernel, 4, weightBytes, T * B, 2 * H, I, 0, 0, work)
    productOf(precision, dx, xRow, n, gateBytes, kernelN, 4, weightBytes, T * B, H, I, dx, xRow, work)
  }
  const dKernel = GruBackward.dKernel(row)
  if (dKernel) {
    const x = GruBackward.x(row)
    const dKernelN = dKernel + unitBytes * 2
    weightGradient(
      precision,
      dKernel,
      weightBytes,
      x,
      xRow,
      I,
      zr,
      gateBytes,
      2 * H,
      T,
      B,
      lengths,
      work,
      stage,
    )
    weightGradient(precision, dKernelN, weightBytes, x, xRow, I, n, gateBytes, H, T, B, lengths, work, stage)
  }
  const dRecurrent = GruBackward.dRecurrentKernel(row)
  if (dRecurrent) {
    const reverse = GruBackward.reverse(row)
    const before = GruBackward.h(row) + <usize>rowBefore(0, reverse) * <usize>B * unitBytes
    const states = maskedStates(before, GruBackward.recurrentMask(row), T, B * H, masked)
    const columns = resetAfter ? 3 * H : 2 * H
    weightGradient(
      precision,
      dRecurrent,
      weightBytes,
      states,
      unitBytes,
      H,
      zr,
      gateBytes,
      columns,
      T,
      B,
      0,
      work,
      stage,
    )
    if (!resetAfter) {
      const dRecurrentN = dRecurrent + unitBytes * 2
      weightGradient(
        precision,
        dRecurrentN,
        weightBytes,
        q,
        gateBytes,
        H,
        n,
        gateBytes,
        H,
        T,
        B,
        0,
        work,
        stage,
      )
    }
  }
  const dBias = GruBackward.dBias(row)
  if (dBias) {
    biasGradient(dBias, zr, gateBytes, 2 * H, T, B)
    biasGradient(dBias + unitBytes * 2, n, gateBytes, H, T, B)
  }
  const dRecurrentBias = GruBackward.dRecurrentBias(row)
  if (dRecurrentBias) {
    biasGradient(dRecurrentBias, zr, gateBytes, 2 * H, T, B)
    biasGradient(dRecurrentBias + unitBytes * 2, resetAfter ? q : n, gateBytes, H, T, B)
  }
}
