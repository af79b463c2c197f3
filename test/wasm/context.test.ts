import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { loadWasm } from '../../src/backends/wasm.js'
import { webAssembly } from '../../src/backends/wasm-api.js'
import { statuses } from '../../src/contract/index.js'
import { Assembler, floatBits } from '../conformance/assembler.js'
import { modulePath } from './executor.js'

const wasm = await loadWasm()
const bytes = await readFile(modulePath)
const capacity = 4
const parameters = 3

const failing = (code: string) => expect.objectContaining({ name: 'OstinatoError', code })

/** Three segments: y = parameters[indices]; y = 2 · y + ½; mark = 1. The number of indices is set at run time. */
function program(parameterElements = parameters, elements = capacity): Int32Array {
  const assembler = new Assembler()
  const n = assembler.input(capacity)
  const [one, rows] = [assembler.constant(1), assembler.constant(parameters)]
  const weights = assembler.buffer('parameters', 'f32', parameterElements)
  const indices = assembler.buffer('input', 'i32', elements)
  const output = assembler.buffer('output', 'f32', elements)
  const mark = assembler.buffer('output', 'f32', 1)
  const y = assembler.value(output, 'f32', 0, [n, one])
  const gathered = [
    assembler.value(weights, 'f32', 0, [rows, one]),
    assembler.value(indices, 'i32', 0, [n]),
    y,
  ]
  assembler.instruction('gather', gathered, [])
  assembler.instruction('affine', [y, y], [floatBits(2), floatBits(0.5)])
  assembler.instruction('fill', [assembler.value(mark, 'f32', 0, [one])], [floatBits(1)])
  assembler.segment('forward', 0, 1)
  assembler.segment('gradients', 1, 1)
  assembler.segment('update', 2, 1)
  return assembler.build()
}

const everything = ['forward', 'gradients', 'update'] as const

function create() {
  const store = wasm.createStore(parameters, 0)
  store.writeParameters(Float32Array.of(10, 20, 30), 0)
  return { store, context: store.createContext(program()) }
}

describe('a run', () => {
  it('runs the named segments in the order of the program', async () => {
    const { context } = create()
    expect(Array.from(context.dimensions)).toEqual([capacity])
    context.dimensions[0] = 2
    context.inputs[0]!.set([2, 0])
    expect(context.runSync(['forward'])).toBe('ok')
    expect(Array.from(context.outputs[0]!)).toEqual([30, 10, 0, 0])
    expect(await context.run(['update', 'gradients', 'forward'])).toBe('ok')
    expect(Array.from(context.outputs[0]!)).toEqual([60.5, 20.5, 0, 0])
    expect(Array.from(context.outputs[1]!)).toEqual([1])
    expect(Array.from(context.status)).toEqual([statuses.ok, -1, 0, 0])
  })

  it('follows the dimensions from run to run', () => {
    const { context } = create()
    context.inputs[0]!.set([1, 1, 1, 1])
    for (const n of [1, 4, 2, 3]) {
      context.outputs[0]!.fill(0)
      context.dimensions[0] = n
      expect(context.runSync(['forward'])).toBe('ok')
      expect(context.outputs[0]!.filter((value) => value === 20)).toHaveLength(n)
    }
  })

  it('ends with a status, and can be repeated', () => {
    const { context } = create()
    context.inputs[0]!.set([0, 1, 3, 0])
    expect(context.runSync(everything)).toBe('indexOutOfRange')
    expect(Array.from(context.status)).toEqual([statuses.indexOutOfRange, 0, 3, 2])
    expect(context.outputs[1]![0]).toBe(0)
    for (const wrong of [0, -1, capacity + 1]) {
      context.dimensions[0] = wrong
      expect(context.runSync(everything)).toBe('dimensionOutOfRange')
      expect(Array.from(context.status)).toEqual([statuses.dimensionOutOfRange, -1, 0, wrong])
    }
    context.dimensions[0] = 2
    expect(context.runSync(everything)).toBe('ok')
  })

  it('stops before a segment, but never inside update, when it is aborted', async () => {
    const { context } = create()
    expect(await context.run(everything, AbortSignal.abort())).toBe('aborted')
    expect(Array.from(context.status)).toEqual([statuses.aborted, 0, 0, 0])
    expect(context.outputs[0]![0]).toBe(0)
    let asked = 0
    const late = {
      get aborted() {
        return ++asked === 3
      },
    } as AbortSignal
    expect(await context.run(everything, late)).toBe('aborted')
    expect(Array.from(context.status)).toEqual([statuses.aborted, 2, 0, 0])
    expect(context.outputs[0]![0]).toBe(20.5)
    expect(context.outputs[1]![0]).toBe(0)
  })

  it('is alone in its context', async () => {
    const { context, store } = create()
    const other = store.createContext(program())
    const first = context.run(everything)
    expect(() => context.runSync(everything)).toThrow(failing('MODEL_BUSY'))
    await expect(context.run(everything)).rejects.toEqual(failing('MODEL_BUSY'))
    expect(other.runSync(everything)).toBe('ok')
    expect(await first).toBe('ok')
    expect(context.runSync(everything)).toBe('ok')
  })
})

