import { describe, expect, it } from 'vitest'
import { fans } from '../../src/initializers/fans.js'
import { type InitializerName, initializers, toInitializer } from '../../src/initializers/index.js'
import { RandomStream } from '../../src/random/random.js'

const stream = (): RandomStream => new RandomStream(5).fork('weights')
const moments = (x: Float32Array): { mean: number; stddev: number; largest: number } => {
  const mean = x.reduce((sum, v) => sum + v, 0) / x.length
  const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length
  return { mean, stddev: Math.sqrt(variance), largest: x.reduce((m, v) => Math.max(m, Math.abs(v)), 0) }
}

describe('fans', () => {
  it('counts as Keras does', () => {
    expect(fans([])).toEqual({ fanIn: 1, fanOut: 1 })
    expect(fans([7])).toEqual({ fanIn: 7, fanOut: 7 })
    expect(fans([3, 5])).toEqual({ fanIn: 3, fanOut: 5 })
    expect(fans([3, 3, 8, 16])).toEqual({ fanIn: 72, fanOut: 144 })
  })
})

describe('constant initializers', () => {
  it('fill with what they say', () => {
    expect([...initializers.zeros().fill([2, 2], stream())]).toEqual([0, 0, 0, 0])
    expect([...initializers.ones().fill([3], stream())]).toEqual([1, 1, 1])
    expect([...initializers.constant({ value: -2 }).fill([2], stream())]).toEqual([-2, -2])
    expect([...initializers.identity().fill([2, 3], stream())]).toEqual([1, 0, 0, 0, 1, 0])
    expect([...initializers.identity({ gain: 3 }).fill([3, 2], stream())]).toEqual([3, 0, 0, 3, 0, 0])
    expect(initializers.ones().fill([], stream())).toHaveLength(1)
    expect(initializers.orthogonal().fill([0, 4], stream())).toHaveLength(0)
  })
})

// 300 · 400 = 120 000 numbers: standard errors of mean and deviation are at most stddev / 346 and stddev / 490.
const shape = [300, 400]
const truncation = 0.8796256610342398
/** name, options, mean, stddev, bound on |value − mean| that the largest value must come near (undefined: none) */
const cases: [InitializerName, Record<string, number>, number, number, number | undefined][] = [
  ['randomUniform', {}, 0, 0.05 / Math.sqrt(3), 0.05],
  ['randomUniform', { minval: 1, maxval: 3 }, 2, 1 / Math.sqrt(3), 1],
  ['randomNormal', {}, 0, 0.05, undefined],
  ['randomNormal', { mean: -1, stddev: 2 }, -1, 2, undefined],
  ['truncatedNormal', { mean: 1, stddev: 2 }, 1, 2 * truncation, 4],
  ['glorotUniform', {}, 0, Math.sqrt(2 / 700), Math.sqrt(6 / 700)],
  ['glorotNormal', {}, 0, Math.sqrt(2 / 700), (2 * Math.sqrt(2 / 700)) / truncation],
  ['heUniform', {}, 0, Math.sqrt(2 / 300), Math.sqrt(6 / 300)],
  ['heNormal', {}, 0, Math.sqrt(2 / 300), (2 * Math.sqrt(2 / 300)) / truncation],
  ['lecunUniform', {}, 0, Math.sqrt(1 / 300), Math.sqrt(3 / 300)],
  ['lecunNormal', {}, 0, Math.sqrt(1 / 300), (2 * Math.sqrt(1 / 300)) / truncation],
]

describe('random initializers', () => {
  it.each(cases)('%s %j has its mean, deviation and bound', (name, config, mean, stddev, bound) => {
    const values = toInitializer('test', { name, config }).fill(shape, stream())
    expect(values).toHaveLength(120_000)
    const found = moments(values)
    expect(Math.abs(found.mean - mean)).toBeLessThan((5 * stddev) / 346)
    expect(Math.abs(found.stddev / stddev - 1)).toBeLessThan(5 / 490)
    if (bound === undefined) return
    const largest = moments(values.map((v) => v - mean)).largest
    expect(largest).toBeLessThanOrEqual(bound * (1 + 1e-6))
    expect(largest).toBeGreaterThan(0.998 * bound)
  })

  it.each(Object.keys(initializers) as InitializerName[])('%s depends on the stream alone', (name) => {
    const initializer = toInitializer('test', name)
    expect(initializer.name).toBe(name)
    const first = initializer.fill([6, 9], new RandomStream(1))
    expect(initializer.fill([6, 9], new RandomStream(1))).toEqual(first)
    const constant = ['zeros', 'ones', 'constant', 'identity'].includes(name)
    expect(initializer.fill([6, 9], new RandomStream(2)).every((v, i) => v === first[i])).toBe(constant)
  })
})

