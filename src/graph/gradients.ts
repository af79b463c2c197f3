/** The table of derivatives: for every instruction, the nodes that make the gradients of its operands. */
import { type InstructionName, instructionTable } from '../contract/index.js'
import type { Dimension } from './dimension.js'
import { type Attributes, type Graph, type Node, operandOf, type Tensor } from './graph.js'
import {
  affine,
  batchMatmul,
  batchMatmulTransposeA,
  batchMatmulTransposeB,
  broadcast,
  divide,
  dropout,
  matmul,
  matmulTransposeA,
  matmulTransposeB,
  multiply,
  type RandomScalars,
  reduceSum,
  resizeTime,
  reverseTime,
  sigmoid,
  slice,
  subtract,
  transpose,
} from './operations.js'

/** What a derivative may ask of the node it belongs to. */
export interface Context {
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
export type Derivative = (context: Context, dy: Tensor) => Readonly<Record<string, Tensor | undefined>>

const attributesOf = (node: Node): Attributes => Object.fromEntries(node.attributes) as Attributes

/** dx from y and dy by an instruction of its own. */
function fromOutput(instruction: InstructionName): Derivative {
  return ({ graph, node, operand }, dy) => {
    const y = operand('y')
    const attributes = attributesOf(node)
    return { x: operandOf(graph.append(instruction, { y, dy }, { dx: y.shape }, attributes), 'dx') }
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
    // In a loop, the states are those that the loop carries.
    const noted = graph.stateGradients && !graph.loop
    const watched = noted && specification.operands.some(({ name }) => name === 'dStates')
    if (watched) outputs['dStates'] = operandOf(node, 'h').shape
    const backward = graph.append(instruction, inputs, outputs, attributesOf(node))
    if (watched) {
      const reverse = node.attributes.get('reverse') === 1
      graph.stateGradients?.push({
        name: `${node.path}/h`,
        gradient: operandOf(backward, 'dStates'),
        reverse,
      })
    }
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

const lstmGradients = { ...cellGradients, peepholes: 'dPeepholes', initialC: 'dInitialC' }

/** The gradient of a loss with respect to its prediction. */
function lossBackward(instruction: InstructionName, operand: string, gradient: string): Derivative {
  return ({ node, graph }) => {
    const inputs: Record<string, Tensor | undefined> = {}
    for (const o of instructionTable[instruction].operands) {
      if (o.direction === 'in')
        inputs[o.name] = node.gradientOperands.get(o.name) ?? node.operands.get(o.name)
    }
    const { shape } = operandOf(node, operand)
    const attributes = attributesOf(node)
    const backward = graph.append(instruction, inputs, { [gradient]: shape }, attributes)
    return { [operand]: operandOf(backward, gradient) }
  }
}

type Product = (a: Tensor, b: Tensor) => Tensor

/** A product and its two transposed forms are one another's derivatives: dA = dY · Bᵀ, dB = Aᵀ · dY, and so on. */
function productDerivatives(
  of: '' | 'batch_',
  plain: Product,
  transposeA: Product,
  transposeB: Product,
): Partial<Record<InstructionName, Derivative>> {
  return {
    [`${of}matmul`]: ({ node, needs, operand }, dy) => ({
      a: needs('a') ? transposeB(dy, operand('b')) : undefined,
      b: needs('b') ? transposeA(operand('a'), dy) : undefined,
      bias: node.operands.has('bias') && needs('bias') ? sumRows(dy) : undefined,
    }),
    [`${of}matmul_transpose_a`]: ({ needs, operand }, dy) => ({
      a: needs('a') ? transposeB(operand('b'), dy) : undefined,
      b: needs('b') ? plain(operand('a'), dy) : undefined,
    }),
    [`${of}matmul_transpose_b`]: ({ needs, operand }, dy) => ({
      a: needs('a') ? plain(dy, operand('b')) : undefined,
      b: needs('b') ? transposeA(dy, operand('a')) : undefined,
    }),
  } satisfies Record<string, Derivative>
}

/** Sums the gradient of a broadcast operand [N] over the rows [..., N] it was repeated for; one row is its own sum. */
function sumRows(d: Tensor): Tensor {
  const columns = d.shape.slice(-1)
  const rows = d.graph.elements(d.shape.slice(0, -1))
  if (rows.kind === 'constant' && rows.value === 1) return d.graph.reshape(d, columns)
  return reduceSum(d.graph.reshape(d, [rows, ...columns]), 0)
}

export const derivatives: Partial<Record<InstructionName, Derivative>> = {
  copy: (_, dy) => ({ x: dy }),
  transpose: (_, dy) => ({ x: transpose(dy) }),
  reverse_time: (_, dy) => ({ x: reverseTime(dy) }),
  resize_time: ({ node, operand }, dy) => ({
    x: resizeTime(dy, operand('x').shape[0] as Dimension, node.operands.get('lengths')),
  }),
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
  select: ({ graph, operand, needs }, dy) => {
    const condition = operand('condition')
    const chosen = (name: string): Tensor | undefined =>
      needs(name)
        ? operandOf(graph.append('select', { condition, [name]: dy }, { y: operand(name).shape }), 'y')
        : undefined
    return { a: chosen('a'), b: chosen('b') }
  },
  clip: fromOutput('clip_backward'),
  softplus: ({ operand }, dy) => ({ x: multiply(dy, sigmoid(operand('x'))) }),
  maximum: ({ graph, operand, needs }, dy) => {
    const operands = { a: operand('a'), b: operand('b'), dy }
    const da = operandOf(graph.append('maximum_backward', operands, { da: dy.shape }), 'da')
    return { a: da, b: needs('b') ? subtract(dy, da) : undefined }
  },
  gather_steps: ({ node, graph, operand }, dy) => {
    const shift = node.attributes.get('shift') as number
    const operands = { steps: operand('steps'), dy }
    const dx = operand('x').shape
    return { x: operandOf(graph.append('gather_steps_backward', operands, { dx }, { shift }), 'dx') }
  },
  max_steps: ({ node, graph, operand }, dy) => {
    const operands = { x: operand('x'), mask: node.operands.get('mask'), y: operand('y'), dy }
    const dx = operand('x').shape
    return { x: operandOf(graph.append('max_steps_backward', operands, { dx }), 'dx') }
  },
  layer_norm: ({ node, graph, operand, needs }, dy) => {
    const operands = {
      x: operand('x'),
      scale: node.operands.get('scale'),
      statistics: operand('statistics'),
      dy,
    }
    const backward = graph.append('layer_norm_backward', operands, {
      dx: dy.shape,
      dScale: needs('scale') ? operand('scale').shape : undefined,
      dShift: needs('shift') ? operand('shift').shape : undefined,
    })
    const gradient = (name: string) => backward.operands.get(name)
    return { x: gradient('dx'), scale: gradient('dScale'), shift: gradient('dShift') }
  },
  exp: ({ operand }, dy) => ({ x: multiply(dy, operand('y')) }),
  log: ({ operand }, dy) => ({ x: divide(dy, operand('x')) }),
  dropout: ({ node }, dy) => ({
    x: dropout(dy, Object.fromEntries(node.attributes) as unknown as RandomScalars),
  }),
  unfold: ({ graph, node, operand }, y) => {
    const inputs = { y, lengths: node.operands.get('lengths') }
    return { x: operandOf(graph.append('fold', inputs, { x: operand('x').shape }, attributesOf(node)), 'x') }
  },
  max_pool: ({ graph, node, operand }, dy) => {
    const inputs = { x: operand('x'), lengths: node.operands.get('lengths'), dy }
    const outputs = { dx: operand('x').shape }
    return { x: operandOf(graph.append('max_pool_backward', inputs, outputs, attributesOf(node)), 'dx') }
  },
  average_pool: ({ graph, node, operand }, dy) => {
    const inputs = { dy, lengths: node.operands.get('lengths') }
    const outputs = { dx: operand('x').shape }
    return { x: operandOf(graph.append('average_pool_backward', inputs, outputs, attributesOf(node)), 'dx') }
  },
  ...productDerivatives('', matmul, matmulTransposeA, matmulTransposeB),
  ...productDerivatives('batch_', batchMatmul, batchMatmulTransposeA, batchMatmulTransposeB),
  rnn: cellBackward('rnn_backward', cellGradients),
  lstm: cellBackward('lstm_backward', lstmGradients),
  lstm_coupled: cellBackward('lstm_coupled_backward', lstmGradients),
  gru: cellBackward('gru_backward', { ...cellGradients, recurrentBias: 'dRecurrentBias' }),
  linear_recurrence: cellBackward('linear_recurrence_backward', { a: 'da', b: 'db', initialH: 'dInitialH' }),
  softmax_cross_entropy: lossBackward('softmax_cross_entropy_backward', 'logits', 'dLogits'),
  squared_error: lossBackward('squared_error_backward', 'prediction', 'dPrediction'),
  absolute_error: lossBackward('absolute_error_backward', 'prediction', 'dPrediction'),
  binary_cross_entropy: lossBackward('binary_cross_entropy_backward', 'logits', 'dLogits'),
  categorical_cross_entropy: lossBackward('categorical_cross_entropy_backward', 'logits', 'dLogits'),
}

/** Instructions that can be differentiated. */
export const differentiable = new Set(Object.keys(derivatives) as InstructionName[])
