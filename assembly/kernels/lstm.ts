import { Lstm, LstmBackward, Status } from '../generated/contract'
import { sigmoid, tanh } from '../simd/activations'
import { madd, read, splat, write } from '../simd/vector'
import { checkLengths, isMasked } from './checks'
import { isWorthPacking, pack, panelBytes } from './product'
import {
  biasGradient,
  chunkBytes,
  chunkSteps,
  copyOrZero,
  enterStep,
  initialRow,
  rowAfter,
  rowBefore,
  stageBytes,
  timeOf,
  weightGradient,
} from './recurrent'
import {
  multiplyPanelsOf,
  multiplyWeights,
  prepareWeights,
  productOf,
  roundedBytes,
  roundedWeights,
  weightBytes,
  workBytesOf,
} from './reduced'

export function lstmScratch(row: usize): u64 {
  const H = Lstm.H(row)
  const I = Lstm.I(row)
  const precision = Lstm.precision(row)
  const gates = Lstm.saved(row) ? 0 : chunkBytes(Lstm.T(row), <u64>Lstm.B(row) * H * 4)
  const weights = weightBytes(precision, I, 4 * H) + weightBytes(precision, H, 4 * H)
  return workBytesOf(precision, max(I, H), 4 * H) + weights + gates
}

/** Gates i f g o of `lanes` units, `bytes` (H floats) apart; what they become stays for the backward pass. */
// @ts-ignore: decorator
@inline
function unitsForward(gates: usize, bytes: usize, cBefore: usize, c: usize, h: usize, lanes: i32): void {
  const i = sigmoid(read(gates, lanes))
  const f = sigmoid(read(gates + bytes, lanes))
  const g = tanh(read(gates + bytes * 2, lanes))
  const o = sigmoid(read(gates + bytes * 3, lanes))
  write(gates, i, lanes)
  write(gates + bytes, f, lanes)
  write(gates + bytes * 2, g, lanes)
  write(gates + bytes * 3, o, lanes)
  const state = madd(i, g, f32x4.mul(f, read(cBefore, lanes)))
  write(c, state, lanes)
  write(h, f32x4.mul(o, tanh(state)), lanes)
}

function rowForward(gates: usize, H: i32, cBefore: usize, c: usize, h: usize): void {
  const bytes = (<usize>H) << 2
  const vectors = (<usize>(H & ~3)) << 2
  let j: usize = 0
  for (; j < vectors; j += 16) unitsForward(gates + j, bytes, cBefore + j, c + j, h + j, 4)
  if (H & 3) unitsForward(gates + j, bytes, cBefore + j, c + j, h + j, H & 3)
}

/** gates [T, B, 4, H]: X · W for many steps at once, then hₜ₋₁ · R and the state one step at a time. */
export function lstm(row: usize, scratch: usize, status: usize): i32 {
  const T = Lstm.T(row)
  const B = Lstm.B(row)
  const I = Lstm.I(row)
  const H = Lstm.H(row)
  const lengths = Lstm.lengths(row)
  const reverse = Lstm.reverse(row)
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal

  const unitBytes = (<usize>H) << 2
  const gateBytes = unitBytes << 2
  const stateBytes = <usize>B * unitBytes
  const stepBytes = <usize>B * gateBytes
  const xRow = (<usize>I) << 2
  const work = scratch
  const precision = Lstm.precision(row)
  const kernelPlace = work + <usize>workBytesOf(precision, max(I, H), 4 * H)
  const recurrentPlace = kernelPlace + <usize>weightBytes(precision, I, 4 * H)
  const saved = Lstm.saved(row)
  const gates = saved ? saved : recurrentPlace + <usize>weightBytes(precision, H, 4 * H)
  const steps = saved ? T : chunkSteps(T, <u64>B * H * 4)
  const kernel = Lstm.kernel(row)
  const recurrentKernel = Lstm.recurrentKernel(row)
  const bias = Lstm.bias(row)
  const packsKernel = isWorthPacking(T * B, 1)
  const packsRecurrent = isWorthPacking(B, T)
  const preparedKernel = prepareWeights(precision, packsKernel, kernel, gateBytes, I, 4 * H, kernelPlace)
  const preparedRecurrent = prepareWeights(
    precision,
    packsRecurrent,
    recurrentKernel,
    gateBytes,
    H,
    4 * H,
    recurrentPlace,
  )

  const h = Lstm.h(row)
  const c = Lstm.c(row)
  const initial = <usize>initialRow(T, reverse) * stateBytes
  copyOrZero(h + initial, Lstm.initialH(row), stateBytes)
  copyOrZero(c + initial, Lstm.initialC(row), stateBytes)

  for (let begin = 0; begin < T; begin += steps) {
    const count = min(steps, T - begin)
    const first = reverse ? T - begin - count : begin
    const x = Lstm.x(row) + <usize>first * <usize>B * xRow
    multiplyWeights(
      precision,
      gates,
      gateBytes,
      x,
      xRow,
      preparedKernel,
      kernel,
      gateBytes,
      count * B,
      I,
      4 * H,
      bias,
      0,
      work,
    )
    for (let s = begin; s < begin + count; s++) {
      const t = timeOf(s, T, reverse)
      const before = <usize>rowBefore(t, reverse) * stateBytes
      const after = <usize>rowAfter(t, reverse) * stateBytes
      const g = gates + <usize>(t - first) * stepBytes
      multiplyWeights(
        precision,
        g,
        gateBytes,
        h + before,
        unitBytes,
        preparedRecurrent,
        recurrentKernel,
        gateBytes,
        B,
        H,
        4 * H,
        g,
        gateBytes,
        work,
      )
      for (let b = 0; b < B; b++) {
        const i = <usize>b * unitBytes
        if (isMasked(lengths, t, b)) {
          memory.copy(h + after + i, h + before + i, unitBytes)
          memory.copy(c + after + i, c + before + i, unitBytes)
        } else {
          rowForward(g + <usize>b * gateBytes, H, c + before + i, c + after + i, h + after + i)
        }
      }
    }
  }
  return Status.ok
}

