import { describe, expect, it } from 'vitest'
import type { InstructionName } from '../../src/contract/index.js'
import { createExecutor } from './executor.js'

type Unary = Extract<InstructionName, 'exp' | 'log' | 'tanh' | 'sigmoid' | 'relu'>

const executor = await createExecutor()

function evaluate(name: Unary, values: ArrayLike<number>): Float32Array {
  const x = executor.floats(values)
  const y = executor.floats(new Float32Array(values.length).fill(7))
  expect(executor.run(executor.row(name, values.length, x, y))).toEqual([0, 0, 0, 0])
  return y
}

/** Distance to the true value in units of the last place of its float32. */
function ulps(value: number, exact: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(exact))), -126)
  return Math.abs(value - exact) / 2 ** (exponent - 23)
}

function worst(name: Unary, exact: (x: number) => number, from: number, to: number): number {
  const count = 40_003
  const x = Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1))
  const y = evaluate(name, x)
  return x.reduce((most, v, i) => Math.max(most, ulps(y[i]!, exact(v))), 0)
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

describe('the largest error in units of the last place', () => {
  it.each([
    ['exp', Math.exp, -87, 88.7, 2.5],
    ['exp', Math.exp, -1, 1, 2.5],
    ['tanh', Math.tanh, -18, 18, 6],
    ['tanh', Math.tanh, -1e-3, 1e-3, 2],
    ['sigmoid', sigmoid, -18, 18, 4],
    ['sigmoid', sigmoid, -87, -18, 4],
    ['log', Math.log, 1e-3, 100, 0.51],
    ['log', Math.log, 0.99, 1.01, 0.51],
  ] as const)('of %s', (name, exact, from, to, most) => {
    const error = worst(name, exact, from, to)
    expect(error).toBeGreaterThan(0)
    expect(error).toBeLessThanOrEqual(most)
  })
})

describe('the ends of the range', () => {
  const { POSITIVE_INFINITY: infinity } = Number
  const smallest = 2 ** -149

  it.each([
    [
      'exp',
      [0, -0, infinity, -infinity, 89, 1e30, -104, -1e30, NaN],
      [1, 1, infinity, 0, infinity, infinity, 0, 0, NaN],
    ],
    ['tanh', [0, -0, infinity, -infinity, 9, -1e30, NaN], [0, -0, 1, -1, 1, -1, NaN]],
    ['sigmoid', [0, -0, infinity, -infinity, 1e30, -1e30, 20, NaN], [0.5, 0.5, 1, 0, 1, 0, 1, NaN]],
    ['log', [1, 0, -0, infinity, -1, -infinity, NaN], [0, -infinity, -infinity, infinity, NaN, NaN, NaN]],
    ['relu', [1.5, 0, -0, -2, infinity, -infinity, NaN], [1.5, 0, -0, 0, infinity, 0, NaN]],
  ] as const)('of %s', (name, x, expected) => {
    // One by one as well: the last few of a tensor take another path than whole vectors.
    expect(Array.from(evaluate(name, x))).toEqual(expected)
    for (const [i, value] of x.entries()) expect(evaluate(name, [value])[0]).toBe(expected[i])
  })

  it('of exp, where its values lose bits on the way to 0', () => {
    const x = Float32Array.from({ length: 300 }, (_, i) => -87 - (17 * i) / 299)
    const y = evaluate('exp', x)
    for (const [i, value] of x.entries())
      expect(Math.abs(y[i]! - Math.exp(value))).toBeLessThanOrEqual(2.5 * smallest + 3e-7 * y[i]!)
    expect(y.filter((value) => value > 0 && value < 2 ** -126).length).toBeGreaterThan(100)
  })

  it('of log, below the smallest normal number', () => {
    expect(evaluate('log', [smallest])[0]).toBe(Math.fround(Math.log(smallest)))
  })
})
