import {
  input,
  type Layer,
  layers,
  load,
  model,
  type SymbolicTensor,
  sequential,
  type TensorData,
} from 'ostinato'
import { describe, expect, test } from 'vitest'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { classes, expectSlopes, features, floats, lossesOf, tokens, weightsOf } from './models.js'

const rows = 3
const time = 5
const lengths = [3, 0, 5]
/** The same number of steps, anywhere. */
const mask = [
  [0, 1, 0, 1, 1],
  [0, 0, 0, 0, 0],
  [1, 1, 1, 1, 1],
]
const x = floats('x', rows, time, features)
const at = ({ data, shape }: TensorData, b: number, t: number) => {
  const [, T = 0, F = 0] = shape
  return [...data.subarray((b * T + t) * F, (b * T + t + 1) * F)]
}
const stepsOf = (valid: readonly (readonly number[])[], b: number) =>
  [...(valid[b] ?? []).entries()].flatMap(([t, v]) => (v === 1 ? [t] : []))
const close = (a: ArrayLike<number>, b: ArrayLike<number>) => expect(difference(a, b)).toBeLessThan(2e-6)

const merges = {
  add: (a: number, b: number) => a + b,
  subtract: (a: number, b: number) => a - b,
  multiply: (a: number, b: number) => a * b,
  average: (a: number, b: number) => (a + b) / 2,
  maximum: Math.max,
  minimum: Math.min,
} as const

