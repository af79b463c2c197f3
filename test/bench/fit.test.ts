import { expect, it } from 'vitest'
import { fitNonNegative, predict } from '../../bench/fit.js'

const rows = [1, 2, 3, 5, 8, 17].flatMap((b) => [1, 4, 9].map((t) => [1, t, t * b]))

it('finds the costs that times were made of', () => {
  const costs = [3, 0.5, 2]
  const times = rows.map((row) => predict(row, costs))
  const found = fitNonNegative(rows, times)
  for (const [j, cost] of costs.entries()) expect(found[j]).toBeCloseTo(cost, 6)
})

it('never gives a negative cost', () => {
  // The best fit without the condition has −1 for the middle term.
  const times = rows.map((row) => predict(row, [12, -1, 2]))
  const found = fitNonNegative(rows, times)
  expect(found[1]).toBe(0)
  expect(Math.min(...found)).toBe(0)
})
