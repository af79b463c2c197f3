import { writeFileSync } from 'node:fs'
import { type SegmentKind, type Status, segmentKinds, statuses } from '../../src/contract/index.js'

/** Numbers of one buffer of a program, from an element on. */
export interface BufferNumbers {
  readonly buffer: number
  readonly offset: number
  readonly values: ArrayLike<number>
  /** Largest allowed |a − b| ∕ (1 + |b|), where the numbers are expected. */
  readonly tolerance?: number
}

/** A program, what it starts from and what it must give. */
export interface ProgramRun {
  readonly words: Int32Array
  readonly segments: readonly SegmentKind[]
  readonly status: Status
  readonly parameterElements: number
  readonly slotElements: number
  readonly dimensions: readonly number[]
  readonly scalars: readonly number[]
  readonly given: readonly BufferNumbers[]
  readonly expected: readonly BufferNumbers[]
}

const magic = 0x4f535446

/** Writes what native/check reads; the layout stands in native/check/program_file.h. */
export function writeProgramFile(path: string, run: ProgramRun): void {
  const doubles: number[] = [magic]
  const list = (values: ArrayLike<number>) => {
    doubles.push(values.length)
    // One by one: a call takes only so many arguments.
    for (let i = 0; i < values.length; i++) doubles.push(values[i] as number)
  }
  const numbers = (entries: readonly BufferNumbers[]) => {
    doubles.push(entries.length)
    for (const { buffer, offset, values, tolerance = 0 } of entries) {
      doubles.push(buffer, offset, tolerance)
      list(values)
    }
  }
  const segments = run.segments.reduce((bits, kind) => bits | (1 << segmentKinds[kind]), 0)
  doubles.push(segments, statuses[run.status], run.parameterElements, run.slotElements)
  list(run.words)
  list(run.dimensions)
  list(run.scalars)
  numbers(run.given)
  numbers(run.expected)
  writeFileSync(path, Float64Array.from(doubles))
}
