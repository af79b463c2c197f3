import type { InstructionSpecification } from '../specification.js'

/** Moving, joining and reducing tensors. Lowering presents every tensor to these as the few axes that matter. */
export const data = {
  fill: {
    code: 1,
    summary: 'y = value',
    variables: ['N'],
    operands: [{ name: 'y', direction: 'out', type: 'f32', shape: ['...N'] }],
    attributes: [{ name: 'value', kind: 'float' }],
    work: ['N'],
    tolerance: 0,
  },
  copy: {
    code: 2,
    summary: 'y = x',
    variables: ['N'],
    operands: [
      { name: 'x', direction: 'in', type: 'word', shape: ['...N'] },
      { name: 'y', direction: 'out', type: 'word', shape: ['...N'] },
    ],
    attributes: [],
    work: ['N'],
    tolerance: 0,
  },
  transpose: {
    code: 3,
    summary: 'y[b, a, …] = x[a, b, …]: batch-major to time-major and back',
    variables: ['A', 'B', 'N'],
    operands: [
      { name: 'x', direction: 'in', type: 'word', shape: ['A', 'B', '...N'] },
      { name: 'y', direction: 'out', type: 'word', shape: ['B', 'A', '...N'] },
    ],
    attributes: [],
    work: ['A*B*N'],
    tolerance: 0,
  },
  slice: {
    code: 4,
    summary: 'y[o, m, i] = x[o, start + m, i]',
    variables: ['O', 'N', 'I', 'M'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['O', 'N', 'I'] },
      { name: 'y', direction: 'out', type: 'f32', shape: ['O', 'M', 'I'] },
    ],
    attributes: [{ name: 'start', kind: 'integer', minimum: 0, maximum: 0x7fffffff }],
    constraints: [{ attribute: 'start', plus: 'M', atMost: 'N' }],
    work: ['O*M*I'],
    tolerance: 0,
  },
  slice_backward: {
    code: 5,
    summary: 'dx = 0 except dx[o, start + m, i] = dy[o, m, i]',
    variables: ['O', 'N', 'I', 'M'],
    operands: [
      { name: 'dy', direction: 'in', type: 'f32', shape: ['O', 'M', 'I'] },
      { name: 'dx', direction: 'out', type: 'f32', shape: ['O', 'N', 'I'] },
    ],
    attributes: [{ name: 'start', kind: 'integer', minimum: 0, maximum: 0x7fffffff }],
    constraints: [{ attribute: 'start', plus: 'M', atMost: 'N' }],
    work: ['O*N*I'],
    tolerance: 0,
  },
  concat: {
    code: 6,
    summary: 'y = a and b joined along the middle axis',
    variables: ['O', 'M', 'I', 'N'],
    operands: [
      { name: 'a', direction: 'in', type: 'f32', shape: ['O', 'M', 'I'] },
      { name: 'b', direction: 'in', type: 'f32', shape: ['O', 'N', 'I'] },
      { name: 'y', direction: 'out', type: 'f32', shape: ['O', 'M+N', 'I'] },
    ],
    attributes: [],
    work: ['O*M*I', 'O*N*I'],
    tolerance: 0,
  },
  reverse_time: {
    code: 7,
    summary: 'y[t] = x[T − 1 − t], over the padded axis',
    variables: ['T', 'N'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['T', '...N'] },
      { name: 'y', direction: 'out', type: 'f32', shape: ['T', '...N'] },
    ],
    attributes: [],
    work: ['T*N'],
    tolerance: 0,
  },
  state_load: {
    code: 8,
    summary:
      'y[b] = slab[rows[b]]; zeros where rows[b] is −1. Other values outside 0 … S − 1 end the run (indexOutOfRange)',
    variables: ['S', 'N', 'B'],
    operands: [
      { name: 'slab', direction: 'in', type: 'f32', shape: ['S', 'N'] },
      { name: 'rows', direction: 'in', type: 'i32', shape: ['B'] },
      { name: 'y', direction: 'out', type: 'f32', shape: ['B', 'N'] },
    ],
    attributes: [],
    work: ['B*N'],
    tolerance: 0,
  },
  state_store: {
    code: 9,
    summary:
      'slab[rows[b]] = x[b]; rows[b] = −1 drops the row. All indices are checked before anything is written',
    variables: ['S', 'N', 'B'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['B', 'N'] },
      { name: 'rows', direction: 'in', type: 'i32', shape: ['B'] },
      { name: 'slab', direction: 'inout', type: 'f32', shape: ['S', 'N'] },
    ],
    attributes: [],
    work: ['B*N'],
    tolerance: 0,
  },
  reduce_sum: {
    code: 10,
    summary: 'y[o, i] = Σₙ x[o, n, i], accumulated in float64',
    variables: ['O', 'N', 'I'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['O', 'N', 'I'] },
      { name: 'y', direction: 'out', type: 'f32', shape: ['O', 'I'] },
    ],
    attributes: [],
    work: ['O*N*I'],
    tolerance: 1e-6,
  },
  broadcast: {
    code: 11,
    summary: 'y[o, n, i] = x[o, i]',
    variables: ['O', 'I', 'N'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['O', 'I'] },
      { name: 'y', direction: 'out', type: 'f32', shape: ['O', 'N', 'I'] },
    ],
    attributes: [],
    work: ['O*N*I'],
    tolerance: 0,
  },
  gather: {
    code: 12,
    summary: 'y[n] = table[indices[n]]; an index outside 0 … V − 1 ends the run (indexOutOfRange)',
    variables: ['V', 'E', 'N'],
    operands: [
      { name: 'table', direction: 'in', type: 'f32', shape: ['V', 'E'] },
      { name: 'indices', direction: 'in', type: 'i32', shape: ['...N'] },
      { name: 'y', direction: 'out', type: 'f32', shape: ['...N', 'E'] },
    ],
    attributes: [],
    work: ['N*E'],
    tolerance: 0,
  },
  gather_backward: {
    code: 13,
    summary:
      'dTable = 0, then dTable[indices[n]] += dy[n] in the order of n; indices are checked as in gather',
    variables: ['N', 'E', 'V'],
    operands: [
      { name: 'indices', direction: 'in', type: 'i32', shape: ['...N'] },
      { name: 'dy', direction: 'in', type: 'f32', shape: ['...N', 'E'] },
      { name: 'dTable', direction: 'out', type: 'f32', shape: ['V', 'E'] },
    ],
    attributes: [],
    work: ['N*E', 'V*E'],
    tolerance: 1e-5,
  },
} as const satisfies Record<string, InstructionSpecification>
