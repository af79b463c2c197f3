import fc from 'fast-check'
import {
  add,
  affine,
  broadcast,
  concat,
  dropout,
  matmul,
  multiply,
  reduceSum,
  relu,
  reverseTime,
  sigmoid,
  slice,
  softmax,
  subtract,
  type Tensor,
  tanh,
  transpose,
} from '../../src/graph/index.js'
import type { Builder } from './harness.js'

/** One operation of a random graph; a and b choose among the tensors made before. */
export interface Step {
  readonly operation: keyof typeof operations
  readonly a: number
  readonly b: number
}

/** Tensors are [4, 4], so that anything goes with anything. */
const size = 4

interface Materials {
  readonly builder: Builder
  readonly weight: Tensor
  readonly row: Tensor
}

/** All bounded and smooth, so that long chains stay good to differentiate by differences. */
const operations = {
  add: (a: Tensor, b: Tensor) => affine(add(a, b), 0.5),
  subtract: (a: Tensor, b: Tensor) => affine(subtract(a, b), 0.5, 0.125),
  multiply: (a: Tensor, b: Tensor) => tanh(multiply(a, b)),
  addRow: (a: Tensor, _: Tensor, { row }: Materials) => tanh(add(a, row)),
  multiplyRow: (a: Tensor, _: Tensor, { row }: Materials) => multiply(a, row),
  tanh: (a: Tensor) => tanh(a),
  sigmoid: (a: Tensor) => sigmoid(a),
  softmax: (a: Tensor) => softmax(a),
  relu: (a: Tensor) => relu(affine(sigmoid(a), 1, 0.5)),
  product: (a: Tensor, b: Tensor) => tanh(matmul(a, b)),
  weight: (a: Tensor, _: Tensor, { weight }: Materials) => tanh(matmul(a, weight)),
  transpose: (a: Tensor) => transpose(a),
  reverse: (a: Tensor) => reverseTime(a),
  slices: (a: Tensor, b: Tensor) => concat(slice(a, 1, 0, 1), slice(b, 1, 1, 3), 1),
  rows: (a: Tensor, b: Tensor) => concat(slice(a, 0, 2, 2), slice(b, 0, 0, 2), 0),
  sums: (a: Tensor) => tanh(broadcast(reduceSum(a, 0), 0, a.graph.dimensions.constant(size))),
  reshape: (a: Tensor) => a.graph.reshape(tanh(a.graph.reshape(a, [2, 8])), a.shape),
  dropout: (a: Tensor, _: Tensor, { builder }: Materials) =>
    dropout(a, {
      rate: builder.scalar('rate'),
      seed: builder.scalar('seed'),
      run: builder.scalar('run'),
      site: 7,
    }),
} as const

export const recipes: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    operation: fc.constantFrom(...(Object.keys(operations) as Step['operation'][])),
    a: fc.nat(20),
    b: fc.nat(20),
  }),
  { minLength: 1, maxLength: 14 },
)

/** Runs a recipe; what comes out depends on its last tensor and, faintly, on all that nobody used. */
export function build(builder: Builder, recipe: readonly Step[]): Tensor {
  const materials = {
    builder,
    weight: builder.parameter('weight', [size, size]),
    row: builder.parameter('row', [size]),
  }
  // Every leaf takes part, so that each has a gradient.
  const start = matmul(builder.input('x', [size, size]), materials.weight, materials.row)
  const made: Tensor[] = [start]
  for (const { operation, a, b } of recipe) {
    const [left, right] = [made[a % made.length] as Tensor, made[b % made.length] as Tensor]
    made.push(operations[operation](left, right, materials))
  }
  return made.reduce((sum, tensor) => add(affine(sum, 0.5), tensor))
}

export const recipeOptions = { scalars: { rate: 0.25, seed: 2, run: 3 } }
