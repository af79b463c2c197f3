import { defineCell, input, layers, load, type Model, model, operations, optimizers } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { floats, weightsOf } from './models.js'

const [rows, time, source, units, wide] = [3, 4, 5, 4, 6]
const lengths = { queries: [4, 1, 3], memory: [2, 5, 3] }
const sgd = () => optimizers.sgd({ learningRate: 0.3 })

const kinds = {
  additive: () => layers.attention({ score: 'additive', units: 3 }),
  general: () => layers.attention({}),
  'in a window': () => layers.attention({ score: 'general', window: 1 }),
  'in a window that moves on': () => layers.attention({ window: 1, alignment: 'monotonic' }),
  'two heads': () => layers.multiHeadAttention({ heads: 2, units }),
  'before the step': () =>
    layers.recurrentAttention({
      cells: [layers.gru({ units }), layers.lstm({ units: 5, projection: units })],
      attention: layers.attention({ score: 'additive' }),
      attends: 'before',
    }),
  'before the step, in a window that moves on': () =>
    layers.recurrentAttention({
      cells: [layers.gru({ units })],
      attention: layers.attention({ score: 'additive', window: 1, alignment: 'monotonic' }),
      attends: 'before',
    }),
  'after the step': () =>
    layers.recurrentAttention({
      cells: [layers.simpleRNN({ units })],
      attention: layers.multiHeadAttention({ heads: 2, units }),
      attends: 'after',
    }),
  'with masks': () =>
    layers.recurrentAttention({
      cells: [layers.lstm({ units, dropout: 0.2, recurrentDropout: 0.2, zoneoutH: 0.3, zoneoutC: 0.1 })],
      attention: layers.attention({ score: 'general' }),
      attends: 'after',
    }),
} as const

function made(backend: BackendName, kind: keyof typeof kinds): Model {
  const queries = input({ shape: [null, units], name: 'queries' })
  const memory = input({ shape: [null, wide], name: 'memory' })
  const outputs = kinds[kind]().apply(queries, memory)
  return model({ inputs: { queries, memory }, outputs, backend, seed: 5 }).compile({
    optimizer: sgd(),
    loss: 'meanSquaredError',
  })
}

/** A batch whose padding holds `filler`, on axes with `more` steps than anybody needs. */
function batch(filler: number, more = 0) {
  const padded = (name: 'queries' | 'memory', steps: number, width: number) => {
    const small = floats(name, rows, steps, width).data
    const data = new Float32Array(rows * (steps + more) * width).fill(filler)
    for (const [b, n] of lengths[name].entries()) {
      const row = small.subarray(b * steps * width, (b * steps + n) * width)
      data.set(row, b * (steps + more) * width)
    }
    return { data, shape: [rows, steps + more, width] }
  }
  const inputs = { queries: padded('queries', time, units), memory: padded('memory', source, wide) }
  return { inputs }
}

