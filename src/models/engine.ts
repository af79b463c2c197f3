/** The inside of a model: its layers, weights and programs, and who may use them at the moment. */
import type { BackendName, FloatArray, WeightStore } from '../backends/backend.js'
import { type LoadedBackend, loadBackend } from '../backends/load.js'
import type { Precision } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import type { InputSpecification } from '../layers/symbolic.js'
import type { Loss } from '../losses/index.js'
import type { Metric } from '../metrics/index.js'
import type { Optimizer } from '../optimizers/index.js'
import { Executable } from './executable.js'
import { type Parameter, ParameterTable } from './parameters.js'
import { ExecutablePool, type Needs } from './pool.js'
import { type Topology, timeAxes } from './topology.js'
import { type Purpose, type TracedProgram, type TraceRequest, traceProgram } from './trace.js'
import { traceHalf } from './trace-decoder.js'

/** A backend with the weights in it. A new optimizer may need another one: `slots` tells. */
interface Bound {
  readonly loaded: LoadedBackend
  readonly store: WeightStore
  readonly slots: number
  readonly pool: ExecutablePool
}

export class Engine {
  parameters: ParameterTable
  topology: Topology
  optimizer: Optimizer | undefined
  /** By output, with the share of each in the total. */
  losses: readonly Loss[] | undefined
  lossWeights: readonly number[] = []
  /** By output. */
  metrics: readonly (readonly Metric[])[] = []
  /** Of the products of training. */
  precision: Precision = 'float32'
  /** Updates made so far: the run number of random operations and the step of schedules. */
  step = 0
  /** The weights until a backend holds them; made when somebody first asks. */
  #values: Float32Array | undefined
  #bound: Bound | undefined
  #binding: Promise<void> | undefined
  #readers = 0
  #writer: string | undefined
  /** While the writer waits for a callback. */
  #readable = false
  #whenRead: (() => void) | undefined
  #disposed = false

  constructor(
    readonly name: string,
    topology: Topology,
    readonly seed: number,
    readonly requestedBackend: BackendName | undefined,
  ) {
    this.parameters = new ParameterTable(seed)
    this.topology = topology
    if (this.built) this.#build(topology)
  }

  /** Every input is known, and so every weight. */
  get built(): boolean {
    return this.topology.inputs.every(({ specification }) => specification)
  }

  /** Fixes the input of a model that has been waiting for it. */
  build(specification: InputSpecification): void {
    if (this.built) return
    const inputs = this.topology.inputs.map(({ name }) => ({ name, specification }))
    this.#build({ ...this.topology, inputs })
  }