describeOnBackends('layers', ({ name: backend }) => {
  test.each(Object.entries(merges))('%s: element by element', async (kind, f) => {
    const [a, b] = [input({ shape: ['t', features] }), input({ shape: ['t', features] })]
    const m = model({ inputs: [a, b], outputs: layers[kind as 'add']().apply([a, b]), backend })
    const y = floats('y', rows, time, features)
    const { data, shape } = await m.predict({ inputs: [x, y] })
    expect(shape).toEqual(x.shape)
    close(
      data,
      x.data.map((v, i) => f(v, y.data[i] ?? 0)),
    )
    m.dispose()
  })

  test('concatenate joins features; a vector beside sequences counts at every step', async () => {
    const [a, b] = [input({ shape: [null, features] }), input({ shape: [2] })]
    const m = model({ inputs: [a, b], outputs: layers.concatenate().apply([a, b, a]), backend })
    const v = floats('v', rows, 2)
    const y = await m.predict({ inputs: [x, v] })
    expect(y.shape).toEqual([rows, time, 2 * features + 2])
    expect(at(y, 1, 3)).toEqual([...at(x, 1, 3), ...v.data.subarray(2, 4), ...at(x, 1, 3)])
    m.dispose()
  })

  test('pooling reads the valid steps, wherever they are', async () => {
    const a = input({ shape: [null, features] })
    const outputs = {
      mean: layers.globalAveragePooling1d().apply(a),
      max: layers.globalMaxPooling1d().apply(a),
      last: layers.lastStep().apply(a),
    }
    const m = model({ inputs: a, outputs, backend })
    const all = mask.map((row) => row.map(() => 1))
    const padded = lengths.map((n) => Array.from({ length: time }, (_, t) => (t < n ? 1 : 0)))
    for (const [given, valid] of [
      [{}, all],
      [{ lengths }, padded],
      [{ mask }, mask],
    ] as const) {
      const inputs = { data: x.data.slice(), shape: x.shape }
      for (const [b, row] of valid.entries())
        for (const [t, v] of row.entries())
          if (v === 0) inputs.data.fill(Number.NaN, (b * time + t) * features, (b * time + t + 1) * features)
      const out = await m.predict({ inputs, ...given })
      for (let b = 0; b < rows; b++) {
        const steps = stepsOf(valid, b).map((t) => at(x, b, t))
        const rowOf = ({ data }: TensorData) => data.subarray(b * features, (b + 1) * features)
        const each = (f: (values: number[]) => number) =>
          Array.from({ length: features }, (_, i) =>
            steps.length === 0 ? 0 : f(steps.map((s) => s[i] ?? 0)),
          )
        close(
          rowOf(out.mean),
          each((v) => v.reduce((sum, w) => sum + w, 0) / v.length),
        )
        close(
          rowOf(out.max),
          each((v) => Math.max(...v)),
        )
        close(
          rowOf(out.last),
          each((v) => v.at(-1) as number),
        )
      }
    }
    m.dispose()
  })

  test('attention is a weighted mean of the valid steps, and nothing without any', async () => {
    const m = sequential([layers.attentionPooling({ units: 4 })], {
      inputShape: [null, features],
      backend,
      seed: 2,
    })
    const { data } = await m.predict({ inputs: x, mask })
    const [kernel, , context] = m.getWeights().map((w) => w.data)
    for (let b = 0; b < rows; b++) {
      const steps = stepsOf(mask, b).map((t) => at(x, b, t))
      const scores = steps.map((s) =>
        Array.from({ length: 4 }, (_, u) =>
          Math.tanh(s.reduce((sum, v, i) => sum + v * (kernel?.[i * 4 + u] ?? 0), 0)),
        ).reduce((sum, v, u) => sum + v * (context?.[u] ?? 0), 0),
      )
      const total = scores.reduce((sum, s) => sum + Math.exp(s), 0)
      const expected = Array.from({ length: features }, (_, i) =>
        steps.reduce((sum, s, k) => sum + (Math.exp(scores[k] ?? 0) / total) * (s[i] ?? 0), 0),
      )
      close(data.subarray(b * features, (b + 1) * features), expected)
    }
    m.dispose()
  })

  test('a mask with gaps gives what the valid steps give by themselves', async () => {
    const bidirectional = () =>
      layers.bidirectional(layers.lstm({ units: 3, returnSequences: true, biasInitializer: 'randomUniform' }))
    const make = () =>
      sequential(
        [bidirectional(), layers.gru({ units: 2, returnSequences: true }), layers.dense({ units: 2 })],
        {
          inputShape: [null, features],
          backend,
          seed: 9,
        },
      ).compile({ loss: 'meanSquaredError', optimizer: 'sgd' })
    const [gaps, front] = [make(), make()]
    const targets = floats('targets', rows, time, 2)
    const moved = (of: TensorData, filler: number) => {
      const data = new Float32Array(of.data.length).fill(filler)
      for (let b = 0; b < rows; b++)
        for (const [k, t] of stepsOf(mask, b).entries())
          data.set(at(of, b, t), (b * time + k) * (of.shape[2] ?? 0))
      return { data, shape: of.shape }
    }
    const poisoned = { data: x.data.slice(), shape: x.shape }
    for (const [b, row] of mask.entries())
      for (const [t, v] of row.entries())
        if (v === 0) poisoned.data.fill(Number.NaN, (b * time + t) * features, (b * time + t + 1) * features)
    const together = await gaps.predict({ inputs: poisoned, mask })
    const alone = await front.predict({ inputs: moved(x, 0), lengths })
    for (let b = 0; b < rows; b++)
      for (const [k, t] of stepsOf(mask, b).entries()) close(at(together, b, t), at(alone, b, k))
    const [a, b] = [
      await lossesOf(gaps, [
        { inputs: poisoned, targets, mask },
        { inputs: poisoned, targets, mask },
      ]),
      await lossesOf(
        front,
        [moved(x, 0)].flatMap((inputs) => [
          { inputs, targets: moved(targets, 0), lengths },
          { inputs, targets: moved(targets, 0), lengths },
        ]),
      ),
    ]
    close(a, b)
    close(weightsOf(gaps), weightsOf(front))
    for (const m of [gaps, front]) m.dispose()
  })

  test('masking finds the masked steps by their value', async () => {
    const inputs = { data: x.data.slice(), shape: x.shape }
    for (const [b, row] of mask.entries())
      for (const [t, v] of row.entries())
        if (v === 0) inputs.data.fill(-7, (b * time + t) * features, (b * time + t + 1) * features)
    const stack = (first: Layer[]) =>
      sequential([...first, layers.gru({ units: 3, returnSequences: true }), layers.dense({ units: 1 })], {
        inputShape: [null, features],
        backend,
        seed: 4,
      }).compile({ loss: 'meanSquaredError', optimizer: 'sgd' })
    const [found, told] = [stack([layers.masking({ maskValue: -7 })]), stack([])]
    const targets = floats('t', rows, time, 1)
    close((await found.predict({ inputs })).data, (await told.predict({ inputs, mask })).data)
    expect((await found.evaluate([{ inputs, targets }])).weight).toBe(8)
    close(await lossesOf(found, [{ inputs, targets }]), await lossesOf(told, [{ inputs, targets, mask }]))
    close(weightsOf(found), weightsOf(told))
    for (const m of [found, told]) m.dispose()
  })

  test('zeroOutputForMask: outputs of masked steps are zeros', async () => {
    for (const [zero, given] of [
      [true, { mask }],
      [true, { lengths }],
      [false, { mask }],
    ] as const) {
      const layer = layers.lstm({ units: 2, returnSequences: true, zeroOutputForMask: zero })
      const m = sequential([layer], { inputShape: [null, features], backend })
      const y = await m.predict({ inputs: x, ...given })
      const masked = 'mask' in given ? [0, 2] : [3, 4]
      for (const t of masked) {
        const before = t === 0 ? [0, 0] : at(y, 0, t - 1)
        expect(at(y, 0, t)).toEqual(zero ? [0, 0] : before)
      }
      m.dispose()
    }
  })

  test('timeDistributed reads every step for itself', async () => {
    const [words, characters] = [4, 6]
    const a = input({ shape: [null, characters], type: 'int32' })
    const embedded = layers.embedding({ inputDim: classes, outputDim: 3, name: 'letters' }).apply(a)
    const y = layers
      .timeDistributed(layers.bidirectional(layers.gru({ units: 2 })), { name: 'spelling' })
      .apply(embedded)
    const m = model({ inputs: a, outputs: y, backend, seed: 1 })
    const text = tokens('text', rows, words, characters)
    const all = await m.predict({ inputs: text })
    expect(all.shape).toEqual([rows, words, 4])
    const one = sequential(
      [
        layers.embedding({ inputDim: classes, outputDim: 3, name: 'letters' }),
        layers.bidirectional(layers.gru({ units: 2 })),
      ],
      { backend },
    )
    await one.predict({ inputs: [[0]] })
    one.setWeights(m.getWeights().map((w) => ({ ...w, name: w.name.replace('spelling/', '') })))
    const apart = await one.predict({ inputs: { data: text.data, shape: [rows * words, characters] } })
    close(all.data, apart.data)
    for (const each of [m, one]) each.dispose()
  })

  test('tied weights are those of the embedding, and learn from both places', async () => {
    const embedding = layers.embedding({ inputDim: classes, outputDim: 4 })
    const stack = [
      embedding,
      layers.gru({ units: 4, returnSequences: true }),
      layers.tiedDense({ embedding }),
    ]
    const m = sequential(stack, { backend, seed: 3 })
    expect(m.summary()).toContain(`${classes * 4 + 2 * 4 * 12 + 24 + classes} weights`)
    const hidden = input({ shape: [4] })
    const other = layers.embedding({ inputDim: classes, outputDim: 4 })
    const tokensIn = input({ shape: [null], type: 'int32' })
    const pair = model({
      inputs: [tokensIn, hidden],
      outputs: [other.apply(tokensIn), layers.tiedDense({ embedding: other }).apply(hidden)],
      backend,
    })
    const h = floats('h', rows, 4)
    const [vectors, scores] = await pair.predict({
      inputs: [
        [
          [0, 1, 2, 3, 4],
          [0, 0, 0, 0, 0],
          [0, 0, 0, 0, 0],
        ],
        h,
      ],
    })
    for (let c = 0; c < classes; c++) {
      const dot = h.data.subarray(4, 8).reduce((sum, v, i) => sum + v * (vectors?.data[c * 4 + i] ?? 0), 0)
      expect(scores?.data[classes + c]).toBeCloseTo(dot, 5)
    }
    const again = await load(m.toBytes(), { backend })
    expect(Buffer.from(again.toBytes()).equals(m.toBytes())).toBe(true)
    for (const each of [m, pair, again]) each.dispose()
  })

  test('layerNormalization leaves mean 0 and variance 1; shapes change only by name', async () => {
    const a = input({ shape: [null, 6] })
    const outputs = {
      normal: layers.layerNormalization({ epsilon: 1e-6 }).apply(a),
      pairs: layers.reshape({ targetShape: [2, 3] }).apply(a),
      flat: layers.flatten().apply(layers.reshape({ targetShape: [3, 2] }).apply(a)),
      positive: layers.activation({ activation: 'relu' }).apply(a),
      repeated: layers.repeatVector({ n: 3 }).apply(layers.lastStep().apply(a)),
    }
    const m = model({ inputs: a, outputs, backend })
    const given = floats('six', 2, 4, 6)
    const out = await m.predict({ inputs: given })
    expect(out.pairs.shape).toEqual([2, 4, 2, 3])
    expect(out.flat).toEqual({ data: given.data, shape: [2, 4, 6] })
    expect(out.positive.data).toEqual(given.data.map((v) => Math.max(v, 0)))
    expect(out.repeated.shape).toEqual([2, 3, 6])
    expect(at(out.repeated, 1, 2)).toEqual(at(given, 1, 3))
    for (let b = 0; b < 2; b++) {
      const row = at(out.normal, b, 2)
      expect(row.reduce((sum, v) => sum + v, 0)).toBeCloseTo(0, 4)
      expect(row.reduce((sum, v) => sum + v * v, 0) / 6).toBeCloseTo(1, 3)
    }
    m.dispose()
  })

  test('a stateful layer refuses a batch of another size', async () => {
    const m = sequential([layers.gru({ units: 2, stateful: true })], {
      inputShape: [null, features],
      backend,
    })
    m.compile({ loss: 'meanSquaredError' })
    const batch = (n: number) => ({ inputs: floats('i', n, 2, features), targets: floats('t', n, 2) })
    expect(await failureText(() => m.fit([batch(2), batch(3)]))).toMatch(
      /^SHAPE_MISMATCH fit, step 2: expected 2 rows/,
    )
    m.dispose()
  })
})

