/** One tracing of one model: the graph, and the borders that the layers asked for on the way. */
import type { SegmentKind } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import {
  type Border,
  broadcast,
  copy,
  type Dimension,
  Graph,
  lower,
  type Program,
  planMemory,
  rootOf,
  type Scalar,
  sequenceMask,
  stateLoad,
  stateStore,
  type Tensor,
  transpose,
} from '../graph/index.js'
import type { Hypotheses, Mode, Scope, Valid } from '../layers/layer.js'
import type { Parameter } from './parameters.js'
import { axisOf, type ModelInput, timeAxes } from './topology.js'
import type { Purpose, StatePlace, TraceRequest } from './trace.js'

const modes: Readonly<Record<Purpose, Mode>> = {
  train: 'train',
  diagnose: 'train',
  evaluate: 'infer',
  predict: 'infer',
  step: 'step',
  encode: 'step',
  decode: 'step',
}

/** FNV-1a: the site of a layer's random numbers. */
function siteOf(path: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < path.length; i++) h = Math.imul(h ^ path.charCodeAt(i), 0x01000193)
  return h | 0
}

/** A time axis of a program: its steps and valid steps are made of those of an axis that the inputs bring along. */
export interface TracedAxis {
  /** Of its dimension. */
  readonly name: string
  /** Position among the time axes of the model. */
  readonly source: number
  readonly size: (steps: number) => number
  /** Whether batches give lengths or a mask for it, and in which border; a layer or loss must read it too. */
  readonly given: Validity
  readonly border: string
}

/** How batches say which steps of a time axis are valid. */
export type Validity = 'all' | 'lengths' | 'mask'

export class Tracing {
  readonly graph = new Graph()
  /** Rows: of a model that decodes, those of the hypotheses. */
  readonly batch: Dimension
  /** Rows of what is there before decoding begins; otherwise the batch. */
  readonly sources: Dimension
  readonly hypotheses: Hypotheses | undefined
  /** The weights of every attention, where a model decodes. */
  readonly shown: Tensor[] = []
  readonly inputs: Border[] = []
  readonly outputs: Border[] = []
  readonly axes: TracedAxis[] = []
  readonly placeNames = new Map<string, string>()
  readonly states: StatePlace[] = []
  readonly scalars = new Map<string, number>()
  readonly leaves = new Map<Parameter, Tensor>()
  readonly parametersBuffer: number
  readonly statistics: number
  readonly #times: ReadonlyMap<string, Dimension>
  readonly #axisOf = new Map<Dimension, TracedAxis>()
  readonly #valid = new Map<Dimension, Valid>()
  readonly #masks = new Map<Dimension, Tensor>()
  readonly #targets = new Map<string, Tensor>()
  readonly #stores: (() => void)[] = []
  /** Of what `forHypotheses` has made: the vectors of the sources. */
  readonly #ofSources = new Map<Tensor, Tensor>()
  #rows: { load: Tensor; store: Tensor } | undefined
  #stateElements = 0
  #slabs: { tensor: Tensor; offset: number }[] = []

  constructor(readonly request: TraceRequest) {
    const { graph } = this
    const { capacities, metrics, parameters, topology, precision = 'float32' } = request
    graph.precision = precision
    this.sources = graph.dimensions.input('B', capacities.batch)
    this.parametersBuffer = graph.addBuffer('parameters', 'f32', parameters.elements, 'parameters')
    // Sum and weight of the first loss, the norm and one nobody reads, then the other losses, the metrics, and the
    // penalties.
    const slots = 2 + 2 * (topology.outputs.length + metrics.flat().length) + parameters.penalties
    this.statistics = graph.addBuffer('statistics', 'f64', 8 * Math.ceil(slots / 8), 'statistics')
    const names = timeAxes(topology.inputs)
    const { feedback } = request
    const fed = feedback === undefined ? undefined : axisOf(topology.inputs[feedback] as ModelInput)
    // The step that is decoded needs no time axis: its steps are the hypotheses of a source, side by side.
    const at = fed === undefined ? -1 : names.indexOf(fed)
    const each =
      at < 0 ? undefined : this.#addAxis('K', at, capacities.times[at] ?? 1, (steps) => steps, 'all')
    this.batch = each ? graph.elements([this.sources, each]) : this.sources
    this.#times = new Map(
      names.map((axis, source) => {
        if (source === at) return [axis, graph.dimensions.constant(1)]
        const name = names.length === 1 ? 'T' : `T(${axis})`
        const given = request.valid[source] ?? 'all'
        return [axis, this.#addAxis(name, source, capacities.times[source] ?? 1, (steps) => steps, given)]
      }),
    )
    this.hypotheses = each && {
      sources: this.sources,
      each,
      show: (weights) => void this.shown.push(weights),
    }
  }

