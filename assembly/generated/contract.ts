// Generated from src/contract by scripts/generate.ts. Do not edit.

export const contractHash: i32 = -567422345

export const enum Instruction {
  fill = 1,
  copy = 2,
  transpose = 3,
  slice = 4,
  slice_backward = 5,
  concat = 6,
  reverse_time = 7,
  state_load = 8,
  state_store = 9,
  reduce_sum = 10,
  broadcast = 11,
  gather = 12,
  gather_backward = 13,
  select = 14,
  sequence_mask = 15,
  argmax = 16,
  one_hot = 17,
  random_uniform = 18,
  sample_categorical = 19,
  add = 20,
  subtract = 21,
  multiply = 22,
  divide = 23,
  affine = 24,
  tanh = 25,
  tanh_backward = 26,
  sigmoid = 27,
  sigmoid_backward = 28,
  relu = 29,
  relu_backward = 30,
  exp = 31,
  log = 32,
  clip = 86,
  clip_backward = 87,
  softplus = 88,
  softmax = 33,
  log_softmax = 38,
  softmax_backward = 34,
  dropout = 35,
  maximum = 36,
  maximum_backward = 37,
  matmul = 40,
  matmul_transpose_a = 41,
  matmul_transpose_b = 42,
  batch_matmul = 43,
  batch_matmul_transpose_a = 44,
  batch_matmul_transpose_b = 45,
  step_mask = 96,
  mask_order = 97,
  gather_steps = 98,
  gather_steps_backward = 99,
  max_steps = 100,
  max_steps_backward = 101,
  layer_norm = 102,
  layer_norm_backward = 103,
  rnn = 50,
  rnn_backward = 51,
  lstm = 52,
  lstm_backward = 53,
  lstm_coupled = 56,
  lstm_coupled_backward = 57,
  gru = 54,
  gru_backward = 55,
  linear_recurrence = 74,
  linear_recurrence_backward = 75,
  resize_time = 110,
  part_lengths = 111,
  softmax_cross_entropy = 60,
  softmax_cross_entropy_backward = 61,
  squared_error = 62,
  squared_error_backward = 63,
  absolute_error = 64,
  absolute_error_backward = 65,
  binary_cross_entropy = 66,
  binary_cross_entropy_backward = 67,
  categorical_cross_entropy = 68,
  categorical_cross_entropy_backward = 69,
  sparse_top_k_accuracy = 119,
  top_k_accuracy = 120,
  binary_accuracy = 121,
  penalty = 122,
  gradient_norm = 70,
  sgd = 71,
  rmsprop = 72,
  adam = 73,
  unfold = 76,
  fold = 77,
  max_pool = 78,
  max_pool_backward = 79,
  average_pool = 80,
  average_pool_backward = 81,
}

export const enum Status {
  ok = 0,
  aborted = 1,
  nonFinite = 2,
  emptyBatch = 3,
  indexOutOfRange = 4,
  dimensionOutOfRange = 5,
  invalidProgram = 6,
  workLimit = 7,
  outOfMemory = 8,
}

export const enum Precision {
  float32 = 0,
  bfloat16 = 1,
  int8 = 2,
}

/** y = value */
export namespace Fill {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function value(row: usize): f32 { return load<f32>(row, 16) }
}

/** y = x */
export namespace Copy {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 16) }
}

/** y[b, a, …] = x[a, b, …]: batch-major to time-major and back */
export namespace Transpose {
  // @ts-ignore: decorator
  @inline export function A(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 24) }
}

/** y[o, m, i] = x[o, start + m, i] */
export namespace Slice {
  // @ts-ignore: decorator
  @inline export function O(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function start(row: usize): i32 { return load<i32>(row, 32) }
}

/** dx = 0 except dx[o, start + m, i] = dy[o, m, i] */
export namespace SliceBackward {
  // @ts-ignore: decorator
  @inline export function O(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function start(row: usize): i32 { return load<i32>(row, 32) }
}

/** y = a and b joined along the middle axis */
export namespace Concat {
  // @ts-ignore: decorator
  @inline export function O(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 32) }
}

/** y[t] = x[T − 1 − t], over the padded axis */
export namespace ReverseTime {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 20) }
}

/** y[b] = slab[rows[b]]; zeros where rows[b] is −1. Other values outside 0 … S − 1 end the run (indexOutOfRange) */
export namespace StateLoad {
  // @ts-ignore: decorator
  @inline export function S(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function slab(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function rows(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 28) }
}

/** slab[rows[b]] = x[b]; rows[b] = −1 drops the row. All indices are checked before anything is written */
export namespace StateStore {
  // @ts-ignore: decorator
  @inline export function S(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function rows(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function slab(row: usize): usize { return load<u32>(row, 28) }
}

/** y[o, i] = Σₙ x[o, n, i], accumulated in float64 */
export namespace ReduceSum {
  // @ts-ignore: decorator
  @inline export function O(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 24) }
}

/** y[o, n, i] = x[o, i] */
export namespace Broadcast {
  // @ts-ignore: decorator
  @inline export function O(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 24) }
}

/** y[n] = table[indices[n]]; an index outside 0 … V − 1 ends the run (indexOutOfRange) */
export namespace Gather {
  // @ts-ignore: decorator
  @inline export function V(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function E(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function table(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function indices(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 28) }
}

/** dTable = 0, then dTable[indices[n]] += dy[n] in the order of n; indices are checked as in gather */
export namespace GatherBackward {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function E(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function V(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function indices(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function dTable(row: usize): usize { return load<u32>(row, 28) }
}

/** y[b] = a[b] where condition[b] is not 0, else b[b]; what is absent is zeros */
export namespace Select {
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function condition(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 28) }
}

/** y[t, b] = 1 where t < lengths[b], else 0; lengths outside 0 … T end the run (indexOutOfRange) */
export namespace SequenceMask {
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 20) }
}

/** y[m] = the position of the largest of x[m], the first one where several are; a NaN counts as −∞ */
export namespace Argmax {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 20) }
}

/** y[m, n] = 1 where n = indices[m], else 0; an index outside 0 … N − 1 ends the run (indexOutOfRange) */
export namespace OneHot {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function indices(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 20) }
}

