import { describe, expect, it } from 'vitest'
import {
  batches,
  type SingleBatch,
  sequenceBatches,
  type TensorLike,
  textStreams,
  toTensorData,
} from '../../src/data/index.js'

const ints = (value: TensorLike | undefined): number[] => [...toTensorData(value!, 'i32', 'test').data]
const shapeOf = (value: TensorLike | undefined): readonly number[] =>
  toTensorData(value!, 'f32', 'test').shape

describe('textStreams', () => {
  // Token i is i, so every value says where it was read.
  const tokens = Int32Array.from({ length: 24 }, (_, i) => i)

  it('cuts contiguous streams into windows', () => {
    // m = (24 − 1) ÷ 3 = 7 tokens a stream; windows of 3 start at 0 and 3 (range(0, 7 − 3, 3)).
    const streams = textStreams(tokens, { batch: 3, time: 3 })
    expect(streams.length).toBe(2)
    expect([...streams]).toEqual([
      {
        inputs: { data: Int32Array.of(0, 1, 2, 7, 8, 9, 14, 15, 16), shape: [3, 3] },
        targets: { data: Int32Array.of(1, 2, 3, 8, 9, 10, 15, 16, 17), shape: [3, 3] },
        reset: true,
      },
      {
        inputs: { data: Int32Array.of(3, 4, 5, 10, 11, 12, 17, 18, 19), shape: [3, 3] },
        targets: { data: Int32Array.of(4, 5, 6, 11, 12, 13, 18, 19, 20), shape: [3, 3] },
        reset: false,
      },
    ])
  })

  it('starts anew for every epoch', () => {
    const streams = textStreams(tokens, { batch: 2, time: 4 })
    expect([...streams]).toEqual([...streams])
  })

  it.each(Array.from({ length: 40 }, (_, i) => i))('has every window that is full, for %i tokens', (n) => {
    for (const [batch, time] of [
      [1, 1],
      [2, 3],
      [3, 2],
      [4, 5],
    ] as const) {
      const m = Math.floor((n - 1) / batch)
      const starts: number[] = []
      for (let t = 0; t + time <= m; t += time) starts.push(t)
      const make = () =>
        textStreams(
          Int32Array.from({ length: n }, (_, i) => i),
          { batch, time },
        )
      if (starts.length === 0) {
        expect(make).toThrow(expect.objectContaining({ code: 'EMPTY_DATA' }))
        expect(n).toBeLessThan(batch * time + 1)
        continue
      }
      const all = [...make()]
      expect(all.map((b) => ints(b.inputs)[0])).toEqual(starts)
      expect(make().length).toBe(starts.length)
      expect(all.every((b) => ints(b.targets).every((v, i) => v === ints(b.inputs)[i]! + 1))).toBe(true)
    }
  })

  it('refuses senseless sizes', () => {
    expect(() => textStreams(tokens, { batch: 0, time: 3 })).toThrow(
      /textStreams\.batch: expected an integer/,
    )
    expect(() => textStreams(tokens, { batch: 1, time: 2.5 })).toThrow(/textStreams\.time/)
    expect(() => textStreams(tokens, { batch: 1, times: 2 } as never)).toThrow(/Did you mean "time"\?/)
    expect(() => textStreams(tokens, { batch: 8, time: 3 })).toThrow(
      /expected at least 25 tokens .*received 24/,
    )
  })
})

describe('batches', () => {
  const rows = 10
  const inputs = { data: Float32Array.from({ length: 20 }, (_, i) => Math.floor(i / 2)), shape: [rows, 2] }
  const targets = Int32Array.from({ length: rows }, (_, i) => i)
  const lengths = Array.from({ length: rows }, (_, i) => i % 3)
  const weights = Array.from({ length: rows }, (_, i) => [i / 2])

  const check = (all: SingleBatch[]): number[] =>
    all.flatMap((batch) => {
      const order = ints(batch.targets)
      expect(ints(batch.inputs)).toEqual(order.flatMap((row) => [row, row]))
      expect(ints(batch.lengths)).toEqual(order.map((row) => row % 3))
      expect(batch.weights).toEqual(order.map((row) => [row / 2]))
      return order
    })

  it('keeps the order and ends with a smaller batch', () => {
    const all = batches({ inputs, targets, lengths, weights }, { batchSize: 4 })
    expect(all.length).toBe(3)
    expect(check([...all])).toEqual([...targets])
    expect([...all].map((b) => shapeOf(b.inputs))).toEqual([
      [4, 2],
      [4, 2],
      [2, 2],
    ])
    expect(check([...all])).toEqual([...targets])
    expect(Object.keys([...batches({ inputs }, { batchSize: 4 })][0]!)).toEqual(['inputs'])
  })

  it('shuffles rows together, differently every epoch, the same for a seed', () => {
    const make = (seed: number) =>
      batches({ inputs, targets, lengths, weights }, { batchSize: 3, shuffle: 'epoch', seed })
    const a = make(1)
    const first = check([...a])
    const second = check([...a])
    for (const order of [first, second]) expect([...order].sort((x, y) => x - y)).toEqual([...targets])
    expect(second).not.toEqual(first)
    expect(first).not.toEqual([...targets])
    const b = make(1)
    for (const _ of b) break
    expect(check([...b])).toEqual(second)
    expect(check([...make(2)])).not.toEqual(first)
  })

  it('refuses rows that do not belong together, and none', () => {
    expect(() => batches({ inputs, targets: [1, 2] }, { batchSize: 1 })).toThrow(
      /^batches\.targets: expected 10 rows, as inputs have, received 2$/,
    )
    expect(() => batches({ inputs: [] }, { batchSize: 1 })).toThrow(
      expect.objectContaining({ code: 'EMPTY_DATA' }),
    )
    expect(() => batches({ inputs: 3 }, { batchSize: 1 })).toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH' }),
    )
    expect(() => batches({ inputs }, { batchSize: 0 })).toThrow(/batches\.batchSize/)
    expect(() => batches({ inputs }, { batchSize: 1, shuffle: 'epochs' as 'epoch' })).toThrow(/mean "epoch"/)
    expect(() => batches({ inputs }, { batchSize: 1, suffle: 'epoch' } as never)).toThrow(/mean "shuffle"/)
    expect(() => batches({ inputs, target: targets } as never, { batchSize: 1 })).toThrow(/mean "targets"/)
    expect(() => batches({ inputs }, { batchSize: 1, seed: -1 })).toThrow(/seed/)
  })
})

