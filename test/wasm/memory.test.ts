import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { webAssembly } from '../../src/backends/wasm-api.js'
import { pageBytes, WasmAllocator } from '../../src/backends/wasm-memory.js'

function allocator(maximum = 64): WasmAllocator {
  return new WasmAllocator(new webAssembly!.Memory({ initial: 1, maximum }))
}

const outOfMemory = expect.objectContaining({ name: 'OstinatoError', code: 'OUT_OF_MEMORY' })

describe('the allocator of a WebAssembly memory', () => {
  it('aligns to 64 bytes and never hands out address 0', () => {
    const memory = allocator()
    const addresses = [1, 64, 65, 0].map((bytes) => memory.allocate(bytes, 'test'))
    expect(addresses).toEqual([64, 128, 192, 320])
  })

  it('grows the memory by what is missing', () => {
    const memory = allocator()
    memory.allocate(pageBytes - 64, 'test')
    expect(memory.memory.buffer.byteLength).toBe(pageBytes)
    memory.allocate(2 * pageBytes, 'test')
    expect(memory.memory.buffer.byteLength).toBe(3 * pageBytes)
  })

  it('gives released memory out again, zeroed', () => {
    const memory = allocator()
    const first = memory.allocate(128, 'test')
    memory.allocate(64, 'test')
    new Uint8Array(memory.memory.buffer, first, 128).fill(9)
    memory.release(first)
    const again = memory.allocate(64, 'test')
    expect(again).toBe(first)
    expect(new Uint8Array(memory.memory.buffer, again, 64).every((byte) => byte === 0)).toBe(true)
    expect(memory.allocate(64, 'test')).toBe(first + 64)
  })

  it('joins neighbours, and takes back the end', () => {
    const memory = allocator()
    const [a, b, c] = [64, 64, 64].map((bytes) => memory.allocate(bytes, 'test')) as [number, number, number]
    memory.release(a)
    memory.release(b)
    expect(memory.allocate(128, 'test')).toBe(a)
    memory.release(c)
    expect(memory.allocate(640, 'test')).toBe(c)
  })

  it('refuses to release what it did not hand out', () => {
    const memory = allocator()
    const address = memory.allocate(64, 'test')
    memory.release(address)
    expect(() => memory.release(address)).toThrow(RangeError)
  })

  it('says what there was no memory for, and stays usable', () => {
    const memory = allocator(2)
    expect(() => memory.allocate(3 * pageBytes, 'optimizer slots')).toThrow(outOfMemory)
    expect(() => memory.allocate(3 * pageBytes, 'optimizer slots')).toThrow(/^optimizer slots: /)
    expect(memory.allocate(64, 'test')).toBe(64)
  })

  it.each([2 ** 32, 2 ** 40, Number.POSITIVE_INFINITY])(
    'refuses %d bytes without asking the host',
    (bytes) => {
      const memory = allocator()
      expect(() => memory.allocate(bytes, 'test')).toThrow(outOfMemory)
      expect(memory.memory.buffer.byteLength).toBe(pageBytes)
    },
  )

  it('never lets two blocks overlap', () => {
    const action = fc.record({ bytes: fc.integer({ min: 0, max: 3000 }), release: fc.nat() })
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const memory = allocator(16)
        const live: { address: number; bytes: number }[] = []
        for (const { bytes, release } of actions) {
          if (release % 3 === 0 && live.length > 0) {
            memory.release(live.splice(release % live.length, 1)[0]!.address)
            continue
          }
          const address = memory.allocate(bytes, 'test')
          for (const other of live) {
            expect(address + bytes <= other.address || other.address + other.bytes <= address).toBe(true)
          }
          expect(new Uint8Array(memory.memory.buffer, address, bytes).every((byte) => byte === 0)).toBe(true)
          new Uint8Array(memory.memory.buffer, address, bytes).fill(1)
          live.push({ address, bytes })
        }
        for (const { address } of live) memory.release(address)
        expect(memory.allocate(64, 'test')).toBe(64)
      }),
    )
  })
})