describe('windows', () => {
  it('stay the same arrays from run to run, and are new after the memory has grown', () => {
    const { context, store } = create()
    context.runSync(['forward'])
    const { inputs, outputs, scalars, status, states, statistics, gradients } = context
    context.runSync(['forward'])
    expect(context.inputs).toBe(inputs)
    expect(context.outputs).toBe(outputs)
    expect(context.scalars).toBe(scalars)
    expect(context.status).toBe(status)
    expect([states.length, statistics.length, gradients.length]).toEqual([0, 0, 0])

    context.inputs[0]!.set([2, 2, 2, 2])
    store.createContext(program(parameters, 100_000))
    expect(inputs[0]).toHaveLength(0)
    expect(Array.from(context.inputs[0]!)).toEqual([2, 2, 2, 2])
    expect(context.runSync(['forward'])).toBe('ok')
    expect(Array.from(context.outputs[0]!)).toEqual([30, 30, 30, 30])
  })
})

describe('a weight store', () => {
  it('starts with zeros, copies parts, and refuses what lies outside', () => {
    const store = wasm.createStore(5, 2)
    const read = new Float32Array(5).fill(7)
    store.readParameters(read, 0)
    expect(Array.from(read)).toEqual([0, 0, 0, 0, 0])
    store.writeParameters(Float32Array.of(1, 2), 3)
    const part = new Float64Array(3)
    store.readParameters(part, 2)
    expect(Array.from(part)).toEqual([0, 1, 2])
    store.writeSlots(Float32Array.of(8), 1)
    store.readSlots(read.subarray(0, 2), 0)
    expect(Array.from(read.subarray(0, 2))).toEqual([0, 8])
    for (const offset of [-1, 4]) {
      expect(() => store.readParameters(part, offset)).toThrow(failing('INDEX_OUT_OF_RANGE'))
      expect(() => store.writeSlots(part, offset)).toThrow(failing('INDEX_OUT_OF_RANGE'))
    }
  })

  it('refuses broken programs and those made for other weights', () => {
    const store = wasm.createStore(parameters, 0)
    expect(() => store.createContext(new Int32Array(3))).toThrow(failing('INVALID_PROGRAM'))
    expect(() => store.createContext(program(parameters + 1))).toThrow(failing('INVALID_PROGRAM'))
    expect(store.createContext(program()).runSync(['forward'])).toBe('ok')
  })

  it('says that there is no memory', () => {
    expect(() => wasm.createStore(2 ** 30, 0)).toThrow(failing('OUT_OF_MEMORY'))
  })

  it('takes back the memory of its contexts', () => {
    const { store } = create()
    const before = store.createContext(program(parameters, 50_000))
    const { byteLength } = before.inputs[0]!.buffer
    before.dispose()
    before.dispose()
    for (let i = 0; i < 20; i++) {
      const context = store.createContext(program(parameters, 50_000))
      expect(context.inputs[0]!.every((value) => value === 0)).toBe(true)
      expect(context.inputs[0]!.buffer.byteLength).toBe(byteLength)
      context.inputs[0]!.fill(1)
      context.dispose()
    }
  })

  it('is of no use after dispose()', async () => {
    const { context, store } = create()
    const running = context.run(everything)
    context.dispose()
    expect(await running).toBe('aborted')
    await expect(context.run(everything)).rejects.toEqual(failing('DISPOSED'))
    expect(() => context.runSync(everything)).toThrow(failing('DISPOSED'))
    expect(() => context.inputs).toThrow(failing('DISPOSED'))
    expect(() => context.dimensions).toThrow(failing('DISPOSED'))
    store.dispose()
    store.dispose()
    expect(() => store.createContext(program())).toThrow(failing('DISPOSED'))
    expect(() => store.readParameters(new Float32Array(1), 0)).toThrow(failing('DISPOSED'))
  })
})

describe('loadWasm', () => {
  const works = async (source: Parameters<typeof loadWasm>[0]) => {
    const backend = await loadWasm(source)
    expect(backend.name).toBe('wasm')
    const store = backend.createStore(parameters, 0)
    expect(store.createContext(program()).runSync(['forward'])).toBe('ok')
  }

  it('takes bytes, a module, a response, or a promise of one', async () => {
    await works(bytes)
    await works(new Uint8Array(bytes).buffer)
    await works(await webAssembly!.compile(bytes))
    await works(new Response(bytes))
    await works(Promise.resolve(new Response(bytes)))
  })

  it('refuses what is not the module of this version', async () => {
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
    for (const source of [bytes.subarray(0, 100), empty, new Response('', { status: 404 })]) {
      await expect(loadWasm(source)).rejects.toEqual(failing('BACKEND_UNAVAILABLE'))
    }
  })
})
