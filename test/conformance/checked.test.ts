import { describe, expect, it } from 'vitest'
import { createReference } from '../../src/backends/reference/index.js'
import { kernels } from '../../src/backends/reference/kernels/index.js'
import { OstinatoError } from '../../src/errors.js'
import { Assembler } from './assembler.js'

/** y = tanh x, z = y + x, over four numbers; x is read from the arena where `unwritten`. */
function contextOf(checked: boolean, unwritten: boolean) {
  const a = new Assembler()
  const axes = [a.constant(1), a.constant(4)]
  const input = a.buffer('input', 'f32', 4)
  const arena = a.buffer('arena', 'f32', 8)
  const output = a.buffer('output', 'f32', 4)
  const x = unwritten ? a.value(arena, 'f32', 4, axes) : a.value(input, 'f32', 0, axes)
  const y = a.value(arena, 'f32', 0, axes)
  a.instruction('tanh', [x, y], [])
  a.instruction('add', [y, a.value(input, 'f32', 0, axes.slice(1)), a.value(output, 'f32', 0, axes)], [])
  a.segment('forward', 0, 2)
  const store = createReference({ checked }).createStore(0, 0)
  return store.createContext(a.build())
}

describe('checked mode', () => {
  it('passes a program that is in order, NaN among its numbers included', () => {
    const context = contextOf(true, false)
    context.inputs[0]!.set([0, 1, Number.NaN, Number.POSITIVE_INFINITY])
    expect(context.runSync(['forward'])).toBe('ok')
    expect(Array.from(context.outputs[0]!)).toEqual([
      0,
      Math.tanh(1) + 1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ])
  })

  it('finds a read of memory that nothing has written', () => {
    expect(contextOf(false, true).runSync(['forward'])).toBe('ok')
    expect(() => contextOf(true, true).runSync(['forward'])).toThrow(
      'instruction 0 (tanh) reads element 0 of "x" unwritten',
    )
  })

  it('finds an output that is not written in full', () => {
    const { tanh } = kernels
    // The table is read-only for everyone but this test.
    const open = kernels as { tanh: typeof tanh }
    open.tanh = ({ x, y }) => {
      for (let i = 0; i < 3; i++) y[i] = Math.tanh(x[i]!)
    }
    try {
      expect(() => contextOf(true, false).runSync(['forward'])).toThrow(
        'instruction 0 (tanh) leaves element 3 of "y" unwritten',
      )
    } finally {
      open.tanh = tanh
    }
  })
})

describe('a context of the reference', () => {
  it('refuses a second run while one is under way, and any use after dispose', async () => {
    const context = contextOf(false, false)
    const running = context.run(['forward'])
    const second = context.run(['forward'])
    expect(() => context.runSync(['forward'])).toThrow(OstinatoError)
    await expect(second).rejects.toMatchObject({ code: 'MODEL_BUSY' })
    expect(await running).toBe('ok')
    context.dispose()
    context.dispose()
    expect(() => context.inputs).toThrow('used after dispose()')
    await expect(context.run(['forward'])).rejects.toMatchObject({ code: 'DISPOSED' })
  })

  it('ends with a status where it is aborted, or given a dimension that is out of range', async () => {
    const context = contextOf(false, false)
    expect(await context.run(['forward'], AbortSignal.abort())).toBe('aborted')
    expect(await context.run(['forward'])).toBe('ok')

    const a = new Assembler()
    const n = a.input(4)
    a.instruction('fill', [a.value(a.buffer('output', 'f32', 4), 'f32', 0, [n])], [0])
    a.segment('forward', 0, 1)
    const sized = createReference().createStore(0, 0).createContext(a.build())
    sized.dimensions[0] = 5
    expect(sized.runSync(['forward'])).toBe('dimensionOutOfRange')
    expect(Array.from(sized.status)).toEqual([5, -1, 0, 5])
    sized.dimensions[0] = 2
    sized.outputs[0]!.fill(9)
    expect(sized.runSync(['forward'])).toBe('ok')
    expect(Array.from(sized.outputs[0]!)).toEqual([0, 0, 9, 9])
  })
})
