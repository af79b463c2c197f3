import { OstinatoError } from '../../errors.js'
import type { Backend, FloatArray, RunContext, WeightStore } from '../backend.js'
import { ProgramBinding } from '../bind.js'
import { ReferenceContext } from './context.js'

export interface ReferenceOptions {
  /** Finds outputs not written in full, and reads of memory that nothing has written. */
  readonly checked?: boolean
}

/** Every instruction in float64 and plain TypeScript: the definition that the other executors are held to. */
export function createReference({ checked = false }: ReferenceOptions = {}): Backend {
  return {
    name: 'reference',
    details: { precision: 'float64', checked: String(checked) },
    createStore: (parameterElements, slotElements) =>
      new ReferenceStore(parameterElements, slotElements, checked),
  }
}

class ReferenceStore implements WeightStore {
  readonly #parameters: Float64Array
  readonly #slots: Float64Array
  readonly #checked: boolean
  #disposed = false

  constructor(parameterElements: number, slotElements: number, checked: boolean) {
    this.#parameters = new Float64Array(parameterElements)
    this.#slots = new Float64Array(slotElements)
    this.#checked = checked
  }

  readParameters(target: FloatArray, offset: number): void {
    target.set(this.#window(this.#parameters, offset, target.length))
  }

  writeParameters(source: FloatArray, offset: number): void {
    this.#window(this.#parameters, offset, source.length).set(source)
  }

  readSlots(target: FloatArray, offset: number): void {
    target.set(this.#window(this.#slots, offset, target.length))
  }

  writeSlots(source: FloatArray, offset: number): void {
    this.#window(this.#slots, offset, source.length).set(source)
  }

  createContext(program: Int32Array): RunContext {
    this.#use()
    return new ReferenceContext(new ProgramBinding(program), this.#parameters, this.#slots, this.#checked)
  }

  dispose(): void {
    this.#disposed = true
  }

  #use(): void {
    if (this.#disposed) throw new OstinatoError('DISPOSED', 'weight store', 'used after dispose()')
  }

  #window(buffer: Float64Array, offset: number, length: number): Float64Array {
    this.#use()
    if (offset < 0 || offset + length > buffer.length) {
      throw new OstinatoError('INDEX_OUT_OF_RANGE', 'weight store', {
        expected: `elements within 0 … ${buffer.length}`,
        received: `${offset} … ${offset + length}`,
      })
    }
    return buffer.subarray(offset, offset + length)
  }
}