test('a step of training follows the slope of the loss through every layer', async () => {
  const a = input({ shape: [null, features] })
  const masked = layers.masking().apply(a)
  const read = layers
    .bidirectional(layers.gru({ units: 2, returnSequences: true, zeroOutputForMask: true }))
    .apply(masked)
  const normal = layers.layerNormalization().apply(read)
  const skip = layers
    .add()
    .apply([normal, layers.timeDistributed(layers.dense({ units: 4, activation: 'tanh' })).apply(read)])
  const pooled = [
    layers.globalAveragePooling1d(),
    layers.globalMaxPooling1d(),
    layers.lastStep(),
    layers.attentionPooling({ units: 2 }),
  ].map((layer) => layer.apply(skip)) as [SymbolicTensor, SymbolicTensor, SymbolicTensor, SymbolicTensor]
  const [mean, max, last, attended] = pooled
  const joined = layers
    .concatenate()
    .apply([
      layers.multiply().apply([mean, max]),
      layers.maximum().apply([last, attended]),
      layers.minimum().apply([mean, last, attended]),
      layers.subtract().apply([mean, attended]),
      layers.average().apply([mean, max, last]),
    ])
  const m = model({
    inputs: a,
    outputs: layers.dense({ units: 2 }).apply(joined),
    backend: 'reference',
    seed: 3,
  })
  const inputs = { data: x.data.slice(), shape: x.shape }
  inputs.data.fill(0, features, 2 * features).fill(0, 4 * features, 6 * features)
  await expectSlopes(m, { inputs, targets: floats('t', rows, 2), lengths: [5, 3, 4] })
}, 60_000)

