import { type InstructionName, type SegmentKind, type Status, statuses } from '../../contract/index.js'
import { OstinatoError } from '../../errors.js'
import type { RunContext } from '../backend.js'
import {
  type BoundInstruction,
  type BoundLoop,
  type BoundProgram,
  type BufferEntry,
  type ProgramBinding,
  statusOf,
} from '../bind.js'
import { type Arguments, argumentsOf, type Memory, RunEnded } from './arguments.js'
import { checkInputs, checkOutputs, poison, poisonOutputs } from './checked.js'
import { kernels } from './kernels/index.js'

export class ReferenceContext implements RunContext {
  readonly #binding: ProgramBinding
  readonly #memory: Memory
  readonly #dimensions: Int32Array
  readonly #status = new Int32Array(4)
  readonly #checked: boolean
  #bound: { readonly dimensions: string; readonly program: BoundProgram } | undefined
  #running = false
  #disposed = false

  constructor(binding: ProgramBinding, parameters: Float64Array, slots: Float64Array, checked: boolean) {
    this.#binding = binding
    this.#checked = checked
    this.#dimensions = Int32Array.from(binding.inputDimensions, ({ capacity }) => capacity)
    const buffers = binding.buffers.map((entry) => {
      if (entry.kind === 'parameters') return shared(entry, parameters)
      if (entry.kind === 'slots') return shared(entry, slots)
      const buffer = allocate(entry)
      if (checked && entry.kind === 'arena' && buffer instanceof Float64Array) poison(buffer)
      return buffer
    })
    this.#memory = {
      buffers,
      scalars: new Float64Array(binding.scalarCount),
      ranges: binding.ranges,
      step: 0,
    }
  }

  get dimensions(): Int32Array {
    this.#use()
    return this.#dimensions
  }

  get scalars(): Float64Array {
    this.#use()
    return this.#memory.scalars
  }

  get inputs(): readonly (Float64Array | Int32Array)[] {
    return this.#buffers('input')
  }

  get outputs(): readonly (Float64Array | Int32Array)[] {
    return this.#buffers('output')
  }

  get states(): Float64Array {
    return this.#floats('states')
  }

  get statistics(): Float64Array {
    return this.#floats('statistics')
  }

  get gradients(): Float64Array {
    return this.#floats('gradients')
  }

  get status(): Int32Array {
    this.#use()
    return this.#status
  }

  async run(segments: readonly SegmentKind[], signal?: AbortSignal): Promise<Status> {
    this.#begin()
    try {
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
    this.#disposed = true
  }

  #execute(kinds: readonly SegmentKind[], signal: AbortSignal | undefined): Status {
    let at = -1
    try {
      const { instructions, loops } = this.#bind()
      for (const { kind, first, count } of this.#binding.segments) {
        if (!kinds.includes(kind)) continue
        const run = (index: number): void => {
          at = index
          const stop = this.#disposed || (signal?.aborted === true && (kind !== 'update' || at === first))
          if (stop) throw new RunEnded('aborted')
          this.#step(instructions[at]!)
        }
        for (let index = first; index < first + count; index++) {
          const loop = loops.find((l) => l.first === index)
          if (loop) this.#loop(loop, run)
          else run(index)
          index += (loop?.count ?? 1) - 1
        }
      }
      return this.#end('ok', [statuses.ok, -1, 0, 0])
    } catch (error) {
      if (error instanceof RunEnded) {
        return this.#end(error.status, [statuses[error.status], at, ...error.details])
      }
      const { status, words } = statusOf(error)
      return this.#end(status, words)
    }
  }

  #loop({ first, count, steps, reverse }: BoundLoop, run: (index: number) => void): void {
    try {
      for (let i = 0; i < steps; i++) {
        this.#memory.step = reverse ? steps - 1 - i : i
        for (let index = first; index < first + count; index++) run(index)
      }
    } finally {
      this.#memory.step = 0
    }
  }

  /** The program at the actual dimensions; bound anew only when these changed. */
  #bind(): BoundProgram {
    const dimensions = this.#dimensions.join()
    if (this.#bound?.dimensions !== dimensions) {
      this.#bound = { dimensions, program: this.#binding.bind(this.#dimensions) }
    }
    return this.#bound.program
  }

  #step(instruction: BoundInstruction): void {
    // The table gives each name its own argument type; here they meet as one.
    const kernel = kernels[instruction.name] as (a: Arguments<InstructionName>) => void
    if (this.#checked) {
      checkInputs(instruction, this.#memory)
      poisonOutputs(instruction, this.#memory)
    }
    kernel(argumentsOf(instruction, this.#memory))
    if (this.#checked) checkOutputs(instruction, this.#memory)
  }

  #end(status: Status, words: readonly number[]): Status {
    this.#status.set(words)
    return status
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

  #buffers(kind: BufferEntry['kind']): (Float64Array | Int32Array)[] {
    this.#use()
    return this.#memory.buffers.filter((_, index) => this.#binding.buffers[index]!.kind === kind)
  }

  #floats(kind: BufferEntry['kind']): Float64Array {
    const [buffer] = this.#buffers(kind)
    return buffer instanceof Float64Array ? buffer : new Float64Array(0)
  }
}

function allocate({ kind, type, elements }: BufferEntry): Float64Array | Int32Array {
  try {
    return type === 'i32' && kind !== 'arena' ? new Int32Array(elements) : new Float64Array(elements)
  } catch (cause) {
    throw new OstinatoError('OUT_OF_MEMORY', `${kind} buffer`, `no memory for ${elements} elements`, {
      cause,
    })
  }
}

function shared({ kind, elements }: BufferEntry, buffer: Float64Array): Float64Array {
  if (elements !== buffer.length) {
    throw new OstinatoError('INVALID_PROGRAM', `${kind} buffer`, {
      expected: `${buffer.length} elements, as the weight store has`,
      received: `${elements}`,
    })
  }
  return buffer
}
