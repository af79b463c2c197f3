import type { AttributeSpecification, InstructionSpecification } from '../specification.js'

/**
 * Windows along one axis of N entries, [O, N, I, C]: those of row i are its first lengths[i] entries (absent: all N), and window
 * m looks at entry m · stride + k · dilation − begin for each k below its size. What lies outside the row is padding. begin is
 * `padding`, or where that is −1 what centres the windows that cover the row (`same` of Keras), n being the entries of the row:
 * ⌊max((⌈n ∕ stride⌉ − 1) · stride + (size − 1) · dilation + 1 − n, 0) ∕ 2⌋.
 *
 * Two axes, as of an image, are windows along one and then along the other.
 */
const placement = [
  { name: 'padding', kind: 'integer', minimum: -1, maximum: 0xffffff },
  { name: 'stride', kind: 'integer', minimum: 1, maximum: 0xffffff },
  { name: 'dilation', kind: 'integer', minimum: 1, maximum: 0xffffff },
] as const satisfies readonly AttributeSpecification[]

const size = { name: 'size', kind: 'integer', minimum: 1, maximum: 0xffffff } as const
const lengths = { name: 'lengths', direction: 'in', type: 'i32', shape: ['I'], optional: true } as const

export const windows = {
  unfold: {
    code: 76,
    summary: 'y[o, m, i, k] = the entry k of window m, 0 where it is padding',
    variables: ['O', 'N', 'I', 'C', 'M', 'K'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['O', 'N', 'I', 'C'] },
      lengths,
      { name: 'y', direction: 'out', type: 'f32', shape: ['O', 'M', 'I', 'K', 'C'] },
    ],
    attributes: placement,
    work: ['O*M*I*K*C'],
    tolerance: 0,
  },
  fold: {
    code: 77,
    summary:
      'x[o, n, i] = Σ over all entries of windows that are entry n of y[o, m, i, k]: the adjoint of unfold',
    variables: ['O', 'N', 'I', 'C', 'M', 'K'],
    operands: [
      { name: 'y', direction: 'in', type: 'f32', shape: ['O', 'M', 'I', 'K', 'C'] },
      lengths,
      { name: 'x', direction: 'out', type: 'f32', shape: ['O', 'N', 'I', 'C'] },
    ],
    attributes: placement,
    work: ['O*M*I*K*C', 'O*N*I*C'],
    tolerance: 1e-5,
  },
  max_pool: {
    code: 78,
    summary:
      'y[o, m, i] = the largest entry of window m that is no padding, element by element; 0 where there is none; NaN is the largest',
    variables: ['O', 'N', 'I', 'C', 'M'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['O', 'N', 'I', 'C'] },
      lengths,
      { name: 'y', direction: 'out', type: 'f32', shape: ['O', 'M', 'I', 'C'] },
    ],
    attributes: [size, ...placement],
    work: ['O*M*N*I*C', 'O*N*I*C'],
    tolerance: 0,
  },
  max_pool_backward: {
    code: 79,
    summary: 'dx = Σ over the windows of dy, at the first entry that is the largest',
    variables: ['O', 'N', 'I', 'C', 'M'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['O', 'N', 'I', 'C'] },
      lengths,
      { name: 'dy', direction: 'in', type: 'f32', shape: ['O', 'M', 'I', 'C'] },
      { name: 'dx', direction: 'out', type: 'f32', shape: ['O', 'N', 'I', 'C'] },
    ],
    attributes: [size, ...placement],
    work: ['O*M*N*I*C', 'O*N*I*C'],
    tolerance: 1e-5,
  },
  average_pool: {
    code: 80,
    summary: 'y[o, m, i] = the mean over the entries of window m that are no padding; 0 where there are none',
    variables: ['O', 'N', 'I', 'C', 'M'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['O', 'N', 'I', 'C'] },
      lengths,
      { name: 'y', direction: 'out', type: 'f32', shape: ['O', 'M', 'I', 'C'] },
    ],
    attributes: [size, ...placement],
    work: ['O*M*N*I*C', 'O*N*I*C'],
    tolerance: 1e-5,
  },
  average_pool_backward: {
    code: 81,
    summary: 'dx = Σ over the windows of dy ∕ the number of their entries',
    variables: ['O', 'N', 'I', 'C', 'M'],
    operands: [
      { name: 'dy', direction: 'in', type: 'f32', shape: ['O', 'M', 'I', 'C'] },
      lengths,
      { name: 'dx', direction: 'out', type: 'f32', shape: ['O', 'N', 'I', 'C'] },
    ],
    attributes: [size, ...placement],
    work: ['O*M*N*I*C', 'O*N*I*C'],
    tolerance: 1e-5,
  },
} as const satisfies Record<string, InstructionSpecification>