/** y[t, b] in [0, 1): the Philox word of (row b, time t, feature 0), counted as in dropout, ∕ 2³², rounded down to 24 bits */
export namespace RandomUniform {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function site(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function seed(row: usize): f64 { return load<f64>(load<u32>(row, 24)) }
  // @ts-ignore: decorator
  @inline export function run(row: usize): f64 { return load<f64>(load<u32>(row, 28)) }
}

/** y[m] = the first n with Σₖ₌₀…ₙ pₖ > uniform[m], p = softmax(logits[m]), summed in float64; the last class of a probability where rounding leaves none */
export namespace SampleCategorical {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function logits(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function uniform(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 24) }
}

/** y[m, n] = a[m, n] + b[n]; equal shapes are M = 1 */
export namespace Add {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 24) }
}

/** y[m, n] = a[m, n] − b[n]; equal shapes are M = 1 */
export namespace Subtract {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 24) }
}

/** y[m, n] = a[m, n] ∗ b[n]; equal shapes are M = 1 */
export namespace Multiply {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 24) }
}

/** y[m, n] = a[m, n] ∕ b[n]; equal shapes are M = 1 */
export namespace Divide {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 24) }
}

/** y = scale · x + shift */
export namespace Affine {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function scale(row: usize): f32 { return load<f32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function shift(row: usize): f32 { return load<f32>(row, 24) }
}

/** y = tanh x */
export namespace Tanh {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 16) }
}

/** dx = dy · (1 − y²) */
export namespace TanhBackward {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 20) }
}

/** y = 1 ∕ (1 + exp −x) */
export namespace Sigmoid {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 16) }
}

/** dx = dy · y · (1 − y) */
export namespace SigmoidBackward {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 20) }
}

/** y = 0 where x < 0, else x: NaN stays */
export namespace Relu {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 16) }
}

/** dx = dy where y > 0, else 0 */
export namespace ReluBackward {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 20) }
}

/** y = exp x (relative accuracy; overflow is +∞) */
export namespace Exp {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 16) }
}

/** y = ln x */
export namespace Log {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 16) }
}

/** y = x limited to low … high: NaN stays */
export namespace Clip {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function low(row: usize): f32 { return load<f32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function high(row: usize): f32 { return load<f32>(row, 24) }
}

/** dx = dy where low < y < high, else 0 */
export namespace ClipBackward {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function low(row: usize): f32 { return load<f32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function high(row: usize): f32 { return load<f32>(row, 28) }
}

/** y = ln(1 + exp x), as max(x, 0) + ln(1 + exp −|x|) */
export namespace Softplus {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 16) }
}

/** y[m] = exp(x[m] − max x[m]) ∕ Σ, over the last axis */
export namespace Softmax {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 20) }
}

/** y[m] = x[m] − ln Σ exp(x[m]), over the last axis, computed with the maximum taken out */
export namespace LogSoftmax {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 20) }
}

/** dx[m, n] = y[m, n] · (dy[m, n] − Σₖ dy[m, k] · y[m, k]) */
export namespace SoftmaxBackward {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 24) }
}

/** y = x ∕ (1 − rate) where the Philox word of (row b, time t, feature f) is ≥ ⌊rate · 2³²⌋, else 0. Its own derivative. Word: lane f mod 4 of Philox4x32-10 with counter (⌊f ∕ 4⌋, t, b, run) and key (seed, site); rate 0 copies */
export namespace Dropout {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function F(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function site(row: usize): i32 { return load<i32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function rate(row: usize): f64 { return load<f64>(load<u32>(row, 32)) }
  // @ts-ignore: decorator
  @inline export function seed(row: usize): f64 { return load<f64>(load<u32>(row, 36)) }
  // @ts-ignore: decorator
  @inline export function run(row: usize): f64 { return load<f64>(load<u32>(row, 40)) }
}

/** y = a where a ≥ b, else b */
export namespace Maximum {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 20) }
}

/** da = dy where a ≥ b, else 0; what is left of dy is the gradient of b */
export namespace MaximumBackward {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function da(row: usize): usize { return load<u32>(row, 24) }
}

