import { describe, expect, it } from 'vitest'
import { argmax, Sampler, type SamplingOptions } from '../../src/decode/sample.js'
import { RandomStream } from '../../src/random/random.js'

const none = Number.NEGATIVE_INFINITY
const infinity = Number.POSITIVE_INFINITY

describe('argmax', () => {
  it('is the first of the largest', () => {
    expect(argmax(Float32Array.of(1, 3, 3, 2))).toBe(1)
    expect(argmax(Float64Array.of(none, -5, none))).toBe(1)
    expect(argmax(Float32Array.of(-1))).toBe(0)
    expect(argmax(Float32Array.of(9, 1, 2, 9), 1, 2)).toBe(1)
  })

  it('points at what is no score, and at nothing where nothing can be chosen', () => {
    expect(argmax(Float32Array.of(1, Number.NaN, 3))).toBe(1)
    expect(argmax(Float32Array.of(none, infinity, Number.NaN))).toBe(1)
    expect(argmax(Float32Array.of(none, none))).toBe(-1)
    expect(argmax(new Float32Array(0))).toBe(-1)
  })
})

function draw(options: SamplingOptions, scores: Float32Array | Float64Array, random: () => number): number {
  return new Sampler('test', options).draw(scores, 0, scores.length, argmax(scores), random)
}

/** How often each class is drawn, in n draws. */
function frequencies(options: SamplingOptions, scores: Float32Array, n: number): number[] {
  const stream = new RandomStream(21)
  const sampler = new Sampler('test', options)
  const best = argmax(scores)
  const counts = Array.from(scores, () => 0)
  for (let i = 0; i < n; i++)
    counts[sampler.draw(scores, 0, scores.length, best, () => stream.uniform())]! += 1
  return counts.map((count) => count / n)
}

/** Weights of the classes as log-scores. */
const logs = (...weights: number[]): Float32Array => Float32Array.from(weights, Math.log)

describe('Sampler', () => {
  it('draws with the probabilities of softmax(scores ∕ temperature)', () => {
    for (const temperature of [1, 0.5, 2]) {
      const powers = [1, 2, 0, 5].map((p) => p ** (1 / temperature))
      const total = powers.reduce((sum, p) => sum + p, 0)
      const n = 40_000
      const shares = frequencies({ temperature }, logs(1, 2, 0, 5), n)
      expect(shares[2]).toBe(0)
      for (const i of [0, 1, 3]) {
        const p = powers[i]! / total
        expect(Math.abs(shares[i]! - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n))
      }
    }
  })

  it('draws from the likeliest only: topK of them, then those that make up topP', () => {
    const n = 20_000
    const scores = logs(10, 40, 5, 25, 20)
    const expected: [SamplingOptions, number[]][] = [
      [{ topK: 1 }, [0, 1, 0, 0, 0]],
      [{ topK: 3 }, [0, 40 / 85, 0, 25 / 85, 20 / 85]],
      [{ topK: 9 }, [0.1, 0.4, 0.05, 0.25, 0.2]],
      // 40 + 25 + 20 = 85 ≥ 80 > 65.
      [{ topP: 0.8 }, [0, 40 / 85, 0, 25 / 85, 20 / 85]],
      [{ topP: 0.39 }, [0, 1, 0, 0, 0]],
      [{ topP: 0.41 }, [0, 40 / 65, 0, 25 / 65, 0]],
      // Of 85, 70 percent are 59.5: 40 and 25.
      [{ topK: 3, topP: 0.7 }, [0, 40 / 65, 0, 25 / 65, 0]],
      // Squares, 1600 of 2750: at this temperature the first alone is enough.
      [{ temperature: 0.5, topP: 0.55 }, [0, 1, 0, 0, 0]],
    ]
    for (const [options, probabilities] of expected) {
      const shares = frequencies(options, scores, n)
      for (const [i, p] of probabilities.entries()) {
        expect(Math.abs(shares[i]! - p)).toBeLessThanOrEqual(5 * Math.sqrt((p * (1 - p)) / n))
      }
    }
    // Exactly half of all is enough.
    const halves = Float64Array.of(0, -Math.LN2, -Math.LN2)
    expect(draw({ topP: 0.5 }, halves, () => 0.99)).toBe(0)
    expect(draw({ topP: 0.51 }, halves, () => 0.99)).toBe(2)
    // Those as likely as the last of the k are in.
    const ties = frequencies({ topK: 2 }, logs(1, 2, 1, 0), n)
    expect(ties.map((share) => share > 0)).toEqual([true, true, true, false])
  })

  it('cuts [0, 1) in the order of the classes', () => {
    const scores = Float64Array.of(none, 0, 0, none, 0, 0, none)
    const at = (u: number): number => draw({}, scores, () => u)
    expect([0, 0.2499, 0.25, 0.4999, 0.5, 0.75, 1 - 2 ** -53].map(at)).toEqual([1, 1, 2, 2, 4, 5, 5])
    // Nothing to draw at temperature 0.
    const refuse = (): number => {
      throw new Error('drawn')
    }
    expect(draw({ temperature: 0 }, scores, refuse)).toBe(1)
    expect(draw({ temperature: 1e-320 }, Float32Array.of(0, 1), () => 0)).toBe(1)
  })

  it('refuses what gives no distribution', () => {
    const refused: [SamplingOptions, RegExp][] = [
      [{ temperature: -1 }, /test, temperature: expected a finite number of at least 0, received -1/],
      [{ temperature: Number.NaN }, /temperature/],
      [{ temperature: infinity }, /temperature/],
      [{ topK: 0 }, /topK: expected an integer of at least 1, received 0/],
      [{ topP: 0 }, /topP: expected a number above 0, at most 1, received 0/],
      [{ topP: 1.1 }, /topP/],
      [{ topP: Number.NaN }, /topP/],
    ]
    for (const [options, message] of refused) {
      const act = (): Sampler => new Sampler('test', options)
      expect(act).toThrow(message)
      expect(act).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    }
  })
})
