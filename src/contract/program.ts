/** The binary form of a program: one Int32Array. Every executor reads exactly this layout. */

export const magic = 0x4f53544e // "OSTN"
export const version = 2
export const headerWords = 22

/** Word positions in the header. Offsets are in words from the start of the program. */
export const header = {
  magic: 0,
  version: 1,
  contractHash: 2,
  totalWords: 3,
  dimensionCount: 4,
  dimensionOffset: 5,
  bufferCount: 6,
  bufferOffset: 7,
  valueCount: 8,
  valueOffset: 9,
  /** Range-table entries, `rangeWords` each. */
  rangeCount: 10,
  rangeOffset: 11,
  codeWords: 12,
  codeOffset: 13,
  segmentCount: 14,
  segmentOffset: 15,
  scalarCount: 16,
  instructionCount: 17,
  /** A run that would need more than 2^workLimit multiply-adds is refused. */
  workLimit: 18,
  /** How many dimensions the caller supplies for a run. */
  inputDimensionCount: 19,
  loopCount: 20,
  loopOffset: 21,
} as const

/** [kind, a, b, capacity]; a and b of derived dimensions refer to earlier entries. */
export const dimensionWords = 4
export const dimensionKinds = {
  /** a: position among the caller's dimensions; 1 ≤ value ≤ capacity. */
  input: 0,
  /** The value is a (≥ 0). */
  constant: 1,
  /** dimension[a] + b, b a number. */
  sum: 2,
  /** dimension[a] · dimension[b]. */
  product: 3,
} as const

/** [kind, type, elements, 0] */
export const bufferWords = 4
export const bufferKinds = {
  arena: 0,
  parameters: 1,
  /** One flat buffer, one slot longer than the parameters: the weight of the valid steps. */
  gradients: 2,
  /** Optimizer slots, one after the other, each as long as the parameters. */
  slots: 3,
  /** Carried recurrent states. */
  states: 4,
  /** float64 sums that leave a run: loss, weight, gradient norm. */
  statistics: 5,
  input: 6,
  output: 7,
} as const
export type BufferKind = keyof typeof bufferKinds
export const maximumElements = 0x7fffffc0

export const types = { f32: 0, i32: 1, f64: 2 } as const
export type ValueType = keyof typeof types

/**
 * [buffer, type, offset, offsetDimension, offsetScale, rank, dimension × 6, strideDimension]: a row-major tensor at element
 * offset + dimension[offsetDimension] · offsetScale of its buffer (offsetDimension −1: none). In the body of a loop it moves on
 * by dimension[strideDimension] elements from step to step (−1: it stays).
 */
export const valueWords = 13
export const maximumRank = 6

/** [offset, length, decay (float bits), rate (float bits)]: a parameter range that an optimizer walks. */
export const rangeWords = 4

/** [kind, first instruction, instruction count] */
export const segmentWords = 3
export const segmentKinds = { forward: 0, gradients: 1, update: 2 } as const
export type SegmentKind = keyof typeof segmentKinds

/**
 * [first instruction, instruction count, steps (a dimension), reverse]: these instructions run once for every step
 * 0 … steps − 1, or from the last step down to 0 where reverse is 1. Loops stand in order, disjoint, each inside one segment.
 */
export const loopWords = 4

/** An instruction in the code: [code, words, value index or −1 for each operand, attributes (ranges take two words: first entry, count)]. */
export const instructionHeaderWords = 2

/** Why a run ended. Executors report [status, instruction, detail, detail]. */
export const statuses = {
  ok: 0,
  aborted: 1,
  /** Loss or gradient norm is not finite; parameters are untouched. */
  nonFinite: 2,
  /** No valid step in the batch: weight 0; parameters are untouched. */
  emptyBatch: 3,
  /** detail: the index found, its position in the operand. */
  indexOutOfRange: 4,
  /** A caller's dimension is outside 1 … capacity. detail: position, value. */
  dimensionOutOfRange: 5,
  /** detail: reason (see invalidReasons), position. */
  invalidProgram: 6,
  workLimit: 7,
  outOfMemory: 8,
} as const
export type Status = keyof typeof statuses

/** Why a program is refused. */
export const invalidReasons = {
  header: 0,
  otherContract: 1,
  section: 2,
  dimension: 3,
  buffer: 4,
  value: 5,
  segment: 6,
  unknownInstruction: 7,
  instructionLength: 8,
  operandMissing: 9,
  operandType: 10,
  operandShape: 11,
  operandOutOfBounds: 12,
  operandOverlap: 13,
  operandBuffer: 14,
  attribute: 15,
  range: 16,
  constraint: 17,
  loop: 18,
} as const
export type InvalidReason = keyof typeof invalidReasons
