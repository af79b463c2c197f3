/** The operations that layers are written in. Each checks shapes and appends one instruction; nothing is computed here. */
import type { InstructionName } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import { type Dimension, sameShape, shapeName } from './dimension.js'
import { type Graph, operandOf, type Scalar, type Tensor } from './graph.js'

export function mismatch(
  tensor: Tensor,
  what: string,
  expected: string,
  received: string,
  remedy?: string,
): OstinatoError {
  const where = tensor.graph.path ? `${tensor.graph.path}, ${what}` : what
  return new OstinatoError(
    'SHAPE_MISMATCH',
    where,
    { expected, received },
    remedy === undefined ? {} : { remedy },
  )
}

/** The last axis, which must be a number known while tracing. */
export function features(x: Tensor, what: string): number {
  const last = x.shape.at(-1)
  if (last?.kind !== 'constant') throw mismatch(x, what, 'a last axis of fixed size', shapeName(x.shape))
  return last.value
}

function unary(instruction: InstructionName, x: Tensor, attributes = {}): Tensor {
  return operandOf(x.graph.append(instruction, { x }, { y: x.shape }, attributes), 'y')
}

export const tanh = (x: Tensor): Tensor => unary('tanh', x)
export const sigmoid = (x: Tensor): Tensor => unary('sigmoid', x)
export const relu = (x: Tensor): Tensor => unary('relu', x)
export const exp = (x: Tensor): Tensor => unary('exp', x)
export const log = (x: Tensor): Tensor => unary('log', x)
/** Over the last axis. */
export const softmax = (x: Tensor): Tensor => unary('softmax', x)
/** ln softmax(x), over the last axis. Has no derivative: what decodes takes it. */
export const logSoftmax = (x: Tensor): Tensor => unary('log_softmax', x)
/** scale · x + shift */
export const affine = (x: Tensor, scale: number, shift = 0): Tensor => unary('affine', x, { scale, shift })
/** x limited to low … high */
export const clip = (x: Tensor, low: number, high: number): Tensor => unary('clip', x, { low, high })
/** ln(1 + eˣ) */
export const softplus = (x: Tensor): Tensor => unary('softplus', x)
export const oneMinus = (x: Tensor): Tensor => affine(x, -1, 1)

/** Elementwise; the shape of b is that of a, or its last axes. */
function binary(instruction: InstructionName, a: Tensor, b: Tensor): Tensor {
  const { graph } = a
  const lead = a.shape.length - b.shape.length
  if (lead < 0 || !sameShape(a.shape.slice(lead), b.shape)) {
    throw mismatch(
      a,
      instruction,
      `a second operand shaped like the last axes of ${shapeName(a.shape)}`,
      shapeName(b.shape),
    )
  }
  const columns = graph.elements(b.shape)
  const shape = [graph.elements(a.shape.slice(0, lead)), columns]
  const node = graph.append(
    instruction,
    { a: graph.reshape(a, shape), b: graph.reshape(b, [columns]) },
    { y: shape },
  )
  return graph.reshape(operandOf(node, 'y'), a.shape)
}

export const add = (a: Tensor, b: Tensor): Tensor => binary('add', a, b)
export const subtract = (a: Tensor, b: Tensor): Tensor => binary('subtract', a, b)
export const multiply = (a: Tensor, b: Tensor): Tensor => binary('multiply', a, b)
export const divide = (a: Tensor, b: Tensor): Tensor => binary('divide', a, b)

/** The larger of two, elementwise; of equals the first, to which the gradient goes. */
export function maximum(a: Tensor, b: Tensor): Tensor {
  if (!sameShape(a.shape, b.shape))
    throw mismatch(a, 'maximum', `two of ${shapeName(a.shape)}`, shapeName(b.shape))
  return operandOf(a.graph.append('maximum', { a, b }, { y: a.shape }), 'y')
}

/** (x − μ) ∕ √(σ² + epsilon) ∗ scale + shift over the last axis; scale and shift [N] (Ba et al. 2016) */
export function layerNorm(
  x: Tensor,
  options: {
    readonly scale?: Tensor | undefined
    readonly shift?: Tensor | undefined
    readonly epsilon: number
  },
): Tensor {
  const { graph } = x
  const { scale, shift, epsilon } = options
  const [rows, size] = [graph.elements(x.shape.slice(0, -1)), graph.elements(x.shape.slice(-1))]
  const node = graph.append(
    'layer_norm',
    { x: graph.reshape(x, [rows, size]), scale, shift },
    { y: [rows, size], statistics: [rows, 2] },
    { epsilon },
  )
  return graph.reshape(operandOf(node, 'y'), x.shape)
}

