/** A traced program bound to memory: what fills its borders, runs it, and turns its outcome into an error that helps. */
import type { FloatArray, RunContext, WeightStore } from '../backends/backend.js'
import { type SegmentKind, statuses } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import type { Dimension } from '../graph/index.js'
import { pause } from '../train/pause.js'
import type { StatePlace, TracedProgram } from './trace.js'
import type { TracedAxis } from './tracing.js'

const indexNames: Readonly<Record<string, readonly [what: string, expected: string]>> = {
  gather: ['token', 'a token of the embedding'],
  gather_backward: ['token', 'a token of the embedding'],
  one_hot: ['target', 'a class of the prediction'],
  softmax_cross_entropy: ['target', 'a class of the prediction'],
  softmax_cross_entropy_backward: ['target', 'a class of the prediction'],
  sparse_top_k_accuracy: ['target', 'a class of the prediction'],
}

/** Multiply-adds of ten milliseconds on one thread. */
const shortWork = 4e8
/** Fewer rows than these take nearly as long: they wait for the weights. */
const fullRows = 16
/** A step of a walk takes microseconds, however little there is to multiply. */
const leastOfStep = 2 ** 18

/** Steps of an axis; no axis of a program is empty. */
function stepsOf(axis: TracedAxis, times: readonly number[]): number {
  return Math.max(1, axis.size(times[axis.source] ?? 1))
}

export class Executable {
  readonly context: RunContext
  readonly #inputs: ReadonlyMap<string, number>
  readonly #scalars: ReadonlyMap<string, number>
  readonly #axes: ReadonlyMap<string, TracedAxis>
  readonly batchCapacity: number
  /** By time axis of the model. */
  readonly timeCapacities: readonly number[]
  /** Of the next run: rows, and steps of all time axes. */
  #batch = 1
  #steps = 1
  #disposed = false

  constructor(
    readonly traced: TracedProgram,
    store: WeightStore,
  ) {
    const { program } = traced
    this.context = store.createContext(program.words)
    this.#inputs = new Map(program.inputs.map((border, i) => [border.name, i]))
    this.#scalars = new Map(program.scalars.map((name, i) => [name, i]))
    this.batchCapacity = traced.capacities.batch
    this.timeCapacities = traced.capacities.times
    this.#axes = new Map(traced.axes.map((axis) => [axis.name, axis]))
    for (const [name, value] of traced.scalars) this.setScalar(name, value)
  }

  /** True where a run of this size fits into the memory that was reserved; steps by time axis of the model. */
  fits(batch: number, times: readonly number[]): boolean {
    return batch <= this.batchCapacity && times.every((time, i) => time <= (this.timeCapacities[i] ?? 0))
  }

  /** Sets the sizes of the next run: the axes that layers derive follow those of the inputs. */
  setDimensions(batch: number, times: readonly number[]): void {
    this.#batch = batch
    this.#steps = times.reduce((sum, time) => sum + time, 0)
    const { inputDimensions } = this.traced.program
    for (const [i, { name }] of inputDimensions.entries()) {
      const axis = this.#axes.get(name)
      this.context.dimensions[i] = axis ? stepsOf(axis, times) : batch
    }
  }

  /** The length of an axis of a border, if the time axes of the model have these steps. */
  sizeOf(axis: Dimension, batch: number, times: readonly number[]): number {
    if (axis.kind === 'constant') return axis.value
    if (axis.kind === 'sum') return this.sizeOf(axis.of, batch, times) + axis.add
    if (axis.kind === 'product')
      return this.sizeOf(axis.left, batch, times) * this.sizeOf(axis.right, batch, times)
    const traced = axis.kind === 'input' ? this.#axes.get(axis.name) : undefined
    return traced ? stepsOf(traced, times) : batch
  }

  /** The window of an input, or undefined where the program has none of that name. */
  input(name: string): FloatArray | Int32Array | undefined {
    const index = this.#inputs.get(name)
    return index === undefined ? undefined : this.context.inputs[index]
  }

  /** Scalars the program has no use for are passed over: not every optimizer counts its steps. */
  setScalar(name: string, value: number): void {
    const index = this.#scalars.get(name)
    if (index !== undefined) this.context.scalars[index] = value
  }

