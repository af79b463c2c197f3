// All of these begin with the variables O, N, I, C, M: the accessors of Unfold read them from every row.
import {
  AveragePool,
  AveragePoolBackward,
  Fold,
  MaxPool,
  MaxPoolBackward,
  Status,
  Unfold,
} from '../generated/contract'
import { checkLengths } from './checks'

/** What is done with a window; always a constant where a loop is inlined. */
const enum Work {
  unfold,
  fold,
  max,
  maxBackward,
  average,
  averageBackward,
}

/** target[i] += scale · source[i] */
function addTo(target: usize, source: usize, n: i32, scale: f32): void {
  const factor = f32x4.splat(scale)
  const vectors = source + ((<usize>(n & ~3)) << 2)
  for (; source < vectors; source += 16, target += 16)
    v128.store(target, f32x4.add(v128.load(target), f32x4.mul(v128.load(source), factor)))
  for (const end = vectors + ((<usize>(n & 3)) << 2); source < end; source += 4, target += 4)
    store<f32>(target, load<f32>(target) + load<f32>(source) * scale)
}

/** NaN is the largest. */
// @ts-ignore: decorator
@inline
function isLarger(v: f32, than: f32): bool {
  return v > than || (v != v && than == than)
}

/** y = the largest of `count` entries, the first at x and each `step` bytes behind the one before. */
function largest(x: usize, step: usize, count: i32, C: i32, y: usize): void {
  memory.copy(y, x, (<usize>C) << 2)
  for (let k = 1; k < count; k++) {
    x += step
    for (let i: usize = 0, end = (<usize>C) << 2; i < end; i += 4) {
      const v = load<f32>(x + i)
      if (isLarger(v, load<f32>(y + i))) store<f32>(y + i, v)
    }
  }
}

/** dx += dy at the first of the largest entries. */
function addToLargest(x: usize, step: usize, count: i32, C: i32, dy: usize, dx: usize): void {
  for (let i: usize = 0, end = (<usize>C) << 2; i < end; i += 4) {
    let best = i
    for (let k = 1, at = i + step; k < count; k++, at += step) {
      if (isLarger(load<f32>(x + at), load<f32>(x + best))) best = at
    }
    store<f32>(dx + best, load<f32>(dx + best) + load<f32>(dy + i))
  }
}

/** Walks over all windows: `entries` is the tensor they look at, `results` the one with a place for each. */
// @ts-ignore: decorator
@inline
function walk(
  work: i32,
  row: usize,
  size: i32,
  padding: i32,
  stride: i64,
  dilation: i64,
  lengths: usize,
  entries: usize,
  results: usize,
  x: usize,
  status: usize,
): i32 {
  const O = Unfold.O(row)
  const N = Unfold.N(row)
  const I = Unfold.I(row)
  const C = Unfold.C(row)
  const M = Unfold.M(row)
  const refusal = checkLengths(lengths, I, N, status)
  if (refusal) return refusal
  const bytes = (<usize>C) << 2
  const between = <usize>I * bytes
  const step = <usize>dilation * between
  const width = work == Work.unfold || work == Work.fold ? <usize>size * bytes : bytes
  const writes = work == Work.fold || work == Work.maxBackward || work == Work.averageBackward
  if (writes) memory.fill(entries, 0, <usize>O * <usize>N * between)
  for (let o = 0; o < O; o++) {
    for (let i = 0; i < I; i++) {
      const n = <i64>(lengths ? load<i32>(lengths + ((<usize>i) << 2)) : N)
      const covered = ((n + stride - 1) / stride - 1) * stride + <i64>(size - 1) * dilation + 1
      const begin = padding >= 0 ? <i64>padding : max<i64>(covered - n, 0) / 2
      const origin = (<usize>o * <usize>N * <usize>I + <usize>i) * bytes
      let result = results + (<usize>o * <usize>M * <usize>I + <usize>i) * width
      for (let m = 0; m < M; m++, result += <usize>I * width) {
        const start = <i64>m * stride - begin
        const first = <i32>min<i64>(start < 0 ? (-start + dilation - 1) / dilation : 0, <i64>size)
        const behind = n > start ? (n - start + dilation - 1) / dilation : 0
        const last = <i32>min<i64>(max<i64>(behind, <i64>first), <i64>size)
        const count = last - first
        // Of no use where the window is empty.
        const at = origin + <usize>(start + <i64>first * dilation) * between
        const entry = entries + at
        if (work == Work.unfold) {
          memory.fill(result, 0, width)
          for (let k = 0; k < count; k++)
            memory.copy(result + <usize>(first + k) * bytes, entry + <usize>k * step, bytes)
        } else if (work == Work.fold) {
          for (let k = 0; k < count; k++)
            addTo(entry + <usize>k * step, result + <usize>(first + k) * bytes, C, 1)
        } else if (work == Work.max) {
          if (count > 0) largest(entry, step, count, C, result)
          else memory.fill(result, 0, bytes)
        } else if (work == Work.maxBackward) {
          if (count > 0) addToLargest(x + at, step, count, C, result, entry)
        } else if (work == Work.average) {
          memory.fill(result, 0, bytes)
          for (let k = 0; k < count; k++) addTo(result, entry + <usize>k * step, C, 1)
          if (count > 0) {
            const share = <f32>1 / <f32>count
            for (let c: usize = 0; c < bytes; c += 4) store<f32>(result + c, load<f32>(result + c) * share)
          }
        } else {
          for (let k = 0; k < count; k++) addTo(entry + <usize>k * step, result, C, <f32>1 / <f32>count)
        }
      }
    }
  }
  return Status.ok
}

