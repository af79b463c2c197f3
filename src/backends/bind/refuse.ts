import { type InvalidReason, invalidReasons, type Status, statuses } from '../../contract/index.js'
import { OstinatoError } from '../../errors.js'

/** Where a program is broken, for people and for the status words. */
export interface Place {
  readonly where: string
  /** Of the instruction. */
  readonly index?: number
  /** Of the operand, attribute or section entry. */
  readonly position?: number
}

/** The cause of a refusal, as the executors report it: [status, instruction, detail, detail]. */
class StatusWords {
  constructor(
    readonly status: Status,
    readonly words: readonly [number, number, number, number],
  ) {}
}

/** Status and status words of a refused run; other errors are not a matter of the run and are thrown on. */
export function statusOf(error: unknown): {
  status: Status
  words: readonly [number, number, number, number]
} {
  if (error instanceof OstinatoError && error.cause instanceof StatusWords) return error.cause
  throw error
}

export function invalid(
  reason: InvalidReason,
  { where, index = -1, position = -1 }: Place,
  problem: string,
): never {
  const words = [statuses.invalidProgram, index, invalidReasons[reason], position] as const
  const cause = new StatusWords('invalidProgram', words)
  throw new OstinatoError('INVALID_PROGRAM', where, `${reason}: ${problem}`, { cause })
}

export function dimensionOutOfRange(position: number, value: number, capacity: number): never {
  const cause = new StatusWords('dimensionOutOfRange', [statuses.dimensionOutOfRange, -1, position, value])
  const problem = { expected: `1 … ${capacity}`, received: `${value}` }
  throw new OstinatoError('DIMENSION_OUT_OF_RANGE', `dimension ${position}`, problem, { cause })
}

export function workLimitExceeded(index: number, workLimit: number): never {
  const cause = new StatusWords('workLimit', [statuses.workLimit, index, 0, 0])
  throw new OstinatoError('WORK_LIMIT', 'program', `a run needs more than 2^${workLimit} multiply-adds`, {
    cause,
  })
}
