/** The inside of a model: its layers, weights and programs, and who may use them at the moment. */
import type { BackendName, FloatArray, WeightStore } from '../backends/backend.js'
import { type LoadedBackend, loadBackend } from '../backends/load.js'
import { OstinatoError } from '../errors.js'
import type { Layer } from '../layers/layer.js'
import type { LossName } from '../losses/index.js'
import type { Optimizer } from '../optimizers/index.js'
import { Executable } from './executable.js'
import { type Parameter, ParameterTable } from './parameters.js'
import { type InputSpecification, type Purpose, traceProgram } from './trace.js'

export interface NamedLayer {
  readonly name: string
  readonly layer: Layer
}

/** What a batch asks of a program. */
export interface Needs {
  readonly batch: number
  readonly time: number
  readonly lengths: boolean
  readonly weights: boolean
}

export class Engine {
  parameters: ParameterTable
  input: InputSpecification | undefined
  optimizer: Optimizer | undefined
  loss: LossName | undefined
  /** Updates made so far: the run number of random operations and the step of schedules. */
  step = 0
  /** The weights until a backend holds them; made when somebody first asks. */
  #values: Float32Array | undefined
  #bound: { readonly loaded: LoadedBackend; readonly store: WeightStore; readonly slots: number } | undefined
  #binding: Promise<void> | undefined
  readonly #idle = new Map<string, Executable[]>()
  readonly #live = new Set<Executable>()
  #readers = 0
  #writer: string | undefined
  #disposed = false

  constructor(
    readonly name: string,
    readonly layers: readonly NamedLayer[],
    readonly seed: number,
    readonly requestedBackend: BackendName | undefined,
  ) {
    this.parameters = new ParameterTable(seed)
  }

  get built(): boolean {
    return this.input !== undefined
  }

  /** Fixes the input and makes the weights; later calls must agree. */
  build(input: InputSpecification): void {
    if (this.input) return
    // A table of its own: an input that some layer refuses leaves nothing behind.
    const parameters = new ParameterTable(this.seed)
    traceProgram({
      purpose: 'predict',
      layers: this.layers,
      input,
      parameters,
      capacities: { batch: 1, time: 1 },
      lengths: false,
      weights: false,
      loss: undefined,
      optimizer: undefined,
    })
    parameters.seal()
    this.parameters = parameters
    this.input = input
  }

