/** Losses by their Keras names: sums over valid steps, divided by their weight in the update. */

import { OstinatoError } from '../errors.js'
import {
  absoluteError,
  affine,
  binaryCrossEntropy,
  categoricalCrossEntropy,
  type LossOperands,
  oneHot,
  operandOf,
  rootOf,
  softmaxCrossEntropy,
  squaredError,
  type Tensor,
} from '../graph/index.js'
import { checkName, checkOptions } from '../suggest.js'

/** What a model needs to know of its loss. Made by `losses`. */
export interface Loss {
  readonly name: LossName
  /** Element type of the targets. */
  readonly targets: 'f32' | 'i32'
  /** True where targets have the features of the prediction, false where they are one number a step. */
  readonly wide: boolean
  /** True where every feature is compared by itself, so that features may have any number of axes. */
  readonly elementwise: boolean
  trace(prediction: Tensor, targets: Tensor, operands: LossOperands): void
}

export interface HuberOptions {
  /** Where squares turn into lines. Default 1. */
  readonly delta?: number
}

export interface SmoothingOptions {
  /**
   * Moves this share of every target to an even distribution over the classes (Szegedy et al. 2016): in [0, 1). Default 0.
   */
  readonly labelSmoothing?: number
}

export interface BinaryCrossentropyOptions extends SmoothingOptions {
  /**
   * What the loss of a step is made of its features: their `mean` (Keras), or their `sum`, the negative log-likelihood of
   * the whole step, as of a chord of 88 keys. Default `mean`.
   */
  readonly features?: 'mean' | 'sum'
}

/** The tensor under a softmax or sigmoid: a loss on logits is exact where the one on probabilities would round. */
export function logitsOf(prediction: Tensor, activation: 'softmax' | 'sigmoid'): Tensor {
  const { node } = rootOf(prediction)
  if (node?.instruction === 'dropout' && rootOf(operandOf(node, 'x')).node?.instruction === activation) {
    throw new OstinatoError(
      'INVALID_OPTION',
      'loss',
      `dropout behind a ${activation} leaves no probabilities`,
      {
        remedy: 'Put the dropout before the last layer',
      },
    )
  }
  if (node?.instruction !== activation) return prediction
  return prediction.graph.reshape(operandOf(node, 'x'), prediction.shape)
}

function smoothing(where: string, options: SmoothingOptions): number {
  const { labelSmoothing = 0 } = options
  if (labelSmoothing >= 0 && labelSmoothing < 1) return labelSmoothing
  throw new OstinatoError('INVALID_OPTION', `${where}, labelSmoothing`, {
    expected: 'a number in [0, 1)',
    received: String(labelSmoothing),
  })
}

/** (1 − smoothing) · targets + smoothing ∕ classes */
function smoothed(targets: Tensor, smoothing: number, classes: number): Tensor {
  return smoothing === 0 ? targets : affine(targets, 1 - smoothing, smoothing / classes)
}

/**
 * −ln p(target), targets int32 [batch, time] or [batch]. The prediction holds logits, or is the output of a softmax. Smoothed, it
 * is `categoricalCrossentropy` with the targets one-hot.
 */
function sparseCategoricalCrossentropy(options: SmoothingOptions = {}): Loss {
  checkOptions('sparseCategoricalCrossentropy', options, ['labelSmoothing'])
  const share = smoothing('sparseCategoricalCrossentropy', options)
  return {
    name: 'sparseCategoricalCrossentropy',
    targets: 'i32',
    wide: false,
    elementwise: false,
    trace: (prediction, targets, operands) => {
      const logits = logitsOf(prediction, 'softmax')
      if (share === 0) return softmaxCrossEntropy(logits, targets, operands)
      const classes = prediction.shape.at(-1)?.capacity ?? 1
      categoricalCrossEntropy(logits, smoothed(oneHot(targets, classes), share, classes), operands)
    },
  }
}

/**
 * −Σ over classes of target · ln p, targets float32 shaped as the prediction: one-hot, or a share for each class. The
 * prediction holds logits, or is the output of a softmax.
 */
function categoricalCrossentropy(options: SmoothingOptions = {}): Loss {
  checkOptions('categoricalCrossentropy', options, ['labelSmoothing'])
  const share = smoothing('categoricalCrossentropy', options)
  return {
    name: 'categoricalCrossentropy',
    targets: 'f32',
    wide: true,
    elementwise: false,
    trace: (prediction, targets, operands) => {
      const soft = smoothed(targets, share, prediction.shape.at(-1)?.capacity ?? 1)
      categoricalCrossEntropy(logitsOf(prediction, 'softmax'), soft, operands)
    },
  }
}

/**
 * −target · ln p − (1 − target) · ln(1 − p) of every feature by itself, targets float32 in 0 … 1 shaped as the prediction. The
 * prediction holds logits, or is the output of a sigmoid.
 */
function binaryCrossentropy(options: BinaryCrossentropyOptions = {}): Loss {
  checkOptions('binaryCrossentropy', options, ['labelSmoothing', 'features'])
  const share = smoothing('binaryCrossentropy', options)
  const { features = 'mean' } = options
  checkName('binaryCrossentropy, features', features, ['mean', 'sum'])
  return {
    name: 'binaryCrossentropy',
    targets: 'f32',
    wide: true,
    elementwise: true,
    trace: (prediction, targets, operands) =>
      binaryCrossEntropy(logitsOf(prediction, 'sigmoid'), smoothed(targets, share, 2), operands, features),
  }
}

/** Mean over the features of (prediction − target)². */
function meanSquaredError(): Loss {
  return { name: 'meanSquaredError', targets: 'f32', wide: true, elementwise: true, trace: squaredError }
}

/** Mean over the features of |prediction − target|. */
function meanAbsoluteError(): Loss {
  return { name: 'meanAbsoluteError', targets: 'f32', wide: true, elementwise: true, trace: absoluteError }
}

/**
 * Mean over the features of ½ d² where |d| ≤ delta and delta · (|d| − ½ delta) beyond, d = prediction − target (Huber 1964).
 */
function huber(options: HuberOptions = {}): Loss {
  checkOptions('huber', options, ['delta'])
  const { delta = 1 } = options
  if (!(delta > 0 && delta < Number.POSITIVE_INFINITY)) {
    throw new OstinatoError('INVALID_OPTION', 'huber, delta', {
      expected: 'a finite number above 0',
      received: String(delta),
    })
  }
  return {
    name: 'huber',
    targets: 'f32',
    wide: true,
    elementwise: true,
    trace: (prediction, targets, operands) => absoluteError(prediction, targets, operands, delta),
  }
}

/** Makers of losses; `compile` takes their names too, for the defaults. */
export const losses = {
  sparseCategoricalCrossentropy,
  categoricalCrossentropy,
  binaryCrossentropy,
  meanSquaredError,
  meanAbsoluteError,
  huber,
} as const

export type LossName =
  | 'sparseCategoricalCrossentropy'
  | 'categoricalCrossentropy'
  | 'binaryCrossentropy'
  | 'meanSquaredError'
  | 'meanAbsoluteError'
  | 'huber'

/** What `compile` takes for a loss. */
export type LossLike = LossName | Loss

export function isLoss(value: unknown): value is Loss {
  return typeof value === 'object' && value !== null && 'trace' in value
}

/** The loss that a user means. */
export function toLoss(where: string, loss: unknown): Loss {
  if (isLoss(loss)) return loss
  checkName(where, loss as LossName, Object.keys(losses) as LossName[])
  return losses[loss as LossName]()
}