describe('orthogonal', () => {
  /** Largest |⟨a, b⟩ − [a = b]| over the rows of a matrix given as rows. */
  const defect = (rows: number[][]): number =>
    Math.max(
      ...rows.flatMap((a, i) =>
        rows.map((b, j) => Math.abs(a.reduce((sum, v, k) => sum + v * b[k]!, 0) - (i === j ? 1 : 0))),
      ),
    )
  const rowsOf = (values: Float32Array, columns: number): number[][] =>
    Array.from({ length: values.length / columns }, (_, i) => [
      ...values.subarray(i * columns, (i + 1) * columns),
    ])
  const transpose = (rows: number[][]): number[][] => rows[0]!.map((_, j) => rows.map((row) => row[j]!))

  it.each([
    [1, 1],
    [1, 7],
    [7, 1],
    [16, 64],
    [64, 16],
    [48, 48],
    [33, 99],
  ])('has orthonormal rows or columns at [%i, %i]', (rows, columns) => {
    const matrix = rowsOf(initializers.orthogonal().fill([rows, columns], stream()), columns)
    expect(matrix).toHaveLength(rows)
    expect(defect(rows <= columns ? matrix : transpose(matrix))).toBeLessThan(1e-6)
  })

  it('multiplies by the gain and takes the axes before the last as one', () => {
    const values = initializers.orthogonal({ gain: 2 }).fill([3, 4, 5], stream())
    const matrix = transpose(
      rowsOf(
        values.map((v) => v / 2),
        5,
      ),
    )
    expect(matrix[0]).toHaveLength(12)
    expect(defect(matrix)).toBeLessThan(1e-6)
  })

  it('favours no sign: a matrix [1, 1] is +1 as often as −1, and traces average to 0', () => {
    const random = stream()
    const signs = Array.from({ length: 2000 }, () => initializers.orthogonal().fill([1, 1], random)[0]!)
    expect(signs.every((v) => v === 1 || v === -1)).toBe(true)
    expect(Math.abs(signs.reduce((sum, v) => sum + v, 0))).toBeLessThan(5 * Math.sqrt(2000))
    // The trace of a uniformly distributed orthogonal matrix has mean 0 and variance 1.
    const traces = Array.from({ length: 2000 }, () => {
      const q = initializers.orthogonal().fill([3, 3], random)
      return q[0]! + q[4]! + q[8]!
    })
    expect(Math.abs(traces.reduce((sum, v) => sum + v, 0) / 2000)).toBeLessThan(5 / Math.sqrt(2000))
    expect(Math.abs(traces.reduce((sum, v) => sum + v * v, 0) / 2000 - 1)).toBeLessThan(0.2)
  })
})

describe('options', () => {
  it('are refused when unknown or senseless', () => {
    const refused: [() => unknown, RegExp][] = [
      [
        () => toInitializer('dense "a".kernelInitializer', 'glorotunifrom' as 'zeros'),
        /Did you mean "glorotUniform"\?/,
      ],
      [() => toInitializer('x', { name: '__proto__' }), /x: expected "zeros" or/],
      [
        () => toInitializer('x', { name: 'constant', config: { valu: 1 } }),
        /x: unknown option "valu".*"value"/,
      ],
      [() => toInitializer('x', { name: 'ones', config: { seed: 1 } }), /x: unknown option "seed"/],
      [
        () => (initializers.glorotUniform as (o: object) => unknown)({ seed: 1 }),
        /glorotUniform: unknown option/,
      ],
      [
        () => initializers.constant({ value: Number.NaN }),
        /constant\.value: expected a finite number, received NaN/,
      ],
      [
        () => initializers.randomNormal({ stddev: -1 }),
        /randomNormal\.stddev: expected at least 0, received -1/,
      ],
      [
        () => initializers.randomUniform({ minval: 1, maxval: 0 }),
        /minval: expected at most maxval 0, received 1/,
      ],
      [() => initializers.orthogonal().fill([3], stream()), /expected at least 2 axes, received \[3\]/],
      [() => initializers.identity().fill([1, 2, 3], stream()), /expected 2 axes, received \[1, 2, 3\]/],
    ]
    for (const [act, message] of refused) expect(act).toThrow(message)
  })

  it('accept initializers, names and name with config alike', () => {
    const made = initializers.constant({ value: 3 })
    expect(toInitializer('x', made)).toBe(made)
    expect(toInitializer('x', { name: made.name, config: made.config }).fill([1], stream())[0]).toBe(3)
    expect(toInitializer('x', 'ones').fill([1], stream())[0]).toBe(1)
  })
})