test('tied gradients add up in the one table', async () => {
  const embedding = layers.embedding({
    inputDim: classes,
    outputDim: 3,
    embeddingsInitializer: 'glorotUniform',
  })
  const stack = [
    embedding,
    layers.simpleRNN({ units: 3, returnSequences: true }),
    layers.tiedDense({ embedding }),
  ]
  const m = sequential(stack, { backend: 'reference', seed: 3 })
  await expectSlopes(
    m,
    { inputs: tokens('i', rows, 4), targets: tokens('t', rows, 4) },
    { loss: 'sparseCategoricalCrossentropy' },
  )
})

test('every layer comes back from a file', async () => {
  const [a, b] = [input({ shape: ['t', 4] }), input({ shape: ['t', 4] })]
  const chain: Layer[] = [
    layers.masking({ maskValue: 1 }),
    layers.layerNormalization({ center: false }),
    layers.activation({ activation: 'tanh' }),
    layers.timeDistributed(layers.dense({ units: 4 })),
    layers.reshape({ targetShape: [2, 2] }),
    layers.timeDistributed(layers.bidirectional(layers.gru({ units: 2 }), { mergeMode: 'sum' })),
    layers.flatten(),
    layers.attentionPooling({ units: 2 }),
    layers.repeatVector({ n: 2 }),
    layers.globalMaxPooling1d(),
  ]
  const merged = (
    ['add', 'subtract', 'multiply', 'average', 'maximum', 'minimum', 'concatenate'] as const
  ).map((kind) => layers[kind]().apply([a, b]))
  const first = layers
    .dense({ units: 4 })
    .apply(layers.concatenate().apply(merged as [SymbolicTensor, SymbolicTensor]))
  const y = chain.reduce((tensor, layer) => layer.apply(tensor), first)
  const outputs = [y, layers.globalAveragePooling1d().apply(a), layers.lastStep().apply(b)]
  const m = model({ inputs: [a, b], outputs, backend: 'reference', seed: 1 })
  const again = await load<SymbolicTensor[]>(m.toBytes(), { backend: 'reference' })
  expect(Buffer.from(again.toBytes()).equals(m.toBytes())).toBe(true)
  expect(again.program('predict')).toBe(m.program('predict'))
  for (const each of [m, again]) each.dispose()
})

