import { Precision } from '../generated/contract'
import { read, splat, write } from '../simd/vector'
import { multiplyPanels, pack, panelBytes, product, workBytes } from './product'

/**
 * Products of reduced precision: the operands are rounded, to bfloat16 or to the whole numbers of int8, and multiplied as
 * float32. Sums of whole numbers stay exact: of products below 127², a thousand fit into the 24 bits of a float32.
 */
const exactDepth: i32 = 1024

/** Rows of a left operand that are rounded at a time. */
const roundedRows: i32 = 32

/** Working memory of products [·, K] · [K, N]: behind that of `product`, rounded rows, their scales and their sums. */
export function workBytesOf(precision: i32, K: i32, N: i32): u64 {
  return workBytes + (precision ? <u64>roundedRows * 4 * (<u64>K + 1 + N) : 0)
}

/** Weights [K, N]: panels, or rounded with a scale for each column. */
export function weightBytes(precision: i32, K: i32, N: i32): u64 {
  return precision ? (<u64>K + 1) * N * 4 : panelBytes(K, N)
}

/** Where the weights lie as `multiplyWeights` wants them; 0: they are used as they are. */
export function prepareWeights(
  precision: i32,
  isWorthPacking: bool,
  b: usize,
  bRow: usize,
  K: i32,
  N: i32,
  place: usize,
): usize {
  if (precision) {
    if (precision == Precision.int8) quantizeColumns(place, b, bRow, K, N)
    else roundMatrix(place, b, bRow, K, N)
    return place
  }
  if (!isWorthPacking) return 0
  pack(b, bRow, 4, K, N, place)
  return place
}

/** The nearest bfloat16, ties to even; NaN stays NaN. */
// @ts-ignore: decorator
@inline
function toBfloat16(v: v128): v128 {
  const even = v128.and(i32x4.shr_u(v, 16), i32x4.splat(1))
  const rounded = v128.and(i32x4.add(v, i32x4.add(even, i32x4.splat(0x7fff))), i32x4.splat(-0x10000))
  // By its bits: what compares floats may be compiled as if there were no NaN.
  const magnitude = v128.and(v, i32x4.splat(0x7fffffff))
  return v128.bitselect(v, rounded, i32x4.gt_s(magnitude, i32x4.splat(0x7f800000)))
}

function roundRow(target: usize, source: usize, count: i32): void {
  let i = 0
  for (; i + 4 <= count; i += 4, target += 16, source += 16) v128.store(target, toBfloat16(v128.load(source)))
  if (i < count) write(target, toBfloat16(read(source, count - i)), count - i)
}

/** target [rows, columns] = source, as bfloat16. */
export function roundMatrix(target: usize, source: usize, sourceRow: usize, rows: i32, columns: i32): void {
  for (let i = 0; i < rows; i++)
    roundRow(target + ((<usize>(i * columns)) << 2), source + <usize>i * sourceRow, columns)
}

/** From the bits of the largest magnitude: infinity and NaN give NaN. */
function scaleOf(bits: i32): f32 {
  if (bits >= 0x7f800000) return <f32>NaN
  const scale = reinterpret<f32>(bits) / 127
  return scale < reinterpret<f32>(0x00800000) ? 0 : scale
}

// @ts-ignore: decorator
@inline
function largerBits(bits: v128, v: v128): v128 {
  return i32x4.max_s(bits, v128.and(v, i32x4.splat(0x7fffffff)))
}

/** v ∕ scale to the nearest whole number; 0 where the scale is 0 or NaN. */
// @ts-ignore: decorator
@inline
function quantize(v: v128, scale: v128): v128 {
  const bits = v128.and(i32x4.gt_s(scale, i32x4.splat(0)), i32x4.lt_s(scale, i32x4.splat(0x7f800000)))
  return v128.and(f32x4.nearest(f32x4.div(v, scale)), bits)
}