/** a [..., K] · b [K, N] (+ bias [N]) → [..., N] */
export function matmul(a: Tensor, b: Tensor, bias?: Tensor): Tensor {
  const [k, n] = b.shape
  if (b.shape.length !== 2 || !k || !n || a.shape.at(-1) !== k) {
    throw mismatch(a, 'matmul', `[…, K] · [K, N]`, `${shapeName(a.shape)} · ${shapeName(b.shape)}`)
  }
  if (bias && !sameShape(bias.shape, [n]))
    throw mismatch(a, 'matmul', `a bias ${shapeName([n])}`, shapeName(bias.shape))
  return operandOf(a.graph.append('matmul', { a, b, bias }, { y: [...a.shape.slice(0, -1), n] }), 'y')
}

/** aᵀ · b over all leading axes: [..., M], [..., N] → [M, N] */
export function matmulTransposeA(a: Tensor, b: Tensor): Tensor {
  const [m, n] = [a.shape.at(-1), b.shape.at(-1)]
  if (!m || !n || !sameShape(a.shape.slice(0, -1), b.shape.slice(0, -1))) {
    throw mismatch(a, 'matmul', 'equal leading axes', `${shapeName(a.shape)} and ${shapeName(b.shape)}`)
  }
  return operandOf(a.graph.append('matmul_transpose_a', { a, b }, { y: [m, n] }), 'y')
}

/** a [..., K] · bᵀ, b [N, K] → [..., N] */
export function matmulTransposeB(a: Tensor, b: Tensor): Tensor {
  const [n, k] = b.shape
  if (b.shape.length !== 2 || !n || !k || a.shape.at(-1) !== k) {
    throw mismatch(a, 'matmul', `[…, K] · [N, K]ᵀ`, `${shapeName(a.shape)} · ${shapeName(b.shape)}ᵀ`)
  }
  return operandOf(a.graph.append('matmul_transpose_b', { a, b }, { y: [...a.shape.slice(0, -1), n] }), 'y')
}

/** a [L, M, K] · b [L, K, N], a product for each l → [L, M, N] */
export function batchMatmul(a: Tensor, b: Tensor): Tensor {
  const [[, m], [, , n]] = [a.shape, b.shape]
  return batchProduct('batch_matmul', a, b, [a.shape[2], b.shape[1]], [m, n])
}

/** aᵀ · b for each l: [L, K, M], [L, K, N] → [L, M, N] */
export function batchMatmulTransposeA(a: Tensor, b: Tensor): Tensor {
  const [[, , m], [, , n]] = [a.shape, b.shape]
  return batchProduct('batch_matmul_transpose_a', a, b, [a.shape[1], b.shape[1]], [m, n])
}

/** a · bᵀ for each l: [L, M, K], [L, N, K] → [L, M, N] */
export function batchMatmulTransposeB(a: Tensor, b: Tensor): Tensor {
  const [[, m], [, n]] = [a.shape, b.shape]
  return batchProduct('batch_matmul_transpose_b', a, b, [a.shape[2], b.shape[2]], [m, n])
}

type BatchProduct = 'batch_matmul' | 'batch_matmul_transpose_a' | 'batch_matmul_transpose_b'
type Sizes = readonly [Dimension | undefined, Dimension | undefined]

function batchProduct(name: BatchProduct, a: Tensor, b: Tensor, depths: Sizes, [m, n]: Sizes): Tensor {
  const [l] = a.shape
  const fits = a.shape.length === 3 && b.shape.length === 3 && l === b.shape[0] && depths[0] === depths[1]
  if (!fits || !l || !m || !n) {
    throw mismatch(a, name, 'as many matrices that fit', `${shapeName(a.shape)} and ${shapeName(b.shape)}`)
  }
  return operandOf(a.graph.append(name, { a, b }, { y: [l, m, n] }), 'y')
}

/** A tensor seen as [axes before, axis, axes behind]. */
function around(x: Tensor, axis: number): [Dimension, Dimension, Dimension] {
  const at = axis < 0 ? x.shape.length + axis : axis
  const middle = x.shape[at]
  if (!middle) throw mismatch(x, 'axis', `an axis of ${shapeName(x.shape)}`, String(axis))
  const { graph } = x
  return [graph.elements(x.shape.slice(0, at)), middle, graph.elements(x.shape.slice(at + 1))]
}

function replaceAxis(shape: readonly Dimension[], axis: number, by: readonly Dimension[]): Dimension[] {
  const at = axis < 0 ? shape.length + axis : axis
  return [...shape.slice(0, at), ...by, ...shape.slice(at + 1)]
}

