/** Training steps: each of one batch, or of several whose gradients are added up. */
import { OstinatoError } from '../errors.js'
import type { Engine } from '../models/engine.js'
import type { Executable } from '../models/executable.js'
import type { Prepared } from '../models/prepare.js'
import { normSlot } from '../models/trace-losses.js'
import { ownOutput } from '../models/trace-sampled.js'
import type { BatchRunner } from './runner.js'
import { type Losses, Totals } from './totals.js'

/** A schedule is the user's code: what it returns must not reach the weights unseen. */
function learningRateAt({ optimizer }: Engine, step: number): number {
  const schedule = optimizer?.learningRate ?? 0
  const rate = typeof schedule === 'function' ? schedule(step) : schedule
  if (rate >= 0 && rate < Number.POSITIVE_INFINITY) return rate
  throw new OstinatoError('INVALID_OPTION', `learningRate at step ${step}`, {
    expected: 'a finite number of at least 0',
    received: String(rate),
  })
}

function probabilityAt(schedule: (step: number) => number, step: number): number {
  const probability = schedule(step)
  if (probability >= 0 && probability <= 1) return probability
  throw new OstinatoError('INVALID_OPTION', `teacherForcing at step ${step}`, {
    expected: 'a probability',
    received: String(probability),
  })
}

/** What a step of training says of its batches. */
export type Outcome = Losses & { readonly gradientNorm: number }

export class Trainer {
  readonly #engine: Engine
  /** Of the step under way: batches so far, their losses, the sum of their gradients, and the program that ran last. */
  #batches = 0
  #totals: Totals
  #sum = new Float64Array(0)
  #last: Executable | undefined

  constructor(
    readonly runner: BatchRunner,
    readonly accumulate: number,
    /** How often a step is given the target before it: by the number of the step. */
    readonly teacherForcing?: (step: number) => number,
  ) {
    this.#engine = runner.engine
    this.#totals = new Totals(runner.engine)
  }

  /** Learns from a batch, whose losses are added to those of the epoch. Undefined: the step waits for more batches. */
  async learn(batch: Prepared, epoch: Totals, where: string): Promise<Outcome | undefined> {
    const { accumulate } = this
    const step = this.#engine.step + 1
    const learningRate = learningRateAt(this.#engine, step)
    const whole = accumulate === 1
    const executable = await this.runner.run(
      batch,
      whole ? ['gradients', 'update'] : ['gradients'],
      where,
      (program) => {
        if (!whole) refuseStates(program)
        program.setScalar('learningRate', learningRate)
        program.setScalar('step', step)
        if (this.teacherForcing) program.setScalar(ownOutput, 1 - probabilityAt(this.teacherForcing, step))
        // Other random numbers in every batch.
        program.setScalar('run', (step - 1) * accumulate + this.#batches + 1)
      },
    )
    for (const each of [this.#totals, epoch]) each.add(executable)
    this.#last = executable
    this.#batches++
    if (whole) return this.#outcome(executable)
    const { gradients } = executable.context
    if (this.#batches === 1) this.#sum = new Float64Array(gradients.length)
    for (let i = 0; i < gradients.length; i++) this.#sum[i]! += gradients[i]!
    return this.#batches === accumulate ? this.finish(where) : undefined
  }

  /** Makes a step of the batches that have been waiting for more; undefined: there are none. */
  async finish(where: string): Promise<Outcome | undefined> {
    const executable = this.#last
    if (this.#batches === 0 || !executable) return undefined
    executable.context.gradients.set(this.#sum)
    await executable.run(['update'], where, this.runner.signal)
    return this.#outcome(executable)
  }

  #outcome({ context }: Executable): Outcome {
    const outcome = { ...this.#totals.means, gradientNorm: context.statistics[normSlot] ?? 0 }
    this.#engine.step++
    this.#batches = 0
    this.#totals = new Totals(this.#engine)
    return outcome
  }
}

/** States are carried on by a step, not by a batch of many in it. */
function refuseStates({ traced }: Executable): void {
  if (traced.states.length === 0) return
  throw new OstinatoError('INVALID_OPTION', 'fit, accumulate', 'the model has stateful layers', {
    remedy: 'Leave one of the two out: states go on when a step is done',
  })
}