/** target [count] = the whole numbers of one row; returns its scale. */
function quantizeRow(target: usize, source: usize, count: i32): f32 {
  let bits = i32x4.splat(0)
  let i = 0
  for (; i + 4 <= count; i += 4) bits = largerBits(bits, v128.load(source + ((<usize>i) << 2)))
  if (i < count) bits = largerBits(bits, read(source + ((<usize>i) << 2), count - i))
  const first = max(i32x4.extract_lane(bits, 0), i32x4.extract_lane(bits, 1))
  const second = max(i32x4.extract_lane(bits, 2), i32x4.extract_lane(bits, 3))
  const scale = scaleOf(max(first, second))
  const scales = splat(scale)
  for (i = 0; i < count; i += 4) {
    const lanes = min(4, count - i)
    const at = (<usize>i) << 2
    write(target + at, quantize(read(source + at, lanes), scales), lanes)
  }
  return scale
}

/** target [K, N] = the whole numbers of the columns, and behind them [N] their scales. */
function quantizeColumns(target: usize, b: usize, bRow: usize, K: i32, N: i32): void {
  const row = (<usize>N) << 2
  const scales = target + <usize>K * row
  for (let n = 0; n < N; n += 4) {
    const lanes = min(4, N - n)
    const column = (<usize>n) << 2
    let bits = i32x4.splat(0)
    for (let k = 0; k < K; k++) bits = largerBits(bits, read(b + <usize>k * bRow + column, lanes))
    let scale = f32x4.splat(scaleOf(i32x4.extract_lane(bits, 0)))
    scale = f32x4.replace_lane(scale, 1, scaleOf(i32x4.extract_lane(bits, 1)))
    scale = f32x4.replace_lane(scale, 2, scaleOf(i32x4.extract_lane(bits, 2)))
    scale = f32x4.replace_lane(scale, 3, scaleOf(i32x4.extract_lane(bits, 3)))
    write(scales + column, scale, lanes)
    for (let k = 0; k < K; k++) {
      const at = <usize>k * row + column
      write(target + at, quantize(read(b + <usize>k * bRow + column, lanes), scale), lanes)
    }
  }
}

/** y [rows, N] = initial + sums ∗ the scale of the row ∗ those of the columns. */
function addScaled(
  y: usize,
  yRow: usize,
  sums: usize,
  rowScales: usize,
  scales: usize,
  rows: i32,
  N: i32,
  initial: usize,
  initialRow: usize,
): void {
  for (let m = 0; m < rows; m++) {
    const scale = splat(load<f32>(rowScales + ((<usize>m) << 2)))
    for (let n = 0; n < N; n += 4) {
      const lanes = min(4, N - n)
      const column = (<usize>n) << 2
      const sum = read(sums + ((<usize>(m * N)) << 2) + column, lanes)
      const before = initial ? read(initial + <usize>m * initialRow + column, lanes) : splat(0)
      const scaled = f32x4.mul(sum, f32x4.mul(scale, read(scales + column, lanes)))
      write(y + <usize>m * yRow + column, f32x4.add(before, scaled), lanes)
    }
  }
}

/**
 * y[M, N] = initial + a[M, K] · b, rows of a rounded here, b rounded before by prepareWeights. For bfloat16, elements of b
 * may lie at any b + k · bStep + n · bColumn. `work` as workBytesOf tells.
 */
