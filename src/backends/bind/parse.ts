import {
  type BufferKind,
  bufferKinds,
  bufferWords,
  contractHash,
  dimensionKinds,
  dimensionWords,
  header,
  headerWords,
  type InstructionName,
  instructionHeaderWords,
  loopWords,
  magic,
  maximumElements,
  maximumRank,
  rangeWords,
  type SegmentKind,
  segmentKinds,
  segmentWords,
  types,
  type ValueType,
  valueWords,
  version,
} from '../../contract/index.js'
import { invalid } from './refuse.js'
import { rules } from './rules.js'

export interface DimensionEntry {
  readonly kind: keyof typeof dimensionKinds
  readonly a: number
  readonly b: number
}

export interface BufferEntry {
  readonly kind: BufferKind
  readonly type: ValueType
  readonly elements: number
}

export interface ValueEntry {
  readonly buffer: number
  readonly type: ValueType
  readonly offset: number
  readonly offsetDimension: number
  readonly offsetScale: number
  readonly dimensions: readonly number[]
  /** −1: it stays where it is in every step of a loop. */
  readonly strideDimension: number
}

export interface SegmentEntry {
  readonly kind: SegmentKind
  readonly first: number
  readonly count: number
}

export interface LoopEntry {
  readonly first: number
  readonly count: number
  /** A dimension. */
  readonly steps: number
  readonly reverse: boolean
}

/** An instruction as it stands in the program: value indices (−1: absent) and raw attribute words. */
export interface DecodedInstruction {
  readonly index: number
  readonly name: InstructionName
  readonly code: number
  readonly values: readonly number[]
  readonly attributes: readonly number[]
}

/** The sections of a program, checked as far as they can be without sizes. */
export interface ParsedProgram {
  /** Of the caller's dimensions. */
  readonly capacities: readonly number[]
  readonly dimensions: readonly DimensionEntry[]
  readonly buffers: readonly BufferEntry[]
  readonly values: readonly ValueEntry[]
  readonly ranges: Int32Array
  readonly instructions: readonly DecodedInstruction[]
  readonly segments: readonly SegmentEntry[]
  readonly loops: readonly LoopEntry[]
  readonly scalarCount: number
  readonly workLimit: number
}

export function isIndex(value: number, count: number): boolean {
  return value >= 0 && value < count
}

export function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= maximumElements
}

export function nameOf<Table extends Readonly<Record<string, number>>>(
  table: Table,
  code: number | undefined,
): keyof Table | undefined {
  return Object.keys(table).find((name) => table[name] === code)
}

export function parseProgram(words: Int32Array): ParsedProgram {
  checkHeader(words)
  const capacities: number[] = new Array(words[header.inputDimensionCount]!).fill(0)
  const dimensions = readDimensions(section(words, 'dimension', dimensionWords), capacities)
  const buffers = readBuffers(section(words, 'buffer', bufferWords))
  const values = readValues(section(words, 'value', valueWords), buffers, dimensions.length)
  const ranges = section(words, 'range', rangeWords).flat()
  const instructions = readCode(words, values.length)
  const segments = readSegments(section(words, 'segment', segmentWords), instructions.length)
  const loops = readLoops(section(words, 'loop', loopWords), segments, dimensions.length)
  checkStrides(instructions, values, loops)
  const scalarCount = words[header.scalarCount]!
  const workLimit = words[header.workLimit]!
  return {
    capacities,
    dimensions,
    buffers,
    values,
    ranges: Int32Array.from(ranges),
    instructions,
    segments,
    loops,
    scalarCount,
    workLimit,
  }
}

function checkHeader(words: Int32Array): void {
  const refuse = (problem: string) => invalid('header', { where: 'program' }, problem)
  const word = (name: keyof typeof header) => words[header[name]]!
  if (words.length < headerWords) refuse(`expected at least ${headerWords} words, received ${words.length}`)
  if (word('magic') !== magic) refuse('the first word is not the mark of a program')
  if (word('version') !== version) refuse(`expected version ${version}, received ${word('version')}`)
  if (word('contractHash') !== contractHash) {
    invalid('otherContract', { where: 'program' }, 'made for another instruction set; make it again')
  }
  if (word('totalWords') !== words.length) {
    refuse(`expected ${word('totalWords')} words, received ${words.length}`)
  }
  if (word('scalarCount') < 0) refuse('the scalar count is negative')
  // Every dimension of the caller needs an entry.
  if (!isIndex(word('inputDimensionCount'), word('dimensionCount') + 1))
    refuse('too many dimensions of the caller')
  if (!isIndex(word('workLimit'), 64)) refuse('the work limit is outside 2^0 … 2^63')
}

