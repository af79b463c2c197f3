import type { InstructionSpecification } from '../specification.js'

/** Recurrences without a product in their loop. States, directions, lengths and absent operands are those of the recurrent cells. */
export const linear = {
  linear_recurrence: {
    code: 74,
    summary:
      'hₜ = aₜ ∗ hₜ₋₁ + bₜ; convex 1: hₜ = aₜ ∗ hₜ₋₁ + (1 − aₜ) ∗ bₜ. a and b of masked steps are not looked at',
    variables: ['T', 'B', 'H'],
    operands: [
      { name: 'a', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'] },
      { name: 'b', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'] },
      { name: 'initialH', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
      { name: 'h', direction: 'out', type: 'f32', shape: ['T+1', 'B', 'H'] },
    ],
    attributes: [
      { name: 'reverse', kind: 'integer', minimum: 0, maximum: 1 },
      { name: 'convex', kind: 'integer', minimum: 0, maximum: 1 },
    ],
    work: ['T*B*H'],
    tolerance: 1e-5,
  },
  linear_recurrence_backward: {
    code: 75,
    summary: 'gradients of linear_recurrence; b is looked at where convex is 1',
    variables: ['T', 'B', 'H'],
    operands: [
      { name: 'a', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'] },
      { name: 'b', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'] },
      { name: 'h', direction: 'in', type: 'f32', shape: ['T+1', 'B', 'H'] },
      { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
      { name: 'dy', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'], optional: true },
      { name: 'dFinalH', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'da', direction: 'out', type: 'f32', shape: ['T', 'B', 'H'], optional: true, inPlaceOf: 'a' },
      { name: 'db', direction: 'out', type: 'f32', shape: ['T', 'B', 'H'], optional: true, inPlaceOf: 'dy' },
      { name: 'dInitialH', direction: 'out', type: 'f32', shape: ['B', 'H'], optional: true },
    ],
    attributes: [
      { name: 'reverse', kind: 'integer', minimum: 0, maximum: 1 },
      { name: 'convex', kind: 'integer', minimum: 0, maximum: 1 },
    ],
    work: ['T*B*H'],
    tolerance: 1e-4,
  },
} as const satisfies Record<string, InstructionSpecification>