/** `size` entries of an axis from `start` on. */
export function slice(x: Tensor, axis: number, start: number, size: number): Tensor {
  const { graph } = x
  const [o, n, i] = around(x, axis)
  if (start < 0 || size < 0 || (n.kind === 'constant' && start + size > n.value)) {
    throw mismatch(
      x,
      'slice',
      `a range inside ${shapeName(x.shape)}`,
      `${start} … ${start + size} of axis ${axis}`,
    )
  }
  const m = graph.dimensions.constant(size)
  const node = graph.append('slice', { x: graph.reshape(x, [o, n, i]) }, { y: [o, m, i] }, { start })
  return graph.reshape(operandOf(node, 'y'), replaceAxis(x.shape, axis, [m]))
}

type Parts<N extends number> = N extends 1
  ? [Tensor]
  : N extends 2
    ? [Tensor, Tensor]
    : N extends 3
      ? [Tensor, Tensor, Tensor]
      : N extends 4
        ? [Tensor, Tensor, Tensor, Tensor]
        : Tensor[]

/** n equal parts of the last axis. */
export function split<const N extends number>(x: Tensor, n: N): Parts<N> {
  const size = features(x, 'split')
  if (size % n !== 0) throw mismatch(x, 'split', `a last axis divisible by ${n}`, shapeName(x.shape))
  return Array.from({ length: n }, (_, part) => slice(x, -1, (part * size) / n, size / n)) as Parts<N>
}

export function concat(a: Tensor, b: Tensor, axis: number): Tensor {
  const { graph } = a
  const [o, m, i] = around(a, axis)
  const [, n] = around(b, axis)
  if (!sameShape(replaceAxis(a.shape, axis, []), replaceAxis(b.shape, axis, []))) {
    throw mismatch(
      a,
      'concat',
      `shapes that differ only in axis ${axis}`,
      `${shapeName(a.shape)}, ${shapeName(b.shape)}`,
    )
  }
  if (m.kind !== 'constant' || n.kind !== 'constant')
    throw mismatch(a, 'concat', 'an axis of fixed size', shapeName(a.shape))
  const joined = graph.dimensions.constant(m.value + n.value)
  const operands = { a: graph.reshape(a, [o, m, i]), b: graph.reshape(b, [o, n, i]) }
  return graph.reshape(
    operandOf(graph.append('concat', operands, { y: [o, joined, i] }), 'y'),
    replaceAxis(a.shape, axis, [joined]),
  )
}

/** Sum over one axis, which disappears. */
export function reduceSum(x: Tensor, axis: number): Tensor {
  const { graph } = x
  const [o, n, i] = around(x, axis)
  const node = graph.append('reduce_sum', { x: graph.reshape(x, [o, n, i]) }, { y: [o, i] })
  return graph.reshape(operandOf(node, 'y'), replaceAxis(x.shape, axis, []))
}

/** A new axis of length n at the given place, along which x repeats. */
export function broadcast(x: Tensor, axis: number, n: Dimension): Tensor {
  const { graph } = x
  const outer = graph.elements(x.shape.slice(0, axis))
  const inner = graph.elements(x.shape.slice(axis))
  const node = graph.append('broadcast', { x: graph.reshape(x, [outer, inner]) }, { y: [outer, n, inner] })
  return graph.reshape(operandOf(node, 'y'), [...x.shape.slice(0, axis), n, ...x.shape.slice(axis)])
}

/** [A, B, …] → [B, A, …], for floats and integers. The transpose of a transpose is what it was made of. */
export function transpose(x: Tensor): Tensor {
  const [a, b, ...rest] = x.shape
  if (!a || !b) throw mismatch(x, 'transpose', 'at least two axes', shapeName(x.shape))
  const { node } = x
  // Outside of a loop, what a step was made of is gone.
  if (node?.instruction === 'transpose' && node.operands.get('y') === x && node.loop === x.graph.loop) {
    return operandOf(node, 'x')
  }
  const y = x.graph.tensor([b, a, ...rest], x.type)
  return operandOf(x.graph.append('transpose', { x }, { y }), 'y')
}

/** x[T − 1 − t] */
export function reverseTime(x: Tensor): Tensor {
  return unary('reverse_time', x)
}

/** The first `steps` steps of x [time, batch, …], zeros behind them where x has fewer, and at steps from lengths[b] on. */
export function resizeTime(x: Tensor, steps: Dimension, lengths?: Tensor): Tensor {
  const node = x.graph.append('resize_time', { x, lengths }, { y: [steps, ...x.shape.slice(1)] })
  return operandOf(node, 'y')
}