describeOnBackends('attention', ({ name: backend }) => {
  test.each(Object.keys(kinds) as (keyof typeof kinds)[])('%s: padding makes no difference', async (kind) => {
    const outcome = async (filler: number, more: number) => {
      const m = made(backend, kind)
      const { inputs } = batch(filler, more)
      const { data, shape } = await m.predict({ inputs, lengths })
      const [, steps = 0, width = 0] = shape
      const valid = lengths.queries.flatMap((n, b) => [
        ...data.slice(b * steps * width, (b * steps + n) * width),
      ])
      const wanted = floats('targets', rows, time + more, width)
      const { data: all } = floats('targets', rows, time, width)
      for (let b = 0; b < rows; b++)
        wanted.data.set(all.subarray(b * time * width, (b + 1) * time * width), b * (time + more) * width)
      const { loss } = await m.fit([{ inputs, lengths, targets: wanted }])
      const weights = weightsOf(m)
      m.dispose()
      return [...valid, ...loss, ...weights]
    }
    const expected = await outcome(0, 0)
    expect(expected.every(Number.isFinite)).toBe(true)
    expect(difference(await outcome(Number.NaN, 2), expected)).toBeLessThan(1e-6)
  })

  test.each(Object.keys(kinds) as (keyof typeof kinds)[])(
    '%s: a source without valid steps',
    async (kind) => {
      const m = made(backend, kind)
      const { inputs } = batch(0)
      const none = { ...lengths, memory: [0, 5, 3] }
      const { data, shape } = await m.predict({ inputs, lengths: none })
      expect(data.every(Number.isFinite)).toBe(true)
      if (kind === 'general') expect([...data.slice(0, time * wide)]).toEqual(new Array(time * wide).fill(0))
      const [, , width = 0] = shape
      await m.fit([{ inputs, lengths: none, targets: floats('targets', rows, time, width) }])
      expect(weightsOf(m).every(Number.isFinite)).toBe(true)
      m.dispose()
    },
  )

  test('weights sum to 1 over the valid steps, and are 0 beyond', async () => {
    const queries = input({ shape: [null, wide], name: 'queries' })
    const memory = input({ shape: [null, wide], name: 'memory' })
    const [, weights] = layers.attention({ score: 'dot', returnWeights: true }).apply(queries, memory)
    const m = model({ inputs: { queries, memory }, outputs: weights, backend })
    const inputs = { queries: floats('q', rows, time, wide), memory: floats('m', rows, source, wide) }
    const { data, shape } = await m.predict({ inputs, lengths: { memory: [2, 0, 5] } })
    expect(shape).toEqual([rows, time, source])
    for (const [b, n] of [2, 0, 5].entries()) {
      for (let t = 0; t < time; t++) {
        const row = data.subarray((b * time + t) * source, (b * time + t + 1) * source)
        expect(row.subarray(0, n).reduce((sum, v) => sum + v, 0)).toBeCloseTo(n > 0 ? 1 : 0, 5)
        expect([...row.subarray(n)]).toEqual(new Array(source - n).fill(0))
      }
    }
    m.dispose()
  })

  test('a window that moves on is where the query is, alone and in the recurrence', async () => {
    const [steps, reach] = [6, 1]
    const queries = input({ shape: [null, wide], name: 'queries' })
    const memory = input({ shape: [null, wide], name: 'memory' })
    const moving = () =>
      layers.attention({ score: 'dot', window: reach, alignment: 'monotonic', returnWeights: true })
    const [context, weights] = moving().apply(queries, memory)
    const cells = [layers.simpleRNN({ units: wide })]
    const inside = layers.recurrentAttention({
      cells,
      attention: moving(),
      attends: 'after',
      returnWeights: true,
    })
    const [, within] = inside.apply(queries, memory)
    const m = model({ inputs: { queries, memory }, outputs: { context, weights, within }, backend, seed: 3 })
    const [q, seen] = [floats('q', rows, steps, wide), floats('m', rows, source, wide)]
    const ends = [5, 1, 3]
    const found = await m.predict({ inputs: { queries: q, memory: seen }, lengths: { memory: ends } })
    const at = (
      { data }: { readonly data: ArrayLike<number> },
      ...[b, t, width, i]: [number, number, number, number]
    ) => data[(b * steps + t) * width + i] as number
    for (const [b, end] of ends.entries()) {
      for (let t = 0; t < steps; t++) {
        const place = Math.min(t, end - 1)
        const near = (s: number): boolean => s < end && Math.abs(s - place) <= reach
        const scores = Array.from({ length: source }, (_, s) => {
          const products = Array.from(
            { length: wide },
            (_, i) => at(q, b, t, wide, i) * (seen.data[(b * source + s) * wide + i] as number),
          )
          return near(s) ? Math.exp(products.reduce((sum, product) => sum + product, 0)) : 0
        })
        const total = scores.reduce((sum, score) => sum + score, 0)
        for (const [s, score] of scores.entries()) {
          expect(at(found.weights, b, t, source, s)).toBeCloseTo(score / total, 5)
          // In the recurrence another query looks through the same window.
          expect(at(found.within, b, t, source, s) > 0).toBe(near(s))
        }
        for (let i = 0; i < wide; i++) {
          const sum = scores.reduce(
            (c, score, s) => c + score * (seen.data[(b * source + s) * wide + i] as number),
            0,
          )
          expect(at(found.context, b, t, wide, i)).toBeCloseTo(sum / total, 5)
        }
      }
    }
    m.dispose()
  })

  test('a mask with gaps is the sequence without the gaps', async () => {
    const m = made(backend, 'general')
    const queries = floats('queries', 1, time, units)
    const memory = floats('memory', 1, 3, wide)
    const gaps = { data: new Float32Array(5 * wide).fill(7), shape: [1, 5, wide] }
    for (const [s, at] of [1, 2, 4].entries())
      gaps.data.set(memory.data.subarray(s * wide, (s + 1) * wide), at * wide)
    const expected = await m.predict({ inputs: { queries, memory } })
    const found = await m.predict({ inputs: { queries, memory: gaps }, mask: { memory: [[0, 1, 1, 0, 1]] } })
    expect(difference(found.data, expected.data)).toBeLessThan(1e-6)
    m.dispose()
  })

  test('a vector asks as a sequence of one step does', async () => {
    const memory = input({ shape: [null, wide], name: 'memory' })
    const query = input({ shape: [wide], name: 'query' })
    const layer = layers.attention({ score: 'scaledDot', returnWeights: true })
    const [context, weights] = layer.apply(query, memory)
    const m = model({ inputs: { query, memory }, outputs: { context, weights }, backend })
    const queries = input({ shape: [null, wide], name: 'queries' })
    const several = model({
      inputs: { queries, memory },
      outputs: layers.attention({ score: 'scaledDot' }).apply(queries, memory),
      backend,
    })
    const [q, seen] = [floats('q', rows, wide), floats('m', rows, source, wide)]
    const found = await m.predict({ inputs: { query: q, memory: seen } })
    expect(found.context.shape).toEqual([rows, wide])
    expect(found.weights.shape).toEqual([rows, source])
    const sequence = { data: q.data, shape: [rows, 1, wide] }
    const expected = await several.predict({ inputs: { queries: sequence, memory: seen } })
    expect(difference(found.context.data, expected.data)).toBeLessThan(1e-6)
    for (const each of [m, several]) each.dispose()
  })

  test('a cell of your own attends as the built-in one does', async () => {
    const { add, matmul, tanh } = operations
    const elman = defineCell({
      name: 'elman',
      states: ({ units }) => ({ h: [units] }),
      weights: ({ units, inputDim }) => ({
        kernel: [inputDim, units],
        recurrentKernel: [units, units],
        bias: [units],
      }),
      project: (x, w) => add(matmul(x, w.kernel), w.bias),
      step: ({ h }, x, w) => ({ h: tanh(add(x, matmul(h, w.recurrentKernel))) }),
    })
    const build = (cell: ReturnType<typeof layers.simpleRNN>) => {
      const x = input({ shape: [null, units], name: 'queries' })
      const memory = input({ shape: [null, wide], name: 'memory' })
      const attention = layers.attention({ score: 'additive' })
      const outputs = layers
        .recurrentAttention({ cells: [cell], attention, attends: 'before' })
        .apply(x, memory)
      return model({ inputs: { queries: x, memory }, outputs, backend, seed: 5 }).compile({
        optimizer: sgd(),
        loss: 'meanSquaredError',
      })
    }
    const own = build(elman({ units }) as never)
    const plain = build(layers.simpleRNN({ units }))
    plain.setWeights(own.getWeights().map((w) => ({ ...w, name: w.name.replace('elman', 'simpleRNN') })))
    const { inputs } = batch(0)
    const given = { inputs, lengths, targets: floats('targets', rows, time, units + wide) }
    for (const each of [own, plain]) await each.fit([given, given])
    expect(difference(weightsOf(own), weightsOf(plain))).toBeLessThan(1e-6)
    const again = await load(own.toBytes(), { backend, cells: [elman] })
    const expected = await own.predict({ inputs, lengths })
    // The reference trains in float64; a file holds float32.
    expect(difference((await again.predict({ inputs, lengths })).data, expected.data)).toBeLessThan(1e-6)
    for (const each of [own, plain, again]) each.dispose()
  })

  test.each(Object.keys(kinds) as (keyof typeof kinds)[])('%s is saved and loaded', async (kind) => {
    const m = made(backend, kind)
    const { inputs } = batch(0)
    const expected = await m.predict({ inputs, lengths })
    const again = await load(m.toBytes(), { backend })
    expect((await again.predict({ inputs, lengths })).data).toEqual(expected.data)
    for (const each of [m, again]) each.dispose()
  })
})

