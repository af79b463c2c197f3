import { describe, it } from 'vitest'
import type { Case } from '../conformance/case.js'
import { dot, evaluate, expectGradients, type Tensors } from './differences.js'

const [T, B, H] = [5, 4, 3]
const row = B * H
const both = [0, 1]
const variants = both.flatMap((convex) =>
  both.flatMap((reverse) => [false, true].map((masked) => ({ convex, reverse, masked }))),
)

describe('linear_recurrence', () => {
  it.each(variants)(
    'has the gradients of central differences: convex $convex, reverse $reverse, masked $masked',
    ({ convex, reverse, masked }) => {
      const mask = masked ? ['lengths'] : []
      const forward = { instruction: 'linear_recurrence', optional: ['initialH', ...mask] } as const
      const given = ['dy', 'dFinalH', 'da', 'db', 'dInitialH', ...mask]
      const pair: Case = {
        name: `linear_recurrence convex ${convex} reverse ${reverse} masked ${masked}`,
        steps: [forward, { instruction: 'linear_recurrence_backward', optional: given }],
        variables: { T, B, H },
        attributes: { reverse, convex },
        data: { lengths: [3, 5, 0, 4] },
      }
      const { given: numbers, results } = evaluate(pair)
      const loss = ({ h }: Tensors) =>
        dot(numbers['dy']!, reverse ? h!.subarray(0, T * row) : h!.subarray(row)) +
        dot(numbers['dFinalH']!, reverse ? h!.subarray(0, row) : h!.subarray(T * row))
      expectGradients({ ...pair, steps: [forward] }, numbers, loss, {
        a: results['da']!,
        b: results['db']!,
        initialH: results['dInitialH']!,
      })
    },
  )
})
