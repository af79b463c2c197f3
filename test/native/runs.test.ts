import { describe, expect, it, vi } from 'vitest'
import type { Backend, RunContext, WeightStore } from '../../src/backends/backend.js'
import { loadNative } from '../../src/backends/native.js'
import { createReference } from '../../src/backends/reference/index.js'
import { maximumElements, type SegmentKind, segmentKinds, statuses } from '../../src/contract/index.js'
import { Assembler } from '../conformance/assembler.js'
import { loadAddon, longProgram, parameterElements, trainingProgram, trainingScalars } from './programs.js'

// A machine that does much else is slow, not wrong.
vi.setConfig({ testTimeout: 120_000 })

const native = loadNative()
const step: SegmentKind[] = ['forward', 'gradients', 'update']

function training(backend: Backend): { store: WeightStore; context: RunContext } {
  const store = backend.createStore(parameterElements, parameterElements)
  store.writeParameters(Float32Array.of(0.5, -1, 0.25, 0, 2, 1), 0)
  const context = store.createContext(trainingProgram())
  context.scalars.set(trainingScalars)
  context.dimensions.set([2])
  context.inputs[0]!.set([1, 2, 3, -1, 0.5, 0])
  context.inputs[1]!.set([1, -1, 0, 2])
  return { store, context }
}

function parametersOf(store: WeightStore): number[] {
  const parameters = new Float32Array(parameterElements)
  store.readParameters(parameters, 0)
  return [...parameters]
}

describe('how long a run takes', () => {
  it('is its multiply-adds, at the sizes given now', () => {
    const [most, depth, columns] = [8, 3, 2]
    const a = new Assembler()
    const [rows, K, N] = [a.input(most), a.constant(depth), a.constant(columns)]
    const matrix = (kind: 'input' | 'output', elements: number, shape: number[]) =>
      a.value(a.buffer(kind, 'f32', elements), 'f32', 0, shape)
    const x = matrix('input', most * depth, [rows, K])
    const kernel = matrix('input', depth * columns, [K, N])
    a.instruction('matmul', [x, kernel, -1, matrix('output', most * columns, [rows, N])], [0])
    a.segment('forward', 0, 1)
    const context = new (loadAddon().WeightStore)(0, 0).createContext(a.build())
    const { dimensions } = context.windows()
    for (const batch of [1, 5, most]) {
      dimensions[0] = batch
      expect(context.work()).toBe(batch * depth * columns)
    }
    for (const batch of [0, most + 1]) {
      dimensions[0] = batch
      expect(context.work()).toBe(Number.POSITIVE_INFINITY)
    }
    context.dispose()
    expect(() => context.work()).toThrowError(expect.objectContaining({ code: 'DISPOSED' }))
  })

  it('is not asked during a run', async () => {
    const size = 256
    const context = native.createStore(size * size, 0).createContext(longProgram(size, 40))
    const busy = expect.objectContaining({ code: 'MODEL_BUSY' })
    const run = context.run(['gradients'])
    expect(() => context.work?.()).toThrowError(busy)
    expect(await run).toBe('ok')
    expect(context.work?.()).toBe(40 * size ** 3)
    context.dispose()
    expect(() => context.work?.()).toThrowError(expect.objectContaining({ code: 'DISPOSED' }))
    // Nor by those who ask the addon.
    const inside = new (loadAddon().WeightStore)(size * size, 0).createContext(longProgram(size, 40))
    const other = inside.run(1 << segmentKinds.gradients)
    expect(() => inside.work()).toThrowError(busy)
    expect(await other).toBe(statuses.ok)
  })
})

describe('a training step', () => {
  it('gives the numbers of the reference, step after step', () => {
    const [a, b] = [training(native), training(createReference())]
    for (let i = 0; i < 3; i++) {
      expect(a.context.runSync(step)).toBe('ok')
      expect(b.context.runSync(step)).toBe('ok')
      const parameters = new Float64Array(parameterElements)
      b.store.readParameters(parameters, 0)
      for (const [j, p] of parametersOf(a.store).entries()) expect(p).toBeCloseTo(parameters[j]!, 5)
      for (const [j, s] of a.context.statistics.entries()) expect(s).toBeCloseTo(b.context.statistics[j]!, 5)
    }
    expect([...a.context.status]).toEqual([statuses.ok, -1, 0, 0])
  })

  it('gives the same bits by run and runSync', async () => {
    const [a, b] = [training(native), training(native)]
    for (let i = 0; i < 5; i++) {
      expect(a.context.runSync(step)).toBe('ok')
      expect(await b.context.run(step)).toBe('ok')
    }
    expect(parametersOf(a.store)).toEqual(parametersOf(b.store))
  })

  it('runs the named segments only', () => {
    const { store, context } = training(native)
    const before = parametersOf(store)
    expect(context.runSync(['forward'])).toBe('ok')
    expect([...context.outputs[0]!.subarray(0, 4)]).toEqual([7, 2, -0.375, 1])
    expect([...context.gradients].every((g) => g === 0)).toBe(true)
    expect(context.runSync(['gradients'])).toBe('ok')
    expect([...context.gradients].some((g) => g !== 0)).toBe(true)
    expect(parametersOf(store)).toEqual(before)
  })

  it('sees weights that were written between runs', () => {
    const { store, context } = training(native)
    context.runSync(['forward'])
    store.writeParameters(new Float32Array(parameterElements).fill(1), 0)
    context.runSync(['forward'])
    expect([...context.outputs[0]!.subarray(0, 4)]).toEqual([6, 6, -0.5, -0.5])
  })

  it('touches nothing when the loss is not finite', () => {
    const { store, context } = training(native)
    const before = parametersOf(store)
    context.inputs[0]![0] = Number.NaN
    expect(context.runSync(step)).toBe('nonFinite')
    expect(context.status[1]).toBe(4)
    expect(parametersOf(store)).toEqual(before)
  })
})