test('all queries at once: no walk along time', () => {
  const atOnce = ['additive', 'general', 'in a window', 'in a window that moves on', 'two heads'] as const
  for (const kind of atOnce) {
    const program = made('reference', kind).program('train', { batch: 3, time: 7 })
    expect(program).not.toContain('for each step of T')
    // What is added inside the tanh is made for one source at a time.
    expect(program.includes('for each step of B')).toBe(kind === 'additive')
  }
})

test('says what is wrong', async () => {
  const q = input({ shape: [null, units], name: 'queries' })
  const m = input({ shape: [null, wide], name: 'memory' })
  const vector = input({ shape: [wide], name: 'memory' })
  const of = (layer: ReturnType<typeof layers.attention>, memory = m) =>
    failureText(() => model({ inputs: [q, memory], outputs: layer.apply(q, memory) }))
  expect(await of(layers.attention({ score: 'dot' }))).toContain(
    'expected 6 features, as the memory has, received 4',
  )
  expect(await of(layers.attention(), vector)).toContain(
    'expected [batch, source steps, features], received [B, 6]',
  )
  expect(await of(layers.multiHeadAttention({ heads: 3 }))).toContain(
    'expected a divisor of the 4 units, received 3',
  )
  expect(await failureText(() => layers.attention({ units: 3 }))).toContain('the score is general')
  expect(await failureText(() => layers.attention({ score: 'dott' as never }))).toContain("'dot'")
  expect(await failureText(() => layers.attention({ alignment: 'monotonic' }))).toContain(
    'there is no window',
  )
  const recurrent = (cells: readonly ReturnType<typeof layers.lstm>[]) =>
    failureText(() => layers.recurrentAttention({ cells, attention: layers.attention(), attends: 'before' }))
  expect(await recurrent([])).toContain('expected a list of recurrent layers')
  expect(await recurrent([layers.dense({ units }) as never])).toContain('received dense')
  expect(await recurrent([layers.lstm({ units, stateful: true })])).toContain('lstm has stateful')
  expect(await recurrent([layers.lstm({ units, goBackwards: true })])).toContain('lstm has goBackwards')
  expect(
    await failureText(() =>
      layers.recurrentAttention({
        cells: [layers.gru({ units })],
        attention: layers.dense({ units }) as never,
        attends: 'after',
      }),
    ),
  ).toContain('expected layers.attention or layers.multiHeadAttention, received dense')
})
