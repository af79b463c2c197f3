import { Rnn, RnnBackward, Status } from '../generated/contract'
import { relu, tanh } from '../simd/activations'
import { read, splat, write } from '../simd/vector'
import { checkLengths, isMasked } from './checks'
import {
  isWorthPacking,
  multiplyPanels,
  multiplyWeights,
  pack,
  panelBytes,
  product,
  workBytes,
} from './product'
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

const enum Activation {
  tanh,
  relu,
  identity,
}

export function rnnScratch(row: usize): u64 {
  const H = Rnn.H(row)
  return workBytes + panelBytes(Rnn.I(row), H) + panelBytes(H, H)
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
  const kernelPlace = work + <usize>workBytes
  const kernelPanels = isWorthPacking(T * B, 1) ? kernelPlace : 0
  const recurrentPanels = isWorthPacking(B, T) ? kernelPlace + <usize>panelBytes(I, H) : 0
  const kernel = Rnn.kernel(row)
  const recurrentKernel = Rnn.recurrentKernel(row)
  if (kernelPanels) pack(kernel, unitBytes, 4, I, H, kernelPanels)
  if (recurrentPanels) pack(recurrentKernel, unitBytes, 4, H, H, recurrentPanels)

  const h = Rnn.h(row)
  copyOrZero(h + <usize>initialRow(T, reverse) * stateBytes, Rnn.initialH(row), stateBytes)
  const outputs = h + <usize>rowAfter(0, reverse) * stateBytes
  const xRow = (<usize>I) << 2
  multiplyWeights(
    outputs,
    unitBytes,
    Rnn.x(row),
    xRow,
    kernelPanels,
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
      after,
      unitBytes,
      before,
      unitBytes,
      recurrentPanels,
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
      if (isMasked(lengths, t, b)) memory.copy(after + i, before + i, unitBytes)
      else rowForward(activation, after + i, H)
    }
  }
  return Status.ok
}

export function rnnBackwardScratch(row: usize): u64 {
  const H = RnnBackward.H(row)
  const stage = stageBytes(RnnBackward.lengths(row), RnnBackward.I(row))
  return workBytes + panelBytes(H, H) + <u64>RnnBackward.B(row) * H * 4 + stage
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
  const panels = work + <usize>workBytes
  const dh = panels + <usize>panelBytes(H, H)
  const stage = dh + stateBytes
  const dGates = RnnBackward.dGates(row)
  const h = RnnBackward.h(row)
  const dy = RnnBackward.dy(row)
  const dStates = RnnBackward.dStates(row)
  pack(RnnBackward.recurrentKernel(row), 4, unitBytes, H, H, panels)
  copyOrZero(dh, RnnBackward.dFinalH(row), stateBytes)

  for (let s = T - 1; s >= 0; s--) {
    const t = timeOf(s, T, reverse)
    const after = <usize>rowAfter(t, reverse) * stateBytes
    const g = dGates + <usize>t * stateBytes
    enterStep(dh, dy ? dy + <usize>t * stateBytes : 0, dStates ? dStates + after : 0, stateBytes)
    for (let b = 0; b < B; b++) {
      const i = <usize>b * unitBytes
      if (isMasked(lengths, t, b)) memory.fill(g + i, 0, unitBytes)
      else rowBackward(activation, g + i, h + after + i, dh + i, H)
    }
    multiplyPanels(dh, unitBytes, g, unitBytes, panels, B, H, H, dh, unitBytes, work)
  }

  const dInitialH = RnnBackward.dInitialH(row)
  if (dInitialH) memory.copy(dInitialH, dh, stateBytes)
  if (dStates) memory.copy(dStates + <usize>initialRow(T, reverse) * stateBytes, dh, stateBytes)

  const dx = RnnBackward.dx(row)
  const dKernel = RnnBackward.dKernel(row)
  const dRecurrentKernel = RnnBackward.dRecurrentKernel(row)
  const dBias = RnnBackward.dBias(row)
  if (dx)
    product(dx, xRow, dGates, unitBytes, 4, RnnBackward.kernel(row), 4, unitBytes, T * B, H, I, 0, 0, work)
  if (dKernel) {
    const x = RnnBackward.x(row)
    weightGradient(dKernel, unitBytes, x, xRow, I, dGates, unitBytes, H, T, B, lengths, work, stage)
  }
  if (dRecurrentKernel) {
    const states = h + <usize>rowBefore(0, reverse) * stateBytes
    weightGradient(
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
