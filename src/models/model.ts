import type { BackendName } from '../backends/backend.js'
import type { LoadedBackend } from '../backends/load.js'
import type { Precision } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import { encodeModel } from '../io/model-file.js'
import type { SymbolicTensor } from '../layers/symbolic.js'
import { isLoss, type Loss, type LossLike, toLoss } from '../losses/index.js'
import { type Metric, type MetricLike, toMetrics } from '../metrics/index.js'
import { type Optimizer, optimizers } from '../optimizers/index.js'
import { checkInteger, checkName, checkOptions } from '../suggest.js'
import { type EvaluateOptions, type EvaluateResult, evaluate } from '../train/evaluate.js'
import { type FitOptions, fit, type History } from '../train/fit.js'
import { type PredictionsOf, type PredictOptions, predict } from '../train/predict.js'
import type { BatchSource, InputBatch } from '../train/sources.js'
import { type Decoder, type DecoderOptions, makeDecoder } from './decoder.js'
import { type Engine, notBuilt } from './engine.js'
import { Session, type SessionOptions } from './session.js'
import { SessionGroup, type SessionGroupOptions } from './session-group.js'
import { summarize } from './summary.js'
import type { SymbolicTensors } from './topology.js'
import { type Purpose, traceProgram } from './trace.js'

/** A value for each output: the value itself where there is one; a list or a record, as the outputs of the model are. */
export type EachOutput<Outputs extends SymbolicTensors, Value> = Outputs extends SymbolicTensor
  ? Value
  : { readonly [Output in keyof Outputs]: Value }

export interface CompileOptions<Outputs extends SymbolicTensors = SymbolicTensor> {
  /** `optimizers.adam({ … })`, or a name for its defaults. Default `adam`. */
  readonly optimizer?: Optimizer | keyof typeof optimizers
  /** `losses.huber({ … })`, or a name for its defaults. One for each output; a single one serves them all. */
  readonly loss: LossLike | EachOutput<Outputs, LossLike>
  /** How much the mean loss of each output counts in the sum that is made small: at least 0. Default 1 each. */
  readonly lossWeights?: EachOutput<Outputs, number>
  /**
   * Counted by `fit` and `evaluate` over the steps of the loss, under the same weights: `accuracy`, `topKAccuracy`, or
   * `metrics.topKAccuracy({ … })`. A list, or one for each output where there are several. Default none.
   */
  readonly metrics?: EachOutput<Outputs, readonly MetricLike[]>
  /**
   * Of the products with weights of `fit`, forward and backward: with `bfloat16` their operands are rounded to it and summed in float32.
   * Weights, activations, gradients and optimizer state stay float32. Default `float32`.
   */
  readonly precision?: 'float32' | 'bfloat16'
}

export interface NamedWeight {
  /** `lstm/kernel` */
  readonly name: string
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** A graph of layers with its weights. Made by `sequential`, `model` or `load`; `Outputs` are the outputs as `model` was given them. */
export class Model<Outputs extends SymbolicTensors = SymbolicTensor> {
  readonly #engine: Engine
  /** Strings kept in the model file beside the weights, such as a vocabulary: written by `save`, read by `load`. */
  readonly extra: Record<string, string> = {}

  /** @internal */
  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** @internal What `unfold` and `diagnose` look into. */
  get engine(): Engine {
    return this.#engine
  }

  /** The backend that runs this model, and why. Throws BACKEND_NOT_READY before `ready`. */
  get backend(): {
    readonly name: BackendName
    readonly reason: string
    readonly details: Readonly<Record<string, string>>
  } {
    const { backend, name, reason }: LoadedBackend = this.#engine.backend
    return { name, reason, details: backend.details }
  }

  /** Loads the backend now rather than at the first asynchronous call. */
  async ready(): Promise<this> {
    await this.#engine.ready()
    return this
  }

