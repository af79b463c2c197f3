import { Rnn, RnnBackward, Status } from '../generated/contract'
import { relu, tanh } from '../simd/activations'
import { read, splat, write } from '../simd/vector'
import { checkLengths, isMasked } from './checks'
import { addMasked, keep, keptGradient, maskBytes, maskedStates, takenGradient } from './masks'
import { isWorthPacking, pack, panelBytes } from './product'
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

const enum Activation {
  tanh,
  relu,
  identity,
}

export function rnnScratch(row: usize): u64 {
  const H = Rnn.H(row)
  const I = Rnn.I(row)
  const precision = Rnn.precision(row)
  const weights = weightBytes(precision, I, H) + weightBytes(precision, H, H)
  return workBytesOf(precision, max(I, H), H) + weights + maskBytes(Rnn.recurrentMask(row), <u64>Rnn.B(row) * H)
}

// @ts-ignore: decorator
@inline
function activate(activation: i32, x: v128): v128 {
  if (activation == Activation.tanh) return tanh(x)
  if (activation == Activation.relu) return relu(x)
  return x
}

function rowForward(activation: i32, h: usize, H: i32): void {
  let j = 0
  for (; j + 4 <= H; j += 4, h += 16) v128.store(h, activate(activation, v128.load(h)))
  if (j < H) write(h, activate(activation, read(h, H - j)), H - j)
}

/** Where units may keep their state. */
function rowKeeping(activation: i32, h: usize, H: i32, hBefore: usize, updateH: usize, zoneoutH: f32): void {
  for (let j = 0; j < H; j += 4) {
    const at = (<usize>j) << 2
    const lanes = min(4, H - j)
    const next = activate(activation, read(h + at, lanes))
    const update = updateH ? updateH + at : 0
    write(h + at, keep(update, zoneoutH, read(hBefore + at, lanes), next, lanes), lanes)
  }
}

/** X · W + bias goes straight to the rows of h, where each step adds its recurrent part. */
export function rnn(row: usize, scratch: usize, status: usize): i32 {
  const T = Rnn.T(row)
  const B = Rnn.B(row)
  const I = Rnn.I(row)
  const H = Rnn.H(row)
  const lengths = Rnn.lengths(row)
  const reverse = Rnn.reverse(row)
  const activation = Rnn.activation(row)
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal

  const unitBytes = (<usize>H) << 2
  const stateBytes = <usize>B * unitBytes
  const work = scratch
  const precision = Rnn.precision(row)
  const kernelPlace = work + <usize>workBytesOf(precision, max(I, H), H)
  const recurrentPlace = kernelPlace + <usize>weightBytes(precision, I, H)
  const maskedPlace = recurrentPlace + <usize>weightBytes(precision, H, H)
  const mask = Rnn.recurrentMask(row)
  const updateH = Rnn.updateH(row)
  const zoneoutH = Rnn.zoneoutH(row)
  const keeps = updateH || zoneoutH != 0
  const kernel = Rnn.kernel(row)
  const recurrentKernel = Rnn.recurrentKernel(row)
  const packsKernel = isWorthPacking(T * B, 1)
  const packsRecurrent = isWorthPacking(B, T)
  const preparedKernel = prepareWeights(precision, packsKernel, kernel, unitBytes, I, H, kernelPlace)
  const preparedRecurrent = prepareWeights(
    precision,
    packsRecurrent,
    recurrentKernel,
    unitBytes,
    H,
    H,
    recurrentPlace,
  )

  const h = Rnn.h(row)
  copyOrZero(h + <usize>initialRow(T, reverse) * stateBytes, Rnn.initialH(row), stateBytes)
  const outputs = h + <usize>rowAfter(0, reverse) * stateBytes
  const xRow = (<usize>I) << 2
  multiplyWeights(
    precision,
    outputs,
    unitBytes,
    Rnn.x(row),
    xRow,
    preparedKernel,
    kernel,
    unitBytes,
    T * B,
    I,
    H,
    Rnn.bias(row),
    0,
    work,
  )
  for (let s = 0; s < T; s++) {
    const t = timeOf(s, T, reverse)
    const before = h + <usize>rowBefore(t, reverse) * stateBytes
    const after = h + <usize>rowAfter(t, reverse) * stateBytes
    multiplyWeights(
      precision,
      after,
      unitBytes,
      maskedStates(before, mask, 1, B * H, maskedPlace),
      unitBytes,
      preparedRecurrent,
      recurrentKernel,
      unitBytes,
      B,
      H,
      H,
      after,
      unitBytes,
      work,
    )
    for (let b = 0; b < B; b++) {
      const i = <usize>b * unitBytes
      if (isMasked(lengths, t, b)) {
        memory.copy(after + i, before + i, unitBytes)
      } else if (keeps) {
        const update = updateH ? updateH + <usize>t * stateBytes + i : 0
        rowKeeping(activation, after + i, H, before + i, update, zoneoutH)
      } else {
        rowForward(activation, after + i, H)
      }
    }
  }
  return Status.ok
}

/** For hₜ₋₁ ∗ recurrentMask of all steps, or of one its gradient. */
function maskedBytes(row: usize): u64 {
  const states = <u64>RnnBackward.T(row) * RnnBackward.B(row) * RnnBackward.H(row)
  return maskBytes(RnnBackward.recurrentMask(row), states)
}

export function rnnBackwardScratch(row: usize): u64 {
  const H = RnnBackward.H(row)
  const I = RnnBackward.I(row)
  const precision = RnnBackward.precision(row)
  const rounded = roundedBytes(precision, I + H, H)
  const stage = stageBytes(RnnBackward.lengths(row), precision, I, H, H)
  return (
    workBytesOf(precision, H, max(I, H)) +
    rounded +
    panelBytes(H, H) +
    <u64>RnnBackward.B(row) * H * 4 +
    maskedBytes(row) +
    stage
  )
}

