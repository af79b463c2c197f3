/** Losses as operations: sums over valid steps, with their weight. */
import type { InstructionName } from '../contract/index.js'
import { type Dimension, sameShape, shapeName } from './dimension.js'
import type { Tensor } from './graph.js'
import { mismatch } from './operations.js'

/** Which steps count, and how much. */
export interface ValidSteps {
  /** [time, batch] or [batch]; absent: 1. */
  readonly weights?: Tensor | undefined
  /** [batch] */
  readonly lengths?: Tensor | undefined
}

export interface LossOperands extends ValidSteps {
  /** Where [Σ w·ℓ, Σ w] goes, in a statistics buffer. */
  readonly loss: Tensor
  /** Where Σ w goes, behind the gradients; absent: nowhere in particular. */
  readonly weight?: Tensor | undefined
}

/** [time, batch, …] as it is; [batch, …] as one step. */
function asSequence(x: Tensor, axes: number): Tensor {
  return x.shape.length === axes ? x : x.graph.reshape(x, [1, ...x.shape])
}

function lossOperands(prediction: Tensor, operands: ValidSteps): Record<string, Tensor | undefined> {
  const { weights, lengths } = operands
  return {
    weights: weights && asSequence(weights, 2),
    lengths: prediction.shape.length === 3 ? lengths : undefined,
  }
}

/** Integer targets are one a step. */
function checkClasses(prediction: Tensor, targets: Tensor): void {
  const steps: readonly Dimension[] = prediction.shape.slice(0, -1)
  if (!sameShape(targets.shape, steps)) {
    throw mismatch(prediction, 'targets', shapeName(steps), shapeName(targets.shape))
  }
}

/** Softmax cross-entropy of logits [time, batch, classes] or [batch, classes] with integer targets. */
export function softmaxCrossEntropy(logits: Tensor, targets: Tensor, operands: LossOperands): void {
  checkClasses(logits, targets)
  const x = asSequence(logits, 3)
  logits.graph.append(
    'softmax_cross_entropy',
    { logits: x, targets: asSequence(targets, 2), ...lossOperands(logits, operands) },
    { loss: operands.loss, weight: operands.weight ?? [1], logNormalizer: x.shape.slice(0, 2) },
  )
}

interface Comparison {
  readonly instruction: InstructionName
  readonly prediction: 'prediction' | 'logits'
  readonly attributes?: Readonly<Record<string, number>>
  /** The sums that come out, and what backward wants to know. */
  readonly outputs: Readonly<Record<string, Tensor | readonly (number | Dimension)[]>>
}

/** An instruction on a prediction and float targets of the same shape, [time, batch, features] or [batch, features]. */
function compare(prediction: Tensor, targets: Tensor, steps: ValidSteps, comparison: Comparison): void {
  if (!sameShape(targets.shape, prediction.shape)) {
    throw mismatch(prediction, 'targets', shapeName(prediction.shape), shapeName(targets.shape))
  }
  prediction.graph.append(
    comparison.instruction,
    {
      [comparison.prediction]: asSequence(prediction, 3),
      targets: asSequence(targets, 3),
      ...lossOperands(prediction, steps),
    },
    comparison.outputs,
    comparison.attributes,
  )
}

const sums = ({ loss, weight }: LossOperands) => ({ loss, weight: weight ?? [1] })

/** Mean over features of (prediction − target)². */
export function squaredError(prediction: Tensor, targets: Tensor, operands: LossOperands): void {
  compare(prediction, targets, operands, {
    instruction: 'squared_error',
    prediction: 'prediction',
    outputs: sums(operands),
  })
}

/** Mean over features of |prediction − target|, or with `delta` above 0 of Huber's function of the difference. */
export function absoluteError(prediction: Tensor, targets: Tensor, operands: LossOperands, delta = 0): void {
  compare(prediction, targets, operands, {
    instruction: 'absolute_error',
    prediction: 'prediction',
    attributes: { delta },
    outputs: sums(operands),
  })
}

/** Mean over features, or their sum, of −target · ln σ(logit) − (1 − target) · ln(1 − σ(logit)). */
export function binaryCrossEntropy(
  logits: Tensor,
  targets: Tensor,
  operands: LossOperands,
  over: 'mean' | 'sum' = 'mean',
): void {
  compare(logits, targets, operands, {
    instruction: 'binary_cross_entropy',
    prediction: 'logits',
    attributes: { sum: over === 'sum' ? 1 : 0 },
    outputs: sums(operands),
  })
}

/** Cross-entropy of softmax(logits) with targets that are a share for each class. */
export function categoricalCrossEntropy(logits: Tensor, targets: Tensor, operands: LossOperands): void {
  compare(logits, targets, operands, {
    instruction: 'categorical_cross_entropy',
    prediction: 'logits',
    outputs: { ...sums(operands), logNormalizer: asSequence(logits, 3).shape.slice(0, 2) },
  })
}

export interface AccuracyOperands extends ValidSteps {
  /** Where [Σ w·a, Σ w] goes, in a statistics buffer. */
  readonly hits: Tensor
}

/** Share of the steps whose target, an integer or the largest of a row, is among the k largest predictions. */
export function topKAccuracy(
  prediction: Tensor,
  targets: Tensor,
  operands: AccuracyOperands,
  k: number,
): void {
  const { hits } = operands
  if (targets.type === 'f32') {
    compare(prediction, targets, operands, {
      instruction: 'top_k_accuracy',
      prediction: 'prediction',
      attributes: { k },
      outputs: { hits },
    })
    return
  }
  checkClasses(prediction, targets)
  prediction.graph.append(
    'sparse_top_k_accuracy',
    {
      prediction: asSequence(prediction, 3),
      targets: asSequence(targets, 2),
      ...lossOperands(prediction, operands),
    },
    { hits },
    { k },
  )
}

/** Share of the features that lie on the side of the threshold that their target, 0 or 1, says. */
export function binaryAccuracy(
  prediction: Tensor,
  targets: Tensor,
  operands: AccuracyOperands,
  threshold: number,
): void {
  compare(prediction, targets, operands, {
    instruction: 'binary_accuracy',
    prediction: 'prediction',
    attributes: { threshold },
    outputs: { hits: operands.hits },
  })
}

const instructions: ReadonlySet<InstructionName> = new Set([
  'softmax_cross_entropy',
  'squared_error',
  'absolute_error',
  'binary_cross_entropy',
  'categorical_cross_entropy',
])

/** Nodes whose gradient starts at 1. */
export function isLoss(instruction: InstructionName): boolean {
  return instructions.has(instruction)
}
