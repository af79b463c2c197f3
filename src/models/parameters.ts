/** The weights of a model: names, shapes and places in the flat buffer, and their values until a backend holds them. */
import { maximumElements } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import type { ParameterRange } from '../graph/index.js'
import type { ParameterOptions } from '../layers/layer.js'
import { RandomStream } from '../random/random.js'
import type { Regularizer } from '../regularizers/index.js'

export interface Parameter {
  /** `lstm/kernel` */
  readonly name: string
  readonly shape: readonly number[]
  readonly offset: number
  readonly length: number
  readonly trainable: boolean
  readonly regularizer: Regularizer | undefined
}

/** Views of weights begin at multiples of 64 bytes. */
const alignment = 16

export class ParameterTable {
  readonly #byName = new Map<string, Parameter>()
  readonly #initial = new Map<string, () => Float32Array>()
  #elements = 0
  #sealed = false

  constructor(readonly seed: number) {}

  get all(): readonly Parameter[] {
    return [...this.#byName.values()]
  }

  /** Length of the flat buffer. */
  get elements(): number {
    return this.#elements
  }

  /** How many of them have a penalty. */
  get penalties(): number {
    return this.all.filter(({ regularizer }) => regularizer).length
  }

  /** Number of weights, gaps not counted. */
  get count(): number {
    return this.all.reduce((sum, p) => sum + p.length, 0)
  }

  /** No further weights: every later trace must ask for these. */
  seal(): void {
    this.#sealed = true
  }

  get(name: string): Parameter | undefined {
    return this.#byName.get(name)
  }

  /** The weight of that name, made and filled when it is first asked for. */
  define(layer: string, options: ParameterOptions): Parameter {
    const name = `${layer}/${options.name}`
    const known = this.#byName.get(name)
    if (known) {
      if (known.shape.join() === options.shape.join()) return known
      throw new OstinatoError('SHAPE_MISMATCH', `weight "${name}"`, {
        expected: `[${known.shape.join(', ')}]`,
        received: `[${options.shape.join(', ')}]`,
      })
    }
    if (this.#sealed) throw new Error(`weight ${name} appeared after the model was built`)
    const length = options.shape.reduce((product, n) => product * n, 1)
    const end = Math.ceil((this.#elements + length) / alignment) * alignment
    if (end >= maximumElements) {
      throw new OstinatoError('OUT_OF_MEMORY', `weight "${name}"`, {
        expected: `at most ${maximumElements} weights in a model`,
        received: String(end),
      })
    }
    const { shape, trainable = true, regularizer } = options
    const parameter = { name, shape, offset: this.#elements, length, trainable, regularizer }
    this.#byName.set(name, parameter)
    this.#initial.set(name, () => options.initialize(options.shape, new RandomStream(this.seed).fork(name)))
    this.#elements = end
    return parameter
  }

  /** Fresh weights, laid out as the flat buffer: large orthogonal ones take their time. */
  initialValues(): Float32Array {
    const values = new Float32Array(this.#elements)
    for (const p of this.all) {
      const fresh = this.#initial.get(p.name)?.() ?? []
      if (fresh.length !== p.length) {
        throw new OstinatoError('SHAPE_MISMATCH', `initializer of weight "${p.name}"`, {
          expected: `${p.length} numbers`,
          received: String(fresh.length),
        })
      }
      values.set(fresh, p.offset)
    }
    return values
  }

  /** What an optimizer walks: every weight that is learnt, with its full rate and decay. */
  ranges(): ParameterRange[] {
    const learnt = this.all.filter(({ trainable }) => trainable)
    return learnt.map((p) => ({ offset: p.offset, length: p.length, decay: 1, rate: 1 }))
  }
}
