import { OstinatoError } from '../errors.js'
import { feedbackOf } from '../models/decoder.js'
import type { Engine } from '../models/engine.js'
import { checkInteger, checkOptions } from '../suggest.js'
import { evaluateSource } from './evaluate.js'
import { BatchRunner } from './runner.js'
import { type BatchSource, lengthOf } from './sources.js'
import { type Losses, metricNames, Totals } from './totals.js'
import { type Outcome, Trainer } from './trainer.js'
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

/**
 * Now and then a step is given the likeliest token of the model itself instead of the target before it (Bengio et al. 2015). The
 * steps of training then run one after the other, and dropout inside has the same mask at all of them.
 */
export interface ScheduledSampling {
  /** The input that holds the tokens before: int32, with a time axis of its own. */
  readonly feedback: string
  /** How often a step is given the target: a probability, or one for each step of training, from 1. See `samplingSchedules`. */
  readonly teacherForcing: number | ((step: number) => number)
}

export interface FitOptions {
  /** Default 1. */
  readonly epochs?: number
  /**
   * How many batches make one step: their gradients are added up, and the step is that of one batch of all their rows. What is left
   * at the end of an epoch makes one too. Default 1.
   */
  readonly accumulate?: number
  /** Lets the model learn from its own outputs too. Default: every step is given the target before it. */
  readonly scheduledSampling?: ScheduledSampling
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

function sampledInput(engine: Engine, { feedback, teacherForcing }: ScheduledSampling) {
  const input = feedbackOf(engine, feedback, 'fit, scheduledSampling')
  const schedule = typeof teacherForcing === 'function' ? teacherForcing : () => teacherForcing
  return { input, schedule }
}

function append(series: Record<string, number[]>, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) series[name]?.push(value)
}

export async function fit(engine: Engine, data: BatchSource, options: FitOptions): Promise<History> {
  checkOptions('fit', options, [
    'epochs',
    'accumulate',
    'scheduledSampling',
    'validationData',
    'callbacks',
    'signal',
  ])
  checkOptions('fit, callbacks', options.callbacks ?? {}, ['onStepEnd', 'onEpochEnd'])
  const { epochs = 1, accumulate = 1, validationData, callbacks = {}, signal } = options
  checkInteger('fit, epochs', epochs, 1)
  checkInteger('fit, accumulate', accumulate, 1)
  signal?.throwIfAborted()
  if (!engine.optimizer || !engine.losses) {
    throw new OstinatoError('NOT_COMPILED', 'fit', 'no optimizer and loss', {
      remedy: 'Call model.compile({ optimizer, loss }) first',
    })
  }
  return engine.writing('fit', async () => {
    const sampled = options.scheduledSampling && sampledInput(engine, options.scheduledSampling)
    const runner = new BatchRunner(engine, 'train', engine.precision, signal, sampled?.input)
    const job = { source: data, where: 'fit', signal }
    const series = (): Record<string, number[]> =>
      Object.fromEntries(metricNames(engine).flatMap((names) => names.map((name) => [name, []])))
    const history = {
      loss: [] as number[],
      validationLoss: [] as number[],
      metrics: series(),
      validationMetrics: series(),
    }
    const batchesPerEpoch = lengthOf(data)
    const stepsPerEpoch = batchesPerEpoch && Math.ceil(batchesPerEpoch / accumulate)
    const trainer = new Trainer(runner, accumulate, sampled?.schedule)
    let step = 0
    try {
      for (let epoch = 0; epoch < epochs; epoch++) {
        const totals = new Totals(engine)
        const before = step
        let batches = 0
        // Of the batch that comes next.
        const name = (): string => `fit, step ${before + Math.floor(batches / accumulate) + 1}`
        const told = async (outcome: Outcome | undefined): Promise<void> => {
          if (!outcome) return
          const logs = { step: ++step, epoch, stepsPerEpoch, ...outcome }
          await engine.letRead(() => callbacks.onStepEnd?.(logs))
        }
        await eachBatch(engine, job, name, async (batch, busy) => {
          const where = name()
          batches++
          const running = trainer.learn(batch, totals, where)
          busy()
          await told(await running)
        })
        await told(await trainer.finish(`fit, step ${step + 1}`))
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
