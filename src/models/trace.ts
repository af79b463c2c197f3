/** From layers to programs: traces a model once for each purpose, and assembles training steps. */
import type { Precision, SegmentKind } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import {
  add,
  appendGradients,
  copy,
  type Dimension,
  type Program,
  rootOf,
  type Tensor,
} from '../graph/index.js'
import type { Scope } from '../layers/layer.js'
import type { Loss } from '../losses/index.js'
import type { Metric } from '../metrics/index.js'
import type { Optimizer } from '../optimizers/index.js'
import type { ParameterTable } from './parameters.js'
import { axisOf, borderName, type NamedLayer, type Port, type Topology, timeAxes } from './topology.js'
import {
  metricSlot,
  normSlot,
  penaltySlot,
  sumsSlot,
  type TracedLoss,
  traceLoss,
  traceLosses,
  tracePenalties,
} from './trace-losses.js'
import { traceSampled } from './trace-sampled.js'
import { notCompiled, type TracedAxis, Tracing, type Validity } from './tracing.js'

/** What a program is traced for. */
export type Purpose = 'train' | 'evaluate' | 'predict' | 'step' | 'diagnose' | 'encode' | 'decode'

export interface TraceRequest {
  readonly purpose: Purpose
  /** All of its inputs are known. */
  readonly topology: Topology
  readonly parameters: ParameterTable
  readonly capacities: { readonly batch: number; readonly times: readonly number[] }
  /** By time axis. */
  readonly valid: readonly Validity[]
  /** Whether batches carry weights. */
  readonly weights: boolean
  /** By output. */
  readonly losses: readonly Loss[] | undefined
  readonly lossWeights: readonly number[]
  /** By output: what is counted beside its loss. */
  readonly metrics: readonly (readonly Metric[])[]
  readonly optimizer: Optimizer | undefined
  /** Of all products. Default `float32`. */
  readonly precision?: Precision
  /** Of `encode` and `decode`: which of the inputs is fed what was decoded in the step before. */
  readonly feedback?: number | undefined
  /** Of `train`: which of the inputs is now and then what the model has said itself (scheduled sampling). */
  readonly sampled?: number | undefined
}

/** One carried state: where it lies in the states buffer, one row a stream. */
export interface StatePlace {
  /** `lstm/h` */
  readonly name: string
  readonly units: number
  readonly offset: number
}

export interface TracedOutput {
  readonly name: string
  /** It has a time axis. */
  readonly time: boolean
  /** Numbers of one row and step. */
  readonly size: number
  /** The last thing done is a softmax. */
  readonly probabilities: boolean
  /** Where [Σ w·ℓ, Σ w] of its loss stand among the statistics. */
  readonly statistics: number
  /** Where [Σ w·a, Σ w] of its metrics stand. */
  readonly metrics: readonly { readonly name: string; readonly statistics: number }[]
}

export interface TracedProgram {
  readonly program: Program
  readonly axes: readonly TracedAxis[]
  readonly states: readonly StatePlace[]
  /** The batch is the number of rows of each state slab. */
  readonly capacities: TraceRequest['capacities']
  /** Initial values of the scalars that layers brought along. */
  readonly scalars: ReadonlyMap<string, number>
  readonly outputs: readonly TracedOutput[]
  /** Where the penalties on weights stand among the statistics, each times the weight of the batch. */
  readonly penalties: { readonly first: number; readonly count: number }
  /** Of `diagnose`: what the outputs of the program are. */
  readonly watched: readonly WatchedStates[]
}

/** The gradients of the states of one walk: [batch, steps + 1, …]. */
export interface WatchedStates {
  /** `lstm/h`; numbered where a layer is applied more than once. */
  readonly name: string
  readonly reverse: boolean
}

/**
 * Calls `seen` with the output of every call on the way. Where a model decodes, what does not depend on the input that is fed
 * back has a row for each source.
 */
export function traceCalls(tracing: Tracing, seen?: (outputs: readonly Tensor[]) => void): Tensor[] {
  const { graph, request } = tracing
  const { inputs, calls, layers, outputs } = request.topology
  const { feedback } = request
  const fed: boolean[] = inputs.map((_, i) => feedback === undefined || i === feedback)
  const rows = (each: boolean): Dimension => (each ? tracing.batch : tracing.sources)
  const nodes: (readonly Tensor[])[] = inputs.map((input, i) => [
    tracing.modelInput(input, borderName('inputs', inputs, i), rows(fed[i] === true)),
  ])
  const uses = new Map<number, number>()
  for (const { layer: position, inputs: ports } of calls) {
    const { name, layer } = layers[position]!
    const use = uses.get(position) ?? 0
    uses.set(position, use + 1)
    const each = ports.some(({ node }) => fed[node])
    fed.push(each)
    const operands = ports.map((port) => {
      const tensor = tensorAt(nodes, port)
      return each && !fed[port.node] ? tracing.forHypotheses(tensor) : tensor
    })
    const place = use === 0 ? name : `${name}#${use}`
    graph.path = name
    const made = callLayer({ name, layer }, operands, tracing.scope(name, place, rows(each)))
    seen?.(made)
    nodes.push(made)
  }
  graph.path = ''
  return outputs.map(({ port }) => tensorAt(nodes, port))
}

