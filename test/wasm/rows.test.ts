import { describe, expect, it } from 'vitest'
import { type InstructionName, statuses } from '../../src/contract/index.js'
import { createExecutor } from './executor.js'

const executor = await createExecutor()
const ok = [statuses.ok, 0, 0, 0]

describe('rows bound by hand', () => {
  it.each([
    ['a row', 1],
    ['too few rows for packing', 3],
    ['a tile and a bit', 5],
    ['many rows', 70],
  ])('multiply whole numbers exactly: %s', (_, M) => {
    for (const [K, N] of [
      [1, 1],
      [7, 5],
      [300, 9],
      [17, 300],
    ] as const) {
      const number = (i: number, modulus: number) => ((i * 7919) % modulus) - (modulus >> 1)
      const a = Array.from({ length: M * K }, (_, i) => number(i, 11))
      const b = Array.from({ length: K * N }, (_, i) => number(i, 9))
      const bias = Array.from({ length: N }, (_, i) => number(i, 5))
      const at = (array: readonly number[], row: number, column: number, width: number) =>
        array[row * width + column]!
      const expected = Array.from({ length: M * N }, (_, i) => {
        const [m, n] = [Math.floor(i / N), i % N]
        return Array.from({ length: K }, (_, k) => at(a, m, k, K) * at(b, k, n, N)).reduce(
          (x, y) => x + y,
          bias[n]!,
        )
      })
      const turned = (array: readonly number[], rows: number, columns: number) =>
        Array.from({ length: rows * columns }, (_, i) => at(array, i % rows, Math.floor(i / rows), columns))
      const y = executor.floats(new Float32Array(M * N).fill(7))
      const check = (name: InstructionName, ...fields: (number | ArrayBufferView)[]) => {
        y.fill(7)
        expect(executor.run(executor.row(name, ...fields))).toEqual(ok)
        return Array.from(y)
      }
      const [left, right] = [executor.floats(a), executor.floats(b)]
      expect(check('matmul', M, K, N, left, right, executor.floats(bias), y, 0)).toEqual(expected)
      const without = expected.map((value, i) => value - bias[i % N]!)
      expect(check('matmul', M, K, N, left, right, 0, y, 0)).toEqual(without)
      const leftTurned = executor.floats(turned(a, M, K))
      expect(check('matmul_transpose_a', K, M, N, leftTurned, right, y, 0)).toEqual(without)
      const rightTurned = executor.floats(turned(b, K, N))
      expect(check('matmul_transpose_b', M, K, N, left, rightTurned, y, 0)).toEqual(without)
    }
  })

  it('run one behind the other, and stop at the first that fails', () => {
    const table = executor.floats([1, 2, 3, 4])
    const y = executor.floats([0, 0, 0, 0])
    const good = executor.row('gather', 2, 2, 2, table, executor.integers([1, 0]), y)
    const bad = executor.row('gather', 2, 2, 2, table, executor.integers([0, 2]), y)
    const later = executor.row('fill', 4, y, 0x3f800000)
    expect(executor.run(good, bad, later)).toEqual([statuses.indexOutOfRange, 1, 2, 1])
    expect(Array.from(y)).toEqual([3, 4, 1, 2])
    expect(executor.run(good, later)).toEqual(ok)
    expect(Array.from(y)).toEqual([1, 1, 1, 1])
  })

  it('check every index before a state is written', () => {
    const slab = executor.floats([1, 2])
    const x = executor.floats([8, 9])
    const rows = executor.integers([0, 5])
    expect(executor.run(executor.row('state_store', 2, 1, 2, x, rows, slab))).toEqual([
      statuses.indexOutOfRange,
      0,
      5,
      1,
    ])
    expect(Array.from(slab)).toEqual([1, 2])
  })

  it('of an unknown instruction end the run', () => {
    expect(executor.run([9999, 8])).toEqual([statuses.invalidProgram, 0, 0, 0])
  })

  it('step an LSTM of one unit as its equations say', () => {
    const [x, h, c] = [0.5, -0.25, 0.75]
    const w = [0.1, -0.2, 0.3, 0.4]
    const r = [0.5, 0.6, -0.7, 0.8]
    const bias = [0.05, 1, -0.15, 0.25]
    const sigmoid = (v: number) => 1 / (1 + Math.exp(-v))
    const [i, f, g, o] = w.map((_, k) => x * w[k]! + h * r[k]! + bias[k]!) as [number, number, number, number]
    const cNext = sigmoid(f) * c + sigmoid(i) * Math.tanh(g)
    const hNext = sigmoid(o) * Math.tanh(cNext)
    const hOut = executor.floats([7, 7])
    const cOut = executor.floats([7, 7])
    const operands = [[x], w, r, bias].map((values) => executor.floats(values))
    const states = [[h], [c]].map((values) => executor.floats(values))
    const row = executor.row(
      'lstm',
      ...[1, 1, 1, 1, ...operands, 0, ...states, 0, 0, 0, 0, hOut, cOut, 0],
      ...[0, 0, 0, 0],
    )
    expect(executor.run(row)).toEqual(ok)
    expect(hOut[0]).toBe(h)
    expect(cOut[0]).toBe(c)
    expect(hOut[1]).toBeCloseTo(hNext, 6)
    expect(cOut[1]).toBeCloseTo(cNext, 6)
  })
})

