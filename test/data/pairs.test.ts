import { type Batch, pairBatches } from 'ostinato'
import { expect, test } from 'vitest'
import { failureText } from '../failures.js'

const special = { startToken: 8, endToken: 9 }
type Tensor = { readonly data: Int32Array; readonly shape: readonly number[] }

const rowsOf = ({ data, shape: [rows = 0, time = 0] }: Tensor): number[][] =>
  Array.from({ length: rows }, (_, b) => [...data.subarray(b * time, (b + 1) * time)])

function parts({ inputs, targets, lengths }: Batch) {
  const { source, previous } = inputs as unknown as Record<'source' | 'previous', Tensor>
  return {
    source: rowsOf(source),
    previous: rowsOf(previous),
    targets: rowsOf(targets as Tensor),
    lengths,
  }
}

test('targets stand behind the start token as inputs, and before the end token as targets', () => {
  const pairs = { sources: [[1, 2, 3], [4]], targets: [[5], [6, 7]] }
  const [batch, ...more] = pairBatches(pairs, special)
  expect(more).toEqual([])
  // The shorter source comes first.
  expect(parts(batch as Batch)).toEqual({
    source: [
      [4, 0, 0],
      [1, 2, 3],
    ],
    previous: [
      [8, 6, 7],
      [8, 5, 0],
    ],
    targets: [
      [6, 7, 9],
      [5, 9, 0],
    ],
    lengths: { previous: [3, 2], source: [1, 3] },
  })
})

const many = {
  sources: Array.from({ length: 50 }, (_, i) => new Array<number>(1 + ((i * 7) % 10)).fill(i)),
  targets: Array.from({ length: 50 }, (_, i) => new Array<number>((i * 3) % 5).fill(i)),
}

test('batches of so many steps, padding included, and every pair once', () => {
  const batches = pairBatches(many, { ...special, batchTokens: 60, shuffle: 'epoch' })
  for (let epoch = 0; epoch < 2; epoch++) {
    const made = [...batches]
    expect(made).toHaveLength(batches.length)
    const sizes = made.map(({ inputs }) => {
      const { source, previous } = inputs as unknown as Record<'source' | 'previous', Tensor>
      return (source.shape[0] ?? 0) * ((source.shape[1] ?? 0) + (previous.shape[1] ?? 0))
    })
    expect(Math.max(...sizes)).toBeLessThanOrEqual(60)
    // Bucketed: little of it is padding.
    expect(sizes.reduce((sum, n) => sum + n, 0)).toBeLessThan(1.1 * many.sources.flat().length + 2.2 * 150)
    const seen = made.flatMap((batch) => parts(batch).source.map(([first]) => first)).sort((a, b) => a! - b!)
    expect(seen).toEqual(many.sources.map((_, i) => i))
  }
})

test('another order in every epoch, the same for the same seed', () => {
  const order = (options: object, epochs = 1) => {
    const batches = pairBatches(many, { ...special, batchSize: 8, ...options })
    let found: unknown
    for (let epoch = 0; epoch < epochs; epoch++) found = [...batches].map((batch) => parts(batch).source)
    return found
  }
  expect(order({ shuffle: 'epoch', seed: 3 })).toEqual(order({ shuffle: 'epoch', seed: 3 }))
  expect(order({ shuffle: 'epoch', seed: 3 })).not.toEqual(order({ shuffle: 'epoch', seed: 4 }))
  expect(order({ shuffle: 'epoch' }, 2)).not.toEqual(order({ shuffle: 'epoch' }))
  expect(order({}, 2)).toEqual(order({}))
})

test('one pair that is longer than a batch is a batch', () => {
  const pairs = { sources: [new Array<number>(20).fill(1), [1]], targets: [[2], [2]] }
  expect(pairBatches(pairs, { ...special, batchTokens: 10 }).length).toBe(2)
})

test('says what is wrong', async () => {
  const fails = (pairs: object, options: object = {}) =>
    failureText(() => pairBatches(pairs as never, { ...special, ...options }))
  expect(await fails({ sources: [], targets: [] })).toContain('at least one pair')
  expect(await fails({ sources: [[1]], targets: [[1], [2]] })).toContain(
    '1 targets, one for each source, received 2',
  )
  expect(await fails({ sources: [[1]], targets: [[1]] }, { batchSize: 0 })).toContain('batchSize')
  expect(await fails({ sources: [[1]], targets: [[1]] }, { batchTokens: 1.5 })).toContain('batchTokens')
  expect(await fails({ sources: [[1]], targets: [[1]] }, { shuffle: 'yes' })).toContain('shuffle')
})
