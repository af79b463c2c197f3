import { instructionTable, rangeWords, type ValueType } from '../contract/index.js'
import type { BoundInstruction, BoundOperand, BoundProgram } from './bind.js'

export const elementBytes: Readonly<Record<ValueType, number>> = { f32: 4, i32: 4, f64: 8 }
const wordBytes = 4
const headerWords = 2
const loopWords = 6
const movingWords = 3

/** Where the operands of the rows lie. */
export interface Places {
  /** One per buffer of the program; operand offsets count elements of the buffer. */
  readonly buffers: readonly { readonly address: number; readonly type: ValueType }[]
  readonly scalars: number
  readonly ranges: number
}

/**
 * A bound program as the executor walks it, in words of i32.
 *
 * Rows, one behind the other, each: code, length in bytes, variables, operand addresses (0: absent), attributes (scalar: the
 * address of its float64; ranges: the address of the first entry, count). Behind them the loops, each: first instruction,
 * count, steps, reverse, address and count of its moving operands. Behind them these, each: the address of its word in a row,
 * what stands there at step 0, stride in bytes. No length depends on the sizes of a run.
 */
export class InstructionRows {
  readonly bytes: number
  readonly #offsets: readonly number[]
  readonly #loops: number

  constructor({ instructions, loops }: BoundProgram) {
    const offsets = [0]
    for (const { variables, operands, attributes } of instructions) {
      const words = headerWords + variables.length + operands.length + attributes.length
      offsets.push(offsets.at(-1)! + words * wordBytes)
    }
    this.#offsets = offsets
    this.#loops = offsets.at(-1)!
    const bodies = loops.flatMap(({ first, count }) => instructions.slice(first, first + count))
    const moving = bodies.reduce((sum, { operands }) => sum + operands.length, 0)
    this.bytes = this.#loops + (loops.length * loopWords + moving * movingWords) * wordBytes
  }

  /** Of a row, in bytes from the first. */
  offsetOf(index: number): number {
    return this.#offsets[index]!
  }

  /** Of a loop, in bytes from the first row. */
  loopOffset(index: number): number {
    return this.#loops + index * loopWords * wordBytes
  }

  write(target: ArrayBuffer, address: number, { instructions, loops }: BoundProgram, places: Places): void {
    for (const [index, instruction] of instructions.entries()) {
      const start = this.offsetOf(index)
      const bytes = this.offsetOf(index + 1) - start
      const operands = instruction.operands.map((operand) => (operand ? addressOf(operand, places) : 0))
      const words = [instruction.code, bytes, ...instruction.variables, ...operands]
      words.push(...attributeWords(instruction, places))
      writeWords(target, address + start, words)
    }
    let at = address + this.loopOffset(loops.length)
    for (const [index, { first, count, steps, reverse }] of loops.entries()) {
      const moving = instructions
        .slice(first, first + count)
        .flatMap((instruction) => this.#moving(address, instruction, places))
      writeWords(target, address + this.loopOffset(index), [
        first,
        count,
        steps,
        reverse ? 1 : 0,
        at,
        moving.length / movingWords,
      ])
      writeWords(target, at, moving)
      at += moving.length * wordBytes
    }
  }

  /** The operands of an instruction that move with the steps of its loop. */
  #moving(address: number, { index, variables, operands }: BoundInstruction, places: Places): number[] {
    const first = address + this.offsetOf(index) + (headerWords + variables.length) * wordBytes
    return operands.flatMap((operand, position) => {
      if (!operand || operand.stride === 0) return []
      const bytes = elementBytes[places.buffers[operand.buffer]!.type]
      return [first + position * wordBytes, addressOf(operand, places), operand.stride * bytes]
    })
  }
}

function addressOf({ buffer, offset }: BoundOperand, { buffers }: Places): number {
  const { address, type } = buffers[buffer]!
  return address + offset * elementBytes[type]
}

function writeWords(target: ArrayBuffer, address: number, words: readonly number[]): void {
  // Addresses beyond 2 GiB wrap to negative numbers and back.
  new Int32Array(target, address, words.length).set(words.map((word) => word | 0))
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
