/** From layers to programs: traces a model once for each purpose, and assembles training steps. */
import type { Precision, SegmentKind } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import {
  appendGradients,
  type Border,
  copy,
  type Dimension,
  Graph,
  lower,
  type Program,
  planMemory,
  rootOf,
  type Scalar,
  stateLoad,
  stateStore,
  type Tensor,
  transpose,
} from '../graph/index.js'
import type { Layer, Mode, Scope } from '../layers/layer.js'
import { type LossName, losses } from '../losses/index.js'
import type { Optimizer } from '../optimizers/index.js'
import type { Parameter, ParameterTable } from './parameters.js'

/** What a model takes: [batch, time, …features] or [batch, …features]. */
export interface InputSpecification {
  readonly type: 'f32' | 'i32'
  readonly time: boolean
  /** Absent for one token a step. */
  readonly features: number | undefined
}

/** What a program is traced for. */
export type Purpose = 'train' | 'evaluate' | 'predict' | 'step'

export interface TraceRequest {
  readonly purpose: Purpose
  readonly layers: readonly { readonly name: string; readonly layer: Layer }[]
  readonly input: InputSpecification
  readonly parameters: ParameterTable
  readonly capacities: { readonly batch: number; readonly time: number }
  /** Whether batches carry these. */
  readonly lengths: boolean
  readonly weights: boolean
  readonly loss: LossName | undefined
  readonly optimizer: Optimizer | undefined
  /** Of all products. Default `float32`. */
  readonly precision?: Precision
}

/** One carried state: where it lies in the states buffer, one row a stream. */
export interface StatePlace {
  /** `lstm/h` */
  readonly name: string
  readonly units: number
  readonly offset: number
}

export interface TracedProgram {
  readonly program: Program
  readonly states: readonly StatePlace[]
  /** Rows of each state slab. */
  readonly stateRows: number
  /** Initial values of the scalars that layers brought along. */
  readonly scalars: ReadonlyMap<string, number>
  /** [...features] of the prediction, and whether it has a time axis. */
  readonly prediction: {
    readonly time: boolean
    readonly features: number | undefined
    /** The last thing done is a softmax. */
    readonly probabilities: boolean
  }
}

const modes: Readonly<Record<Purpose, Mode>> = {
  train: 'train',
  evaluate: 'infer',
  predict: 'infer',
  step: 'step',
}

/** FNV-1a: the site of a layer's random numbers. */
function siteOf(path: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < path.length; i++) h = Math.imul(h ^ path.charCodeAt(i), 0x01000193)
  return h | 0
}

/** One tracing of one model: the graph, and the borders that the layers asked for on the way. */
class Tracing {
  readonly graph = new Graph()
  readonly batch: Dimension
  readonly time: Dimension
  readonly inputs: Border[] = []
  readonly outputs: Border[] = []
  readonly placeNames = new Map<string, string>()
  readonly states: StatePlace[] = []
  readonly scalars = new Map<string, number>()
  readonly leaves = new Map<Parameter, Tensor>()
  readonly parametersBuffer: number
  readonly statistics: number
  readonly #stores: (() => void)[] = []
  #rows: { load: Tensor; store: Tensor } | undefined
  #stateElements = 0
  #slabs: { tensor: Tensor; offset: number }[] = []

  constructor(readonly request: TraceRequest) {
    const { graph } = this
    const { capacities, parameters, precision = 'float32' } = request
    graph.precision = precision
    this.batch = graph.dimensions.input('B', capacities.batch)
    this.time = graph.dimensions.input('T', capacities.time)
    this.parametersBuffer = graph.addBuffer('parameters', 'f32', parameters.elements, 'parameters')
    this.statistics = graph.addBuffer('statistics', 'f64', 8, 'statistics')
  }

  /** A border tensor [batch, time, …] or [batch, …], and the same time-major. */
  input(name: string, type: 'f32' | 'i32', time: boolean, features: number | undefined): Tensor {
    const axes = [this.batch, ...(time ? [this.time] : []), ...(features === undefined ? [] : [features])]
    const shape = this.graph.shape(axes)
    const elements = shape.reduce((product, d) => product * d.capacity, 1)
    const buffer = this.graph.addBuffer('input', type, elements, name)
    this.inputs.push({ name, type, shape })
    const tensor = this.graph.tensor(shape, type, { buffer, offset: 0 })
    return time ? transpose(tensor) : tensor
  }

