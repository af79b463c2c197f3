/** What a model is judged by: losses, metrics and penalties on weights, and where each stands among the statistics. */
import { OstinatoError } from '../errors.js'
import {
  add,
  affine,
  broadcast,
  divide,
  fill,
  isLoss,
  multiply,
  type Node,
  operandOf,
  selectSteps,
  shapeName,
  type Tensor,
} from '../graph/index.js'
import { borderName } from './topology.js'
import type { TraceRequest } from './trace.js'
import { notCompiled, type Tracing } from './tracing.js'

/** What a loss leaves behind: Σ w·ℓ and Σ w as statistics, and Σ w as a tensor. */
export interface TracedLoss {
  readonly node: Node
  readonly sums: Tensor
  readonly weight: Tensor
}

/** Slots of the statistics: sums of the first loss, the norm, one nobody reads, sums of the others, of the metrics. */
export const normSlot = 2
export const sumsSlot = (output: number): number => (output === 0 ? 0 : 2 + 2 * output)

export function metricSlot({ topology, metrics }: TraceRequest, output: number, metric: number): number {
  const before = metrics.slice(0, output).flat().length
  return 2 + 2 * (topology.outputs.length + before + metric)
}

/** The penalties stand behind the metrics, one slot each. */
export function penaltySlot(request: TraceRequest): number {
  return metricSlot(request, request.topology.outputs.length, 0)
}

/** Features of several axes, such as pixels, in a row: a loss that compares each by itself sees no difference. */
function inRows(x: Tensor, lead: number): Tensor {
  return x.graph.reshape(x, [...x.shape.slice(0, lead), x.graph.elements(x.shape.slice(lead))])
}

export function traceLoss(tracing: Tracing, output: number, predicted: Tensor, weight?: Tensor): TracedLoss {
  const { request, graph } = tracing
  const loss = request.losses?.[output]
  if (!loss) throw notCompiled('no loss')
  const border = (kind: string): string => borderName(kind, request.topology.outputs, output)
  const time = tracing.isSequence(predicted) ? predicted.shape[0] : undefined
  const lead = time ? 2 : 1
  const features = predicted.shape.slice(lead)
  graph.path = border('loss')
  const wanted = loss.wide ? features : features.slice(0, -1)
  if (!loss.elementwise && features.length > 1) {
    throw new OstinatoError('SHAPE_MISMATCH', border('loss'), {
      expected: `one axis of classes for ${loss.name}`,
      received: shapeName(features),
    })
  }
  const compared = tracing.targets(border('targets'), loss.targets, time, wanted)
  const [prediction, targets] =
    features.length > 1 ? [inRows(predicted, lead), inRows(compared, lead)] : [predicted, compared]
  const given = request.weights ? tracing.input(border('weights'), 'f32', time, []) : undefined
  const { lengths, mask } = tracing.validOf(predicted)
  const weights = mask ? selectSteps(mask, given ?? fill(graph, mask.shape, 1)) : given
  const pair = (name: string, offset: number): Tensor => {
    tracing.placeNames.set(`${tracing.statistics}:${offset}`, name)
    return graph.tensor([2], 'f64', { buffer: tracing.statistics, offset })
  }
  const sums = pair(border('loss'), sumsSlot(output))
  const total = weight ?? graph.tensor([1])
  const before = graph.nodes.length
  const valid = { weights, lengths }
  loss.trace(prediction, targets, { ...valid, loss: sums, weight: total })
  const node = graph.nodes.slice(before).find(({ instruction }) => isLoss(instruction)) as Node
  for (const [i, metric] of (request.metrics[output] ?? []).entries()) {
    graph.path = border(metric.name)
    const hits = pair(border(metric.name), metricSlot(request, output, i))
    metric.trace(loss, prediction, targets, { ...valid, hits })
  }
  graph.path = ''
  return { node, sums, weight: total }
}

/**
 * Several losses: L = Σ λₖ · Sₖ ∕ Wₖ, each the mean over its own valid steps (Keras). The gradient buffer holds a sum beside
 * its weight, W · ∂L beside W = Σ Wₖ: there, every step of loss k counts λₖ · W ∕ Wₖ times.
 */
export function traceLosses(tracing: Tracing, predictions: readonly Tensor[], weight: Tensor): TracedLoss[] {
  const { graph, request } = tracing
  if (predictions.length === 1) return [traceLoss(tracing, 0, predictions[0] as Tensor, weight)]
  const traced = predictions.map((prediction, k) => traceLoss(tracing, k, prediction))
  graph.path = 'loss'
  const total = traced.map((loss) => loss.weight).reduce((sum, w) => add(sum, w))
  graph.append('copy', { x: total }, { y: weight })
  for (const [k, { node, weight: own }] of traced.entries()) {
    // Where no step is valid, the small number keeps 0 ∕ 0 away.
    const share = divide(affine(total, request.lossWeights[k] ?? 1), affine(own, 1, 1e-20))
    const steps = operandOf(node, 'targets').shape.slice(0, 2)
    const count = graph.elements(steps)
    const given = node.operands.get('weights')
    const weights = given ? multiply(graph.reshape(given, [count, 1]), share) : broadcast(share, 0, count)
    node.gradientOperands.set('weights', graph.reshape(weights, steps))
  }
  graph.path = ''
  return traced
}

/** The penalties on the weights, and what they add to the gradients where these are made. */
export function tracePenalties(tracing: Tracing, weight: Tensor, gradientBuffer?: number): void {
  const { graph, leaves, request } = tracing
  let slot = penaltySlot(request)
  for (const [{ name, offset, regularizer }, parameter] of leaves) {
    if (!regularizer) continue
    graph.path = name
    const place = gradientBuffer === undefined ? undefined : { buffer: gradientBuffer, offset }
    const gradient = place && graph.tensor(parameter.shape, 'f32', place)
    const penalty = graph.tensor([1], 'f64', { buffer: tracing.statistics, offset: slot })
    tracing.placeNames.set(`${tracing.statistics}:${slot++}`, `penalty/${name}`)
    graph.append('penalty', { parameter, weight }, { penalty, gradient }, { ...regularizer })
  }
  graph.path = ''
}
