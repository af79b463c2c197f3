/** What sessions share: the executable of the step program, fed and read without allocating. */
import type { Precision } from '../contract/index.js'
import { sizeOf } from '../data/tensor-data.js'
import { OstinatoError } from '../errors.js'
import type { InputSpecification } from '../layers/symbolic.js'
import { type Engine, notBuilt } from './engine.js'
import type { Executable } from './executable.js'
import type { ExecutablePool } from './pool.js'
import type { TracedOutput } from './trace.js'

/**
 * Carried states by name, such as `lstm/h` [batch, units]: small, the same on every backend. Typed arrays survive a structured
 * clone; through JSON they go as plain arrays (`Array.from`), which are taken back too.
 */
export type SessionState = Readonly<Record<string, ArrayLike<number>>>

/** Where the rows of a run have their states: −1 in `load` begins with zeros. */
export interface StateRows {
  readonly load: Int32Array
  readonly store: Int32Array
}

const forward = ['forward'] as const

export class Stepper {
  readonly #engine: Engine
  readonly #pool: ExecutablePool
  readonly #capacity: number
  readonly #precision: Precision
  /** Numbers of one row and step: what goes in, what comes out. */
  readonly inputSize: number
  readonly outputSize: number
  /** The model takes sequences; otherwise a run is one step. */
  readonly takesSequences: boolean
  #executable: Executable
  /** The run before, whose dimensions are set. */
  #rows = 0
  #steps = 0
  /** The part of an output buffer that the run before filled. */
  #result: { readonly buffer: unknown; readonly values: ArrayLike<number> } | undefined
  /** Runs so far: random numbers of a step differ from those of the step before. */
  #runs = 0
  #released = false

  /** `where` names what the user made. */
  constructor(
    engine: Engine,
    capacity: number,
    precision: Precision,
    readonly where: string,
  ) {
    engine.assertUsable()
    if (!engine.built) throw notBuilt(engine.name)
    const input = onlyInput(engine, where)
    this.#engine = engine
    this.#pool = engine.pool
    this.#capacity = capacity
    this.#precision = precision
    this.inputSize = sizeOf(input.features)
    this.takesSequences = input.axis !== undefined
    this.#executable = this.#pool.acquire('step', this.#needs(1))
    this.outputSize = this.#output.size
  }

  /** What comes out are probabilities, not logits. */
  get probabilities(): boolean {
    return this.#output.probabilities
  }

  /** Every step has an output of its own; otherwise only the last one of a run. */
  get returnsSequences(): boolean {
    return this.#output.time
  }

  get #output(): TracedOutput {
    return this.#executable.traced.outputs[0]!
  }

  /**
   * Runs `steps` steps of `rows` rows: inputs [rows, steps, …inputSize], output [rows, steps, outputSize] or
   * [rows, outputSize]. Their lengths have been checked.
   */
  run(
    where: string,
    input: number | ArrayLike<number>,
    rows: number,
    steps: number,
    states: StateRows,
    output: Float32Array,
  ): void {
    const executable = this.#executableFor(rows, steps)
    const window = executable.input('inputs') as Float32Array | Int32Array
    if (typeof input === 'number') window[0] = input
    else window.set(input)
    if (window instanceof Int32Array && !(input instanceof Int32Array)) assertIntegers(where, input, window)
    const load = executable.input('loadRows')
    const store = executable.input('storeRows')
    if (load && store) {
      for (let i = 0; i < rows; i++) {
        load[i] = states.load[i]!
        store[i] = states.store[i]!
      }
    }
    executable.setScalar('run', this.#runs++)
    this.#engine.beginReading()
    try {
      executable.runSync(forward, where)
    } finally {
      this.#engine.endReading()
    }
    output.set(this.#resultOf(output.length))
  }

  /** The states of rows [first, first + count) by name. */
  readStates(first: number, count: number): Record<string, Float32Array> {
    return Object.fromEntries(
      this.#executable.traced.states.map((place) => {
        const slab = this.#executable.state(place)
        return [
          place.name,
          Float32Array.from(slab.subarray(first * place.units, (first + count) * place.units)),
        ]
      }),
    )
  }

  /** All are checked before the first is written. */
  writeStates(first: number, count: number, state: SessionState, where: string): void {
    const { states } = this.#executable.traced
    for (const { name, units } of states) {
      const values = state[name]
      if (values?.length === count * units) continue
      throw new OstinatoError('SHAPE_MISMATCH', `${where}, "${name}"`, {
        expected: `${count * units} numbers`,
        received: values ? String(values.length) : 'nothing',
      })
    }
    for (const place of states)
      this.#executable.state(place).set(state[place.name] ?? [], first * place.units)
  }

  assertUsable(): void {
    this.#engine.assertUsable()
    if (this.#released) throw new OstinatoError('DISPOSED', this.where, 'used after dispose()')
    if (!this.#executable.disposed) return
    throw new OstinatoError('DISPOSED', this.where, 'the model was compiled for another optimizer since', {
      remedy: 'Open another one',
    })
  }

  /** Idempotent. */
  release(): void {
    if (this.#released) return
    this.#released = true
    this.#pool.release(this.#executable)
  }

  #needs(time: number) {
    const times = this.takesSequences ? [time] : []
    return { batch: this.#capacity, times, valid: [], weights: false, precision: this.#precision }
  }

  /** Grows where a run has more steps than any before, the states taken along. */
  #executableFor(rows: number, steps: number): Executable {
    if (rows === this.#rows && steps === this.#steps) return this.#executable
    const needs = this.#needs(steps)
    if (!this.#executable.fits(needs.batch, needs.times))
      this.#executable = this.#pool.exchange(this.#executable, 'step', needs)
    this.#executable.setDimensions(rows, needs.times)
    this.#rows = rows
    this.#steps = steps
    return this.#executable
  }

  /** The first `length` numbers of the output; its window changes where WebAssembly's memory has grown. */
  #resultOf(length: number): ArrayLike<number> {
    const buffer = this.#executable.context.outputs[0]!
    if (this.#result?.buffer !== buffer || this.#result.values.length !== length) {
      this.#result = { buffer, values: buffer.subarray(0, length) }
    }
    return this.#result.values
  }
}

/** A stream is one input and one output. */
function onlyInput({ topology: { inputs, outputs } }: Engine, where: string): InputSpecification {
  const [input] = inputs
  if (inputs.length === 1 && outputs.length === 1 && input?.specification) return input.specification
  throw new OstinatoError(
    'INVALID_OPTION',
    where,
    {
      expected: 'a model of one input and one output',
      received: `${inputs.length} and ${outputs.length}`,
    },
    { remedy: 'Use predict' },
  )
}

/** What stands in the window differs from what came where that was no int32. */
function assertIntegers(where: string, input: number | ArrayLike<number>, window: Int32Array): void {
  if (typeof input === 'number') {
    if (window[0] !== input) throw noInteger(where, input)
    return
  }
  for (let i = 0; i < input.length; i++) {
    if (window[i] !== input[i]) throw noInteger(where, input[i])
  }
}

function noInteger(where: string, received: number | undefined): OstinatoError {
  return new OstinatoError('TYPE_MISMATCH', where, { expected: 'int32 tokens', received: String(received) })
}

/** Refuses arrays of another length. */
export function checkLength(where: string, length: number, expected: number): void {
  if (length === expected) return
  throw new OstinatoError('SHAPE_MISMATCH', where, {
    expected: `${expected} numbers`,
    received: String(length),
  })
}
