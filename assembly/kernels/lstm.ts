import { Instruction, Lstm, Status } from '../generated/contract'
import { sigmoid, tanh } from '../simd/activations'
import { madd, read, splat, write } from '../simd/vector'
import { checkLengths, isMasked } from './checks'
import { keep, maskBytes, maskedStates } from './masks'
import { isWorthPacking } from './product'
import { chunkBytes, chunkSteps, copyOrZero, initialRow, rowAfter, rowBefore, timeOf } from './recurrent'
import { multiplyWeights, prepareWeights, weightBytes, workBytesOf } from './reduced'

/**
 * lstm and lstm_coupled, whose input gate is 1 − f, have the same operands in the same order: accessors of one read the other.
 * A row of gates is [i f g o], H floats each, or [f g o].
 */

// @ts-ignore: decorator
@inline
export function gatesOf(row: usize): i32 {
  const code = load<i32>(row)
  return code == Instruction.lstm_coupled || code == Instruction.lstm_coupled_backward ? 3 : 4
}

export function lstmScratch(row: usize): u64 {
  const H = Lstm.H(row)
  const I = Lstm.I(row)
  const N = gatesOf(row) * H
  const precision = Lstm.precision(row)
  const gates = Lstm.saved(row) ? 0 : chunkBytes(Lstm.T(row), <u64>Lstm.B(row) * N)
  const weights = weightBytes(precision, I, N) + weightBytes(precision, H, N)
  const masked = maskBytes(Lstm.recurrentMask(row), <u64>Lstm.B(row) * H)
  return workBytesOf(precision, max(I, H), N) + weights + masked + gates
}

/**
 * `count` gates of `lanes` units, `bytes` (H floats) apart; what they become stays for the backward pass. Without hBefore
 * no unit keeps its state.
 */
// @ts-ignore: decorator
@inline
function unitsForward(
  gates: usize,
  count: i32,
  peepholes: usize,
  bytes: usize,
  cBefore: usize,
  c: usize,
  h: usize,
  hBefore: usize,
  updateH: usize,
  updateC: usize,
  zoneoutH: f32,
  zoneoutC: f32,
  lanes: i32,
): void {
  const before = read(cBefore, lanes)
  const forget = count == 4 ? gates + bytes : gates
  const output = forget + bytes * 2
  let sumF = read(forget, lanes)
  let sumO = read(output, lanes)
  if (peepholes) sumF = madd(read(count == 4 ? peepholes + bytes : peepholes, lanes), before, sumF)
  const f = sigmoid(sumF)
  const g = tanh(read(forget + bytes, lanes))
  let i: v128
  if (count == 4) {
    let sumI = read(gates, lanes)
    if (peepholes) sumI = madd(read(peepholes, lanes), before, sumI)
    i = sigmoid(sumI)
    write(gates, i, lanes)
  } else {
    i = f32x4.sub(splat(1), f)
  }
  const state = madd(i, g, f32x4.mul(f, before))
  if (peepholes) sumO = madd(read(peepholes + bytes * (count - 2), lanes), state, sumO)
  const o = sigmoid(sumO)
  write(forget, f, lanes)
  write(forget + bytes, g, lanes)
  write(output, o, lanes)
  const next = f32x4.mul(o, tanh(state))
  if (hBefore) {
    write(c, keep(updateC, zoneoutC, before, state, lanes), lanes)
    write(h, keep(updateH, zoneoutH, read(hBefore, lanes), next, lanes), lanes)
  } else {
    write(c, state, lanes)
    write(h, next, lanes)
  }
}

function rowForward(gates: usize, H: i32, cBefore: usize, c: usize, h: usize): void {
  const bytes = (<usize>H) << 2
  const vectors = (<usize>(H & ~3)) << 2
  let j: usize = 0
  for (; j < vectors; j += 16) unitsForward(gates + j, 4, 0, bytes, cBefore + j, c + j, h + j, 0, 0, 0, 0, 0, 4)
  if (H & 3) unitsForward(gates + j, 4, 0, bytes, cBefore + j, c + j, h + j, 0, 0, 0, 0, 0, H & 3)
}

