import type { Backend, FloatArray, RunContext, WeightStore } from '../../src/backends/backend.js'
import type { Status } from '../../src/contract/index.js'
import { type Case, type Data, generate } from './case.js'
import { type Layout, type LoweredCase, lowerCase, type Tensor, weights } from './lower.js'

export interface Result {
  readonly status: Status
  /** [status, instruction, detail, detail] */
  readonly words: readonly number[]
  readonly tensors: ReadonlyMap<string, Float64Array>
  /** The executor wrote beside a tensor. */
  readonly spilled: readonly string[]
}

/** Fills what the run must overwrite, and what it must not touch. */
const canaries = { f32: Number.NaN, i32: 0x5bad5bad, f64: Number.NaN }

type Given = (tensor: Pick<Tensor, 'name' | 'elements'>) => Float64Array

/** Runs one case in one layout; undefined where the layout has nothing to offer for it. */
export function drive(backend: Backend, of: Case, layout: Layout, given = inputsOf(of)): Result | undefined {
  const lowered = lowerCase(of, layout)
  if (!lowered) return undefined
  const runner = new Runner(backend, lowered)
  try {
    // Other weights first: packed copies of these must not outlive them.
    if (layout === 'moving')
      runner.run((tensor) => given(tensor).map((v) => (weights.has(tensor.name) ? 0.25 : v)))
    return runner.run(given)
  } finally {
    runner.dispose()
  }
}

/** The program of a case, ready to run with one set of numbers after the other. */
export class Runner {
  readonly #lowered: LoweredCase
  readonly #store: WeightStore
  readonly #context: RunContext

  constructor(backend: Backend, lowered: LoweredCase) {
    this.#lowered = lowered
    this.#store = backend.createStore(lowered.parameterElements, lowered.slotElements)
    this.#context = this.#store.createContext(lowered.words)
  }

  run(given: Given): Result {
    const { tensors: all, segment } = this.#lowered
    write(this.#store, this.#context, this.#lowered, given)
    const status = this.#context.runSync([segment])
    const tensors = new Map<string, Float64Array>()
    for (const tensor of all) {
      if (tensor.result) tensors.set(tensor.name, read(this.#store, this.#context, tensor))
    }
    const spilled = all.filter((tensor) => tensor.home === 'output' && spills(this.#context, tensor))
    return {
      status,
      words: Array.from(this.#context.status),
      tensors,
      spilled: spilled.map(({ name }) => name),
    }
  }

  dispose(): void {
    this.#context.dispose()
    this.#store.dispose()
  }
}

/** The numbers that a case starts from. */
export function inputsOf(of: Case): Given {
  const made = new Map<string, Float64Array>()
  return ({ name, elements }) => {
    const numbers = made.get(name) ?? generate(of, name, elements, fallback(of, name))
    made.set(name, numbers)
    return numbers
  }
}

function fallback({ variables }: Case, name: string): Data {
  if (name === 'kernel') return { normal: 1 / Math.sqrt(variables['I'] ?? 1) }
  // Below 1, so that forty steps of the identity do not grow beyond what float32 can tell apart.
  if (name === 'recurrentKernel') return { normal: 0.7 / Math.sqrt(variables['H'] ?? 1) }
  if (name === 'lengths') return ragged(variables['T'] ?? 1, variables['B'] ?? 1)
  if (name === 'weight' || name === 'norm' || name === 'secondMoment') return { uniform: [0.5, 2] }
  return { normal: 0.5 }
}

/** Full, half, none, and all but one. */
function ragged(T: number, B: number): number[] {
  return Array.from({ length: B }, (_, b) => [Math.ceil(T / 2), T, 0, T - 1][b % 4]!)
}

function write(
  store: WeightStore,
  context: RunContext,
  { tensors, dimensions, scalars, parameterElements, slotElements }: LoweredCase,
  given: Given,
): void {
  context.dimensions.set(dimensions)
  context.scalars.set(scalars)
  context.statistics.fill(canaries.f64)
  for (const output of context.outputs)
    output.fill(output instanceof Int32Array ? canaries.i32 : canaries.f32)
  const parameters = new Float64Array(parameterElements)
  const slots = new Float64Array(slotElements)
  const flat = { parameters, slots, states: context.states, statistics: context.statistics }
  for (const tensor of tensors) {
    if (!tensor.given || tensor.home === 'arena' || tensor.home === 'output') continue
    const home = tensor.home === 'input' ? context.inputs[tensor.position]! : flat[tensor.home]
    home.set(given(tensor), tensor.offset)
  }
  store.writeParameters(asStored(context, parameters), 0)
  store.writeSlots(asStored(context, slots), 0)
}

/** In the precision of the executor: a store takes what its contexts hold. */
function asStored(context: RunContext, numbers: Float64Array): Float32Array | Float64Array {
  return context.states instanceof Float32Array ? new Float32Array(numbers) : numbers
}

function read(
  store: WeightStore,
  context: RunContext,
  { home, position, offset, elements }: Tensor,
): Float64Array {
  const from = (numbers: FloatArray | Int32Array) =>
    new Float64Array(numbers.subarray(offset, offset + elements))
  if (home === 'output') return from(context.outputs[position]!)
  if (home === 'states') return from(context.states)
  if (home === 'statistics') return from(context.statistics)
  const stored = new Float64Array(elements)
  const target = asStored(context, stored)
  if (home === 'parameters') store.readParameters(target, offset)
  else store.readSlots(target, offset)
  return new Float64Array(target)
}

function spills(context: RunContext, { type, position, offset, elements }: Tensor): boolean {
  const output = context.outputs[position]!
  const isWritten = (v: number): boolean => !Object.is(v, canaries[type])
  return output.subarray(0, offset).some(isWritten) || output.subarray(offset + elements).some(isWritten)
}
