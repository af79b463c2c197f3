// Generated from src/contract by scripts/generate.ts. Do not edit.
#pragma once
#include <bit>
#include <cstdint>

// Every instruction: X(name, Name) with its arguments in NameArguments.
#define OSTINATO_INSTRUCTIONS(X) \
  X(fill, Fill) \
  X(copy, Copy) \
  X(transpose, Transpose) \
  X(slice, Slice) \
  X(slice_backward, SliceBackward) \
  X(concat, Concat) \
  X(reverse_time, ReverseTime) \
  X(state_load, StateLoad) \
  X(state_store, StateStore) \
  X(reduce_sum, ReduceSum) \
  X(broadcast, Broadcast) \
  X(gather, Gather) \
  X(gather_backward, GatherBackward) \
  X(select, Select) \
  X(sequence_mask, SequenceMask) \
  X(argmax, Argmax) \
  X(one_hot, OneHot) \
  X(random_uniform, RandomUniform) \
  X(sample_categorical, SampleCategorical) \
  X(add, Add) \
  X(subtract, Subtract) \
  X(multiply, Multiply) \
  X(divide, Divide) \
  X(affine, Affine) \
  X(tanh, Tanh) \
  X(tanh_backward, TanhBackward) \
  X(sigmoid, Sigmoid) \
  X(sigmoid_backward, SigmoidBackward) \
  X(relu, Relu) \
  X(relu_backward, ReluBackward) \
  X(exp, Exp) \
  X(log, Log) \
  X(clip, Clip) \
  X(clip_backward, ClipBackward) \
  X(softplus, Softplus) \
  X(softmax, Softmax) \
  X(softmax_backward, SoftmaxBackward) \
  X(dropout, Dropout) \
  X(matmul, Matmul) \
  X(matmul_transpose_a, MatmulTransposeA) \
  X(matmul_transpose_b, MatmulTransposeB) \
  X(rnn, Rnn) \
  X(rnn_backward, RnnBackward) \
  X(lstm, Lstm) \
  X(lstm_backward, LstmBackward) \
  X(gru, Gru) \
  X(gru_backward, GruBackward) \
  X(linear_recurrence, LinearRecurrence) \
  X(linear_recurrence_backward, LinearRecurrenceBackward) \
  X(resize_time, ResizeTime) \
  X(part_lengths, PartLengths) \
  X(softmax_cross_entropy, SoftmaxCrossEntropy) \
  X(softmax_cross_entropy_backward, SoftmaxCrossEntropyBackward) \
  X(squared_error, SquaredError) \
  X(squared_error_backward, SquaredErrorBackward) \
  X(absolute_error, AbsoluteError) \
  X(absolute_error_backward, AbsoluteErrorBackward) \
  X(binary_cross_entropy, BinaryCrossEntropy) \
  X(binary_cross_entropy_backward, BinaryCrossEntropyBackward) \
  X(categorical_cross_entropy, CategoricalCrossEntropy) \
  X(categorical_cross_entropy_backward, CategoricalCrossEntropyBackward) \
  X(sparse_top_k_accuracy, SparseTopKAccuracy) \
  X(top_k_accuracy, TopKAccuracy) \
  X(binary_accuracy, BinaryAccuracy) \
  X(penalty, Penalty) \
  X(gradient_norm, GradientNorm) \
  X(sgd, Sgd) \
  X(rmsprop, Rmsprop) \
  X(adam, Adam) \
  X(unfold, Unfold) \
  X(fold, Fold) \
  X(max_pool, MaxPool) \
  X(max_pool_backward, MaxPoolBackward) \
  X(average_pool, AveragePool) \
  X(average_pool_backward, AveragePoolBackward)