/** All that the plain cell does not have. */
function rowForwardOf(
  gates: usize,
  count: i32,
  peepholes: usize,
  H: i32,
  cBefore: usize,
  c: usize,
  h: usize,
  hBefore: usize,
  updateH: usize,
  updateC: usize,
  zoneoutH: f32,
  zoneoutC: f32,
): void {
  const bytes = (<usize>H) << 2
  for (let j = 0; j < H; j += 4) {
    const at = (<usize>j) << 2
    unitsForward(
      gates + at,
      count,
      peepholes ? peepholes + at : 0,
      bytes,
      cBefore + at,
      c + at,
      h + at,
      hBefore + at,
      updateH ? updateH + at : 0,
      updateC ? updateC + at : 0,
      zoneoutH,
      zoneoutC,
      min(4, H - j),
    )
  }
}

/** gates [T, B, count, H]: X · W for many steps at once, then hₜ₋₁ · R and the state one step at a time. */
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
  const count = gatesOf(row)
  const N = count * H
  const gateBytes = <usize>count * unitBytes
  const stateBytes = <usize>B * unitBytes
  const stepBytes = <usize>B * gateBytes
  const xRow = (<usize>I) << 2
  const work = scratch
  const precision = Lstm.precision(row)
  const kernelPlace = work + <usize>workBytesOf(precision, max(I, H), N)
  const recurrentPlace = kernelPlace + <usize>weightBytes(precision, I, N)
  const saved = Lstm.saved(row)
  const maskedPlace = recurrentPlace + <usize>weightBytes(precision, H, N)
  const mask = Lstm.recurrentMask(row)
  const gates = saved ? saved : maskedPlace + <usize>maskBytes(mask, <u64>B * H)
  const steps = saved ? T : chunkSteps(T, <u64>B * N)
  const kernel = Lstm.kernel(row)
  const recurrentKernel = Lstm.recurrentKernel(row)
  const bias = Lstm.bias(row)
  const peepholes = Lstm.peepholes(row)
  const updateH = Lstm.updateH(row)
  const updateC = Lstm.updateC(row)
  const zoneoutH = Lstm.zoneoutH(row)
  const zoneoutC = Lstm.zoneoutC(row)
  const keeps = updateH || updateC || zoneoutH != 0 || zoneoutC != 0
  const plain = count == 4 && !peepholes && !keeps
  const packsKernel = isWorthPacking(T * B, 1)
  const packsRecurrent = isWorthPacking(B, T)
  const preparedKernel = prepareWeights(precision, packsKernel, kernel, gateBytes, I, N, kernelPlace)
  const preparedRecurrent = prepareWeights(
    precision,
    packsRecurrent,
    recurrentKernel,
    gateBytes,
    H,
    N,
    recurrentPlace,
  )

  const h = Lstm.h(row)
  const c = Lstm.c(row)
  const initial = <usize>initialRow(T, reverse) * stateBytes
  copyOrZero(h + initial, Lstm.initialH(row), stateBytes)
  copyOrZero(c + initial, Lstm.initialC(row), stateBytes)

  for (let begin = 0; begin < T; begin += steps) {
    const taken = min(steps, T - begin)
    const first = reverse ? T - begin - taken : begin
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
      taken * B,
      I,
      N,
      bias,
      0,
      work,
    )
    for (let s = begin; s < begin + taken; s++) {
      const t = timeOf(s, T, reverse)
      const before = <usize>rowBefore(t, reverse) * stateBytes
      const after = <usize>rowAfter(t, reverse) * stateBytes
      const g = gates + <usize>(t - first) * stepBytes
      multiplyWeights(
        precision,
        g,
        gateBytes,
        maskedStates(h + before, mask, 1, B * H, maskedPlace),
        unitBytes,
        preparedRecurrent,
        recurrentKernel,
        gateBytes,
        B,
        H,
        N,
        g,
        gateBytes,
        work,
      )
      for (let b = 0; b < B; b++) {
        const i = <usize>b * unitBytes
        const gate = g + <usize>b * gateBytes
        if (isMasked(lengths, t, b)) {
          memory.copy(h + after + i, h + before + i, unitBytes)
          memory.copy(c + after + i, c + before + i, unitBytes)
        } else if (plain) {
          rowForward(gate, H, c + before + i, c + after + i, h + after + i)
        } else {
          const at = <usize>t * stateBytes + i
          rowForwardOf(
            gate,
            count,
            peepholes,
            H,
            c + before + i,
            c + after + i,
            h + after + i,
            h + before + i,
            updateH ? updateH + at : 0,
            updateC ? updateC + at : 0,
            zoneoutH,
            zoneoutC,
          )
        }
      }
    }
  }
  return Status.ok
}