function section(
  words: Int32Array,
  name: 'dimension' | 'buffer' | 'value' | 'range' | 'segment' | 'loop',
  width: number,
): number[][] {
  const entries = slice(words, name, words[header[`${name}Offset`]]!, words[header[`${name}Count`]]!, width)
  return Array.from({ length: entries.length / width }, (_, i) =>
    Array.from(entries.subarray(i * width, (i + 1) * width)),
  )
}

function slice(words: Int32Array, name: string, offset: number, count: number, width: number): Int32Array {
  const end = offset + count * width
  if (offset < headerWords || count < 0 || end > words.length) {
    invalid(
      'section',
      { where: 'program' },
      `the ${name} section, words ${offset} … ${end}, leaves the program`,
    )
  }
  return words.subarray(offset, end)
}

function readDimensions(entries: readonly number[][], capacities: number[]): DimensionEntry[] {
  const dimensions = entries.map((entry, index): DimensionEntry => {
    const [code, a, b, capacity] = entry as [number, number, number, number]
    const refuse = (problem: string) =>
      invalid('dimension', { where: `program, dimension ${index}`, position: index }, problem)
    const kind = nameOf(dimensionKinds, code) ?? refuse(`unknown kind ${code}`)
    if (kind === 'input') {
      if (!isIndex(a, capacities.length)) refuse(`the caller gives no dimension ${a}`)
      if (capacities[a] !== 0) refuse(`the caller's dimension ${a} stands here twice`)
      if (capacity < 1 || !isSize(capacity)) refuse(`the capacity ${capacity} is out of range`)
      capacities[a] = capacity
    } else if (kind !== 'constant') {
      if (!isIndex(a, index) || (kind === 'product' && !isIndex(b, index)))
        refuse('refers to no earlier dimension')
    }
    return { kind, a, b }
  })
  const missing = capacities.indexOf(0)
  if (missing >= 0)
    invalid('dimension', { where: 'program' }, `nothing names the caller's dimension ${missing}`)
  return dimensions
}

/** The one buffer of its kind in a program, with the one type it can have. */
const single: Partial<Record<BufferKind, ValueType>> = {
  parameters: 'f32',
  gradients: 'f32',
  slots: 'f32',
  states: 'f32',
  statistics: 'f64',
}

function readBuffers(entries: readonly number[][]): BufferEntry[] {
  const seen = new Set<string>()
  return entries.map((entry, index) => {
    const [kindCode, typeCode, elements] = entry as [number, number, number]
    const refuse = (problem: string) =>
      invalid('buffer', { where: `program, buffer ${index}`, position: index }, problem)
    const kind = nameOf(bufferKinds, kindCode) ?? refuse(`unknown kind ${kindCode}`)
    const type = nameOf(types, typeCode) ?? refuse(`unknown type ${typeCode}`)
    if (!isSize(elements)) refuse(`${elements} elements are out of range`)
    if (kind in single && seen.has(kind)) refuse(`a second ${kind} buffer`)
    if (kind in single ? type !== single[kind] : type === 'f64') refuse(`a ${kind} buffer of ${type}`)
    seen.add(kind)
    return { kind, type, elements }
  })
}

function readValues(
  entries: readonly number[][],
  buffers: readonly BufferEntry[],
  dimensionCount: number,
): ValueEntry[] {
  return entries.map((entry, index) => {
    const [buffer, typeCode, offset, offsetDimension, offsetScale, rank] = entry as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    const refuse = (problem: string) =>
      invalid('value', { where: `program, value ${index}`, position: index }, problem)
    const home = buffers[buffer] ?? refuse(`there is no buffer ${buffer}`)
    const type = nameOf(types, typeCode) ?? refuse(`unknown type ${typeCode}`)
    // An arena holds words, integers among the floats; everywhere else a value has the type of its buffer.
    if (home.kind === 'arena' ? type === 'f64' : type !== home.type) {
      refuse(`${type} in a ${home.kind} buffer of ${home.type}`)
    }
    if (offset < 0 || offsetScale < 0) refuse('the offset is negative')
    if (!isIndex(rank, maximumRank + 1)) refuse(`the rank ${rank} is out of range`)
    const dimensions = entry.slice(6, 6 + rank)
    const strideDimension = entry.at(-1) as number
    const optional = [offsetDimension, strideDimension].filter((d) => d !== -1)
    for (const d of [...dimensions, ...optional]) {
      if (!isIndex(d, dimensionCount)) refuse(`there is no dimension ${d}`)
    }
    return { buffer, type, offset, offsetDimension, offsetScale, dimensions, strideDimension }
  })
}