/** Of every d-th step of x [time, batch, …], beginning with the first, second, … d-th: how many are valid, [d · batch] int32. */
export function partLengths(x: Tensor, d: number, lengths?: Tensor): Tensor {
  const { graph } = x
  const y = graph.tensor(graph.shape([d, x.shape[1] as Dimension]), 'i32')
  const node = graph.append('part_lengths', { x, lengths }, { y })
  return graph.reshape(operandOf(node, 'y'), [graph.elements(y.shape)])
}

/** A tensor of one number. */
export function fill(graph: Graph, shape: readonly (number | Dimension)[], value: number): Tensor {
  return operandOf(graph.append('fill', {}, { y: shape }, { value }), 'y')
}

export function copy(x: Tensor): Tensor {
  const y = x.graph.tensor(x.shape, x.type)
  return operandOf(x.graph.append('copy', { x }, { y }), 'y')
}

/** table [V, E], indices [...] → [..., E] */
export function gather(table: Tensor, indices: Tensor): Tensor {
  const width = features(table, 'gather')
  return operandOf(table.graph.append('gather', { table, indices }, { y: [...indices.shape, width] }), 'y')
}

/** Where the scalars of a stochastic operation come from. */
export interface RandomScalars {
  readonly rate: Scalar
  readonly seed: Scalar
  readonly run: Scalar
  readonly site: number
}

/** x [time, batch, features] or [batch, features] */
export function dropout(x: Tensor, random: RandomScalars): Tensor {
  const { graph } = x
  if (graph.loop) return multiply(x, dropoutMask(graph, x.shape, random))
  const sequence = x.shape.length === 3 ? x.shape : [graph.dimensions.constant(1), ...x.shape]
  if (sequence.length !== 3) throw mismatch(x, 'dropout', 'two or three axes', shapeName(x.shape))
  const node = graph.append('dropout', { x: graph.reshape(x, sequence) }, { y: sequence }, { ...random })
  return graph.reshape(operandOf(node, 'y'), x.shape)
}

/**
 * What dropout multiplies a tensor [time, batch, features] or [batch, features] by: 0 or 1 ∕ (1 − rate). Masks of a loop are drawn
 * before it: where a step has a time axis, of one step, its mask is that of the step.
 */
export function dropoutMask(graph: Graph, shape: readonly Dimension[], random: RandomScalars): Tensor {
  const { loop } = graph
  if (!loop) return dropout(fill(graph, shape, 1), random)
  const stepwise = shape.length === 3
  graph.loop = undefined
  const drawn = dropoutMask(graph, stepwise ? [loop.steps, ...shape.slice(1)] : shape, random)
  graph.loop = loop
  return stepwise ? graph.reshape(graph.stepOf(drawn), shape) : drawn
}

/** a where the condition [batch] (int32) is not 0, else b: [batch, …]. */
export function select(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return operandOf(a.graph.append('select', { condition, a, b }, { y: a.shape }), 'y')
}

/** The position of the largest along the last axis, int32: [..., N] → [...]. No gradient flows through a choice. */
export function argmax(x: Tensor): Tensor {
  return operandOf(x.graph.append('argmax', { x }, { y: x.shape.slice(0, -1) }), 'y')
}

/** indices [...] → [..., n]: 1 where the index is, else 0. */
export function oneHot(indices: Tensor, n: number): Tensor {
  return operandOf(indices.graph.append('one_hot', { indices }, { y: [...indices.shape, n] }), 'y')
}

/** [time, batch] in [0, 1), another in every run. */
export function randomUniform(
  graph: Tensor['graph'],
  shape: readonly [Dimension, Dimension],
  { seed, run, site }: Omit<RandomScalars, 'rate'>,
): Tensor {
  return operandOf(graph.append('random_uniform', {}, { y: shape }, { seed, run, site }), 'y')
}

/** A class drawn with the probabilities softmax(logits) [..., N] by uniform [...] in [0, 1), int32 [...]. */
export function sampleCategorical(logits: Tensor, uniform: Tensor): Tensor {
  const y = logits.shape.slice(0, -1)
  return operandOf(logits.graph.append('sample_categorical', { logits, uniform }, { y }), 'y')
}

/** rows [B] of a slab [S, N]; −1 gives zeros. */
export function stateLoad(slab: Tensor, rows: Tensor): Tensor {
  const [, width] = slab.shape
  const [batch] = rows.shape
  if (!width || !batch) throw mismatch(slab, 'state', '[rows, units]', shapeName(slab.shape))
  return operandOf(slab.graph.append('state_load', { slab, rows }, { y: [batch, width] }), 'y')
}

export function stateStore(x: Tensor, rows: Tensor, slab: Tensor): void {
  slab.graph.append('state_store', { x, rows }, { slab })
}
