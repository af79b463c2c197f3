import type { Kernels } from '../arguments.js'
import { row } from './shared.js'
import { checkTarget, sumOver, sumSteps, weightsOf } from './steps.js'

/** 1 where fewer than k classes come before the target. */
function isHit(prediction: Float64Array, target: number, k: number): number {
  const best = prediction[target]!
  const isBehind = (v: number, f: number) => v < best || (v === best && f >= target)
  const before = prediction.reduce((count, v, f) => count + (isBehind(v, f) ? 0 : 1), 0)
  return before < k && !Number.isNaN(best) ? 1 : 0
}

function firstMaximum(x: Float64Array): number {
  return x.reduce((most, v, f) => (v > x[most]! ? f : most), 0)
}

export const accuracies = {
  sparse_top_k_accuracy(a) {
    const { F, prediction, targets, hits, k } = a
    hits.fill(0)
    for (const [n, w] of weightsOf(a).entries()) {
      if (w === 0) continue
      hits[0]! += w * isHit(row(prediction, n, F), checkTarget(targets, n, F), k)
      hits[1]! += w
    }
  },

  top_k_accuracy(a) {
    sumSteps(a, a.prediction, a.hits, (p, t) => isHit(p, firstMaximum(t), a.k))
  },

  binary_accuracy(a) {
    const isRight = (p: number, t: number) => (p > a.threshold ? t === 1 : p <= a.threshold && t === 0)
    sumSteps(a, a.prediction, a.hits, (p, t) => sumOver(p, (v, f) => (isRight(v, t[f]!) ? 1 : 0)) / a.F)
  },
} satisfies Partial<Kernels>
