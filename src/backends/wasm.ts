import { contractHash } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import type { Backend, FloatArray, RunContext, WeightStore } from './backend.js'
import { ProgramBinding } from './bind.js'
import { type WasmExports, type WasmModule, webAssembly } from './wasm-api.js'
import { type StoreMemory, WasmContext } from './wasm-context.js'
import { WasmAllocator } from './wasm-memory.js'

/** A `WebAssembly.Module`, the bytes of `ostinato.wasm`, or a `Response` that has them. */
export type WasmSource = WasmModule | ArrayBuffer | ArrayBufferView | ResponseLike

/** The part of a `Response` of `fetch` that is read. */
export interface ResponseLike {
  readonly ok: boolean
  readonly status: number
  arrayBuffer(): Promise<ArrayBuffer>
}

const remedy = 'Pass the module to loadWasm(), as the runtime imports or fetches ostinato/ostinato.wasm'

/**
 * The executor for every runtime with WebAssembly and its 128-bit SIMD. Without a source, `ostinato.wasm` is looked for
 * beside this file: that serves Node, Deno, Bun and browsers without a bundler.
 */
export async function loadWasm(source?: WasmSource | Promise<WasmSource>): Promise<Backend> {
  if (!webAssembly) unavailable('this runtime has no WebAssembly')
  const module = await compile((await source) ?? (await findModule()))
  // Refused here rather than at the first store: the caller may then choose another backend.
  instantiate(module)
  return {
    name: 'wasm',
    details: { simd: '128 bit', threads: '1' },
    createStore: (parameterElements, slotElements) => {
      const { allocator, exports } = instantiate(module)
      const reserve = (elements: number, purpose: string) => ({
        elements,
        address: allocator.allocate(elements * 4, purpose),
      })
      return new WasmStore({
        allocator,
        exports,
        parameters: reserve(parameterElements, 'parameters'),
        slots: reserve(slotElements, 'optimizer slots'),
      })
    },
  }
}

function unavailable(problem: string, cause?: unknown): never {
  throw new OstinatoError('BACKEND_UNAVAILABLE', 'wasm', problem, { remedy, cause })
}

async function findModule(): Promise<WasmSource> {
  const here: string | undefined = import.meta.url
  if (!here) return unavailable('ostinato.wasm cannot be located: this module has no address of its own')
  // Beside the built code, or in dist where the sources themselves run.
  const path = /\/src\/backends\/[^/]*$/.test(here) ? '../../dist/ostinato.wasm' : './ostinato.wasm'
  const url = new URL(path, here)
  try {
    if (url.protocol !== 'file:') return await fetch(url)
    // At run time only: a bundler for the edge, where this is never reached, must not stumble over it.
    const { readFile } = await import('node:fs/promises')
    return await readFile(url)
  } catch (cause) {
    return unavailable(`${url.href} cannot be read`, cause)
  }
}

/** By its tag: a module from another realm is no instance of this realm's class. */
function isModule(source: object): boolean {
  return Object.prototype.toString.call(source) === '[object WebAssembly.Module]'
}

async function compile(source: WasmSource): Promise<WasmModule> {
  if (isModule(source)) return source
  if ('arrayBuffer' in source) {
    if (!source.ok) unavailable(`ostinato.wasm was answered with status ${source.status}`)
    return compile(await source.arrayBuffer())
  }
  try {
    return await webAssembly!.compile(source as ArrayBuffer | ArrayBufferView)
  } catch (cause) {
    return unavailable('the module cannot be compiled', cause)
  }
}

/** One memory and one instance for each store, so that models do not share 4 GiB. */
function instantiate(module: WasmModule): { allocator: WasmAllocator; exports: WasmExports } {
  const memory = new webAssembly!.Memory({ initial: 1 })
  let exports: Partial<WasmExports>
  try {
    exports = new webAssembly!.Instance(module, { env: { memory } }).exports as Partial<WasmExports>
  } catch (cause) {
    return unavailable('the module cannot be instantiated', cause)
  }
  const found = exports.contract?.()
  if (found !== contractHash)
    unavailable(`expected ostinato.wasm of contract ${contractHash}, received ${found}`)
  return { allocator: new WasmAllocator(memory), exports: exports as WasmExports }
}

class WasmStore implements WeightStore {
  readonly #memory: StoreMemory
  #disposed = false

  constructor(memory: StoreMemory) {
    this.#memory = memory
  }

  readParameters(target: FloatArray, offset: number): void {
    target.set(this.#window('parameters', offset, target.length))
  }

  writeParameters(source: FloatArray, offset: number): void {
    this.#window('parameters', offset, source.length).set(source)
  }

  readSlots(target: FloatArray, offset: number): void {
    target.set(this.#window('slots', offset, target.length))
  }

  writeSlots(source: FloatArray, offset: number): void {
    this.#window('slots', offset, source.length).set(source)
  }

  createContext(program: Int32Array): RunContext {
    this.#use()
    return new WasmContext(this.#memory, new ProgramBinding(program))
  }

  /** The memory itself is given back when the last context lets go of it. */
  dispose(): void {
    this.#disposed = true
  }

  #use(): void {
    if (this.#disposed) throw new OstinatoError('DISPOSED', 'weight store', 'used after dispose()')
  }

  #window(kind: 'parameters' | 'slots', offset: number, length: number): Float32Array {
    this.#use()
    const { allocator } = this.#memory
    const { address, elements } = this.#memory[kind]
    if (offset < 0 || offset + length > elements) {
      throw new OstinatoError('INDEX_OUT_OF_RANGE', 'weight store', {
        expected: `elements within 0 … ${elements}`,
        received: `${offset} … ${offset + length}`,
      })
    }
    return new Float32Array(allocator.memory.buffer, address + offset * 4, length)
  }
}