/** One use of a layer. */
export function callLayer(
  { name, layer }: NamedLayer,
  operands: readonly Tensor[],
  scope: Scope,
): readonly Tensor[] {
  if (layer.accepts(operands.length)) return layer.call(operands, scope)
  const received = `${operands.length} input${operands.length === 1 ? '' : 's'}`
  throw new OstinatoError('INVALID_TOPOLOGY', name, { expected: 'as many inputs as it takes', received })
}

export function tensorAt(nodes: readonly (readonly Tensor[])[], { node, index }: Port): Tensor {
  const tensor = nodes[node]?.[index]
  if (tensor) return tensor
  throw new OstinatoError('INVALID_TOPOLOGY', 'model', {
    expected: 'tensors that layers have made',
    received: `output ${index} of node ${node}`,
  })
}

/** Puts every gradient at its weight's place in the flat gradient buffer. */
function placeGradients(tracing: Tracing, gradientBuffer: number): void {
  const { graph, leaves } = tracing
  const learnt = [...leaves].filter(([{ trainable }]) => trainable)
  const gradients = appendGradients(
    graph,
    learnt.map(([, leaf]) => leaf),
  )
  for (const [parameter, leaf] of leaves) {
    const place = { buffer: gradientBuffer, offset: parameter.offset }
    tracing.placeNames.set(`${gradientBuffer}:${parameter.offset}`, `∂${parameter.name}`)
    graph.path = parameter.name
    const gradient = gradients.get(leaf)
    if (!gradient) {
      graph.append('fill', {}, { y: graph.tensor(parameter.shape, 'f32', place) }, { value: 0 })
      continue
    }
    const root = rootOf(gradient)
    const whole = graph.elements(root.shape) === graph.elements(gradient.shape)
    if (root.node && !root.placement && whole) root.placement = place
    else rootOf(copy(gradient)).placement = place
  }
  graph.path = ''
}

/** Hands out the gradients of all states that were noted on the way. */
function traceStateGradients(tracing: Tracing): WatchedStates[] {
  const { graph } = tracing
  const uses = new Map<string, number>()
  // The backward pass meets the last walk first. States whose rows are not those of the batch have no curve over its steps.
  const noted = (graph.stateGradients ?? [])
    .filter(({ gradient }) => gradient.shape[1] === tracing.batch)
    .reverse()
  return noted.map(({ name: plain, gradient, reverse }) => {
    const use = uses.get(plain) ?? 0
    uses.set(plain, use + 1)
    const name = use === 0 ? plain : `${plain}#${use}`
    tracing.output(name, gradient)
    return { name, reverse }
  })
}

function traceUpdate(
  tracing: Tracing,
  gradientBuffer: number,
  traced: readonly TracedLoss[],
  weight: Tensor,
): void {
  const { request, graph } = tracing
  const { optimizer, parameters } = request
  if (!optimizer) throw notCompiled('no optimizer')
  graph.segment = 1
  graph.path = 'optimizer'
  const P = parameters.elements
  const flat = (buffer: number, offset = 0): Tensor => graph.tensor([P], 'f32', { buffer, offset })
  const statistic = (offset: number): Tensor =>
    graph.tensor([1], 'f64', { buffer: tracing.statistics, offset })
  const gradients = flat(gradientBuffer)
  const norm = statistic(normSlot)
  tracing.placeNames.set(`${tracing.statistics}:${normSlot}`, 'norm')
  for (const [k, { sums }] of traced.entries()) {
    // That all is finite is checked of every loss; the gradients are walked once.
    const walked = k === 0 ? { gradients, norm } : { gradients: weight, norm: statistic(normSlot + 1) }
    const { gradients: checked, norm: found } = walked
    graph.append('gradient_norm', { gradients: checked, loss: sums, weight }, { norm: found })
  }
  const slots: Record<string, Tensor> = {}
  if (optimizer.slots.length > 0) {
    const buffer = graph.addBuffer('slots', 'f32', P * optimizer.slots.length, 'slots')
    for (const [i, name] of optimizer.slots.entries()) slots[name] = flat(buffer, i * P)
  }
  const names = [
    ...Object.keys(optimizer.scalars),
    'learningRate',
    ...(optimizer.instruction === 'adam' ? ['step'] : []),
  ]
  graph.append(
    optimizer.instruction,
    { gradients, weight, norm },
    { parameters: flat(tracing.parametersBuffer), ...slots },
    {
      ranges: parameters.ranges(),
      ...optimizer.attributes,
      ...Object.fromEntries(names.map((name) => [name, graph.scalar(name)])),
    },
  )
  graph.path = ''
}

