/** The toy tasks: what is made of a sequence, and how an answer is counted. */
import { RandomStream } from 'ostinato'
import { describe, expect, test } from 'vitest'
import { exactShare, symbolBatches, symbolModel, symbolPairs } from '../../examples/symbols.js'

const pairs = (task: 'copy' | 'reverse' | 'sort', rows = 400) =>
  symbolPairs(rows, { task, longest: 5 }, new RandomStream(3))
const lists = (sequences: readonly ArrayLike<number>[]): number[][] =>
  sequences.map((each) => Array.from(each))

describe('the sequences', () => {
  test('have lengths from 1 to the longest and symbols that are no special tokens', () => {
    const { sources } = pairs('copy')
    const sorted = (values: Iterable<number>): number[] => [...new Set(values)].sort((a, b) => a - b)
    expect(sorted(sources.map(({ length }) => length))).toEqual([1, 2, 3, 4, 5])
    expect(sorted(lists(sources).flat())).toEqual([3, 4, 5, 6, 7, 8, 9, 10])
  })

  test.each([
    ['copy', (source: number[]) => source],
    ['reverse', (source: number[]) => [...source].reverse()],
    ['sort', (source: number[]) => [...source].sort((a, b) => a - b)],
  ] as const)('%s', (task, expected) => {
    const { sources, targets } = pairs(task)
    expect(lists(targets)).toEqual(lists(sources).map(expected))
  })

  test('are other ones in each epoch', () => {
    const batches = symbolBatches(4, 8, { task: 'copy', longest: 5 }, new RandomStream(0))
    const [first, second] = [[...batches], [...batches]]
    expect([first.length, second.length, batches.length]).toEqual([4, 4, 4])
    expect(first.map(({ targets }) => targets)).not.toEqual(second.map(({ targets }) => targets))
  })
})

test('an answer counts if all of it is right, and its end', async () => {
  const { model } = symbolModel({ units: 4, order: 'forward', seed: 0, backend: 'reference' })
  // What is said does not depend on the source: the scores are their biases.
  const say = (token: number): void => {
    const data = new Float32Array(11)
    data[token] = 1e3
    model.setWeights([{ name: 'scores/bias', data }])
  }
  const nothing = { sources: [Int32Array.of(3), Int32Array.of(4, 5)], targets: [[], []] }
  const three = { ...nothing, targets: [[3], [3, 3, 3]] }
  say(2)
  expect([await exactShare(model, nothing), await exactShare(model, three)]).toEqual([1, 0])
  say(3) // and never ends
  expect([await exactShare(model, nothing), await exactShare(model, three)]).toEqual([0, 0])
  model.dispose()
})

test('to copy what is read backwards is to reverse what is read forwards', async () => {
  const copy = pairs('copy', 20)
  const reverse = { ...copy, sources: copy.sources.map((source) => source.slice().reverse()) }
  const loss = async (order: 'forward' | 'reversed', given: typeof copy) => {
    const model = symbolModel({ units: 4, order, seed: 0, backend: 'reference' }).compile()
    const found = await model.evaluate(given)
    model.dispose()
    return found.loss
  }
  expect(await loss('forward', reverse)).toBeCloseTo(await loss('reversed', copy), 12)
  expect(await loss('forward', copy)).not.toBeCloseTo(await loss('reversed', copy), 6)
})
