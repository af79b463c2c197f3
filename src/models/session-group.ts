import { type Precision, precisionNames } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import { checkInteger, checkName, checkOptions } from '../suggest.js'
import type { Engine } from './engine.js'
import { checkLength, type SessionState, type StateRows, Stepper } from './stepper.js'

export interface SessionGroupOptions {
  /** Streams that can be open at once. */
  readonly capacity: number
  /** How the operands of products are rounded; `int8` is the fastest for large layers. Default `float32`. */
  readonly precision?: Precision
}

/**
 * Independent streams that come and go, stepped together: one call reads the weights once for all of them. Synchronous;
 * each stream's numbers are those of a session of its own.
 */
export class SessionGroup {
  /** Streams that can be open at once. */
  readonly capacity: number
  readonly #stepper: Stepper
  /** Rows of the states that nobody has, the next one last. */
  readonly #free: number[]
  /** The rows of the present call. */
  readonly #rows: StateRows
  /** The last call that each row took part in. */
  readonly #calls: Float64Array
  #call = 0

  /** @internal */
  constructor(engine: Engine, options: SessionGroupOptions) {
    checkOptions('sessionGroup', options, ['capacity', 'precision'])
    const { capacity, precision = 'float32' } = options
    checkInteger('sessionGroup, capacity', capacity, 1)
    checkName('sessionGroup, precision', precision, precisionNames)
    this.#stepper = new Stepper(engine, capacity, precision, 'sessionGroup')
    this.capacity = capacity
    this.#free = Array.from({ length: capacity }, (_, i) => capacity - 1 - i)
    this.#rows = { load: new Int32Array(capacity), store: new Int32Array(capacity) }
    this.#calls = new Float64Array(capacity)
  }

  /** Streams that are open. */
  get size(): number {
    return this.capacity - this.#free.length
  }

  /** Length of the output of a step for each stream. */
  get outputSize(): number {
    return this.#stepper.outputSize
  }

  /** Another stream, whose states are zeros. Throws OVER_CAPACITY. */
  open(): GroupSession {
    this.#stepper.assertUsable()
    const row = this.#free.pop()
    if (row !== undefined) return new GroupSession(this, this.#stepper, row, () => this.#free.push(row))
    throw new OstinatoError(
      'OVER_CAPACITY',
      'sessionGroup.open',
      { expected: `at most ${this.capacity} open sessions`, received: 'one more' },
      { remedy: 'Close one, or make a larger group' },
    )
  }

  /**
   * One step of these streams, in any order, each at most once: tokens [sessions], or features [sessions · features]. The
   * others stay as they are. Returns the outputs [sessions · features], in `output` where one is given.
   */
  step(
    sessions: readonly GroupSession[],
    inputs: ArrayLike<number>,
    output: Float32Array = new Float32Array(sessions.length * this.outputSize),
  ): Float32Array {
    const where = 'sessionGroup.step'
    const count = sessions.length
    this.#stepper.assertUsable()
    if (count === 0) {
      throw new OstinatoError('EMPTY_DATA', where, { expected: 'at least one session', received: 'none' })
    }
    this.#call++
    for (let i = 0; i < count; i++) {
      const session = sessions[i]!
      session.assertIn(this, where)
      if (this.#calls[session.row] === this.#call) {
        throw new OstinatoError('INVALID_OPTION', where, {
          expected: 'each session once',
          received: `one again as sessions[${i}]`,
        })
      }
      this.#calls[session.row] = this.#call
      this.#rows.load[i] = session.fresh ? -1 : session.row
      this.#rows.store[i] = session.row
    }
    checkLength(`${where}, inputs`, inputs.length, count * this.#stepper.inputSize)
    checkLength(`${where}, output`, output.length, count * this.outputSize)
    this.#stepper.run(where, inputs, count, 1, this.#rows, output)
    for (let i = 0; i < count; i++) sessions[i]!.fresh = false
    return output
  }

  /** Gives the memory back to the model; its sessions are closed. Idempotent. */
  dispose(): void {
    this.#stepper.release()
  }
}

/** One stream of a group: its states. */
export class GroupSession {
  readonly #group: SessionGroup
  readonly #stepper: Stepper
  readonly #giveBack: () => void
  #closed = false
  /** @internal Of the states. */
  readonly row: number
  /** @internal The next step begins with zeros. */
  fresh = true

  /** @internal */
  constructor(group: SessionGroup, stepper: Stepper, row: number, giveBack: () => void) {
    this.#group = group
    this.#stepper = stepper
    this.row = row
    this.#giveBack = giveBack
  }

  /** The next step starts from zeros. */
  reset(): void {
    this.assertIn(this.#group, 'groupSession')
    this.fresh = true
  }

  /** A copy of the carried states, each [units], as those of a `Session` of one stream; setting it continues from there. */
  get state(): Record<string, Float32Array> {
    this.assertIn(this.#group, 'groupSession.state')
    const states = this.#stepper.readStates(this.row, 1)
    if (this.fresh) for (const values of Object.values(states)) values.fill(0)
    return states
  }

  set state(state: SessionState) {
    this.assertIn(this.#group, 'groupSession.state')
    this.#stepper.writeStates(this.row, 1, state, 'groupSession.state')
    this.fresh = false
  }

  /** Leaves its place to another stream. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#giveBack()
  }

  /** @internal Refuses a session that is closed, or belongs to another group. */
  assertIn(group: SessionGroup, where: string): void {
    this.#stepper.assertUsable()
    if (this.#closed) throw new OstinatoError('DISPOSED', where, 'the session has been closed')
    if (group === this.#group) return
    throw new OstinatoError('INVALID_OPTION', where, {
      expected: 'sessions of this group',
      received: 'one of another group',
    })
  }
}
