import { type Kernels, RunEnded } from '../arguments.js'
import { checkLengths, isMasked } from './sequence.js'
import { each, logSumExp, row } from './shared.js'

interface Steps {
  readonly T: number
  readonly B: number
  readonly weights: Float64Array | undefined
  readonly lengths: Int32Array | undefined
}

/** The weights of all steps n = t · B + b; 0 where a step is not valid. */
function weightsOf({ T, B, weights, lengths }: Steps): number[] {
  checkLengths(lengths, T)
  return Array.from({ length: T * B }, (_, n) => {
    if (isMasked(lengths, Math.floor(n / B), n % B)) return 0
    return weights ? weights[n]! : 1
  })
}

function checkTarget(targets: Int32Array, n: number, F: number): number {
  const target = targets[n]!
  if (target < 0 || target >= F) throw new RunEnded('indexOutOfRange', [target, n])
  return target
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
    const { F, prediction, targets, loss, weight } = a
    loss.fill(0)
    for (const [n, w] of weightsOf(a).entries()) {
      if (w === 0) continue
      const [p, target] = [row(prediction, n, F), row(targets, n, F)]
      loss[0]! += (w / F) * p.reduce((sum, v, f) => sum + (v - target[f]!) ** 2, 0)
      loss[1]! += w
    }
    weight[0] = loss[1]!
  },

  squared_error_backward(a) {
    const { F, prediction, targets, dPrediction } = a
    for (const [n, w] of weightsOf(a).entries()) {
      const [p, target] = [row(prediction, n, F), row(targets, n, F)]
      each(row(dPrediction, n, F), (f) => (w === 0 ? 0 : ((w * 2) / F) * (p[f]! - target[f]!)))
    }
  },
} satisfies Partial<Kernels>
