/** The executables of one weight store: made when a batch needs one, kept for the next. */
import type { Precision } from '../contract/index.js'
import type { Executable } from './executable.js'
import type { Purpose } from './trace.js'
import type { Validity } from './tracing.js'

/** What a batch asks of a program. */
export interface Needs {
  readonly batch: number
  /** Steps of each time axis. */
  readonly times: readonly number[]
  /** By time axis: how its valid steps are given. */
  readonly valid: readonly Validity[]
  readonly weights: boolean
  readonly precision: Precision
  /** Of a model that decodes: the input that is fed back. */
  readonly feedback?: number
  /** Of training: the input of scheduled sampling. */
  readonly sampled?: number
}

/** Idle executables kept for one purpose: more arise only while more jobs run at once. */
const kept = 4

/** Steps of all axes, for comparing sizes. */
const sumOf = (times: readonly number[]): number =>
  Math.max(
    1,
    times.reduce((sum, time) => sum + time, 0),
  )

/** Memory for both the old size and the new one, unless that is far more than either asks for. */
function grown(needs: Needs, old: Executable): Needs {
  const { batchCapacity, timeCapacities } = old
  const wide = {
    ...needs,
    batch: Math.max(needs.batch, batchCapacity),
    times: needs.times.map((time, i) => Math.max(time, timeCapacities[i] ?? 1)),
  }
  const fits = wide.batch * sumOf(wide.times) <= 2 * needs.batch * sumOf(needs.times)
  return fits ? wide : needs
}

export class ExecutablePool {
  readonly #idle = new Map<string, Executable[]>()
  /** Everything that is alive, with the key under which it goes back. */
  readonly #keys = new Map<Executable, string>()

  constructor(readonly make: (purpose: Purpose, needs: Needs) => Executable) {}

  /** An executable for the purpose with memory enough; give it back with `release`. */
  acquire(purpose: Purpose, needs: Needs): Executable {
    const key = `${purpose} ${needs.precision} ${needs.valid} ${needs.weights} ${needs.feedback ?? ''} ${needs.sampled ?? ''}`
    const known = this.#idle.get(key)?.pop()
    if (known?.fits(needs.batch, needs.times)) return known
    if (known) this.#drop(known)
    const fresh = this.make(purpose, known ? grown(needs, known) : needs)
    this.#keys.set(fresh, key)
    return fresh
  }

  /** The same purpose with other needs, its carried states taken along; the old one is gone. */
  exchange(old: Executable, purpose: Purpose, needs: Needs): Executable {
    const fresh = this.acquire(purpose, grown(needs, old))
    fresh.copyStatesFrom(old)
    this.#drop(old)
    return fresh
  }

  release(executable: Executable): void {
    const key = this.#keys.get(executable)
    if (key === undefined) return // the store it belonged to is gone
    const idle = this.#idle.get(key) ?? []
    this.#idle.set(key, idle)
    if (idle.length < kept) idle.push(executable)
    else this.#drop(executable)
  }

  /** Drops what was traced for a loss or optimizer that no longer holds. Nobody may be training. */
  dropTraining(): void {
    for (const [key, idle] of this.#idle) {
      if (!['train', 'evaluate', 'diagnose'].some((purpose) => key.startsWith(purpose))) continue
      for (const executable of idle.splice(0)) this.#drop(executable)
    }
  }

  dispose(): void {
    for (const executable of this.#keys.keys()) executable.dispose()
    this.#keys.clear()
    this.#idle.clear()
  }

  #drop(executable: Executable): void {
    this.#keys.delete(executable)
    executable.dispose()
  }
}
