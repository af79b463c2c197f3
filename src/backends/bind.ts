import {
  attributeKinds,
  type BufferKind,
  directions,
  type InstructionName,
  type InvalidReason,
  operandTypes,
  rangeWords,
  type ValueType,
} from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import { checkOverlaps, checkWords, matchShapes, type PlacedValue } from './bind/match.js'
import {
  type BufferEntry,
  type DecodedInstruction,
  isIndex,
  isSize,
  nameOf,
  type ParsedProgram,
  parseProgram,
  type SegmentEntry,
  type ValueEntry,
} from './bind/parse.js'
import { dimensionOutOfRange, invalid, type Place, workLimitExceeded } from './bind/refuse.js'
import { type InstructionRule, rules } from './bind/rules.js'

export type { BufferEntry, DecodedInstruction, SegmentEntry } from './bind/parse.js'
export { statusOf } from './bind/refuse.js'

export interface BoundOperand {
  readonly buffer: number
  readonly type: ValueType
  /** In elements of the buffer. */
  readonly offset: number
  readonly elements: number
  /** Elements it moves on from step to step of its loop. */
  readonly stride: number
}

/** Instructions that run once for every step. */
export interface BoundLoop {
  readonly first: number
  readonly count: number
  readonly steps: number
  readonly reverse: boolean
}

/** A program at the actual dimensions of a run. */
export interface BoundProgram {
  readonly instructions: readonly BoundInstruction[]
  readonly loops: readonly BoundLoop[]
}

/** An instruction at the actual dimensions of a run. */
export interface BoundInstruction {
  readonly index: number
  readonly name: InstructionName
  readonly code: number
  readonly variables: readonly number[]
  readonly operands: readonly (BoundOperand | undefined)[]
  /** Raw words: integer, float bits, scalar index; ranges take two, first entry and count. */
  readonly attributes: readonly number[]
}

type BufferKinds = ReadonlySet<BufferKind>

/** What may be written from the first element on without being read. */
const overwritable: BufferKinds = new Set(['arena', 'gradients', 'statistics', 'output'])
/** What may be read and written in place. */
const updatable: BufferKinds = new Set([...overwritable, 'parameters', 'slots', 'states'])

/**
 * A program, checked. The constructor refuses what is broken at full capacity; `bind` places every operand for the
 * actual dimensions of a run and checks everything again, so that a kernel never has to ask.
 */
export class ProgramBinding {
  readonly inputDimensions: readonly { readonly capacity: number }[]
  /** Of all dimensions, derived ones included. */
  readonly dimensionCapacities: readonly number[]
  readonly buffers: readonly BufferEntry[]
  readonly segments: readonly SegmentEntry[]
  readonly instructions: readonly DecodedInstruction[]
  readonly scalarCount: number
  readonly ranges: Int32Array
  /** Every instruction at full capacity, for executors that reserve memory; the work limit is not looked at. */
  readonly atCapacity: BoundProgram
  readonly #program: ParsedProgram

  constructor(words: Int32Array) {
    const program = parseProgram(words)
    this.#program = program
    this.inputDimensions = program.capacities.map((capacity) => ({ capacity }))
    this.dimensionCapacities = evaluate(program, program.capacities)
    this.buffers = program.buffers
    this.segments = program.segments
    this.instructions = program.instructions
    this.scalarCount = program.scalarCount
    this.ranges = program.ranges
    this.atCapacity = this.#place(this.dimensionCapacities)
  }

  /** Places and checks every instruction at the actual dimensions, given in the order of `inputDimensions`. */
  bind(dimensions: Int32Array | readonly number[]): BoundProgram {
    if (dimensions.length !== this.inputDimensions.length) {
      throw new OstinatoError('DIMENSION_OUT_OF_RANGE', 'program', {
        expected: `${this.inputDimensions.length} dimensions`,
        received: `${dimensions.length}`,
      })
    }
    for (const [position, { capacity }] of this.inputDimensions.entries()) {
      const value = dimensions[position]!
      if (!(Number.isInteger(value) && value >= 1 && value <= capacity)) {
        dimensionOutOfRange(position, value, capacity)
      }
    }
    const bound = this.#place(evaluate(this.#program, dimensions))
    checkWork(bound, this.#program.workLimit)
    return bound
  }

  #place(dimensions: readonly number[]): BoundProgram {
    const places = this.#program.values.map((value) => placeValue(value, dimensions, this.buffers))
    const loops = this.#program.loops.map((loop) => ({ ...loop, steps: dimensions[loop.steps]! }))
    const instructions = this.instructions.map((instruction) =>
      this.#bindInstruction(instruction, places, loopAt(loops, instruction.index)?.steps ?? 1),
    )
    return { instructions, loops }
  }

