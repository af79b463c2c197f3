import { Gru, Status } from '../generated/contract'
import { sigmoid, tanh } from '../simd/activations'
import { madd, read, splat, write } from '../simd/vector'
import { checkLengths, isMasked } from './checks'
import { keep, maskBytes, maskedStates } from './masks'
import { isWorthPacking } from './product'
import { chunkBytes, chunkSteps, copyOrZero, initialRow, rowAfter, rowBefore, timeOf } from './recurrent'
import { multiplyWeights, prepareWeights, weightBytes, workBytesOf } from './reduced'

/**
 * A row of gates is [n z r q], H floats each: the recurrent gradients z r q lie side by side in the order of the recurrent
 * kernel's columns. q is hₜ₋₁ · Rₙ + recurrentBiasₙ with resetAfter, r ∗ hₜ₋₁ without.
 */

export function gruScratch(row: usize): u64 {
  const I = Gru.I(row)
  const H = Gru.H(row)
  const precision = Gru.precision(row)
  const kernel = weightBytes(precision, I, 2 * H) + weightBytes(precision, I, H)
  const recurrent = weightBytes(precision, H, 2 * H) + weightBytes(precision, H, H)
  const gates = Gru.saved(row) ? 0 : chunkBytes(Gru.T(row), <u64>Gru.B(row) * H * 4)
  const masked = maskBytes(Gru.recurrentMask(row), <u64>Gru.B(row) * H)
  return workBytesOf(precision, max(I, H), 2 * H) + 12 * <u64>H + kernel + recurrent + masked + gates
}

/** The biases that are added to X · W: both for z and r; n's recurrent one only where r does not multiply it. */
function sumOfBiases(target: usize, bias: usize, recurrentBias: usize, H: i32, resetAfter: i32): void {
  for (let j = 0; j < 3 * H; j++) {
    const i = (<usize>j) << 2
    let sum: f32 = bias ? load<f32>(bias + i) : 0
    if (recurrentBias && (j < 2 * H || !resetAfter)) sum += load<f32>(recurrentBias + i)
    store<f32>(target + i, sum)
  }
}

/** −1 where z weighs the candidate: how much of hₜ₋₁ is kept is then σ(−z), and all else stays the same. */
// @ts-ignore: decorator
@inline
export function updateSign(updateGate: i32): f32 {
  return updateGate ? -1 : 1
}

/** r = σ(r), q = r ∗ hₜ₋₁ of `lanes` units. */
// @ts-ignore: decorator
@inline
function unitsReset(gates: usize, bytes: usize, hBefore: usize, lanes: i32): void {
  const r = sigmoid(read(gates + bytes * 2, lanes))
  write(gates + bytes * 2, r, lanes)
  write(gates + bytes * 3, f32x4.mul(r, read(hBefore, lanes)), lanes)
}

function rowReset(gates: usize, H: i32, hBefore: usize): void {
  const bytes = (<usize>H) << 2
  const vectors = (<usize>(H & ~3)) << 2
  let j: usize = 0
  for (; j < vectors; j += 16) unitsReset(gates + j, bytes, hBefore + j, 4)
  if (H & 3) unitsReset(gates + j, bytes, hBefore + j, H & 3)
}

// @ts-ignore: decorator
@inline
function unitsForward(
  gates: usize,
  bytes: usize,
  hBefore: usize,
  h: usize,
  resetAfter: i32,
  sign: f32,
  keeps: bool,
  updateH: usize,
  zoneoutH: f32,
  lanes: i32,
): void {
  const z = sigmoid(f32x4.mul(splat(sign), read(gates + bytes, lanes)))
  let n = read(gates, lanes)
  if (resetAfter) {
    const r = sigmoid(read(gates + bytes * 2, lanes))
    write(gates + bytes * 2, r, lanes)
    n = madd(r, read(gates + bytes * 3, lanes), n)
  }
  n = tanh(n)
  write(gates, n, lanes)
  write(gates + bytes, z, lanes)
  const before = read(hBefore, lanes)
  const next = madd(f32x4.sub(splat(1), z), n, f32x4.mul(z, before))
  write(h, keeps ? keep(updateH, zoneoutH, before, next, lanes) : next, lanes)
}

function rowForward(gates: usize, H: i32, hBefore: usize, h: usize, resetAfter: i32, sign: f32): void {
  const bytes = (<usize>H) << 2
  const vectors = (<usize>(H & ~3)) << 2
  let j: usize = 0
  for (; j < vectors; j += 16) unitsForward(gates + j, bytes, hBefore + j, h + j, resetAfter, sign, false, 0, 0, 4)
  if (H & 3) unitsForward(gates + j, bytes, hBefore + j, h + j, resetAfter, sign, false, 0, 0, H & 3)
}

/** Where units may keep their state. */
function rowKeeping(
  gates: usize,
  H: i32,
  hBefore: usize,
  h: usize,
  resetAfter: i32,
  sign: f32,
  updateH: usize,
  zoneoutH: f32,
): void {
  const bytes = (<usize>H) << 2
  for (let j = 0; j < H; j += 4) {
    const at = (<usize>j) << 2
    const update = updateH ? updateH + at : 0
    const lanes = min(4, H - j)
    unitsForward(gates + at, bytes, hBefore + at, h + at, resetAfter, sign, true, update, zoneoutH, lanes)
  }
}

