// Losses that compare features begin with the same operands: the accessors of one, Common, read the rows of all.
import {
  AbsoluteError,
  AbsoluteErrorBackward,
  BinaryCrossEntropy,
  BinaryCrossEntropyBackward,
  CategoricalCrossEntropy,
  CategoricalCrossEntropyBackward,
  SoftmaxCrossEntropy,
  SoftmaxCrossEntropyBackward,
  SquaredError,
  SquaredError as Common,
  SquaredErrorBackward,
  Status,
} from '../generated/contract'
import { exp, sigmoid } from '../simd/activations'
import { log } from '../simd/logarithm'
import { read, splat, widenHigh, widenLow, write } from '../simd/vector'
import { checkLengths, indexOutOfRange, isMasked } from './checks'
import { maximum, sumOfExponentials } from './softmax'

/** The weight of step (t, b) at position t · B + b; 0 where the step is not valid. */
// @ts-ignore: decorator
@inline
export function weightOf(weights: usize, lengths: usize, t: i32, b: i32, position: i32): f32 {
  if (isMasked(lengths, t, b)) return 0
  return weights ? load<f32>(weights + ((<usize>position) << 2)) : 1
}

function finish(loss: usize, weight: usize, sum: f64, total: f64): i32 {
  store<f64>(loss, sum)
  store<f64>(loss, total, 8)
  store<f32>(weight, <f32>total)
  return Status.ok
}

export function softmaxCrossEntropy(row: usize, status: usize): i32 {
  const T = SoftmaxCrossEntropy.T(row)
  const B = SoftmaxCrossEntropy.B(row)
  const F = SoftmaxCrossEntropy.F(row)
  const targets = SoftmaxCrossEntropy.targets(row)
  const weights = SoftmaxCrossEntropy.weights(row)
  const lengths = SoftmaxCrossEntropy.lengths(row)
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal
  const logNormalizer = SoftmaxCrossEntropy.logNormalizer(row)
  let logits = SoftmaxCrossEntropy.logits(row)
  const bytes = (<usize>F) << 2
  let sum: f64 = 0
  let total: f64 = 0
  let position = 0
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++, position++, logits += bytes) {
      const offset = (<usize>position) << 2
      const w = <f64>weightOf(weights, lengths, t, b, position)
      if (w == 0) {
        store<f32>(logNormalizer + offset, 0)
        continue
      }
      const target = load<i32>(targets + offset)
      if (<u32>target >= <u32>F) return indexOutOfRange(status, target, position)
      const shift = maximum(logits, F)
      const normalizer = <f64>shift + log(sumOfExponentials(logits, F, shift, 0))
      store<f32>(logNormalizer + offset, <f32>normalizer)
      sum += w * (normalizer - <f64>load<f32>(logits + ((<usize>target) << 2)))
      total += w
    }
  }
  return finish(SoftmaxCrossEntropy.loss(row), SoftmaxCrossEntropy.weight(row), sum, total)
}

// @ts-ignore: decorator
@inline
function probability(logits: usize, normalizer: v128, w: v128, lanes: i32): v128 {
  return f32x4.mul(w, exp(f32x4.sub(read(logits, lanes), normalizer)))
}

export function softmaxCrossEntropyBackward(row: usize, status: usize): i32 {
  const T = SoftmaxCrossEntropyBackward.T(row)
  const B = SoftmaxCrossEntropyBackward.B(row)
  const F = SoftmaxCrossEntropyBackward.F(row)
  const targets = SoftmaxCrossEntropyBackward.targets(row)
  const weights = SoftmaxCrossEntropyBackward.weights(row)
  const lengths = SoftmaxCrossEntropyBackward.lengths(row)
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal
  const logNormalizer = SoftmaxCrossEntropyBackward.logNormalizer(row)
  let logits = SoftmaxCrossEntropyBackward.logits(row)
  let dLogits = SoftmaxCrossEntropyBackward.dLogits(row)
  const bytes = (<usize>F) << 2
  let position = 0
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++, position++, logits += bytes, dLogits += bytes) {
      const w = weightOf(weights, lengths, t, b, position)
      if (w == 0) {
        memory.fill(dLogits, 0, bytes)
        continue
      }
      const target = load<i32>(targets + ((<usize>position) << 2))
      if (<u32>target >= <u32>F) return indexOutOfRange(status, target, position)
      const normalizer = splat(load<f32>(logNormalizer + ((<usize>position) << 2)))
      const scale = splat(w)
      let f = 0
      for (; f + 4 <= F; f += 4) {
        const i = (<usize>f) << 2
        v128.store(dLogits + i, probability(logits + i, normalizer, scale, 4))
      }
      const i = (<usize>f) << 2
      if (f < F) write(dLogits + i, probability(logits + i, normalizer, scale, F - f), F - f)
      const hit = dLogits + ((<usize>target) << 2)
      store<f32>(hit, load<f32>(hit) - w)
    }
  }
  return Status.ok
}

