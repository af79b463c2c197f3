import type { BackendName } from '../backends/backend.js'
import type { LoadedBackend } from '../backends/load.js'
import type { Precision } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import { decodeModel, encodeModel } from '../io/model-file.js'
import { type Layer, layerFrom } from '../layers/index.js'
import { type LossName, losses } from '../losses/index.js'
import { type Optimizer, optimizers } from '../optimizers/index.js'
import { checkInteger, checkName, checkOptions } from '../suggest.js'
import { type EvaluateOptions, type EvaluateResult, evaluate } from '../train/evaluate.js'
import { type FitOptions, fit, type History } from '../train/fit.js'
import { type Prediction, type PredictOptions, predict } from '../train/predict.js'
import type { BatchSource, InputBatch } from '../train/sources.js'
import { Engine, type NamedLayer, notBuilt } from './engine.js'
import { Session, type SessionOptions } from './session.js'
import { SessionGroup, type SessionGroupOptions } from './session-group.js'
import { summarize } from './summary.js'
import { type InputSpecification, type Purpose, traceProgram } from './trace.js'

export interface ModelOptions {
  /** In messages and the model file. Default `sequential`. */
  readonly name?: string
  /** Of initial weights and dropout: the same seed gives the same model. Not saved. Default 0. */
  readonly seed?: number
  /** Forces a backend; otherwise OSTINATO_BACKEND, native, WASM are tried in this order. */
  readonly backend?: BackendName
  /**
   * Shape of an input row without the batch axis: `[null, 8]` for sequences of 8 features, `[8]` for vectors.
   * Not needed before an embedding, nor when the first call brings data.
   */
  readonly inputShape?: readonly [null, number] | readonly [number]
}

export interface CompileOptions {
  /** `optimizers.adam({ … })`, or a name for its defaults. Default `adam`. */
  readonly optimizer?: Optimizer | keyof typeof optimizers
  readonly loss: LossName
  /**
   * Of the products of `fit`, forward and backward: with `bfloat16` their operands are rounded to it and summed in float32.
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

export interface LoadOptions {
  readonly backend?: BackendName
  readonly seed?: number
}

/** A stack of layers with its weights. Made by `sequential` or `load`. */
export class Model {
  readonly #engine: Engine
  /** Strings kept in the model file beside the weights, such as a vocabulary: written by `save`, read by `load`. */
  readonly extra: Record<string, string> = {}

