/** What went wrong, as a stable word that code can test for. */
export type ErrorCode =
  | 'SHAPE_MISMATCH'
  | 'TYPE_MISMATCH'
  | 'UNKNOWN_OPTION'
  | 'INVALID_OPTION'
  | 'INDEX_OUT_OF_RANGE'
  | 'LENGTH_OUT_OF_RANGE'
  | 'INVALID_MASK'
  | 'EMPTY_DATA'
  | 'EMPTY_BATCH'
  | 'INVALID_TOPOLOGY'
  | 'NON_FINITE_LOSS'
  | 'NON_FINITE_SCORE'
  | 'NO_TOKEN_ALLOWED'
  | 'NOT_COMPILED'
  | 'NOT_BUILT'
  | 'MODEL_BUSY'
  | 'OVER_CAPACITY'
  | 'DISPOSED'
  | 'INVALID_FILE'
  | 'UNKNOWN_CELL'
  | 'INVALID_PROGRAM'
  | 'DIMENSION_OUT_OF_RANGE'
  | 'WORK_LIMIT'
  | 'OUT_OF_MEMORY'
  | 'BACKEND_NOT_READY'
  | 'BACKEND_UNAVAILABLE'

/**
 * The one error class of the library. `code` is stable; `where`, `expected` and `received` say what the message says,
 * for code. Message form: `where: expected X, received Y. Remedy.`
 */
export class OstinatoError extends Error {
  override readonly name = 'OstinatoError'
  readonly code: ErrorCode
  readonly where: string
  readonly expected: string | undefined
  readonly received: string | undefined

  constructor(
    code: ErrorCode,
    where: string,
    problem: string | { readonly expected: string; readonly received: string },
    options: { readonly remedy?: string; readonly cause?: unknown } = {},
  ) {
    const text =
      typeof problem === 'string' ? problem : `expected ${problem.expected}, received ${problem.received}`
    super(
      `${where}: ${text}${options.remedy ? `. ${options.remedy}` : ''}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.where = where
    this.expected = typeof problem === 'string' ? undefined : problem.expected
    this.received = typeof problem === 'string' ? undefined : problem.received
  }
}