  output(name: string, value: Tensor): void {
    const { graph } = this
    const [a, b, ...rest] = value.shape
    const time = value.shape.length === 3
    const shape = time && a && b ? [b, a, ...rest] : value.shape
    const elements = shape.reduce((product, d) => product * d.capacity, 1)
    const buffer = graph.addBuffer('output', value.type, elements, name)
    this.outputs.push({ name, type: value.type, shape })
    // The copy into the output buffer is where the batch-major order returns.
    rootOf(time ? transpose(value) : copy(value)).placement = { buffer, offset: 0 }
  }

  parameter(layer: string, options: Parameters<Scope['parameter']>[0]): Tensor {
    const parameter = this.request.parameters.define(layer, options)
    const known = this.leaves.get(parameter)
    if (known) return known
    const place = { buffer: this.parametersBuffer, offset: parameter.offset }
    this.placeNames.set(`${place.buffer}:${place.offset}`, parameter.name)
    const tensor = this.graph.tensor(parameter.shape, 'f32', place)
    this.leaves.set(parameter, tensor)
    return tensor
  }

  scope(layer: string): Scope {
    const { graph, request } = this
    const mode = modes[request.purpose]
    return {
      graph,
      mode,
      lengths: this.lengths,
      parameter: (options) => this.parameter(layer, options),
      scalar: (name, value) => {
        const full = `${layer}/${name}`
        this.scalars.set(full, value)
        return graph.scalar(full)
      },
      part: (name, trace) => {
        const path = `${layer}/${name}`
        graph.path = path
        const made = trace(this.scope(path))
        graph.path = layer
        return made
      },
      random: (rate: Scalar) => ({
        rate,
        seed: graph.scalar('seed'),
        run: graph.scalar('run'),
        site: siteOf(layer),
      }),
      carriedState: (name, units, stateful) => {
        if (!stateful && mode !== 'step') return undefined
        return this.#carriedState(`${layer}/${name}`, units)
      },
    }
  }

  lengths: Tensor | undefined

  declareLengths(): void {
    const buffer = this.graph.addBuffer('input', 'i32', this.batch.capacity, 'lengths')
    this.inputs.push({ name: 'lengths', type: 'i32', shape: [this.batch] })
    this.lengths = this.graph.tensor([this.batch], 'i32', { buffer, offset: 0 })
  }

