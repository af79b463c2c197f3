import {
  attributeKinds,
  encodedTable,
  type InstructionName,
  instructionHeaderWords,
  instructionOfCode,
  instructionTable,
} from '../../contract/index.js'

export interface AxisRule {
  readonly rest: boolean
  readonly constant: number
  readonly terms: readonly {
    readonly coefficient: number
    readonly variable: number
    readonly round: number
  }[]
  /** The variable that stands here alone and can be bound, or −1. */
  readonly alone: number
}

export interface OperandRule {
  readonly name: string
  readonly direction: number
  readonly type: number
  readonly optional: boolean
  /** Operand index, or −1. */
  readonly inPlaceOf: number
  readonly axes: readonly AxisRule[]
}

export interface AttributeRule {
  readonly name: string
  readonly kind: number
  readonly minimum: number
  readonly maximum: number
  /** Variable index, or −1. */
  readonly within: number
  /** Its first word among the attribute words. */
  readonly word: number
}

export interface InstructionRule {
  readonly name: InstructionName
  readonly code: number
  /** Words of the instruction in the code. */
  readonly words: number
  readonly variableNames: readonly string[]
  readonly operands: readonly OperandRule[]
  readonly attributes: readonly AttributeRule[]
  readonly constraints: readonly {
    readonly attribute: number
    readonly plus: number
    readonly atMost: number
  }[]
  readonly work: readonly { readonly coefficient: number; readonly factors: readonly number[] }[]
}

/** The encoded table by instruction code; only the names for messages come from elsewhere. */
export const rules: ReadonlyMap<number, InstructionRule> = decode()

function decode(): Map<number, InstructionRule> {
  const result = new Map<number, InstructionRule>()
  for (let i = 0; i < encodedTable[0]!; i++) {
    const code = encodedTable[1 + 2 * i]!
    result.set(code, decodeInstruction(code, encodedTable[2 + 2 * i]!))
  }
  return result
}

function decodeInstruction(code: number, offset: number): InstructionRule {
  let at = offset
  const next = () => encodedTable[at++]!
  const list = <Item>(length: number, item: (index: number) => Item) =>
    Array.from({ length }, (_, i) => item(i))

  const name = instructionOfCode(code)!
  const specification = instructionTable[name]
  const [operandCount, attributeCount, , constraintCount, workCount] = list(5, next) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const operands = list(operandCount, (i) => {
    const [direction, type, optional, inPlaceOf, axisCount] = list(5, next) as [
      number,
      number,
      number,
      number,
      number,
    ]
    const axes = list(axisCount, () => {
      const rest = next() === 1
      const constant = next()
      const terms = list(next(), () => ({ coefficient: next(), variable: next(), round: next() }))
      const [term] = terms
      const alone = constant === 0 && terms.length === 1 && term?.coefficient === 1 && term.round === 1
      return { rest, constant, terms, alone: alone ? term.variable : -1 }
    })
    return {
      name: specification.operands[i]!.name,
      direction,
      type,
      optional: optional === 1,
      inPlaceOf,
      axes,
    }
  })
  let word = 0
  const attributes = list(attributeCount, (i) => {
    const [kind, minimum, maximum, within] = list(4, next) as [number, number, number, number]
    const attribute = { name: specification.attributes[i]!.name, kind, minimum, maximum, within, word }
    word += kind === attributeKinds.ranges ? 2 : 1
    return attribute
  })
  const constraints = list(constraintCount, () => ({ attribute: next(), plus: next(), atMost: next() }))
  const work = list(workCount, () => ({ coefficient: next(), factors: list(next(), next) }))
  const words = instructionHeaderWords + operandCount + word
  return {
    name,
    code,
    words,
    variableNames: specification.variables,
    operands,
    attributes,
    constraints,
    work,
  }
}
