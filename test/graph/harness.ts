import type { Backend, FloatArray } from '../../src/backends/backend.js'
import type { ValueType } from '../../src/contract/index.js'
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
  squaredError,
  type Tensor,
} from '../../src/graph/index.js'
import { RandomStream } from '../../src/random/random.js'

type Axis = number | Dimension

/** What a function under test builds its graph with. Shapes are as the operations take them: time first. */
export interface Builder {
  readonly graph: Graph
  /** An input of which gradients are asked, where it holds floats. */
  input(name: string, shape: readonly Axis[], type?: ValueType): Tensor
  /** An input of which none are. */
  data(name: string, shape: readonly Axis[], type?: ValueType): Tensor
  parameter(name: string, shape: readonly number[]): Tensor
  scalar(name: string): Scalar
  /** A place for [Σ w·ℓ, Σ w] of one more loss: the objective is the sum of all. */
  lossPlace(): Tensor
  /** Adds Σ (x − target)² ∕ width to the objective; the target is an input of its own, `target 0`, `target 1`, … */
  fit(x: Tensor): void
}

export interface TraceOptions {
  /** Also gives the gradients of the objective for all float inputs and parameters, as outputs `∂name`. */
  readonly gradients?: boolean
  readonly reuse?: boolean
}

/** A traced function, ready to run on any backend. */
export interface Traced {
  readonly program: Program
  readonly parameters: readonly { readonly name: string; readonly offset: number; readonly length: number }[]
  readonly parameterElements: number
  readonly losses: number
}

const maximumLosses = 8

/** Traces a function of named tensors to a program with one segment. */
export function traceFunction(
  define: (builder: Builder) => Readonly<Record<string, Tensor>>,
  { gradients = false, reuse = true }: TraceOptions = {},
): Traced {
  const graph = new Graph()
  const inputs: Border[] = []
  const outputs: Border[] = []
  const parameters: { name: string; offset: number; length: number; tensor: Tensor }[] = []
  const leaves = new Map<string, Tensor>()
  let parameterElements = 0
  let losses = 0
  const weights = graph.addBuffer('parameters', 'f32', 0, 'parameters')
  const statistics = graph.addBuffer('statistics', 'f64', 2 * maximumLosses, 'statistics')

  const capacity = (shape: readonly Dimension[]): number => shape.reduce((n, d) => n * d.capacity, 1)
  const builder: Builder = {
    graph,
    input(name, axes, type = 'f32') {
      const tensor = builder.data(name, axes, type)
      if (type === 'f32') leaves.set(name, tensor)
      return tensor
    },
    data(name, axes, type = 'f32') {
      const shape = graph.shape(axes)
      const buffer = graph.addBuffer('input', type, capacity(shape), name)
      inputs.push({ name, type, shape })
      return graph.tensor(shape, type, { buffer, offset: 0 })
    },
    parameter(name, axes) {
      const length = axes.reduce((n, d) => n * d, 1)
      const offset = parameterElements
      const tensor = graph.tensor(axes, 'f32', { buffer: weights, offset })
      parameters.push({ name, offset, length, tensor })
      leaves.set(name, tensor)
      parameterElements = Math.ceil((offset + length) / 16) * 16
      return tensor
    },
    scalar: (name) => graph.scalar(name),
    lossPlace: () => graph.tensor([2], 'f64', { buffer: statistics, offset: 2 * losses++ }),
    fit(x) {
      const [width = 1] = x.shape.slice(-1)
      const rows = x.shape.length > 1 ? graph.elements(x.shape.slice(0, -1)) : 1
      const targets = builder.data(`target ${losses}`, [rows, width])
      squaredError(graph.reshape(x, targets.shape), targets, { loss: builder.lossPlace() })
    },
  }
  const results = new Map(Object.entries(define(builder)))
  if (gradients) {
    const made = appendGradients(graph, [...leaves.values()])
    for (const [name, leaf] of leaves) {
      const gradient = made.get(leaf)
      if (gradient) results.set(`∂${name}`, gradient)
    }
  }
  for (const [name, tensor] of results) {
    const buffer = graph.addBuffer('output', tensor.type, capacity(tensor.shape), name)
    outputs.push({ name, type: tensor.type, shape: tensor.shape })
    rootOf(copy(tensor)).placement = { buffer, offset: 0 }
  }
  // Buffers are plain records; only now is it known how many parameters there are.
  graph.buffers[weights] = {
    kind: 'parameters',
    type: 'f32',
    elements: parameterElements,
    name: 'parameters',
  }
  const program = lower(graph, planMemory(graph, { reuse }), {
    name: 'test',
    segments: ['forward'],
    inputs,
    outputs,
    placeNames: new Map(),
  })
  return { program, parameters, parameterElements, losses }
}

export type Numbers = ArrayLike<number>
export type Values = Readonly<Record<string, Numbers>>

export interface RunOptions {
  /** Values of the run-time dimensions; absent: their capacities. */
  readonly dimensions?: Readonly<Record<string, number>>
  readonly scalars?: Readonly<Record<string, number>>
}

