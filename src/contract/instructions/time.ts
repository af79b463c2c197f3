import type { InstructionSpecification } from '../specification.js'

/** Time axes of another length. lengths outside 0 … the longer of both axes end the run (indexOutOfRange). */
export const time = {
  resize_time: {
    code: 110,
    summary:
      'y[t, b] = x[t, b] where t < T and t < lengths[b], else 0: a sequence cut off or padded, masked steps cleared. Its own derivative',
    variables: ['T', 'S', 'B', 'N'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['T', 'B', '...N'] },
      { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
      { name: 'y', direction: 'out', type: 'f32', shape: ['S', 'B', '...N'] },
    ],
    attributes: [],
    work: ['S*B*N'],
    tolerance: 0,
  },
  part_lengths: {
    code: 111,
    summary:
      'y[d, b] = ⌈(lengths[b] − d) ∕ D⌉, at least 0: how many of the steps d, d + D, d + 2 · D … are valid. Without lengths all T steps of x are; nothing else of x is looked at',
    variables: ['T', 'B', 'N', 'D'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['T', 'B', '...N'] },
      { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
      { name: 'y', direction: 'out', type: 'i32', shape: ['D', 'B'] },
    ],
    attributes: [],
    work: ['D*B'],
    tolerance: 0,
  },
} as const satisfies Record<string, InstructionSpecification>
