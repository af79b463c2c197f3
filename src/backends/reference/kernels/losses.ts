import type { Kernels } from '../arguments.js'
import { each, logSumExp, row, sigmoid, softplus } from './shared.js'
import { type Compared, checkTarget, sumOver, sumSteps, weightsOf } from './steps.js'

/** dx = w · derivative(x, target) at valid steps, 0 at others. */
function eachGradient(
  a: Compared,
  x: Float64Array,
  dx: Float64Array,
  derivative: (x: number, target: number, n: number) => number,
): void {
  for (const [n, w] of weightsOf(a).entries()) {
    const [p, target] = [row(x, n, a.F), row(a.targets, n, a.F)]
    each(row(dx, n, a.F), (f) => (w === 0 ? 0 : w * derivative(p[f]!, target[f]!, n)))
  }
}

function huber(d: number, delta: number): number {
  const size = Math.abs(d)
  if (delta === 0) return size
  return size <= delta ? (d * d) / 2 : delta * (size - delta / 2)
}

function huberSlope(d: number, delta: number): number {
  if (delta === 0) return Math.sign(d)
  return Math.abs(d) <= delta ? d : delta * Math.sign(d)
}

export const losses = {
  softmax_cross_entropy(a) {
    const { F, logits, targets, loss, weight, logNormalizer } = a
    loss.fill(0)
    logNormalizer.fill(0)
    for (const [n, w] of weightsOf(a).entries()) {
      if (w === 0) continue
      const step = row(logits, n, F)
      logNormalizer[n] = logSumExp(step)
      loss[0]! += w * (logNormalizer[n]! - step[checkTarget(targets, n, F)]!)
      loss[1]! += w
    }
    weight[0] = loss[1]!
  },

  softmax_cross_entropy_backward(a) {
    const { F, logits, targets, logNormalizer, dLogits } = a
    for (const [n, w] of weightsOf(a).entries()) {
      const [step, dStep] = [row(logits, n, F), row(dLogits, n, F)]
      if (w === 0) {
        dStep.fill(0)
        continue
      }
      const target = checkTarget(targets, n, F)
      each(dStep, (f) => w * (Math.exp(step[f]! - logNormalizer[n]!) - (f === target ? 1 : 0)))
    }
  },

  squared_error(a) {
    sumSteps(a, a.prediction, a.loss, (p, t) => sumOver(p, (v, f) => (v - t[f]!) ** 2) / a.F)
    a.weight[0] = a.loss[1]!
  },

  squared_error_backward(a) {
    eachGradient(a, a.prediction, a.dPrediction, (p, t) => (2 / a.F) * (p - t))
  },

  absolute_error(a) {
    sumSteps(a, a.prediction, a.loss, (p, t) => sumOver(p, (v, f) => huber(v - t[f]!, a.delta)) / a.F)
    a.weight[0] = a.loss[1]!
  },

  absolute_error_backward(a) {
    eachGradient(a, a.prediction, a.dPrediction, (p, t) => huberSlope(p - t, a.delta) / a.F)
  },

  binary_cross_entropy(a) {
    const count = a.sum ? 1 : a.F
    sumSteps(a, a.logits, a.loss, (x, t) => sumOver(x, (v, f) => softplus(v) - v * t[f]!) / count)
    a.weight[0] = a.loss[1]!
  },

  binary_cross_entropy_backward(a) {
    const count = a.sum ? 1 : a.F
    eachGradient(a, a.logits, a.dLogits, (x, t) => (sigmoid(x) - t) / count)
  },

  categorical_cross_entropy(a) {
    a.logNormalizer.fill(0)
    sumSteps(a, a.logits, a.loss, (x, t, n) => {
      const normalizer = logSumExp(x)
      a.logNormalizer[n] = normalizer
      return sumOver(t, (v, f) => (v === 0 ? 0 : v * (normalizer - x[f]!)))
    })
    a.weight[0] = a.loss[1]!
  },

  categorical_cross_entropy_backward(a) {
    const { F, targets, logNormalizer } = a
    const totals = Array.from({ length: a.T * a.B }, (_, n) => sumOver(row(targets, n, F), (v) => v))
    eachGradient(a, a.logits, a.dLogits, (x, t, n) => Math.exp(x - logNormalizer[n]!) * totals[n]! - t)
  },
} satisfies Partial<Kernels>
