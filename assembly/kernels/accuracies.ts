// Accuracies begin with the same operands: the accessors of one, Common, read the rows of all.
import {
  BinaryAccuracy,
  TopKAccuracy as Common,
  SparseTopKAccuracy,
  Status,
  TopKAccuracy,
} from '../generated/contract'
import { checkLengths, indexOutOfRange } from './checks'
import { weightOf } from './losses'

/** Fewer than k classes come before the target: they are greater, or equal and earlier, or NaN. */
function isHit(prediction: usize, target: i32, F: i32, k: i32): bool {
  const best = load<f32>(prediction + ((<usize>target) << 2))
  let before = 0
  for (let f = 0; f < F; f++) {
    const v = load<f32>(prediction + ((<usize>f) << 2))
    if (!(f < target ? v < best : v <= best)) before++
  }
  return before < k && best == best
}

function firstMaximum(x: usize, F: i32): i32 {
  let most = 0
  let largest = load<f32>(x)
  for (let f = 1; f < F; f++) {
    const v = load<f32>(x + ((<usize>f) << 2))
    if (v > largest) {
      most = f
      largest = v
    }
  }
  return most
}

/** The share of the features on the right side of the threshold. */
function rightShare(prediction: usize, targets: usize, F: i32, threshold: f32): f64 {
  let right = 0
  for (let i: usize = 0, end = (<usize>F) << 2; i < end; i += 4) {
    const p = load<f32>(prediction + i)
    const target = load<f32>(targets + i)
    if (p > threshold ? target == 1 : p <= threshold && target == 0) right++
  }
  return <f64>right / <f64>F
}

/** An accuracy; always a constant where a loop is inlined. */
const enum Accuracy {
  sparse,
  topK,
  binary,
}

/** hits = [Σ w · a, Σ w] */
// @ts-ignore: decorator
@inline
function count(kind: i32, row: usize, k: i32, threshold: f32, status: usize): i32 {
  const T = Common.T(row)
  const B = Common.B(row)
  const F = Common.F(row)
  const weights = Common.weights(row)
  const lengths = Common.lengths(row)
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal
  let prediction = Common.prediction(row)
  let targets = Common.targets(row)
  const bytes = (<usize>F) << 2
  const targetBytes: usize = kind == Accuracy.sparse ? 4 : bytes
  let sum: f64 = 0
  let total: f64 = 0
  let position = 0
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++, position++, prediction += bytes, targets += targetBytes) {
      const w = <f64>weightOf(weights, lengths, t, b, position)
      if (w == 0) continue
      if (kind == Accuracy.binary) {
        sum += w * rightShare(prediction, targets, F, threshold)
      } else {
        const target: i32 = kind == Accuracy.sparse ? load<i32>(targets) : firstMaximum(targets, F)
        if (<u32>target >= <u32>F) return indexOutOfRange(status, target, position)
        if (isHit(prediction, target, F, k)) sum += w
      }
      total += w
    }
  }
  const hits = Common.hits(row)
  store<f64>(hits, sum)
  store<f64>(hits, total, 8)
  return Status.ok
}

export function sparseTopKAccuracy(row: usize, status: usize): i32 {
  return count(Accuracy.sparse, row, SparseTopKAccuracy.k(row), 0, status)
}

export function topKAccuracy(row: usize, status: usize): i32 {
  return count(Accuracy.topK, row, TopKAccuracy.k(row), 0, status)
}

export function binaryAccuracy(row: usize, status: usize): i32 {
  return count(Accuracy.binary, row, 0, BinaryAccuracy.threshold(row), status)
}
