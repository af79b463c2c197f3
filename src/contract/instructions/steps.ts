import type { InstructionSpecification } from '../specification.js'

/** Steps of sequences, chosen by masks: 1 where a step is valid. Time is the first axis. */
export const steps = {
  step_mask: {
    code: 96,
    summary:
      'y[m] = 1 where some x[m, n] ≠ value, and prior[m] ≠ 0 where there is one; else 0. NaN differs from everything',
    variables: ['M', 'N'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['M', 'N'] },
      { name: 'prior', direction: 'in', type: 'i32', shape: ['M'], optional: true },
      { name: 'y', direction: 'out', type: 'i32', shape: ['M'] },
    ],
    attributes: [{ name: 'value', kind: 'float' }],
    work: ['M*N'],
    tolerance: 0,
  },
  mask_order: {
    code: 97,
    summary:
      'Where the valid steps of each row go when they are moved to the front, and back. order[k, b] = the k-th valid step, −1 beyond them; lengths[b] = their number; forward[t, b] = how many of 0 … t are valid; backward[t, b] = the same, and one more where t is not valid: the next valid step, counted from 1',
    variables: ['T', 'B'],
    operands: [
      { name: 'mask', direction: 'in', type: 'i32', shape: ['T', 'B'] },
      { name: 'order', direction: 'out', type: 'i32', shape: ['T', 'B'] },
      { name: 'lengths', direction: 'out', type: 'i32', shape: ['B'] },
      { name: 'forward', direction: 'out', type: 'i32', shape: ['T', 'B'] },
      { name: 'backward', direction: 'out', type: 'i32', shape: ['T', 'B'] },
    ],
    attributes: [],
    work: ['T*B'],
    tolerance: 0,
  },
  gather_steps: {
    code: 98,
    summary:
      'y[t, b] = x[steps[t, b] + shift, b]; zeros where that is −1. Other steps outside 0 … S − 1 end the run (indexOutOfRange)',
    variables: ['S', 'B', 'N', 'T'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['S', 'B', 'N'] },
      { name: 'steps', direction: 'in', type: 'i32', shape: ['T', 'B'] },
      { name: 'y', direction: 'out', type: 'f32', shape: ['T', 'B', 'N'] },
    ],
    attributes: [{ name: 'shift', kind: 'integer', minimum: -1, maximum: 0 }],
    work: ['T*B*N'],
    tolerance: 0,
  },
  gather_steps_backward: {
    code: 99,
    summary:
      'dx = 0, then dx[steps[t, b] + shift, b] += dy[t, b] in the order of t; steps are checked as in gather_steps',
    variables: ['T', 'B', 'N', 'S'],
    operands: [
      { name: 'steps', direction: 'in', type: 'i32', shape: ['T', 'B'] },
      { name: 'dy', direction: 'in', type: 'f32', shape: ['T', 'B', 'N'] },
      { name: 'dx', direction: 'out', type: 'f32', shape: ['S', 'B', 'N'] },
    ],
    attributes: [{ name: 'shift', kind: 'integer', minimum: -1, maximum: 0 }],
    work: ['T*B*N', 'S*B*N'],
    tolerance: 1e-5,
  },
  max_steps: {
    code: 100,
    summary:
      'y[b, n] = the largest x[t, b, n] of the valid steps, 0 where there is none; NaN is larger than everything',
    variables: ['T', 'B', 'N'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['T', 'B', 'N'] },
      { name: 'mask', direction: 'in', type: 'i32', shape: ['T', 'B'], optional: true },
      { name: 'y', direction: 'out', type: 'f32', shape: ['B', 'N'] },
    ],
    attributes: [],
    work: ['T*B*N'],
    tolerance: 0,
  },
  max_steps_backward: {
    code: 101,
    summary: 'dx[t, b, n] = dy[b, n] at the first valid step where x[t, b, n] = y[b, n], else 0',
    variables: ['T', 'B', 'N'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['T', 'B', 'N'] },
      { name: 'mask', direction: 'in', type: 'i32', shape: ['T', 'B'], optional: true },
      { name: 'y', direction: 'in', type: 'f32', shape: ['B', 'N'] },
      { name: 'dy', direction: 'in', type: 'f32', shape: ['B', 'N'] },
      { name: 'dx', direction: 'out', type: 'f32', shape: ['T', 'B', 'N'] },
    ],
    attributes: [],
    work: ['T*B*N'],
    tolerance: 1e-6,
  },
} as const satisfies Record<string, InstructionSpecification>
