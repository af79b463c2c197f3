import { describe, expect, it } from 'vitest'
import { philox4x32 } from '../../src/random/philox.js'
import { RandomStream } from '../../src/random/random.js'

const draws = (n: number, next: () => number): number[] => Array.from({ length: n }, next)
const mean = (x: readonly number[]): number => x.reduce((sum, v) => sum + v, 0) / x.length

describe('philox4x32', () => {
  // The known answers that Random123 publishes (kat_vectors): counter, key, result.
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[~0, ~0, ~0, ~0], [~0, ~0], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ])('counter %j, key %j', (counter, key, expected) => {
    const out = new Uint32Array(4)
    const [c0, c1, c2, c3] = counter as [number, number, number, number]
    philox4x32(c0, c1, c2, c3, key[0]!, key[1]!, out)
    expect([...out].map((word) => word.toString(16).padStart(8, '0')).join(' ')).toBe(expected)
  })
})

describe('RandomStream', () => {
  it('is Philox with the seed as key and (position, identity) as counter', () => {
    // The identity of the root stream is the FNV-1a offset basis.
    const expected = new Uint32Array(4)
    const words: number[] = []
    for (const block of [0, 1]) {
      philox4x32(block, 0, 0x84222325, 0xcbf29ce4, 7, 2, expected)
      words.push(...expected)
    }
    const stream = new RandomStream(2 * 2 ** 32 + 7)
    expect(draws(8, () => stream.integer(2 ** 32))).toEqual(words)
  })

  it('gives streams identities by FNV-1a of the label and a closing byte', () => {
    // 64-bit FNV-1a of "a" is the published af63dc4c8601ec8c; one more round closes the label.
    const identity = BigInt.asUintN(64, (0xaf63dc4c8601ec8cn ^ 0xffn) * 0x100000001b3n)
    const a = new RandomStream(3).fork('a')
    const b = new RandomStream(3, identity)
    expect(draws(6, () => a.uniform())).toEqual(draws(6, () => b.uniform()))
  })

  it('repeats itself for the same seed and labels, and only then', () => {
    const first = (stream: RandomStream): number => stream.uniform()
    const all = [
      new RandomStream(1),
      new RandomStream(2),
      new RandomStream(1 + 2 ** 32),
      new RandomStream(1).fork('a'),
      new RandomStream(1).fork('b'),
      new RandomStream(1).fork('ab'),
      new RandomStream(1).fork('a').fork('b'),
      new RandomStream(1).fork('b').fork('a'),
      new RandomStream(1).fork(''),
    ].map(first)
    expect(new Set(all).size).toBe(all.length)
    const parent = new RandomStream(1)
    parent.uniform()
    expect(first(parent.fork('a'))).toBe(first(new RandomStream(1).fork('a')))
  })

  it('is uniform in [0, 1)', () => {
    const stream = new RandomStream(11)
    const values = draws(200_000, () => stream.uniform())
    expect(Math.min(...values.slice(0, 50_000))).toBeGreaterThanOrEqual(0)
    expect(values.every((v) => v < 1)).toBe(true)
    // Five standard errors: 0.2887 / √200000 = 6.5e-4 of the mean, and so for the tenths.
    expect(Math.abs(mean(values) - 0.5)).toBeLessThan(3.3e-3)
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = values.filter((v) => Math.floor(v * 10) === tenth).length / values.length
      expect(Math.abs(share - 0.1)).toBeLessThan(5 * Math.sqrt(0.09 / 200_000))
    }
    expect(values.some((v) => (v * 2 ** 32) % 1 !== 0)).toBe(true)
    expect(values.every((v) => (v * 2 ** 53) % 1 === 0)).toBe(true)
  })

  it('draws normal numbers with the moments and the tails of a normal', () => {
    const stream = new RandomStream(12)
    const n = 200_000
    const values = draws(n, () => stream.normal())
    const moment = (p: number): number => mean(values.map((v) => v ** p))
    // Variances of the p-th powers: 1, 2, 15, 96.
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / n))
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n))
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n))
    const within = values.filter((v) => Math.abs(v) < 1).length / n
    expect(Math.abs(within - 0.6826895)).toBeLessThan(5 * Math.sqrt(0.2166 / n))
    // The two numbers of a pair are independent.
    const pairs = mean(draws(n / 2, () => 0).map((_, i) => values[2 * i]! * values[2 * i + 1]!))
    expect(Math.abs(pairs)).toBeLessThan(5 / Math.sqrt(n / 2))
  })

  it('draws integers without modulo bias', () => {
    // 3·2^30 does not divide 2^32: a plain remainder would give the lowest third twice the chance.
    const stream = new RandomStream(13)
    const n = 3 * 2 ** 30
    const values = draws(30_000, () => stream.integer(n))
    expect(values.every((v) => Number.isInteger(v) && v >= 0 && v < n)).toBe(true)
    const low = values.filter((v) => v < 2 ** 30).length / values.length
    expect(Math.abs(low - 1 / 3)).toBeLessThan(5 * Math.sqrt(2 / 9 / 30_000))
    expect(stream.integer(1)).toBe(0)
    for (const bad of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1]) {
      expect(() => stream.integer(bad)).toThrow(
        /RandomStream\.integer: expected an integer from 1 to 2\^32, received/,
      )
    }
  })

  it('shuffles every permutation equally often', () => {
    const stream = new RandomStream(14)
    const counts = new Map<string, number>()
    for (let i = 0; i < 24_000; i++) {
      const key = stream.shuffle([0, 1, 2, 3]).join('')
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    // χ² with 23 degrees of freedom stays under 58.6 with probability 1 − 6e-5.
    const chiSquare = [...counts.values()].reduce((sum, c) => sum + (c - 1000) ** 2 / 1000, 0)
    expect(chiSquare).toBeLessThan(58.6)
    expect(stream.shuffle(new Int32Array(0))).toHaveLength(0)
  })

  it('refuses seeds that are no integers', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => new RandomStream(seed)).toThrow(/seed: expected an integer of at least 0/)
    }
  })
})