describe('a run ends with a status', () => {
  it('for a dimension outside 1 … capacity', async () => {
    const { context } = training(native)
    for (const size of [0, 9, -5]) {
      context.dimensions[0] = size
      expect(await context.run(step)).toBe('dimensionOutOfRange')
      expect([...context.status]).toEqual([statuses.dimensionOutOfRange, -1, 0, size])
    }
    context.dimensions[0] = 2
    expect(context.runSync(step)).toBe('ok')
  })

  it('for more work than its limit', () => {
    const store = native.createStore(parameterElements, parameterElements)
    const context = store.createContext(
      trainingProgram((a) => {
        a.workLimit = 3
      }),
    )
    context.dimensions[0] = 2
    expect(context.runSync(['forward'])).toBe('workLimit')
    expect(context.status[1]).toBe(0)
  })

  it('for an index outside its table', () => {
    const a = new Assembler()
    const [rows, width, count] = [4, 2, 3].map((n) => a.constant(n))
    const table = a.value(a.buffer('input', 'f32', 8), 'f32', 0, [rows!, width!])
    const indices = a.value(a.buffer('input', 'i32', 3), 'i32', 0, [count!])
    a.instruction(
      'gather',
      [table, indices, a.value(a.buffer('output', 'f32', 6), 'f32', 0, [count!, width!])],
      [],
    )
    a.segment('forward', 0, 1)
    const context = native.createStore(0, 0).createContext(a.build())
    context.inputs[1]!.set([3, 0, 7])
    expect(context.runSync(['forward'])).toBe('indexOutOfRange')
    expect([...context.status]).toEqual([statuses.indexOutOfRange, 0, 7, 2])
  })
})

describe('what cannot be is an error with a code', () => {
  it('weights or programs larger than the machine', () => {
    const a = new Assembler()
    for (let i = 0; i < 2000; i++) a.buffer('arena', 'f32', maximumElements)
    expect(() => native.createStore(0, 0).createContext(a.build())).toThrowError(
      expect.objectContaining({ code: 'OUT_OF_MEMORY' }),
    )
    for (const size of [-1, 0.5, Number.NaN, 2 ** 31]) {
      expect(() => native.createStore(size, 0)).toThrowError(
        expect.objectContaining({ code: 'INVALID_OPTION' }),
      )
    }
  })

  it('copies beyond the weights', () => {
    const store = native.createStore(4, 2)
    for (const offset of [1, -1, 0.5, Number.NaN]) {
      const error = expect.objectContaining({ code: 'INDEX_OUT_OF_RANGE' })
      expect(() => store.readParameters(new Float32Array(4), offset)).toThrowError(error)
      expect(() => store.writeSlots(new Float64Array(2), offset)).toThrowError(error)
    }
    store.writeSlots(Float64Array.of(0.1), 1)
    const slots = new Float64Array(2)
    store.readSlots(slots, 0)
    expect([...slots]).toEqual([0, Math.fround(0.1)])
  })

  it('anything after dispose', async () => {
    const { store, context } = training(native)
    context.dispose()
    context.dispose()
    store.dispose()
    store.dispose()
    const error = expect.objectContaining({ code: 'DISPOSED' })
    expect(() => context.runSync(step)).toThrowError(error)
    await expect(context.run(step)).rejects.toThrowError(error)
    expect(() => context.inputs).toThrowError(error)
    expect(() => store.readParameters(new Float32Array(1), 0)).toThrowError(error)
    expect(() => store.createContext(trainingProgram())).toThrowError(error)
  })

  it('not the store, which lives until its last context is gone', () => {
    const { store, context } = training(native)
    store.dispose()
    expect(context.runSync(step)).toBe('ok')
    const { inputs } = context
    context.dispose()
    inputs[0]!.fill(1) // windows outlive their context
    expect(inputs[0]![23]).toBe(1)
  })
})

