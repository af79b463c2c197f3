import { expect, test } from 'vitest'
import { History } from '../../src/decode/history.js'

test('a history keeps what it holds when it grows', () => {
  const history = new History()
  const [rows, steps, width] = [701, 40, 3]
  const ids = Int32Array.from({ length: rows }, (_, row) => row)
  for (let step = 0; step < steps; step++) {
    const attention = Float32Array.from({ length: rows * width }, (_, i) => step + i / 100_000)
    history.appendAttention(attention, rows)
    const parents = ids.map((row) => (row + 1) % rows)
    history.append(
      ids.map((row) => row * steps + step),
      parents,
      Float32Array.from(ids, (row) => -row - step / 8),
    )
  }
  // The last token follows row 7 of the step before, which follows row 8, and so on.
  const ending = { step: steps - 1, parent: 7, token: 99, tokenScore: -1, ended: false }
  const { tokens, tokenScores, attention } = history.hypothesis(ending, width)
  const found = attention?.data ?? []
  const path = Array.from({ length: steps - 1 }, (_, step) => 7 + steps - 2 - step)
  expect([...tokens]).toEqual([...path.map((row, step) => row * steps + step), 99])
  expect([...tokenScores]).toEqual([...path.map((row, step) => -row - step / 8), -1])
  const looked = [7 + steps - 1, ...path].map((row, step) => Math.fround(step + (row * width) / 100_000))
  expect(looked.map((_, step) => found[step * width])).toEqual(looked)
})