export function unfold(row: usize, status: usize): i32 {
  return walk(
    Work.unfold,
    row,
    Unfold.K(row),
    Unfold.padding(row),
    <i64>Unfold.stride(row),
    <i64>Unfold.dilation(row),
    Unfold.lengths(row),
    Unfold.x(row),
    Unfold.y(row),
    0,
    status,
  )
}

export function fold(row: usize, status: usize): i32 {
  return walk(
    Work.fold,
    row,
    Fold.K(row),
    Fold.padding(row),
    <i64>Fold.stride(row),
    <i64>Fold.dilation(row),
    Fold.lengths(row),
    Fold.x(row),
    Fold.y(row),
    0,
    status,
  )
}

export function maxPool(row: usize, status: usize): i32 {
  return walk(
    Work.max,
    row,
    MaxPool.size(row),
    MaxPool.padding(row),
    <i64>MaxPool.stride(row),
    <i64>MaxPool.dilation(row),
    MaxPool.lengths(row),
    MaxPool.x(row),
    MaxPool.y(row),
    0,
    status,
  )
}

export function maxPoolBackward(row: usize, status: usize): i32 {
  return walk(
    Work.maxBackward,
    row,
    MaxPoolBackward.size(row),
    MaxPoolBackward.padding(row),
    <i64>MaxPoolBackward.stride(row),
    <i64>MaxPoolBackward.dilation(row),
    MaxPoolBackward.lengths(row),
    MaxPoolBackward.dx(row),
    MaxPoolBackward.dy(row),
    MaxPoolBackward.x(row),
    status,
  )
}

export function averagePool(row: usize, status: usize): i32 {
  return walk(
    Work.average,
    row,
    AveragePool.size(row),
    AveragePool.padding(row),
    <i64>AveragePool.stride(row),
    <i64>AveragePool.dilation(row),
    AveragePool.lengths(row),
    AveragePool.x(row),
    AveragePool.y(row),
    0,
    status,
  )
}

export function averagePoolBackward(row: usize, status: usize): i32 {
  return walk(
    Work.averageBackward,
    row,
    AveragePoolBackward.size(row),
    AveragePoolBackward.padding(row),
    <i64>AveragePoolBackward.stride(row),
    <i64>AveragePoolBackward.dilation(row),
    AveragePoolBackward.lengths(row),
    AveragePoolBackward.dx(row),
    AveragePoolBackward.dy(row),
    0,
    status,
  )
}
