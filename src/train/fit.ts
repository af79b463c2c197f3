import { OstinatoError } from '../errors.js'
import type { Engine } from '../models/engine.js'
import type { Prepared } from '../models/prepare.js'
import { normSlot } from '../models/trace.js'
import { checkInteger, checkOptions } from '../suggest.js'
import { evaluateSource } from './evaluate.js'
import { BatchRunner } from './runner.js'
import { type BatchSource, lengthOf } from './sources.js'
import { type Losses, metricNames, Totals } from './totals.js'
import { eachBatch } from './upcoming.js'

/** What is known after a training step: losses are means over the valid steps of this batch. */
export interface StepLogs extends Losses {
  /** From 1, over all epochs of this call. */
  readonly step: number
  /** From 0. */
  readonly epoch: number
  /** Steps of an epoch, where the data knows. */
  readonly stepsPerEpoch: number | undefined
  /** Norm of the mean gradient before clipping. */
  readonly gradientNorm: number
}

export interface EpochLogs {
  /** From 0. */
  readonly epoch: number
  /** Mean over all valid steps of the epoch, each under the weights of its time. */
  readonly loss: number
  /** The same by output, before the loss weights. */
  readonly losses: Readonly<Record<string, number>>
  /** Mean of each metric over the same steps, by name. */
  readonly metrics: Readonly<Record<string, number>>
  /** Mean over the validation data, after the epoch. */
  readonly validationLoss: number | undefined
  readonly validationMetrics: Readonly<Record<string, number>> | undefined
}

/** Called along the way; what is returned is awaited. A callback may read the model (predict, generate), not change it. */
export interface Callbacks {
  readonly onStepEnd?: (logs: StepLogs) => void | Promise<void>
  readonly onEpochEnd?: (logs: EpochLogs) => void | Promise<void>
}

export interface FitOptions {
  /** Default 1. */
  readonly epochs?: number
  /** Evaluated after every epoch. */
  readonly validationData?: BatchSource
  readonly callbacks?: Callbacks
  readonly signal?: AbortSignal
}

/** One entry an epoch. */
export interface History {
  readonly loss: readonly number[]
  readonly validationLoss: readonly number[]
  /** By name of the metric. */
  readonly metrics: Readonly<Record<string, readonly number[]>>
  readonly validationMetrics: Readonly<Record<string, readonly number[]>>
}

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

/** One training step, whose losses are added to the totals of the epoch too. */
async function trainStep(
  runner: BatchRunner,
  batch: Prepared,
  epoch: Totals,
  where: string,
): Promise<Losses & { gradientNorm: number }> {
  const { engine } = runner
  const step = engine.step + 1
  const learningRate = learningRateAt(engine, step)
  const executable = await runner.run(batch, ['gradients', 'update'], where, (e) => {
    e.setScalar('learningRate', learningRate)
    e.setScalar('step', step)
    e.setScalar('run', step)
  })
  engine.step = step
  const totals = new Totals(engine)
  for (const each of [totals, epoch]) each.add(executable)
  return { ...totals.means, gradientNorm: executable.context.statistics[normSlot] ?? 0 }
}

function append(series: Record<string, number[]>, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) series[name]?.push(value)
}

export async function fit(engine: Engine, data: BatchSource, options: FitOptions): Promise<History> {
  checkOptions('fit', options, ['epochs', 'validationData', 'callbacks', 'signal'])
  checkOptions('fit, callbacks', options.callbacks ?? {}, ['onStepEnd', 'onEpochEnd'])
  const { epochs = 1, validationData, callbacks = {}, signal } = options
  checkInteger('fit, epochs', epochs, 1)
  signal?.throwIfAborted()
  if (!engine.optimizer || !engine.losses) {
    throw new OstinatoError('NOT_COMPILED', 'fit', 'no optimizer and loss', {
      remedy: 'Call model.compile({ optimizer, loss }) first',
    })
  }
  return engine.writing('fit', async () => {
    const runner = new BatchRunner(engine, 'train', engine.precision, signal)
    const job = { source: data, where: 'fit', signal }
    const series = (): Record<string, number[]> =>
      Object.fromEntries(metricNames(engine).flatMap((names) => names.map((name) => [name, []])))
    const history = {
      loss: [] as number[],
      validationLoss: [] as number[],
      metrics: series(),
      validationMetrics: series(),
    }
    const stepsPerEpoch = lengthOf(data)
    let step = 0
    try {
      for (let epoch = 0; epoch < epochs; epoch++) {
        const totals = new Totals(engine)
        await eachBatch(
          engine,
          job,
          () => `fit, step ${step + 1}`,
          async (batch, busy) => {
            step++
            const running = trainStep(runner, batch, totals, `fit, step ${step}`)
            busy()
            const logs = { step, epoch, stepsPerEpoch, ...(await running) }
            await engine.letRead(() => callbacks.onStepEnd?.(logs))
          },
        )
        const { loss, losses, metrics } = totals.means
        history.loss.push(loss)
        append(history.metrics, metrics)
        const validation = validationData && (await evaluateSource(engine, validationData, options))
        if (validation) {
          history.validationLoss.push(validation.loss)
          append(history.validationMetrics, validation.metrics)
        }
        const logs = {
          epoch,
          loss,
          losses,
          metrics,
          validationLoss: validation?.loss,
          validationMetrics: validation?.metrics,
        }
        await engine.letRead(() => callbacks.onEpochEnd?.(logs))
      }
    } finally {
      runner.release()
    }
    return history
  })
}