export function reducedProduct(
  precision: i32,
  y: usize,
  yRow: usize,
  a: usize,
  aRow: usize,
  b: usize,
  bStep: usize,
  bColumn: usize,
  M: i32,
  K: i32,
  N: i32,
  initial: usize,
  initialRow: usize,
  work: usize,
): void {
  const rounded = work + <usize>workBytes
  const width = (<usize>K) << 2
  const rowScales = rounded + roundedRows * width
  const sums = rowScales + roundedRows * 4
  const sumRow = (<usize>N) << 2
  for (let m = 0; m < M; m += roundedRows) {
    const rows = min(roundedRows, M - m)
    const source = a + <usize>m * aRow
    const target = y + <usize>m * yRow
    const from = initial ? initial + <usize>m * initialRow : 0
    if (precision == Precision.bfloat16) {
      roundMatrix(rounded, source, aRow, rows, K)
      product(target, yRow, rounded, width, 4, b, bStep, bColumn, rows, K, N, from, initialRow, work)
      continue
    }
    for (let i = 0; i < rows; i++) {
      const scale = quantizeRow(rounded + <usize>i * width, source + <usize>i * aRow, K)
      store<f32>(rowScales + ((<usize>i) << 2), scale)
    }
    for (let k = 0; k == 0 || k < K; k += exactDepth) {
      const depth = min(exactDepth, K - k)
      const left = rounded + ((<usize>k) << 2)
      product(sums, sumRow, left, width, 4, b + <usize>k * sumRow, sumRow, 4, rows, depth, N, 0, 0, work)
      const before = k ? target : from
      addScaled(target, yRow, sums, rowScales, b + <usize>K * sumRow, rows, N, before, k ? yRow : initialRow)
    }
  }
}

/** A product with weights b [K, N], row-major with `bRow` bytes a row, or with what prepareWeights made of them where that is not 0. */
export function multiplyWeights(
  precision: i32,
  y: usize,
  yRow: usize,
  a: usize,
  aRow: usize,
  prepared: usize,
  b: usize,
  bRow: usize,
  M: i32,
  K: i32,
  N: i32,
  initial: usize,
  initialRow: usize,
  work: usize,
): void {
  if (precision) {
    const step = (<usize>N) << 2
    reducedProduct(precision, y, yRow, a, aRow, prepared, step, 4, M, K, N, initial, initialRow, work)
  } else if (prepared) multiplyPanels(y, yRow, a, aRow, prepared, M, K, N, initial, initialRow, work)
  else product(y, yRow, a, aRow, 4, b, bRow, 4, M, K, N, initial, initialRow, work)
}

/** Memory of roundedWeights. */
export function roundedBytes(precision: i32, K: i32, N: i32): u64 {
  return precision ? <u64>K * N * 4 : 0
}

/** Where weights [K, N] lie as bfloat16, if that is the precision: in `place`; else where they are. */
export function roundedWeights(precision: i32, weights: usize, K: i32, N: i32, place: usize): usize {
  if (!precision) return weights
  roundMatrix(place, weights, (<usize>N) << 2, K, N)
  return place
}

/** `product` of a left operand whose rows lie along k; b is rounded already. */
export function productOf(
  precision: i32,
  y: usize,
  yRow: usize,
  a: usize,
  aRow: usize,
  b: usize,
  bStep: usize,
  bColumn: usize,
  M: i32,
  K: i32,
  N: i32,
  initial: usize,
  initialRow: usize,
  work: usize,
): void {
  if (precision) {
    reducedProduct(precision, y, yRow, a, aRow, b, bStep, bColumn, M, K, N, initial, initialRow, work)
  } else {
    product(y, yRow, a, aRow, 4, b, bStep, bColumn, M, K, N, initial, initialRow, work)
  }
}

/** `multiplyPanels` of panels that are rounded already. */
export function multiplyPanelsOf(
  precision: i32,
  y: usize,
  yRow: usize,
  a: usize,
  aRow: usize,
  panels: usize,
  M: i32,
  K: i32,
  N: i32,
  initial: usize,
  initialRow: usize,
  work: usize,
): void {
  if (!precision) {
    multiplyPanels(y, yRow, a, aRow, panels, M, K, N, initial, initialRow, work)
    return
  }
  const rounded = work + <usize>workBytes
  for (let m = 0; m < M; m += roundedRows) {
    const rows = min(roundedRows, M - m)
    const target = y + <usize>m * yRow
    const from = initial ? initial + <usize>m * initialRow : 0
    roundMatrix(rounded, a + <usize>m * aRow, aRow, rows, K)
    multiplyPanels(target, yRow, rounded, (<usize>K) << 2, panels, rows, K, N, from, initialRow, work)
  }
}