/** A loss that compares features; always a constant where a loop is inlined. */
const enum Loss {
  squared,
  absolute,
  huber,
  binary,
  categorical,
}

/** Σ max(x, 0) − x · target */
function linearTerms(logits: usize, targets: usize, F: i32): f64 {
  let sum: f64 = 0
  for (let i: usize = 0, end = (<usize>F) << 2; i < end; i += 4) {
    const x = <f64>load<f32>(logits + i)
    sum += (x < 0 ? 0 : x) - x * <f64>load<f32>(targets + i)
  }
  return sum
}

// @ts-ignore: decorator
@inline
function decayed(x: v128): v128 {
  return exp(f32x4.neg(f32x4.abs(x)))
}

/** Σ ln(1 + exp −|x|): one logarithm of up to 512 factors, each from 1 to 2, whose product float64 holds. */
function sumOfLogs(x: usize, F: i32): f64 {
  const one = f64x2.splat(1)
  let sum: f64 = 0
  for (let first = 0; first < F; first += 512) {
    const count = min(512, F - first)
    const vectors = x + ((<usize>(count & ~3)) << 2)
    let products = one
    for (; x < vectors; x += 16) {
      const e = decayed(v128.load(x))
      products = f64x2.mul(products, f64x2.add(one, widenLow(e)))
      products = f64x2.mul(products, f64x2.add(one, widenHigh(e)))
    }
    let product = f64x2.extract_lane(products, 0) * f64x2.extract_lane(products, 1)
    for (let rest = count & 3; rest > 0; rest--, x += 4)
      product *= 1 + <f64>f32x4.extract_lane(decayed(splat(load<f32>(x))), 0)
    sum += log(product)
  }
  return sum
}

/** Σ target · (normalizer − logit) over the classes that have a target. */
function weighted(logits: usize, targets: usize, F: i32, normalizer: f64): f64 {
  let sum: f64 = 0
  for (let i: usize = 0, end = (<usize>F) << 2; i < end; i += 4) {
    const target = <f64>load<f32>(targets + i)
    if (target != 0) sum += target * (normalizer - <f64>load<f32>(logits + i))
  }
  return sum
}

/** Σ over the features of one step. */
// @ts-ignore: decorator
@inline
function sumOfFeatures(loss: i32, x: usize, targets: usize, F: i32, delta: f64): f64 {
  if (loss == Loss.binary) return linearTerms(x, targets, F) + sumOfLogs(x, F)
  let sum: f64 = 0
  for (let i: usize = 0, end = (<usize>F) << 2; i < end; i += 4) {
    const d = <f64>load<f32>(x + i) - <f64>load<f32>(targets + i)
    if (loss == Loss.squared) sum += d * d
    else if (loss == Loss.absolute) sum += abs(d)
    else sum += abs(d) <= delta ? 0.5 * d * d : delta * (abs(d) - 0.5 * delta)
  }
  return sum
}

/** [Σ w · ℓ, Σ w], ℓ = the sum over the features ∕ count. */
// @ts-ignore: decorator
@inline
function compare(kind: i32, row: usize, delta: f64, count: i32, logNormalizer: usize, status: usize): i32 {
  const T = Common.T(row)
  const B = Common.B(row)
  const F = Common.F(row)
  const weights = Common.weights(row)
  const lengths = Common.lengths(row)
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal
  let x = Common.prediction(row)
  let targets = Common.targets(row)
  const bytes = (<usize>F) << 2
  let sum: f64 = 0
  let total: f64 = 0
  let position = 0
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++, position++, x += bytes, targets += bytes) {
      const w = <f64>weightOf(weights, lengths, t, b, position)
      let normalizer: f64 = 0
      if (w != 0) {
        if (kind == Loss.categorical) {
          const shift = maximum(x, F)
          normalizer = <f64>shift + log(sumOfExponentials(x, F, shift, 0))
          sum += w * weighted(x, targets, F, normalizer)
        } else {
          sum += w * (sumOfFeatures(kind, x, targets, F, delta) / <f64>count)
        }
        total += w
      }
      if (kind == Loss.categorical) store<f32>(logNormalizer + ((<usize>position) << 2), <f32>normalizer)
    }
  }
  return finish(Common.loss(row), Common.weight(row), sum, total)
}

/** Four elements of the gradient of one step; `total` is Σ targets. */
// @ts-ignore: decorator
@inline
function slope(loss: i32, x: v128, target: v128, delta: v128, normalizer: v128, total: v128): v128 {
  if (loss == Loss.binary) return f32x4.sub(sigmoid(x), target)
  if (loss == Loss.categorical) return f32x4.sub(f32x4.mul(exp(f32x4.sub(x, normalizer)), total), target)
  const d = f32x4.sub(x, target)
  if (loss == Loss.squared) return d
  if (loss == Loss.huber) return f32x4.max(f32x4.min(d, delta), f32x4.neg(delta))
  // The sign of d; 0 and NaN as they are.
  const one = v128.or(splat(1), v128.and(d, splat(-0.0)))
  return v128.bitselect(one, d, f32x4.gt(f32x4.abs(d), splat(0)))
}

