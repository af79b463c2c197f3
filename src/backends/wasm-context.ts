import { type SegmentKind, type Status, statuses } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import type { RunContext } from './backend.js'
import { type BufferEntry, type ProgramBinding, type SegmentEntry, statusOf } from './bind.js'
import type { WasmExports } from './wasm-api.js'
import type { WasmAllocator } from './wasm-memory.js'
import { elementBytes, InstructionRows, type Places } from './wasm-rows.js'

const statusBytes = 16
const statusNames = new Map(Object.entries(statuses).map(([name, code]) => [code as number, name as Status]))

interface StoredFloats {
  readonly address: number
  readonly elements: number
}

/** The memory of a store and where its weights lie in it. */
export interface StoreMemory {
  readonly exports: WasmExports
  readonly allocator: WasmAllocator
  readonly parameters: StoredFloats
  readonly slots: StoredFloats
}

/** A segment and its loops among those of the program. */
interface Segment extends SegmentEntry {
  readonly firstLoop: number
  readonly loopCount: number
}

/** Typed arrays over the memory as it is: made anew after the memory has grown, and only then. */
interface Windows {
  readonly buffer: ArrayBuffer
  readonly scalars: Float64Array
  readonly status: Int32Array
  readonly inputs: readonly (Float32Array | Int32Array)[]
  readonly outputs: readonly (Float32Array | Int32Array)[]
  readonly states: Float32Array
  readonly statistics: Float64Array
  readonly gradients: Float32Array
}

export class WasmContext implements RunContext {
  readonly #store: StoreMemory
  readonly #binding: ProgramBinding
  readonly #dimensions: Int32Array
  /** The sizes that the rows in memory were written for; 0, which no dimension is, where they must be written. */
  readonly #boundDimensions: Int32Array
  /** Everything that this context owns but its scratch, which is as large as the most demanding instruction asks for. */
  readonly #block: number
  readonly #scratch: number
  readonly #places: Places
  readonly #segments: readonly Segment[]
  readonly #status: number
  readonly #rows: InstructionRows
  readonly #rowsAddress: number
  #windows: Windows
  #running = false
  #disposed = false

