import { describe, expect, it } from 'vitest'
import { toBfloat16 } from '../../src/backends/reference/kernels/precision.js'
import { type InstructionName, precisions } from '../../src/contract/index.js'
import type { Case } from '../conformance/case.js'
import { largestDifference } from '../conformance/compare.js'
import { evaluate, type Tensors } from './differences.js'

/** Reduced precision on the reference, held against float32 with operands that were rounded beforehand. */
const round = (numbers: Float64Array): Float64Array => numbers.map(toBfloat16)
const matmul = (precision: number, M: number, K: number, N: number): Case => ({
  name: 'matmul in a precision',
  steps: [{ instruction: 'matmul' }],
  variables: { M, K, N },
  attributes: { precision },
})
const same = (a: Float64Array, b: Float64Array) =>
  expect(largestDifference(a, b).difference).toBeLessThan(1e-12)

describe('bfloat16', () => {
  it('is the nearest number with eight significant bits, ties to even', () => {
    const ulp = 2 ** -7
    const cases: readonly (readonly [number, number])[] = [
      [1, 1],
      [1 + 0.5 * ulp, 1],
      [1 + 1.5 * ulp, 1 + 2 * ulp],
      [-1 - 0.51 * ulp, -1 - ulp],
      [1e30 * 3, Math.fround(3e30)],
      [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      [-3.4e38, Number.NEGATIVE_INFINITY],
      [-0, -0],
    ]
    for (const [value, expected] of cases) {
      const got = toBfloat16(value)
      if (Math.abs(expected) === Math.fround(3e30)) expect(Math.abs(got / expected - 1)).toBeLessThan(2 ** -8)
      else expect(got).toBe(expected)
    }
    expect(toBfloat16(Number.NaN)).toBeNaN()
  })

  it('rounds both operands of a product', () => {
    const { given, results } = evaluate(matmul(precisions.bfloat16, 4, 9, 5))
    const fixed = { a: round(given['a']!), b: round(given['b']!) }
    same(results['y']!, evaluate(matmul(precisions.float32, 4, 9, 5), fixed).results['y']!)
  })

  it.each(['rnn', 'lstm'] as const)('%s is float32 steps over rounded operands', (cell) => {
    const [T, B, I, H] = [4, 2, 3, 5]
    const states = cell === 'lstm' ? ['h', 'c'] : ['h']
    const initial = states.map((s) => `initial${s.toUpperCase()}`)
    const sequence = (steps: number, precision: number): Case => ({
      name: `${cell} in bfloat16`,
      steps: [{ instruction: cell, optional: ['bias', ...initial] }],
      variables: { T: steps, B, I, H },
      attributes: { reverse: 0, activation: 0, zoneoutH: 0, zoneoutC: 0, precision },
    })
    const { given, results } = evaluate(sequence(T, precisions.bfloat16))
    for (let t = 0; t < T; t++) {
      const rows = (name: string, at: number) => results[name]!.slice(at * B * H, (at + 1) * B * H)
      const fixed: Tensors = {
        ...given,
        kernel: round(given['kernel']!),
        recurrentKernel: round(given['recurrentKernel']!),
        x: round(given['x']!.slice(t * B * I, (t + 1) * B * I)),
        initialH: round(rows('h', t)),
        ...(cell === 'lstm' ? { initialC: rows('c', t) } : {}),
      }
      const step = evaluate(sequence(1, precisions.float32), fixed).results
      for (const s of states) same(step[s]!.slice(B * H), rows(s, t + 1))
    }
  })

  it.each([
    ['rnn', 'rnn_backward'],
    ['lstm', 'lstm_backward'],
    ['gru', 'gru_backward'],
  ] as const)('%s gives the gradients of float32 within its rounding', (forward, backward) => {
    const far = gradientsOf(forward, backward, precisions.bfloat16, precisions.float32)
    // Eight bits: 2⁻⁹ of every operand, in sums of a dozen products. Not rounded at all would be 0.
    for (const name of ['dx', 'dKernel', 'dRecurrentKernel', 'dInitialH']) {
      expect(far[name], name).toBeLessThan(0.02)
      expect(far[name], name).toBeGreaterThan(1e-5)
    }
  })
})

/** The largest difference of each gradient between two precisions of the same pair. */
function gradientsOf(forward: InstructionName, backward: InstructionName, a: number, b: number) {
  const biases = forward === 'gru' ? ['bias', 'recurrentBias'] : ['bias']
  const optional = [...biases, 'initialH', ...(forward === 'rnn' ? [] : ['saved'])]
  const gradients = ['dy', 'dx', 'dKernel', 'dRecurrentKernel', 'dBias', 'dInitialH']
  const pair = (precision: number): Case => ({
    name: `${forward} in two precisions`,
    steps: [
      { instruction: forward, optional },
      { instruction: backward, optional: gradients },
    ],
    variables: { T: 3, B: 4, I: 6, H: 8 },
    attributes: {
      reverse: 0,
      activation: 0,
      resetAfter: 1,
      updateGate: 0,
      zoneoutH: 0,
      zoneoutC: 0,
      precision,
    },
  })
  const [left, right] = [evaluate(pair(a)).results, evaluate(pair(b)).results]
  return Object.fromEntries(
    gradients.slice(1).map((name) => [name, largestDifference(left[name]!, right[name]!).difference]),
  )
}

describe('int8', () => {
  it('quantizes rows and columns by hand-made scales, ties to even', () => {
    // Scales of rows: 1, and 2; of the columns: 1, and 0.5. So q of a: [127 2 4 −2 0], [−127 64 0 1 0].
    const a = [127, 2.5, 3.5, -2.5, 0.5, -254, 127, 1, 2, -1]
    const b = [127, 63.5, 1, 0.25, 2, -0.75, -3, 1, 0, 10]
    const q = {
      a: [
        [127, 2, 4, -2, 0],
        [-127, 64, 0, 1, 0],
      ],
      b: [
        [127, 1, 2, -3, 0],
        [127, 0, -2, 2, 20],
      ],
    }
    const expected = q.a.flatMap((row, m) =>
      q.b.map((column, n) => row.reduce((sum, v, k) => sum + v * column[k]!, 0) * [1, 2][m]! * [1, 0.5][n]!),
    )
    const fixed = { a: Float64Array.from(a), b: Float64Array.from(b) }
    const { results } = evaluate(matmul(precisions.int8, 2, 5, 2), fixed)
    expect(Array.from(results['y']!)).toEqual(expected)
  })

  it('stays within half a step of each operand', () => {
    const [M, K, N] = [6, 40, 7]
    const { given, results } = evaluate(matmul(precisions.int8, M, K, N))
    const exact = evaluate(matmul(precisions.float32, M, K, N), given).results['y']!
    const [a, b] = [given['a']!, given['b']!]
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        const [row, column] = [
          a.slice(m * K, (m + 1) * K),
          Float64Array.from({ length: K }, (_, k) => b[k * N + n]!),
        ]
        const half = (v: Float64Array) => v.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 254
        const sum = (v: Float64Array) => v.reduce((s, x) => s + Math.abs(x), 0)
        const bound = half(row) * sum(column) + half(column) * sum(row) + K * half(row) * half(column)
        expect(Math.abs(results['y']![m * N + n]! - exact[m * N + n]!)).toBeLessThanOrEqual(bound * 1.001)
      }
    }
  })
})
