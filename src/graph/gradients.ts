/** Reverse-mode differentiation: one table of derivatives, and the walk that applies it. Backward is more nodes. */
import { type InstructionName, instructionTable } from '../contract/index.js'
import { type Attributes, type Graph, type Node, operandOf, rootOf, type Tensor } from './graph.js'
import { isLoss } from './losses.js'
import {
  add,
  affine,
  broadcast,
  divide,
  dropout,
  matmul,
  matmulTransposeA,
  matmulTransposeB,
  multiply,
  type RandomScalars,
  reduceSum,
  reverseTime,
  slice,
  transpose,
} from './operations.js'

/** What a derivative may ask of the node it belongs to. */
interface Context {
  readonly node: Node
  readonly graph: Graph
  /** An operand that is known to be present. */
  operand(name: string): Tensor
  /** True where a gradient for this operand will be used. */
  needs(name: string): boolean
  /** The gradient that has arrived for an output operand or a named window; undefined: none. */
  arrived(name: string): Tensor | undefined
}

/** Gradients by operand name; what is not needed may be left out. */
type Derivative = (context: Context, dy: Tensor) => Readonly<Record<string, Tensor | undefined>>

/** dx from y and dy by an instruction of its own. */
function fromOutput(instruction: InstructionName): Derivative {
  return ({ graph, operand }, dy) => {
    const y = operand('y')
    return { x: operandOf(graph.append(instruction, { y, dy }, { dx: y.shape }), 'dx') }
  }
}

/** The gradient of a whole cell is one instruction that makes all gradients anyone needs. */
function cellBackward(instruction: InstructionName, gradients: Readonly<Record<string, string>>): Derivative {
  return ({ node, graph, needs, arrived }) => {
    const specification = instructionTable[instruction]
    const arriving: Record<string, string> = { dy: 'y', dFinalH: 'finalH', dFinalC: 'finalC' }
    const inputs: Record<string, Tensor | undefined> = {}
    const outputs: Record<string, Tensor['shape'] | Tensor | undefined> = {}
    for (const { name, direction } of specification.operands) {
      if (direction === 'in')
        inputs[name] = arriving[name] ? arrived(arriving[name]) : node.operands.get(name)
      if (direction === 'inout') outputs[name] = operandOf(node, name)
      if (direction === 'scratch') outputs[name] = cellScratch(node)
    }
    for (const [operand, gradient] of Object.entries(gradients)) {
      if (needs(operand)) outputs[gradient] = operandOf(node, operand).shape
    }
    const backward = graph.append(
      instruction,
      inputs,
      outputs,
      Object.fromEntries(node.attributes) as Attributes,
    )
    return Object.fromEntries(
      Object.entries(gradients).map(([operand, g]) => [operand, backward.operands.get(g)]),
    )
  }
}

function cellScratch(node: Node): Tensor['shape'] {
  const x = operandOf(node, 'x')
  const units = operandOf(node, 'recurrentKernel').shape[0]?.capacity ?? 0
  return [...x.shape.slice(0, 2), x.graph.dimensions.constant(Math.ceil(units / 16) * 16)]
}

const cellGradients = {
  x: 'dx',
  kernel: 'dKernel',
  recurrentKernel: 'dRecurrentKernel',
  bias: 'dBias',
  initialH: 'dInitialH',
}

/** The gradient of a loss with respect to its prediction. */
function lossBackward(instruction: InstructionName, operand: string, gradient: string): Derivative {
  return ({ node, graph }) => {
    const inputs: Record<string, Tensor | undefined> = {}
    for (const o of instructionTable[instruction].operands) {
      if (o.direction === 'in') inputs[o.name] = node.operands.get(o.name)
    }
    const prediction = operandOf(node, operand)
    return {
      [operand]: operandOf(graph.append(instruction, inputs, { [gradient]: prediction.shape }), gradient),
    }
  }
}

/** Sums the gradient of a broadcast operand over the rows it was repeated for; shapes are [M, N] and [N]. */
const sumRows = (d: Tensor): Tensor => reduceSum(d, 0)