  #bindInstruction(
    { index, name, code, values, attributes }: DecodedInstruction,
    places: readonly (PlacedValue | string)[],
    steps: number,
  ): BoundInstruction {
    const rule = rules.get(code)!
    const place: Place = { where: `program, instruction ${index} (${name})`, index }
    const operands = rule.operands.map((operand, position) => {
      const value = values[position]!
      const refuse = (reason: InvalidReason, problem: string) =>
        invalid(reason, { ...place, position }, `operand "${operand.name}": ${problem}`)
      if (value < 0) return operand.optional ? undefined : refuse('operandMissing', 'absent')
      const found = places[value]!
      if (typeof found === 'string') return refuse('operandOutOfBounds', found)
      const { kind } = this.buffers[found.buffer]!
      const expected = nameOf(operandTypes, operand.type)!
      if (expected === 'word' ? found.type === 'f64' : found.type !== expected) {
        refuse('operandType', `expected ${expected}, received ${found.type}`)
      }
      const end = found.offset + found.elements + Math.max(0, steps - 1) * found.stride
      if (end > this.buffers[found.buffer]!.elements)
        refuse('operandOutOfBounds', `${steps} steps reach element ${end}`)
      const written = operand.direction !== directions.in
      const allowed = operand.direction === directions.inout ? updatable : overwritable
      if (written && !allowed.has(kind)) refuse('operandBuffer', `cannot be written in the ${kind} buffer`)
      return found
    })
    checkWords(rule, operands, place)
    const variables = matchShapes(rule, operands, place)
    checkOverlaps(rule, operands, steps, place)
    this.#checkAttributes(rule, attributes, variables, place)
    return { index, name, code, variables, operands, attributes }
  }

  #checkAttributes(
    rule: InstructionRule,
    words: readonly number[],
    variables: readonly number[],
    place: Place,
  ): void {
    for (const [position, attribute] of rule.attributes.entries()) {
      const word = words[attribute.word]!
      const refuse = (reason: InvalidReason, problem: string) =>
        invalid(reason, { ...place, position }, `attribute "${attribute.name}": ${problem}`)
      const { kind, minimum, maximum } = attribute
      if (kind === attributeKinds.integer && (word < minimum || word > maximum)) {
        refuse('attribute', `expected ${minimum} … ${maximum}, received ${word}`)
      }
      if (kind === attributeKinds.scalar && !isIndex(word, this.scalarCount)) {
        refuse('attribute', `expected a scalar below ${this.scalarCount}, received ${word}`)
      }
      if (kind === attributeKinds.ranges) {
        const problem = this.#rangesProblem(word, words[attribute.word + 1]!, variables[attribute.within]!)
        if (problem) refuse('range', problem)
      }
    }
    for (const { attribute, plus, atMost } of rule.constraints) {
      const { name, word } = rule.attributes[attribute]!
      if (words[word]! + variables[plus]! > variables[atMost]!) {
        const problem = `attribute "${name}": ${words[word]} + ${variables[plus]} is more than ${variables[atMost]}`
        invalid('constraint', { ...place, position: attribute }, problem)
      }
    }
  }

  #rangesProblem(first: number, count: number, limit: number): string | undefined {
    if (first < 0 || count < 0 || first + count > this.ranges.length / rangeWords)
      return 'leaves the range table'
    for (let entry = first; entry < first + count; entry++) {
      const offset = this.ranges[entry * rangeWords]!
      const length = this.ranges[entry * rangeWords + 1]!
      if (offset < 0 || length < 0 || offset + length > limit) {
        return `entry ${entry}, elements ${offset} … ${offset + length}, is outside 0 … ${limit}`
      }
    }
    return undefined
  }
}

/** The values of all dimensions, given those of the caller. */
function evaluate({ dimensions }: ParsedProgram, given: Int32Array | readonly number[]): number[] {
  const values: number[] = []
  for (const [index, { kind, a, b }] of dimensions.entries()) {
    const value = {
      input: () => given[a]!,
      constant: () => a,
      sum: () => values[a]! + b,
      product: () => values[a]! * values[b]!,
    }[kind]()
    if (!isSize(value)) {
      const place = { where: `program, dimension ${index}`, position: index }
      invalid('dimension', place, `the value ${value} is out of range`)
    }
    values.push(value)
  }
  return values
}

/** The place of a value, or what is wrong with it: only an instruction that uses the value is refused for it. */
function placeValue(
  {
    buffer,
    type,
    offset: start,
    offsetDimension,
    offsetScale,
    dimensions: axes,
    strideDimension,
  }: ValueEntry,
  dimensions: readonly number[],
  buffers: readonly BufferEntry[],
): PlacedValue | string {
  const shape = axes.map((d) => dimensions[d]!)
  let elements = 1
  for (const extent of shape) {
    elements *= extent
    if (!isSize(elements)) return `[${shape}] has too many elements`
  }
  const offset = start + (offsetDimension < 0 ? 0 : dimensions[offsetDimension]! * offsetScale)
  const limit = buffers[buffer]!.elements
  if (!isSize(offset) || offset + elements > limit) {
    return `elements ${offset} … ${offset + elements} leave buffer ${buffer} of ${limit} elements`
  }
  const stride = strideDimension < 0 ? 0 : dimensions[strideDimension]!
  return { buffer, type, offset, elements, shape, stride }
}

/** The loop in whose body the instruction stands. */
export function loopAt<Loop extends { readonly first: number; readonly count: number }>(
  loops: readonly Loop[],
  index: number,
): Loop | undefined {
  return loops.find(({ first, count }) => isIndex(index - first, count))
}

function checkWork({ instructions, loops }: BoundProgram, workLimit: number): void {
  // Floating-point on purpose: a sum too large for exact integers is over every limit all the same.
  let work = 0
  for (const { code, index, variables } of instructions) {
    const steps = loopAt(loops, index)?.steps ?? 1
    for (const { coefficient, factors } of rules.get(code)!.work) {
      // An empty axis costs its surrounding loops all the same.
      work += factors.reduce((product, v) => product * Math.max(1, variables[v]!), coefficient * steps)
    }
    if (work > 2 ** workLimit) workLimitExceeded(index, workLimit)
  }
}
