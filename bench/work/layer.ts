/** A stack of recurrent layers alone, traced to a program without embedding, dense layer or loss. */
import type { Backend, RunContext } from '../../src/backends/backend.js'
import type { SegmentKind } from '../../src/contract/index.js'
import {
  appendGradients,
  type Border,
  type CellWeights,
  concat,
  type Dimension,
  Graph,
  gru,
  lower,
  lstm,
  planMemory,
  rnn,
  rootOf,
  type SequenceOptions,
  type SequenceResult,
  type Tensor,
} from '../../src/graph/index.js'
import { type Cell, gatesOf, type LayerItem } from '../cases.js'
import { type Digests, digest, numbers } from '../data.js'
import type { Prepared } from './prepared.js'

interface Parameter {
  readonly name: string
  readonly offset: number
  readonly length: number
  readonly tensor: Tensor
}

type Weights = CellWeights & { readonly recurrentBias?: Tensor }

function cellResult(cell: Cell, x: Tensor, weights: Weights, options: SequenceOptions): SequenceResult {
  if (cell === 'lstm') return lstm(x, weights, options)
  if (cell === 'gru') return gru(x, weights, { ...options, resetAfter: true })
  return rnn(x, weights, { ...options, activation: 'tanh' })
}

/** The stack as a graph, with the places where its results are found. */
class Stack {
  readonly graph = new Graph()
  readonly inputs: Border[] = []
  readonly outputs: Border[] = []
  readonly parameters: Parameter[] = []
  readonly x: Tensor
  readonly y: Tensor
  elements = 0
  readonly #parameterBuffer: number
  readonly #time: Dimension
  readonly #batch: Dimension

