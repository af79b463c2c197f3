import { OstinatoError } from '../errors.js'
import type { WasmMemory } from './wasm-api.js'

export const pageBytes = 65536
const maximumBytes = 65536 * pageBytes
const alignment = 64

interface Block {
  readonly address: number
  readonly bytes: number
}

/**
 * Hands out 64-byte aligned, zeroed pieces of one WebAssembly memory, and makes it grow. Address 0 is never handed out:
 * it stands for what is absent. Few and large pieces are expected, so that first fit in a sorted list is enough.
 */
export class WasmAllocator {
  readonly memory: WasmMemory
  /** Sorted by address; neighbours are joined. */
  #free: Block[] = []
  readonly #taken = new Map<number, number>()
  #end = alignment

  constructor(memory: WasmMemory) {
    this.memory = memory
  }

  /** Throws OUT_OF_MEMORY beyond 4 GiB, and where the host gives no more. */
  allocate(bytes: number, purpose: string): number {
    const size = Math.ceil(Math.max(bytes, 1) / alignment) * alignment
    const address = this.#fromFree(size) ?? this.#fromEnd(size, purpose)
    this.#taken.set(address, size)
    new Uint8Array(this.memory.buffer, address, size).fill(0)
    return address
  }

  release(address: number): void {
    const bytes = this.#taken.get(address)
    if (bytes === undefined) throw new RangeError(`no block lies at address ${address}`)
    this.#taken.delete(address)
    const sorted = [...this.#free, { address, bytes }].sort((a, b) => a.address - b.address)
    this.#free = []
    for (const block of sorted) {
      const last = this.#free.at(-1)
      if (last && last.address + last.bytes === block.address) {
        this.#free[this.#free.length - 1] = { address: last.address, bytes: last.bytes + block.bytes }
      } else {
        this.#free.push(block)
      }
    }
    const last = this.#free.at(-1)
    if (last && last.address + last.bytes === this.#end) {
      this.#free.pop()
      this.#end = last.address
    }
  }

  #fromFree(size: number): number | undefined {
    const index = this.#free.findIndex((block) => block.bytes >= size)
    if (index < 0) return undefined
    const { address, bytes } = this.#free[index]!
    const rest = bytes === size ? [] : [{ address: address + size, bytes: bytes - size }]
    this.#free.splice(index, 1, ...rest)
    return address
  }

  #fromEnd(size: number, purpose: string): number {
    const address = this.#end
    const end = address + size
    const refuse = (cause?: unknown): never => {
      const problem = `no WebAssembly memory for ${size} bytes: ${address} of at most ${maximumBytes} are taken`
      throw new OstinatoError('OUT_OF_MEMORY', purpose, problem, { cause })
    }
    if (!(end <= maximumBytes)) refuse()
    const missing = end - this.memory.buffer.byteLength
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / pageBytes))
      } catch (error) {
        refuse(error)
      }
    }
    this.#end = end
    return address
  }
}
