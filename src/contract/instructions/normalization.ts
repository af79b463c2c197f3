import type { InstructionSpecification } from '../specification.js'

/** Normalisation of rows. Means and variances are accumulated in float64. */
export const normalization = {
  layer_norm: {
    code: 102,
    summary:
      'μ and σ² = mean and mean squared deviation of x[m], r = 1 ∕ √(σ² + epsilon); y = (x − μ) · r ∗ scale + shift (Ba et al. 2016); statistics[m] = [μ, r]. An absent scale is 1, an absent shift 0',
    variables: ['M', 'N'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['M', 'N'] },
      { name: 'scale', direction: 'in', type: 'f32', shape: ['N'], optional: true },
      { name: 'shift', direction: 'in', type: 'f32', shape: ['N'], optional: true },
      { name: 'y', direction: 'out', type: 'f32', shape: ['M', 'N'] },
      { name: 'statistics', direction: 'out', type: 'f32', shape: ['M', '2'] },
    ],
    attributes: [{ name: 'epsilon', kind: 'float' }],
    work: ['M*N', 'M*N'],
    tolerance: 1e-5,
  },
  layer_norm_backward: {
    code: 103,
    summary:
      'With u = (x − μ) · r and g = dy ∗ scale: dx = r · (g − mean g − u · mean(g ∗ u)) over each row, dScale = Σ dy ∗ u and dShift = Σ dy over all rows',
    variables: ['M', 'N'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['M', 'N'] },
      { name: 'scale', direction: 'in', type: 'f32', shape: ['N'], optional: true },
      { name: 'statistics', direction: 'in', type: 'f32', shape: ['M', '2'] },
      { name: 'dy', direction: 'in', type: 'f32', shape: ['M', 'N'] },
      { name: 'dx', direction: 'out', type: 'f32', shape: ['M', 'N'] },
      { name: 'dScale', direction: 'out', type: 'f32', shape: ['N'], optional: true },
      { name: 'dShift', direction: 'out', type: 'f32', shape: ['N'], optional: true },
    ],
    attributes: [],
    work: ['M*N', 'M*N', 'M*N'],
    tolerance: 1e-4,
  },
} as const satisfies Record<string, InstructionSpecification>
