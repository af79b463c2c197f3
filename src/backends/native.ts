import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type InvalidReason,
  invalidReasons,
  type SegmentKind,
  type Status,
  segmentKinds,
  statuses,
} from '../contract/index.js'
import { type ErrorCode, OstinatoError } from '../errors.js'
import type { Backend, FloatArray, RunContext, WeightStore } from './backend.js'
import { ProgramBinding, statusOf } from './bind.js'

/** What the addon exports; its errors carry a code. */
interface Addon {
  readonly WeightStore: new (parameterElements: number, slotElements: number) => NativeStoreHandle
  info(): Record<string, string>
}

interface NativeStoreHandle {
  readParameters(target: FloatArray, offset: number): void
  writeParameters(source: FloatArray, offset: number): void
  readSlots(target: FloatArray, offset: number): void
  writeSlots(source: FloatArray, offset: number): void
  createContext(program: Int32Array): NativeContextHandle
  dispose(): void
}

interface Windows {
  readonly dimensions: Int32Array
  readonly scalars: Float64Array
  readonly status: Int32Array
  readonly inputs: readonly (Float32Array | Int32Array)[]
  readonly outputs: readonly (Float32Array | Int32Array)[]
  readonly states?: Float32Array
  readonly statistics?: Float64Array
  readonly gradients?: Float32Array
}

interface NativeContextHandle {
  windows(): Windows
  run(segments: number): Promise<number>
  runSync(segments: number): number
  work(): number
  requestAbort(): void
  dispose(): void
}

/**
 * Loads the addon: built here, or prebuilt in the package. Throws BACKEND_UNAVAILABLE, which names every place that
 * was tried and what to do.
 */
export function loadNative(): Backend {
  const addon = loadAddon()
  return {
    name: 'native',
    details: addon.info(),
    createStore: (parameterElements, slotElements) =>
      new NativeStore(told('weight store', () => new addon.WeightStore(parameterElements, slotElements))),
  }
}

function loadAddon(): Addon {
  const require = createRequire(import.meta.url)
  const root = packageRoot()
  try {
    const load = require('node-gyp-build') as (folder: string) => Addon
    return load(root)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim() : String(cause)
    throw new OstinatoError(
      'BACKEND_UNAVAILABLE',
      'native backend',
      `no addon could be loaded from build/Release or prebuilds of ${root}: ${reason}`,
      { remedy: 'Build it with `npm run build` in the repository, or use the wasm backend', cause },
    )
  }
}

/** The folder of package.json, which lies above src as well as above dist. */
function packageRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url))
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) {
      throw new OstinatoError('BACKEND_UNAVAILABLE', 'native backend', `no package.json above ${start}`)
    }
  }
}

class NativeStore implements WeightStore {
  readonly #handle: NativeStoreHandle

  constructor(handle: NativeStoreHandle) {
    this.#handle = handle
  }

  readParameters(target: FloatArray, offset: number): void {
    told('parameters', () => this.#handle.readParameters(target, offset))
  }

  writeParameters(source: FloatArray, offset: number): void {
    told('parameters', () => this.#handle.writeParameters(source, offset))
  }

  readSlots(target: FloatArray, offset: number): void {
    told('optimizer slots', () => this.#handle.readSlots(target, offset))
  }

  writeSlots(source: FloatArray, offset: number): void {
    told('optimizer slots', () => this.#handle.writeSlots(source, offset))
  }

  createContext(program: Int32Array): RunContext {
    try {
      return new NativeContext(this.#handle.createContext(program))
    } catch (error) {
      throw explained(error, program)
    }
  }

  dispose(): void {
    this.#handle.dispose()
  }
}

const statusNames = Object.keys(statuses) as Status[]
const noStates = new Float32Array(0)
const noStatistics = new Float64Array(0)

class NativeContext implements RunContext {
  readonly #handle: NativeContextHandle
  readonly #windows: Windows
  #running = false
  #disposed = false

  constructor(handle: NativeContextHandle) {
    this.#handle = handle
    this.#windows = handle.windows()
  }

  get dimensions(): Int32Array {
    return this.#use().dimensions
  }

  get scalars(): Float64Array {
    return this.#use().scalars
  }

  get inputs(): readonly (Float32Array | Int32Array)[] {
    return this.#use().inputs
  }

  get outputs(): readonly (Float32Array | Int32Array)[] {
    return this.#use().outputs
  }

  get states(): Float32Array {
    return this.#use().states ?? noStates
  }

  get statistics(): Float64Array {
    return this.#use().statistics ?? noStatistics
  }

  get gradients(): Float32Array {
    return this.#use().gradients ?? noStates
  }

  get status(): Int32Array {
    return this.#use().status
  }

  async run(segments: readonly SegmentKind[], signal?: AbortSignal): Promise<Status> {
    this.#begin()
    const { status } = this.#windows
    if (signal?.aborted) {
      status.set([statuses.aborted, -1, 0, 0])
      return 'aborted'
    }
    const abort = () => this.#handle.requestAbort()
    const result = told('run', () => this.#handle.run(bits(segments)))
    this.#running = true
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return statusNames[await result]!
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#running = false
    }
  }

  runSync(segments: readonly SegmentKind[]): Status {
    this.#begin()
    try {
      return statusNames[this.#handle.runSync(bits(segments))]!
    } catch (error) {
      throw translated('run', error)
    }
  }

  work(): number {
    this.#begin()
    return this.#handle.work()
  }

  dispose(): void {
    this.#disposed = true
    this.#handle.dispose()
  }

  #use(): Windows {
    if (this.#disposed) throw new OstinatoError('DISPOSED', 'run context', 'used after dispose()')
    return this.#windows
  }

  #begin(): void {
    this.#use()
    if (this.#running) {
      throw new OstinatoError('MODEL_BUSY', 'run', 'another run of this context is under way')
    }
  }
}

function bits(segments: readonly SegmentKind[]): number {
  let result = 0
  for (const kind of segments) result |= 1 << segmentKinds[kind]
  return result
}

interface AddonError extends Error {
  readonly code: ErrorCode
}

function isAddonError(error: unknown): error is AddonError {
  return error instanceof Error && 'code' in error
}

/** Turns errors of the addon into those of the library. */
function told<Result>(where: string, action: () => Result): Result {
  try {
    return action()
  } catch (error) {
    throw translated(where, error)
  }
}

function translated(where: string, error: unknown): unknown {
  return isAddonError(error) ? new OstinatoError(error.code, where, error.message, { cause: error }) : error
}

interface Refusal extends AddonError {
  readonly reason: number
  readonly instruction: number
  readonly position: number
}

/** An error of createContext, in words: the addon gives the place, the checker in TypeScript the sentence. */
function explained(error: unknown, program: Int32Array): unknown {
  if (!isAddonError(error)) return error
  if (error.code !== 'INVALID_PROGRAM') {
    return new OstinatoError(error.code, 'run context', error.message, { cause: error })
  }
  const { reason, instruction, position } = error as Refusal
  const words = [statuses.invalidProgram, instruction, reason, position]
  try {
    new ProgramBinding(program)
  } catch (cause) {
    if (statusOf(cause).words.every((word, i) => word === words[i])) return cause
  }
  const name = Object.keys(invalidReasons).find((key) => invalidReasons[key as InvalidReason] === reason)
  const where = instruction < 0 ? 'program' : `program, instruction ${instruction}`
  return new OstinatoError('INVALID_PROGRAM', where, `${name}, position ${position}`, { cause: error })
}
