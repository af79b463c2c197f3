/** From sequences to vectors, over the valid steps: [batch, time, features] → [batch, features]; zeros where there is none. */
import {
  broadcast,
  divide,
  features,
  fill,
  gatherSteps,
  maskOrder,
  matmul,
  maximum,
  maxSteps,
  multiply,
  reduceSum,
  reverseTime,
  selectSteps,
  slice,
  softmax,
  type Tensor,
  tanh,
  transpose,
} from '../graph/index.js'
import { initializers } from '../initializers/index.js'
import { defineLayer, type Layer, type Scope } from './layer.js'
import { count, known, type LayerOptions } from './options.js'
import { checkSequence } from './recurrent.js'

function poolingLayer(kind: string, options: LayerOptions, pool: (x: Tensor, scope: Scope) => Tensor): Layer {
  known(kind, options, [])
  return defineLayer({
    kind,
    name: options.name,
    options: {},
    takesSequences: true,
    trace(x, scope) {
      checkSequence(x, scope)
      return pool(x, scope)
    },
  })
}

/** A number [batch] beside every feature of the row. */
function besideFeatures(perRow: Tensor, x: Tensor): Tensor {
  const { graph } = x
  const rest = x.shape.slice(2)
  return graph.reshape(broadcast(perRow, 1, graph.elements(rest)), [...perRow.shape, ...rest])
}

/** The mean of the valid steps. */
export function globalAveragePooling1d(options: LayerOptions = {}): Layer {
  return poolingLayer('globalAveragePooling1d', options, (x, scope) => {
    const { graph } = scope
    const mask = scope.maskOf(x)
    const ones = fill(graph, x.shape.slice(0, 2), 1)
    const counts = reduceSum(mask ? selectSteps(mask, ones) : ones, 0)
    // A row without valid steps: 0 ∕ 1.
    const atLeastOne = maximum(counts, fill(graph, counts.shape, 1))
    return divide(reduceSum(mask ? selectSteps(mask, x) : x, 0), besideFeatures(atLeastOne, x))
  })
}

/** The largest of each feature among the valid steps; of equals, the first has the gradient. */
export function globalMaxPooling1d(options: LayerOptions = {}): Layer {
  return poolingLayer('globalMaxPooling1d', options, (x, scope) => maxSteps(x, scope.maskOf(x)))
}

/** The last valid step of each row. */
export function lastStep(options: LayerOptions = {}): Layer {
  return poolingLayer('lastStep', options, (x, scope) => {
    const { graph, batch } = scope
    const first = (steps: Tensor): Tensor => graph.reshape(slice(steps, 0, 0, 1), steps.shape.slice(1))
    const { lengths, mask } = scope.validOf(x)
    if (!lengths && !mask) return first(reverseTime(x))
    const order = mask && maskOrder(mask)
    const end = graph.reshape((order?.lengths ?? lengths) as Tensor, [1, batch])
    const compact = order ? gatherSteps(x, order.order) : x
    return graph.reshape(gatherSteps(compact, end, { shift: -1 }), x.shape.slice(1))
  })
}

export interface AttentionPoolingOptions extends LayerOptions {
  /** Size of the hidden layer that scores the steps. */
  readonly units: number
}

/**
 * The mean of the valid steps, weighted by what they contain (Yang et al. 2016):
 *
 *     aₜ = softmaxₜ(tanh(xₜ · kernel + bias) · context)
 *     y = Σₜ aₜ · xₜ
 */
export function attentionPooling(options: AttentionPoolingOptions): Layer {
  known('attentionPooling', options, ['units'])
  const units = count('attentionPooling', 'units', options.units)
  const glorot = initializers.glorotUniform()
  return defineLayer({
    kind: 'attentionPooling',
    name: options.name,
    options: { units },
    takesSequences: true,
    trace(x, scope) {
      checkSequence(x, scope)
      const weight = (name: string, shape: number[]) =>
        scope.parameter({ name, shape, initialize: (s, r) => glorot.fill(s, r) })
      const kernel = weight('kernel', [features(x, 'input'), units])
      const bias = scope.parameter({
        name: 'bias',
        shape: [units],
        initialize: () => new Float32Array(units),
      })
      const context = weight('context', [units, 1])
      const { graph } = scope
      const mask = scope.maskOf(x)
      // Padding may hold anything: it is replaced before it is read.
      const steps = mask ? selectSteps(mask, x) : x
      const scores = graph.reshape(matmul(tanh(matmul(steps, kernel, bias)), context), x.shape.slice(0, 2))
      const attention = softmaxSteps(scores, mask)
      const size = graph.elements(x.shape.slice(2))
      return reduceSum(multiply(steps, graph.reshape(broadcast(attention, 2, size), x.shape)), 0)
    },
  })
}

/** Softmax over the valid steps of scores [time, batch]; zeros elsewhere. */
function softmaxSteps(scores: Tensor, mask: Tensor | undefined): Tensor {
  const masked = mask
    ? selectSteps(mask, scores, { otherwise: fill(mask.graph, mask.shape, Number.NEGATIVE_INFINITY) })
    : scores
  const attention = transpose(softmax(transpose(masked)))
  // A row without valid steps has no softmax: what stands there is not a number, and is replaced.
  return mask ? selectSteps(mask, attention) : attention
}