  /** Settles optimizer and losses. Optimizer state starts afresh. */
  compile(options: CompileOptions<Outputs>): this {
    checkOptions('compile', options, ['optimizer', 'loss', 'lossWeights', 'metrics', 'precision'])
    const { optimizer = 'adam', precision = 'float32' } = options
    const losses = this.#losses(options.loss)
    const lossWeights = this.#lossWeights(options.lossWeights)
    const objective = { losses, lossWeights, metrics: this.#metrics(options.metrics, losses) }
    checkName('compile, precision', precision, ['float32', 'bfloat16'])
    if (typeof optimizer === 'string') {
      checkName('compile, optimizer', optimizer, Object.keys(optimizers) as (keyof typeof optimizers)[])
      this.#engine.compile(optimizers[optimizer](), objective, precision)
    } else if (typeof optimizer === 'object' && 'slots' in optimizer) {
      this.#engine.compile(optimizer, objective, precision)
    } else {
      throw new OstinatoError('INVALID_OPTION', 'compile, optimizer', {
        expected: 'an optimizer such as optimizers.adam(), or its name',
        received: typeof optimizer,
      })
    }
    return this
  }

  #losses(given: unknown): Loss[] {
    const { outputs } = this.#engine.topology
    const each = typeof given === 'object' && given !== null && !isLoss(given)
    const values = each ? eachOutput(this.#engine, 'loss', given) : undefined
    return outputs.map(({ name }, k) =>
      toLoss(values ? `compile, loss.${name}` : 'compile, loss', values ? values[k] : given),
    )
  }

  #metrics(given: unknown, losses: readonly Loss[]): Metric[][] {
    const { outputs } = this.#engine.topology
    if (given === undefined) return outputs.map(() => [])
    const single = outputs.length === 1
    const values = single ? [given] : eachOutput(this.#engine, 'metrics', given)
    return outputs.map(({ name }, k) =>
      toMetrics(
        single ? 'compile, metrics' : `compile, metrics.${name}`,
        (values[k] ?? []) as readonly MetricLike[],
        losses[k] as Loss,
      ),
    )
  }

  #lossWeights(given: unknown): number[] {
    const { outputs } = this.#engine.topology
    const [only] = outputs
    const values =
      given === undefined
        ? undefined
        : eachOutput(this.#engine, 'lossWeights', outputs.length === 1 && only ? [given] : given)
    return outputs.map(({ name }, k) => {
      const value = values?.[k] ?? 1
      if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) return value
      throw new OstinatoError('INVALID_OPTION', `compile, lossWeights.${name}`, {
        expected: 'a finite number of at least 0',
        received: String(value),
      })
    })
  }