  constructor(store: StoreMemory, binding: ProgramBinding) {
    this.#store = store
    this.#binding = binding
    this.#dimensions = Int32Array.from(binding.inputDimensions, ({ capacity }) => capacity)
    this.#boundDimensions = new Int32Array(this.#dimensions.length)

    this.#segments = binding.segments.map((segment) => {
      const firsts = binding.atCapacity.loops.map((loop) => loop.first - segment.first)
      const loopCount = firsts.filter((first) => first >= 0 && first < segment.count).length
      return { ...segment, firstLoop: firsts.filter((first) => first < 0).length, loopCount }
    })
    const shared = binding.buffers.map((entry) => sharedAddress(entry, store))
    const own = binding.buffers.map((entry, i) => (shared[i] === undefined ? bytesOf(entry) : 0))
    const { allocator } = store
    this.#rows = new InstructionRows(binding.atCapacity)
    const offsets = layOut([
      this.#rows.bytes,
      statusBytes,
      binding.scalarCount * elementBytes.f64,
      binding.ranges.byteLength,
      ...own,
    ])
    this.#block = allocator.allocate(offsets.at(-1)!, 'run context')
    const [rows, status, scalars, ranges, ...places] = offsets.map((offset) => this.#block + offset) as [
      number,
      number,
      number,
      number,
      ...number[],
    ]
    this.#rowsAddress = rows
    this.#status = status
    this.#places = {
      scalars,
      ranges,
      buffers: binding.buffers.map(({ type }, i) => ({ type, address: shared[i] ?? places[i]! })),
    }
    this.#windows = this.#open()
    new Int32Array(this.#windows.buffer, ranges, binding.ranges.length).set(binding.ranges)
    this.#rows.write(this.#windows.buffer, rows, binding.atCapacity, this.#places)
    try {
      this.#scratch = allocator.allocate(this.#scratchBytes(), 'run context, working memory')
    } catch (error) {
      allocator.release(this.#block)
      throw error
    }
  }

  get dimensions(): Int32Array {
    this.#use()
    return this.#dimensions
  }

  get scalars(): Float64Array {
    return this.#current().scalars
  }

  get inputs(): readonly (Float32Array | Int32Array)[] {
    return this.#current().inputs
  }

  get outputs(): readonly (Float32Array | Int32Array)[] {
    return this.#current().outputs
  }

  get states(): Float32Array {
    return this.#current().states
  }

  get statistics(): Float64Array {
    return this.#current().statistics
  }

  get gradients(): Float32Array {
    return this.#current().gradients
  }

  get status(): Int32Array {
    return this.#current().status
  }

  async run(segments: readonly SegmentKind[], signal?: AbortSignal): Promise<Status> {
    this.#begin()
    try {
      // Under way until the caller's turn is over, as on every other executor.
      await Promise.resolve()
      return this.#execute(segments, signal)
    } finally {
      this.#running = false
    }
  }

  runSync(segments: readonly SegmentKind[]): Status {
    this.#begin()
    try {
      return this.#execute(segments, undefined)
    } finally {
      this.#running = false
    }
  }

  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.#store.allocator.release(this.#block)
    this.#store.allocator.release(this.#scratch)
  }

  /** Only the executor knows what its instructions work in; the rows are those of full capacity here. */
  #scratchBytes(): number {
    const { exports } = this.#store
    return this.#binding.atCapacity.instructions.reduce(
      (most, _, index) =>
        Math.max(most, exports.scratchBytes(this.#rowsAddress + this.#rows.offsetOf(index))),
      0,
    )
  }

  #execute(kinds: readonly SegmentKind[], signal: AbortSignal | undefined): Status {
    if (this.#disposed) return 'aborted'
    try {
      this.#bind()
    } catch (error) {
      const { status, words } = statusOf(error)
      this.#current().status.set(words)
      return status
    }
    for (const { kind, first, count, firstLoop, loopCount } of this.#segments) {
      if (!kinds.includes(kind)) continue
      if (signal?.aborted) return this.#end(statuses.aborted, first)
      const address = this.#rowsAddress + this.#rows.offsetOf(first)
      const status = this.#store.exports.run(
        address,
        first,
        count,
        this.#rowsAddress + this.#rows.loopOffset(firstLoop),
        loopCount,
        this.#status,
        this.#scratch,
      )
      if (status !== statuses.ok) return this.#end(status, this.#windows.status[1]!)
    }
    return this.#end(statuses.ok, -1)
  }

  /** Writes code and instruction of the status; the details of a refusal are there already. */
  #end(status: number, instruction: number): Status {
    const words = this.#current().status
    words[0] = status
    words[1] = instruction
    if (status === statuses.ok || status === statuses.aborted) words.fill(0, 2)
    return statusNames.get(status)!
  }

  /** Rewrites the rows where the dimensions are not those of the last run. */
  #bind(): void {
    const { buffer } = this.#current()
    if (this.#dimensions.every((value, i) => value === this.#boundDimensions[i])) return
    this.#boundDimensions.fill(0)
    this.#rows.write(buffer, this.#rowsAddress, this.#binding.bind(this.#dimensions), this.#places)
    this.#boundDimensions.set(this.#dimensions)
  }

  #begin(): void {
    this.#use()
    if (this.#running)
      throw new OstinatoError('MODEL_BUSY', 'run', 'another run of this context is under way')
    this.#running = true
  }

  #use(): void {
    if (this.#disposed) throw new OstinatoError('DISPOSED', 'run context', 'used after dispose()')
  }

  #current(): Windows {
    this.#use()
    if (this.#windows.buffer !== this.#store.allocator.memory.buffer) this.#windows = this.#open()
    return this.#windows
  }

  #open(): Windows {
    const { buffer } = this.#store.allocator.memory
    const find = (kind: BufferEntry['kind']) =>
      this.#binding.buffers.findIndex((entry) => entry.kind === kind)
    const window = (kind: BufferEntry['kind']) => {
      const index = find(kind)
      return index < 0 ? ([buffer, 0, 0] as const) : this.#extent(buffer, index)
    }
    const borders = (kind: BufferEntry['kind']) =>
      this.#binding.buffers.flatMap((entry, index) => {
        if (entry.kind !== kind) return []
        const WindowArray = entry.type === 'i32' ? Int32Array : Float32Array
        return [new WindowArray(...this.#extent(buffer, index))]
      })
    return {
      buffer,
      scalars: new Float64Array(buffer, this.#places.scalars, this.#binding.scalarCount),
      status: new Int32Array(buffer, this.#status, 4),
      inputs: borders('input'),
      outputs: borders('output'),
      states: new Float32Array(...window('states')),
      statistics: new Float64Array(...window('statistics')),
      gradients: new Float32Array(...window('gradients')),
    }
  }

  #extent(buffer: ArrayBuffer, index: number): readonly [ArrayBuffer, number, number] {
    return [buffer, this.#places.buffers[index]!.address, this.#binding.buffers[index]!.elements]
  }
}

function bytesOf({ type, elements }: BufferEntry): number {
  return elements * elementBytes[type]
}

/** The place of a buffer that belongs to the store; undefined where it belongs to the context. */
function sharedAddress({ kind, elements }: BufferEntry, store: StoreMemory): number | undefined {
  if (kind !== 'parameters' && kind !== 'slots') return undefined
  const expected = store[kind].elements
  if (elements !== expected) {
    throw new OstinatoError('INVALID_PROGRAM', `${kind} buffer`, {
      expected: `${expected} elements, as the weight store has`,
      received: `${elements}`,
    })
  }
  return store[kind].address
}

/** Offsets of pieces of these sizes one behind the other at 64-byte boundaries, and behind the last the total. */
function layOut(sizes: readonly number[]): number[] {
  const offsets = [0]
  for (const size of sizes) offsets.push(offsets.at(-1)! + Math.ceil(size / 64) * 64)
  return offsets
}
