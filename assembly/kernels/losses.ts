import {
  SoftmaxCrossEntropy,
  SoftmaxCrossEntropyBackward,
  SquaredError,
  SquaredErrorBackward,
  Status,
} from '../generated/contract'
import { exp } from '../simd/activations'
import { log } from '../simd/logarithm'
import { read, splat, write } from '../simd/vector'
import { checkLengths, indexOutOfRange, isMasked } from './checks'
import { maximum, sumOfExponentials } from './softmax'

/** The weight of step (t, b) at position t · B + b; 0 where the step is not valid. */
// @ts-ignore: decorator
@inline
function weightOf(weights: usize, lengths: usize, t: i32, b: i32, position: i32): f32 {
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

export function squaredError(row: usize, status: usize): i32 {
  const T = SquaredError.T(row)
  const B = SquaredError.B(row)
  const weights = SquaredError.weights(row)
  const lengths = SquaredError.lengths(row)
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal
  let prediction = SquaredError.prediction(row)
  let targets = SquaredError.targets(row)
  const bytes = (<usize>SquaredError.F(row)) << 2
  const features = <f64>SquaredError.F(row)
  let sum: f64 = 0
  let total: f64 = 0
  let position = 0
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++, position++, prediction += bytes, targets += bytes) {
      const w = <f64>weightOf(weights, lengths, t, b, position)
      if (w == 0) continue
      let squares: f64 = 0
      for (let i: usize = 0; i < bytes; i += 4) {
        const difference = <f64>load<f32>(prediction + i) - <f64>load<f32>(targets + i)
        squares += difference * difference
      }
      sum += w * (squares / features)
      total += w
    }
  }
  return finish(SquaredError.loss(row), SquaredError.weight(row), sum, total)
}

export function squaredErrorBackward(row: usize, status: usize): i32 {
  const T = SquaredErrorBackward.T(row)
  const B = SquaredErrorBackward.B(row)
  const F = SquaredErrorBackward.F(row)
  const weights = SquaredErrorBackward.weights(row)
  const lengths = SquaredErrorBackward.lengths(row)
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal
  let prediction = SquaredErrorBackward.prediction(row)
  let targets = SquaredErrorBackward.targets(row)
  let dPrediction = SquaredErrorBackward.dPrediction(row)
  const bytes = (<usize>F) << 2
  let position = 0
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++, position++, prediction += bytes, targets += bytes, dPrediction += bytes) {
      const w = weightOf(weights, lengths, t, b, position)
      if (w == 0) {
        memory.fill(dPrediction, 0, bytes)
        continue
      }
      const scale = <f32>((<f64>w * 2) / <f64>F)
      for (let i: usize = 0; i < bytes; i += 4) {
        store<f32>(dPrediction + i, scale * (load<f32>(prediction + i) - load<f32>(targets + i)))
      }
    }
  }
  return Status.ok
}
