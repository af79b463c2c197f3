import { instructionTable, rangeWords, type ValueType } from '../contract/index.js'
import type { BoundInstruction } from './bind.js'

export const elementBytes: Readonly<Record<ValueType, number>> = { f32: 4, i32: 4, f64: 8 }
const wordBytes = 4
const headerWords = 2

/** Where the operands of the rows lie. */
export interface Places {
  /** One per buffer of the program; operand offsets count elements of the buffer. */
  readonly buffers: readonly { readonly address: number; readonly type: ValueType }[]
  readonly scalars: number
  readonly ranges: number
}

/**
 * The bound instructions as the executor walks them, one row of i32 behind the other: code, length in bytes, variables,
 * operand addresses (0: absent), attributes (scalar: the address of its float64; ranges: the address of the first
 * entry, count). The length of a row does not depend on the sizes of a run.
 */
export class InstructionRows {
  readonly bytes: number
  readonly #offsets: readonly number[]

  constructor(instructions: readonly BoundInstruction[]) {
    const offsets = [0]
    for (const { variables, operands, attributes } of instructions) {
      const words = headerWords + variables.length + operands.length + attributes.length
      offsets.push(offsets.at(-1)! + words * wordBytes)
    }
    this.#offsets = offsets
    this.bytes = offsets.at(-1)!
  }

  /** Of a row, in bytes from the first. */
  offsetOf(index: number): number {
    return this.#offsets[index]!
  }

  write(
    target: ArrayBuffer,
    address: number,
    instructions: readonly BoundInstruction[],
    places: Places,
  ): void {
    for (const [index, instruction] of instructions.entries()) {
      const start = this.offsetOf(index)
      const bytes = this.offsetOf(index + 1) - start
      const operands = instruction.operands.map((operand) => {
        if (!operand) return 0
        const { address: base, type } = places.buffers[operand.buffer]!
        return base + operand.offset * elementBytes[type]
      })
      const words = [instruction.code, bytes, ...instruction.variables, ...operands]
      words.push(...attributeWords(instruction, places))
      // Addresses beyond 2 GiB wrap to negative numbers and back.
      new Int32Array(target, address + start, words.length).set(words.map((word) => word | 0))
    }
  }
}

function attributeWords({ name, attributes }: BoundInstruction, { scalars, ranges }: Places): number[] {
  const words: number[] = []
  for (const { kind } of instructionTable[name].attributes) {
    const word = attributes[words.length]!
    if (kind === 'scalar') words.push(scalars + word * elementBytes.f64)
    else if (kind === 'ranges') {
      words.push(ranges + word * rangeWords * wordBytes, attributes[words.length + 1]!)
    } else words.push(word)
  }
  return words
}
