import { header, instructionOfCode, type SegmentKind, type ValueType } from '../contract/index.js'
import type { Dimension } from './dimension.js'
import { printProgram } from './print.js'

/** An input or output of a program as its caller sees it. */
export interface Border {
  readonly name: string
  readonly type: ValueType
  readonly shape: readonly Dimension[]
}

/** What the flat words cannot say: names, for people and for the caller. */
export interface ProgramMetadata {
  readonly name: string
  readonly segments: readonly SegmentKind[]
  /** In the order in which a caller supplies values. */
  readonly inputDimensions: readonly (Dimension & { kind: 'input' })[]
  readonly inputs: readonly Border[]
  readonly outputs: readonly Border[]
  readonly scalars: readonly string[]
  /** By instruction position: the layer that asked for it. */
  readonly paths: readonly string[]
  /** By buffer. */
  readonly bufferNames: readonly string[]
  /** Names of parameters, states and statistics by `buffer:offset`. */
  readonly placeNames: ReadonlyMap<string, string>
}

/** A traced, planned and lowered program. Executors read only `words`. */
export class Program implements ProgramMetadata {
  readonly name!: string
  readonly segments!: readonly SegmentKind[]
  readonly inputDimensions!: readonly (Dimension & { kind: 'input' })[]
  readonly inputs!: readonly Border[]
  readonly outputs!: readonly Border[]
  readonly scalars!: readonly string[]
  readonly paths!: readonly string[]
  readonly bufferNames!: readonly string[]
  readonly placeNames!: ReadonlyMap<string, string>

  constructor(
    readonly words: Int32Array,
    metadata: ProgramMetadata,
  ) {
    Object.assign(this, metadata)
  }

  /** The name of the instruction at a position of the code. */
  instructionName(position: number): string {
    let at = this.words[header.codeOffset] ?? 0
    for (let i = 0; i < position; i++) at += this.words[at + 1] ?? 0
    return instructionOfCode(this.words[at] ?? 0) ?? 'unknown'
  }

  /** One line an instruction: position, layer, outputs ← instruction(inputs), shapes and places. */
  toString(): string {
    return printProgram(this)
  }
}