  #addAxis(
    name: string,
    source: number,
    capacity: number,
    size: TracedAxis['size'],
    given: Validity,
  ): Dimension {
    const { graph } = this
    const time = graph.dimensions.input(name, Math.max(1, size(capacity)))
    const suffix = this.axes.length === 0 ? '' : `/${name}`
    const axis = { name, source, size, given, border: `${given}${suffix}` }
    this.axes.push(axis)
    this.#axisOf.set(time, axis)
    return time
  }

  #border(name: string, type: 'f32' | 'i32', axes: readonly (number | Dimension)[]): Tensor {
    const shape = this.graph.shape(axes)
    const elements = shape.reduce((product, d) => product * d.capacity, 1)
    const buffer = this.graph.addBuffer('input', type, elements, name)
    this.inputs.push({ name, type, shape })
    return this.graph.tensor(shape, type, { buffer, offset: 0 })
  }

  /** [time, batch, …], not [batch, …]. */
  isSequence({ shape }: Tensor): boolean {
    return shape[1] === this.batch || shape[1] === this.sources
  }

  /** A vector of each source, for all of its hypotheses; a sequence is a memory, which they share. */
  forHypotheses(x: Tensor): Tensor {
    const { graph, hypotheses } = this
    if (!hypotheses || this.isSequence(x)) return x
    // A tensor of its own, with a row for each source.
    const rows = broadcast(copy(x), 1, hypotheses.each)
    this.#ofSources.set(rootOf(rows), x)
    return graph.reshape(rows, [this.batch, ...x.shape.slice(1)])
  }

  /** A border tensor that is [batch, time, …] outside where `time` is given, and [time, batch, …] here. */
  input(
    name: string,
    type: 'f32' | 'i32',
    time: Dimension | undefined,
    features: readonly (number | Dimension)[],
    rows = this.batch,
  ): Tensor {
    const tensor = this.#border(name, type, [rows, ...(time ? [time] : []), ...features])
    return time ? transpose(tensor) : tensor
  }

  /** An input of the model. */
  modelInput(input: ModelInput, border: string, rows: Dimension): Tensor {
    const { type, features } = input.specification as NonNullable<ModelInput['specification']>
    const axis = axisOf(input)
    return this.input(border, type, axis === undefined ? undefined : this.#times.get(axis), features, rows)
  }

  /** What a loss compares with, and what layers may be taught by: the same border, whoever asks first. */
  targets(
    border: string,
    type: 'f32' | 'i32',
    time: Dimension | undefined,
    features: readonly (number | Dimension)[],
  ): Tensor {
    const known = this.#targets.get(border) ?? this.input(border, type, time, features)
    this.#targets.set(border, known)
    return known
  }

  /** The shape as users see it: batch first. */
  outerShape(x: Tensor): Dimension[] {
    const [a, b, ...rest] = x.shape
    return this.isSequence(x) && a && b ? [b, a, ...rest] : [...x.shape]
  }

  output(name: string, value: Tensor): void {
    const { graph } = this
    const shape = this.outerShape(value)
    const time = this.isSequence(value)
    const elements = shape.reduce((product, d) => product * d.capacity, 1)
    const buffer = graph.addBuffer('output', value.type, elements, name)
    this.outputs.push({ name, type: value.type, shape })
    // The copy into the output buffer is where the batch-major order returns.
    const y = graph.tensor(shape, value.type, { buffer, offset: 0 })
    graph.append(time ? 'transpose' : 'copy', { x: value }, { y })
  }

  /** The time axis of a sequence. */
  axisOf(x: Tensor): TracedAxis | undefined {
    const [time] = x.shape
    return time && this.isSequence(x) ? this.#axisOf.get(time) : undefined
  }

  validOf(x: Tensor): Valid {
    const [time] = x.shape
    const axis = time && this.#axisOf.get(time)
    if (!axis) return {}
    const known = this.#valid.get(time) ?? this.#given(time, axis)
    this.#valid.set(time, known)
    return known
  }

  /** What batches say about an axis. */
  #given(time: Dimension, { given, border }: TracedAxis): Valid {
    if (given === 'all') return {}
    if (given === 'lengths') return { lengths: this.#border(border, 'i32', [this.sources]) }
    return { mask: transpose(this.#border(border, 'i32', [this.sources, time])) }
  }

  #lengthsOf(x: Tensor): Tensor | undefined {
    const { lengths, mask } = this.validOf(x)
    if (mask) throw gaps(this.graph.path)
    return lengths
  }

  #maskOf(x: Tensor): Tensor | undefined {
    const { lengths, mask } = this.validOf(x)
    const [time] = x.shape
    if (!time || !lengths) return mask
    const known = this.#masks.get(time) ?? sequenceMask(lengths, time)
    this.#masks.set(time, known)
    return known
  }

  #deriveAxis(layer: string, x: Tensor, name: string, size: TracedAxis['size'], valid?: Valid): Dimension {
    const [time] = x.shape
    const from = time && this.#axisOf.get(time)
    const axis = `T(${layer}/${name})`
    // An axis of fixed size is made of no other, and so are those derived from it.
    const steps = (n: number): number => size(from ? from.size(n) : (time?.capacity ?? 1))
    const source = from?.source ?? 0
    if (!valid && this.validOf(x).mask) throw gaps(this.graph.path)
    const given = !valid && from ? from.given : 'all'
    const made = this.#addAxis(axis, source, this.request.capacities.times[source] ?? 1, steps, given)
    if (valid) this.#valid.set(made, valid)
    return made
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

  /** `use` tells apart the applications of one layer: weights are shared, states and random numbers are not. */
  scope(layer: string, use: string, batch: Dimension = this.batch): Scope {
    const { graph, request } = this
    // Rows that are no streams are there as a whole.
    const streams = batch === this.batch
    const mode = !streams && modes[request.purpose] === 'step' ? 'infer' : modes[request.purpose]
    const site = () => ({ seed: graph.scalar('seed'), run: graph.scalar('run'), site: siteOf(use) })
    return {
      graph,
      mode,
      batch,
      hypotheses: streams ? this.hypotheses : undefined,
      validOf: (x) => this.validOf(x),
      lengthsOf: (x) => this.#lengthsOf(x),
      maskOf: (x) => this.#maskOf(x),
      deriveAxis: (x, name, size, valid) => this.#deriveAxis(use, x, name, size, valid),
      parameter: (options) => this.parameter(layer, options),
      scalar: (name, value) => {
        const full = `${layer}/${name}`
        this.scalars.set(full, value)
        return graph.scalar(full)
      },
      part: (name, trace, rows = batch) => {
        const path = `${layer}/${name}`
        graph.path = path
        const made = trace(this.scope(path, `${use}/${name}`, rows))
        graph.path = layer
        return made
      },
      targets: (time, features) => this.#teacher(layer, time, features),
      site,
      random: (rate: Scalar) => ({ rate, ...site() }),
      of: (other) => {
        const { name } = request.topology.layers.find((l) => l.layer === other) ?? {}
        if (name !== undefined) return this.scope(name, name, batch)
        throw new OstinatoError('INVALID_TOPOLOGY', layer, {
          expected: `the ${other.kind} whose weights it uses in the same model`,
          received: 'a model without it',
        })
      },
      carriedState: (name, units, stateful, first) => {
        if (!stateful && mode !== 'step') return undefined
        if (!streams) throw noStreams(layer)
        const full = `${use}/${name}`
        if (first) this.#begins(full, first)
        return this.#carriedState(full, units)
      },
    }
  }

  /** The targets of a model with one output, where there are any. */
  #teacher(layer: string, time: Dimension, features: number): Tensor | undefined {
    const { purpose, losses, topology } = this.request
    if (purpose === 'predict' || modes[purpose] === 'step') return undefined
    const [loss] = losses ?? []
    if (!loss) throw notCompiled('no loss')
    if (topology.outputs.length > 1) {
      throw new OstinatoError('INVALID_TOPOLOGY', layer, {
        expected: 'one output, whose targets teach this layer',
        received: `${topology.outputs.length} outputs`,
      })
    }
    return this.targets('targets', loss.targets, time, loss.wide ? [features] : [])
  }

  /** What the state of a model that decodes begins with is an output of its first program, with a row for each source. */
  #begins(name: string, first: Tensor): void {
    const { graph, request, sources } = this
    const x = this.#ofSources.get(rootOf(first))
    if (!x) {
      throw new OstinatoError('INVALID_TOPOLOGY', `${graph.path}, initial state`, {
        expected: 'one that is made of the sources',
        received: `one that depends on the input "${request.topology.inputs[request.feedback ?? 0]?.name}"`,
      })
    }
    if (request.purpose !== 'encode') return
    this.output(initialName(name), graph.reshape(x, [sources, graph.elements(x.shape.slice(1))]))
  }

  #carriedState(name: string, units: number) {
    this.#rows ??= {
      load: this.#border('loadRows', 'i32', [this.batch]),
      store: this.#border('storeRows', 'i32', [this.batch]),
    }
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

  /** Makes a tensor a border of the program, as it lies in memory. */
  place(kind: 'input' | 'output', name: string, tensor: Tensor): void {
    const { shape, type } = tensor
    const elements = shape.reduce((product, d) => product * d.capacity, 1)
    const buffer = this.graph.addBuffer(kind, type, elements, name)
    this[kind === 'input' ? 'inputs' : 'outputs'].push({ name, type, shape })
    tensor.placement = { buffer, offset: 0 }
  }

  /** `last` may still change the graph. */
  finish(segments: readonly SegmentKind[], last: () => void = () => {}): Program {
    const { graph } = this
    for (const store of this.#stores) store()
    if (this.#slabs.length > 0) {
      const buffer = graph.addBuffer('states', 'f32', this.#stateElements, 'states')
      for (const [i, slab] of this.#slabs.entries()) {
        slab.tensor.placement = { buffer, offset: slab.offset }
        this.placeNames.set(`${buffer}:${slab.offset}`, this.states[i]?.name ?? '')
      }
    }
    last()
    return lower(graph, planMemory(graph), {
      name: this.request.purpose,
      segments,
      inputs: this.inputs,
      outputs: this.outputs,
      placeNames: this.placeNames,
    })
  }
}

/** The output of `encode` that a carried state begins with, by the name of the state. */
export const initialName = (state: string): string => `initial/${state}`

/** A state that would be carried by rows that come and go. */
function noStreams(layer: string): OstinatoError {
  return new OstinatoError('INVALID_OPTION', layer, 'a stateful layer needs the rows of the batch', {
    remedy: 'Leave stateful out where a layer reads every step for itself',
  })
}

/** What only valid steps in front can say. */
function gaps(path: string): OstinatoError {
  return new OstinatoError(
    'INVALID_MASK',
    path,
    { expected: 'ones, then zeros (right padding)', received: 'a mask with gaps' },
    {
      remedy:
        'Recurrent layers, pooling and losses take any mask; put the valid steps in front for the others',
    },
  )
}

/** What was asked of a model that has not been compiled. */
export function notCompiled(problem: string): OstinatoError {
  return new OstinatoError('NOT_COMPILED', 'model', problem, { remedy: 'Call model.compile first' })
}
