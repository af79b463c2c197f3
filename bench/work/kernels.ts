/** Single instructions at the sizes that models have. */
import type { Backend } from '../../src/backends/backend.js'
import {
  type InstructionName,
  instructionTable,
  type OperandSpecification,
  parseAxis,
  type SegmentKind,
} from '../../src/contract/index.js'
import { optimizers } from '../../src/contract/instructions/optimizers.js'
import { Graph, lower, planMemory, type Tensor } from '../../src/graph/index.js'
import type { KernelItem } from '../cases.js'
import { type Digest, digest, numbers } from '../data.js'
import type { Prepared } from './prepared.js'

export interface Kernel {
  readonly case: string
  readonly instruction: InstructionName
  /** A product, whose limit is arithmetic; all else is moving data. */
  readonly product: boolean
  readonly variables: Readonly<Record<string, number>>
  readonly optional?: readonly string[]
}

const product = (name: string, instruction: InstructionName, M: number, K: number, N: number): Kernel => ({
  case: name,
  instruction,
  product: true,
  variables: { M, K, N },
})
const move = (
  name: string,
  instruction: InstructionName,
  variables: Readonly<Record<string, number>>,
  optional: readonly string[] = [],
): Kernel => ({ case: name, instruction, product: false, variables, optional })

export const kernels: readonly Kernel[] = [
  product('dense char-lm', 'matmul', 2500, 128, 65),
  product('dense vocabulary 10000', 'matmul', 700, 650, 10000),
  product('dX dense char-lm', 'matmul_transpose_b', 2500, 65, 128),
  product('dW dense char-lm', 'matmul_transpose_a', 128, 2500, 65),
  product('dW mid', 'matmul_transpose_a', 256, 3200, 1024),
  product('X·W seq2seq', 'matmul', 1920, 512, 2048),
  move('char-lm', 'softmax_cross_entropy', { T: 50, B: 50, F: 65 }),
  move('char-lm', 'softmax_cross_entropy_backward', { T: 50, B: 50, F: 65 }),
  move('vocabulary 10000', 'softmax_cross_entropy', { T: 35, B: 20, F: 10000 }),
  move('vocabulary 10000', 'softmax_cross_entropy_backward', { T: 35, B: 20, F: 10000 }),
  move('embedding 10000 × 650', 'gather', { V: 10000, N: 700, E: 650 }),
  move('embedding 10000 × 650', 'gather_backward', { V: 10000, N: 700, E: 650 }),
  move('20 · 35 · 650', 'dropout', { T: 35, B: 20, F: 650, N: 650 }),
  move('1000 · 32 · 256', 'linear_recurrence', { T: 1000, B: 32, H: 256 }),
  move('1000 · 32 · 256', 'linear_recurrence_backward', { T: 1000, B: 32, H: 256 }, ['dy', 'da', 'db']),
  move('5 million', 'gradient_norm', { P: 5_000_000 }),
  move('5 million', 'adam', { P: 5_000_000 }),
]

export const kernelItems: readonly KernelItem[] = kernels.map(({ case: of, instruction }) => ({
  kind: 'kernel',
  case: of,
  mode: instruction,
}))

export function kernelOf(item: KernelItem): Kernel {
  return kernels.find((k) => k.case === item.case && k.instruction === item.mode)!
}

const scalarValues: Readonly<Record<string, number>> = {
  rate: 0.5,
  seed: 1,
  run: 1,
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  step: 10,
  clipValue: Number.POSITIVE_INFINITY,
  clipNorm: Number.POSITIVE_INFINITY,
  globalClipNorm: 1,
}

function shapeOf({ shape }: OperandSpecification, { instruction, variables }: Kernel): number[] {
  const names = instructionTable[instruction].variables
  return shape.map((text) => {
    const { constant, terms } = parseAxis(text, names)
    return terms.reduce((sum, { coefficient, variable, round }) => {
      const value = variables[names[variable]!]
      if (value === undefined) throw new Error(`${instruction}: no value for ${names[variable]}`)
      return sum + coefficient * Math.ceil(value / round) * round
    }, constant)
  })
}

const elementsOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1)

function operandsOf(kernel: Kernel): readonly OperandSpecification[] {
  const { operands } = instructionTable[kernel.instruction]
  return operands.filter((o) => !o.optional || kernel.optional?.includes(o.name))
}