const derivatives: Partial<Record<InstructionName, Derivative>> = {
  copy: (_, dy) => ({ x: dy }),
  transpose: (_, dy) => ({ x: transpose(dy) }),
  reverse_time: (_, dy) => ({ x: reverseTime(dy) }),
  slice: ({ node, graph, operand }, dy) => {
    const start = node.attributes.get('start') as number
    return {
      x: operandOf(graph.append('slice_backward', { dy }, { dx: operand('x').shape }, { start }), 'dx'),
    }
  },
  concat: ({ operand }, dy) => {
    const [m, n] = [operand('a').shape[1]?.capacity ?? 0, operand('b').shape[1]?.capacity ?? 0]
    return { a: slice(dy, 1, 0, m), b: slice(dy, 1, m, n) }
  },
  reduce_sum: ({ operand }, dy) => {
    const n = operand('x').shape[1]
    return { x: n && broadcast(dy, 1, n) }
  },
  broadcast: (_, dy) => ({ x: reduceSum(dy, 1) }),
  gather: ({ graph, operand }, dy) => {
    const indices = operand('indices')
    const dTable = operand('table').shape
    return { table: operandOf(graph.append('gather_backward', { indices, dy }, { dTable }), 'dTable') }
  },
  add: ({ needs }, dy) => ({ a: dy, b: needs('b') ? sumRows(dy) : undefined }),
  subtract: ({ needs }, dy) => ({ a: dy, b: needs('b') ? affine(sumRows(dy), -1) : undefined }),
  multiply: ({ needs, operand }, dy) => ({
    a: needs('a') ? multiply(dy, operand('b')) : undefined,
    b: needs('b') ? sumRows(multiply(dy, operand('a'))) : undefined,
  }),
  divide: ({ needs, operand }, dy) => {
    const da = divide(dy, operand('b'))
    return { a: da, b: needs('b') ? affine(sumRows(multiply(da, operand('y'))), -1) : undefined }
  },
  affine: ({ node }, dy) => ({ x: affine(dy, node.attributes.get('scale') as number) }),
  tanh: fromOutput('tanh_backward'),
  sigmoid: fromOutput('sigmoid_backward'),
  relu: fromOutput('relu_backward'),
  softmax: fromOutput('softmax_backward'),
  exp: ({ operand }, dy) => ({ x: multiply(dy, operand('y')) }),
  log: ({ operand }, dy) => ({ x: divide(dy, operand('x')) }),
  dropout: ({ node }, dy) => ({
    x: dropout(dy, Object.fromEntries(node.attributes) as unknown as RandomScalars),
  }),
  matmul: ({ graph, node, needs, operand }, dy) => ({
    a: needs('a') ? matmulTransposeB(dy, operand('b')) : undefined,
    b: needs('b') ? matmulTransposeA(operand('a'), dy) : undefined,
    bias:
      node.operands.has('bias') && needs('bias')
        ? sumRows(graph.reshape(dy, [graph.elements(dy.shape.slice(0, -1)), ...dy.shape.slice(-1)]))
        : undefined,
  }),
  matmul_transpose_a: ({ needs, operand }, dy) => ({
    a: needs('a') ? matmulTransposeB(operand('b'), dy) : undefined,
    b: needs('b') ? matmul(operand('a'), dy) : undefined,
  }),
  matmul_transpose_b: ({ needs, operand }, dy) => ({
    a: needs('a') ? matmul(dy, operand('b')) : undefined,
    b: needs('b') ? matmulTransposeA(dy, operand('a')) : undefined,
  }),
  rnn: cellBackward('rnn_backward', cellGradients),
  lstm: cellBackward('lstm_backward', { ...cellGradients, initialC: 'dInitialC' }),
  gru: cellBackward('gru_backward', { ...cellGradients, recurrentBias: 'dRecurrentBias' }),
  softmax_cross_entropy: lossBackward('softmax_cross_entropy_backward', 'logits', 'dLogits'),
  squared_error: lossBackward('squared_error_backward', 'prediction', 'dPrediction'),
}

/** Instructions that can be differentiated. */
export const differentiable = new Set(Object.keys(derivatives) as InstructionName[])

/** The outputs and windows through which gradients come back to a node. */
function resultNames(node: Node): string[] {
  const outputs = instructionTable[node.instruction].operands
    .filter((o) => o.direction === 'out')
    .map((o) => o.name)
  return [...node.windows.keys(), ...outputs]
}

/** Every tensor on which one of `leaves` has influence. */
function influenced(graph: Graph, leaves: readonly Tensor[]): Set<Tensor> {
  const set = new Set(leaves)
  for (const node of graph.nodes) {
    if (![...node.operands.values()].some((t) => set.has(rootOf(t)))) continue
    for (const name of resultNames(node)) {
      const result = node.operands.get(name)
      if (result?.type === 'f32') set.add(rootOf(result))
    }
  }
  return set
}

/**
 * Appends the nodes that compute, for each leaf, the gradient of the sum of all losses, and of whatever lies beyond the
 * `given` tensors, whose gradients come from outside. A leaf without influence on any of these has no entry.
 */
export function appendGradients(
  graph: Graph,
  leaves: readonly Tensor[],
  given: ReadonlyMap<Tensor, Tensor> = new Map(),
): Map<Tensor, Tensor> {
  const moving = influenced(graph, leaves)
  const gradients = new Map<Tensor, Tensor>()

  const accumulate = (tensor: Tensor, gradient: Tensor): void => {
    let target = tensor
    while (target.view && target.reshape) target = target.view.base
    const shaped = graph.reshape(gradient, target.shape)
    const known = gradients.get(target)
    gradients.set(target, known ? add(known, shaped) : shaped)
  }
  for (const [tensor, gradient] of given) accumulate(tensor, gradient)

  const forward = [...graph.nodes]
  const path = graph.path
  for (const node of forward.reverse()) {
    const derivative = derivatives[node.instruction]
    const arrived = (name: string): Tensor | undefined => {
      const result = node.windows.get(name) ?? node.operands.get(name)
      return result && gradients.get(result)
    }
    const incoming = resultNames(node)
      .map(arrived)
      .find((t) => t !== undefined)
    const needs = (name: string): boolean => {
      const tensor = node.operands.get(name)
      return tensor !== undefined && moving.has(rootOf(tensor))
    }
    const inputs = instructionTable[node.instruction].operands
      .filter((o) => o.direction === 'in')
      .map((o) => o.name)
    if ((!incoming && !isLoss(node.instruction)) || !inputs.some(needs)) continue
    if (!derivative) throw new Error(`${node.path}: ${node.instruction} has no derivative`)
    graph.path = node.path
    const operand = (name: string): Tensor => operandOf(node, name)
    // A loss starts the walk: its derivative takes no gradient, and the first operand stands in for it.
    const made = derivative(
      { node, graph, operand, needs, arrived },
      incoming ?? operand(inputs[0] as string),
    )
    for (const name of inputs) {
      const gradient = made[name]
      if (gradient && needs(name)) accumulate(operand(name), gradient)
    }
  }
  graph.path = path
  return new Map(
    leaves.flatMap((leaf) => (gradients.has(leaf) ? [[leaf, gradients.get(leaf) as Tensor]] : [])),
  )
}