describe('a masked step contributes exactly nothing, whatever lies there', () => {
  const [T, B, I, H] = [3, 2, 5, 6]
  const wave = (length: number, scale = 0.3) =>
    Array.from({ length }, (_, i) => Math.sin(i * 1.7 + 1) * scale)

  /** Gradients of a cell whose second row is one step shorter, with `junk` behind its end. */
  function gradients(cell: 'rnn' | 'lstm' | 'gru', attributes: readonly number[], junk: number): number[] {
    const gates = { rnn: 1, lstm: 4, gru: 3 }[cell]
    const x = wave(T * B * I)
    x.fill(junk, (2 * B + 1) * I, (2 * B + 2) * I)
    const empty = (length: number) => executor.floats(new Float32Array(length).fill(7))
    const inputs = [x, wave(I * gates * H), wave(H * gates * H), wave(gates * H)].map((v) =>
      executor.floats(v),
    )
    const [input, kernel, recurrent, bias] = inputs as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ]
    const lengths = executor.integers([3, 2])
    const [h, c, saved] = [empty((T + 1) * B * H), empty((T + 1) * B * H), empty(T * B * 4 * 16)]
    const dy = executor.floats(wave(T * B * H))
    const outputs = [T * B * I, I * gates * H, H * gates * H, gates * H].map(empty)
    const forward = {
      rnn: [bias, 0, lengths, 0, 0, h],
      lstm: [bias, 0, 0, 0, lengths, 0, 0, 0, h, c, saved],
      gru: [bias, 0, 0, lengths, 0, 0, h, saved],
    }[cell]
    const backward = {
      rnn: [h, lengths, 0, 0, dy, 0, saved, ...outputs, 0, 0],
      lstm: [0, h, c, saved, lengths, 0, 0, 0, dy, 0, 0, ...outputs, 0, 0, 0, 0],
      gru: [h, saved, lengths, 0, 0, dy, 0, ...outputs, 0, 0, 0],
    }[cell]
    const zoneouts = cell === 'lstm' ? [0, 0] : [0]
    const common = [T, B, I, H, input, kernel, recurrent] as const
    const status = executor.run(
      executor.row(cell, ...common, ...forward, ...attributes, ...zoneouts, 0),
      executor.row(`${cell}_backward`, ...common, ...backward, ...attributes, 0),
    )
    expect(status).toEqual(ok)
    return [h, ...outputs].flatMap((array) => Array.from(array))
  }

  it.each([
    ['rnn', [0, 0]],
    ['rnn', [1, 1]],
    ['lstm', [0]],
    ['lstm', [1]],
    ['gru', [0, 0, 0]],
    ['gru', [0, 1, 0]],
    ['gru', [1, 1, 1]],
  ] as const)('%s %j', (cell, attributes) => {
    const clean = gradients(cell, attributes, 0)
    expect(clean.every(Number.isFinite)).toBe(true)
    for (const junk of [Number.NaN, Number.POSITIVE_INFINITY, 1e30]) {
      expect(gradients(cell, attributes, junk)).toEqual(clean)
    }
  })
})