  /** @internal */
  constructor(layers: readonly Layer[], options: ModelOptions) {
    checkOptions('sequential', options, ['name', 'seed', 'backend', 'inputShape'])
    if (layers.length === 0)
      throw new OstinatoError('INVALID_OPTION', 'sequential', {
        expected: 'at least one layer',
        received: 'none',
      })
    const { seed = 0 } = options
    checkSeed('sequential', seed)
    this.#engine = new Engine(options.name ?? 'sequential', nameLayers(layers), seed, options.backend)
    const input = inputFrom(layers, options.inputShape)
    if (input) this.#engine.build(input)
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

  /** Settles optimizer and loss. Optimizer state starts afresh. */
  compile(options: CompileOptions): this {
    checkOptions('compile', options, ['optimizer', 'loss', 'precision'])
    checkName('compile, loss', options.loss, Object.keys(losses) as LossName[])
    const { optimizer = 'adam', precision = 'float32' } = options
    checkName('compile, precision', precision, ['float32', 'bfloat16'])
    if (typeof optimizer === 'string') {
      checkName('compile, optimizer', optimizer, Object.keys(optimizers) as (keyof typeof optimizers)[])
      this.#engine.compile(optimizers[optimizer](), options.loss, precision)
    } else if (typeof optimizer === 'object' && 'slots' in optimizer) {
      this.#engine.compile(optimizer, options.loss, precision)
    } else {
      throw new OstinatoError('INVALID_OPTION', 'compile, optimizer', {
        expected: 'an optimizer such as optimizers.adam(), or its name',
        received: typeof optimizer,
      })
    }
    return this
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
   * The output for one batch: `[batch, time, features]` or `[batch, features]`. States start from zeros; a `session` carries
   * them.
   */
  predict(inputs: InputBatch, options: PredictOptions = {}): Promise<Prediction> {
    return predict(this.#engine, inputs, options)
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

  /** A table of layers, output shapes and numbers of weights. */
  summary(): string {
    return summarize(this.#engine)
  }

  /** The program for a purpose, to be printed: one line an instruction. */
  program(
    purpose: Purpose,
    size: { readonly batch?: number; readonly time?: number; readonly precision?: Precision } = {},
  ): string {
    const { input, layers, parameters, loss, optimizer } = this.#engine
    const precision = purpose === 'train' ? this.#engine.precision : (size.precision ?? 'float32')
    if (!input) throw notBuilt(this.#engine.name)
    checkName('program', purpose, ['train', 'evaluate', 'predict', 'step'])
    checkInteger('program, batch', size.batch ?? 1, 1)
    checkInteger('program, time', size.time ?? 1, 1)
    const capacities = { batch: size.batch ?? 1, time: size.time ?? 1 }
    const request = {
      purpose,
      layers,
      input,
      parameters,
      capacities,
      lengths: false,
      weights: false,
      loss,
      optimizer,
      precision,
    }
    return traceProgram(request).program.toString()
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
    const { name, layers, input } = this.#engine
    if (!input) throw notBuilt(name)
    const saved = layers.map(({ name, layer }) => ({ kind: layer.kind, name, options: layer.options }))
    return encodeModel({ name, layers: saved, input, weights: this.getWeights(), extra: this.extra })
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

/** A model of layers that run one after the other. */
export function sequential(layers: readonly Layer[], options: ModelOptions = {}): Model {
  return new Model(layers, options)
}

/** Reads a model saved by `save` or `toBytes`. A path needs a file system (Node, Bun, Deno); bytes load anywhere. */
export async function load(
  source: string | Uint8Array | ArrayBuffer,
  options: LoadOptions = {},
): Promise<Model> {
  checkOptions('load', options, ['backend', 'seed'])
  checkSeed('load', options.seed)
  let bytes: Uint8Array
  if (typeof source === 'string') bytes = await readModelFile(source)
  else bytes = source instanceof Uint8Array ? source : new Uint8Array(source)
  const saved = decodeModel(bytes)
  const { type, time, features } = saved.input
  let model: Model
  try {
    model = new Model(saved.layers.map(layerFrom), {
      ...options,
      name: saved.name,
      ...(type === 'f32' && features !== undefined
        ? { inputShape: time ? [null, features] : [features] }
        : {}),
    })
    model.restore(saved.weights)
  } catch (cause) {
    if (!(cause instanceof OstinatoError) || cause.code === 'INVALID_FILE') throw cause
    // What a file says is checked as what a user says, but it is the file that is wrong.
    throw new OstinatoError('INVALID_FILE', 'model file', cause.message, { cause })
  }
  Object.assign(model.extra, saved.extra)
  return model
}

function checkSeed(where: string, seed = 0): void {
  if (Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff) return
  throw new OstinatoError('INVALID_OPTION', `${where}, seed`, {
    expected: 'an integer in [0, 2³²)',
    received: String(seed),
  })
}

async function readModelFile(path: string): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises')
  try {
    return await readFile(path)
  } catch (cause) {
    throw new OstinatoError('INVALID_FILE', `load "${path}"`, (cause as Error).message, { cause })
  }
}

/** Names that users gave, and kinds numbered as Keras does: lstm, lstm_1, … */
function nameLayers(layers: readonly Layer[]): NamedLayer[] {
  const taken = new Set<string>()
  for (const { name, kind } of layers) {
    if (name === undefined) continue
    if (!/^[\w.-]+$/.test(name)) {
      throw new OstinatoError('INVALID_OPTION', `${kind}, name`, {
        expected: 'letters, digits, _ . -',
        received: `"${name}"`,
      })
    }
    if (taken.has(name))
      throw new OstinatoError('INVALID_OPTION', `${kind}, name`, {
        expected: 'a name used once',
        received: `"${name}" again`,
      })
    taken.add(name)
  }
  if (new Set(layers).size < layers.length) {
    throw new OstinatoError('INVALID_OPTION', 'sequential', 'the same layer stands twice', {
      remedy: 'Make a layer for each place: layers of a stack do not share weights',
    })
  }
  return layers.map((layer) => {
    let name = layer.name ?? layer.kind
    for (let n = 1; layer.name === undefined && taken.has(name); n++) name = `${layer.kind}_${n}`
    taken.add(name)
    return { name, layer }
  })
}

function inputFrom(
  layers: readonly Layer[],
  shape: ModelOptions['inputShape'],
): InputSpecification | undefined {
  const first = layers[0]
  if (first?.kind === 'embedding') return { type: 'i32', time: true, features: undefined }
  if (!shape) return undefined
  const features = shape.at(-1)
  if (
    !Number.isSafeInteger(features) ||
    (features as number) < 1 ||
    shape.length > 2 ||
    (shape.length === 2 && shape[0] !== null)
  ) {
    throw new OstinatoError('INVALID_OPTION', 'sequential, inputShape', {
      expected: '[null, features] or [features]',
      received: JSON.stringify(shape),
    })
  }
  return { type: 'f32', time: shape.length === 2, features: features as number }
}