it('says where it looked for an addon, and what to do', () => {
  const before = process.env['OSTINATO_PREBUILD']
  process.env['OSTINATO_PREBUILD'] = '/nowhere'
  try {
    const message = /build\/Release or prebuilds of .*No native build was found.*\/nowhere.*npm run build/s
    expect(loadNative).toThrowError(
      expect.objectContaining({ code: 'BACKEND_UNAVAILABLE', message: expect.stringMatching(message) }),
    )
  } finally {
    if (before === undefined) delete process.env['OSTINATO_PREBUILD']
    else process.env['OSTINATO_PREBUILD'] = before
  }
})

it('leaves denormals alone outside of a run', () => {
  const { context } = training(native)
  context.runSync(step)
  const smallest = Float64Array.of(5e-324)
  expect(smallest[0]! / 2 + smallest[0]!).toBe(5e-324)
  const half = Float32Array.of(2 ** -140)
  expect(Math.fround(half[0]! / 2)).toBe(2 ** -141)
})

describe('while a run is under way', () => {
  const size = 384
  /** Products for a second or more. */
  function long(times = 4000, updates = 0): { store: WeightStore; context: RunContext } {
    const store = native.createStore(size * size, 0)
    const context = store.createContext(longProgram(size, times, updates))
    // Rows of zeros would be multiplied once.
    context.inputs[0]!.fill(1)
    return { store, context }
  }
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

  it('an abort ends it soon, and the event loop goes on', async () => {
    const { context } = long()
    const controller = new AbortController()
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    const run = context.run(['gradients'], controller.signal)
    await pause(100)
    expect(ticks).toBeGreaterThan(5)
    clearInterval(timer)
    const start = performance.now()
    controller.abort()
    expect(await run).toBe('aborted')
    expect(performance.now() - start).toBeLessThan(1000)
    expect(context.status[0]).toBe(statuses.aborted)
    expect(context.status[1]).toBeGreaterThan(0)
    context.dimensions.fill(1)
    expect(long(1).context.runSync(['gradients'])).toBe('ok')
  })

  it('an abort does not outlive it', async () => {
    const { context } = training(native)
    const controller = new AbortController()
    controller.abort()
    context.outputs[0]!.fill(7)
    expect(await context.run(step, controller.signal)).toBe('aborted')
    expect([...context.status]).toEqual([statuses.aborted, -1, 0, 0])
    expect([...context.outputs[0]!].every((v) => v === 7)).toBe(true)
    expect(await context.run(step)).toBe('ok')
  })

  it('an abort is honoured before update, and not inside it', async () => {
    const early = long(4000, 1)
    early.context.scalars.set([1, 0, Number.POSITIVE_INFINITY])
    early.context.gradients.fill(1)
    const controller = new AbortController()
    const run = early.context.run(['gradients', 'update'], controller.signal)
    await pause(20)
    controller.abort()
    expect(await run).toBe('aborted')
    const weights = new Float32Array(1)
    early.store.readParameters(weights, 0)
    expect(weights[0]).toBe(0)

    const updates = 8000
    const late = long(1, updates)
    late.context.scalars.set([2 ** -20, 0, Number.POSITIVE_INFINITY])
    late.context.gradients.fill(1)
    const lateController = new AbortController()
    let over = false
    const update = late.context.run(['update'], lateController.signal).finally(() => {
      over = true
    })
    // It has begun by now, however busy the machine is.
    await pause(20)
    expect(over).toBe(false)
    lateController.abort()
    expect(await update).toBe('ok')
    late.store.readParameters(weights, 0)
    expect(weights[0]).toBe(-updates * 2 ** -20)
  })

  it('a second run is refused, of the context, and of a writer of the same weights', async () => {
    const { store, context } = long()
    const writer = store.createContext(longProgram(size, 1, 1))
    const reader = store.createContext(longProgram(size, 1))
    const run = context.run(['gradients'])
    const busy = expect.objectContaining({ code: 'MODEL_BUSY' })
    await expect(context.run(['gradients'])).rejects.toThrowError(busy)
    expect(() => context.runSync(['gradients'])).toThrowError(busy)
    expect(() => writer.runSync(['update'])).toThrowError(busy)
    expect(() => store.writeParameters(new Float32Array(1), 0)).toThrowError(busy)
    expect(reader.runSync(['gradients'])).toBe('ok')
    store.readParameters(new Float32Array(1), 0)
    context.dispose() // ends the run
    expect(await run).toBe('aborted')
    expect(writer.runSync(['gradients'])).toBe('ok')
    store.writeParameters(new Float32Array(1), 0)
  })

  it('others run beside it, each with the threads that its regions need', async () => {
    const contexts = Array.from({ length: 4 }, () => long(20).context)
    for (const [i, context] of contexts.entries()) context.inputs[0]!.fill(i)
    const results = await Promise.all(contexts.map((context) => context.run(['gradients'])))
    expect(results).toEqual(['ok', 'ok', 'ok', 'ok'])
  })
})
