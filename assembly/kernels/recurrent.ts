import { sumOfRows } from './data'
import { isMasked } from './checks'
import { product } from './product'
import { roundMatrix } from './reduced'

/** What the sequence kernels have in common. */

/** Steps walked from the initial state: the s-th one is t, it reads state row `before` and writes state row `after`. */
// @ts-ignore: decorator
@inline
export function timeOf(s: i32, T: i32, reverse: i32): i32 {
  return reverse ? T - 1 - s : s
}

// @ts-ignore: decorator
@inline
export function rowBefore(t: i32, reverse: i32): i32 {
  return reverse ? t + 1 : t
}

// @ts-ignore: decorator
@inline
export function rowAfter(t: i32, reverse: i32): i32 {
  return reverse ? t : t + 1
}

/** The row of the initial state. */
// @ts-ignore: decorator
@inline
export function initialRow(T: i32, reverse: i32): i32 {
  return reverse ? T : 0
}

/** Floats of X · W computed at a time where they are not kept for a backward pass, unless one step needs more. */
const chunkFloats: u64 = 131072

export function chunkSteps(T: i32, stepFloats: u64): i32 {
  return <i32>min<u64>(T, max<u64>(1, chunkFloats / max<u64>(1, stepFloats)))
}

/** Enough for these and all smaller sizes. */
export function chunkBytes(T: i32, stepFloats: u64): u64 {
  return min<u64>(<u64>T * stepFloats, max<u64>(stepFloats, chunkFloats)) * 4
}

/** Absent means zeros. */
export function copyOrZero(target: usize, source: usize, bytes: usize): void {
  if (source) memory.copy(target, source, bytes)
  else memory.fill(target, 0, bytes)
}

/** Rows that are copied at a time, to leave out masked steps and to round. */
const stagedRows: i32 = 256

/** For weights [I, N] and [H, N]; without rounding only x is staged, and only where steps are masked. */
export function stageBytes(lengths: usize, precision: i32, I: i32, H: i32, N: i32): u64 {
  if (precision) return <u64>stagedRows * (<u64>max(I, H) + N) * 4
  return lengths ? <u64>stagedRows * I * 4 : 0
}

/**
 * dWeights[K, N] = Σ over steps of xᵀ · dGates, x [T · B, K], dGates [T · B, N] with `gateRow` bytes a row.
 * Gate gradients of masked steps are zeros, but x may hold anything there, even NaN: it is staged with zeros instead.
 */
export function weightGradient(
  precision: i32,
  dWeights: usize,
  weightRow: usize,
  x: usize,
  xRow: usize,
  K: i32,
  dGates: usize,
  gateRow: usize,
  N: i32,
  T: i32,
  B: i32,
  lengths: usize,
  work: usize,
  stage: usize,
): void {
  const rows = T * B
  if (!lengths && !precision) {
    product(dWeights, weightRow, x, 4, xRow, dGates, gateRow, 4, K, rows, N, 0, 0, work)
    return
  }
  const bytes = (<usize>K) << 2
  for (let from = 0; from == 0 || from < rows; from += stagedRows) {
    const count = min(stagedRows, rows - from)
    for (let i = 0; i < count; i++) {
      const position = from + i
      const target = stage + <usize>i * bytes
      if (isMasked(lengths, position / B, position % B)) memory.fill(target, 0, bytes)
      else memory.copy(target, x + <usize>position * xRow, bytes)
    }
    let gates = dGates + <usize>from * gateRow
    let row = gateRow
    if (precision) {
      const rounded = stage + stagedRows * bytes
      roundMatrix(stage, stage, bytes, count, K)
      roundMatrix(rounded, gates, gateRow, count, N)
      gates = rounded
      row = (<usize>N) << 2
    }
    const initial = from ? dWeights : 0
    product(dWeights, weightRow, stage, 4, bytes, gates, row, 4, K, count, N, initial, weightRow, work)
  }
}

/** dBias[N] = Σ over steps of dGates, in float64. */
export function biasGradient(dBias: usize, dGates: usize, gateRow: usize, N: i32, T: i32, B: i32): void {
  sumOfRows(dGates, T * B, N, gateRow, dBias)
}

/** dh += dy[t] and, where wanted, dStates[row] = dh. */
export function enterStep(dh: usize, dy: usize, dStates: usize, bytes: usize): void {
  if (dy) {
    const vectors = bytes & ~15
    let i: usize = 0
    for (; i < vectors; i += 16) v128.store(dh + i, f32x4.add(v128.load(dh + i), v128.load(dy + i)))
    for (; i < bytes; i += 4) store<f32>(dh + i, load<f32>(dh + i) + load<f32>(dy + i))
  }
  if (dStates) memory.copy(dStates, dh, bytes)
}
