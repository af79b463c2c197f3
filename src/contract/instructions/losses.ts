import type { InstructionSpecification } from '../specification.js'

/** Which steps are valid, and how much they count. */
const valid = [
  { name: 'weights', direction: 'in', type: 'f32', shape: ['T', 'B'], optional: true },
  { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
] as const

const sums = [
  { name: 'loss', direction: 'out', type: 'f64', shape: ['2'] },
  { name: 'weight', direction: 'out', type: 'f32', shape: ['1'] },
] as const

const hits = [{ name: 'hits', direction: 'out', type: 'f64', shape: ['2'] }] as const

/**
 * Losses: sums over valid steps. A step is valid where t < lengths[b] and its weight is not 0; absent weights are 1.
 * loss = [Σ w · ℓ, Σ w], accumulated in float64; weight = Σ w as float32. What is not valid is not looked at, its gradient is 0.
 * Backward gives the gradient of the sum, upstream gradient 1.
 *
 * Accuracies are sums over the same steps: hits = [Σ w · a, Σ w], a from 0 to 1.
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
      ...valid,
      ...sums,
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
      ...valid,
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
      ...valid,
      ...sums,
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
      ...valid,
      { name: 'dPrediction', direction: 'out', type: 'f32', shape: ['T', 'B', 'F'], inPlaceOf: 'prediction' },
    ],
    attributes: [],
    work: ['T*B*F'],
    tolerance: 1e-5,
  },
  absolute_error: {
    code: 64,
    summary:
      'ℓ = mean over the F features of h(prediction − target): h(d) = |d| where delta is 0, otherwise ½ d² where |d| ≤ delta and delta · (|d| − ½ delta) beyond (Huber 1964)',
    variables: ['T', 'B', 'F'],
    operands: [
      { name: 'prediction', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'targets', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      ...valid,
      ...sums,
    ],
    attributes: [{ name: 'delta', kind: 'float' }],
    work: ['T*B*F'],
    tolerance: 1e-5,
  },
  absolute_error_backward: {
    code: 65,
    summary:
      'dPrediction = w ∕ F · h′(prediction − target): h′(d) = sign d where delta is 0, otherwise d limited to ± delta',
    variables: ['T', 'B', 'F'],
    operands: [
      { name: 'prediction', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'targets', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      ...valid,
      { name: 'dPrediction', direction: 'out', type: 'f32', shape: ['T', 'B', 'F'], inPlaceOf: 'prediction' },
    ],
    attributes: [{ name: 'delta', kind: 'float' }],
    work: ['T*B*F'],
    tolerance: 1e-5,
  },
  binary_cross_entropy: {
    code: 66,
    summary:
      'ℓ = mean over the F features (their sum where `sum` is 1) of max(x, 0) − x · target + ln(1 + exp −|x|), x the logits: −target · ln σ(x) − (1 − target) · ln(1 − σ(x))',
    variables: ['T', 'B', 'F'],
    operands: [
      { name: 'logits', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'targets', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      ...valid,
      ...sums,
    ],
    attributes: [{ name: 'sum', kind: 'integer', minimum: 0, maximum: 1 }],
    work: ['T*B*F'],
    tolerance: 1e-5,
  },
  binary_cross_entropy_backward: {
    code: 67,
    summary: 'dLogits = w · (σ(logits) − target), divided by F unless `sum` is 1',
    variables: ['T', 'B', 'F'],
    operands: [
      { name: 'logits', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'targets', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      ...valid,
      { name: 'dLogits', direction: 'out', type: 'f32', shape: ['T', 'B', 'F'], inPlaceOf: 'logits' },
    ],
    attributes: [{ name: 'sum', kind: 'integer', minimum: 0, maximum: 1 }],
    work: ['T*B*F'],
    tolerance: 1e-5,
  },
  categorical_cross_entropy: {
    code: 68,
    summary:
      'ℓ = Σ over classes of target · (logNormalizer − logits), as in softmax_cross_entropy; a class whose target is 0 adds nothing, whatever its logit',
    variables: ['T', 'B', 'F'],
    operands: [
      { name: 'logits', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'targets', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      ...valid,
      ...sums,
      { name: 'logNormalizer', direction: 'out', type: 'f32', shape: ['T', 'B'] },
    ],
    attributes: [],
    work: ['T*B*F'],
    tolerance: 1e-5,
  },
  categorical_cross_entropy_backward: {
    code: 69,
    summary: 'dLogits = w · (exp(logits − logNormalizer) · Σ targets − target)',
    variables: ['T', 'B', 'F'],
    operands: [
      { name: 'logits', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'targets', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      ...valid,
      { name: 'logNormalizer', direction: 'in', type: 'f32', shape: ['T', 'B'] },
      { name: 'dLogits', direction: 'out', type: 'f32', shape: ['T', 'B', 'F'], inPlaceOf: 'logits' },
    ],
    attributes: [],
    work: ['T*B*F'],
    tolerance: 1e-5,
  },
  sparse_top_k_accuracy: {
    code: 119,
    summary:
      'a = 1 where fewer than k classes come before the target: they are greater, or equal and earlier, or NaN. A target at NaN is no hit. Targets outside 0 … F − 1 at valid steps end the run (indexOutOfRange)',
    variables: ['T', 'B', 'F'],
    operands: [
      { name: 'prediction', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'targets', direction: 'in', type: 'i32', shape: ['T', 'B'] },
      ...valid,
      ...hits,
    ],
    attributes: [{ name: 'k', kind: 'integer', minimum: 1, maximum: 0x7fffffff }],
    work: ['T*B*F'],
    tolerance: 1e-6,
  },
  top_k_accuracy: {
    code: 120,
    summary: 'As sparse_top_k_accuracy; the target is the first of the greatest entries of targets',
    variables: ['T', 'B', 'F'],
    operands: [
      { name: 'prediction', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'targets', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      ...valid,
      ...hits,
    ],
    attributes: [{ name: 'k', kind: 'integer', minimum: 1, maximum: 0x7fffffff }],
    work: ['T*B*F'],
    tolerance: 1e-6,
  },
  binary_accuracy: {
    code: 121,
    summary:
      'a = share of the F features where prediction > threshold and target is 1, or prediction ≤ threshold and target is 0',
    variables: ['T', 'B', 'F'],
    operands: [
      { name: 'prediction', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      { name: 'targets', direction: 'in', type: 'f32', shape: ['T', 'B', 'F'] },
      ...valid,
      ...hits,
    ],
    attributes: [{ name: 'threshold', kind: 'float' }],
    work: ['T*B*F'],
    tolerance: 1e-6,
  },
} as const satisfies Record<string, InstructionSpecification>