  /**
   * Trains on every batch of `data`, `epochs` times over. Rejects with NON_FINITE_LOSS, the weights being those of the
   * last good step; an abort rejects with the signal's reason, and the model stays usable.
   */
  fit(data: BatchSource, options: FitOptions = {}): Promise<History> {
    return fit(this.#engine, data, options)
  }

  /** Mean loss over all valid steps of `data`, nothing learned; states of `fit` are not touched. */
  evaluate(data: BatchSource, options: EvaluateOptions = {}): Promise<EvaluateResult> {
    return evaluate(this.#engine, data, options)
  }

  /**
   * The output for one batch: `[batch, time, features]` or `[batch, features]`; of several outputs a list or a record, as
   * `model` was given them. States start from zeros; a `session` carries them.
   */
  predict(inputs: InputBatch, options: PredictOptions = {}): Promise<PredictionsOf<Outputs>> {
    return predict(this.#engine, inputs, options) as Promise<PredictionsOf<Outputs>>
  }

  /** Step-by-step inference with carried states. Needs a ready backend: `await model.ready()`. */
  session(options: SessionOptions = {}): Session {
    return new Session(this.#engine, options)
  }

  /**
   * Up to `capacity` independent streams, any of them stepped together in one call. Needs a ready backend:
   * `await model.ready()`.
   */
  sessionGroup(options: SessionGroupOptions): SessionGroup {
    return new SessionGroup(this.#engine, options)
  }

  /**
   * Reads sources for a search of `decode`: what no token changes is computed here, once, and each step of the search is one call. The
   * first output is scores of tokens, logits or probabilities, for each step of the input `feedback`. Weights that change afterwards do not count for what has been read. Give it back with `dispose`.
   */
  decoder(options: DecoderOptions): Promise<Decoder> {
    return makeDecoder(this.#engine, options)
  }

  /** A table of layers, output shapes and numbers of weights. */
  summary(): string {
    return summarize(this.#engine)
  }

  /** The program for a purpose, to be printed: one line an instruction. `time` is the capacity of every time axis. */
  program(
    purpose: Purpose,
    size: { readonly batch?: number; readonly time?: number; readonly precision?: Precision } = {},
  ): string {
    const engine = this.#engine
    if (!engine.built) throw notBuilt(engine.name)
    checkName('program', purpose, ['train', 'evaluate', 'predict', 'step', 'diagnose'])
    const { batch = 1, time = 1 } = size
    checkInteger('program, batch', batch, 1)
    checkInteger('program, time', time, 1)
    const precision = purpose === 'train' ? engine.precision : (size.precision ?? 'float32')
    const times = engine.topology.inputs.map(() => time)
    return traceProgram(engine.request(purpose, { batch, times, precision })).program.toString()
  }

  /** Copies of all weights, in the order in which the layers made them. */
  getWeights(): NamedWeight[] {
    this.#engine.assertUsable()
    return this.#engine.parameters.all.map((p) => ({
      name: p.name,
      shape: p.shape,
      data: this.#engine.readParameter(p),
    }))
  }

  /** Replaces the named weights; the others stay. All are checked before the first is written. */
  setWeights(
    weights: readonly {
      readonly name: string
      readonly shape?: readonly number[]
      readonly data: ArrayLike<number>
    }[],
  ): void {
    const engine = this.#engine
    if (!engine.built) throw notBuilt(engine.name)
    const checked = weights.map(({ name, shape, data }) => {
      const parameter = engine.parameters.get(name)
      if (!parameter) {
        const names = engine.parameters.all.map((p) => p.name)
        checkName('setWeights', name, names)
      }
      const expected = parameter as NonNullable<typeof parameter>
      const given = shape ?? [data.length]
      const fits = shape ? shape.join() === expected.shape.join() : data.length === expected.length
      if (!fits || data.length !== expected.length) {
        throw new OstinatoError('SHAPE_MISMATCH', `weight "${name}"`, {
          expected: `[${expected.shape.join(', ')}]`,
          received: `[${given.join(', ')}] with ${data.length} numbers`,
        })
      }
      return [expected, data instanceof Float32Array ? data : Float32Array.from(data)] as const
    })
    engine.writingSync('setWeights', () => engine.writeParameters(new Map(checked)))
  }

  /** @internal Takes all weights from a file: none may be missing. */
  restore(weights: readonly NamedWeight[]): void {
    const names = new Set(weights.map((w) => w.name))
    const missing = this.#engine.parameters.all.find((p) => !names.has(p.name))
    if (missing) {
      throw new OstinatoError('INVALID_FILE', 'model file', {
        expected: `the weight "${missing.name}"`,
        received: 'a file without it',
      })
    }
    this.setWeights(weights)
  }

  /** The model as the bytes of a `.safetensors` file. */
  toBytes(): Uint8Array {
    const { name, built, topology } = this.#engine
    if (!built) throw notBuilt(name)
    return encodeModel({ name, topology, weights: this.getWeights(), extra: this.extra })
  }

  /** Writes `toBytes()` to a file, whole or not at all (Node, Bun, Deno). */
  async save(path: string): Promise<void> {
    const { rename, rm, writeFile } = await import('node:fs/promises')
    const temporary = `${path}.${process.pid}.${Math.floor(performance.now() * 1000)}.tmp`
    try {
      await writeFile(temporary, this.toBytes(), { flag: 'wx', flush: true })
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  /** Frees all memory outside JavaScript. Later calls throw DISPOSED; idempotent. */
  dispose(): void {
    this.#engine.dispose()
  }
}

/** The values of a list or record, one for each output. */
function eachOutput({ topology: { outputs } }: Engine, option: string, given: unknown): unknown[] {
  const where = `compile, ${option}`
  if (Array.isArray(given) && given.length === outputs.length) return given
  const names = outputs.map(({ name }) => name)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OstinatoError('INVALID_OPTION', where, {
      expected: `one for each output: ${names.join(', ')}`,
      received: Array.isArray(given) ? `a list of ${given.length}` : typeof given,
    })
  }
  for (const name of Object.keys(given)) checkName(where, name, names)
  return names.map((name) => (given as Record<string, unknown>)[name])
}