describe('sequenceBatches', () => {
  it('pads to the longest of the batch and says the lengths', () => {
    const all = sequenceBatches(
      { inputs: [[1, 2, 3], Int32Array.of(4), [], [5, 6]], targets: [[9, 8, 7], [6], [], [5, 4]] },
      { batchSize: 2 },
    )
    expect(all.length).toBe(2)
    expect([...all]).toEqual([
      {
        inputs: { data: Int32Array.of(1, 2, 3, 4, 0, 0), shape: [2, 3] },
        targets: { data: Int32Array.of(9, 8, 7, 6, 0, 0), shape: [2, 3] },
        lengths: { data: Int32Array.of(3, 1), shape: [2] },
      },
      {
        inputs: { data: Int32Array.of(0, 0, 5, 6), shape: [2, 2] },
        targets: { data: Int32Array.of(0, 0, 5, 4), shape: [2, 2] },
        lengths: { data: Int32Array.of(0, 2), shape: [2] },
      },
    ])
  })

  it('takes a label for each sequence, and features for each step', () => {
    const a = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }
    const b = { data: Float32Array.of(5, 6), shape: [1, 2] }
    const [batch] = sequenceBatches({ inputs: [a, b], targets: [7, 8] }, { batchSize: 2 })
    expect(batch).toEqual({
      inputs: { data: Float32Array.of(1, 2, 3, 4, 5, 6, 0, 0), shape: [2, 2, 2] },
      targets: { data: Int32Array.of(7, 8), shape: [2] },
      lengths: { data: Int32Array.of(2, 1), shape: [2] },
    })
  })

  it('has at least one step, even where every sequence is empty', () => {
    const [batch] = sequenceBatches({ inputs: [[], []] }, { batchSize: 2 })
    expect(shapeOf(batch!.inputs)).toEqual([2, 1])
    expect(ints(batch!.lengths)).toEqual([0, 0])
  })

  it('shuffles inputs, targets and lengths together', () => {
    const inputs = Array.from({ length: 20 }, (_, i) => Array.from({ length: i }, () => i))
    const targets = inputs.map((_, i) => i)
    const all = sequenceBatches({ inputs, targets }, { batchSize: 3, shuffle: 'epoch', seed: 4 })
    const order: number[] = []
    for (const batch of all) {
      const rows = ints(batch.targets)
      const [, time] = shapeOf(batch.inputs)
      expect(ints(batch.lengths)).toEqual(rows)
      expect(ints(batch.inputs)).toEqual(
        rows.flatMap((r) => [...Array(r).fill(r), ...Array(time! - r).fill(0)]),
      )
      order.push(...rows)
    }
    expect(order).not.toEqual(targets)
    expect(order.sort((x, y) => x - y)).toEqual(targets)
  })

  it('names the row that does not fit', () => {
    const float = { data: Float32Array.of(1, 2), shape: [1, 2] }
    const refused: [() => unknown, RegExp][] = [
      [
        () => sequenceBatches({ inputs: [[1, 2]], targets: [[1]] }, { batchSize: 1 }),
        /targets\[0\]: expected 2 steps/,
      ],
      [
        () => sequenceBatches({ inputs: [[1]], targets: [1, 2] }, { batchSize: 1 }),
        /targets: expected 1, one for each/,
      ],
      [
        () => sequenceBatches({ inputs: [[1], [0.5]] }, { batchSize: 1 }),
        /inputs\[1\]\[0\]: expected an int32/,
      ],
      [
        () => sequenceBatches({ inputs: [[1], float] }, { batchSize: 1 }),
        /inputs\[1\]: expected \[time\], received \[1, 2\]/,
      ],
      [
        () => sequenceBatches({ inputs: [[1], { data: Float32Array.of(1), shape: [1] }] }, { batchSize: 1 }),
        /inputs\[1\]: expected Int32Array as before, received Float32Array/,
      ],
      [() => sequenceBatches({ inputs: [] }, { batchSize: 1 }), /sequenceBatches: expected at least one row/],
    ]
    for (const [act, message] of refused) expect(act).toThrow(message)
  })
})
