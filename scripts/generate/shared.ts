import * as contract from '../../src/contract/index.js'

export const banner = 'Generated from src/contract by scripts/generate.ts. Do not edit.'

/** softmax_backward → SoftmaxBackward */
export function pascal(name: string): string {
  return name.replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
}

/** The constant groups of the program format, as [group, entries]. */
export const constantGroups: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['Header', contract.header],
  ['DimensionKind', contract.dimensionKinds],
  ['BufferKind', contract.bufferKinds],
  ['ValueType', contract.types],
  ['SegmentKind', contract.segmentKinds],
  ['Status', contract.statuses],
  ['InvalidReason', contract.invalidReasons],
  ['Direction', contract.directions],
  ['OperandType', contract.operandTypes],
  ['AttributeKind', contract.attributeKinds],
  ['Precision', contract.precisions],
]

export const scalarConstants: Readonly<Record<string, number>> = {
  magic: contract.magic,
  version: contract.version,
  contractHash: contract.contractHash,
  headerWords: contract.headerWords,
  dimensionWords: contract.dimensionWords,
  bufferWords: contract.bufferWords,
  valueWords: contract.valueWords,
  rangeWords: contract.rangeWords,
  segmentWords: contract.segmentWords,
  loopWords: contract.loopWords,
  instructionHeaderWords: contract.instructionHeaderWords,
  maximumRank: contract.maximumRank,
  maximumElements: contract.maximumElements,
}
