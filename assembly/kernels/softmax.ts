import { LogSoftmax, Softmax, SoftmaxBackward, Status } from '../generated/contract'
import { exp } from '../simd/activations'
import { log } from '../simd/logarithm'
import { read, splat, sumOfPair, widenHigh, widenLow, write } from '../simd/vector'

/** max x[0 … n − 1] for n ≥ 1. */
export function maximum(x: usize, n: i32): f32 {
  let i = 0
  let largest: f32 = -Infinity
  if (n >= 4) {
    let m = v128.load(x)
    for (i = 4; i + 4 <= n; i += 4) m = f32x4.max(m, v128.load(x + ((<usize>i) << 2)))
    largest = max(
      max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1)),
      max(f32x4.extract_lane(m, 2), f32x4.extract_lane(m, 3)),
    )
  }
  for (; i < n; i++) largest = max(largest, load<f32>(x + ((<usize>i) << 2)))
  return largest
}

/** Σ exp(x − shift) in float64; the terms are written to y unless it is 0. */
export function sumOfExponentials(x: usize, n: i32, shift: f32, y: usize): f64 {
  const s = splat(shift)
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  const vectors = (<usize>(n & ~3)) << 2
  let i: usize = 0
  for (; i < vectors; i += 16) {
    const e = exp(f32x4.sub(v128.load(x + i), s))
    if (y) v128.store(y + i, e)
    low = f64x2.add(low, widenLow(e))
    high = f64x2.add(high, widenHigh(e))
  }
  let sum = sumOfPair(low) + sumOfPair(high)
  for (const end = (<usize>n) << 2; i < end; i += 4) {
    const e = f32x4.extract_lane(exp(splat(load<f32>(x + i) - shift)), 0)
    if (y) store<f32>(y + i, e)
    sum += <f64>e
  }
  return sum
}

export function softmax(row: usize): i32 {
  const M = Softmax.M(row)
  const N = Softmax.N(row)
  let x = Softmax.x(row)
  let y = Softmax.y(row)
  const bytes = (<usize>N) << 2
  for (let m = 0; m < M; m++, x += bytes, y += bytes) {
    const total = splat(<f32>sumOfExponentials(x, N, maximum(x, N), y))
    let n = 0
    for (; n + 4 <= N; n += 4)
      v128.store(y + ((<usize>n) << 2), f32x4.div(v128.load(y + ((<usize>n) << 2)), total))
    const p = y + ((<usize>n) << 2)
    if (n < N) write(p, f32x4.div(read(p, N - n), total), N - n)
  }
  return Status.ok
}

export function logSoftmax(row: usize): i32 {
  const M = LogSoftmax.M(row)
  const N = LogSoftmax.N(row)
  let x = LogSoftmax.x(row)
  let y = LogSoftmax.y(row)
  const bytes = (<usize>N) << 2
  for (let m = 0; m < M; m++, x += bytes, y += bytes) {
    const most = maximum(x, N)
    const shift = splat(most)
    const rest = splat(<f32>log(sumOfExponentials(x, N, most, 0)))
    let n = 0
    for (; n + 4 <= N; n += 4) {
      const i = (<usize>n) << 2
      v128.store(y + i, f32x4.sub(f32x4.sub(v128.load(x + i), shift), rest))
    }
    const i = (<usize>n) << 2
    if (n < N) write(y + i, f32x4.sub(f32x4.sub(read(x + i, N - n), shift), rest), N - n)
  }
  return Status.ok
}

export function softmaxBackward(row: usize): i32 {
  const M = SoftmaxBackward.M(row)
  const N = SoftmaxBackward.N(row)
  let y = SoftmaxBackward.y(row)
  let dy = SoftmaxBackward.dy(row)
  let dx = SoftmaxBackward.dx(row)
  const bytes = (<usize>N) << 2
  for (let m = 0; m < M; m++, y += bytes, dy += bytes, dx += bytes) {
    let sum: f64 = 0
    for (let i: usize = 0; i < bytes; i += 4) sum += <f64>load<f32>(y + i) * <f64>load<f32>(dy + i)
    const mean = splat(<f32>sum)
    let n = 0
    for (; n + 4 <= N; n += 4) {
      const i = (<usize>n) << 2
      v128.store(dx + i, f32x4.mul(v128.load(y + i), f32x4.sub(v128.load(dy + i), mean)))
    }
    const i = (<usize>n) << 2
    if (n < N) write(dx + i, f32x4.mul(read(y + i, N - n), f32x4.sub(read(dy + i, N - n), mean)), N - n)
  }
  return Status.ok
}
