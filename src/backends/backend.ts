import type { SegmentKind, Status } from '../contract/index.js'

/** Numbers as a backend stores them: float64 on the reference, float32 elsewhere. */
export type FloatArray = Float32Array | Float64Array

export type BackendName = 'native' | 'wasm' | 'reference'

/** What runs programs. Stateless; all memory belongs to the stores and contexts it makes. */
export interface Backend {
  readonly name: BackendName
  /** For people: level, BLAS, threads. */
  readonly details: Readonly<Record<string, string>>
  /** Zero-filled weights of one model. Throws OUT_OF_MEMORY. */
  createStore(parameterElements: number, slotElements: number): WeightStore
}

/** The parameters and optimizer slots of one model, shared by all its contexts. */
export interface WeightStore {
  /** Copies elements [offset, offset + target.length) into target. */
  readParameters(target: FloatArray, offset: number): void
  /** Copies source to [offset, offset + source.length); packed copies of the weights become stale. */
  writeParameters(source: FloatArray, offset: number): void
  readSlots(target: FloatArray, offset: number): void
  writeSlots(source: FloatArray, offset: number): void
  /**
   * Validates the program and reserves all memory that a run at full capacity needs.
   * Throws INVALID_PROGRAM or OUT_OF_MEMORY.
   */
  createContext(program: Int32Array): RunContext
  /** Idempotent. Contexts must be disposed first; a native store lives until its last context is gone. */
  dispose(): void
}

/**
 * The arena, states and borders of one program. The arrays are windows into the memory that the executor reads: write
 * before a run, read after it, and take them anew each time (a WebAssembly memory that grows detaches old windows).
 * Nothing is copied at the border and a run crosses it once.
 */
export interface RunContext {
  /** The caller's dimensions, in the order of the program's input dimensions. */
  readonly dimensions: Int32Array
  readonly scalars: Float64Array
  /** One per input buffer of the program, in buffer order, at capacity. */
  readonly inputs: readonly (FloatArray | Int32Array)[]
  readonly outputs: readonly (FloatArray | Int32Array)[]
  readonly states: FloatArray
  readonly statistics: Float64Array
  /** The flat gradient buffer, the weight of the valid steps behind it; empty where the program has none. */
  readonly gradients: FloatArray
  /** [status, instruction, detail, detail] of the last run. */
  readonly status: Int32Array
  /**
   * Runs the named segments in program order. Never rejects for a reason of the run: the outcome is the status.
   * Aborting is honoured up to the start of `update`, and ends with status `aborted`.
   * A second run while one is under way throws MODEL_BUSY.
   */
  run(segments: readonly SegmentKind[], signal?: AbortSignal): Promise<Status>
  /** The same on the calling thread, for small steps. */
  runSync(segments: readonly SegmentKind[]): Status
  /** Multiply-adds of a run of all segments with these dimensions. Absent where `run` is done on the calling thread anyway. */
  work?(): number
  /** Idempotent; waits for a run under way to stop. Any later use throws DISPOSED. */
  dispose(): void
}