/** The output shapes of every call, batch-major as users see them. */
export function traceShapes(request: TraceRequest): Dimension[][][] {
  const tracing = new Tracing(request)
  const shapes: Dimension[][][] = []
  traceCalls(tracing, (outputs) => {
    shapes.push(outputs.map((output) => tracing.outerShape(output)))
  })
  return shapes
}

/** The time axes of a model, and on which of them its tensors lie: positions among them, undefined for vectors. */
export interface TracedStructure {
  readonly axes: readonly TracedAxis[]
  readonly inputs: readonly (number | undefined)[]
  /** By call and output. */
  readonly calls: readonly (readonly (number | undefined)[])[]
}

export function traceStructure(request: TraceRequest): TracedStructure {
  const tracing = new Tracing(request)
  const positionOf = (axis: TracedAxis | undefined): number | undefined => axis && tracing.axes.indexOf(axis)
  const calls: (number | undefined)[][] = []
  traceCalls(tracing, (outputs) => {
    calls.push(outputs.map((output) => positionOf(tracing.axisOf(output))))
  })
  const names = timeAxes(request.topology.inputs)
  const inputs = request.topology.inputs.map((input) => {
    const axis = axisOf(input)
    return axis === undefined ? undefined : names.indexOf(axis)
  })
  return { axes: tracing.axes, inputs, calls }
}

/** Traces, differentiates, plans and lowers a model for one purpose. */
export function traceProgram(request: TraceRequest): TracedProgram {
  const tracing = new Tracing(request)
  const { graph } = tracing
  const { outputs } = request.topology
  // Known before the layers are traced: those that keep less for their gradient then keep all.
  const diagnose = request.purpose === 'diagnose'
  if (diagnose) graph.stateGradients = []
  const predictions =
    request.sampled === undefined ? traceCalls(tracing) : traceSampled(tracing, request.sampled)
  let segments: SegmentKind[] = ['forward']
  let watched: WatchedStates[] = []
  if (request.purpose === 'predict' || request.purpose === 'step') {
    for (const [k, prediction] of predictions.entries())
      tracing.output(borderName('outputs', outputs, k), prediction)
  } else if (request.purpose === 'evaluate') {
    const traced = predictions.map((prediction, k) => traceLoss(tracing, k, prediction))
    const weights = traced.map((loss) => loss.weight)
    if (request.parameters.penalties > 0)
      tracePenalties(
        tracing,
        weights.reduce((sum, w) => add(sum, w)),
      )
  } else {
    segments = diagnose ? ['gradients'] : ['gradients', 'update']
    const P = request.parameters.elements
    const gradientBuffer = graph.addBuffer('gradients', 'f32', P + 16, 'gradients')
    const weight = graph.tensor([1], 'f32', { buffer: gradientBuffer, offset: P })
    tracing.placeNames.set(`${gradientBuffer}:${P}`, 'weight')
    const traced = traceLosses(tracing, predictions, weight)
    placeGradients(tracing, gradientBuffer)
    if (diagnose) {
      watched = traceStateGradients(tracing)
    } else {
      tracePenalties(tracing, weight, gradientBuffer)
      traceUpdate(tracing, gradientBuffer, traced, weight)
    }
  }
  return {
    program: tracing.finish(segments),
    axes: tracing.axes,
    states: tracing.states,
    capacities: request.capacities,
    scalars: tracing.scalars,
    watched,
    penalties: { first: penaltySlot(request), count: request.parameters.penalties },
    outputs: predictions.map((prediction, k) => {
      const time = tracing.isSequence(prediction)
      return {
        name: (outputs[k] as Topology['outputs'][number]).name,
        time,
        size: prediction.shape.slice(time ? 2 : 1).reduce((product, d) => product * d.capacity, 1),
        probabilities: rootOf(prediction).node?.instruction === 'softmax',
        statistics: sumsSlot(k),
        metrics: (request.metrics[k] ?? []).map(({ name }, i) => ({
          name,
          statistics: metricSlot(request, k, i),
        })),
      }
    }),
  }
}