  /** Loads the backend and hands it the weights; again after `compile` with an optimizer of another size. */
  async ready(): Promise<void> {
    this.assertUsable()
    const slots = this.optimizer?.slots.length ?? 0
    if (this.#bound && this.#bound.slots === slots) return
    this.#binding ??= this.#bind(slots).finally(() => {
      this.#binding = undefined
    })
    await this.#binding
  }

  async #bind(slots: number): Promise<void> {
    if (!this.built) throw notBuilt(this.name)
    const loaded = this.#bound?.loaded ?? (await loadBackend(this.requestedBackend))
    this.assertUsable()
    const size = this.parameters.elements
    const values = this.readAll()
    const store = loaded.backend.createStore(size, size * slots)
    store.writeParameters(values, 0)
    this.#release()
    this.#bound = { loaded, store, slots }
    this.#values = undefined
  }

  get backend(): LoadedBackend {
    if (!this.#bound) {
      throw new OstinatoError('BACKEND_NOT_READY', this.name, 'no backend is loaded yet', {
        remedy: 'Await model.ready(), or any asynchronous method, first',
      })
    }
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

  /** Settles how to train. Optimizer slots start at zero; sessions opened before may have to be opened again. */
  compile(optimizer: Optimizer, loss: LossName): void {
    this.beginWriting('compile')
    this.optimizer = optimizer
    this.loss = loss
    this.step = 0
    for (const [key, idle] of this.#idle) {
      if (!key.startsWith('train')) continue
      for (const executable of idle.splice(0)) this.#drop(executable)
    }
    if (this.#bound) {
      const { store, slots } = this.#bound
      store.writeSlots(new Float32Array(this.parameters.elements * slots), 0)
    }
    this.endWriting()
  }

  /** An executable for the purpose with memory enough; give it back with `release`. */
  acquire(purpose: Purpose, needs: Needs): Executable {
    const key = `${purpose} ${needs.lengths} ${needs.weights} ${purpose === 'train' || purpose === 'evaluate' ? this.loss : ''}`
    const idle = this.#idle.get(key) ?? []
    this.#idle.set(key, idle)
    const known = idle.pop()
    if (known?.fits(needs.batch, needs.time)) return this.#use(known, key)
    const batch = Math.max(needs.batch, known?.batchCapacity ?? 0)
    const time = Math.max(needs.time, known?.timeCapacity ?? 0)
    if (known) this.#drop(known)
    return this.#use(this.#make(purpose, { ...needs, batch, time }), key)
  }

  readonly #keys = new WeakMap<Executable, string>()

  #use(executable: Executable, key: string): Executable {
    this.#keys.set(executable, key)
    return executable
  }

  #make(purpose: Purpose, needs: Needs): Executable {
    const { input } = this
    if (!input || !this.#bound) throw notBuilt(this.name)
    const traced = traceProgram({
      purpose,
      layers: this.layers,
      input,
      parameters: this.parameters,
      capacities: { batch: needs.batch, time: needs.time },
      lengths: needs.lengths,
      weights: needs.weights,
      loss: this.loss,
      optimizer: this.optimizer,
    })
    const executable = new Executable(traced, this.#bound.store)
    executable.setScalar('seed', this.seed)
    for (const [name, value] of Object.entries(this.optimizer?.scalars ?? {}))
      executable.setScalar(name, value)
    this.#live.add(executable)
    return executable
  }

  /** The same purpose with other needs, its carried states taken along. */
  exchange(old: Executable, purpose: Purpose, needs: Needs): Executable {
    const wider = {
      ...needs,
      batch: Math.max(needs.batch, old.batchCapacity),
      time: Math.max(needs.time, old.timeCapacity),
    }
    const fresh = this.acquire(purpose, wider)
    fresh.copyStatesFrom(old)
    this.release(old)
    return fresh
  }

  release(executable: Executable): void {
    const key = this.#keys.get(executable)
    if (key === undefined || !this.#live.has(executable)) return
    this.#idle.get(key)?.push(executable)
  }

  #drop(executable: Executable): void {
    this.#live.delete(executable)
    executable.dispose()
  }

  /** Any number of readers at once, or one writer. */
  async reading<T>(work: () => Promise<T>): Promise<T> {
    this.beginReading()
    try {
      return await work()
    } finally {
      this.#readers--
    }
  }

  /** For synchronous steps: never waits. */
  beginReading(): void {
    this.assertUsable()
    if (this.#writer) throw this.#busy(this.#writer)
    this.#readers++
  }

  endReading(): void {
    this.#readers--
  }

  async writing<T>(who: string, work: () => Promise<T>): Promise<T> {
    this.beginWriting(who)
    try {
      return await work()
    } finally {
      this.endWriting()
    }
  }

  beginWriting(who: string): void {
    this.assertUsable()
    if (this.#writer) throw this.#busy(this.#writer)
    if (this.#readers > 0) throw this.#busy(`${this.#readers} reading job${this.#readers > 1 ? 's' : ''}`)
    this.#writer = who
  }

  endWriting(): void {
    this.#writer = undefined
  }

  assertUsable(): void {
    if (this.#disposed) throw new OstinatoError('DISPOSED', this.name, 'the model has been disposed')
  }

  /** Frees all memory outside JavaScript. Idempotent. */
  dispose(): void {
    if (this.#disposed) return
    if (this.#writer) throw this.#busy(this.#writer)
    if (this.#readers > 0) throw this.#busy(`${this.#readers} reading job${this.#readers > 1 ? 's' : ''}`)
    this.#disposed = true
    this.#release()
  }

  #release(): void {
    for (const executable of this.#live) executable.dispose()
    this.#live.clear()
    this.#idle.clear()
    this.#bound?.store.dispose()
    this.#bound = undefined
  }

  #busy(job: string): OstinatoError {
    return new OstinatoError('MODEL_BUSY', this.name, `the model is in use by ${job}`, {
      remedy: 'Wait for it, or stop it with an AbortSignal',
    })
  }
}

export function notBuilt(where: string): OstinatoError {
  return new OstinatoError('NOT_BUILT', where, 'the shape of the input is not known yet', {
    remedy: 'Give sequential an inputShape, or begin with an embedding, or fit the model first',
  })
}
