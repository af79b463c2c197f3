import { describe, expect, it } from 'vitest'
import { instructionNames } from '../../src/contract/index.js'
import type { Case, Data } from '../conformance/case.js'
import { dot, evaluate, expectGradients, type Tensors } from './differences.js'

/** An instruction and the instruction that is its derivative, tensor by tensor. */
interface Derivative {
  readonly forward: Case
  /** The result that the gradient from above belongs to. */
  readonly result: string
  readonly gradients: readonly {
    /** The input that it is the gradient of. */
    readonly of: string
    readonly by: Case
    /** Operands of `by` that are not the tensors of `forward` of the same name; `above` is the gradient from above. */
    readonly operands: Readonly<Record<string, string>>
    readonly result: string
  }[]
}

const attributes = { start: 2, site: 9, low: -0.4, high: 0.6, shift: -1, epsilon: 0.01 }
const scalars = { rate: 0.4, seed: 5, run: 6 }
const of = (
  instruction: Case['steps'][number]['instruction'],
  variables: Readonly<Record<string, number>>,
  data: Readonly<Record<string, Data>> = {},
  optional: readonly string[] = [],
): Case => ({ name: instruction, steps: [{ instruction, optional }], variables, attributes, scalars, data })

const unary = (forward: 'tanh' | 'sigmoid' | 'relu' | 'clip', variables = { N: 40 }): Derivative => ({
  forward: of(forward, variables),
  result: 'y',
  gradients: [{ of: 'x', by: of(`${forward}_backward`, variables), operands: { dy: 'above' }, result: 'dx' }],
})
const slices = { O: 2, N: 7, I: 3, M: 4 }
const table = { V: 5, E: 3, N: 11 }
const indices = { indices: { integers: [0, 4] } } as const
const steps = { T: 3, B: 4, F: 5 }
const optional = ['weights', 'lengths']
const sequence = { T: 5, B: 3, N: 4 }
const gathered = { S: 5, T: 6, B: 3, N: 2 }
const chosen = { steps: { integers: [0, 5] } } as const

const placement = { padding: -1, stride: 2, dilation: 1, size: 3 }
const ragged = { lengths: [7, 4, 0, 5] }
const axis = { O: 2, N: 7, I: 4, C: 3, M: 4 }
const windows = (instruction: Case['steps'][number]['instruction'], variables = axis): Case => ({
  ...of(instruction, variables, ragged, ['lengths']),
  attributes: placement,
})

const derivatives: readonly Derivative[] = [
  {
    forward: windows('unfold', { ...axis, K: 3 } as typeof axis),
    result: 'y',
    gradients: [
      {
        of: 'x',
        by: windows('fold', { ...axis, K: 3 } as typeof axis),
        operands: { y: 'above' },
        result: 'x',
      },
    ],
  },
  ...(['max_pool', 'average_pool'] as const).map(
    (pool): Derivative => ({
      forward: windows(pool),
      result: 'y',
      gradients: [{ of: 'x', by: windows(`${pool}_backward`), operands: { dy: 'above' }, result: 'dx' }],
    }),
  ),
  unary('tanh'),
  unary('sigmoid'),
  unary('relu'),
  unary('clip'),
  {
    forward: of('softmax', { M: 4, N: 6 }),
    result: 'y',
    gradients: [
      { of: 'x', by: of('softmax_backward', { M: 4, N: 6 }), operands: { dy: 'above' }, result: 'dx' },
    ],
  },
  {
    forward: of('slice', slices),
    result: 'y',
    gradients: [{ of: 'x', by: of('slice_backward', slices), operands: { dy: 'above' }, result: 'dx' }],
  },
  {
    forward: of('gather', table, indices),
    result: 'y',
    gradients: [
      { of: 'table', by: of('gather_backward', table), operands: { dy: 'above' }, result: 'dTable' },
    ],
  },
  {
    forward: of('dropout', steps),
    result: 'y',
    gradients: [{ of: 'x', by: of('dropout', steps), operands: { x: 'above' }, result: 'y' }],
  },
  {
    forward: of('maximum', { N: 40 }),
    result: 'y',
    gradients: [{ of: 'a', by: of('maximum_backward', { N: 40 }), operands: { dy: 'above' }, result: 'da' }],
  },
  {
    forward: of('gather_steps', gathered, chosen),
    result: 'y',
    gradients: [
      { of: 'x', by: of('gather_steps_backward', gathered), operands: { dy: 'above' }, result: 'dx' },
    ],
  },
  {
    forward: of('max_steps', sequence, { mask: { integers: [0, 1] } }, ['mask']),
    result: 'y',
    gradients: [
      {
        of: 'x',
        by: of('max_steps_backward', sequence, {}, ['mask']),
        operands: { dy: 'above' },
        result: 'dx',
      },
    ],
  },
  {
    forward: of('layer_norm', { M: 4, N: 6 }, {}, ['scale', 'shift']),
    result: 'y',
    gradients: (['x', 'scale', 'shift'] as const).map((name) => ({
      of: name,
      by: of('layer_norm_backward', { M: 4, N: 6 }, {}, ['scale', 'dScale', 'dShift']),
      operands: { dy: 'above' },
      result: name === 'x' ? 'dx' : `d${name[0]?.toUpperCase()}${name.slice(1)}`,
    })),
  },
  {
    forward: of('matmul', { M: 4, K: 5, N: 3 }, {}, ['bias']),
    result: 'y',
    gradients: [
      {
        of: 'a',
        by: of('matmul_transpose_b', { M: 4, K: 3, N: 5 }),
        operands: { a: 'above', b: 'b' },
        result: 'y',
      },
      {
        of: 'b',
        by: of('matmul_transpose_a', { K: 4, M: 5, N: 3 }),
        operands: { a: 'a', b: 'above' },
        result: 'y',
      },
      { of: 'bias', by: of('reduce_sum', { O: 1, N: 4, I: 3 }), operands: { x: 'above' }, result: 'y' },
    ],
  },
  {
    forward: of('batch_matmul', { L: 2, M: 4, K: 5, N: 3 }),
    result: 'y',
    gradients: [
      {
        of: 'a',
        by: of('batch_matmul_transpose_b', { L: 2, M: 4, K: 3, N: 5 }),
        operands: { a: 'above', b: 'b' },
        result: 'y',
      },
      {
        of: 'b',
        by: of('batch_matmul_transpose_a', { L: 2, K: 4, M: 5, N: 3 }),
        operands: { a: 'a', b: 'above' },
        result: 'y',
      },
    ],
  },
  {
    forward: of('reduce_sum', { O: 3, N: 4, I: 2 }),
    result: 'y',
    gradients: [
      { of: 'x', by: of('broadcast', { O: 3, I: 2, N: 4 }), operands: { x: 'above' }, result: 'y' },
    ],
  },
  {
    forward: of('broadcast', { O: 3, I: 2, N: 4 }),
    result: 'y',
    gradients: [
      { of: 'x', by: of('reduce_sum', { O: 3, N: 4, I: 2 }), operands: { x: 'above' }, result: 'y' },
    ],
  },
  {
    forward: of('transpose', { A: 3, B: 4, N: 2 }),
    result: 'y',
    gradients: [
      { of: 'x', by: of('transpose', { A: 4, B: 3, N: 2 }), operands: { x: 'above' }, result: 'y' },
    ],
  },
  {
    forward: of('reverse_time', { T: 4, N: 3 }),
    result: 'y',
    gradients: [{ of: 'x', by: of('reverse_time', { T: 4, N: 3 }), operands: { x: 'above' }, result: 'y' }],
  },
]