export function gru(row: usize, scratch: usize, status: usize): i32 {
  const T = Gru.T(row)
  const B = Gru.B(row)
  const I = Gru.I(row)
  const H = Gru.H(row)
  const lengths = Gru.lengths(row)
  const reverse = Gru.reverse(row)
  const resetAfter = Gru.resetAfter(row)
  const sign = updateSign(Gru.updateGate(row))
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal

  const unitBytes = (<usize>H) << 2
  const gateBytes = unitBytes << 2
  const rowBytes = unitBytes * 3
  const stateBytes = <usize>B * unitBytes
  const stepBytes = <usize>B * gateBytes
  const xRow = (<usize>I) << 2
  const work = scratch
  const precision = Gru.precision(row)
  const biases = work + <usize>workBytesOf(precision, max(I, H), 2 * H)
  const kernelPlace = biases + rowBytes
  const kernelPlaceN = kernelPlace + <usize>weightBytes(precision, I, 2 * H)
  const recurrentPlace = kernelPlaceN + <usize>weightBytes(precision, I, H)
  const recurrentPlaceN = recurrentPlace + <usize>weightBytes(precision, H, 2 * H)
  const saved = Gru.saved(row)
  const maskedPlace = recurrentPlaceN + <usize>weightBytes(precision, H, H)
  const mask = Gru.recurrentMask(row)
  const gates = saved ? saved : maskedPlace + <usize>maskBytes(mask, <u64>B * H)
  const updateH = Gru.updateH(row)
  const zoneoutH = Gru.zoneoutH(row)
  const keeps = updateH || zoneoutH != 0
  const steps = saved ? T : chunkSteps(T, <u64>B * H * 4)

  const kernel = Gru.kernel(row)
  const kernelN = kernel + unitBytes * 2
  const recurrent = Gru.recurrentKernel(row)
  const recurrentN = recurrent + unitBytes * 2
  const packsKernel = isWorthPacking(T * B, 1)
  const packsRecurrent = isWorthPacking(B, T)
  const preparedKernel = prepareWeights(precision, packsKernel, kernel, rowBytes, I, 2 * H, kernelPlace)
  const preparedKernelN = prepareWeights(precision, packsKernel, kernelN, rowBytes, I, H, kernelPlaceN)
  const preparedRecurrent = prepareWeights(
    precision,
    packsRecurrent,
    recurrent,
    rowBytes,
    H,
    2 * H,
    recurrentPlace,
  )
  const preparedRecurrentN = prepareWeights(
    precision,
    packsRecurrent,
    recurrentN,
    rowBytes,
    H,
    H,
    recurrentPlaceN,
  )
  const recurrentBias = Gru.recurrentBias(row)
  sumOfBiases(biases, Gru.bias(row), recurrentBias, H, resetAfter)
  const biasN = recurrentBias ? recurrentBias + unitBytes * 2 : 0

  const h = Gru.h(row)
  copyOrZero(h + <usize>initialRow(T, reverse) * stateBytes, Gru.initialH(row), stateBytes)
  for (let begin = 0; begin < T; begin += steps) {
    const count = min(steps, T - begin)
    const first = reverse ? T - begin - count : begin
    const x = Gru.x(row) + <usize>first * <usize>B * xRow
    const rows = count * B
    multiplyWeights(
      precision,
      gates + unitBytes,
      gateBytes,
      x,
      xRow,
      preparedKernel,
      kernel,
      rowBytes,
      rows,
      I,
      2 * H,
      biases,
      0,
      work,
    )
    multiplyWeights(
      precision,
      gates,
      gateBytes,
      x,
      xRow,
      preparedKernelN,
      kernelN,
      rowBytes,
      rows,
      I,
      H,
      biases + unitBytes * 2,
      0,
      work,
    )
    for (let s = begin; s < begin + count; s++) {
      const t = timeOf(s, T, reverse)
      const before = h + <usize>rowBefore(t, reverse) * stateBytes
      const after = h + <usize>rowAfter(t, reverse) * stateBytes
      const left = maskedStates(before, mask, 1, B * H, maskedPlace)
      const n = gates + <usize>(t - first) * stepBytes
      const zr = n + unitBytes
      const q = n + unitBytes * 3
      multiplyWeights(
        precision,
        zr,
        gateBytes,
        left,
        unitBytes,
        preparedRecurrent,
        recurrent,
        rowBytes,
        B,
        H,
        2 * H,
        zr,
        gateBytes,
        work,
      )
      if (resetAfter) {
        multiplyWeights(
          precision,
          q,
          gateBytes,
          left,
          unitBytes,
          preparedRecurrentN,
          recurrentN,
          rowBytes,
          B,
          H,
          H,
          biasN,
          0,
          work,
        )
      } else {
        for (let b = 0; b < B; b++) rowReset(n + <usize>b * gateBytes, H, left + <usize>b * unitBytes)
        multiplyWeights(
          precision,
          n,
          gateBytes,
          q,
          gateBytes,
          preparedRecurrentN,
          recurrentN,
          rowBytes,
          B,
          H,
          H,
          n,
          gateBytes,
          work,
        )
      }
      for (let b = 0; b < B; b++) {
        const i = <usize>b * unitBytes
        const gate = n + <usize>b * gateBytes
        if (isMasked(lengths, t, b)) {
          memory.copy(after + i, before + i, unitBytes)
        } else if (keeps) {
          const update = updateH ? updateH + <usize>t * stateBytes + i : 0
          rowKeeping(gate, H, before + i, after + i, resetAfter, sign, update, zoneoutH)
        } else {
          rowForward(gate, H, before + i, after + i, resetAfter, sign)
        }
      }
    }
  }
  return Status.ok
}