  constructor(readonly item: LayerItem) {
    const { graph } = this
    const { layers, units, variant, lengths, precision = 'float32' } = item
    graph.precision = precision
    this.#time = graph.dimensions.input('T', item.time)
    this.#batch = graph.dimensions.input('B', item.batch)
    this.#parameterBuffer = graph.addBuffer('parameters', 'f32', 0, 'parameters')
    this.x = this.input('x', 'f32', [this.#time, this.#batch, item.input])
    const valid = lengths && this.input('lengths', 'i32', [this.#batch])
    let x = this.x
    for (let layer = 0; layer < layers; layer++) {
      const width = layer === 0 ? item.input : variant === 'bidirectional' ? 2 * units : units
      const forward = this.#direction(x, width, `${layer}`, false, valid)
      x =
        variant === 'bidirectional'
          ? concat(forward, this.#direction(x, width, `${layer}.reverse`, true, valid), 2)
          : forward
    }
    this.y = x
  }

  input(name: string, type: 'f32' | 'i32', axes: readonly (number | Dimension)[]): Tensor {
    const shape = this.graph.shape(axes)
    const buffer = this.graph.addBuffer('input', type, capacity(shape), name)
    this.inputs.push({ name, type, shape })
    return this.graph.tensor(shape, type, { buffer, offset: 0 })
  }

  /** Has the tensor that owns the memory of `tensor` written straight to an output buffer. */
  output(name: string, tensor: Tensor): void {
    const root = rootOf(tensor)
    const buffer = this.graph.addBuffer('output', 'f32', capacity(root.shape), name)
    this.outputs.push({ name, type: 'f32', shape: root.shape })
    root.placement = { buffer, offset: 0 }
  }

  #direction(x: Tensor, width: number, name: string, reverse: boolean, lengths: Tensor | undefined): Tensor {
    const { cell, units, mode } = this.item
    const columns = gatesOf[cell] * units
    const weights = {
      kernel: this.#parameter(`kernel.${name}`, [width, columns]),
      recurrentKernel: this.#parameter(`recurrentKernel.${name}`, [units, columns]),
      bias: this.#parameter(`bias.${name}`, [columns]),
      ...(cell === 'gru' ? { recurrentBias: this.#parameter(`recurrentBias.${name}`, [columns]) } : {}),
    }
    return cellResult(cell, x, weights, { reverse, lengths, training: mode === 'train' }).y
  }

  #parameter(name: string, axes: readonly number[]): Tensor {
    const length = axes.reduce((product, n) => product * n, 1)
    const tensor = this.graph.tensor(axes, 'f32', { buffer: this.#parameterBuffer, offset: this.elements })
    this.parameters.push({ name, offset: this.elements, length, tensor })
    this.elements = Math.ceil((this.elements + length) / 16) * 16
    return tensor
  }

  /** The gradients of all weights, each at the place of its weight in the gradient buffer, and of x. */
  differentiate(): void {
    const { graph, x, y, parameters } = this
    const dy = this.input('dy', 'f32', y.shape)
    const gradientBuffer = graph.addBuffer('gradients', 'f32', this.elements + 16, 'gradients')
    const leaves = [x, ...parameters.map(({ tensor }) => tensor)]
    const gradients = appendGradients(graph, leaves, new Map([[y, dy]]))
    for (const { tensor, offset } of parameters)
      rootOf(gradients.get(tensor)!).placement = { buffer: gradientBuffer, offset }
    this.output('dx', gradients.get(x)!)
  }

  program(): Int32Array {
    const { graph, inputs, outputs } = this
    const { mode } = this.item
    if (mode === 'train') this.differentiate()
    this.output('y', this.y)
    // Buffers are plain records; only now is it known how many parameters there are.
    const parameters = graph.buffers[this.#parameterBuffer]!
    graph.buffers[this.#parameterBuffer] = { ...parameters, elements: this.elements }
    const segments: SegmentKind[] = [mode === 'train' ? 'gradients' : 'forward']
    const plan = planMemory(graph)
    return lower(graph, plan, { name: mode, segments, inputs, outputs, placeNames: new Map() }).words
  }
}

function capacity(shape: readonly Dimension[]): number {
  return shape.reduce((product, d) => product * d.capacity, 1)
}

/** Zeros the steps of a sequence [T, B, width] that lie behind each row's end. */
function zeroMasked(sequence: Float32Array, item: LayerItem): void {
  const { lengths, batch, time } = item
  const width = sequence.length / (batch * time)
  for (const [row, valid] of (lengths ?? []).entries()) {
    for (let t = valid; t < time; t++) {
      const start = (t * batch + row) * width
      sequence.fill(0, start, start + width)
    }
  }
}

/** In the order of the stack's inputs. */
function fillInputs(context: RunContext, stack: Stack): void {
  const { item } = stack
  context.dimensions.set([item.time, item.batch])
  for (const [i, { name, shape }] of stack.inputs.entries()) {
    const window = context.inputs[i]!
    if (name === 'lengths') window.set(item.lengths!)
    else {
      const values = numbers(name, capacity(shape), item.scale ?? 1)
      zeroMasked(values, item)
      window.set(values)
    }
  }
}

function results(context: RunContext, stack: Stack): Digests {
  const { item, outputs, parameters } = stack
  const made: Record<string, ReturnType<typeof digest>> = {}
  for (const [i, { name }] of outputs.entries()) {
    let values = Float32Array.from(context.outputs[i]!)
    // Stored states begin with the initial one.
    if (name === 'y' && item.variant !== 'bidirectional') values = values.subarray(item.batch * item.units)
    zeroMasked(values, item)
    made[name] = digest(name, values)
  }
  if (item.mode === 'infer') return made
  for (const { name, offset, length } of parameters) {
    const gradient = Float32Array.from(context.gradients.subarray(offset, offset + length))
    made[name] = digest(name, gradient)
  }
  return made
}

/** x and dy are ± scale; weights ± 1 ∕ √units, as PyTorch draws them. */
export function prepareLayer(backend: Backend, item: LayerItem): Prepared {
  const stack = new Stack(item)
  const words = stack.program()
  const store = backend.createStore(stack.elements, 0)
  for (const { name, offset, length } of stack.parameters)
    store.writeParameters(numbers(name, length, 1 / Math.sqrt(item.units)), offset)
  const context = store.createContext(words)
  fillInputs(context, stack)

  const training = item.mode === 'train'
  const segments: SegmentKind[] = [training ? 'gradients' : 'forward']
  const same = new Float32Array(16)
  store.readParameters(same, 0)
  return {
    run() {
      // As after an optimizer's update, packed copies of the weights are stale.
      if (training) store.writeParameters(same, 0)
      const status = context.runSync(segments)
      if (status !== 'ok') throw new Error(`the run ended with ${status}`)
    },
    digests: () => results(context, stack),
    dispose() {
      context.dispose()
      store.dispose()
    },
  }
}
