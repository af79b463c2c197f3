/** Losses by their Keras names: sums over valid steps, divided by their weight in the update. */

import type { ValueType } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import {
  type LossOperands,
  operandOf,
  rootOf,
  softmaxCrossEntropy,
  squaredError,
  type Tensor,
} from '../graph/index.js'

interface Loss {
  /** Element type of the targets. */
  readonly targets: ValueType
  /** True where targets have the features of the prediction, false where they are one number a step. */
  readonly wide: boolean
  trace(prediction: Tensor, targets: Tensor, operands: LossOperands): void
}

/** The tensor under a softmax: a loss on logits is exact where the one on probabilities would round. */
function logitsOf(prediction: Tensor): Tensor {
  const { node } = rootOf(prediction)
  if (node?.instruction === 'dropout' && rootOf(operandOf(node, 'x')).node?.instruction === 'softmax') {
    throw new OstinatoError('INVALID_OPTION', 'loss', 'dropout behind a softmax leaves no probabilities', {
      remedy: 'Put the dropout before the last layer',
    })
  }
  return node?.instruction === 'softmax' ? operandOf(node, 'x') : prediction
}

export const losses = {
  /** −ln p(target), targets int32. The prediction holds logits, or is the output of a softmax. */
  sparseCategoricalCrossentropy: {
    targets: 'i32',
    wide: false,
    trace: (prediction, targets, operands) => softmaxCrossEntropy(logitsOf(prediction), targets, operands),
  },
  /** Mean over the features of (prediction − target)². */
  meanSquaredError: { targets: 'f32', wide: true, trace: squaredError },
} as const satisfies Record<string, Loss>

export type LossName = keyof typeof losses