  #rowIndices(name: string): Tensor {
    const buffer = this.graph.addBuffer('input', 'i32', this.batch.capacity, name)
    this.inputs.push({ name, type: 'i32', shape: [this.batch] })
    return this.graph.tensor([this.batch], 'i32', { buffer, offset: 0 })
  }

  #carriedState(name: string, units: number) {
    this.#rows ??= { load: this.#rowIndices('loadRows'), store: this.#rowIndices('storeRows') }
    const rows = this.#rows
    const slab = this.graph.tensor([this.batch.capacity, units])
    const offset = this.#stateElements
    this.#stateElements += Math.ceil((this.batch.capacity * units) / 16) * 16
    this.states.push({ name, units, offset })
    this.#slabs.push({ tensor: slab, offset })
    return {
      initial: stateLoad(slab, rows.load),
      // States are written last of all, when nothing can fail any more.
      store: (final: Tensor) => void this.#stores.push(() => stateStore(final, rows.store, slab)),
    }
  }

  finish(segments: readonly SegmentKind[]): TracedProgram['program'] {
    const { graph } = this
    for (const store of this.#stores) store()
    if (this.#slabs.length > 0) {
      const buffer = graph.addBuffer('states', 'f32', this.#stateElements, 'states')
      for (const [i, slab] of this.#slabs.entries()) {
        slab.tensor.placement = { buffer, offset: slab.offset }
        this.placeNames.set(`${buffer}:${slab.offset}`, this.states[i]?.name ?? '')
      }
    }
    return lower(graph, planMemory(graph), {
      name: this.request.purpose,
      segments,
      inputs: this.inputs,
      outputs: this.outputs,
      placeNames: this.placeNames,
    })
  }
}

/** Calls `seen` with the output of every layer on the way. */
function traceLayers(tracing: Tracing, seen?: (output: Tensor) => void): Tensor {
  const { request, graph } = tracing
  const { input } = request
  let x = tracing.input('inputs', input.type, input.time, input.features)
  if (request.lengths) tracing.declareLengths()
  for (const { name, layer } of request.layers) {
    graph.path = name
    x = layer.trace(x, tracing.scope(name))
    seen?.(x)
  }
  graph.path = ''
  return x
}

function traceLoss(tracing: Tracing, prediction: Tensor, weight: Tensor | undefined): Tensor {
  const { request, graph } = tracing
  if (!request.loss)
    throw new OstinatoError('NOT_COMPILED', 'model', 'no loss', { remedy: 'Call model.compile first' })
  const loss = losses[request.loss]
  const time = prediction.shape.length === 3
  const width = prediction.shape.at(-1)?.capacity
  graph.path = 'loss'
  const targets = tracing.input('targets', loss.targets, time, loss.wide ? width : undefined)
  const weights = request.weights ? tracing.input('weights', 'f32', time, undefined) : undefined
  const sums = graph.tensor([2], 'f64', { buffer: tracing.statistics, offset: 0 })
  tracing.placeNames.set(`${tracing.statistics}:0`, 'loss')
  loss.trace(prediction, targets, { weights, lengths: tracing.lengths, loss: sums, weight })
  graph.path = ''
  return sums
}

/** Puts every gradient at its weight's place in the flat gradient buffer. */
function placeGradients(tracing: Tracing, gradientBuffer: number): void {
  const { graph, leaves } = tracing
  const gradients = appendGradients(graph, [...leaves.values()])
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

function traceUpdate(tracing: Tracing, gradientBuffer: number, weight: Tensor, sums: Tensor): void {
  const { request, graph } = tracing
  const { optimizer, parameters } = request
  if (!optimizer)
    throw new OstinatoError('NOT_COMPILED', 'model', 'no optimizer', { remedy: 'Call model.compile first' })
  graph.segment = 1
  graph.path = 'optimizer'
  const P = parameters.elements
  const flat = (buffer: number, offset = 0): Tensor => graph.tensor([P], 'f32', { buffer, offset })
  const gradients = flat(gradientBuffer)
  const norm = graph.tensor([1], 'f64', { buffer: tracing.statistics, offset: 2 })
  tracing.placeNames.set(`${tracing.statistics}:2`, 'norm')
  graph.append('gradient_norm', { gradients, loss: sums, weight }, { norm })
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

/** The output shape of every layer, batch-major as users see it. */
export function traceShapes(request: TraceRequest): Dimension[][] {
  const shapes: Dimension[][] = []
  traceLayers(new Tracing(request), ({ shape: [a, b, ...rest], shape }) => {
    shapes.push(shape.length === 3 && a && b ? [b, a, ...rest] : [...shape])
  })
  return shapes
}

/** Traces, differentiates, plans and lowers a model for one purpose. */
export function traceProgram(request: TraceRequest): TracedProgram {
  const tracing = new Tracing(request)
  const { graph } = tracing
  const prediction = traceLayers(tracing)
  let segments: SegmentKind[] = ['forward']
  if (request.purpose === 'predict' || request.purpose === 'step') {
    tracing.output('outputs', prediction)
  } else if (request.purpose === 'evaluate') {
    traceLoss(tracing, prediction, undefined)
  } else {
    segments = ['gradients', 'update']
    const P = request.parameters.elements
    const gradientBuffer = graph.addBuffer('gradients', 'f32', P + 16, 'gradients')
    const weight = graph.tensor([1], 'f32', { buffer: gradientBuffer, offset: P })
    tracing.placeNames.set(`${gradientBuffer}:${P}`, 'weight')
    const sums = traceLoss(tracing, prediction, weight)
    placeGradients(tracing, gradientBuffer)
    traceUpdate(tracing, gradientBuffer, weight, sums)
  }
  const features = prediction.shape.at(-1)?.capacity
  return {
    program: tracing.finish(segments),
    states: tracing.states,
    stateRows: request.capacities.batch,
    scalars: tracing.scalars,
    prediction: {
      time: prediction.shape.length === 3,
      features,
      probabilities: rootOf(prediction).node?.instruction === 'softmax',
    },
  }
}
