import {
  type InstructionName,
  type instructions,
  instructionTable,
  rangeWords,
  type Status,
} from '../../contract/index.js'
import type { BoundInstruction, BoundOperand } from '../bind.js'

/** A stretch of the parameters that an optimizer walks. */
export interface ParameterRange {
  readonly offset: number
  readonly length: number
  readonly decay: number
  readonly rate: number
}

type Specification<Name extends InstructionName> = (typeof instructions)[Name]
type Operand<Name extends InstructionName> = Specification<Name>['operands'][number]
type Attribute<Name extends InstructionName> = Specification<Name>['attributes'][number]

type ArrayOf<Described> = Described extends { readonly type: 'i32' }
  ? Int32Array
  : Described extends { readonly type: 'word' }
    ? Float64Array | Int32Array
    : Float64Array

/** Variables, operands and attributes of an instruction by name, as the contract names them. */
export type Arguments<Name extends InstructionName> = {
  readonly [Variable in Specification<Name>['variables'][number]]: number
} & {
  readonly [Described in Operand<Name> as Described['name']]: Described extends { readonly optional: true }
    ? ArrayOf<Described> | undefined
    : ArrayOf<Described>
} & {
  readonly [Described in Attribute<Name> as Described['name']]: Described extends { readonly kind: 'ranges' }
    ? readonly ParameterRange[]
    : number
}

/** Thrown by a kernel to end the run. */
export class RunEnded {
  constructor(
    readonly status: Status,
    readonly details: readonly [number, number] = [0, 0],
  ) {}
}

export type Kernels = {
  readonly [Name in InstructionName]: (a: Arguments<Name>) => void
}

/** Where the operands and run-time values of a program lie. */
export interface Memory {
  readonly buffers: readonly (Float64Array | Int32Array)[]
  readonly scalars: Float64Array
  readonly ranges: Int32Array
  /** Of the loop under way; 0 outside of loops. */
  step: number
}

export type OperandArray = Float64Array | Int32Array

/** The operand as a window into its buffer, at the present step. */
export function operandArray(
  { buffer, type, offset, elements, stride }: BoundOperand,
  { buffers, step }: Memory,
): OperandArray {
  const home = buffers[buffer]!
  // A float64 element has room for an integer, so integers may lie among the floats of the arena, each tensor densely.
  const bytes = type === 'i32' ? Int32Array.BYTES_PER_ELEMENT : Float64Array.BYTES_PER_ELEMENT
  const start = home.byteOffset + offset * home.BYTES_PER_ELEMENT + step * stride * bytes
  return type === 'i32'
    ? new Int32Array(home.buffer, start, elements)
    : new Float64Array(home.buffer, start, elements)
}

export function argumentsOf<Name extends InstructionName>(
  { name, variables, operands, attributes }: BoundInstruction & { readonly name: Name },
  memory: Memory,
): Arguments<Name> {
  const specification = instructionTable[name]
  const result: Record<string, unknown> = {}
  for (const [i, variable] of specification.variables.entries()) result[variable] = variables[i]
  for (const [i, operand] of specification.operands.entries()) {
    const bound = operands[i]
    result[operand.name] = bound && operandArray(bound, memory)
  }
  let at = 0
  for (const attribute of specification.attributes) {
    const word = attributes[at++]!
    if (attribute.kind === 'integer') result[attribute.name] = word
    else if (attribute.kind === 'float') result[attribute.name] = floatOf(word)
    else if (attribute.kind === 'scalar') result[attribute.name] = memory.scalars[word]
    else result[attribute.name] = rangesOf(memory.ranges, word, attributes[at++]!)
  }
  return result as Arguments<Name>
}

const bits = new Int32Array(1)
const float = new Float32Array(bits.buffer)

function floatOf(word: number): number {
  bits[0] = word
  return float[0]!
}

function rangesOf(ranges: Int32Array, first: number, count: number): ParameterRange[] {
  return Array.from({ length: count }, (_, i) => {
    const at = (first + i) * rangeWords
    const [offset, length] = [ranges[at]!, ranges[at + 1]!]
    return { offset, length, decay: floatOf(ranges[at + 2]!), rate: floatOf(ranges[at + 3]!) }
  })
}
