import { type Precision, precisionNames } from '../contract/index.js'
import { numbered } from '../data/rows.js'
import { OstinatoError } from '../errors.js'
import { checkInteger, checkName, checkOptions } from '../suggest.js'
import type { Engine } from './engine.js'
import { checkLength, type SessionState, type StateRows, Stepper } from './stepper.js'

export interface SessionOptions {
  /** Independent streams. Default 1. */
  readonly batch?: number
  /** How the operands of products are rounded; `int8` is the fastest for large layers. Default `float32`. */
  readonly precision?: Precision
}

/**
 * A model run step by step: every recurrent layer carries its state from step to step, whether `stateful` or not.
 * Synchronous, for streaming; one session serves `batch` streams that step together.
 */
export class Session {
  readonly #stepper: Stepper
  readonly #batch: number
  /** Row i of the batch continues row i of the states, or begins with zeros. */
  readonly #rows: StateRows

  /** @internal */
  constructor(engine: Engine, options: SessionOptions) {
    checkOptions('session', options, ['batch', 'precision'])
    const { batch = 1, precision = 'float32' } = options
    checkInteger('session, batch', batch, 1)
    checkName('session, precision', precision, precisionNames)
    this.#stepper = new Stepper(engine, batch, precision, 'session')
    this.#batch = batch
    this.#rows = {
      load: new Int32Array(batch).fill(-1),
      store: numbered(batch),
    }
  }

  /** @internal What a step returns are probabilities, not logits. */
  get probabilities(): boolean {
    return this.#stepper.probabilities
  }

  /** Length of the output of a step: batch · features. */
  get outputSize(): number {
    return this.#batch * this.#stepper.outputSize
  }

  /**
   * One step: tokens [batch], or features [batch · features]; a single stream may pass its token as a number.
   * Returns the outputs [batch · features], in `output` where one is given, so that nothing need be allocated.
   */
  step(
    input: number | ArrayLike<number>,
    output: Float32Array = new Float32Array(this.outputSize),
  ): Float32Array {
    this.#stepper.assertUsable()
    const length = typeof input === 'number' ? 1 : input.length
    checkLength('session.step', length, this.#batch * this.#stepper.inputSize)
    checkLength('session.step, output', output.length, this.outputSize)
    return this.#advance('session.step', input, 1, output)
  }

  /**
   * As many steps as `inputs` holds, in one call on this thread: tokens [batch · time], or features [batch · time · features],
   * row-major. Equal to that many calls of `step`, and faster, for what does not depend on the state is computed for all
   * steps at once. Returns every step's outputs [batch · time · features]; where the model does not return sequences, those
   * after the last step [batch · features]. Memory for the longest run is kept until `dispose`.
   */
  run(inputs: ArrayLike<number>, output?: Float32Array): Float32Array {
    const stepper = this.#stepper
    stepper.assertUsable()
    const size = this.#batch * stepper.inputSize
    const steps = inputs.length / size
    if (!Number.isInteger(steps) || steps < 1 || (steps > 1 && !stepper.takesSequences)) {
      throw new OstinatoError('SHAPE_MISMATCH', 'session.run', {
        expected: stepper.takesSequences ? `${size} numbers for each step` : `${size} numbers`,
        received: String(inputs.length),
      })
    }
    const outputSize = this.outputSize * (stepper.returnsSequences ? steps : 1)
    const result = output ?? new Float32Array(outputSize)
    checkLength('session.run, output', result.length, outputSize)
    return this.#advance('session.run', inputs, steps, result)
  }

  #advance(
    where: string,
    input: number | ArrayLike<number>,
    steps: number,
    output: Float32Array,
  ): Float32Array {
    this.#stepper.run(where, input, this.#batch, steps, this.#rows, output)
    if (this.#fresh) this.#rows.load.set(this.#rows.store)
    return output
  }

  get #fresh(): boolean {
    return this.#rows.load[0] === -1
  }

  /** The next step starts from zeros. */
  reset(): void {
    this.#stepper.assertUsable()
    this.#rows.load.fill(-1)
  }

  /** A copy of the carried states; setting it continues from there, on this backend or another. */
  get state(): Record<string, Float32Array> {
    this.#stepper.assertUsable()
    const states = this.#stepper.readStates(0, this.#batch)
    if (this.#fresh) for (const values of Object.values(states)) values.fill(0)
    return states
  }

  set state(state: SessionState) {
    this.#stepper.assertUsable()
    this.#stepper.writeStates(0, this.#batch, state, 'session.state')
    this.#rows.load.set(this.#rows.store)
  }

  /** Gives the memory back to the model. Idempotent. */
  dispose(): void {
    this.#stepper.release()
  }
}
