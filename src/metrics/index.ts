/** Metrics by their Keras names: what is counted beside the loss, over the same steps with the same weights. */
import { OstinatoError } from '../errors.js'
import { type AccuracyOperands, binaryAccuracy, type Tensor, topKAccuracy } from '../graph/index.js'
import { type Loss, type LossName, logitsOf } from '../losses/index.js'
import { checkInteger, checkName, checkOptions } from '../suggest.js'

/** What a model needs to know of a metric. Made by `metrics`. */
export interface Metric {
  readonly name: MetricName
  /** Whose prediction and targets it understands. */
  readonly losses: readonly LossName[]
  /** Appends what fills `hits`; the loss says what its prediction and targets mean. */
  trace(loss: Loss, prediction: Tensor, targets: Tensor, operands: AccuracyOperands): void
}

export interface TopKAccuracyOptions {
  /** Default 5. */
  readonly k?: number
}

const classLosses = ['sparseCategoricalCrossentropy', 'categoricalCrossentropy'] as const

/**
 * Share of the steps whose likeliest class (the first among equals) is the target; with `binaryCrossentropy`, of the
 * features that lie on the right side of a probability of ½.
 */
function accuracy(): Metric {
  return {
    name: 'accuracy',
    losses: [...classLosses, 'binaryCrossentropy'],
    trace(loss, prediction, targets, operands) {
      // Where probabilities are greater, so are logits, and these are not rounded.
      if (loss.name === 'binaryCrossentropy')
        binaryAccuracy(logitsOf(prediction, 'sigmoid'), targets, operands, 0)
      else topKAccuracy(logitsOf(prediction, 'softmax'), targets, operands, 1)
    },
  }
}

/** Share of the steps whose target is among the k likeliest classes. */
function topK(options: TopKAccuracyOptions = {}): Metric {
  checkOptions('topKAccuracy', options, ['k'])
  const { k = 5 } = options
  checkInteger('topKAccuracy, k', k, 1)
  return {
    name: 'topKAccuracy',
    losses: classLosses,
    trace(_, prediction, targets, operands) {
      topKAccuracy(logitsOf(prediction, 'softmax'), targets, operands, k)
    },
  }
}

/** Makers of metrics; `compile` takes their names too, for the defaults. */
export const metrics = { accuracy, topKAccuracy: topK } as const

export type MetricName = 'accuracy' | 'topKAccuracy'

/** What `compile` takes for a metric. */
export type MetricLike = MetricName | Metric

/** The metrics that a user means: each name once, and each at home with the loss. */
export function toMetrics(where: string, given: readonly MetricLike[], loss: Loss): Metric[] {
  if (!Array.isArray(given)) {
    throw new OstinatoError('INVALID_OPTION', where, {
      expected: 'a list of metrics',
      received: typeof given,
    })
  }
  const all = given.map((metric: MetricLike): Metric => {
    if (typeof metric === 'object' && metric !== null && 'trace' in metric) return metric
    checkName(where, metric, Object.keys(metrics) as MetricName[])
    return metrics[metric]()
  })
  const stranger = all.find(({ losses }) => !losses.includes(loss.name))
  if (stranger) {
    throw new OstinatoError('INVALID_OPTION', `${where}, ${stranger.name}`, {
      expected: `the loss ${stranger.losses.join(' or ')}`,
      received: loss.name,
    })
  }
  const twice = all.find(({ name }, i) => all.findIndex((m) => m.name === name) < i)
  if (twice) {
    throw new OstinatoError('INVALID_OPTION', where, {
      expected: 'every metric once',
      received: `${twice.name} again`,
    })
  }
  return all
}