/** dx = w · scale · slope at valid steps, 0 at others. */
// @ts-ignore: decorator
@inline
function differentiate(
  kind: i32,
  row: usize,
  delta: f32,
  scale: f64,
  logNormalizer: usize,
  dx: usize,
  status: usize,
): i32 {
  const T = Common.T(row)
  const B = Common.B(row)
  const F = Common.F(row)
  const weights = Common.weights(row)
  const lengths = Common.lengths(row)
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal
  let x = Common.prediction(row)
  let targets = Common.targets(row)
  const bytes = (<usize>F) << 2
  const limit = splat(delta)
  let position = 0
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++, position++, x += bytes, targets += bytes, dx += bytes) {
      const w = weightOf(weights, lengths, t, b, position)
      if (w == 0) {
        memory.fill(dx, 0, bytes)
        continue
      }
      const factor = splat(<f32>(<f64>w * scale))
      let normalizer = splat(0)
      let total = splat(0)
      if (kind == Loss.categorical) {
        normalizer = splat(load<f32>(logNormalizer + ((<usize>position) << 2)))
        let sum: f64 = 0
        for (let i: usize = 0; i < bytes; i += 4) sum += <f64>load<f32>(targets + i)
        total = splat(<f32>sum)
      }
      let f = 0
      for (; f + 4 <= F; f += 4) {
        const i = (<usize>f) << 2
        const d = slope(kind, v128.load(x + i), v128.load(targets + i), limit, normalizer, total)
        v128.store(dx + i, f32x4.mul(factor, d))
      }
      const i = (<usize>f) << 2
      if (f < F) {
        const d = slope(kind, read(x + i, F - f), read(targets + i, F - f), limit, normalizer, total)
        write(dx + i, f32x4.mul(factor, d), F - f)
      }
    }
  }
  return Status.ok
}

export function squaredError(row: usize, status: usize): i32 {
  return compare(Loss.squared, row, 0, SquaredError.F(row), 0, status)
}

export function squaredErrorBackward(row: usize, status: usize): i32 {
  return differentiate(
    Loss.squared,
    row,
    0,
    2 / <f64>SquaredErrorBackward.F(row),
    0,
    SquaredErrorBackward.dPrediction(row),
    status,
  )
}

function meanAbsolute(row: usize, status: usize): i32 {
  return compare(Loss.absolute, row, 0, AbsoluteError.F(row), 0, status)
}

function huber(row: usize, status: usize): i32 {
  return compare(Loss.huber, row, <f64>AbsoluteError.delta(row), AbsoluteError.F(row), 0, status)
}

export function absoluteError(row: usize, status: usize): i32 {
  return AbsoluteError.delta(row) == 0 ? meanAbsolute(row, status) : huber(row, status)
}

function meanAbsoluteBackward(row: usize, status: usize): i32 {
  return differentiate(
    Loss.absolute,
    row,
    0,
    1 / <f64>AbsoluteErrorBackward.F(row),
    0,
    AbsoluteErrorBackward.dPrediction(row),
    status,
  )
}

function huberBackward(row: usize, status: usize): i32 {
  return differentiate(
    Loss.huber,
    row,
    AbsoluteErrorBackward.delta(row),
    1 / <f64>AbsoluteErrorBackward.F(row),
    0,
    AbsoluteErrorBackward.dPrediction(row),
    status,
  )
}

export function absoluteErrorBackward(row: usize, status: usize): i32 {
  return AbsoluteErrorBackward.delta(row) == 0
    ? meanAbsoluteBackward(row, status)
    : huberBackward(row, status)
}

export function binaryCrossEntropy(row: usize, status: usize): i32 {
  return compare(Loss.binary, row, 0, BinaryCrossEntropy.sum(row) ? 1 : BinaryCrossEntropy.F(row), 0, status)
}

export function binaryCrossEntropyBackward(row: usize, status: usize): i32 {
  return differentiate(
    Loss.binary,
    row,
    0,
    BinaryCrossEntropyBackward.sum(row) ? 1 : 1 / <f64>BinaryCrossEntropyBackward.F(row),
    0,
    BinaryCrossEntropyBackward.dLogits(row),
    status,
  )
}

export function categoricalCrossEntropy(row: usize, status: usize): i32 {
  return compare(
    Loss.categorical,
    row,
    0,
    CategoricalCrossEntropy.F(row),
    CategoricalCrossEntropy.logNormalizer(row),
    status,
  )
}

export function categoricalCrossEntropyBackward(row: usize, status: usize): i32 {
  return differentiate(
    Loss.categorical,
    row,
    0,
    1,
    CategoricalCrossEntropyBackward.logNormalizer(row),
    CategoricalCrossEntropyBackward.dLogits(row),
    status,
  )
}