export interface Outcome {
  /** Outputs at their actual sizes. */
  readonly outputs: Readonly<Record<string, Float64Array>>
  /** Sum of all losses. */
  readonly objective: number
}

/** A program on a backend, to be run with many values. */
export class Runner {
  readonly #store
  readonly #context

  constructor(
    readonly backend: Backend,
    readonly traced: Traced,
  ) {
    this.#store = backend.createStore(traced.parameterElements, 0)
    this.#context = this.#store.createContext(traced.program.words)
  }

  run(values: Values, { dimensions = {}, scalars = {} }: RunOptions = {}): Outcome {
    const { traced } = this
    const { program } = traced
    const context = this.#context
    const sizes = new Map(program.inputDimensions.map((d) => [d.name, dimensions[d.name] ?? d.capacity]))
    for (const [i, d] of program.inputDimensions.entries())
      context.dimensions[i] = sizes.get(d.name) as number
    for (const [i, name] of program.scalars.entries()) context.scalars[i] = given(scalars, name)
    for (const [i, { name }] of program.inputs.entries()) context.inputs[i]?.set(given(values, name))
    for (const { name, offset, length } of traced.parameters) {
      const numbers = given(values, name)
      if (numbers.length !== length) throw new Error(`${name}: ${numbers.length} numbers, not ${length}`)
      this.#store.writeParameters(this.#stored(numbers), offset)
    }
    const status = context.runSync(['forward'])
    if (status !== 'ok') throw new Error(`run ended with ${status} (${[...context.status]})`)
    const outputs: Record<string, Float64Array> = {}
    for (const [i, { name, shape }] of program.outputs.entries()) {
      const length = shape.reduce((n, d) => n * sizeOf(d, sizes), 1)
      outputs[name] = Float64Array.from((context.outputs[i] as FloatArray).subarray(0, length))
    }
    let objective = 0
    for (let i = 0; i < traced.losses; i++) objective += context.statistics[2 * i] ?? 0
    return { outputs, objective }
  }

  dispose(): void {
    this.#context.dispose()
    this.#store.dispose()
  }

  /** In the precision of the backend. */
  #stored(numbers: Numbers): FloatArray {
    return this.backend.name === 'reference' ? Float64Array.from(numbers) : Float32Array.from(numbers)
  }
}

function given<T>(values: Readonly<Record<string, T>>, name: string): T {
  const value = values[name]
  if (value === undefined) throw new Error(`no value for ${name}`)
  return value
}

function sizeOf(d: Dimension, sizes: ReadonlyMap<string, number>): number {
  if (d.kind === 'constant') return d.value
  if (d.kind === 'input') return sizes.get(d.name) as number
  if (d.kind === 'sum') return sizeOf(d.of, sizes) + d.add
  return sizeOf(d.left, sizes) * sizeOf(d.right, sizes)
}

/** Runs once. */
export function runFunction(
  backend: Backend,
  traced: Traced,
  values: Values,
  options: RunOptions = {},
): Outcome {
  const runner = new Runner(backend, traced)
  try {
    return runner.run(values, options)
  } finally {
    runner.dispose()
  }
}

/** Normal numbers for every float input and parameter, the same for all backends: each is a float32. */
export function randomValues(traced: Traced, seed: number, scale = 0.5): Record<string, Float64Array> {
  const stream = new RandomStream(seed)
  const fill = (name: string, length: number): Float64Array => {
    const own = stream.fork(name)
    return Float64Array.from({ length }, () => Math.fround(own.normal() * scale))
  }
  const values: Record<string, Float64Array> = {}
  for (const { name, type, shape } of traced.program.inputs) {
    if (type !== 'f32') continue
    values[name] = fill(
      name,
      shape.reduce((n, d) => n * d.capacity, 1),
    )
  }
  for (const { name, length } of traced.parameters) values[name] = fill(name, length)
  return values
}

/** Central differences of the objective for the named values. */
export function numericalGradients(
  backend: Backend,
  traced: Traced,
  values: Values,
  names: readonly string[],
  options: RunOptions = {},
  step = 1e-5,
): Record<string, Float64Array> {
  const runner = new Runner(backend, traced)
  const moved: Record<string, Numbers> = { ...values }
  const result: Record<string, Float64Array> = {}
  for (const name of names) {
    const original = Float64Array.from(given(values, name))
    const numbers = original.slice()
    moved[name] = numbers
    result[name] = original.map((value, i) => {
      numbers[i] = value + step
      const above = runner.run(moved, options).objective
      numbers[i] = value - step
      const below = runner.run(moved, options).objective
      numbers[i] = value
      return (above - below) / (2 * step)
    })
    moved[name] = original
  }
  runner.dispose()
  return result
}

/** The largest |a − b| ∕ (1 + |b|), infinite where lengths differ or one is NaN. */
export function difference(a: Numbers, b: Numbers): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let largest = 0
  for (let i = 0; i < b.length; i++) {
    const d = Math.abs((a[i] as number) - (b[i] as number)) / (1 + Math.abs(b[i] as number))
    if (!(d <= largest)) largest = Number.isNaN(d) ? Number.POSITIVE_INFINITY : d
  }
  return largest
}
