/** Losses as operations: sums over valid steps, with their weight. */
import { type Dimension, sameShape, shapeName } from './dimension.js'
import type { Tensor } from './graph.js'
import { mismatch } from './operations.js'

export interface LossOperands {
  /** [time, batch] or [batch]; absent: 1. */
  readonly weights?: Tensor | undefined
  /** [batch] */
  readonly lengths?: Tensor | undefined
  /** Where [Σ w·ℓ, Σ w] goes, in a statistics buffer. */
  readonly loss: Tensor
  /** Where Σ w goes, behind the gradients; absent: nowhere in particular. */
  readonly weight?: Tensor | undefined
}

/** [time, batch, …] as it is; [batch, …] as one step. */
function asSequence(x: Tensor, axes: number): Tensor {
  return x.shape.length === axes ? x : x.graph.reshape(x, [1, ...x.shape])
}

function lossOperands(prediction: Tensor, operands: LossOperands): Record<string, Tensor | undefined> {
  const { weights, lengths } = operands
  return {
    weights: weights && asSequence(weights, 2),
    lengths: prediction.shape.length === 3 ? lengths : undefined,
  }
}

/** Softmax cross-entropy of logits [time, batch, classes] or [batch, classes] with integer targets. */
export function softmaxCrossEntropy(logits: Tensor, targets: Tensor, operands: LossOperands): void {
  const steps: readonly Dimension[] = logits.shape.slice(0, -1)
  if (!sameShape(targets.shape, steps)) {
    throw mismatch(logits, 'targets', shapeName(steps), shapeName(targets.shape))
  }
  const x = asSequence(logits, 3)
  logits.graph.append(
    'softmax_cross_entropy',
    { logits: x, targets: asSequence(targets, 2), ...lossOperands(logits, operands) },
    { loss: operands.loss, weight: operands.weight ?? [1], logNormalizer: x.shape.slice(0, 2) },
  )
}

/** Mean over features of (prediction − target)²; shapes [time, batch, features] or [batch, features]. */
export function squaredError(prediction: Tensor, targets: Tensor, operands: LossOperands): void {
  if (!sameShape(targets.shape, prediction.shape)) {
    throw mismatch(prediction, 'targets', shapeName(prediction.shape), shapeName(targets.shape))
  }
  prediction.graph.append(
    'squared_error',
    {
      prediction: asSequence(prediction, 3),
      targets: asSequence(targets, 3),
      ...lossOperands(prediction, operands),
    },
    { loss: operands.loss, weight: operands.weight ?? [1] },
  )
}

/** Nodes whose gradient starts at 1. */
export function isLoss(instruction: string): boolean {
  return instruction === 'softmax_cross_entropy' || instruction === 'squared_error'
}
