import { LstmBackward, Status } from '../generated/contract'
import { tanh } from '../simd/activations'
import { madd, read, splat, write } from '../simd/vector'
import { checkLengths, isMasked } from './checks'
import { gatesOf } from './lstm'
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

/** For hₜ₋₁ ∗ recurrentMask of all steps, or of one its gradient. */
function maskedBytes(row: usize): u64 {
  const states = <u64>LstmBackward.T(row) * LstmBackward.B(row) * LstmBackward.H(row)
  return maskBytes(LstmBackward.recurrentMask(row), states)
}

export function lstmBackwardScratch(row: usize): u64 {
  const B = LstmBackward.B(row)
  const H = LstmBackward.H(row)
  const I = LstmBackward.I(row)
  const N = gatesOf(row) * H
  const precision = LstmBackward.precision(row)
  const rounded = roundedBytes(precision, I + H, N)
  const stage = stageBytes(LstmBackward.lengths(row), precision, I, H, N)
  return (
    workBytesOf(precision, N, max(I, H)) + rounded + panelBytes(N, H) + 2 * <u64>B * H * 4 + maskedBytes(row) + stage
  )
}

// @ts-ignore: decorator
@inline
function addProduct(sum: usize, a: v128, b: v128, lanes: i32): void {
  write(sum, madd(a, b, read(sum, lanes)), lanes)
}

/**
 * Turns `count` gates of `lanes` units into their gradients, and adds to those of peepholes; dc becomes that of the cell
 * before, dh what units that kept their state hand on.
 */
// @ts-ignore: decorator
@inline
function unitsBackward(
  gates: usize,
  count: i32,
  peepholes: usize,
  dPeepholes: usize,
  bytes: usize,
  cBefore: usize,
  c: usize,
  dh: usize,
  dc: usize,
  plain: bool,
  updateH: usize,
  updateC: usize,
  lanes: i32,
): void {
  const one = splat(1)
  const forget = count == 4 ? gates + bytes : gates
  const output = forget + bytes * 2
  const f = read(forget, lanes)
  const g = read(forget + bytes, lanes)
  const o = read(output, lanes)
  const i = count == 4 ? read(gates, lanes) : f32x4.sub(one, f)
  const before = read(cBefore, lanes)
  // What was stored may be the state before.
  const after = plain ? read(c, lanes) : madd(i, g, f32x4.mul(f, before))
  const dH = read(dh, lanes)
  const dC = read(dc, lanes)
  const dState = takenGradient(updateH, dH, lanes)
  const squashed = tanh(after)
  const inner = f32x4.mul(f32x4.mul(dState, o), f32x4.sub(one, f32x4.mul(squashed, squashed)))
  const dO = f32x4.mul(f32x4.mul(dState, squashed), f32x4.mul(o, f32x4.sub(one, o)))
  let dCell = f32x4.add(takenGradient(updateC, dC, lanes), inner)
  if (peepholes) dCell = madd(dO, read(peepholes + bytes * (count - 2), lanes), dCell)
  const moved = count == 4 ? before : f32x4.sub(before, g)
  const dF = f32x4.mul(f32x4.mul(dCell, moved), f32x4.mul(f, f32x4.sub(one, f)))
  let dBefore = f32x4.mul(dCell, f)
  if (updateC) dBefore = f32x4.add(dBefore, keptGradient(updateC, dC, lanes))
  if (peepholes) dBefore = madd(dF, read(count == 4 ? peepholes + bytes : peepholes, lanes), dBefore)
  if (count == 4) {
    const dI = f32x4.mul(f32x4.mul(dCell, g), f32x4.mul(i, f32x4.sub(one, i)))
    if (peepholes) dBefore = madd(dI, read(peepholes, lanes), dBefore)
    if (dPeepholes) addProduct(dPeepholes, dI, before, lanes)
    write(gates, dI, lanes)
  }
  if (dPeepholes) {
    addProduct(count == 4 ? dPeepholes + bytes : dPeepholes, dF, before, lanes)
    addProduct(dPeepholes + bytes * (count - 2), dO, after, lanes)
  }
  write(forget, dF, lanes)
  write(forget + bytes, f32x4.mul(f32x4.mul(dCell, i), f32x4.sub(one, f32x4.mul(g, g))), lanes)
  write(output, dO, lanes)
  write(dc, dBefore, lanes)
  write(dh, keptGradient(updateH, dH, lanes), lanes)
}

function rowBackward(gates: usize, H: i32, cBefore: usize, c: usize, dh: usize, dc: usize): void {
  const bytes = (<usize>H) << 2
  const vectors = (<usize>(H & ~3)) << 2
  let j: usize = 0
  for (; j < vectors; j += 16) unitsBackward(gates + j, 4, 0, 0, bytes, cBefore + j, c + j, dh + j, dc + j, true, 0, 0, 4)
  if (H & 3) unitsBackward(gates + j, 4, 0, 0, bytes, cBefore + j, c + j, dh + j, dc + j, true, 0, 0, H & 3)
}

/** All that the plain cell does not have. */
function rowBackwardOf(
  gates: usize,
  count: i32,
  peepholes: usize,
  dPeepholes: usize,
  H: i32,
  cBefore: usize,
  c: usize,
  dh: usize,
  dc: usize,
  updateH: usize,
  updateC: usize,
): void {
  const bytes = (<usize>H) << 2
  for (let j = 0; j < H; j += 4) {
    const at = (<usize>j) << 2
    unitsBackward(
      gates + at,
      count,
      peepholes ? peepholes + at : 0,
      dPeepholes ? dPeepholes + at : 0,
      bytes,
      cBefore + at,
      c + at,
      dh + at,
      dc + at,
      false,
      updateH ? updateH + at : 0,
      updateC ? updateC + at : 0,
      min(4, H - j),
    )
  }
}