  async run(segments: readonly SegmentKind[], where: string, signal?: AbortSignal): Promise<void> {
    const status = await this.context.run(segments, signal)
    if (status === 'aborted')
      throw signal?.reason ?? new DOMException('This operation was aborted', 'AbortError')
    if (status !== 'ok') throw this.#failure(where)
  }

  /**
   * As `run`, but does a short run on this thread: to hand it over, and to hear of its end, can take as long, and leaves the caches of this
   * thread cold for what it does next.
   */
  async runHereIfShort(segments: readonly SegmentKind[], where: string, signal?: AbortSignal): Promise<void> {
    if (!this.#isShort()) return this.run(segments, where, signal)
    await pause()
    signal?.throwIfAborted()
    this.runSync(segments, where)
  }

  /** Whether a run takes some ten milliseconds at most. */
  #isShort(): boolean {
    const work = this.context.work?.() ?? Number.POSITIVE_INFINITY
    const rows = Math.max(1, fullRows / this.#batch)
    return work * rows + this.#steps * leastOfStep <= shortWork
  }

  runSync(segments: readonly SegmentKind[], where: string): void {
    if (this.context.runSync(segments) !== 'ok') throw this.#failure(where)
  }

  /** The rows of one state slab; where a source has several, as many as there are sources. */
  state(place: StatePlace): FloatArray {
    return this.context.states.subarray(place.offset, place.offset + this.batchCapacity * place.units)
  }

  /** Carries states over from an executable whose memory has become too small. */
  copyStatesFrom(other: Executable): void {
    const known = new Map(other.traced.states.map((place) => [place.name, place]))
    for (const place of this.traced.states) {
      const source = known.get(place.name)
      if (!source) continue
      const rows = Math.min(this.batchCapacity, other.batchCapacity)
      this.state(place).set(other.state(source).subarray(0, rows * place.units))
    }
  }

  get disposed(): boolean {
    return this.#disposed
  }

  dispose(): void {
    this.#disposed = true
    this.context.dispose()
  }

  #failure(where: string): OstinatoError {
    const [code, instruction, detail, position] = this.context.status
    const path = this.traced.program.paths[instruction ?? 0] ?? ''
    const place = path ? `${where}, ${path}` : where
    switch (code) {
      case statuses.nonFinite:
        return new OstinatoError(
          'NON_FINITE_LOSS',
          where,
          {
            expected: 'a finite loss and gradient norm',
            received: `loss ${this.context.statistics[0]}, norm ${this.context.statistics[2]}`,
          },
          {
            remedy:
              'The weights are those of the last good step. Lower the learning rate, or set globalClipNorm',
          },
        )
      case statuses.emptyBatch:
        return new OstinatoError('EMPTY_BATCH', where, {
          expected: 'at least one valid step in the batch',
          received: 'lengths or weights that leave none',
        })
      case statuses.indexOutOfRange:
        return this.#indexFailure(place, instruction ?? 0, detail ?? 0, position ?? 0)
      case statuses.workLimit:
        return new OstinatoError('WORK_LIMIT', place, 'the run would exceed the work limit of the program')
      case statuses.outOfMemory:
        return new OstinatoError('OUT_OF_MEMORY', place, 'no memory for working space')
      default:
        return new OstinatoError(
          'INVALID_PROGRAM',
          place,
          `the executor refused to run (status ${code}, ${detail})`,
        )
    }
  }

  /** Positions count time-major inside a program; people count rows and steps. */
  #indexFailure(place: string, instruction: number, found: number, position: number): OstinatoError {
    const name = this.traced.program.instructionName(instruction)
    const [what, expected] = indexNames[name] ?? ['length', 'a length between 0 and the time of the batch']
    const row = position % this.#batch
    const step = Math.floor(position / this.#batch)
    const at = what === 'length' ? `row ${position}` : `row ${row}, step ${step}`
    return new OstinatoError('INDEX_OUT_OF_RANGE', place, { expected, received: `${what} ${found} at ${at}` })
  }
}
