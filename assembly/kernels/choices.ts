import { Argmax, OneHot, RandomUniform, SampleCategorical, Status } from '../generated/contract'
import { exp } from '../simd/activations'
import { philox } from '../simd/philox'
import { splat } from '../simd/vector'
import { checkIndices } from './checks'

/** Four random words. */
export const randomUniformScratch: u64 = 16

/** The first position of the largest; a NaN is never larger. */
function largest(x: usize, count: i32): i32 {
  let best = 0
  let value = load<f32>(x)
  for (let n = 1; n < count; n++) {
    const candidate = load<f32>(x + ((<usize>n) << 2))
    if (candidate > value || isNaN(value)) {
      best = n
      value = candidate
    }
  }
  return best
}

export function argmax(row: usize): i32 {
  const M = Argmax.M(row)
  const N = Argmax.N(row)
  let x = Argmax.x(row)
  let y = Argmax.y(row)
  for (let m = 0; m < M; m++, x += (<usize>N) << 2, y += 4) store<i32>(y, largest(x, N))
  return Status.ok
}

export function oneHot(row: usize, status: usize): i32 {
  const M = OneHot.M(row)
  const N = OneHot.N(row)
  const indices = OneHot.indices(row)
  const refusal = checkIndices(indices, M, 0, N - 1, status)
  if (refusal) return refusal
  const y = OneHot.y(row)
  memory.fill(y, 0, <usize>M * ((<usize>N) << 2))
  for (let m = 0; m < M; m++) {
    store<f32>(y + ((<usize>m * <usize>N + <usize>load<i32>(indices + ((<usize>m) << 2))) << 2), 1)
  }
  return Status.ok
}

export function randomUniform(row: usize, scratch: usize): i32 {
  const T = RandomUniform.T(row)
  const B = RandomUniform.B(row)
  const seed = <u32>(<i64>RandomUniform.seed(row))
  const run = <u32>(<i64>RandomUniform.run(row))
  const site = <u32>RandomUniform.site(row)
  let y = RandomUniform.y(row)
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++, y += 4) {
      philox(0, t, b, run, seed, site, scratch)
      store<f32>(y, <f32>(load<u32>(scratch) >> 8) * <f32>(1.0 / 16777216.0))
    }
  }
  return Status.ok
}

/** exp(logits[n] − shift). The library's exponential of float64 reads a table, for which this memory has no place. */
// @ts-ignore: decorator
@inline
function weight(logits: usize, n: i32, shift: f32): f64 {
  return <f64>f32x4.extract_lane(exp(splat(load<f32>(logits + ((<usize>n) << 2)) - shift)), 0)
}

/** Walks the probabilities until their sum is above `uniform`. */
function draw(logits: usize, count: i32, uniform: f32): i32 {
  const shift = load<f32>(logits + ((<usize>largest(logits, count)) << 2))
  let total: f64 = 0
  for (let n = 0; n < count; n++) total += weight(logits, n, shift)
  const goal = <f64>uniform * total
  let sum: f64 = 0
  let last = 0
  for (let n = 0; n < count; n++) {
    const w = weight(logits, n, shift)
    if (!(w > 0)) continue
    sum += w
    last = n
    if (sum > goal) break
  }
  return last
}

export function sampleCategorical(row: usize): i32 {
  const M = SampleCategorical.M(row)
  const N = SampleCategorical.N(row)
  let logits = SampleCategorical.logits(row)
  let uniform = SampleCategorical.uniform(row)
  let y = SampleCategorical.y(row)
  for (let m = 0; m < M; m++, logits += (<usize>N) << 2, uniform += 4, y += 4) {
    store<i32>(y, draw(logits, N, load<f32>(uniform)))
  }
  return Status.ok
}