export function lstmBackward(row: usize, scratch: usize, status: usize): i32 {
  const T = LstmBackward.T(row)
  const B = LstmBackward.B(row)
  const I = LstmBackward.I(row)
  const H = LstmBackward.H(row)
  const lengths = LstmBackward.lengths(row)
  const reverse = LstmBackward.reverse(row)
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal

  const unitBytes = (<usize>H) << 2
  const count = gatesOf(row)
  const N = count * H
  const gateBytes = <usize>count * unitBytes
  const stateBytes = <usize>B * unitBytes
  const stepBytes = <usize>B * gateBytes
  const xRow = (<usize>I) << 2
  const work = scratch
  const precision = LstmBackward.precision(row)
  const kernelPlace = work + <usize>workBytesOf(precision, N, max(I, H))
  const recurrentPlace = kernelPlace + <usize>roundedBytes(precision, I, N)
  const panels = recurrentPlace + <usize>roundedBytes(precision, H, N)
  const dh = panels + <usize>panelBytes(N, H)
  const dc = dh + stateBytes
  const masked = dc + stateBytes
  const stage = masked + <usize>maskedBytes(row)
  const dGates = LstmBackward.saved(row)
  const h = LstmBackward.h(row)
  const c = LstmBackward.c(row)
  const dy = LstmBackward.dy(row)
  const peepholes = LstmBackward.peepholes(row)
  const dPeepholes = LstmBackward.dPeepholes(row)
  const mask = LstmBackward.recurrentMask(row)
  const updateH = LstmBackward.updateH(row)
  const updateC = LstmBackward.updateC(row)
  const plain = count == 4 && !peepholes && !dPeepholes && !updateH && !updateC
  const dStates = LstmBackward.dStates(row)
  const recurrent = roundedWeights(precision, LstmBackward.recurrentKernel(row), H, N, recurrentPlace)
  pack(recurrent, 4, gateBytes, N, H, panels)
  copyOrZero(dh, LstmBackward.dFinalH(row), stateBytes)
  copyOrZero(dc, LstmBackward.dFinalC(row), stateBytes)
  if (dPeepholes) memory.fill(dPeepholes, 0, <usize>(count - 1) * unitBytes)

  for (let s = T - 1; s >= 0; s--) {
    const t = timeOf(s, T, reverse)
    const before = <usize>rowBefore(t, reverse) * stateBytes
    const after = <usize>rowAfter(t, reverse) * stateBytes
    const g = dGates + <usize>t * stepBytes
    enterStep(dh, dy ? dy + <usize>t * stateBytes : 0, dStates ? dStates + after : 0, stateBytes)
    for (let b = 0; b < B; b++) {
      const i = <usize>b * unitBytes
      const gates = g + <usize>b * gateBytes
      // A masked step leaves dh and dc as they are; its gates receive nothing.
      if (isMasked(lengths, t, b)) {
        memory.fill(gates, 0, gateBytes)
      } else if (plain) {
        rowBackward(gates, H, c + before + i, c + after + i, dh + i, dc + i)
      } else {
        const cBefore = c + before + i
        const cAfter = c + after + i
        const at = <usize>t * stateBytes + i
        rowBackwardOf(
          gates,
          count,
          peepholes,
          dPeepholes,
          H,
          cBefore,
          cAfter,
          dh + i,
          dc + i,
          updateH ? updateH + at : 0,
          updateC ? updateC + at : 0,
        )
      }
    }
    if (mask) {
      multiplyPanelsOf(precision, masked, unitBytes, g, gateBytes, panels, B, N, H, 0, 0, work)
      addMasked(dh, masked, mask, B * H)
    } else {
      multiplyPanelsOf(precision, dh, unitBytes, g, gateBytes, panels, B, N, H, dh, unitBytes, work)
    }
  }

  const dInitialH = LstmBackward.dInitialH(row)
  const dInitialC = LstmBackward.dInitialC(row)
  if (dInitialH) memory.copy(dInitialH, dh, stateBytes)
  if (dInitialC) memory.copy(dInitialC, dc, stateBytes)
  if (dStates) memory.copy(dStates + <usize>initialRow(T, reverse) * stateBytes, dh, stateBytes)

  const dx = LstmBackward.dx(row)
  const dKernel = LstmBackward.dKernel(row)
  const dRecurrentKernel = LstmBackward.dRecurrentKernel(row)
  const dBias = LstmBackward.dBias(row)
  if (dx) {
    const kernel = roundedWeights(precision, LstmBackward.kernel(row), I, N, kernelPlace)
    productOf(precision, dx, xRow, dGates, gateBytes, kernel, 4, gateBytes, T * B, N, I, 0, 0, work)
  }
  if (dKernel) {
    const x = LstmBackward.x(row)
    weightGradient(
      precision,
      dKernel,
      gateBytes,
      x,
      xRow,
      I,
      dGates,
      gateBytes,
      N,
      T,
      B,
      lengths,
      work,
      stage,
    )
  }
  if (dRecurrentKernel) {
    const states = maskedStates(h + <usize>rowBefore(0, reverse) * stateBytes, mask, T, B * H, masked)
    weightGradient(
      precision,
      dRecurrentKernel,
      gateBytes,
      states,
      unitBytes,
      H,
      dGates,
      gateBytes,
      N,
      T,
      B,
      0,
      work,
      stage,
    )
  }
  if (dBias) biasGradient(dBias, dGates, gateBytes, N, T, B)
  return Status.ok
}