// @ts-ignore: decorator
@inline
function slope(activation: i32, h: v128): v128 {
  if (activation == Activation.tanh) return f32x4.sub(splat(1), f32x4.mul(h, h))
  if (activation == Activation.relu) return v128.and(splat(1), f32x4.gt(h, splat(0)))
  return splat(1)
}

// @ts-ignore: decorator
@inline
function unitsBackward(activation: i32, dGates: usize, h: usize, dh: usize, lanes: i32): void {
  write(dGates, f32x4.mul(read(dh, lanes), slope(activation, read(h, lanes))), lanes)
  write(dh, splat(0), lanes)
}

function rowBackward(activation: i32, dGates: usize, h: usize, dh: usize, H: i32): void {
  let j = 0
  for (; j + 4 <= H; j += 4) {
    const i = (<usize>j) << 2
    unitsBackward(activation, dGates + i, h + i, dh + i, 4)
  }
  const i = (<usize>j) << 2
  if (j < H) unitsBackward(activation, dGates + i, h + i, dh + i, H - j)
}

/** Where units may have kept their state: of these no gradient asks for the derivative at the new one. */
function rowBackwardKeeping(
  activation: i32,
  dGates: usize,
  h: usize,
  dh: usize,
  H: i32,
  updateH: usize,
): void {
  for (let j = 0; j < H; j += 4) {
    const at = (<usize>j) << 2
    const lanes = min(4, H - j)
    const d = read(dh + at, lanes)
    const taken = takenGradient(updateH + at, d, lanes)
    write(dGates + at, f32x4.mul(taken, slope(activation, read(h + at, lanes))), lanes)
    write(dh + at, keptGradient(updateH + at, d, lanes), lanes)
  }
}

export function rnnBackward(row: usize, scratch: usize, status: usize): i32 {
  const T = RnnBackward.T(row)
  const B = RnnBackward.B(row)
  const I = RnnBackward.I(row)
  const H = RnnBackward.H(row)
  const lengths = RnnBackward.lengths(row)
  const reverse = RnnBackward.reverse(row)
  const activation = RnnBackward.activation(row)
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal

  const unitBytes = (<usize>H) << 2
  const stateBytes = <usize>B * unitBytes
  const xRow = (<usize>I) << 2
  const work = scratch
  const precision = RnnBackward.precision(row)
  const kernelPlace = work + <usize>workBytesOf(precision, H, max(I, H))
  const recurrentPlace = kernelPlace + <usize>roundedBytes(precision, I, H)
  const panels = recurrentPlace + <usize>roundedBytes(precision, H, H)
  const dh = panels + <usize>panelBytes(H, H)
  const masked = dh + stateBytes
  const stage = masked + <usize>maskedBytes(row)
  const mask = RnnBackward.recurrentMask(row)
  const updateH = RnnBackward.updateH(row)
  const dGates = RnnBackward.dGates(row)
  const h = RnnBackward.h(row)
  const dy = RnnBackward.dy(row)
  const dStates = RnnBackward.dStates(row)
  const recurrent = roundedWeights(precision, RnnBackward.recurrentKernel(row), H, H, recurrentPlace)
  pack(recurrent, 4, unitBytes, H, H, panels)
  copyOrZero(dh, RnnBackward.dFinalH(row), stateBytes)

  for (let s = T - 1; s >= 0; s--) {
    const t = timeOf(s, T, reverse)
    const after = <usize>rowAfter(t, reverse) * stateBytes
    const g = dGates + <usize>t * stateBytes
    enterStep(dh, dy ? dy + <usize>t * stateBytes : 0, dStates ? dStates + after : 0, stateBytes)
    for (let b = 0; b < B; b++) {
      const i = <usize>b * unitBytes
      const state = h + after + i
      if (isMasked(lengths, t, b)) memory.fill(g + i, 0, unitBytes)
      else if (updateH)
        rowBackwardKeeping(activation, g + i, state, dh + i, H, updateH + <usize>t * stateBytes + i)
      else rowBackward(activation, g + i, state, dh + i, H)
    }
    if (mask) {
      multiplyPanelsOf(precision, masked, unitBytes, g, unitBytes, panels, B, H, H, 0, 0, work)
      addMasked(dh, masked, mask, B * H)
    } else {
      multiplyPanelsOf(precision, dh, unitBytes, g, unitBytes, panels, B, H, H, dh, unitBytes, work)
    }
  }

  const dInitialH = RnnBackward.dInitialH(row)
  if (dInitialH) memory.copy(dInitialH, dh, stateBytes)
  if (dStates) memory.copy(dStates + <usize>initialRow(T, reverse) * stateBytes, dh, stateBytes)

  const dx = RnnBackward.dx(row)
  const dKernel = RnnBackward.dKernel(row)
  const dRecurrentKernel = RnnBackward.dRecurrentKernel(row)
  const dBias = RnnBackward.dBias(row)
  if (dx) {
    const kernel = roundedWeights(precision, RnnBackward.kernel(row), I, H, kernelPlace)
    productOf(precision, dx, xRow, dGates, unitBytes, kernel, 4, unitBytes, T * B, H, I, 0, 0, work)
  }
  if (dKernel) {
    const x = RnnBackward.x(row)
    weightGradient(
      precision,
      dKernel,
      unitBytes,
      x,
      xRow,
      I,
      dGates,
      unitBytes,
      H,
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
      unitBytes,
      states,
      unitBytes,
      H,
      dGates,
      unitBytes,
      H,
      T,
      B,
      0,
      work,
      stage,
    )
  }
  if (dBias) biasGradient(dBias, dGates, unitBytes, H, T, B)
  return Status.ok
}
