import {
  Broadcast,
  Concat,
  Copy,
  Fill,
  ReduceSum,
  ReverseTime,
  Select,
  SequenceMask,
  Slice,
  SliceBackward,
  Status,
  Transpose,
} from '../generated/contract'
import { checkIndices } from './checks'
import { narrow, widenHigh, widenLow } from '../simd/vector'

export function fill(row: usize): i32 {
  const y = Fill.y(row)
  const value = Fill.value(row)
  const bytes = (<usize>Fill.N(row)) << 2
  if (reinterpret<u32>(value) == 0) memory.fill(y, 0, bytes)
  else for (let i: usize = 0; i < bytes; i += 4) store<f32>(y + i, value)
  return Status.ok
}

export function copy(row: usize): i32 {
  memory.copy(Copy.y(row), Copy.x(row), (<usize>Copy.N(row)) << 2)
  return Status.ok
}

export function transpose(row: usize): i32 {
  const A = Transpose.A(row)
  const B = Transpose.B(row)
  const bytes = (<usize>Transpose.N(row)) << 2
  let x = Transpose.x(row)
  const y = Transpose.y(row)
  const yRow = <usize>A * bytes
  for (let a = 0; a < A; a++) {
    let target = y + <usize>a * bytes
    for (let b = 0; b < B; b++, x += bytes, target += yRow) {
      if (bytes == 4) store<u32>(target, load<u32>(x))
      else memory.copy(target, x, bytes)
    }
  }
  return Status.ok
}

export function slice(row: usize): i32 {
  const O = Slice.O(row)
  const inner = (<usize>Slice.I(row)) << 2
  const from = <usize>Slice.N(row) * inner
  const to = <usize>Slice.M(row) * inner
  let x = Slice.x(row) + <usize>Slice.start(row) * inner
  let y = Slice.y(row)
  for (let o = 0; o < O; o++, x += from, y += to) memory.copy(y, x, to)
  return Status.ok
}

export function sliceBackward(row: usize): i32 {
  const O = SliceBackward.O(row)
  const inner = (<usize>SliceBackward.I(row)) << 2
  const from = <usize>SliceBackward.M(row) * inner
  const to = <usize>SliceBackward.N(row) * inner
  const before = <usize>SliceBackward.start(row) * inner
  let dy = SliceBackward.dy(row)
  let dx = SliceBackward.dx(row)
  for (let o = 0; o < O; o++, dy += from, dx += to) {
    memory.fill(dx, 0, before)
    memory.copy(dx + before, dy, from)
    memory.fill(dx + before + from, 0, to - before - from)
  }
  return Status.ok
}

export function concat(row: usize): i32 {
  const O = Concat.O(row)
  const inner = (<usize>Concat.I(row)) << 2
  const aBytes = <usize>Concat.M(row) * inner
  const bBytes = <usize>Concat.N(row) * inner
  let a = Concat.a(row)
  let b = Concat.b(row)
  let y = Concat.y(row)
  for (let o = 0; o < O; o++, a += aBytes, b += bBytes) {
    memory.copy(y, a, aBytes)
    memory.copy(y + aBytes, b, bBytes)
    y += aBytes + bBytes
  }
  return Status.ok
}

export function reverseTime(row: usize): i32 {
  const T = ReverseTime.T(row)
  const bytes = (<usize>ReverseTime.N(row)) << 2
  let x = ReverseTime.x(row)
  let y = ReverseTime.y(row) + <usize>T * bytes
  for (let t = 0; t < T; t++, x += bytes) {
    y -= bytes
    memory.copy(y, x, bytes)
  }
  return Status.ok
}

/** Σ over rows of `rows` × 4 floats at x, in float64; rows lie `bytes` apart. */
// @ts-ignore: decorator
@inline
function sumOfFour(x: usize, rows: i32, bytes: usize): v128 {
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  for (let n = 0; n < rows; n++, x += bytes) {
    const v = v128.load(x)
    low = f64x2.add(low, widenLow(v))
    high = f64x2.add(high, widenHigh(v))
  }
  return narrow(low, high)
}

/** y[columns] = Σ over rows of x[rows, columns], rows `bytes` apart, accumulated in float64. */
export function sumOfRows(x: usize, rows: i32, columns: i32, bytes: usize, y: usize): void {
  let i = 0
  for (; i + 4 <= columns; i += 4)
    v128.store(y + ((<usize>i) << 2), sumOfFour(x + ((<usize>i) << 2), rows, bytes))
  for (; i < columns; i++) {
    let p = x + ((<usize>i) << 2)
    let sum: f64 = 0
    for (let n = 0; n < rows; n++, p += bytes) sum += <f64>load<f32>(p)
    store<f32>(y + ((<usize>i) << 2), <f32>sum)
  }
}

export function reduceSum(row: usize): i32 {
  const O = ReduceSum.O(row)
  const N = ReduceSum.N(row)
  const I = ReduceSum.I(row)
  const inner = (<usize>I) << 2
  let x = ReduceSum.x(row)
  let y = ReduceSum.y(row)
  for (let o = 0; o < O; o++, x += <usize>N * inner, y += inner) sumOfRows(x, N, I, inner, y)
  return Status.ok
}

export function broadcast(row: usize): i32 {
  const O = Broadcast.O(row)
  const N = Broadcast.N(row)
  const inner = (<usize>Broadcast.I(row)) << 2
  let x = Broadcast.x(row)
  let y = Broadcast.y(row)
  for (let o = 0; o < O; o++, x += inner) {
    for (let n = 0; n < N; n++, y += inner) {
      if (inner == 4) store<f32>(y, load<f32>(x))
      else memory.copy(y, x, inner)
    }
  }
  return Status.ok
}

export function select(row: usize): i32 {
  const B = Select.B(row)
  const a = Select.a(row)
  const b = Select.b(row)
  const condition = Select.condition(row)
  const bytes = (<usize>Select.N(row)) << 2
  const y = Select.y(row)
  for (let r = 0; r < B; r++) {
    const source = load<i32>(condition + ((<usize>r) << 2)) ? a : b
    const at = <usize>r * bytes
    if (!source) memory.fill(y + at, 0, bytes)
    else if (source != y) memory.copy(y + at, source + at, bytes)
  }
  return Status.ok
}

export function sequenceMask(row: usize, status: usize): i32 {
  const B = SequenceMask.B(row)
  const T = SequenceMask.T(row)
  const lengths = SequenceMask.lengths(row)
  const refusal = checkIndices(lengths, B, 0, T, status)
  if (refusal) return refusal
  let y = SequenceMask.y(row)
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++, y += 4) store<i32>(y, t < load<i32>(lengths + ((<usize>b) << 2)) ? 1 : 0)
  }
  return Status.ok
}
