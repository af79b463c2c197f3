import type { ParameterRange } from '../../src/backends/reference/arguments.js'
import {
  bufferKinds,
  contractHash,
  dimensionKinds,
  header,
  headerWords,
  type InstructionName,
  instructionTable,
  instructionWords,
  magic,
  maximumRank,
  type SegmentKind,
  segmentKinds,
  types,
  type ValueType,
  version,
} from '../../src/contract/index.js'

/** Builds programs word by word, without the tracer and its planner: what tests them must not be made by them. */
export class Assembler {
  readonly #dimensions: number[][] = []
  readonly #buffers: number[][] = []
  readonly #values: number[][] = []
  readonly #ranges: number[][] = []
  readonly #code: number[] = []
  readonly #segments: number[][] = []
  readonly #loops: number[][] = []
  #instructions = 0
  #inputs = 0
  scalars = 0
  workLimit = 40

  input(capacity: number): number {
    return this.#add(this.#dimensions, [dimensionKinds.input, this.#inputs++, 0, capacity])
  }

  constant(value: number): number {
    return this.#add(this.#dimensions, [dimensionKinds.constant, value, 0, value])
  }

  sum(dimension: number, plus: number, capacity: number): number {
    return this.#add(this.#dimensions, [dimensionKinds.sum, dimension, plus, capacity])
  }

  buffer(kind: keyof typeof bufferKinds, type: ValueType, elements: number): number {
    return this.#add(this.#buffers, [bufferKinds[kind], types[type], elements, 0])
  }

  /** `moved`: the dimension that the offset grows with, and by how much; `stride`: that by which it moves in a loop. */
  value(
    buffer: number,
    type: ValueType,
    offset: number,
    dimensions: readonly number[],
    moved: readonly [dimension: number, scale: number] = [-1, 0],
    stride = -1,
  ): number {
    const axes = [...dimensions, ...new Array(maximumRank - dimensions.length).fill(0)]
    return this.#add(this.#values, [
      buffer,
      types[type],
      offset,
      ...moved,
      dimensions.length,
      ...axes,
      stride,
    ])
  }

  range({ offset, length, decay, rate }: ParameterRange): number {
    return this.#add(this.#ranges, [offset, length, floatBits(decay), floatBits(rate)])
  }

  instruction(name: InstructionName, values: readonly number[], attributes: readonly number[]): void {
    const specification = instructionTable[name]
    this.#code.push(specification.code, instructionWords(specification), ...values, ...attributes)
    this.#instructions += 1
  }

  segment(kind: SegmentKind, first: number, count: number): void {
    this.#segments.push([segmentKinds[kind], first, count])
  }

  loop(first: number, count: number, steps: number, reverse: number): void {
    this.#loops.push([first, count, steps, reverse])
  }

  get instructionCount(): number {
    return this.#instructions
  }

  build(): Int32Array {
    const words = new Array<number>(headerWords).fill(0)
    const section = (
      offset: keyof typeof header,
      count: keyof typeof header,
      entries: readonly number[][],
    ) => {
      words[header[offset]] = words.length
      words[header[count]] = entries.length
      for (const entry of entries) words.push(...entry)
    }
    words[header.magic] = magic
    words[header.version] = version
    words[header.contractHash] = contractHash
    section('dimensionOffset', 'dimensionCount', this.#dimensions)
    section('bufferOffset', 'bufferCount', this.#buffers)
    section('valueOffset', 'valueCount', this.#values)
    section('rangeOffset', 'rangeCount', this.#ranges)
    section(
      'codeOffset',
      'codeWords',
      this.#code.map((word) => [word]),
    )
    section('segmentOffset', 'segmentCount', this.#segments)
    section('loopOffset', 'loopCount', this.#loops)
    words[header.scalarCount] = this.scalars
    words[header.instructionCount] = this.#instructions
    words[header.workLimit] = this.workLimit
    words[header.inputDimensionCount] = this.#inputs
    words[header.totalWords] = words.length
    return Int32Array.from(words)
  }

  #add(entries: number[][], entry: number[]): number {
    return entries.push(entry) - 1
  }
}

export function floatBits(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0]!
}
