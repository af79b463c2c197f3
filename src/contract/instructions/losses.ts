import type { InstructionSpecification } from '../specification.js'

/**
 * Losses: sums over valid steps. A step is valid where t < lengths[b] and its weight is not 0; absent weights are 1.
 * loss = [Σ w · ℓ, Σ w], accumulated in float64; weight = Σ w as float32. What is not valid is not looked at, its gradient is 0.
 * Backward gives the gradient of the sum, upstream gradient 1.
 */
export const losses = {
  softmax_cross_entropy: {
    code: 60,
    summary:
      'ℓ = logNormalizer − logits[target], logNormalizer = ln Σ exp(logits), computed with the maximum taken out. Targets outside 0 … F − 1 at valid steps end the run (indexOutOfRange)',
    variables: ['T', 'B', 'F'],
    operands: [
      { name: 'logits', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'targets', direction: 'in', type: 'i32', shape: ['T', 'B'] },
      { name: 'weights', direction: 'in', type: 'f32', shape: ['T', 'B'], optional: true },
      { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
      { name: 'loss', direction: 'out', type: 'f64', shape: ['2'] },
      { name: 'weight', direction: 'out', type: 'f32', shape: ['1'] },
      { name: 'logNormalizer', direction: 'out', type: 'f32', shape: ['T', 'B'] },
    ],
    attributes: [],
    work: ['T*B*F'],
    tolerance: 1e-5,
  },
  softmax_cross_entropy_backward: {
    code: 61,
    summary: 'dLogits = w · (exp(logits − logNormalizer) − onehot(target))',
    variables: ['T', 'B', 'F'],
    operands: [
      { name: 'logits', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'targets', direction: 'in', type: 'i32', shape: ['T', 'B'] },
      { name: 'weights', direction: 'in', type: 'f32', shape: ['T', 'B'], optional: true },
      { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
      { name: 'logNormalizer', direction: 'in', type: 'f32', shape: ['T', 'B'] },
      { name: 'dLogits', direction: 'out', type: 'f32', shape: ['T', 'B', 'F'], inPlaceOf: 'logits' },
    ],
    attributes: [],
    work: ['T*B*F'],
    tolerance: 1e-5,
  },
  squared_error: {
    code: 62,
    summary: 'ℓ = mean over the F features of (prediction − target)²',
    variables: ['T', 'B', 'F'],
    operands: [
      { name: 'prediction', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'targets', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'weights', direction: 'in', type: 'f32', shape: ['T', 'B'], optional: true },
      { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
      { name: 'loss', direction: 'out', type: 'f64', shape: ['2'] },
      { name: 'weight', direction: 'out', type: 'f32', shape: ['1'] },
    ],
    attributes: [],
    work: ['T*B*F'],
    tolerance: 1e-5,
  },
  squared_error_backward: {
    code: 63,
    summary: 'dPrediction = w · 2 ∕ F · (prediction − target)',
    variables: ['T', 'B', 'F'],
    operands: [
      { name: 'prediction', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'targets', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'weights', direction: 'in', type: 'f32', shape: ['T', 'B'], optional: true },
      { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
      { name: 'dPrediction', direction: 'out', type: 'f32', shape: ['T', 'B', 'F'], inPlaceOf: 'prediction' },
    ],
    attributes: [],
    work: ['T*B*F'],
    tolerance: 1e-5,
  },
} as const satisfies Record<string, InstructionSpecification>
