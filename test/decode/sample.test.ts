import { describe, expect, it } from 'vitest'
import { argmax, logSoftmax, sampleCategorical } from '../../src/decode/sample.js'
import { RandomStream } from '../../src/random/random.js'

const none = Number.NEGATIVE_INFINITY

describe('argmax', () => {
  it('is the lowest index of the largest', () => {
    expect(argmax(Float32Array.of(1, 3, 3, 2))).toBe(1)
    expect(argmax(Float64Array.of(none, -5, none))).toBe(1)
    expect(argmax(Float32Array.of(-1))).toBe(0)
  })
})

describe('logSoftmax', () => {
  it('has the logarithms of the probabilities', () => {
    // e^0 : e^1 : e^2
    const total = 1 + Math.E + Math.E ** 2
    const expected = [-Math.log(total), 1 - Math.log(total), 2 - Math.log(total)]
    logSoftmax(Float32Array.of(0, 1, 2)).forEach((v, i) => {
      expect(Math.abs(v - expected[i]!)).toBeLessThan(1e-14)
    })
  })

  it('survives large numbers and keeps −∞', () => {
    expect([...logSoftmax(Float64Array.of(1e300, none, 1e300))]).toEqual([-Math.LN2, none, -Math.LN2])
  })
})

describe('sampleCategorical', () => {
  it('draws with the probabilities of softmax(logits ∕ temperature)', () => {
    const stream = new RandomStream(21)
    const random = (): number => stream.uniform()
    const logits = Float32Array.of(0, Math.log(2), none, Math.log(5))
    for (const temperature of [1, 0.5, 2]) {
      const powers = [1, 2, 0, 5].map((p) => p ** (1 / temperature))
      const total = powers.reduce((sum, p) => sum + p, 0)
      const counts = [0, 0, 0, 0]
      const n = 40_000
      for (let i = 0; i < n; i++) counts[sampleCategorical(logits, { temperature, random })]! += 1
      expect(counts[2]).toBe(0)
      for (const i of [0, 1, 3]) {
        const p = powers[i]! / total
        expect(Math.abs(counts[i]! / n - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n))
      }
    }
  })

  it('cuts [0, 1) in the order of the classes', () => {
    const logits = Float64Array.of(none, 0, 0, none, 0, 0, none)
    const at = (u: number): number => sampleCategorical(logits, { temperature: 1, random: () => u })
    expect([0, 0.2499, 0.25, 0.4999, 0.5, 0.75, 1 - 2 ** -53].map(at)).toEqual([1, 1, 2, 2, 4, 5, 5])
    // Nothing to draw at temperature 0.
    const refuse = (): number => {
      throw new Error('drawn')
    }
    expect(sampleCategorical(logits, { temperature: 0, random: refuse })).toBe(1)
    expect(sampleCategorical(Float32Array.of(0, 1), { temperature: 1e-320, random: () => 0 })).toBe(1)
  })

  it('refuses what gives no distribution', () => {
    const random = (): number => 0.5
    const refused: [Float32Array, number, string, RegExp][] = [
      [
        Float32Array.of(1),
        -1,
        'INVALID_OPTION',
        /temperature: expected a finite number of at least 0, received -1/,
      ],
      [Float32Array.of(1), Number.NaN, 'INVALID_OPTION', /temperature/],
      [Float32Array.of(1), Number.POSITIVE_INFINITY, 'INVALID_OPTION', /temperature/],
      [
        Float32Array.of(1, Number.NaN),
        1,
        'INVALID_OPTION',
        /logits\[1\]: expected a finite number or -Inf.*NaN/,
      ],
      [Float32Array.of(1, Number.NaN), 0, 'INVALID_OPTION', /logits\[1\]/],
      [Float32Array.of(Number.POSITIVE_INFINITY, 1), 1, 'INVALID_OPTION', /logits\[0\].*received Infinity/],
      [Float32Array.of(none, none), 1, 'INVALID_MASK', /-Infinity for all/],
      [new Float32Array(0), 1, 'EMPTY_DATA', /at least one class/],
    ]
    for (const [logits, temperature, code, message] of refused) {
      const act = (): number => sampleCategorical(logits, { temperature, random })
      expect(act).toThrow(message)
      expect(act).toThrow(expect.objectContaining({ code }))
    }
  })
})
