import type { InstructionSpecification } from '../specification.js'

/** Values that depend on data: which class, drawn how. No gradient flows through a choice. */
export const choices = {
  argmax: {
    code: 16,
    summary:
      'y[m] = the position of the largest of x[m], the first one where several are; a NaN counts as −∞',
    variables: ['M', 'N'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['...M', 'N'] },
      { name: 'y', direction: 'out', type: 'i32', shape: ['...M'] },
    ],
    attributes: [],
    work: ['M*N'],
    tolerance: 0,
  },
  one_hot: {
    code: 17,
    summary:
      'y[m, n] = 1 where n = indices[m], else 0; an index outside 0 … N − 1 ends the run (indexOutOfRange)',
    variables: ['M', 'N'],
    operands: [
      { name: 'indices', direction: 'in', type: 'i32', shape: ['...M'] },
      { name: 'y', direction: 'out', type: 'f32', shape: ['...M', 'N'] },
    ],
    attributes: [],
    work: ['M*N'],
    tolerance: 0,
  },
  random_uniform: {
    code: 18,
    summary:
      'y[t, b] in [0, 1): the Philox word of (row b, time t, feature 0), counted as in dropout, ∕ 2³², rounded down to 24 bits',
    variables: ['T', 'B'],
    operands: [{ name: 'y', direction: 'out', type: 'f32', shape: ['T', 'B'] }],
    attributes: [
      { name: 'site', kind: 'integer', minimum: -0x80000000, maximum: 0x7fffffff },
      { name: 'seed', kind: 'scalar' },
      { name: 'run', kind: 'scalar' },
    ],
    work: ['T*B'],
    tolerance: 0,
  },
  sample_categorical: {
    code: 19,
    summary:
      'y[m] = the first n with Σₖ₌₀…ₙ pₖ > uniform[m], p = softmax(logits[m]), summed in float64; the last class of a probability where rounding leaves none',
    variables: ['M', 'N'],
    operands: [
      { name: 'logits', direction: 'in', type: 'f32', shape: ['...M', 'N'] },
      { name: 'uniform', direction: 'in', type: 'f32', shape: ['...M'] },
      { name: 'y', direction: 'out', type: 'i32', shape: ['...M'] },
    ],
    attributes: [],
    work: ['M*N'],
    tolerance: 0,
  },
} as const satisfies Record<string, InstructionSpecification>