/** Losses make their own gradient from above: it is 1. */
const losses = [
  {
    forward: of('softmax_cross_entropy', steps, { targets: { integers: [0, 4] } }, optional),
    backward: of('softmax_cross_entropy_backward', steps, {}, optional),
    input: 'logits',
    gradient: 'dLogits',
  },
  {
    forward: of('squared_error', steps, {}, optional),
    backward: of('squared_error_backward', steps, {}, optional),
    input: 'prediction',
    gradient: 'dPrediction',
  },
  ...[0, 0.5].map((delta) => ({
    forward: { ...of('absolute_error', steps, {}, optional), attributes: { delta } },
    backward: { ...of('absolute_error_backward', steps, {}, optional), attributes: { delta } },
    input: 'prediction',
    gradient: 'dPrediction',
  })),
  ...[0, 1].map((sum) => ({
    forward: { ...of('binary_cross_entropy', steps, {}, optional), attributes: { sum } },
    backward: { ...of('binary_cross_entropy_backward', steps, {}, optional), attributes: { sum } },
    input: 'logits',
    gradient: 'dLogits',
  })),
  {
    forward: of('categorical_cross_entropy', steps, {}, optional),
    backward: of('categorical_cross_entropy_backward', steps, {}, optional),
    input: 'logits',
    gradient: 'dLogits',
  },
]

describe('gradients by central differences', () => {
  it.each(derivatives.map((d) => [d.forward.name, d] as const))('%s', (_, { forward, result, gradients }) => {
    const { given, results } = evaluate(forward)
    // Any fixed weights will do as the gradient from above.
    const above = results[result]!.map((_, i) => Math.sin(3 * i + 1))
    const known: Tensors = { ...given, ...results, above }
    const computed = gradients.map(({ of, by, operands, result }) => {
      const fixed = Object.entries(operands).map(([operand, tensor]) => [operand, known[tensor]!])
      return [of, evaluate(by, { ...given, ...results, ...Object.fromEntries(fixed) }).results[result]!]
    })
    expectGradients(forward, given, (r) => dot(above, r[result]!), Object.fromEntries(computed))
  })

  it.each(losses.map((l) => [l.forward.name, l] as const))(
    '%s',
    (_, { forward, backward, input, gradient }) => {
      const { given, results } = evaluate(forward)
      const computed = evaluate(backward, { ...given, ...results }).results[gradient]!
      expectGradients(forward, given, (r) => r['loss']![0]!, { [input]: computed })
    },
  )

  it('covers every instruction that is a derivative', () => {
    const covered = [
      ...derivatives.flatMap((d) => d.gradients.map((g) => g.by)),
      ...losses.map((l) => l.backward),
    ]
    const names = covered.map(({ steps }) => steps[0]!.instruction)
    // recurrent.test.ts, linear.test.ts
    const elsewhere = [
      'rnn_backward',
      'lstm_backward',
      'lstm_coupled_backward',
      'gru_backward',
      'linear_recurrence_backward',
    ]
    const missing = instructionNames.filter((name) => name.endsWith('_backward') && !elsewhere.includes(name))
    expect(missing.filter((name) => !names.includes(name))).toEqual([])
  })
})