function readCode(words: Int32Array, valueCount: number): DecodedInstruction[] {
  const code = slice(words, 'code', words[header.codeOffset]!, words[header.codeWords]!, 1)
  const instructions: DecodedInstruction[] = []
  for (let at = 0; at < code.length; ) {
    const index = instructions.length
    const where = `program, instruction ${index}`
    const rule =
      rules.get(code[at]!) ?? invalid('unknownInstruction', { where, index }, `unknown code ${code[at]}`)
    const place = { where: `${where} (${rule.name})`, index }
    if (code[at + 1] !== rule.words || at + rule.words > code.length) {
      invalid('instructionLength', place, `expected ${rule.words} words, received ${code[at + 1]}`)
    }
    const first = at + instructionHeaderWords
    at += rule.words
    const values = Array.from(code.subarray(first, first + rule.operands.length))
    const attributes = Array.from(code.subarray(first + rule.operands.length, at))
    for (const [position, value] of values.entries()) {
      if (value < -1 || value >= valueCount) {
        const { name } = rule.operands[position]!
        invalid('operandMissing', { ...place, position }, `operand "${name}": there is no value ${value}`)
      }
    }
    instructions.push({ index, name: rule.name, code: rule.code, values, attributes })
  }
  const count = words[header.instructionCount]!
  if (instructions.length !== count) {
    invalid('header', { where: 'program' }, `expected ${count} instructions, received ${instructions.length}`)
  }
  return instructions
}

function readSegments(entries: readonly number[][], instructionCount: number): SegmentEntry[] {
  let end = 0
  return entries.map((entry, index) => {
    const [code, first, count] = entry as [number, number, number]
    const refuse = (problem: string) =>
      invalid('segment', { where: `program, segment ${index}`, position: index }, problem)
    const kind = nameOf(segmentKinds, code) ?? refuse(`unknown kind ${code}`)
    if (first < end || count < 0 || first + count > instructionCount) {
      refuse(`instructions ${first} … ${first + count} are out of order or range`)
    }
    end = first + count
    return { kind, first, count }
  })
}

function readLoops(
  entries: readonly number[][],
  segments: readonly SegmentEntry[],
  dimensionCount: number,
): LoopEntry[] {
  let end = 0
  return entries.map((entry, index) => {
    const [first, count, steps, reverse] = entry as [number, number, number, number]
    const refuse = (problem: string) =>
      invalid('loop', { where: `program, loop ${index}`, position: index }, problem)
    const last = first + count
    const inside = segments.some((s) => s.first <= first && last <= s.first + s.count)
    if (first < end || count < 1 || !inside) {
      refuse(`instructions ${first} … ${last} are out of order or not in one segment`)
    }
    if (!isIndex(steps, dimensionCount)) refuse(`there is no dimension ${steps}`)
    if (!isIndex(reverse, 2)) refuse(`the direction ${reverse} is neither 0 nor 1`)
    end = last
    return { first, count, steps, reverse: reverse === 1 }
  })
}

/** Only the body of a loop has steps from which to which a value could move. */
function checkStrides(
  instructions: readonly DecodedInstruction[],
  values: readonly ValueEntry[],
  loops: readonly LoopEntry[],
): void {
  for (const { index, name, values: used } of instructions) {
    if (loops.some(({ first, count }) => isIndex(index - first, count))) continue
    const position = used.findIndex((value) => value >= 0 && values[value]!.strideDimension >= 0)
    if (position < 0) continue
    const place = { where: `program, instruction ${index} (${name})`, index, position }
    invalid('loop', place, 'a value with a stride outside of every loop')
  }
}
