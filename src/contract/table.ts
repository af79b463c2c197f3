/**
 * The instruction table as one Int32Array, interpreted by the validator of every executor.
 *
 * [instruction count, then for each: code, offset], then for each instruction:
 *   operand count, attribute count, variable count, constraint count, work term count
 *   operand:    direction, type, optional, inPlaceOf (operand index or −1), axis count,
 *               axis: rest, constant, term count, (coefficient, variable, round)…
 *   attribute:  kind, minimum, maximum, within (variable index or −1)
 *   constraint: attribute index, plus (variable), atMost (variable)
 *   work term:  coefficient, variable count, variables…
 */
import { instructionNames, instructionTable } from './instructions/index.js'
import { version } from './program.js'
import { bindsVariable, type InstructionSpecification, parseAxis } from './specification.js'

export const directions = { in: 0, out: 1, inout: 2, scratch: 3 } as const
export const operandTypes = { f32: 0, i32: 1, f64: 2, word: 3 } as const
export const attributeKinds = { integer: 0, float: 1, scalar: 2, ranges: 3 } as const

/** Words that an instruction occupies in the code. */
export function instructionWords(specification: InstructionSpecification): number {
  const attributes = specification.attributes.reduce((sum, a) => sum + (a.kind === 'ranges' ? 2 : 1), 0)
  return 2 + specification.operands.length + attributes
}

function encodeInstruction(name: string, s: InstructionSpecification): number[] {
  const bound = new Set<number>()
  const words = [
    s.operands.length,
    s.attributes.length,
    s.variables.length,
    s.constraints?.length ?? 0,
    s.work.length,
  ]
  const variable = (text: string): number => {
    const index = s.variables.indexOf(text)
    if (index < 0) throw new Error(`${name}: unknown variable ${text}`)
    return index
  }
  for (const operand of s.operands) {
    const source =
      operand.inPlaceOf === undefined ? -1 : s.operands.findIndex((o) => o.name === operand.inPlaceOf)
    words.push(directions[operand.direction], operandTypes[operand.type], operand.optional ? 1 : 0, source)
    words.push(operand.shape.length)
    for (const text of operand.shape) {
      const axis = parseAxis(text, s.variables)
      if (bindsVariable(axis) && !operand.optional) for (const term of axis.terms) bound.add(term.variable)
      words.push(axis.rest ? 1 : 0, axis.constant, axis.terms.length)
      for (const term of axis.terms) words.push(term.coefficient, term.variable, term.round)
    }
  }
  if (bound.size !== s.variables.length)
    throw new Error(`${name}: a variable is bound by no required operand`)
  for (const a of s.attributes) {
    words.push(attributeKinds[a.kind])
    words.push(...(a.kind === 'integer' ? [a.minimum, a.maximum] : [0, 0]))
    words.push(a.kind === 'ranges' ? variable(a.within) : -1)
  }
  for (const c of s.constraints ?? []) {
    words.push(
      s.attributes.findIndex((a) => a.name === c.attribute),
      variable(c.plus),
      variable(c.atMost),
    )
  }
  for (const term of s.work) {
    const factors = term.split('*')
    const coefficient = factors.filter((f) => /^\d+$/.test(f)).reduce((product, f) => product * Number(f), 1)
    const variables = factors.filter((f) => !/^\d+$/.test(f)).map(variable)
    words.push(coefficient, variables.length, ...variables)
  }
  return words
}

function encode(): Int32Array {
  const bodies = instructionNames.map((name) => encodeInstruction(name, instructionTable[name]))
  const index: number[] = [bodies.length]
  let offset = 1 + 2 * bodies.length
  for (const [i, name] of instructionNames.entries()) {
    index.push(instructionTable[name].code, offset)
    offset += bodies[i]?.length ?? 0
  }
  return Int32Array.from([...index, ...bodies.flat()])
}

export const encodedTable = encode()

/** FNV-1a over names and table: programs made for another contract are refused. */
export const contractHash = hash()

function hash(): number {
  let h = 0x811c9dc5
  const mix = (byte: number) => {
    h = Math.imul(h ^ (byte & 0xff), 0x01000193)
  }
  for (const character of `${version} ${instructionNames.join(' ')}`) mix(character.charCodeAt(0))
  for (const word of encodedTable) for (const shift of [0, 8, 16, 24]) mix(word >> shift)
  return h | 0
}
