/**
 * Checked mode. Unwritten memory holds a NaN with bits that no arithmetic makes from finite numbers, so that an output
 * left out, a read before the first write, and anything computed from either is found.
 */
import { instructionTable } from '../../contract/index.js'
import type { BoundInstruction, BoundOperand } from '../bind.js'
import { type Memory, operandArray } from './arguments.js'

const high = 0x7ff8dead
const low = 0x2bad2bad

export function poison(numbers: Float64Array): void {
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2)
  for (let i = 0; i < words.length; i += 2) {
    words[i] = low
    words[i + 1] = high
  }
}

/** The first poisoned element, or −1. */
function poisoned(numbers: Float64Array): number {
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2)
  for (let i = 0; i < words.length; i += 2) if (words[i] === low && words[i + 1] === high) return i / 2
  return -1
}

/** The same for integers: no index and no length is as large. */
const integerPoison = 0x7bad2bad

type Visit = (operand: BoundOperand, name: string, direction: string) => void

function visit({ name, operands }: BoundInstruction, each: Visit): void {
  for (const [position, specification] of instructionTable[name].operands.entries()) {
    const operand = operands[position]
    if (operand) each(operand, specification.name, specification.direction)
  }
}

export function checkInputs(instruction: BoundInstruction, memory: Memory): void {
  visit(instruction, (operand, name, direction) => {
    if (direction === 'in' || direction === 'inout') check(instruction, operand, name, 'reads', memory)
  })
}

/** What the instruction overwrites is gone, except where it lies on one of its inputs. */
export function poisonOutputs(instruction: BoundInstruction, memory: Memory): void {
  const inputs = instruction.operands.filter((_, position) => {
    const { direction } = instructionTable[instruction.name].operands[position]!
    return direction === 'in' || direction === 'inout'
  })
  visit(instruction, (operand, _, direction) => {
    if (direction !== 'out' && direction !== 'scratch') return
    if (inputs.some((i) => i?.buffer === operand.buffer && i.offset === operand.offset)) return
    const array = operandArray(operand, memory)
    if (array instanceof Float64Array) poison(array)
    else array.fill(integerPoison)
  })
}

export function checkOutputs(instruction: BoundInstruction, memory: Memory): void {
  visit(instruction, (operand, name, direction) => {
    if (direction === 'scratch') {
      const array = operandArray(operand, memory)
      if (array instanceof Float64Array) poison(array)
    } else if (direction !== 'in') {
      check(instruction, operand, name, 'leaves', memory)
    }
  })
}

function check(
  { name, index }: BoundInstruction,
  operand: BoundOperand,
  operandName: string,
  verb: 'reads' | 'leaves',
  memory: Memory,
): void {
  const array = operandArray(operand, memory)
  const at = array instanceof Float64Array ? poisoned(array) : array.indexOf(integerPoison)
  if (at < 0) return
  throw new Error(`instruction ${index} (${name}) ${verb} element ${at} of "${operandName}" unwritten`)
}