export function lstmBackwardScratch(row: usize): u64 {
  const B = LstmBackward.B(row)
  const H = LstmBackward.H(row)
  const I = LstmBackward.I(row)
  const precision = LstmBackward.precision(row)
  const rounded = roundedBytes(precision, I + H, 4 * H)
  const stage = stageBytes(LstmBackward.lengths(row), precision, I, H, 4 * H)
  return (
    workBytesOf(precision, 4 * H, max(I, H)) + rounded + panelBytes(4 * H, H) + 2 * <u64>B * H * 4 + stage
  )
}

/** Turns the gates of `lanes` units into their gradients; dc becomes that of the cell before, dh starts again at 0. */
// @ts-ignore: decorator
@inline
function unitsBackward(
  gates: usize,
  bytes: usize,
  cBefore: usize,
  c: usize,
  dh: usize,
  dc: usize,
  lanes: i32,
): void {
  const one = splat(1)
  const i = read(gates, lanes)
  const f = read(gates + bytes, lanes)
  const g = read(gates + bytes * 2, lanes)
  const o = read(gates + bytes * 3, lanes)
  const dState = read(dh, lanes)
  const squashed = tanh(read(c, lanes))
  const inner = f32x4.mul(f32x4.mul(dState, o), f32x4.sub(one, f32x4.mul(squashed, squashed)))
  const dCell = f32x4.add(read(dc, lanes), inner)
  write(gates, f32x4.mul(f32x4.mul(dCell, g), f32x4.mul(i, f32x4.sub(one, i))), lanes)
  write(
    gates + bytes,
    f32x4.mul(f32x4.mul(dCell, read(cBefore, lanes)), f32x4.mul(f, f32x4.sub(one, f))),
    lanes,
  )
  write(gates + bytes * 2, f32x4.mul(f32x4.mul(dCell, i), f32x4.sub(one, f32x4.mul(g, g))), lanes)
  write(gates + bytes * 3, f32x4.mul(f32x4.mul(dState, squashed), f32x4.mul(o, f32x4.sub(one, o))), lanes)
  write(dc, f32x4.mul(dCell, f), lanes)
  write(dh, splat(0), lanes)
}

function rowBackward(gates: usize, H: i32, cBefore: usize, c: usize, dh: usize, dc: usize): void {
  const bytes = (<usize>H) << 2
  const vectors = (<usize>(H & ~3)) << 2
  let j: usize = 0
  for (; j < vectors; j += 16) unitsBackward(gates + j, bytes, cBefore + j, c + j, dh + j, dc + j, 4)
  if (H & 3) unitsBackward(gates + j, bytes, cBefore + j, c + j, dh + j, dc + j, H & 3)
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
  const gateBytes = unitBytes << 2
  const stateBytes = <usize>B * unitBytes
  const stepBytes = <usize>B * gateBytes
  const xRow = (<usize>I) << 2
  const work = scratch
  const precision = LstmBackward.precision(row)
  const kernelPlace = work + <usize>workBytesOf(precision, 4 * H, max(I, H))
  const recurrentPlace = kernelPlace + <usize>roundedBytes(precision, I, 4 * H)
  const panels = recurrentPlace + <usize>roundedBytes(precision, H, 4 * H)
  const dh = panels + <usize>panelBytes(4 * H, H)
  const dc = dh + stateBytes
  const stage = dc + stateBytes
  const dGates = LstmBackward.saved(row)
  const h = LstmBackward.h(row)
  const c = LstmBackward.c(row)
  const dy = LstmBackward.dy(row)
  const dStates = LstmBackward.dStates(row)
  const recurrent = roundedWeights(precision, LstmBackward.recurrentKernel(row), H, 4 * H, recurrentPlace)
  pack(recurrent, 4, gateBytes, 4 * H, H, panels)
  copyOrZero(dh, LstmBackward.dFinalH(row), stateBytes)
  copyOrZero(dc, LstmBackward.dFinalC(row), stateBytes)

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
      if (isMasked(lengths, t, b)) memory.fill(gates, 0, gateBytes)
      else rowBackward(gates, H, c + before + i, c + after + i, dh + i, dc + i)
    }
    multiplyPanelsOf(precision, dh, unitBytes, g, gateBytes, panels, B, 4 * H, H, dh, unitBytes, work)
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
    const kernel = roundedWeights(precision, LstmBackward.kernel(row), I, 4 * H, kernelPlace)
    productOf(precision, dx, xRow, dGates, gateBytes, kernel, 4, gateBytes, T * B, 4 * H, I, 0, 0, work)
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
      4 * H,
      T,
      B,
      lengths,
      work,
      stage,
    )
  }
  if (dRecurrentKernel) {
    const states = h + <usize>rowBefore(0, reverse) * stateBytes
    weightGradient(
      precision,
      dRecurrentKernel,
      gateBytes,
      states,
      unitBytes,
      H,
      dGates,
      gateBytes,
      4 * H,
      T,
      B,
      0,
      work,
      stage,
    )
  }
  if (dBias) biasGradient(dBias, dGates, gateBytes, 4 * H, T, B)
  return Status.ok
}