/** y = a · b (+ bias on every row) */
export namespace Matmul {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function K(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function bias(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function precision(row: usize): i32 { return load<i32>(row, 36) }
}

/** y = aᵀ · b: the gradient of weights */
export namespace MatmulTransposeA {
  // @ts-ignore: decorator
  @inline export function K(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function precision(row: usize): i32 { return load<i32>(row, 32) }
}

/** y = a · bᵀ: the gradient of inputs */
export namespace MatmulTransposeB {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function K(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function precision(row: usize): i32 { return load<i32>(row, 32) }
}

/** y[l] = a[l] · b[l]: a product for each pair of matrices */
export namespace BatchMatmul {
  // @ts-ignore: decorator
  @inline export function L(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function K(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 32) }
}

/** y[l] = a[l]ᵀ · b[l] */
export namespace BatchMatmulTransposeA {
  // @ts-ignore: decorator
  @inline export function L(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function K(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 32) }
}

/** y[l] = a[l] · b[l]ᵀ */
export namespace BatchMatmulTransposeB {
  // @ts-ignore: decorator
  @inline export function L(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function K(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 32) }
}

/** y[m] = 1 where some x[m, n] ≠ value, and prior[m] ≠ 0 where there is one; else 0. NaN differs from everything */
export namespace StepMask {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function prior(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function value(row: usize): f32 { return load<f32>(row, 28) }
}

/** Where the valid steps of each row go when they are moved to the front, and back. order[k, b] = the k-th valid step, −1 beyond them; lengths[b] = their number; forward[t, b] = how many of 0 … t are valid; backward[t, b] = the same, and one more where t is not valid: the next valid step, counted from 1 */
export namespace MaskOrder {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function mask(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function order(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function forward(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function backward(row: usize): usize { return load<u32>(row, 32) }
}

/** y[t, b] = x[steps[t, b] + shift, b]; zeros where that is −1. Other steps outside 0 … S − 1 end the run (indexOutOfRange) */
export namespace GatherSteps {
  // @ts-ignore: decorator
  @inline export function S(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function steps(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function shift(row: usize): i32 { return load<i32>(row, 36) }
}

/** dx = 0, then dx[steps[t, b] + shift, b] += dy[t, b] in the order of t; steps are checked as in gather_steps */
export namespace GatherStepsBackward {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function S(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function steps(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function shift(row: usize): i32 { return load<i32>(row, 36) }
}

/** y[b, n] = the largest x[t, b, n] of the valid steps, 0 where there is none; NaN is larger than everything */
export namespace MaxSteps {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function mask(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 28) }
}

/** dx[t, b, n] = dy[b, n] at the first valid step where x[t, b, n] = y[b, n], else 0 */
export namespace MaxStepsBackward {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function mask(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 36) }
}

/** μ and σ² = mean and mean squared deviation of x[m], r = 1 ∕ √(σ² + epsilon); y = (x − μ) · r ∗ scale + shift (Ba et al. 2016); statistics[m] = [μ, r]. An absent scale is 1, an absent shift 0 */
export namespace LayerNorm {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function scale(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function shift(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function statistics(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function epsilon(row: usize): f32 { return load<f32>(row, 36) }
}

/** With u = (x − μ) · r and g = dy ∗ scale: dx = r · (g − mean g − u · mean(g ∗ u)) over each row, dScale = Σ dy ∗ u and dShift = Σ dy over all rows */
export namespace LayerNormBackward {
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function scale(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function statistics(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function dScale(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function dShift(row: usize): usize { return load<u32>(row, 40) }
}

/** hₜ = f(xₜ · kernel + hₜ₋₁ · recurrentKernel + bias); activation f: 0 tanh, 1 relu, 2 identity */
export namespace Rnn {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function H(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function kernel(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function recurrentKernel(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function bias(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function initialH(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function recurrentMask(row: usize): usize { return load<u32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function updateH(row: usize): usize { return load<u32>(row, 52) }
  // @ts-ignore: decorator
  @inline export function h(row: usize): usize { return load<u32>(row, 56) }
  // @ts-ignore: decorator
  @inline export function reverse(row: usize): i32 { return load<i32>(row, 60) }
  // @ts-ignore: decorator
  @inline export function activation(row: usize): i32 { return load<i32>(row, 64) }
  // @ts-ignore: decorator
  @inline export function zoneoutH(row: usize): f32 { return load<f32>(row, 68) }
  // @ts-ignore: decorator
  @inline export function precision(row: usize): i32 { return load<i32>(row, 72) }
}

/** gradients of rnn; derivatives of the activation are taken from h */
export namespace RnnBackward {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function H(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function kernel(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function recurrentKernel(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function h(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function recurrentMask(row: usize): usize { return load<u32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function updateH(row: usize): usize { return load<u32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 52) }
  // @ts-ignore: decorator
  @inline export function dFinalH(row: usize): usize { return load<u32>(row, 56) }
  // @ts-ignore: decorator
  @inline export function dGates(row: usize): usize { return load<u32>(row, 60) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 64) }
  // @ts-ignore: decorator
  @inline export function dKernel(row: usize): usize { return load<u32>(row, 68) }
  // @ts-ignore: decorator
  @inline export function dRecurrentKernel(row: usize): usize { return load<u32>(row, 72) }
  // @ts-ignore: decorator
  @inline export function dBias(row: usize): usize { return load<u32>(row, 76) }
  // @ts-ignore: decorator
  @inline export function dInitialH(row: usize): usize { return load<u32>(row, 80) }
  // @ts-ignore: decorator
  @inline export function dStates(row: usize): usize { return load<u32>(row, 84) }
  // @ts-ignore: decorator
  @inline export function reverse(row: usize): i32 { return load<i32>(row, 88) }
  // @ts-ignore: decorator
  @inline export function activation(row: usize): i32 { return load<i32>(row, 92) }
  // @ts-ignore: decorator
  @inline export function precision(row: usize): i32 { return load<i32>(row, 96) }
}

/** [i f g o] = xₜ · kernel + hₜ₋₁ · recurrentKernel + bias; cₜ = σ(f) ∗ cₜ₋₁ + σ(i) ∗ tanh(g); hₜ = σ(o) ∗ tanh(cₜ). peepholes [pᵢ p_f pₒ]: pᵢ ∗ cₜ₋₁, p_f ∗ cₜ₋₁ and pₒ ∗ cₜ are added to i, f and o. saved is absent where no backward follows */
export namespace Lstm {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function H(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function kernel(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function recurrentKernel(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function bias(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function peepholes(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function initialH(row: usize): usize { return load<u32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function initialC(row: usize): usize { return load<u32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 52) }
  // @ts-ignore: decorator
  @inline export function recurrentMask(row: usize): usize { return load<u32>(row, 56) }
  // @ts-ignore: decorator
  @inline export function updateH(row: usize): usize { return load<u32>(row, 60) }
  // @ts-ignore: decorator
  @inline export function updateC(row: usize): usize { return load<u32>(row, 64) }
  // @ts-ignore: decorator
  @inline export function h(row: usize): usize { return load<u32>(row, 68) }
  // @ts-ignore: decorator
  @inline export function c(row: usize): usize { return load<u32>(row, 72) }
  // @ts-ignore: decorator
  @inline export function saved(row: usize): usize { return load<u32>(row, 76) }
  // @ts-ignore: decorator
  @inline export function reverse(row: usize): i32 { return load<i32>(row, 80) }
  // @ts-ignore: decorator
  @inline export function zoneoutH(row: usize): f32 { return load<f32>(row, 84) }
  // @ts-ignore: decorator
  @inline export function zoneoutC(row: usize): f32 { return load<f32>(row, 88) }
  // @ts-ignore: decorator
  @inline export function precision(row: usize): i32 { return load<i32>(row, 92) }
}

/** gradients of lstm; saved is overwritten by the gradients of the gates */
export namespace LstmBackward {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function H(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function kernel(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function recurrentKernel(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function peepholes(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function h(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function c(row: usize): usize { return load<u32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function saved(row: usize): usize { return load<u32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 52) }
  // @ts-ignore: decorator
  @inline export function recurrentMask(row: usize): usize { return load<u32>(row, 56) }
  // @ts-ignore: decorator
  @inline export function updateH(row: usize): usize { return load<u32>(row, 60) }
  // @ts-ignore: decorator
  @inline export function updateC(row: usize): usize { return load<u32>(row, 64) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 68) }
  // @ts-ignore: decorator
  @inline export function dFinalH(row: usize): usize { return load<u32>(row, 72) }
  // @ts-ignore: decorator
  @inline export function dFinalC(row: usize): usize { return load<u32>(row, 76) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 80) }
  // @ts-ignore: decorator
  @inline export function dKernel(row: usize): usize { return load<u32>(row, 84) }
  // @ts-ignore: decorator
  @inline export function dRecurrentKernel(row: usize): usize { return load<u32>(row, 88) }
  // @ts-ignore: decorator
  @inline export function dBias(row: usize): usize { return load<u32>(row, 92) }
  // @ts-ignore: decorator
  @inline export function dPeepholes(row: usize): usize { return load<u32>(row, 96) }
  // @ts-ignore: decorator
  @inline export function dInitialH(row: usize): usize { return load<u32>(row, 100) }
  // @ts-ignore: decorator
  @inline export function dInitialC(row: usize): usize { return load<u32>(row, 104) }
  // @ts-ignore: decorator
  @inline export function dStates(row: usize): usize { return load<u32>(row, 108) }
  // @ts-ignore: decorator
  @inline export function reverse(row: usize): i32 { return load<i32>(row, 112) }
  // @ts-ignore: decorator
  @inline export function precision(row: usize): i32 { return load<i32>(row, 116) }
}

/** [f g o] = xₜ · kernel + hₜ₋₁ · recurrentKernel + bias; cₜ = σ(f) ∗ cₜ₋₁ + (1 − σ(f)) ∗ tanh(g); hₜ = σ(o) ∗ tanh(cₜ). peepholes [p_f pₒ]: p_f ∗ cₜ₋₁ and pₒ ∗ cₜ are added to f and o. saved is absent where no backward follows */
export namespace LstmCoupled {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function H(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function kernel(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function recurrentKernel(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function bias(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function peepholes(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function initialH(row: usize): usize { return load<u32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function initialC(row: usize): usize { return load<u32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 52) }
  // @ts-ignore: decorator
  @inline export function recurrentMask(row: usize): usize { return load<u32>(row, 56) }
  // @ts-ignore: decorator
  @inline export function updateH(row: usize): usize { return load<u32>(row, 60) }
  // @ts-ignore: decorator
  @inline export function updateC(row: usize): usize { return load<u32>(row, 64) }
  // @ts-ignore: decorator
  @inline export function h(row: usize): usize { return load<u32>(row, 68) }
  // @ts-ignore: decorator
  @inline export function c(row: usize): usize { return load<u32>(row, 72) }
  // @ts-ignore: decorator
  @inline export function saved(row: usize): usize { return load<u32>(row, 76) }
  // @ts-ignore: decorator
  @inline export function reverse(row: usize): i32 { return load<i32>(row, 80) }
  // @ts-ignore: decorator
  @inline export function zoneoutH(row: usize): f32 { return load<f32>(row, 84) }
  // @ts-ignore: decorator
  @inline export function zoneoutC(row: usize): f32 { return load<f32>(row, 88) }
  // @ts-ignore: decorator
  @inline export function precision(row: usize): i32 { return load<i32>(row, 92) }
}

/** gradients of lstm_coupled; saved is overwritten by the gradients of the gates */
export namespace LstmCoupledBackward {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function H(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function kernel(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function recurrentKernel(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function peepholes(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function h(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function c(row: usize): usize { return load<u32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function saved(row: usize): usize { return load<u32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 52) }
  // @ts-ignore: decorator
  @inline export function recurrentMask(row: usize): usize { return load<u32>(row, 56) }
  // @ts-ignore: decorator
  @inline export function updateH(row: usize): usize { return load<u32>(row, 60) }
  // @ts-ignore: decorator
  @inline export function updateC(row: usize): usize { return load<u32>(row, 64) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 68) }
  // @ts-ignore: decorator
  @inline export function dFinalH(row: usize): usize { return load<u32>(row, 72) }
  // @ts-ignore: decorator
  @inline export function dFinalC(row: usize): usize { return load<u32>(row, 76) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 80) }
  // @ts-ignore: decorator
  @inline export function dKernel(row: usize): usize { return load<u32>(row, 84) }
  // @ts-ignore: decorator
  @inline export function dRecurrentKernel(row: usize): usize { return load<u32>(row, 88) }
  // @ts-ignore: decorator
  @inline export function dBias(row: usize): usize { return load<u32>(row, 92) }
  // @ts-ignore: decorator
  @inline export function dPeepholes(row: usize): usize { return load<u32>(row, 96) }
  // @ts-ignore: decorator
  @inline export function dInitialH(row: usize): usize { return load<u32>(row, 100) }
  // @ts-ignore: decorator
  @inline export function dInitialC(row: usize): usize { return load<u32>(row, 104) }
  // @ts-ignore: decorator
  @inline export function dStates(row: usize): usize { return load<u32>(row, 108) }
  // @ts-ignore: decorator
  @inline export function reverse(row: usize): i32 { return load<i32>(row, 112) }
  // @ts-ignore: decorator
  @inline export function precision(row: usize): i32 { return load<i32>(row, 116) }
}

/** a = xₜ · kernel + bias, r and z = σ(a + hₜ₋₁ · recurrentKernel + recurrentBias); resetAfter 1: n = tanh(aₙ + r ∗ (hₜ₋₁ · Rₙ + recurrentBiasₙ)), 0: n = tanh(aₙ + (r ∗ hₜ₋₁) · Rₙ + recurrentBiasₙ); updateGate 0: hₜ = z ∗ hₜ₋₁ + (1 − z) ∗ n, 1: hₜ = (1 − z) ∗ hₜ₋₁ + z ∗ n. Gates z r n. saved is absent where no backward follows */
export namespace Gru {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function H(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function kernel(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function recurrentKernel(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function bias(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function recurrentBias(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function initialH(row: usize): usize { return load<u32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function recurrentMask(row: usize): usize { return load<u32>(row, 52) }
  // @ts-ignore: decorator
  @inline export function updateH(row: usize): usize { return load<u32>(row, 56) }
  // @ts-ignore: decorator
  @inline export function h(row: usize): usize { return load<u32>(row, 60) }
  // @ts-ignore: decorator
  @inline export function saved(row: usize): usize { return load<u32>(row, 64) }
  // @ts-ignore: decorator
  @inline export function reverse(row: usize): i32 { return load<i32>(row, 68) }
  // @ts-ignore: decorator
  @inline export function resetAfter(row: usize): i32 { return load<i32>(row, 72) }
  // @ts-ignore: decorator
  @inline export function updateGate(row: usize): i32 { return load<i32>(row, 76) }
  // @ts-ignore: decorator
  @inline export function zoneoutH(row: usize): f32 { return load<f32>(row, 80) }
  // @ts-ignore: decorator
  @inline export function precision(row: usize): i32 { return load<i32>(row, 84) }
}

/** gradients of gru; saved is overwritten by the gradients of the gates */
export namespace GruBackward {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function H(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function kernel(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function recurrentKernel(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function h(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function saved(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function recurrentMask(row: usize): usize { return load<u32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function updateH(row: usize): usize { return load<u32>(row, 52) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 56) }
  // @ts-ignore: decorator
  @inline export function dFinalH(row: usize): usize { return load<u32>(row, 60) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 64) }
  // @ts-ignore: decorator
  @inline export function dKernel(row: usize): usize { return load<u32>(row, 68) }
  // @ts-ignore: decorator
  @inline export function dRecurrentKernel(row: usize): usize { return load<u32>(row, 72) }
  // @ts-ignore: decorator
  @inline export function dBias(row: usize): usize { return load<u32>(row, 76) }
  // @ts-ignore: decorator
  @inline export function dRecurrentBias(row: usize): usize { return load<u32>(row, 80) }
  // @ts-ignore: decorator
  @inline export function dInitialH(row: usize): usize { return load<u32>(row, 84) }
  // @ts-ignore: decorator
  @inline export function dStates(row: usize): usize { return load<u32>(row, 88) }
  // @ts-ignore: decorator
  @inline export function reverse(row: usize): i32 { return load<i32>(row, 92) }
  // @ts-ignore: decorator
  @inline export function resetAfter(row: usize): i32 { return load<i32>(row, 96) }
  // @ts-ignore: decorator
  @inline export function updateGate(row: usize): i32 { return load<i32>(row, 100) }
  // @ts-ignore: decorator
  @inline export function precision(row: usize): i32 { return load<i32>(row, 104) }
}

/** hₜ = aₜ ∗ hₜ₋₁ + bₜ; convex 1: hₜ = aₜ ∗ hₜ₋₁ + (1 − aₜ) ∗ bₜ. a and b of masked steps are not looked at */
export namespace LinearRecurrence {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function H(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function initialH(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function h(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function reverse(row: usize): i32 { return load<i32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function convex(row: usize): i32 { return load<i32>(row, 44) }
}

/** gradients of linear_recurrence; b is looked at where convex is 1 */
export namespace LinearRecurrenceBackward {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function H(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function a(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function b(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function h(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function dFinalH(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function da(row: usize): usize { return load<u32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function db(row: usize): usize { return load<u32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function dInitialH(row: usize): usize { return load<u32>(row, 52) }
  // @ts-ignore: decorator
  @inline export function reverse(row: usize): i32 { return load<i32>(row, 56) }
  // @ts-ignore: decorator
  @inline export function convex(row: usize): i32 { return load<i32>(row, 60) }
}

/** y[t, b] = x[t, b] where t < T and t < lengths[b], else 0: a sequence cut off or padded, masked steps cleared. Its own derivative */
export namespace ResizeTime {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function S(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 32) }
}

/** y[d, b] = ⌈(lengths[b] − d) ∕ D⌉, at least 0: how many of the steps d, d + D, d + 2 · D … are valid. Without lengths all T steps of x are; nothing else of x is looked at */
export namespace PartLengths {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function D(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 32) }
}

/** ℓ = logNormalizer − logits[target], logNormalizer = ln Σ exp(logits), computed with the maximum taken out. Targets outside 0 … F − 1 at valid steps end the run (indexOutOfRange) */
export namespace SoftmaxCrossEntropy {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function F(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function logits(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function targets(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function weights(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function loss(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function weight(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function logNormalizer(row: usize): usize { return load<u32>(row, 44) }
}

/** dLogits = w · (exp(logits − logNormalizer) − onehot(target)) */
export namespace SoftmaxCrossEntropyBackward {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function F(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function logits(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function targets(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function weights(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function logNormalizer(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function dLogits(row: usize): usize { return load<u32>(row, 40) }
}

/** ℓ = mean over the F features of (prediction − target)² */
export namespace SquaredError {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function F(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function prediction(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function targets(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function weights(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function loss(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function weight(row: usize): usize { return load<u32>(row, 40) }
}

/** dPrediction = w · 2 ∕ F · (prediction − target) */
export namespace SquaredErrorBackward {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function F(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function prediction(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function targets(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function weights(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function dPrediction(row: usize): usize { return load<u32>(row, 36) }
}

/** ℓ = mean over the F features of h(prediction − target): h(d) = |d| where delta is 0, otherwise ½ d² where |d| ≤ delta and delta · (|d| − ½ delta) beyond (Huber 1964) */
export namespace AbsoluteError {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function F(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function prediction(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function targets(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function weights(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function loss(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function weight(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function delta(row: usize): f32 { return load<f32>(row, 44) }
}

/** dPrediction = w ∕ F · h′(prediction − target): h′(d) = sign d where delta is 0, otherwise d limited to ± delta */
export namespace AbsoluteErrorBackward {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function F(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function prediction(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function targets(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function weights(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function dPrediction(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function delta(row: usize): f32 { return load<f32>(row, 40) }
}

/** ℓ = mean over the F features (their sum where `sum` is 1) of max(x, 0) − x · target + ln(1 + exp −|x|), x the logits: −target · ln σ(x) − (1 − target) · ln(1 − σ(x)) */
export namespace BinaryCrossEntropy {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function F(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function logits(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function targets(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function weights(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function loss(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function weight(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function sum(row: usize): i32 { return load<i32>(row, 44) }
}

/** dLogits = w · (σ(logits) − target), divided by F unless `sum` is 1 */
export namespace BinaryCrossEntropyBackward {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function F(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function logits(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function targets(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function weights(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function dLogits(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function sum(row: usize): i32 { return load<i32>(row, 40) }
}

/** ℓ = Σ over classes of target · (logNormalizer − logits), as in softmax_cross_entropy; a class whose target is 0 adds nothing, whatever its logit */
export namespace CategoricalCrossEntropy {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function F(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function logits(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function targets(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function weights(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function loss(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function weight(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function logNormalizer(row: usize): usize { return load<u32>(row, 44) }
}

/** dLogits = w · (exp(logits − logNormalizer) · Σ targets − target) */
export namespace CategoricalCrossEntropyBackward {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function F(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function logits(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function targets(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function weights(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function logNormalizer(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function dLogits(row: usize): usize { return load<u32>(row, 40) }
}

/** a = 1 where fewer than k classes come before the target: they are greater, or equal and earlier, or NaN. A target at NaN is no hit. Targets outside 0 … F − 1 at valid steps end the run (indexOutOfRange) */
export namespace SparseTopKAccuracy {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function F(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function prediction(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function targets(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function weights(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function hits(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function k(row: usize): i32 { return load<i32>(row, 40) }
}

/** As sparse_top_k_accuracy; the target is the first of the greatest entries of targets */
export namespace TopKAccuracy {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function F(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function prediction(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function targets(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function weights(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function hits(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function k(row: usize): i32 { return load<i32>(row, 40) }
}

/** a = share of the F features where prediction > threshold and target is 1, or prediction ≤ threshold and target is 0 */
export namespace BinaryAccuracy {
  // @ts-ignore: decorator
  @inline export function T(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function B(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function F(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function prediction(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function targets(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function weights(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function hits(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function threshold(row: usize): f32 { return load<f32>(row, 40) }
}

/** penalty = weight · Σ (l1 · |p| + l2 · p²), in float64; gradient += weight · (l1 · sign p + 2 · l2 · p): sums that are divided by the weight as the loss and its gradient are */
export namespace Penalty {
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function parameter(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function weight(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function penalty(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function gradient(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function l1(row: usize): f32 { return load<f32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function l2(row: usize): f32 { return load<f32>(row, 32) }
}

/** norm = ‖gradients‖₂ ∕ weight in float64. Ends the run before parameters are touched: emptyBatch where weight is 0, nonFinite, with norm written, where loss[0], weight or norm is not finite */
export namespace GradientNorm {
  // @ts-ignore: decorator
  @inline export function P(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function gradients(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function loss(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function weight(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function norm(row: usize): usize { return load<u32>(row, 24) }
}

/** v = momentum · v − rate · g; p += v, with nesterov p += momentum · v − rate · g; without velocity p −= rate · g (Keras SGD). Decoupled decay first: p −= rate · weightDecay · p */
export namespace Sgd {
  // @ts-ignore: decorator
  @inline export function P(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function parameters(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function gradients(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function weight(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function norm(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function velocity(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function ranges(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function rangesCount(row: usize): i32 { return load<i32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function nesterov(row: usize): i32 { return load<i32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function learningRate(row: usize): f64 { return load<f64>(load<u32>(row, 44)) }
  // @ts-ignore: decorator
  @inline export function momentum(row: usize): f64 { return load<f64>(load<u32>(row, 48)) }
  // @ts-ignore: decorator
  @inline export function weightDecay(row: usize): f64 { return load<f64>(load<u32>(row, 52)) }
  // @ts-ignore: decorator
  @inline export function clipValue(row: usize): f64 { return load<f64>(load<u32>(row, 56)) }
  // @ts-ignore: decorator
  @inline export function clipNorm(row: usize): f64 { return load<f64>(load<u32>(row, 60)) }
  // @ts-ignore: decorator
  @inline export function globalClipNorm(row: usize): f64 { return load<f64>(load<u32>(row, 64)) }
}

/** s = rho · s + (1 − rho) · g²; d = rate · g ∕ (√s + epsilon); with velocity v = momentum · v + d, p −= v, else p −= d. Decoupled decay first, as in sgd */
export namespace Rmsprop {
  // @ts-ignore: decorator
  @inline export function P(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function parameters(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function gradients(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function weight(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function norm(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function meanSquare(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function velocity(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function ranges(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function rangesCount(row: usize): i32 { return load<i32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function learningRate(row: usize): f64 { return load<f64>(load<u32>(row, 44)) }
  // @ts-ignore: decorator
  @inline export function rho(row: usize): f64 { return load<f64>(load<u32>(row, 48)) }
  // @ts-ignore: decorator
  @inline export function momentum(row: usize): f64 { return load<f64>(load<u32>(row, 52)) }
  // @ts-ignore: decorator
  @inline export function epsilon(row: usize): f64 { return load<f64>(load<u32>(row, 56)) }
  // @ts-ignore: decorator
  @inline export function weightDecay(row: usize): f64 { return load<f64>(load<u32>(row, 60)) }
  // @ts-ignore: decorator
  @inline export function clipValue(row: usize): f64 { return load<f64>(load<u32>(row, 64)) }
  // @ts-ignore: decorator
  @inline export function clipNorm(row: usize): f64 { return load<f64>(load<u32>(row, 68)) }
  // @ts-ignore: decorator
  @inline export function globalClipNorm(row: usize): f64 { return load<f64>(load<u32>(row, 72)) }
}

/** m = beta1 · m + (1 − beta1) · g; v = beta2 · v + (1 − beta2) · g²; p −= rate · (m ∕ (1 − beta1ˢ)) ∕ (√(v ∕ (1 − beta2ˢ)) + epsilon), s = step from 1 (Kingma and Ba 2015, algorithm 1). Decoupled decay first, as in sgd (AdamW, Loshchilov and Hutter 2019) */
export namespace Adam {
  // @ts-ignore: decorator
  @inline export function P(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function parameters(row: usize): usize { return load<u32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function gradients(row: usize): usize { return load<u32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function weight(row: usize): usize { return load<u32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function norm(row: usize): usize { return load<u32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function firstMoment(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function secondMoment(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function ranges(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function rangesCount(row: usize): i32 { return load<i32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function learningRate(row: usize): f64 { return load<f64>(load<u32>(row, 44)) }
  // @ts-ignore: decorator
  @inline export function beta1(row: usize): f64 { return load<f64>(load<u32>(row, 48)) }
  // @ts-ignore: decorator
  @inline export function beta2(row: usize): f64 { return load<f64>(load<u32>(row, 52)) }
  // @ts-ignore: decorator
  @inline export function epsilon(row: usize): f64 { return load<f64>(load<u32>(row, 56)) }
  // @ts-ignore: decorator
  @inline export function weightDecay(row: usize): f64 { return load<f64>(load<u32>(row, 60)) }
  // @ts-ignore: decorator
  @inline export function step(row: usize): f64 { return load<f64>(load<u32>(row, 64)) }
  // @ts-ignore: decorator
  @inline export function clipValue(row: usize): f64 { return load<f64>(load<u32>(row, 68)) }
  // @ts-ignore: decorator
  @inline export function clipNorm(row: usize): f64 { return load<f64>(load<u32>(row, 72)) }
  // @ts-ignore: decorator
  @inline export function globalClipNorm(row: usize): f64 { return load<f64>(load<u32>(row, 76)) }
}

/** y[o, m, i, k] = the entry k of window m, 0 where it is padding */
export namespace Unfold {
  // @ts-ignore: decorator
  @inline export function O(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function C(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function K(row: usize): i32 { return load<i32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function padding(row: usize): i32 { return load<i32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function stride(row: usize): i32 { return load<i32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function dilation(row: usize): i32 { return load<i32>(row, 52) }
}

/** x[o, n, i] = Σ over all entries of windows that are entry n of y[o, m, i, k]: the adjoint of unfold */
export namespace Fold {
  // @ts-ignore: decorator
  @inline export function O(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function C(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function K(row: usize): i32 { return load<i32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function padding(row: usize): i32 { return load<i32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function stride(row: usize): i32 { return load<i32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function dilation(row: usize): i32 { return load<i32>(row, 52) }
}

/** y[o, m, i] = the largest entry of window m that is no padding, element by element; 0 where there is none; NaN is the largest */
export namespace MaxPool {
  // @ts-ignore: decorator
  @inline export function O(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function C(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function size(row: usize): i32 { return load<i32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function padding(row: usize): i32 { return load<i32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function stride(row: usize): i32 { return load<i32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function dilation(row: usize): i32 { return load<i32>(row, 52) }
}

/** dx = Σ over the windows of dy, at the first entry that is the largest */
export namespace MaxPoolBackward {
  // @ts-ignore: decorator
  @inline export function O(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function C(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function size(row: usize): i32 { return load<i32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function padding(row: usize): i32 { return load<i32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function stride(row: usize): i32 { return load<i32>(row, 52) }
  // @ts-ignore: decorator
  @inline export function dilation(row: usize): i32 { return load<i32>(row, 56) }
}

/** y[o, m, i] = the mean over the entries of window m that are no padding; 0 where there are none */
export namespace AveragePool {
  // @ts-ignore: decorator
  @inline export function O(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function C(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function x(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function y(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function size(row: usize): i32 { return load<i32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function padding(row: usize): i32 { return load<i32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function stride(row: usize): i32 { return load<i32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function dilation(row: usize): i32 { return load<i32>(row, 52) }
}

/** dx = Σ over the windows of dy ∕ the number of their entries */
export namespace AveragePoolBackward {
  // @ts-ignore: decorator
  @inline export function O(row: usize): i32 { return load<i32>(row, 8) }
  // @ts-ignore: decorator
  @inline export function N(row: usize): i32 { return load<i32>(row, 12) }
  // @ts-ignore: decorator
  @inline export function I(row: usize): i32 { return load<i32>(row, 16) }
  // @ts-ignore: decorator
  @inline export function C(row: usize): i32 { return load<i32>(row, 20) }
  // @ts-ignore: decorator
  @inline export function M(row: usize): i32 { return load<i32>(row, 24) }
  // @ts-ignore: decorator
  @inline export function dy(row: usize): usize { return load<u32>(row, 28) }
  // @ts-ignore: decorator
  @inline export function lengths(row: usize): usize { return load<u32>(row, 32) }
  // @ts-ignore: decorator
  @inline export function dx(row: usize): usize { return load<u32>(row, 36) }
  // @ts-ignore: decorator
  @inline export function size(row: usize): i32 { return load<i32>(row, 40) }
  // @ts-ignore: decorator
  @inline export function padding(row: usize): i32 { return load<i32>(row, 44) }
  // @ts-ignore: decorator
  @inline export function stride(row: usize): i32 { return load<i32>(row, 48) }
  // @ts-ignore: decorator
  @inline export function dilation(row: usize): i32 { return load<i32>(row, 52) }
}