namespace ostinato::contract {

inline constexpr int32_t magic = 1330861134;
inline constexpr int32_t version = 2;
inline constexpr int32_t contractHash = 167926625;
inline constexpr int32_t headerWords = 22;
inline constexpr int32_t dimensionWords = 4;
inline constexpr int32_t bufferWords = 4;
inline constexpr int32_t valueWords = 13;
inline constexpr int32_t rangeWords = 4;
inline constexpr int32_t segmentWords = 3;
inline constexpr int32_t loopWords = 4;
inline constexpr int32_t instructionHeaderWords = 2;
inline constexpr int32_t maximumRank = 6;
inline constexpr int32_t maximumElements = 2147483584;

enum class Header : int32_t {
  magic = 0,
  version = 1,
  contractHash = 2,
  totalWords = 3,
  dimensionCount = 4,
  dimensionOffset = 5,
  bufferCount = 6,
  bufferOffset = 7,
  valueCount = 8,
  valueOffset = 9,
  rangeCount = 10,
  rangeOffset = 11,
  codeWords = 12,
  codeOffset = 13,
  segmentCount = 14,
  segmentOffset = 15,
  scalarCount = 16,
  instructionCount = 17,
  workLimit = 18,
  inputDimensionCount = 19,
  loopCount = 20,
  loopOffset = 21,
};

enum class DimensionKind : int32_t {
  input = 0,
  constant = 1,
  sum = 2,
  product = 3,
};

enum class BufferKind : int32_t {
  arena = 0,
  parameters = 1,
  gradients = 2,
  slots = 3,
  states = 4,
  statistics = 5,
  input = 6,
  output = 7,
};

enum class ValueType : int32_t {
  f32 = 0,
  i32 = 1,
  f64 = 2,
};

enum class SegmentKind : int32_t {
  forward = 0,
  gradients = 1,
  update = 2,
};

enum class Status : int32_t {
  ok = 0,
  aborted = 1,
  nonFinite = 2,
  emptyBatch = 3,
  indexOutOfRange = 4,
  dimensionOutOfRange = 5,
  invalidProgram = 6,
  workLimit = 7,
  outOfMemory = 8,
};

enum class InvalidReason : int32_t {
  header = 0,
  otherContract = 1,
  section = 2,
  dimension = 3,
  buffer = 4,
  value = 5,
  segment = 6,
  unknownInstruction = 7,
  instructionLength = 8,
  operandMissing = 9,
  operandType = 10,
  operandShape = 11,
  operandOutOfBounds = 12,
  operandOverlap = 13,
  operandBuffer = 14,
  attribute = 15,
  range = 16,
  constraint = 17,
  loop = 18,
};

enum class Direction : int32_t {
  in = 0,
  out = 1,
  inout = 2,
  scratch = 3,
};

enum class OperandType : int32_t {
  f32 = 0,
  i32 = 1,
  f64 = 2,
  word = 3,
};

enum class AttributeKind : int32_t {
  integer = 0,
  float_ = 1,
  scalar = 2,
  ranges = 3,
};

enum class Precision : int32_t {
  float32 = 0,
  bfloat16 = 1,
  int8 = 2,
};

enum class Instruction : int32_t {
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
  softmax_backward = 34,
  dropout = 35,
  matmul = 40,
  matmul_transpose_a = 41,
  matmul_transpose_b = 42,
  rnn = 50,
  rnn_backward = 51,
  lstm = 52,
  lstm_backward = 53,
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
};

// The instruction table; its layout is described in src/contract/table.ts.
inline constexpr int32_t table[] = {
    75, 1, 151, 2, 174, 3, 204, 4, 260, 5, 323, 6, 386, 7, 473, 8, 516, 9, 570, 10, 624, 11, 674, 12,
    724, 13, 778, 14, 836, 15, 907, 16, 944, 17, 981, 18, 1018, 19, 1056, 20, 1104, 21, 1158, 22, 1212, 23, 1266, 24,
    1320, 25, 1358, 26, 1388, 27, 1429, 28, 1459, 29, 1500, 30, 1530, 31, 1571, 32, 1601, 86, 1631, 87, 1669, 88, 1718, 33,
    1748, 34, 1791, 35, 1851, 40, 1923, 41, 1999, 42, 2064, 50, 2129, 51, 2277, 52, 2580, 53, 2787, 54, 3131, 55, 3313, 74,
    3615, 75, 3730, 110, 3931, 111, 3998, 60, 4058, 61, 4169, 62, 4287, 63, 4387, 64, 4494, 65, 4598, 66, 4709, 67, 4813, 68,
    4924, 69, 5041, 119, 5165, 120, 5255, 121, 5351, 122, 5447, 70, 5501, 71, 5544, 72, 5633, 73, 5737, 76, 5845, 77, 5944, 78,
    6049, 79, 6152, 80, 6284, 81, 6387, 1, 1, 1, 0, 1, 1, 0, 0, -1, 1, 1, 0, 1, 1, 0, 1, 1,
    0, 0, -1, 1, 1, 0, 2, 0, 1, 0, 1, 0, 3, 0, -1, 1, 1, 0, 1, 1, 0, 1, 1, 3,
    0, -1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 2, 0, 3, 0, 1, 0, 3, 0, -1, 3, 0, 0,
    1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 2, 1, 1, 3, 0, -1, 3, 0, 0, 1,
    1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 2, 1, 1, 3, 0, 1, 2, 2, 1, 4, 1,
    1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1,
    1, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 3, 1, 0, 0, 1, 1, 2, 1, 0,
    0, 2147483647, -1, 0, 3, 1, 1, 3, 0, 3, 2, 2, 1, 4, 1, 1, 0, 0, 0, -1, 3, 0, 0, 1,
    1, 0, 1, 0, 0, 1, 1, 3, 1, 0, 0, 1, 1, 2, 1, 1, 0, 0, -1, 3, 0, 0, 1, 1,
    0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 2147483647, -1, 0, 3, 1, 1, 3, 0,
    1, 2, 3, 0, 4, 0, 2, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1,
    0, 0, 1, 1, 2, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 3, 1, 0,
    0, 1, 1, 2, 1, 1, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 2, 1, 1, 1, 1, 3,
    1, 0, 0, 1, 1, 2, 1, 1, 3, 0, 1, 2, 1, 3, 0, 3, 2, 2, 0, 2, 0, 1, 0, 0,
    0, -1, 2, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0, -1, 2, 0, 0, 1, 1,
    0, 1, 1, 0, 1, 1, 1, 1, 1, 2, 0, 1, 3, 0, 3, 0, 1, 0, 0, 0, -1, 2, 0, 0,
    1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, -1, 1, 0, 0, 1, 1, 2, 1, 1, 0, 0,
    -1, 2, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 1, 1, 1, 2, 2, 1, 3, 0, 3, 0, 1, 0,
    0, 0, -1, 2, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, -1, 1, 0, 0, 1,
    1, 2, 1, 2, 0, 0, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 2, 2, 1,
    2, 0, 3, 0, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0,
    1, 1, 2, 1, 1, 0, 0, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 2, 1, 1, 3, 0,
    1, 2, 2, 0, 3, 0, 1, 0, 0, 0, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1,
    1, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 1, 1, 1,
    3, 0, 2, 1, 3, 0, 3, 0, 1, 0, 0, 0, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1,
    1, 1, 0, 1, 0, -1, 1, 1, 0, 1, 1, 2, 1, 1, 0, 0, -1, 2, 1, 0, 1, 1, 2, 1,
    0, 0, 1, 1, 1, 1, 1, 2, 2, 1, 3, 0, 3, 0, 2, 0, 1, 0, -1, 1, 1, 0, 1, 1,
    0, 1, 0, 0, 0, -1, 2, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, -1, 2,
    0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 1, 1, 1, 2, 0, 1, 1, 2, 2, 1, 4, 0, 2, 0,
    1, 0, 1, 0, -1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, -1, 2, 0, 0, 1, 1, 0, 1, 1,
    0, 1, 1, 1, 1, 0, 0, 1, -1, 2, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0,
    0, 1, 2, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 2, 0, 1, 2, 0, 2, 0, 1,
    0, 1, 0, -1, 1, 0, 0, 1, 1, 0, 1, 1, 1, 0, -1, 2, 0, 0, 1, 1, 1, 1, 0, 0,
    1, 1, 0, 1, 1, 2, 1, 0, 2, 0, 2, 0, 1, 0, 0, 0, -1, 2, 1, 0, 1, 1, 0, 1,
    0, 0, 1, 1, 1, 1, 1, 1, 0, -1, 1, 1, 0, 1, 1, 0, 1, 1, 2, 0, 1, 2, 0, 2,
    0, 1, 0, 1, 0, -1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, -1, 2, 1, 0, 1, 1, 0, 1,
    0, 0, 1, 1, 1, 1, 1, 2, 0, 1, 1, 3, 2, 0, 1, 1, 0, 0, -1, 2, 0, 0, 1, 1,
    0, 1, 0, 0, 1, 1, 1, 1, 0, -2147483648, 2147483647, -1, 2, 0, 0, -1, 2, 0, 0, -1, 1, 2, 0, 1,
    3, 0, 2, 0, 1, 0, 0, 0, -1, 2, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0,
    0, -1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, -1, 1, 1, 0, 1, 1, 0, 1, 1, 2, 0, 1,
    3, 0, 2, 0, 1, 0, 0, 0, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0,
    0, -1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1,
    1, 1, 1, 2, 0, 1, 3, 0, 2, 0, 1, 0, 0, 0, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0,
    1, 1, 1, 1, 0, 0, 0, -1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 2, 0, 0, 1, 1,
    0, 1, 0, 0, 1, 1, 1, 1, 1, 2, 0, 1, 3, 0, 2, 0, 1, 0, 0, 0, -1, 2, 0, 0,
    1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, -1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0,
    0, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 2, 0, 1, 3, 0, 2, 0, 1, 0,
    0, 0, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, -1, 1, 0, 0, 1,
    1, 1, 1, 1, 0, 0, 0, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 2, 0, 1,
    2, 2, 1, 0, 1, 0, 0, 0, -1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1,
    1, 0, 1, 1, 0, 0, -1, 1, 0, 0, -1, 1, 1, 0, 2, 0, 1, 0, 1, 0, 0, 0, -1, 1,
    1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 3, 0, 1, 0,
    1, 0, 0, 0, -1, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0, -1, 1, 1, 0, 1, 1, 0, 1, 1,
    0, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 2, 0, 1, 0, 1, 0, 0, 0, -1, 1, 1,
    0, 1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 3, 0, 1, 0, 1,
    0, 0, 0, -1, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0, -1, 1, 1, 0, 1, 1, 0, 1, 1, 0,
    0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 2, 0, 1, 0, 1, 0, 0, 0, -1, 1, 1, 0,
    1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 3, 0, 1, 0, 1, 0,
    0, 0, -1, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0, -1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0,
    1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 2, 0, 1, 0, 1, 0, 0, 0, -1, 1, 1, 0, 1,
    1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 2, 0, 1, 0, 1, 0, 0,
    0, -1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 2,
    2, 1, 0, 1, 0, 0, 0, -1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1,
    0, 1, 1, 0, 0, -1, 1, 0, 0, -1, 1, 1, 0, 3, 2, 1, 0, 1, 0, 0, 0, -1, 1, 1,
    0, 1, 1, 0, 1, 0, 0, 0, -1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1,
    1, 0, 1, 1, 0, 0, -1, 1, 0, 0, -1, 1, 1, 0, 2, 0, 1, 0, 1, 0, 0, 0, -1, 1,
    1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 2, 0, 2, 0,
    1, 0, 0, 0, -1, 2, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 2, 1,
    0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 2, 0, 1, 3, 0, 2, 0, 1, 0, 0, 0, -1,
    2, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, -1, 2, 1, 0, 1, 1, 0, 1,
    0, 0, 1, 1, 1, 1, 1, 0, 0, 1, 2, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1,
    2, 0, 1, 2, 4, 3, 0, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1,
    1, 0, 0, 1, 1, 2, 1, 1, 0, 0, 0, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1,
    0, 0, 1, 1, 2, 1, 0, -2147483648, 2147483647, -1, 2, 0, 0, -1, 2, 0, 0, -1, 2, 0, 0, -1, 1, 3,
    0, 1, 2, 4, 1, 3, 0, 1, 0, 0, 0, -1, 2, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1,
    1, 0, 0, 0, -1, 2, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, -1, 1, 0,
    0, 1, 1, 2, 1, 1, 0, 0, -1, 2, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 2, 1, 0, 0,
    2, -1, 1, 3, 0, 1, 2, 3, 1, 3, 0, 1, 0, 0, 0, -1, 2, 1, 0, 1, 1, 0, 1, 0,
    0, 1, 1, 1, 1, 0, 0, 0, -1, 2, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 2, 1, 1, 0,
    0, -1, 2, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, -1, 1, 3, 1, 0, 2,
    3, 1, 3, 0, 1, 0, 0, 0, -1, 2, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0,
    0, -1, 2, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, -1, 2, 1, 0, 1, 1,
    0, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, -1, 1, 3, 0, 1, 2, 7, 3, 4, 0, 2, 0, 0,
    0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 0,
    -1, 2, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 3, 1, 0, 0, 0, -1, 2, 0, 0, 1, 1, 3,
    1, 0, 0, 1, 1, 3, 1, 0, 0, 1, -1, 1, 0, 0, 1, 1, 3, 1, 0, 0, 1, -1, 2, 0,
    0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 0, 1, 1, -1, 1, 0, 0, 1, 1, 1, 1, 1, 0,
    0, -1, 3, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 0, 0, 1,
    -1, 0, 0, 2, -1, 0, 0, 2, -1, 1, 4, 0, 1, 3, 2, 1, 4, 0, 1, 3, 3, 14, 3, 4,
    0, 4, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2,
    1, 0, 0, 0, -1, 2, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 3, 1, 0, 0, 0, -1, 2, 0,
    0, 1, 1, 3, 1, 0, 0, 1, 1, 3, 1, 0, 0, 0, -1, 3, 0, 1, 1, 1, 0, 1, 0, 0,
    1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 0, 1, 1, -1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1,
    -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 0, 0, 1, -1,
    2, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 3, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1,
    0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 16, 1, 0, 1, -1, 3, 0, 0, 1, 1, 0, 1, 0,
    0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 1, 0, 1, -1, 2, 0, 0, 1, 1, 2, 1, 0, 0,
    1, 1, 3, 1, 1, 0, 1, -1, 2, 0, 0, 1, 1, 3, 1, 0, 0, 1, 1, 3, 1, 1, 0, 1,
    -1, 1, 0, 0, 1, 1, 3, 1, 1, 0, 1, -1, 2, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3,
    1, 1, 0, 1, -1, 3, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1,
    0, 0, 1, -1, 0, 0, 2, -1, 0, 0, 1, -1, 1, 4, 0, 1, 3, 2, 1, 4, 0, 1, 3, 2,
    1, 4, 0, 1, 3, 3, 1, 4, 0, 1, 3, 3, 10, 2, 4, 0, 2, 0, 0, 0, -1, 3, 0, 0,
    1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 0, -1, 2, 0, 0, 1,
    1, 2, 1, 0, 0, 1, 4, 3, 1, 0, 0, 0, -1, 2, 0, 0, 1, 1, 3, 1, 0, 0, 1, 4,
    3, 1, 0, 0, 1, -1, 1, 0, 0, 1, 4, 3, 1, 0, 0, 1, -1, 2, 0, 0, 1, 1, 1, 1,
    0, 0, 1, 1, 3, 1, 0, 0, 1, -1, 2, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 0,
    1, 1, -1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, -1, 3, 0, 1, 1, 1, 0, 1, 0, 0, 1,
    1, 1, 1, 0, 0, 1, 1, 3, 1, 1, 0, 0, -1, 3, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1,
    1, 1, 0, 0, 1, 1, 3, 1, 1, 0, 1, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1,
    1, 0, 0, 1, 4, 3, 16, 0, 0, 1, -1, 0, 0, 2, -1, 4, 4, 0, 1, 2, 3, 4, 4, 0,
    1, 3, 3, 17, 2, 4, 0, 2, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1,
    1, 0, 0, 1, 1, 2, 1, 0, 0, 0, -1, 2, 0, 0, 1, 1, 2, 1, 0, 0, 1, 4, 3, 1,
    0, 0, 0, -1, 2, 0, 0, 1, 1, 3, 1, 0, 0, 1, 4, 3, 1, 0, 0, 0, -1, 3, 0, 1,
    1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 0, 0, 0, -1, 3, 0, 1, 1,
    1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 2, 0, 0, -1, 3, 0, 0, 1, 1,
    0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 4, 3, 16, 0, 1, 1, -1, 1, 0, 0, 1, 1, 1,
    1, 0, 0, 1, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1,
    0, 0, 1, -1, 2, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 0, 0, 1, -1, 2, 0, 0,
    1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 1, 0, 1, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1,
    1, 1, 1, 0, 0, 1, 1, 2, 1, 1, 0, 1, -1, 2, 0, 0, 1, 1, 2, 1, 0, 0, 1, 4,
    3, 1, 1, 0, 1, -1, 2, 0, 0, 1, 1, 3, 1, 0, 0, 1, 4, 3, 1, 1, 0, 1, -1, 1,
    0, 0, 1, 4, 3, 1, 1, 0, 1, -1, 2, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 1,
    0, 1, -1, 2, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 1, 0, 1, -1, 3, 0, 1, 1,
    1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 0, 0, 1, -1, 0, 0, 1, -1, 8,
    4, 0, 1, 2, 3, 8, 4, 0, 1, 3, 3, 9, 3, 4, 0, 2, 0, 0, 0, -1, 3, 0, 0, 1,
    1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 0, -1, 2, 0, 0, 1, 1,
    2, 1, 0, 0, 1, 3, 3, 1, 0, 0, 0, -1, 2, 0, 0, 1, 1, 3, 1, 0, 0, 1, 3, 3,
    1, 0, 0, 1, -1, 1, 0, 0, 1, 3, 3, 1, 0, 0, 1, -1, 1, 0, 0, 1, 3, 3, 1, 0,
    0, 1, -1, 2, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 0, 1, 1, -1, 1, 0, 0, 1,
    1, 1, 1, 1, 0, 0, -1, 3, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1,
    3, 1, 1, 0, 1, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 4, 3,
    16, 0, 0, 1, -1, 0, 0, 1, -1, 0, 0, 2, -1, 3, 4, 0, 1, 2, 3, 3, 4, 0, 1, 3,
    3, 15, 3, 4, 0, 2, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0,
    0, 1, 1, 2, 1, 0, 0, 0, -1, 2, 0, 0, 1, 1, 2, 1, 0, 0, 1, 3, 3, 1, 0, 0,
    0, -1, 2, 0, 0, 1, 1, 3, 1, 0, 0, 1, 3, 3, 1, 0, 0, 0, -1, 3, 0, 1, 1, 1,
    0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 2, 0, 0, -1, 3, 0, 0, 1, 1, 0,
    1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 4, 3, 16, 0, 1, 1, -1, 1, 0, 0, 1, 1, 1, 1,
    0, 0, 1, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 0,
    0, 1, -1, 2, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 1, 0, 1, -1, 3, 0, 0, 1,
    1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 1, 0, 1, -1, 2, 0, 0, 1, 1,
    2, 1, 0, 0, 1, 3, 3, 1, 1, 0, 1, -1, 2, 0, 0, 1, 1, 3, 1, 0, 0, 1, 3, 3,
    1, 1, 0, 1, -1, 1, 0, 0, 1, 3, 3, 1, 1, 0, 1, -1, 1, 0, 0, 1, 3, 3, 1, 1,
    0, 1, -1, 2, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 1, 0, 1, -1, 3, 0, 1, 1,
    1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 3, 1, 0, 0, 1, -1, 0, 0, 1, -1, 0,
    0, 1, -1, 6, 4, 0, 1, 2, 3, 6, 4, 0, 1, 3, 3, 5, 2, 3, 0, 1, 0, 0, 0, -1,
    3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 0, -1, 3,
    0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, -1, 2, 0,
    0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 1, 1, -1, 1, 0, 0, 1, 1, 1, 1, 1, 0,
    0, -1, 3, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1,
    -1, 0, 0, 1, -1, 1, 3, 0, 1, 2, 9, 2, 3, 0, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1,
    0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0,
    1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 0, -1, 3, 0, 1, 1, 1, 0, 1,
    0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 1, 1, -1, 1, 0, 0, 1, 1, 1, 1, 0,
    0, 1, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0,
    1, -1, 2, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 1, 0, 1, 0, 3, 0, 0, 1, 1,
    0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 1, 0, 1, 4, 3, 0, 0, 1, 1, 0,
    1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 1, 0, 1, -1, 2, 0, 0, 1, 1, 1, 1,
    0, 0, 1, 1, 2, 1, 0, 0, 1, -1, 0, 0, 1, -1, 1, 3, 0, 1, 2, 3, 0, 4, 0, 1,
    0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 2, 1, 1, 0, 1, 1, 3, 1, 0,
    1, 1, -1, 1, 0, 0, 1, 1, 2, 1, 1, 0, 0, -1, 3, 0, 0, 1, 1, 1, 1, 0, 0, 1,
    1, 2, 1, 1, 0, 1, 1, 3, 1, 1, 3, 1, 2, 3, 3, 0, 4, 0, 1, 0, 0, 0, -1, 3,
    0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 2, 1, 0, 1, 1, -1, 1, 0,
    0, 1, 1, 1, 1, 1, 1, 0, -1, 2, 0, 0, 1, 1, 3, 1, 0, 0, 1, 1, 1, 1, 1, 2,
    3, 1, 7, 0, 3, 0, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1,
    0, 0, 1, 1, 2, 1, 0, 1, 0, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0,
    0, 1, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, -1, 1, 0, 0, 1,
    1, 1, 1, 1, 2, 0, -1, 1, 0, 2, 0, 1, 0, 0, -1, 1, 0, 1, 0, 1, 0, 0, -1, 2,
    0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 3, 0, 1, 2, 6, 0, 3, 0, 1, 0, 0,
    0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 1, 0,
    -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, -1, 2, 0, 0, 1, 1, 0,
    1, 0, 0, 1, 1, 1, 1, 0, 1, 1, -1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, -1, 2, 0,
    0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 3, 0, 0, 1, 1, 0, 1, 0, 0,
    1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 1, 3, 0, 1, 2, 6, 0, 3, 0, 1, 0, 0, 0, -1,
    3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 0, -1, 3,
    0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, -1, 2, 0,
    0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, -1, 1, 0, 0, 1, 1, 1, 1, 1, 2,
    0, -1, 1, 0, 2, 0, 1, 0, 0, -1, 1, 0, 1, 0, 1, 3, 0, 1, 2, 5, 0, 3, 0, 1,
    0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0,
    0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0,
    1, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, -1, 1, 0, 0, 1, 1,
    1, 1, 1, 0, 0, 0, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2,
    1, 1, 3, 0, 1, 2, 6, 1, 3, 0, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0,
    1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1,
    1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1,
    1, 1, 0, 1, 1, -1, 1, 0, 0, 1, 1, 1, 1, 1, 2, 0, -1, 1, 0, 2, 0, 1, 0, 0,
    -1, 1, 0, 1, 0, 1, 0, 0, -1, 1, 3, 0, 1, 2, 5, 1, 3, 0, 1, 0, 0, 0, -1, 3,
    0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 0, -1, 3, 0,
    0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, -1, 2, 0, 0,
    1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, -1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0,
    0, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 1, 0, 0, -1,
    1, 3, 0, 1, 2, 6, 1, 3, 0, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1,
    1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1,
    1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1,
    1, 0, 1, 1, -1, 1, 0, 0, 1, 1, 1, 1, 1, 2, 0, -1, 1, 0, 2, 0, 1, 0, 0, -1,
    1, 0, 1, 0, 0, 0, 1, -1, 1, 3, 0, 1, 2, 5, 1, 3, 0, 1, 0, 0, 0, -1, 3, 0,
    0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 0, -1, 3, 0, 0,
    1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, -1, 2, 0, 0, 1,
    1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, -1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0,
    3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, -1, 1,
    3, 0, 1, 2, 7, 0, 3, 0, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1,
    1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1,
    1, 0, 0, 1, 1, 2, 1, 0, 0, 1, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1,
    0, 1, 1, -1, 1, 0, 0, 1, 1, 1, 1, 1, 2, 0, -1, 1, 0, 2, 0, 1, 0, 0, -1, 1,
    0, 1, 0, 1, 0, 0, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 3, 0, 1,
    2, 6, 0, 3, 0, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0,
    0, 1, 1, 2, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0,
    1, 1, 2, 1, 0, 0, 1, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1,
    -1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1,
    1, 1, 0, 0, 0, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1,
    1, 3, 0, 1, 2, 5, 1, 3, 0, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1,
    1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 1, 0, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1,
    1, 1, 0, 0, 1, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, -1, 1,
    0, 0, 1, 1, 1, 1, 1, 2, 0, -1, 1, 0, 2, 0, 0, 1, 2147483647, -1, 1, 3, 0, 1, 2, 5,
    1, 3, 0, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1,
    1, 2, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1,
    2, 1, 0, 0, 1, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, -1, 1,
    0, 0, 1, 1, 1, 1, 1, 2, 0, -1, 1, 0, 2, 0, 0, 1, 2147483647, -1, 1, 3, 0, 1, 2, 5,
    1, 3, 0, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1,
    1, 2, 1, 0, 0, 0, -1, 3, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1,
    2, 1, 0, 0, 1, -1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, -1, 1,
    0, 0, 1, 1, 1, 1, 1, 2, 0, -1, 1, 0, 2, 0, 1, 0, 0, -1, 1, 3, 0, 1, 2, 4,
    2, 1, 0, 1, 0, 0, 0, -1, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0, -1, 1, 0, 1, 0, 1,
    2, 0, -1, 1, 0, 1, 0, 2, 0, 1, -1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, -1, 1, 0,
    0, -1, 1, 1, 0, 4, 0, 1, 0, 1, 0, 0, 0, -1, 1, 0, 0, 1, 1, 0, 1, 0, 2, 0,
    -1, 1, 0, 2, 0, 0, 0, 0, -1, 1, 0, 1, 0, 1, 2, 0, -1, 1, 0, 1, 0, 1, 1, 0,
    5, 8, 1, 0, 1, 2, 0, 0, -1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0, -1, 1, 0, 0, 1,
    1, 0, 1, 0, 0, 0, -1, 1, 0, 1, 0, 0, 2, 0, -1, 1, 0, 1, 0, 2, 0, 1, -1, 1,
    0, 0, 1, 1, 0, 1, 3, 0, 0, 0, 0, 0, 1, -1, 2, 0, 0, -1, 2, 0, 0, -1, 2, 0,
    0, -1, 2, 0, 0, -1, 2, 0, 0, -1, 2, 0, 0, -1, 1, 1, 0, 6, 9, 1, 0, 1, 2, 0,
    0, -1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0, -1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0, -1,
    1, 0, 1, 0, 0, 2, 0, -1, 1, 0, 1, 0, 2, 0, 0, -1, 1, 0, 0, 1, 1, 0, 1, 2,
    0, 1, -1, 1, 0, 0, 1, 1, 0, 1, 3, 0, 0, 0, 2, 0, 0, -1, 2, 0, 0, -1, 2, 0,
    0, -1, 2, 0, 0, -1, 2, 0, 0, -1, 2, 0, 0, -1, 2, 0, 0, -1, 2, 0, 0, -1, 1, 1,
    0, 6, 10, 1, 0, 1, 2, 0, 0, -1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0, -1, 1, 0, 0,
    1, 1, 0, 1, 0, 0, 0, -1, 1, 0, 1, 0, 0, 2, 0, -1, 1, 0, 1, 0, 2, 0, 0, -1,
    1, 0, 0, 1, 1, 0, 1, 2, 0, 0, -1, 1, 0, 0, 1, 1, 0, 1, 3, 0, 0, 0, 2, 0,
    0, -1, 2, 0, 0, -1, 2, 0, 0, -1, 2, 0, 0, -1, 2, 0, 0, -1, 2, 0, 0, -1, 2, 0,
    0, -1, 2, 0, 0, -1, 2, 0, 0, -1, 1, 1, 0, 3, 3, 6, 0, 1, 0, 0, 0, -1, 4, 0,
    0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 3, 1, 0,
    1, 1, -1, 1, 0, 0, 1, 1, 2, 1, 1, 0, 0, -1, 5, 0, 0, 1, 1, 0, 1, 0, 0, 1,
    1, 4, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 5, 1, 0, 0, 1, 1, 3, 1, 0, -1, 16777215,
    -1, 0, 1, 16777215, -1, 0, 1, 16777215, -1, 1, 5, 0, 4, 2, 5, 3, 3, 3, 6, 0, 2, 0, 0, 0,
    -1, 5, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 4, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1,
    5, 1, 0, 0, 1, 1, 3, 1, 0, 1, 1, -1, 1, 0, 0, 1, 1, 2, 1, 1, 0, 0, -1, 4,
    0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 3, 1,
    0, -1, 16777215, -1, 0, 1, 16777215, -1, 0, 1, 16777215, -1, 1, 5, 0, 4, 2, 5, 3, 1, 4, 0, 1, 2,
    3, 3, 4, 5, 0, 2, 0, 0, 0, -1, 4, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0,
    0, 1, 1, 2, 1, 0, 0, 1, 1, 3, 1, 0, 1, 1, -1, 1, 0, 0, 1, 1, 2, 1, 1, 0,
    0, -1, 4, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 4, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1,
    1, 3, 1, 0, 1, 16777215, -1, 0, -1, 16777215, -1, 0, 1, 16777215, -1, 0, 1, 16777215, -1, 1, 5, 0, 4, 1,
    2, 3, 1, 4, 0, 1, 2, 3, 4, 4, 5, 0, 2, 0, 0, 0, -1, 4, 0, 0, 1, 1, 0, 1,
    0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 3, 1, 0, 1, 1, -1, 1, 0,
    0, 1, 1, 2, 1, 0, 0, 0, -1, 4, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 4, 1, 0, 0,
    1, 1, 2, 1, 0, 0, 1, 1, 3, 1, 1, 0, 0, -1, 4, 0, 0, 1, 1, 0, 1, 0, 0, 1,
    1, 1, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 3, 1, 0, 1, 16777215, -1, 0, -1, 16777215, -1, 0,
    1, 16777215, -1, 0, 1, 16777215, -1, 1, 5, 0, 4, 1, 2, 3, 1, 4, 0, 1, 2, 3, 3, 4, 5, 0,
    2, 0, 0, 0, -1, 4, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1,
    0, 0, 1, 1, 3, 1, 0, 1, 1, -1, 1, 0, 0, 1, 1, 2, 1, 1, 0, 0, -1, 4, 0, 0,
    1, 1, 0, 1, 0, 0, 1, 1, 4, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 3, 1, 0, 1,
    16777215, -1, 0, -1, 16777215, -1, 0, 1, 16777215, -1, 0, 1, 16777215, -1, 1, 5, 0, 4, 1, 2, 3, 1, 4, 0,
    1, 2, 3, 3, 4, 5, 0, 2, 0, 0, 0, -1, 4, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 4,
    1, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 3, 1, 0, 1, 1, -1, 1, 0, 0, 1, 1, 2, 1,
    1, 0, 0, -1, 4, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 2, 1, 0,
    0, 1, 1, 3, 1, 0, 1, 16777215, -1, 0, -1, 16777215, -1, 0, 1, 16777215, -1, 0, 1, 16777215, -1, 1, 5, 0,
    4, 1, 2, 3, 1, 4, 0, 1, 2, 3,
};

// A bound instruction is an array of slots: variables, operand addresses (0: absent), attributes
// (integer and float: the value or its bits; scalar: the address of its double; ranges: address of the first entry, count).
/** y = value */
struct FillArguments {
  int64_t N;
  float* y;  // [...N]
  float value;
  static FillArguments from(const int64_t* slots) {
    FillArguments a;
    a.N = slots[0];
    a.y = reinterpret_cast<float*>(slots[1]);
    a.value = std::bit_cast<float>(static_cast<int32_t>(slots[2]));
    return a;
  }
};

/** y = x */
struct CopyArguments {
  int64_t N;
  const uint32_t* x;  // [...N]
  uint32_t* y;  // [...N]
  static CopyArguments from(const int64_t* slots) {
    CopyArguments a;
    a.N = slots[0];
    a.x = reinterpret_cast<const uint32_t*>(slots[1]);
    a.y = reinterpret_cast<uint32_t*>(slots[2]);
    return a;
  }
};

/** y[b, a, …] = x[a, b, …]: batch-major to time-major and back */
struct TransposeArguments {
  int64_t A;
  int64_t B;
  int64_t N;
  const uint32_t* x;  // [A, B, ...N]
  uint32_t* y;  // [B, A, ...N]
  static TransposeArguments from(const int64_t* slots) {
    TransposeArguments a;
    a.A = slots[0];
    a.B = slots[1];
    a.N = slots[2];
    a.x = reinterpret_cast<const uint32_t*>(slots[3]);
    a.y = reinterpret_cast<uint32_t*>(slots[4]);
    return a;
  }
};

/** y[o, m, i] = x[o, start + m, i] */
struct SliceArguments {
  int64_t O;
  int64_t N;
  int64_t I;
  int64_t M;
  const float* x;  // [O, N, I]
  float* y;  // [O, M, I]
  int32_t start;
  static SliceArguments from(const int64_t* slots) {
    SliceArguments a;
    a.O = slots[0];
    a.N = slots[1];
    a.I = slots[2];
    a.M = slots[3];
    a.x = reinterpret_cast<const float*>(slots[4]);
    a.y = reinterpret_cast<float*>(slots[5]);
    a.start = static_cast<int32_t>(slots[6]);
    return a;
  }
};

/** dx = 0 except dx[o, start + m, i] = dy[o, m, i] */
struct SliceBackwardArguments {
  int64_t O;
  int64_t N;
  int64_t I;
  int64_t M;
  const float* dy;  // [O, M, I]
  float* dx;  // [O, N, I]
  int32_t start;
  static SliceBackwardArguments from(const int64_t* slots) {
    SliceBackwardArguments a;
    a.O = slots[0];
    a.N = slots[1];
    a.I = slots[2];
    a.M = slots[3];
    a.dy = reinterpret_cast<const float*>(slots[4]);
    a.dx = reinterpret_cast<float*>(slots[5]);
    a.start = static_cast<int32_t>(slots[6]);
    return a;
  }
};

/** y = a and b joined along the middle axis */
struct ConcatArguments {
  int64_t O;
  int64_t M;
  int64_t I;
  int64_t N;
  const float* a;  // [O, M, I]
  const float* b;  // [O, N, I]
  float* y;  // [O, M+N, I]
  static ConcatArguments from(const int64_t* slots) {
    ConcatArguments a;
    a.O = slots[0];
    a.M = slots[1];
    a.I = slots[2];
    a.N = slots[3];
    a.a = reinterpret_cast<const float*>(slots[4]);
    a.b = reinterpret_cast<const float*>(slots[5]);
    a.y = reinterpret_cast<float*>(slots[6]);
    return a;
  }
};

/** y[t] = x[T − 1 − t], over the padded axis */
struct ReverseTimeArguments {
  int64_t T;
  int64_t N;
  const float* x;  // [T, ...N]
  float* y;  // [T, ...N]
  static ReverseTimeArguments from(const int64_t* slots) {
    ReverseTimeArguments a;
    a.T = slots[0];
    a.N = slots[1];
    a.x = reinterpret_cast<const float*>(slots[2]);
    a.y = reinterpret_cast<float*>(slots[3]);
    return a;
  }
};

/** y[b] = slab[rows[b]]; zeros where rows[b] is −1. Other values outside 0 … S − 1 end the run (indexOutOfRange) */
struct StateLoadArguments {
  int64_t S;
  int64_t N;
  int64_t B;
  const float* slab;  // [S, N]
  const int32_t* rows;  // [B]
  float* y;  // [B, N]
  static StateLoadArguments from(const int64_t* slots) {
    StateLoadArguments a;
    a.S = slots[0];
    a.N = slots[1];
    a.B = slots[2];
    a.slab = reinterpret_cast<const float*>(slots[3]);
    a.rows = reinterpret_cast<const int32_t*>(slots[4]);
    a.y = reinterpret_cast<float*>(slots[5]);
    return a;
  }
};

/** slab[rows[b]] = x[b]; rows[b] = −1 drops the row. All indices are checked before anything is written */
struct StateStoreArguments {
  int64_t S;
  int64_t N;
  int64_t B;
  const float* x;  // [B, N]
  const int32_t* rows;  // [B]
  float* slab;  // [S, N]
  static StateStoreArguments from(const int64_t* slots) {
    StateStoreArguments a;
    a.S = slots[0];
    a.N = slots[1];
    a.B = slots[2];
    a.x = reinterpret_cast<const float*>(slots[3]);
    a.rows = reinterpret_cast<const int32_t*>(slots[4]);
    a.slab = reinterpret_cast<float*>(slots[5]);
    return a;
  }
};

/** y[o, i] = Σₙ x[o, n, i], accumulated in float64 */
struct ReduceSumArguments {
  int64_t O;
  int64_t N;
  int64_t I;
  const float* x;  // [O, N, I]
  float* y;  // [O, I]
  static ReduceSumArguments from(const int64_t* slots) {
    ReduceSumArguments a;
    a.O = slots[0];
    a.N = slots[1];
    a.I = slots[2];
    a.x = reinterpret_cast<const float*>(slots[3]);
    a.y = reinterpret_cast<float*>(slots[4]);
    return a;
  }
};

/** y[o, n, i] = x[o, i] */
struct BroadcastArguments {
  int64_t O;
  int64_t I;
  int64_t N;
  const float* x;  // [O, I]
  float* y;  // [O, N, I]
  static BroadcastArguments from(const int64_t* slots) {
    BroadcastArguments a;
    a.O = slots[0];
    a.I = slots[1];
    a.N = slots[2];
    a.x = reinterpret_cast<const float*>(slots[3]);
    a.y = reinterpret_cast<float*>(slots[4]);
    return a;
  }
};

/** y[n] = table[indices[n]]; an index outside 0 … V − 1 ends the run (indexOutOfRange) */
struct GatherArguments {
  int64_t V;
  int64_t E;
  int64_t N;
  const float* table;  // [V, E]
  const int32_t* indices;  // [...N]
  float* y;  // [...N, E]
  static GatherArguments from(const int64_t* slots) {
    GatherArguments a;
    a.V = slots[0];
    a.E = slots[1];
    a.N = slots[2];
    a.table = reinterpret_cast<const float*>(slots[3]);
    a.indices = reinterpret_cast<const int32_t*>(slots[4]);
    a.y = reinterpret_cast<float*>(slots[5]);
    return a;
  }
};

/** dTable = 0, then dTable[indices[n]] += dy[n] in the order of n; indices are checked as in gather */
struct GatherBackwardArguments {
  int64_t N;
  int64_t E;
  int64_t V;
  const int32_t* indices;  // [...N]
  const float* dy;  // [...N, E]
  float* dTable;  // [V, E]
  static GatherBackwardArguments from(const int64_t* slots) {
    GatherBackwardArguments a;
    a.N = slots[0];
    a.E = slots[1];
    a.V = slots[2];
    a.indices = reinterpret_cast<const int32_t*>(slots[3]);
    a.dy = reinterpret_cast<const float*>(slots[4]);
    a.dTable = reinterpret_cast<float*>(slots[5]);
    return a;
  }
};

/** y[b] = a[b] where condition[b] is not 0, else b[b]; what is absent is zeros */
struct SelectArguments {
  int64_t B;
  int64_t N;
  const int32_t* condition;  // [B]
  const float* a;  // [B, ...N] or null
  const float* b;  // [B, ...N] or null
  float* y;  // [B, ...N]
  static SelectArguments from(const int64_t* slots) {
    SelectArguments a;
    a.B = slots[0];
    a.N = slots[1];
    a.condition = reinterpret_cast<const int32_t*>(slots[2]);
    a.a = reinterpret_cast<const float*>(slots[3]);
    a.b = reinterpret_cast<const float*>(slots[4]);
    a.y = reinterpret_cast<float*>(slots[5]);
    return a;
  }
};

/** y[t, b] = 1 where t < lengths[b], else 0; lengths outside 0 … T end the run (indexOutOfRange) */
struct SequenceMaskArguments {
  int64_t B;
  int64_t T;
  const int32_t* lengths;  // [B]
  int32_t* y;  // [T, B]
  static SequenceMaskArguments from(const int64_t* slots) {
    SequenceMaskArguments a;
    a.B = slots[0];
    a.T = slots[1];
    a.lengths = reinterpret_cast<const int32_t*>(slots[2]);
    a.y = reinterpret_cast<int32_t*>(slots[3]);
    return a;
  }
};

/** y[m] = the position of the largest of x[m], the first one where several are; a NaN counts as −∞ */
struct ArgmaxArguments {
  int64_t M;
  int64_t N;
  const float* x;  // [...M, N]
  int32_t* y;  // [...M]
  static ArgmaxArguments from(const int64_t* slots) {
    ArgmaxArguments a;
    a.M = slots[0];
    a.N = slots[1];
    a.x = reinterpret_cast<const float*>(slots[2]);
    a.y = reinterpret_cast<int32_t*>(slots[3]);
    return a;
  }
};

/** y[m, n] = 1 where n = indices[m], else 0; an index outside 0 … N − 1 ends the run (indexOutOfRange) */
struct OneHotArguments {
  int64_t M;
  int64_t N;
  const int32_t* indices;  // [...M]
  float* y;  // [...M, N]
  static OneHotArguments from(const int64_t* slots) {
    OneHotArguments a;
    a.M = slots[0];
    a.N = slots[1];
    a.indices = reinterpret_cast<const int32_t*>(slots[2]);
    a.y = reinterpret_cast<float*>(slots[3]);
    return a;
  }
};

/** y[t, b] in [0, 1): the Philox word of (row b, time t, feature 0), counted as in dropout, ∕ 2³², rounded down to 24 bits */
struct RandomUniformArguments {
  int64_t T;
  int64_t B;
  float* y;  // [T, B]
  int32_t site;
  double seed;
  double run;
  static RandomUniformArguments from(const int64_t* slots) {
    RandomUniformArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.y = reinterpret_cast<float*>(slots[2]);
    a.site = static_cast<int32_t>(slots[3]);
    a.seed = *reinterpret_cast<const double*>(slots[4]);
    a.run = *reinterpret_cast<const double*>(slots[5]);
    return a;
  }
};

/** y[m] = the first n with Σₖ₌₀…ₙ pₖ > uniform[m], p = softmax(logits[m]), summed in float64; the last class of a probability where rounding leaves none */
struct SampleCategoricalArguments {
  int64_t M;
  int64_t N;
  const float* logits;  // [...M, N]
  const float* uniform;  // [...M]
  int32_t* y;  // [...M]
  static SampleCategoricalArguments from(const int64_t* slots) {
    SampleCategoricalArguments a;
    a.M = slots[0];
    a.N = slots[1];
    a.logits = reinterpret_cast<const float*>(slots[2]);
    a.uniform = reinterpret_cast<const float*>(slots[3]);
    a.y = reinterpret_cast<int32_t*>(slots[4]);
    return a;
  }
};

/** y[m, n] = a[m, n] + b[n]; equal shapes are M = 1 */
struct AddArguments {
  int64_t M;
  int64_t N;
  const float* a;  // [M, N]
  const float* b;  // [N]
  float* y;  // [M, N]
  static AddArguments from(const int64_t* slots) {
    AddArguments a;
    a.M = slots[0];
    a.N = slots[1];
    a.a = reinterpret_cast<const float*>(slots[2]);
    a.b = reinterpret_cast<const float*>(slots[3]);
    a.y = reinterpret_cast<float*>(slots[4]);
    return a;
  }
};

/** y[m, n] = a[m, n] − b[n]; equal shapes are M = 1 */
struct SubtractArguments {
  int64_t M;
  int64_t N;
  const float* a;  // [M, N]
  const float* b;  // [N]
  float* y;  // [M, N]
  static SubtractArguments from(const int64_t* slots) {
    SubtractArguments a;
    a.M = slots[0];
    a.N = slots[1];
    a.a = reinterpret_cast<const float*>(slots[2]);
    a.b = reinterpret_cast<const float*>(slots[3]);
    a.y = reinterpret_cast<float*>(slots[4]);
    return a;
  }
};

/** y[m, n] = a[m, n] ∗ b[n]; equal shapes are M = 1 */
struct MultiplyArguments {
  int64_t M;
  int64_t N;
  const float* a;  // [M, N]
  const float* b;  // [N]
  float* y;  // [M, N]
  static MultiplyArguments from(const int64_t* slots) {
    MultiplyArguments a;
    a.M = slots[0];
    a.N = slots[1];
    a.a = reinterpret_cast<const float*>(slots[2]);
    a.b = reinterpret_cast<const float*>(slots[3]);
    a.y = reinterpret_cast<float*>(slots[4]);
    return a;
  }
};

/** y[m, n] = a[m, n] ∕ b[n]; equal shapes are M = 1 */
struct DivideArguments {
  int64_t M;
  int64_t N;
  const float* a;  // [M, N]
  const float* b;  // [N]
  float* y;  // [M, N]
  static DivideArguments from(const int64_t* slots) {
    DivideArguments a;
    a.M = slots[0];
    a.N = slots[1];
    a.a = reinterpret_cast<const float*>(slots[2]);
    a.b = reinterpret_cast<const float*>(slots[3]);
    a.y = reinterpret_cast<float*>(slots[4]);
    return a;
  }
};

/** y = scale · x + shift */
struct AffineArguments {
  int64_t N;
  const float* x;  // [...N]
  float* y;  // [...N]
  float scale;
  float shift;
  static AffineArguments from(const int64_t* slots) {
    AffineArguments a;
    a.N = slots[0];
    a.x = reinterpret_cast<const float*>(slots[1]);
    a.y = reinterpret_cast<float*>(slots[2]);
    a.scale = std::bit_cast<float>(static_cast<int32_t>(slots[3]));
    a.shift = std::bit_cast<float>(static_cast<int32_t>(slots[4]));
    return a;
  }
};

/** y = tanh x */
struct TanhArguments {
  int64_t N;
  const float* x;  // [...N]
  float* y;  // [...N]
  static TanhArguments from(const int64_t* slots) {
    TanhArguments a;
    a.N = slots[0];
    a.x = reinterpret_cast<const float*>(slots[1]);
    a.y = reinterpret_cast<float*>(slots[2]);
    return a;
  }
};

/** dx = dy · (1 − y²) */
struct TanhBackwardArguments {
  int64_t N;
  const float* y;  // [...N]
  const float* dy;  // [...N]
  float* dx;  // [...N]
  static TanhBackwardArguments from(const int64_t* slots) {
    TanhBackwardArguments a;
    a.N = slots[0];
    a.y = reinterpret_cast<const float*>(slots[1]);
    a.dy = reinterpret_cast<const float*>(slots[2]);
    a.dx = reinterpret_cast<float*>(slots[3]);
    return a;
  }
};

/** y = 1 ∕ (1 + exp −x) */
struct SigmoidArguments {
  int64_t N;
  const float* x;  // [...N]
  float* y;  // [...N]
  static SigmoidArguments from(const int64_t* slots) {
    SigmoidArguments a;
    a.N = slots[0];
    a.x = reinterpret_cast<const float*>(slots[1]);
    a.y = reinterpret_cast<float*>(slots[2]);
    return a;
  }
};

/** dx = dy · y · (1 − y) */
struct SigmoidBackwardArguments {
  int64_t N;
  const float* y;  // [...N]
  const float* dy;  // [...N]
  float* dx;  // [...N]
  static SigmoidBackwardArguments from(const int64_t* slots) {
    SigmoidBackwardArguments a;
    a.N = slots[0];
    a.y = reinterpret_cast<const float*>(slots[1]);
    a.dy = reinterpret_cast<const float*>(slots[2]);
    a.dx = reinterpret_cast<float*>(slots[3]);
    return a;
  }
};

/** y = 0 where x < 0, else x: NaN stays */
struct ReluArguments {
  int64_t N;
  const float* x;  // [...N]
  float* y;  // [...N]
  static ReluArguments from(const int64_t* slots) {
    ReluArguments a;
    a.N = slots[0];
    a.x = reinterpret_cast<const float*>(slots[1]);
    a.y = reinterpret_cast<float*>(slots[2]);
    return a;
  }
};

/** dx = dy where y > 0, else 0 */
struct ReluBackwardArguments {
  int64_t N;
  const float* y;  // [...N]
  const float* dy;  // [...N]
  float* dx;  // [...N]
  static ReluBackwardArguments from(const int64_t* slots) {
    ReluBackwardArguments a;
    a.N = slots[0];
    a.y = reinterpret_cast<const float*>(slots[1]);
    a.dy = reinterpret_cast<const float*>(slots[2]);
    a.dx = reinterpret_cast<float*>(slots[3]);
    return a;
  }
};

/** y = exp x (relative accuracy; overflow is +∞) */
struct ExpArguments {
  int64_t N;
  const float* x;  // [...N]
  float* y;  // [...N]
  static ExpArguments from(const int64_t* slots) {
    ExpArguments a;
    a.N = slots[0];
    a.x = reinterpret_cast<const float*>(slots[1]);
    a.y = reinterpret_cast<float*>(slots[2]);
    return a;
  }
};

/** y = ln x */
struct LogArguments {
  int64_t N;
  const float* x;  // [...N]
  float* y;  // [...N]
  static LogArguments from(const int64_t* slots) {
    LogArguments a;
    a.N = slots[0];
    a.x = reinterpret_cast<const float*>(slots[1]);
    a.y = reinterpret_cast<float*>(slots[2]);
    return a;
  }
};

/** y = x limited to low … high: NaN stays */
struct ClipArguments {
  int64_t N;
  const float* x;  // [...N]
  float* y;  // [...N]
  float low;
  float high;
  static ClipArguments from(const int64_t* slots) {
    ClipArguments a;
    a.N = slots[0];
    a.x = reinterpret_cast<const float*>(slots[1]);
    a.y = reinterpret_cast<float*>(slots[2]);
    a.low = std::bit_cast<float>(static_cast<int32_t>(slots[3]));
    a.high = std::bit_cast<float>(static_cast<int32_t>(slots[4]));
    return a;
  }
};

/** dx = dy where low < y < high, else 0 */
struct ClipBackwardArguments {
  int64_t N;
  const float* y;  // [...N]
  const float* dy;  // [...N]
  float* dx;  // [...N]
  float low;
  float high;
  static ClipBackwardArguments from(const int64_t* slots) {
    ClipBackwardArguments a;
    a.N = slots[0];
    a.y = reinterpret_cast<const float*>(slots[1]);
    a.dy = reinterpret_cast<const float*>(slots[2]);
    a.dx = reinterpret_cast<float*>(slots[3]);
    a.low = std::bit_cast<float>(static_cast<int32_t>(slots[4]));
    a.high = std::bit_cast<float>(static_cast<int32_t>(slots[5]));
    return a;
  }
};

/** y = ln(1 + exp x), as max(x, 0) + ln(1 + exp −|x|) */
struct SoftplusArguments {
  int64_t N;
  const float* x;  // [...N]
  float* y;  // [...N]
  static SoftplusArguments from(const int64_t* slots) {
    SoftplusArguments a;
    a.N = slots[0];
    a.x = reinterpret_cast<const float*>(slots[1]);
    a.y = reinterpret_cast<float*>(slots[2]);
    return a;
  }
};

/** y[m] = exp(x[m] − max x[m]) ∕ Σ, over the last axis */
struct SoftmaxArguments {
  int64_t M;
  int64_t N;
  const float* x;  // [...M, N]
  float* y;  // [...M, N]
  static SoftmaxArguments from(const int64_t* slots) {
    SoftmaxArguments a;
    a.M = slots[0];
    a.N = slots[1];
    a.x = reinterpret_cast<const float*>(slots[2]);
    a.y = reinterpret_cast<float*>(slots[3]);
    return a;
  }
};

/** dx[m, n] = y[m, n] · (dy[m, n] − Σₖ dy[m, k] · y[m, k]) */
struct SoftmaxBackwardArguments {
  int64_t M;
  int64_t N;
  const float* y;  // [...M, N]
  const float* dy;  // [...M, N]
  float* dx;  // [...M, N]
  static SoftmaxBackwardArguments from(const int64_t* slots) {
    SoftmaxBackwardArguments a;
    a.M = slots[0];
    a.N = slots[1];
    a.y = reinterpret_cast<const float*>(slots[2]);
    a.dy = reinterpret_cast<const float*>(slots[3]);
    a.dx = reinterpret_cast<float*>(slots[4]);
    return a;
  }
};

/** y = x ∕ (1 − rate) where the Philox word of (row b, time t, feature f) is ≥ ⌊rate · 2³²⌋, else 0. Its own derivative. Word: lane f mod 4 of Philox4x32-10 with counter (⌊f ∕ 4⌋, t, b, run) and key (seed, site); rate 0 copies */
struct DropoutArguments {
  int64_t T;
  int64_t B;
  int64_t F;
  const float* x;  // [T, B, F]
  float* y;  // [T, B, F]
  int32_t site;
  double rate;
  double seed;
  double run;
  static DropoutArguments from(const int64_t* slots) {
    DropoutArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.F = slots[2];
    a.x = reinterpret_cast<const float*>(slots[3]);
    a.y = reinterpret_cast<float*>(slots[4]);
    a.site = static_cast<int32_t>(slots[5]);
    a.rate = *reinterpret_cast<const double*>(slots[6]);
    a.seed = *reinterpret_cast<const double*>(slots[7]);
    a.run = *reinterpret_cast<const double*>(slots[8]);
    return a;
  }
};

/** y = a · b (+ bias on every row) */
struct MatmulArguments {
  int64_t M;
  int64_t K;
  int64_t N;
  const float* a;  // [...M, K]
  const float* b;  // [K, N]
  const float* bias;  // [N] or null
  float* y;  // [...M, N]
  int32_t precision;
  static MatmulArguments from(const int64_t* slots) {
    MatmulArguments a;
    a.M = slots[0];
    a.K = slots[1];
    a.N = slots[2];
    a.a = reinterpret_cast<const float*>(slots[3]);
    a.b = reinterpret_cast<const float*>(slots[4]);
    a.bias = reinterpret_cast<const float*>(slots[5]);
    a.y = reinterpret_cast<float*>(slots[6]);
    a.precision = static_cast<int32_t>(slots[7]);
    return a;
  }
};

/** y = aᵀ · b: the gradient of weights */
struct MatmulTransposeAArguments {
  int64_t K;
  int64_t M;
  int64_t N;
  const float* a;  // [...K, M]
  const float* b;  // [...K, N]
  float* y;  // [M, N]
  int32_t precision;
  static MatmulTransposeAArguments from(const int64_t* slots) {
    MatmulTransposeAArguments a;
    a.K = slots[0];
    a.M = slots[1];
    a.N = slots[2];
    a.a = reinterpret_cast<const float*>(slots[3]);
    a.b = reinterpret_cast<const float*>(slots[4]);
    a.y = reinterpret_cast<float*>(slots[5]);
    a.precision = static_cast<int32_t>(slots[6]);
    return a;
  }
};

/** y = a · bᵀ: the gradient of inputs */
struct MatmulTransposeBArguments {
  int64_t M;
  int64_t K;
  int64_t N;
  const float* a;  // [...M, K]
  const float* b;  // [N, K]
  float* y;  // [...M, N]
  int32_t precision;
  static MatmulTransposeBArguments from(const int64_t* slots) {
    MatmulTransposeBArguments a;
    a.M = slots[0];
    a.K = slots[1];
    a.N = slots[2];
    a.a = reinterpret_cast<const float*>(slots[3]);
    a.b = reinterpret_cast<const float*>(slots[4]);
    a.y = reinterpret_cast<float*>(slots[5]);
    a.precision = static_cast<int32_t>(slots[6]);
    return a;
  }
};

/** hₜ = f(xₜ · kernel + hₜ₋₁ · recurrentKernel + bias); activation f: 0 tanh, 1 relu, 2 identity */
struct RnnArguments {
  int64_t T;
  int64_t B;
  int64_t I;
  int64_t H;
  const float* x;  // [T, B, I]
  const float* kernel;  // [I, H]
  const float* recurrentKernel;  // [H, H]
  const float* bias;  // [H] or null
  const float* initialH;  // [B, H] or null
  const int32_t* lengths;  // [B] or null
  float* h;  // [T+1, B, H]
  int32_t reverse;
  int32_t activation;
  int32_t precision;
  static RnnArguments from(const int64_t* slots) {
    RnnArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.I = slots[2];
    a.H = slots[3];
    a.x = reinterpret_cast<const float*>(slots[4]);
    a.kernel = reinterpret_cast<const float*>(slots[5]);
    a.recurrentKernel = reinterpret_cast<const float*>(slots[6]);
    a.bias = reinterpret_cast<const float*>(slots[7]);
    a.initialH = reinterpret_cast<const float*>(slots[8]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[9]);
    a.h = reinterpret_cast<float*>(slots[10]);
    a.reverse = static_cast<int32_t>(slots[11]);
    a.activation = static_cast<int32_t>(slots[12]);
    a.precision = static_cast<int32_t>(slots[13]);
    return a;
  }
};

/** gradients of rnn; derivatives of the activation are taken from h */
struct RnnBackwardArguments {
  int64_t T;
  int64_t B;
  int64_t I;
  int64_t H;
  const float* x;  // [T, B, I]
  const float* kernel;  // [I, H]
  const float* recurrentKernel;  // [H, H]
  const float* h;  // [T+1, B, H]
  const int32_t* lengths;  // [B] or null
  const float* dy;  // [T, B, H] or null
  const float* dFinalH;  // [B, H] or null
  float* dGates;  // [T, B, H@16]
  float* dx;  // [T, B, I] or null
  float* dKernel;  // [I, H] or null
  float* dRecurrentKernel;  // [H, H] or null
  float* dBias;  // [H] or null
  float* dInitialH;  // [B, H] or null
  float* dStates;  // [T+1, B, H] or null
  int32_t reverse;
  int32_t activation;
  int32_t precision;
  static RnnBackwardArguments from(const int64_t* slots) {
    RnnBackwardArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.I = slots[2];
    a.H = slots[3];
    a.x = reinterpret_cast<const float*>(slots[4]);
    a.kernel = reinterpret_cast<const float*>(slots[5]);
    a.recurrentKernel = reinterpret_cast<const float*>(slots[6]);
    a.h = reinterpret_cast<const float*>(slots[7]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[8]);
    a.dy = reinterpret_cast<const float*>(slots[9]);
    a.dFinalH = reinterpret_cast<const float*>(slots[10]);
    a.dGates = reinterpret_cast<float*>(slots[11]);
    a.dx = reinterpret_cast<float*>(slots[12]);
    a.dKernel = reinterpret_cast<float*>(slots[13]);
    a.dRecurrentKernel = reinterpret_cast<float*>(slots[14]);
    a.dBias = reinterpret_cast<float*>(slots[15]);
    a.dInitialH = reinterpret_cast<float*>(slots[16]);
    a.dStates = reinterpret_cast<float*>(slots[17]);
    a.reverse = static_cast<int32_t>(slots[18]);
    a.activation = static_cast<int32_t>(slots[19]);
    a.precision = static_cast<int32_t>(slots[20]);
    return a;
  }
};

/** [i f g o] = xₜ · kernel + hₜ₋₁ · recurrentKernel + bias; cₜ = σ(f) ∗ cₜ₋₁ + σ(i) ∗ tanh(g); hₜ = σ(o) ∗ tanh(cₜ). saved is absent where no backward follows */
struct LstmArguments {
  int64_t T;
  int64_t B;
  int64_t I;
  int64_t H;
  const float* x;  // [T, B, I]
  const float* kernel;  // [I, 4*H]
  const float* recurrentKernel;  // [H, 4*H]
  const float* bias;  // [4*H] or null
  const float* initialH;  // [B, H] or null
  const float* initialC;  // [B, H] or null
  const int32_t* lengths;  // [B] or null
  float* h;  // [T+1, B, H]
  float* c;  // [T+1, B, H]
  float* saved;  // [T, B, 4*H@16] or null
  int32_t reverse;
  int32_t precision;
  static LstmArguments from(const int64_t* slots) {
    LstmArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.I = slots[2];
    a.H = slots[3];
    a.x = reinterpret_cast<const float*>(slots[4]);
    a.kernel = reinterpret_cast<const float*>(slots[5]);
    a.recurrentKernel = reinterpret_cast<const float*>(slots[6]);
    a.bias = reinterpret_cast<const float*>(slots[7]);
    a.initialH = reinterpret_cast<const float*>(slots[8]);
    a.initialC = reinterpret_cast<const float*>(slots[9]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[10]);
    a.h = reinterpret_cast<float*>(slots[11]);
    a.c = reinterpret_cast<float*>(slots[12]);
    a.saved = reinterpret_cast<float*>(slots[13]);
    a.reverse = static_cast<int32_t>(slots[14]);
    a.precision = static_cast<int32_t>(slots[15]);
    return a;
  }
};

/** gradients of lstm; saved is overwritten by the gradients of the gates */
struct LstmBackwardArguments {
  int64_t T;
  int64_t B;
  int64_t I;
  int64_t H;
  const float* x;  // [T, B, I]
  const float* kernel;  // [I, 4*H]
  const float* recurrentKernel;  // [H, 4*H]
  const float* h;  // [T+1, B, H]
  const float* c;  // [T+1, B, H]
  float* saved;  // [T, B, 4*H@16]
  const int32_t* lengths;  // [B] or null
  const float* dy;  // [T, B, H] or null
  const float* dFinalH;  // [B, H] or null
  const float* dFinalC;  // [B, H] or null
  float* dx;  // [T, B, I] or null
  float* dKernel;  // [I, 4*H] or null
  float* dRecurrentKernel;  // [H, 4*H] or null
  float* dBias;  // [4*H] or null
  float* dInitialH;  // [B, H] or null
  float* dInitialC;  // [B, H] or null
  float* dStates;  // [T+1, B, H] or null
  int32_t reverse;
  int32_t precision;
  static LstmBackwardArguments from(const int64_t* slots) {
    LstmBackwardArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.I = slots[2];
    a.H = slots[3];
    a.x = reinterpret_cast<const float*>(slots[4]);
    a.kernel = reinterpret_cast<const float*>(slots[5]);
    a.recurrentKernel = reinterpret_cast<const float*>(slots[6]);
    a.h = reinterpret_cast<const float*>(slots[7]);
    a.c = reinterpret_cast<const float*>(slots[8]);
    a.saved = reinterpret_cast<float*>(slots[9]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[10]);
    a.dy = reinterpret_cast<const float*>(slots[11]);
    a.dFinalH = reinterpret_cast<const float*>(slots[12]);
    a.dFinalC = reinterpret_cast<const float*>(slots[13]);
    a.dx = reinterpret_cast<float*>(slots[14]);
    a.dKernel = reinterpret_cast<float*>(slots[15]);
    a.dRecurrentKernel = reinterpret_cast<float*>(slots[16]);
    a.dBias = reinterpret_cast<float*>(slots[17]);
    a.dInitialH = reinterpret_cast<float*>(slots[18]);
    a.dInitialC = reinterpret_cast<float*>(slots[19]);
    a.dStates = reinterpret_cast<float*>(slots[20]);
    a.reverse = static_cast<int32_t>(slots[21]);
    a.precision = static_cast<int32_t>(slots[22]);
    return a;
  }
};

/** a = xₜ · kernel + bias, r and z = σ(a + hₜ₋₁ · recurrentKernel + recurrentBias); resetAfter 1: n = tanh(aₙ + r ∗ (hₜ₋₁ · Rₙ + recurrentBiasₙ)), 0: n = tanh(aₙ + (r ∗ hₜ₋₁) · Rₙ + recurrentBiasₙ); hₜ = z ∗ hₜ₋₁ + (1 − z) ∗ n. Gates z r n. saved is absent where no backward follows */
struct GruArguments {
  int64_t T;
  int64_t B;
  int64_t I;
  int64_t H;
  const float* x;  // [T, B, I]
  const float* kernel;  // [I, 3*H]
  const float* recurrentKernel;  // [H, 3*H]
  const float* bias;  // [3*H] or null
  const float* recurrentBias;  // [3*H] or null
  const float* initialH;  // [B, H] or null
  const int32_t* lengths;  // [B] or null
  float* h;  // [T+1, B, H]
  float* saved;  // [T, B, 4*H@16] or null
  int32_t reverse;
  int32_t resetAfter;
  int32_t precision;
  static GruArguments from(const int64_t* slots) {
    GruArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.I = slots[2];
    a.H = slots[3];
    a.x = reinterpret_cast<const float*>(slots[4]);
    a.kernel = reinterpret_cast<const float*>(slots[5]);
    a.recurrentKernel = reinterpret_cast<const float*>(slots[6]);
    a.bias = reinterpret_cast<const float*>(slots[7]);
    a.recurrentBias = reinterpret_cast<const float*>(slots[8]);
    a.initialH = reinterpret_cast<const float*>(slots[9]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[10]);
    a.h = reinterpret_cast<float*>(slots[11]);
    a.saved = reinterpret_cast<float*>(slots[12]);
    a.reverse = static_cast<int32_t>(slots[13]);
    a.resetAfter = static_cast<int32_t>(slots[14]);
    a.precision = static_cast<int32_t>(slots[15]);
    return a;
  }
};

/** gradients of gru; saved is overwritten by the gradients of the gates */
struct GruBackwardArguments {
  int64_t T;
  int64_t B;
  int64_t I;
  int64_t H;
  const float* x;  // [T, B, I]
  const float* kernel;  // [I, 3*H]
  const float* recurrentKernel;  // [H, 3*H]
  const float* h;  // [T+1, B, H]
  float* saved;  // [T, B, 4*H@16]
  const int32_t* lengths;  // [B] or null
  const float* dy;  // [T, B, H] or null
  const float* dFinalH;  // [B, H] or null
  float* dx;  // [T, B, I] or null
  float* dKernel;  // [I, 3*H] or null
  float* dRecurrentKernel;  // [H, 3*H] or null
  float* dBias;  // [3*H] or null
  float* dRecurrentBias;  // [3*H] or null
  float* dInitialH;  // [B, H] or null
  float* dStates;  // [T+1, B, H] or null
  int32_t reverse;
  int32_t resetAfter;
  int32_t precision;
  static GruBackwardArguments from(const int64_t* slots) {
    GruBackwardArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.I = slots[2];
    a.H = slots[3];
    a.x = reinterpret_cast<const float*>(slots[4]);
    a.kernel = reinterpret_cast<const float*>(slots[5]);
    a.recurrentKernel = reinterpret_cast<const float*>(slots[6]);
    a.h = reinterpret_cast<const float*>(slots[7]);
    a.saved = reinterpret_cast<float*>(slots[8]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[9]);
    a.dy = reinterpret_cast<const float*>(slots[10]);
    a.dFinalH = reinterpret_cast<const float*>(slots[11]);
    a.dx = reinterpret_cast<float*>(slots[12]);
    a.dKernel = reinterpret_cast<float*>(slots[13]);
    a.dRecurrentKernel = reinterpret_cast<float*>(slots[14]);
    a.dBias = reinterpret_cast<float*>(slots[15]);
    a.dRecurrentBias = reinterpret_cast<float*>(slots[16]);
    a.dInitialH = reinterpret_cast<float*>(slots[17]);
    a.dStates = reinterpret_cast<float*>(slots[18]);
    a.reverse = static_cast<int32_t>(slots[19]);
    a.resetAfter = static_cast<int32_t>(slots[20]);
    a.precision = static_cast<int32_t>(slots[21]);
    return a;
  }
};

/** hₜ = aₜ ∗ hₜ₋₁ + bₜ; convex 1: hₜ = aₜ ∗ hₜ₋₁ + (1 − aₜ) ∗ bₜ. a and b of masked steps are not looked at */
struct LinearRecurrenceArguments {
  int64_t T;
  int64_t B;
  int64_t H;
  const float* a;  // [T, B, H]
  const float* b;  // [T, B, H]
  const float* initialH;  // [B, H] or null
  const int32_t* lengths;  // [B] or null
  float* h;  // [T+1, B, H]
  int32_t reverse;
  int32_t convex;
  static LinearRecurrenceArguments from(const int64_t* slots) {
    LinearRecurrenceArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.H = slots[2];
    a.a = reinterpret_cast<const float*>(slots[3]);
    a.b = reinterpret_cast<const float*>(slots[4]);
    a.initialH = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.h = reinterpret_cast<float*>(slots[7]);
    a.reverse = static_cast<int32_t>(slots[8]);
    a.convex = static_cast<int32_t>(slots[9]);
    return a;
  }
};

/** gradients of linear_recurrence; b is looked at where convex is 1 */
struct LinearRecurrenceBackwardArguments {
  int64_t T;
  int64_t B;
  int64_t H;
  const float* a;  // [T, B, H]
  const float* b;  // [T, B, H]
  const float* h;  // [T+1, B, H]
  const int32_t* lengths;  // [B] or null
  const float* dy;  // [T, B, H] or null
  const float* dFinalH;  // [B, H] or null
  float* da;  // [T, B, H] or null
  float* db;  // [T, B, H] or null
  float* dInitialH;  // [B, H] or null
  int32_t reverse;
  int32_t convex;
  static LinearRecurrenceBackwardArguments from(const int64_t* slots) {
    LinearRecurrenceBackwardArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.H = slots[2];
    a.a = reinterpret_cast<const float*>(slots[3]);
    a.b = reinterpret_cast<const float*>(slots[4]);
    a.h = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.dy = reinterpret_cast<const float*>(slots[7]);
    a.dFinalH = reinterpret_cast<const float*>(slots[8]);
    a.da = reinterpret_cast<float*>(slots[9]);
    a.db = reinterpret_cast<float*>(slots[10]);
    a.dInitialH = reinterpret_cast<float*>(slots[11]);
    a.reverse = static_cast<int32_t>(slots[12]);
    a.convex = static_cast<int32_t>(slots[13]);
    return a;
  }
};

/** y[t, b] = x[t, b] where t < T and t < lengths[b], else 0: a sequence cut off or padded, masked steps cleared. Its own derivative */
struct ResizeTimeArguments {
  int64_t T;
  int64_t S;
  int64_t B;
  int64_t N;
  const float* x;  // [T, B, ...N]
  const int32_t* lengths;  // [B] or null
  float* y;  // [S, B, ...N]
  static ResizeTimeArguments from(const int64_t* slots) {
    ResizeTimeArguments a;
    a.T = slots[0];
    a.S = slots[1];
    a.B = slots[2];
    a.N = slots[3];
    a.x = reinterpret_cast<const float*>(slots[4]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[5]);
    a.y = reinterpret_cast<float*>(slots[6]);
    return a;
  }
};

/** y[d, b] = ⌈(lengths[b] − d) ∕ D⌉, at least 0: how many of the steps d, d + D, d + 2 · D … are valid. Without lengths all T steps of x are; nothing else of x is looked at */
struct PartLengthsArguments {
  int64_t T;
  int64_t B;
  int64_t N;
  int64_t D;
  const float* x;  // [T, B, ...N]
  const int32_t* lengths;  // [B] or null
  int32_t* y;  // [D, B]
  static PartLengthsArguments from(const int64_t* slots) {
    PartLengthsArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.N = slots[2];
    a.D = slots[3];
    a.x = reinterpret_cast<const float*>(slots[4]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[5]);
    a.y = reinterpret_cast<int32_t*>(slots[6]);
    return a;
  }
};

/** ℓ = logNormalizer − logits[target], logNormalizer = ln Σ exp(logits), computed with the maximum taken out. Targets outside 0 … F − 1 at valid steps end the run (indexOutOfRange) */
struct SoftmaxCrossEntropyArguments {
  int64_t T;
  int64_t B;
  int64_t F;
  const float* logits;  // [T, B, F]
  const int32_t* targets;  // [T, B]
  const float* weights;  // [T, B] or null
  const int32_t* lengths;  // [B] or null
  double* loss;  // [2]
  float* weight;  // [1]
  float* logNormalizer;  // [T, B]
  static SoftmaxCrossEntropyArguments from(const int64_t* slots) {
    SoftmaxCrossEntropyArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.F = slots[2];
    a.logits = reinterpret_cast<const float*>(slots[3]);
    a.targets = reinterpret_cast<const int32_t*>(slots[4]);
    a.weights = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.loss = reinterpret_cast<double*>(slots[7]);
    a.weight = reinterpret_cast<float*>(slots[8]);
    a.logNormalizer = reinterpret_cast<float*>(slots[9]);
    return a;
  }
};

/** dLogits = w · (exp(logits − logNormalizer) − onehot(target)) */
struct SoftmaxCrossEntropyBackwardArguments {
  int64_t T;
  int64_t B;
  int64_t F;
  const float* logits;  // [T, B, F]
  const int32_t* targets;  // [T, B]
  const float* weights;  // [T, B] or null
  const int32_t* lengths;  // [B] or null
  const float* logNormalizer;  // [T, B]
  float* dLogits;  // [T, B, F]
  static SoftmaxCrossEntropyBackwardArguments from(const int64_t* slots) {
    SoftmaxCrossEntropyBackwardArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.F = slots[2];
    a.logits = reinterpret_cast<const float*>(slots[3]);
    a.targets = reinterpret_cast<const int32_t*>(slots[4]);
    a.weights = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.logNormalizer = reinterpret_cast<const float*>(slots[7]);
    a.dLogits = reinterpret_cast<float*>(slots[8]);
    return a;
  }
};

/** ℓ = mean over the F features of (prediction − target)² */
struct SquaredErrorArguments {
  int64_t T;
  int64_t B;
  int64_t F;
  const float* prediction;  // [T, B, F]
  const float* targets;  // [T, B, F]
  const float* weights;  // [T, B] or null
  const int32_t* lengths;  // [B] or null
  double* loss;  // [2]
  float* weight;  // [1]
  static SquaredErrorArguments from(const int64_t* slots) {
    SquaredErrorArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.F = slots[2];
    a.prediction = reinterpret_cast<const float*>(slots[3]);
    a.targets = reinterpret_cast<const float*>(slots[4]);
    a.weights = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.loss = reinterpret_cast<double*>(slots[7]);
    a.weight = reinterpret_cast<float*>(slots[8]);
    return a;
  }
};

/** dPrediction = w · 2 ∕ F · (prediction − target) */
struct SquaredErrorBackwardArguments {
  int64_t T;
  int64_t B;
  int64_t F;
  const float* prediction;  // [T, B, F]
  const float* targets;  // [T, B, F]
  const float* weights;  // [T, B] or null
  const int32_t* lengths;  // [B] or null
  float* dPrediction;  // [T, B, F]
  static SquaredErrorBackwardArguments from(const int64_t* slots) {
    SquaredErrorBackwardArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.F = slots[2];
    a.prediction = reinterpret_cast<const float*>(slots[3]);
    a.targets = reinterpret_cast<const float*>(slots[4]);
    a.weights = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.dPrediction = reinterpret_cast<float*>(slots[7]);
    return a;
  }
};

/** ℓ = mean over the F features of h(prediction − target): h(d) = |d| where delta is 0, otherwise ½ d² where |d| ≤ delta and delta · (|d| − ½ delta) beyond (Huber 1964) */
struct AbsoluteErrorArguments {
  int64_t T;
  int64_t B;
  int64_t F;
  const float* prediction;  // [T, B, F]
  const float* targets;  // [T, B, F]
  const float* weights;  // [T, B] or null
  const int32_t* lengths;  // [B] or null
  double* loss;  // [2]
  float* weight;  // [1]
  float delta;
  static AbsoluteErrorArguments from(const int64_t* slots) {
    AbsoluteErrorArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.F = slots[2];
    a.prediction = reinterpret_cast<const float*>(slots[3]);
    a.targets = reinterpret_cast<const float*>(slots[4]);
    a.weights = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.loss = reinterpret_cast<double*>(slots[7]);
    a.weight = reinterpret_cast<float*>(slots[8]);
    a.delta = std::bit_cast<float>(static_cast<int32_t>(slots[9]));
    return a;
  }
};

/** dPrediction = w ∕ F · h′(prediction − target): h′(d) = sign d where delta is 0, otherwise d limited to ± delta */
struct AbsoluteErrorBackwardArguments {
  int64_t T;
  int64_t B;
  int64_t F;
  const float* prediction;  // [T, B, F]
  const float* targets;  // [T, B, F]
  const float* weights;  // [T, B] or null
  const int32_t* lengths;  // [B] or null
  float* dPrediction;  // [T, B, F]
  float delta;
  static AbsoluteErrorBackwardArguments from(const int64_t* slots) {
    AbsoluteErrorBackwardArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.F = slots[2];
    a.prediction = reinterpret_cast<const float*>(slots[3]);
    a.targets = reinterpret_cast<const float*>(slots[4]);
    a.weights = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.dPrediction = reinterpret_cast<float*>(slots[7]);
    a.delta = std::bit_cast<float>(static_cast<int32_t>(slots[8]));
    return a;
  }
};

/** ℓ = mean over the F features (their sum where `sum` is 1) of max(x, 0) − x · target + ln(1 + exp −|x|), x the logits: −target · ln σ(x) − (1 − target) · ln(1 − σ(x)) */
struct BinaryCrossEntropyArguments {
  int64_t T;
  int64_t B;
  int64_t F;
  const float* logits;  // [T, B, F]
  const float* targets;  // [T, B, F]
  const float* weights;  // [T, B] or null
  const int32_t* lengths;  // [B] or null
  double* loss;  // [2]
  float* weight;  // [1]
  int32_t sum;
  static BinaryCrossEntropyArguments from(const int64_t* slots) {
    BinaryCrossEntropyArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.F = slots[2];
    a.logits = reinterpret_cast<const float*>(slots[3]);
    a.targets = reinterpret_cast<const float*>(slots[4]);
    a.weights = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.loss = reinterpret_cast<double*>(slots[7]);
    a.weight = reinterpret_cast<float*>(slots[8]);
    a.sum = static_cast<int32_t>(slots[9]);
    return a;
  }
};

/** dLogits = w · (σ(logits) − target), divided by F unless `sum` is 1 */
struct BinaryCrossEntropyBackwardArguments {
  int64_t T;
  int64_t B;
  int64_t F;
  const float* logits;  // [T, B, F]
  const float* targets;  // [T, B, F]
  const float* weights;  // [T, B] or null
  const int32_t* lengths;  // [B] or null
  float* dLogits;  // [T, B, F]
  int32_t sum;
  static BinaryCrossEntropyBackwardArguments from(const int64_t* slots) {
    BinaryCrossEntropyBackwardArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.F = slots[2];
    a.logits = reinterpret_cast<const float*>(slots[3]);
    a.targets = reinterpret_cast<const float*>(slots[4]);
    a.weights = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.dLogits = reinterpret_cast<float*>(slots[7]);
    a.sum = static_cast<int32_t>(slots[8]);
    return a;
  }
};

/** ℓ = Σ over classes of target · (logNormalizer − logits), as in softmax_cross_entropy; a class whose target is 0 adds nothing, whatever its logit */
struct CategoricalCrossEntropyArguments {
  int64_t T;
  int64_t B;
  int64_t F;
  const float* logits;  // [T, B, F]
  const float* targets;  // [T, B, F]
  const float* weights;  // [T, B] or null
  const int32_t* lengths;  // [B] or null
  double* loss;  // [2]
  float* weight;  // [1]
  float* logNormalizer;  // [T, B]
  static CategoricalCrossEntropyArguments from(const int64_t* slots) {
    CategoricalCrossEntropyArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.F = slots[2];
    a.logits = reinterpret_cast<const float*>(slots[3]);
    a.targets = reinterpret_cast<const float*>(slots[4]);
    a.weights = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.loss = reinterpret_cast<double*>(slots[7]);
    a.weight = reinterpret_cast<float*>(slots[8]);
    a.logNormalizer = reinterpret_cast<float*>(slots[9]);
    return a;
  }
};

/** dLogits = w · (exp(logits − logNormalizer) · Σ targets − target) */
struct CategoricalCrossEntropyBackwardArguments {
  int64_t T;
  int64_t B;
  int64_t F;
  const float* logits;  // [T, B, F]
  const float* targets;  // [T, B, F]
  const float* weights;  // [T, B] or null
  const int32_t* lengths;  // [B] or null
  const float* logNormalizer;  // [T, B]
  float* dLogits;  // [T, B, F]
  static CategoricalCrossEntropyBackwardArguments from(const int64_t* slots) {
    CategoricalCrossEntropyBackwardArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.F = slots[2];
    a.logits = reinterpret_cast<const float*>(slots[3]);
    a.targets = reinterpret_cast<const float*>(slots[4]);
    a.weights = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.logNormalizer = reinterpret_cast<const float*>(slots[7]);
    a.dLogits = reinterpret_cast<float*>(slots[8]);
    return a;
  }
};

/** a = 1 where fewer than k classes come before the target: they are greater, or equal and earlier, or NaN. A target at NaN is no hit. Targets outside 0 … F − 1 at valid steps end the run (indexOutOfRange) */
struct SparseTopKAccuracyArguments {
  int64_t T;
  int64_t B;
  int64_t F;
  const float* prediction;  // [T, B, F]
  const int32_t* targets;  // [T, B]
  const float* weights;  // [T, B] or null
  const int32_t* lengths;  // [B] or null
  double* hits;  // [2]
  int32_t k;
  static SparseTopKAccuracyArguments from(const int64_t* slots) {
    SparseTopKAccuracyArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.F = slots[2];
    a.prediction = reinterpret_cast<const float*>(slots[3]);
    a.targets = reinterpret_cast<const int32_t*>(slots[4]);
    a.weights = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.hits = reinterpret_cast<double*>(slots[7]);
    a.k = static_cast<int32_t>(slots[8]);
    return a;
  }
};

/** As sparse_top_k_accuracy; the target is the first of the greatest entries of targets */
struct TopKAccuracyArguments {
  int64_t T;
  int64_t B;
  int64_t F;
  const float* prediction;  // [T, B, F]
  const float* targets;  // [T, B, F]
  const float* weights;  // [T, B] or null
  const int32_t* lengths;  // [B] or null
  double* hits;  // [2]
  int32_t k;
  static TopKAccuracyArguments from(const int64_t* slots) {
    TopKAccuracyArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.F = slots[2];
    a.prediction = reinterpret_cast<const float*>(slots[3]);
    a.targets = reinterpret_cast<const float*>(slots[4]);
    a.weights = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.hits = reinterpret_cast<double*>(slots[7]);
    a.k = static_cast<int32_t>(slots[8]);
    return a;
  }
};

/** a = share of the F features where prediction > threshold and target is 1, or prediction ≤ threshold and target is 0 */
struct BinaryAccuracyArguments {
  int64_t T;
  int64_t B;
  int64_t F;
  const float* prediction;  // [T, B, F]
  const float* targets;  // [T, B, F]
  const float* weights;  // [T, B] or null
  const int32_t* lengths;  // [B] or null
  double* hits;  // [2]
  float threshold;
  static BinaryAccuracyArguments from(const int64_t* slots) {
    BinaryAccuracyArguments a;
    a.T = slots[0];
    a.B = slots[1];
    a.F = slots[2];
    a.prediction = reinterpret_cast<const float*>(slots[3]);
    a.targets = reinterpret_cast<const float*>(slots[4]);
    a.weights = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.hits = reinterpret_cast<double*>(slots[7]);
    a.threshold = std::bit_cast<float>(static_cast<int32_t>(slots[8]));
    return a;
  }
};

/** penalty = weight · Σ (l1 · |p| + l2 · p²), in float64; gradient += weight · (l1 · sign p + 2 · l2 · p): sums that are divided by the weight as the loss and its gradient are */
struct PenaltyArguments {
  int64_t N;
  const float* parameter;  // [...N]
  const float* weight;  // [1]
  double* penalty;  // [1]
  float* gradient;  // [...N] or null
  float l1;
  float l2;
  static PenaltyArguments from(const int64_t* slots) {
    PenaltyArguments a;
    a.N = slots[0];
    a.parameter = reinterpret_cast<const float*>(slots[1]);
    a.weight = reinterpret_cast<const float*>(slots[2]);
    a.penalty = reinterpret_cast<double*>(slots[3]);
    a.gradient = reinterpret_cast<float*>(slots[4]);
    a.l1 = std::bit_cast<float>(static_cast<int32_t>(slots[5]));
    a.l2 = std::bit_cast<float>(static_cast<int32_t>(slots[6]));
    return a;
  }
};

/** norm = ‖gradients‖₂ ∕ weight in float64. Ends the run before parameters are touched: emptyBatch where weight is 0, nonFinite, with norm written, where loss[0], weight or norm is not finite */
struct GradientNormArguments {
  int64_t P;
  const float* gradients;  // [P]
  const double* loss;  // [2]
  const float* weight;  // [1]
  double* norm;  // [1]
  static GradientNormArguments from(const int64_t* slots) {
    GradientNormArguments a;
    a.P = slots[0];
    a.gradients = reinterpret_cast<const float*>(slots[1]);
    a.loss = reinterpret_cast<const double*>(slots[2]);
    a.weight = reinterpret_cast<const float*>(slots[3]);
    a.norm = reinterpret_cast<double*>(slots[4]);
    return a;
  }
};

/** v = momentum · v − rate · g; p += v, with nesterov p += momentum · v − rate · g; without velocity p −= rate · g (Keras SGD). Decoupled decay first: p −= rate · weightDecay · p */
struct SgdArguments {
  int64_t P;
  float* parameters;  // [P]
  const float* gradients;  // [P]
  const float* weight;  // [1]
  const double* norm;  // [1]
  float* velocity;  // [P] or null
  const int32_t* ranges;
  int64_t rangesCount;
  int32_t nesterov;
  double learningRate;
  double momentum;
  double weightDecay;
  double clipValue;
  double clipNorm;
  double globalClipNorm;
  static SgdArguments from(const int64_t* slots) {
    SgdArguments a;
    a.P = slots[0];
    a.parameters = reinterpret_cast<float*>(slots[1]);
    a.gradients = reinterpret_cast<const float*>(slots[2]);
    a.weight = reinterpret_cast<const float*>(slots[3]);
    a.norm = reinterpret_cast<const double*>(slots[4]);
    a.velocity = reinterpret_cast<float*>(slots[5]);
    a.ranges = reinterpret_cast<const int32_t*>(slots[6]);
    a.rangesCount = slots[7];
    a.nesterov = static_cast<int32_t>(slots[8]);
    a.learningRate = *reinterpret_cast<const double*>(slots[9]);
    a.momentum = *reinterpret_cast<const double*>(slots[10]);
    a.weightDecay = *reinterpret_cast<const double*>(slots[11]);
    a.clipValue = *reinterpret_cast<const double*>(slots[12]);
    a.clipNorm = *reinterpret_cast<const double*>(slots[13]);
    a.globalClipNorm = *reinterpret_cast<const double*>(slots[14]);
    return a;
  }
};

/** s = rho · s + (1 − rho) · g²; d = rate · g ∕ (√s + epsilon); with velocity v = momentum · v + d, p −= v, else p −= d. Decoupled decay first, as in sgd */
struct RmspropArguments {
  int64_t P;
  float* parameters;  // [P]
  const float* gradients;  // [P]
  const float* weight;  // [1]
  const double* norm;  // [1]
  float* meanSquare;  // [P]
  float* velocity;  // [P] or null
  const int32_t* ranges;
  int64_t rangesCount;
  double learningRate;
  double rho;
  double momentum;
  double epsilon;
  double weightDecay;
  double clipValue;
  double clipNorm;
  double globalClipNorm;
  static RmspropArguments from(const int64_t* slots) {
    RmspropArguments a;
    a.P = slots[0];
    a.parameters = reinterpret_cast<float*>(slots[1]);
    a.gradients = reinterpret_cast<const float*>(slots[2]);
    a.weight = reinterpret_cast<const float*>(slots[3]);
    a.norm = reinterpret_cast<const double*>(slots[4]);
    a.meanSquare = reinterpret_cast<float*>(slots[5]);
    a.velocity = reinterpret_cast<float*>(slots[6]);
    a.ranges = reinterpret_cast<const int32_t*>(slots[7]);
    a.rangesCount = slots[8];
    a.learningRate = *reinterpret_cast<const double*>(slots[9]);
    a.rho = *reinterpret_cast<const double*>(slots[10]);
    a.momentum = *reinterpret_cast<const double*>(slots[11]);
    a.epsilon = *reinterpret_cast<const double*>(slots[12]);
    a.weightDecay = *reinterpret_cast<const double*>(slots[13]);
    a.clipValue = *reinterpret_cast<const double*>(slots[14]);
    a.clipNorm = *reinterpret_cast<const double*>(slots[15]);
    a.globalClipNorm = *reinterpret_cast<const double*>(slots[16]);
    return a;
  }
};

/** m = beta1 · m + (1 − beta1) · g; v = beta2 · v + (1 − beta2) · g²; p −= rate · (m ∕ (1 − beta1ˢ)) ∕ (√(v ∕ (1 − beta2ˢ)) + epsilon), s = step from 1 (Kingma and Ba 2015, algorithm 1). Decoupled decay first, as in sgd (AdamW, Loshchilov and Hutter 2019) */
struct AdamArguments {
  int64_t P;
  float* parameters;  // [P]
  const float* gradients;  // [P]
  const float* weight;  // [1]
  const double* norm;  // [1]
  float* firstMoment;  // [P]
  float* secondMoment;  // [P]
  const int32_t* ranges;
  int64_t rangesCount;
  double learningRate;
  double beta1;
  double beta2;
  double epsilon;
  double weightDecay;
  double step;
  double clipValue;
  double clipNorm;
  double globalClipNorm;
  static AdamArguments from(const int64_t* slots) {
    AdamArguments a;
    a.P = slots[0];
    a.parameters = reinterpret_cast<float*>(slots[1]);
    a.gradients = reinterpret_cast<const float*>(slots[2]);
    a.weight = reinterpret_cast<const float*>(slots[3]);
    a.norm = reinterpret_cast<const double*>(slots[4]);
    a.firstMoment = reinterpret_cast<float*>(slots[5]);
    a.secondMoment = reinterpret_cast<float*>(slots[6]);
    a.ranges = reinterpret_cast<const int32_t*>(slots[7]);
    a.rangesCount = slots[8];
    a.learningRate = *reinterpret_cast<const double*>(slots[9]);
    a.beta1 = *reinterpret_cast<const double*>(slots[10]);
    a.beta2 = *reinterpret_cast<const double*>(slots[11]);
    a.epsilon = *reinterpret_cast<const double*>(slots[12]);
    a.weightDecay = *reinterpret_cast<const double*>(slots[13]);
    a.step = *reinterpret_cast<const double*>(slots[14]);
    a.clipValue = *reinterpret_cast<const double*>(slots[15]);
    a.clipNorm = *reinterpret_cast<const double*>(slots[16]);
    a.globalClipNorm = *reinterpret_cast<const double*>(slots[17]);
    return a;
  }
};

/** y[o, m, i, k] = the entry k of window m, 0 where it is padding */
struct UnfoldArguments {
  int64_t O;
  int64_t N;
  int64_t I;
  int64_t C;
  int64_t M;
  int64_t K;
  const float* x;  // [O, N, I, C]
  const int32_t* lengths;  // [I] or null
  float* y;  // [O, M, I, K, C]
  int32_t padding;
  int32_t stride;
  int32_t dilation;
  static UnfoldArguments from(const int64_t* slots) {
    UnfoldArguments a;
    a.O = slots[0];
    a.N = slots[1];
    a.I = slots[2];
    a.C = slots[3];
    a.M = slots[4];
    a.K = slots[5];
    a.x = reinterpret_cast<const float*>(slots[6]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[7]);
    a.y = reinterpret_cast<float*>(slots[8]);
    a.padding = static_cast<int32_t>(slots[9]);
    a.stride = static_cast<int32_t>(slots[10]);
    a.dilation = static_cast<int32_t>(slots[11]);
    return a;
  }
};

/** x[o, n, i] = Σ over all entries of windows that are entry n of y[o, m, i, k]: the adjoint of unfold */
struct FoldArguments {
  int64_t O;
  int64_t N;
  int64_t I;
  int64_t C;
  int64_t M;
  int64_t K;
  const float* y;  // [O, M, I, K, C]
  const int32_t* lengths;  // [I] or null
  float* x;  // [O, N, I, C]
  int32_t padding;
  int32_t stride;
  int32_t dilation;
  static FoldArguments from(const int64_t* slots) {
    FoldArguments a;
    a.O = slots[0];
    a.N = slots[1];
    a.I = slots[2];
    a.C = slots[3];
    a.M = slots[4];
    a.K = slots[5];
    a.y = reinterpret_cast<const float*>(slots[6]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[7]);
    a.x = reinterpret_cast<float*>(slots[8]);
    a.padding = static_cast<int32_t>(slots[9]);
    a.stride = static_cast<int32_t>(slots[10]);
    a.dilation = static_cast<int32_t>(slots[11]);
    return a;
  }
};

/** y[o, m, i] = the largest entry of window m that is no padding, element by element; 0 where there is none; NaN is the largest */
struct MaxPoolArguments {
  int64_t O;
  int64_t N;
  int64_t I;
  int64_t C;
  int64_t M;
  const float* x;  // [O, N, I, C]
  const int32_t* lengths;  // [I] or null
  float* y;  // [O, M, I, C]
  int32_t size;
  int32_t padding;
  int32_t stride;
  int32_t dilation;
  static MaxPoolArguments from(const int64_t* slots) {
    MaxPoolArguments a;
    a.O = slots[0];
    a.N = slots[1];
    a.I = slots[2];
    a.C = slots[3];
    a.M = slots[4];
    a.x = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.y = reinterpret_cast<float*>(slots[7]);
    a.size = static_cast<int32_t>(slots[8]);
    a.padding = static_cast<int32_t>(slots[9]);
    a.stride = static_cast<int32_t>(slots[10]);
    a.dilation = static_cast<int32_t>(slots[11]);
    return a;
  }
};

/** dx = Σ over the windows of dy, at the first entry that is the largest */
struct MaxPoolBackwardArguments {
  int64_t O;
  int64_t N;
  int64_t I;
  int64_t C;
  int64_t M;
  const float* x;  // [O, N, I, C]
  const int32_t* lengths;  // [I] or null
  const float* dy;  // [O, M, I, C]
  float* dx;  // [O, N, I, C]
  int32_t size;
  int32_t padding;
  int32_t stride;
  int32_t dilation;
  static MaxPoolBackwardArguments from(const int64_t* slots) {
    MaxPoolBackwardArguments a;
    a.O = slots[0];
    a.N = slots[1];
    a.I = slots[2];
    a.C = slots[3];
    a.M = slots[4];
    a.x = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.dy = reinterpret_cast<const float*>(slots[7]);
    a.dx = reinterpret_cast<float*>(slots[8]);
    a.size = static_cast<int32_t>(slots[9]);
    a.padding = static_cast<int32_t>(slots[10]);
    a.stride = static_cast<int32_t>(slots[11]);
    a.dilation = static_cast<int32_t>(slots[12]);
    return a;
  }
};

/** y[o, m, i] = the mean over the entries of window m that are no padding; 0 where there are none */
struct AveragePoolArguments {
  int64_t O;
  int64_t N;
  int64_t I;
  int64_t C;
  int64_t M;
  const float* x;  // [O, N, I, C]
  const int32_t* lengths;  // [I] or null
  float* y;  // [O, M, I, C]
  int32_t size;
  int32_t padding;
  int32_t stride;
  int32_t dilation;
  static AveragePoolArguments from(const int64_t* slots) {
    AveragePoolArguments a;
    a.O = slots[0];
    a.N = slots[1];
    a.I = slots[2];
    a.C = slots[3];
    a.M = slots[4];
    a.x = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.y = reinterpret_cast<float*>(slots[7]);
    a.size = static_cast<int32_t>(slots[8]);
    a.padding = static_cast<int32_t>(slots[9]);
    a.stride = static_cast<int32_t>(slots[10]);
    a.dilation = static_cast<int32_t>(slots[11]);
    return a;
  }
};

/** dx = Σ over the windows of dy ∕ the number of their entries */
struct AveragePoolBackwardArguments {
  int64_t O;
  int64_t N;
  int64_t I;
  int64_t C;
  int64_t M;
  const float* dy;  // [O, M, I, C]
  const int32_t* lengths;  // [I] or null
  float* dx;  // [O, N, I, C]
  int32_t size;
  int32_t padding;
  int32_t stride;
  int32_t dilation;
  static AveragePoolBackwardArguments from(const int64_t* slots) {
    AveragePoolBackwardArguments a;
    a.O = slots[0];
    a.N = slots[1];
    a.I = slots[2];
    a.C = slots[3];
    a.M = slots[4];
    a.dy = reinterpret_cast<const float*>(slots[5]);
    a.lengths = reinterpret_cast<const int32_t*>(slots[6]);
    a.dx = reinterpret_cast<float*>(slots[7]);
    a.size = static_cast<int32_t>(slots[8]);
    a.padding = static_cast<int32_t>(slots[9]);
    a.stride = static_cast<int32_t>(slots[10]);
    a.dilation = static_cast<int32_t>(slots[11]);
    return a;
  }
};

}  // namespace ostinato::contract
