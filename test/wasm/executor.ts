import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type WasmExports, type WasmMemory, webAssembly } from '../../src/backends/wasm-api.js'
import { type InstructionName, instructionTable } from '../../src/contract/index.js'

export const modulePath = fileURLToPath(new URL('../../dist/ostinato.wasm', import.meta.url))

const api = webAssembly!

/** The bare module over a memory that is filled from front to back; its rows are put together here, by hand. */
export class Executor {
  #end = 64

  constructor(
    readonly exports: WasmExports,
    readonly memory: WasmMemory,
  ) {}

  floats(values: ArrayLike<number>): Float32Array {
    const array = new Float32Array(this.memory.buffer, this.#take(values.length * 4), values.length)
    array.set(values)
    return array
  }

  doubles(values: ArrayLike<number>): Float64Array {
    const array = new Float64Array(this.memory.buffer, this.#take(values.length * 8), values.length)
    array.set(values)
    return array
  }

  integers(values: ArrayLike<number>): Int32Array {
    const array = new Int32Array(this.memory.buffer, this.#take(values.length * 4), values.length)
    array.set(values)
    return array
  }

  /** Variables, then operands (arrays of this executor; 0: absent) and attribute words, in the order of the contract. */
  row(name: InstructionName, ...fields: readonly (number | ArrayBufferView)[]): number[] {
    const words = fields.map((field) => (typeof field === 'number' ? field : field.byteOffset))
    return [instructionTable[name].code, (words.length + 2) * 4, ...words]
  }

  /** [status, row, detail, detail] */
  run(...rows: readonly number[][]): number[] {
    const words = this.integers(rows.flat())
    const status = this.integers([7, 7, 7, 7])
    let address = words.byteOffset
    let scratch = 0
    for (const row of rows) {
      scratch = Math.max(scratch, this.exports.scratchBytes(address))
      address += row.length * 4
    }
    const code = this.exports.run(
      words.byteOffset,
      0,
      rows.length,
      0,
      0,
      status.byteOffset,
      this.#take(scratch),
    )
    if (code !== status[0]) throw new Error(`returned ${code}, wrote ${status[0]}`)
    return Array.from(status)
  }

  #take(bytes: number): number {
    const address = this.#end
    this.#end += Math.ceil(bytes / 64) * 64
    if (this.#end > this.memory.buffer.byteLength) throw new Error('the memory of the test is too small')
    return address
  }
}

export async function createExecutor(): Promise<Executor> {
  const memory = new api.Memory({ initial: 512 })
  const module = await api.compile(await readFile(modulePath))
  const { exports } = new api.Instance(module, { env: { memory } })
  return new Executor(exports as WasmExports, memory)
}
