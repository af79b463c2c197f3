import { type Precision, precisionNames } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import { checkInteger, checkName, checkOptions } from '../suggest.js'
import { type Engine, notBuilt } from './engine.js'
import type { Executable } from './executable.js'
import { feedRows } from './feed.js'
import type { ExecutablePool } from './pool.js'

/**
 * Carried states by name, such as `lstm/h` [batch, units]: small, the same on every backend. Typed arrays survive a structured
 * clone; through JSON they go as plain arrays (`Array.from`), which are taken back too.
 */
export type SessionState = Readonly<Record<string, ArrayLike<number>>>

export interface SessionOptions {
  /** Independent streams. Default 1. */
  readonly batch?: number
  /** How the operands of products are rounded; `int8` is the fastest for large layers. Default `float32`. */
  readonly precision?: Precision
}

/**
 * A model run step by step: every recurrent layer carries its state from step to step, whether `stateful` or not.
 * Synchronous, for streaming; one session serves `batch` independent streams.
 */
export class Session {
  readonly #engine: Engine
  readonly #pool: ExecutablePool
  readonly #executable: Executable
  readonly #batch: number
  readonly #size: number
  #fresh = true
  #closed = false

  /** @internal */
  constructor(engine: Engine, options: SessionOptions) {
    checkOptions('session', options, ['batch', 'precision'])
    const { batch = 1, precision = 'float32' } = options
    checkInteger('session, batch', batch, 1)
    checkName('session, precision', precision, precisionNames)
    engine.assertUsable()
    if (!engine.input) throw notBuilt(engine.name)
    this.#engine = engine
    this.#batch = batch
    this.#size = batch * (engine.input.features ?? 1)
    this.#pool = engine.pool
    this.#executable = this.#pool.acquire('step', {
      batch,
      time: 1,
      lengths: false,
      weights: false,
      precision,
    })
    this.#executable.setDimensions(batch, 1)
  }

  /** @internal What a step returns are probabilities, not logits. */
  get probabilities(): boolean {
    return this.#executable.traced.prediction.probabilities
  }

  /** Length of the output of a step: batch · features. */
  get outputSize(): number {
    return this.#batch * (this.#executable.traced.prediction.features ?? 1)
  }

  /**
   * One step: tokens [batch], or features [batch · features]; a single stream may pass its token as a number.
   * Returns the outputs [batch · features], in `output` where one is given, so that nothing need be allocated.
   */
  step(
    input: number | ArrayLike<number>,
    output: Float32Array = new Float32Array(this.outputSize),
  ): Float32Array {
    this.#assertOpen()
    const length = typeof input === 'number' ? 1 : input.length
    if (length !== this.#size) {
      throw new OstinatoError('SHAPE_MISMATCH', 'session.step', {
        expected: `${this.#size} numbers`,
        received: String(length),
      })
    }
    if (output.length !== this.outputSize) {
      throw new OstinatoError('SHAPE_MISMATCH', 'session.step, output', {
        expected: `${this.outputSize} numbers`,
        received: String(output.length),
      })
    }
    const window = this.#executable.input('inputs') as Float32Array | Int32Array
    if (typeof input === 'number') window[0] = input
    else window.set(input)
    if (this.#engine.input?.type === 'i32') this.#assertIntegers(input, window)
    feedRows(this.#executable, this.#batch, this.#fresh)
    this.#engine.beginReading()
    try {
      this.#executable.runSync(['forward'], 'session.step')
    } finally {
      this.#engine.endReading()
    }
    this.#fresh = false
    const result = this.#executable.context.outputs[0]
    for (let i = 0; i < output.length; i++) output[i] = result?.[i] ?? 0
    return output
  }

  /** The next step starts from zeros. */
  reset(): void {
    this.#assertOpen()
    this.#fresh = true
  }

  /** A copy of the carried states; setting it continues from there, on this backend or another. */
  get state(): Record<string, Float32Array> {
    this.#assertOpen()
    const { states } = this.#executable.traced
    return Object.fromEntries(
      states.map((place) => {
        const values = new Float32Array(this.#batch * place.units)
        if (!this.#fresh) values.set(this.#executable.state(place).subarray(0, values.length))
        return [place.name, values]
      }),
    )
  }

  set state(state: SessionState) {
    this.#assertOpen()
    const { states } = this.#executable.traced
    for (const place of states) {
      const values = state[place.name]
      const size = this.#batch * place.units
      if (values?.length === size) continue
      throw new OstinatoError('SHAPE_MISMATCH', `session.state, "${place.name}"`, {
        expected: `${size} numbers`,
        received: values ? String(values.length) : 'nothing',
      })
    }
    for (const place of states) this.#executable.state(place).set(state[place.name] ?? [])
    this.#fresh = false
  }

  /** Gives the memory back to the model. Idempotent. */
  dispose(): void {
    if (this.#closed) return
    this.#closed = true
    this.#pool.release(this.#executable)
  }

  #assertOpen(): void {
    this.#engine.assertUsable()
    if (this.#closed) throw new OstinatoError('DISPOSED', 'session', 'the session has been disposed')
    if (this.#pool.has(this.#executable)) return
    throw new OstinatoError('DISPOSED', 'session', 'the model was compiled for another optimizer since', {
      remedy: 'Open another session',
    })
  }

  #assertIntegers(input: number | ArrayLike<number>, window: Float32Array | Int32Array): void {
    const values = typeof input === 'number' ? [input] : input
    for (let i = 0; i < values.length; i++) {
      if (values[i] === window[i]) continue
      throw new OstinatoError('TYPE_MISMATCH', 'session.step', {
        expected: 'int32 tokens',
        received: String(values[i]),
      })
    }
  }
}