describe('what makes no sense is refused', () => {
  const a = input({ shape: [null, 4], name: 'a' })
  const b = input({ shape: [null, 4], name: 'b' })
  const v = input({ shape: [4], name: 'v' })
  const untyped = <T>(value: unknown): T => value as T
  const of = (layer: { apply(x: SymbolicTensor): SymbolicTensor }, from: SymbolicTensor) =>
    model({ inputs: from, outputs: layer.apply(from) })
  const cases: readonly (readonly [string, () => unknown])[] = [
    [
      "SHAPE_MISMATCH add, input 1: expected the time axis of [T(a), B, 4], received [T(b), B, 4]. Name the axis of inputs that walk together, as in shape: ['time', 8]",
      () => model({ inputs: [a, b], outputs: layers.add().apply([a, b]) }),
    ],
    [
      'SHAPE_MISMATCH multiply, input 1: expected [B, 4], received [B, 2]',
      () => model({ inputs: v, outputs: layers.multiply().apply([v, layers.dense({ units: 2 }).apply(v)]) }),
    ],
    [
      'INVALID_TOPOLOGY subtract.apply: expected two tensors, received 3',
      () => layers.subtract().apply([v, v, v]),
    ],
    ['INVALID_TOPOLOGY add.apply: expected at least two tensors, received 1', () => layers.add().apply([v])],
    [
      'INVALID_TOPOLOGY add.apply: expected a symbolic tensor, received undefined. Make tensors with input({ shape }) and layer.apply(x)',
      () => layers.add().apply(untyped(v)),
    ],
    [
      'SHAPE_MISMATCH reshape: expected as many elements as [T, B, 4], received [T, B, 3]',
      () => of(layers.reshape({ targetShape: [3] }), a),
    ],
    [
      'INVALID_OPTION reshape, targetShape: expected a list of sizes, received []',
      () => layers.reshape({ targetShape: [] }),
    ],
    [
      'SHAPE_MISMATCH repeatVector, input: expected [batch, features], received [T, B, 4]',
      () => of(layers.repeatVector({ n: 2 }), a),
    ],
    [
      'SHAPE_MISMATCH masking, input: expected [batch, time, features], received [B, 4]. Does the layer before return sequences? A time axis is null in the shape of an input',
      () => of(layers.masking(), v),
    ],
    [
      'SHAPE_MISMATCH lastStep, input: expected [batch, time, features], received [B, 4]. Does the layer before return sequences? A time axis is null in the shape of an input',
      () => of(layers.lastStep(), v),
    ],
    [
      'INVALID_OPTION masking, maskValue: expected a number, received NaN',
      () => layers.masking({ maskValue: Number.NaN }),
    ],
    [
      'INVALID_OPTION layerNormalization, epsilon: expected a finite number above 0, received 0',
      () => layers.layerNormalization({ epsilon: 0 }),
    ],
    [
      'INVALID_OPTION tiedDense, embedding: expected a layer made by layers.embedding, received dense',
      () => layers.tiedDense({ embedding: untyped(layers.dense({ units: 2 })) }),
    ],
    [
      'INVALID_TOPOLOGY tiedDense: expected the embedding whose weights it uses in the same model, received a model without it',
      () => of(layers.tiedDense({ embedding: layers.embedding({ inputDim: 3, outputDim: 4 }) }), v),
    ],
    [
      'INVALID_OPTION timeDistributed: expected a layer, received undefined',
      () => layers.timeDistributed(untyped<Layer>(undefined)),
    ],
    [
      'INVALID_OPTION timeDistributed: the layer is named "one". Name the whole: timeDistributed(layer, { name })',
      () => layers.timeDistributed(layers.dense({ units: 1, name: 'one' })),
    ],
    [
      'UNKNOWN_OPTION lastStep: unknown option "names". Did you mean "name"?',
      () => layers.lastStep(untyped({ names: 'x' })),
    ],
    [
      'INVALID_OPTION lstm, zeroOutputForMask: expected true or false, received 1',
      () => layers.lstm({ units: 1, zeroOutputForMask: untyped<boolean>(1) }),
    ],
  ]
  test.each(cases)('%s', async (text, work) => expect(await failureText(work)).toBe(text))
})