  /** Makes the weights. An input that some layer refuses leaves nothing behind. */
  #build(topology: Topology): void {
    const parameters = new ParameterTable(this.seed)
    traceProgram({ ...this.request('predict', {}), topology, parameters })
    parameters.seal()
    this.parameters = parameters
    this.topology = topology
    this.#values = undefined
  }

  /** What to trace: one row and one step unless more is needed. */
  request(purpose: Purpose, needs: Partial<Needs>): TraceRequest {
    const { topology, parameters, losses, lossWeights, metrics, optimizer } = this
    const {
      batch = 1,
      times = [],
      valid = [],
      weights = false,
      precision = 'float32',
      feedback,
      sampled,
    } = needs
    const capacities = { batch, times: timeAxes(topology.inputs).map((_, i) => times[i] ?? 1) }
    return {
      purpose,
      topology,
      parameters,
      capacities,
      valid,
      weights,
      losses,
      lossWeights,
      metrics,
      optimizer,
      precision,
      feedback,
      sampled,
    }
  }

  /** The program for a purpose. */
  trace(purpose: Purpose, needs: Partial<Needs>): TracedProgram {
    const trace = purpose === 'encode' || purpose === 'decode' ? traceHalf : traceProgram
    return trace(this.request(purpose, needs))
  }

  get #slots(): number {
    return this.optimizer?.slots.length ?? 0
  }

  /** Loads the backend and hands it the weights; again after `compile` with an optimizer of another size. */
  async ready(): Promise<void> {
    this.assertUsable()
    // `compile` may come between: what was bound then has the slots of the optimizer before.
    while (this.#bound?.slots !== this.#slots) {
      this.#binding ??= this.#bind().finally(() => {
        this.#binding = undefined
      })
      await this.#binding
    }
  }

  async #bind(): Promise<void> {
    if (!this.built) throw notBuilt(this.name)
    const loaded = this.#bound?.loaded ?? (await loadBackend(this.requestedBackend))
    this.assertUsable()
    const slots = this.#slots
    const size = this.parameters.elements
    const values = this.readAll()
    const store = loaded.backend.createStore(size, size * slots)
    store.writeParameters(values, 0)
    this.#release()
    const pool = new ExecutablePool((purpose, needs) => this.#make(store, purpose, needs))
    this.#bound = { loaded, store, slots, pool }
    this.#values = undefined
  }

  /** The executables of the bound weights. Throws BACKEND_NOT_READY before `ready`. */
  get pool(): ExecutablePool {
    if (this.#bound?.slots !== this.#slots) throw this.#notReady()
    return this.#bound.pool
  }

  #notReady(): OstinatoError {
    return new OstinatoError('BACKEND_NOT_READY', this.name, 'no backend holds the weights yet', {
      remedy: 'Await model.ready(), or any asynchronous method, first; after compile once more',
    })
  }

  get backend(): LoadedBackend {
    if (!this.#bound) throw this.#notReady()
    return this.#bound.loaded
  }

  /** All weights as the flat buffer. */
  readAll(): Float32Array {
    const held = this.#held()
    if (held) return held
    const values = new Float32Array(this.parameters.elements)
    this.#bound?.store.readParameters(values, 0)
    return values
  }

  readParameter(parameter: Parameter): Float32Array {
    const { offset, length } = parameter
    const held = this.#held()
    if (held) return held.slice(offset, offset + length)
    const values = new Float32Array(length)
    this.#bound?.store.readParameters(values, offset)
    return values
  }

  /** Replaces these weights. Fresh ones are not even made where all are given. */
  writeParameters(given: ReadonlyMap<Parameter, FloatArray>): void {
    if (!this.#bound && given.size === this.parameters.all.length) {
      this.#values = new Float32Array(this.parameters.elements)
    }
    const held = this.#held()
    for (const [{ offset }, values] of given) {
      if (held) held.set(values, offset)
      else this.#bound?.store.writeParameters(values, offset)
    }
  }

  #held(): Float32Array | undefined {
    if (!this.#bound) this.#values ??= this.parameters.initialValues()
    return this.#values
  }

  /** Settles how to train; optimizer slots start at zero. */
  compile(
    optimizer: Optimizer,
    objective: Pick<Engine, 'losses' | 'lossWeights' | 'metrics'>,
    precision: Precision,
  ): void {
    this.writingSync('compile', () => {
      this.optimizer = optimizer
      this.losses = objective.losses
      this.lossWeights = objective.lossWeights
      this.metrics = objective.metrics
      this.precision = precision
      this.step = 0
      this.#bound?.pool.dropTraining()
      if (this.#bound && this.#bound.slots === this.#slots) {
        this.#bound.store.writeSlots(new Float32Array(this.parameters.elements * this.#slots), 0)
      }
    })
  }

  #make(store: WeightStore, purpose: Purpose, needs: Needs): Executable {
    if (!this.built) throw notBuilt(this.name)
    const traced = this.trace(purpose, needs)
    const executable = new Executable(traced, store)
    executable.setScalar('seed', this.seed)
    for (const [name, value] of Object.entries(this.optimizer?.scalars ?? {}))
      executable.setScalar(name, value)
    return executable
  }

  /** Any number of readers at once, or one writer. */
  async reading<T>(work: () => Promise<T>): Promise<T> {
    this.beginReading()
    try {
      return await work()
    } finally {
      this.endReading()
    }
  }

  /** For synchronous steps: never waits. */
  beginReading(): void {
    this.assertUsable()
    if (!this.#readable) this.#refuse(this.#writer)
    this.#readers++
  }

  endReading(): void {
    if (--this.#readers === 0) this.#whenRead?.()
  }

  async writing<T>(who: string, work: () => Promise<T>): Promise<T> {
    this.#beginWriting(who)
    try {
      return await work()
    } finally {
      this.#writer = undefined
    }
  }

  writingSync(who: string, work: () => void): void {
    this.#beginWriting(who)
    try {
      work()
    } finally {
      this.#writer = undefined
    }
  }

  #beginWriting(who: string): void {
    this.assertUsable()
    this.#refuse(this.#writer)
    this.#refuse(this.#readingJobs)
    this.#writer = who
  }

  /** Between two steps of the writer: a callback may read, for a sample after every epoch, but not write. */
  async letRead(callback: () => void | Promise<void>): Promise<void> {
    this.#readable = true
    try {
      await callback()
      // A reader that nobody awaited is not cut off: the next step waits for it.
      while (this.#readers > 0) {
        await new Promise<void>((resolve) => {
          this.#whenRead = resolve
        })
      }
    } finally {
      this.#readable = false
    }
  }

  get #readingJobs(): string | undefined {
    return this.#readers > 0 ? `${this.#readers} reading job${this.#readers > 1 ? 's' : ''}` : undefined
  }

  assertUsable(): void {
    if (this.#disposed) throw new OstinatoError('DISPOSED', this.name, 'the model has been disposed')
  }

  /** Frees all memory outside JavaScript. Idempotent. */
  dispose(): void {
    if (this.#disposed) return
    this.#refuse(this.#writer)
    this.#refuse(this.#readingJobs)
    this.#disposed = true
    this.#release()
  }

  #release(): void {
    this.#bound?.pool.dispose()
    this.#bound?.store.dispose()
    this.#bound = undefined
  }

  #refuse(job: string | undefined): void {
    if (job === undefined) return
    throw new OstinatoError('MODEL_BUSY', this.name, `the model is in use by ${job}`, {
      remedy: 'Wait for it, or stop it with an AbortSignal',
    })
  }
}

export function notBuilt(where: string): OstinatoError {
  return new OstinatoError('NOT_BUILT', where, 'the shape of the input is not known yet', {
    remedy: 'Give sequential an inputShape, or begin with an embedding, or fit the model first',
  })
}