/** Bytes that must be read and written at least; of a table that is looked up in, only the rows that are. */
export function kernelBytes(kernel: Kernel): number {
  return operandsOf(kernel).reduce((sum, operand) => {
    const { V } = kernel.variables
    const shape = shapeOf(operand, kernel)
    const looked = operand.name === 'table' && V !== undefined
    const elements = looked ? (elementsOf(shape) / V) * kernel.variables['N']! : elementsOf(shape)
    return sum + elements * (operand.type === 'f64' ? 8 : 4) * (operand.direction === 'inout' ? 2 : 1)
  }, 0)
}

export function kernelOperations({ variables: { M = 0, K = 0, N = 0 } }: Kernel): number {
  return 2 * M * K * N
}

export function prepareKernel(backend: Backend, item: KernelItem): Prepared {
  const kernel = kernelOf(item)
  const { attributes } = instructionTable[kernel.instruction]
  const operands = operandsOf(kernel)
  const graph = new Graph()
  const elements = { parameters: 0, slots: 0, statistics: 0 }
  const flat = new Map<keyof typeof elements, number>()
  const tensors: Record<string, Tensor> = {}
  const [given, made]: OperandSpecification[][] = [[], []]

  /** Optimizers and statistics need the buffers that training has; all else lies at the border. */
  const homeOf = ({ name, type, direction }: OperandSpecification): keyof typeof elements | undefined => {
    if (type === 'f64') return 'statistics'
    if (direction !== 'inout') return undefined
    return name === 'parameters' ? 'parameters' : 'slots'
  }
  for (const operand of operands) {
    const shape = shapeOf(operand, kernel)
    const home = homeOf(operand)
    const type = operand.type === 'word' ? 'f32' : operand.type
    if (home) {
      const buffer = flat.get(home) ?? graph.addBuffer(home, type, 0, home)
      flat.set(home, buffer)
      tensors[operand.name] = graph.tensor(shape, type, { buffer, offset: elements[home] })
      elements[home] += Math.ceil(elementsOf(shape) / 16) * 16
    } else {
      const isInput = operand.direction === 'in'
      ;(isInput ? given : made)!.push(operand)
      const buffer = graph.addBuffer(isInput ? 'input' : 'output', type, elementsOf(shape), operand.name)
      tensors[operand.name] = graph.tensor(shape, type, { buffer, offset: 0 })
    }
  }
  for (const [home, buffer] of flat)
    graph.buffers[buffer] = { ...graph.buffers[buffer]!, elements: elements[home] }
  graph.segment = 0
  graph.append(
    kernel.instruction,
    tensors,
    tensors,
    Object.fromEntries(
      attributes.map(({ name, kind }) => {
        if (kind === 'scalar') return [name, graph.scalar(name)]
        if (kind === 'ranges') return [name, [{ offset: 0, length: elements.parameters, decay: 1, rate: 1 }]]
        return [name, 0]
      }),
    ),
  )
  const segments: SegmentKind[] = [kernel.instruction in optimizers ? 'update' : 'forward']
  const { words } = lower(graph, planMemory(graph), {
    name: item.mode,
    segments,
    inputs: [],
    outputs: [],
    placeNames: new Map(),
  })

  const store = backend.createStore(elements.parameters, elements.slots)
  const context = store.createContext(words)
  for (const [i, { name, type }] of given!.entries()) {
    const window = context.inputs[i]!
    const below = kernel.variables['V'] ?? kernel.variables['F'] ?? 1
    if (type === 'i32') window.set(Array.from(window, (_, k) => (k * 7919) % below))
    else if (name === 'weight') window.fill(1)
    else window.set(numbers(name, window.length, 1))
  }
  for (const [i, { name }] of graph.scalars.entries()) context.scalars[i] = scalarValues[name] ?? 0
  context.statistics.fill(1)
  return {
    run() {
      const status = context.runSync(segments)
      if (status !== 'ok') throw new Error(`the run ended with ${status}`)
    },
    digests() {
      const results: Record<string, Digest> = {}
      for (const [i, { name, type }] of made!.entries()) {
        if (type === 'f32') results[name] = digest(name, Float32Array.from(context.outputs[i]!))
      }
      // What is written in place has been written as often as there was time for.
      return results
    },
    dispose() {
      context.dispose()
      store.dispose()
    },
  }
}
