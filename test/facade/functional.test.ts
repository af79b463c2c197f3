import {
  type Batch,
  batches,
  input,
  layers,
  load,
  type Model,
  model,
  optimizers,
  type SymbolicTensor,
  sequential,
} from 'ostinato'
import { describe, expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { backends, describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { classes, expectSlopes, features, floats, lossesOf, tokens, weightsOf } from './models.js'

const rows = 3
const sgd = () => optimizers.sgd({ learningRate: 0.3 })
const sequence = { returnSequences: true, biasInitializer: 'randomUniform' } as const

interface TaggerOutputs {
  readonly tags: SymbolicTensor
  readonly score: SymbolicTensor
}

/** Words and features of the same steps in; a class for each step and two numbers for each row out. */
function tagger(backend: BackendName): Model<{ tags: SymbolicTensor; score: SymbolicTensor }> {
  const words = input({ shape: ['time'], type: 'int32', name: 'words' })
  const extras = input({ shape: ['time', features], name: 'extras' })
  const embedded = layers.embedding({ inputDim: classes, outputDim: 4 }).apply(words)
  const [states, last] = layers.gru({ units: 5, returnState: true, ...sequence }).apply(extras)
  const read = layers.lstm({ units: 4, ...sequence }).apply(embedded, {
    initialState: [layers.dense({ units: 4 }).apply(last), layers.dense({ units: 4 }).apply(last)],
  })
  const tags = layers.dense({ units: classes, name: 'tags' }).apply(layers.dense({ units: 3 }).apply(read))
  const score = layers.dense({ units: 2 }).apply(layers.simpleRNN({ units: 3 }).apply(states))
  const made = model({ inputs: [words, extras], outputs: { tags, score }, backend, seed: 4 })
  return made.compile({
    optimizer: sgd(),
    loss: { tags: 'sparseCategoricalCrossentropy', score: 'meanSquaredError' },
    lossWeights: { tags: 1, score: 0.25 },
  })
}

function taggerBatch(time = 6, filler?: number): Batch & { lengths: number[] } {
  const lengths = [time - 2, time, 1]
  const [words, extras] = [tokens('words', rows, time), floats('extras', rows, time, features)]
  const tags = tokens('tags', rows, time)
  if (filler !== undefined) {
    for (const [b, n] of lengths.entries())
      extras.data.fill(filler, (b * time + n) * features, (b + 1) * time * features)
  }
  return { inputs: { words, extras }, targets: { tags, score: floats('score', rows, 2) }, lengths }
}

describeOnBackends('several inputs and outputs', ({ name }) => {
  test('inputs by name or in order, predictions by name', async () => {
    const m = tagger(name)
    const batch = taggerBatch()
    const { words, extras } = batch.inputs as Record<string, ReturnType<typeof floats>>
    const named = await m.predict({ inputs: batch.inputs, lengths: batch.lengths })
    expect(named.tags.shape).toEqual([rows, 6, classes])
    expect(named.score.shape).toEqual([rows, 2])
    const inOrder = await m.predict({ inputs: [words!, extras!], lengths: batch.lengths })
    expect(inOrder).toEqual(named)
    m.dispose()
  })

  test('the loss is the weighted sum of the means of the outputs', async () => {
    const m = tagger(name)
    const batch = taggerBatch()
    const { loss, losses, weight } = await m.evaluate([batch])
    expect(Object.keys(losses)).toEqual(['tags', 'score'])
    expect(loss).toBeCloseTo((losses['tags'] ?? 0) + 0.25 * (losses['score'] ?? 0), 6)
    // Valid steps of the tags (4 + 6 + 1), and rows.
    expect(weight).toBe(11 + rows)
    const { score } = await m.predict({ inputs: batch.inputs, lengths: batch.lengths })
    const wanted = (batch.targets as Record<string, { data: Float32Array }>)['score']!.data
    const mean = score.data.reduce((sum, v, i) => sum + (v - (wanted[i] ?? 0)) ** 2, 0) / wanted.length
    expect(losses['score']).toBeCloseTo(mean, 5)
    const logged: Readonly<Record<string, number>>[] = []
    const { loss: history } = await m.fit([batch], {
      callbacks: { onStepEnd: ({ losses }) => void logged.push(losses) },
    })
    expect(difference(Object.values(logged[0] ?? {}), Object.values(losses))).toBeLessThan(1e-5)
    expect(history[0]).toBeCloseTo(loss, 5)
    m.dispose()
  })

  test('what the padding holds makes no difference, and steps that no row has are not run', async () => {
    const outcome = async (filler: number) => {
      const m = tagger(name)
      const losses = await lossesOf(m, [taggerBatch(6, filler), taggerBatch(6, filler)])
      const weights = weightsOf(m)
      m.dispose()
      return { losses, weights }
    }
    expect(await outcome(Number.NaN)).toEqual(await outcome(0))
  })

  test('rows without weight teach nothing; an output without any weight counts as 0', async () => {
    const [whole, part] = [tagger(name), tagger(name)]
    const batch = taggerBatch()
    const weights = { score: [1, 0, 1], tags: [1, 1, 0] }
    await whole.fit([{ ...batch, weights }])
    const other = taggerBatch()
    const targets = batch.targets as Record<string, ReturnType<typeof floats>>
    const score = { data: targets['score']!.data.slice().fill(9, 2, 4), shape: [rows, 2] }
    await part.fit([{ ...other, targets: { ...targets, score }, weights }])
    expect(weightsOf(part)).toEqual(weightsOf(whole))
    const { losses, loss } = await whole.evaluate([{ ...batch, weights: { score: [0, 0, 0] } }])
    expect(losses['score']).toBe(0)
    expect(loss).toBeCloseTo(losses['tags'] as number, 6)
    expect(
      await failureText(() => whole.fit([{ ...batch, weights: { score: [0, 0, 0], tags: [0, 0, 0] } }])),
    ).toBe(
      'EMPTY_BATCH fit, step 1: expected at least one valid step in the batch, received lengths or weights that leave none',
    )
    for (const m of [whole, part]) m.dispose()
  })

  test('a batch that does not fit says which part of it', async () => {
    const m = tagger(name)
    const batch = taggerBatch()
    const { words, extras } = batch.inputs as Record<string, ReturnType<typeof floats>>
    const cases: readonly (readonly [string, unknown])[] = [
      [
        'SHAPE_MISMATCH fit, step 1, inputs.extras: expected [batch, time, 3], received [3, 6, 2]',
        { inputs: { words, extras: floats('x', rows, 6, 2) } },
      ],
      [
        'SHAPE_MISMATCH fit, step 1, inputs.extras: expected 3 rows, as "words" has, received 2',
        { inputs: { words, extras: floats('x', 2, 6, features) } },
      ],
      [
        'SHAPE_MISMATCH fit, step 1, inputs.extras: expected 6 steps, as the other inputs on the axis "time" have, received 5',
        { inputs: { words, extras: floats('x', rows, 5, features) } },
      ],
      ['EMPTY_DATA fit, step 1, inputs.extras: expected a tensor, received none', { inputs: { words } }],
      [
        'INVALID_OPTION fit, step 1, inputs: expected "words" or "extras", received "wrods". Did you mean "words"?',
        { inputs: { wrods: words, extras } },
      ],
      [
        'INVALID_OPTION fit, step 1, inputs: expected tensors by name: words, extras, received one tensor',
        { inputs: extras },
      ],
      [
        'INVALID_OPTION fit, step 1, inputs: expected tensors by name: words, extras, received a list of 1',
        { inputs: [words] },
      ],
      [
        'EMPTY_DATA fit, step 1, targets.score: expected targets to compare with, received none',
        { targets: { tags: words } },
      ],
      [
        'SHAPE_MISMATCH fit, step 1, targets/tags: expected [3, 6], received [3, 5]',
        { targets: { tags: tokens('t', rows, 5), score: floats('s', rows, 2) } },
      ],
      [
        'SHAPE_MISMATCH fit, step 1, weights/tags: expected [3] or [3, 6], received [2]',
        { weights: { tags: [1, 1] } },
      ],
      [
        'INVALID_OPTION fit, step 1, weights: expected "tags" or "score", received "scor". Did you mean "score"?',
        { weights: { scor: [1, 1, 1] } },
      ],
      [
        'TYPE_MISMATCH fit, step 1, inputs.words[0][0]: expected an int32, received 0.5',
        { inputs: { words: [[0.5]], extras } },
      ],
    ]
    for (const [text, wrong] of cases)
      expect(await failureText(() => m.fit([{ ...batch, ...(wrong as Batch) }]))).toBe(text)
    m.dispose()
  })

  test('a layer applied twice has one set of weights', async () => {
    const [left, right] = [input({ shape: [features] }), input({ shape: [features] })]
    const tower = layers.dense({ units: 4, activation: 'tanh', name: 'tower' })
    const outputs = [left, right].map((x) => tower.apply(x)) as [SymbolicTensor, SymbolicTensor]
    const siamese = model({ inputs: [left, right], outputs, backend: name, seed: 2 })
    expect(siamese.getWeights().map((w) => w.name)).toEqual(['tower/kernel', 'tower/bias'])
    const x = floats('x', rows, features)
    const [a, b] = await siamese.predict({ inputs: [x, x] })
    expect(a).toEqual(b)
    expect(a.shape).toEqual([rows, 4])
    siamese.dispose()
  })

  test('a graph without branches is what a stack of the same layers is', async () => {
    const make = () => [layers.lstm({ units: 4, ...sequence }), layers.dense({ units: 2 })] as const
    const x = input({ shape: [null, features] })
    const [recurrent, dense] = make()
    const graph = model({ inputs: x, outputs: dense.apply(recurrent.apply(x)), backend: name, seed: 3 })
    const stack = sequential(make(), { inputShape: [null, features], backend: name, seed: 3 })
    const batch = {
      inputs: floats('i', rows, 5, features),
      targets: floats('t', rows, 5, 2),
      lengths: [2, 5, 0],
    }
    for (const m of [graph, stack]) {
      m.compile({ optimizer: sgd(), loss: 'meanSquaredError' })
      await m.fit([batch, batch])
    }
    expect(graph.getWeights()).toEqual(stack.getWeights())
    expect(graph.program('train')).toBe(stack.program('train'))
    await graph.ready()
    const session = graph.session()
    expect(session.step([1, 2, 3])).toHaveLength(2)
    for (const m of [graph, stack]) m.dispose()
  })

  test('a file brings the graph back', async () => {
    const m = tagger(name)
    const batch = taggerBatch()
    await m.fit([batch])
    const bytes = m.toBytes()
    const again = await load<TaggerOutputs & Record<string, SymbolicTensor>>(bytes, { backend: name })
    expect(Buffer.from(again.toBytes()).equals(bytes)).toBe(true)
    expect(again.summary()).toBe(m.summary())
    expect(again.program('predict')).toBe(m.program('predict'))
    const { inputs, lengths } = batch
    const [old, fresh] = [await m.predict({ inputs, lengths }), await again.predict({ inputs, lengths })]
    expect(difference(fresh.tags.data, old.tags.data)).toBeLessThan(1e-6)
    expect(difference(fresh.score.data, old.score.data)).toBeLessThan(1e-6)
    for (const one of [m, again]) one.dispose()
  })

  test('a session takes one input and one output', async () => {
    const m = tagger(name)
    await m.ready()
    expect(await failureText(() => m.session())).toBe(
      'INVALID_OPTION session: expected a model of one input and one output, received 2 and 2. Use predict',
    )
    m.dispose()
  })
})

test('batches of named tensors are cut by rows', async () => {
  const { inputs, targets, lengths } = taggerBatch()
  const data = batches({ inputs: inputs as never, targets: targets as never, lengths }, { batchSize: 2 })
  expect(data.length).toBe(2)
  const m = tagger('reference')
  const [cut, whole] = [await m.evaluate(data), await m.evaluate([{ inputs, targets: targets!, lengths }])]
  expect(cut.loss).toBeCloseTo(whole.loss, 10)
  expect(await failureText(() => batches({ inputs: { a: [1, 2], b: [1] } }, { batchSize: 1 }))).toBe(
    'SHAPE_MISMATCH batches.inputs.b: expected 2 rows, as inputs have, received 1',
  )
  m.dispose()
})

test('every backend learns the same from several losses', async () => {
  const learnt = await Promise.all(
    backends.map(async ({ name }) => {
      const m = tagger(name)
      const batch = { ...taggerBatch(), weights: { score: [1, 0.5, 2] } }
      const all = [...(await lossesOf(m, [batch, taggerBatch(4), batch])), ...weightsOf(m)]
      m.dispose()
      return all
    }),
  )
  for (const other of learnt.slice(1)) expect(difference(other, learnt[0] ?? [])).toBeLessThan(5e-6)
})

test('a step of training follows the slope of the sum of the losses', async () => {
  const batch = { ...taggerBatch(4), weights: { tags: [1, 2, 0.5] } }
  await expectSlopes(tagger('reference'), batch, {
    loss: { tags: 'sparseCategoricalCrossentropy', score: 'meanSquaredError' },
    lossWeights: { tags: 1, score: 3 },
  })
})

test('gradients of a layer applied twice are those of both places', async () => {
  const [left, right] = [input({ shape: [null, features] }), input({ shape: [null, features] })]
  const tower = layers.gru({ units: 2, biasInitializer: 'randomUniform' })
  const outputs = [left, right].map((x) => tower.apply(x)) as [SymbolicTensor, SymbolicTensor]
  const siamese = model({ inputs: [left, right], outputs, backend: 'reference', seed: 2 })
  const batch = {
    inputs: [floats('left', rows, 4, features), floats('right', rows, 2, features)],
    targets: [floats('a', rows, 2), floats('b', rows, 2)],
    lengths: { input: [4, 1, 2] },
  }
  await expectSlopes(siamese, batch)
})

test('a loss for all outputs, or one for each in their order', async () => {
  const x = input({ shape: [features] })
  const heads = [layers.dense({ units: 1 }), layers.dense({ units: 1 })]
  const outputs = heads.map((head) => head.apply(x))
  const m = model({ inputs: x, outputs, backend: 'reference' })
  const batch = { inputs: floats('x', rows, features), targets: [floats('a', rows, 1), floats('b', rows, 1)] }
  m.compile({ loss: 'meanSquaredError' })
  const first = await m.evaluate([batch])
  expect(Object.keys(first.losses)).toEqual(['dense', 'dense_1'])
  m.compile({ loss: ['meanSquaredError', 'meanSquaredError'], lossWeights: [2, 0] })
  const second = await m.evaluate([batch])
  expect(second.losses).toEqual(first.losses)
  expect(second.loss).toBeCloseTo(2 * (first.losses['dense'] ?? 0), 10)
  // What counts nothing learns nothing.
  const before = m.getWeights()
  await m.fit([batch])
  const after = m.getWeights()
  expect(after.slice(2)).toEqual(before.slice(2))
  expect(after[0]).not.toEqual(before[0])
  m.dispose()
})

test('a summary says what each layer is applied to', () => {
  const lines = tagger('reference').summary().split('\n')
  expect(lines[1]).toMatch(/^layer +kind +output +weights +inputs/)
  expect(lines).toContainEqual(expect.stringMatching(/^gru +gru +\[B, T, 5\] \[B, 5\] +150 +extras *$/))
  expect(lines).toContainEqual(expect.stringMatching(/^lstm .* embedding, dense, dense_1 *$/))
})

describe('a graph that makes no sense is refused', () => {
  const x = input({ shape: [4], name: 'x' })
  const other = input({ shape: [4], name: 'other' })
  const dense = () => layers.dense({ units: 2 })
  const y = dense().apply(x)
  const untyped = <T>(value: unknown): T => value as T
  const cases: readonly (readonly [string, () => unknown])[] = [
    [
      'INVALID_TOPOLOGY model, inputs: expected inputs that reach an output, received "other", which reaches none',
      () => model({ inputs: [x, other], outputs: y }),
    ],
    [
      'INVALID_TOPOLOGY model, outputs: expected to be made of the inputs given, received one made of input "x". Add it to inputs',
      () => model({ inputs: other, outputs: [dense().apply(other), y] }),
    ],
    [
      'INVALID_TOPOLOGY model, inputs: expected each input once, received one of them again',
      () => model({ inputs: [x, x], outputs: y }),
    ],
    [
      'INVALID_TOPOLOGY model, inputs[0]: expected a tensor made by input(), received the output of a layer of kind dense',
      () => model({ inputs: [y], outputs: dense().apply(y) }),
    ],
    [
      'INVALID_TOPOLOGY model, outputs: expected at least one tensor, received none',
      () => model({ inputs: x, outputs: [] }),
    ],
    [
      'INVALID_TOPOLOGY model, outputs.y: expected a symbolic tensor, received object. Make tensors with input({ shape }) and layer.apply(x)',
      () => model({ inputs: x, outputs: { y: untyped<SymbolicTensor>({ data: [1], shape: [1] }) } }),
    ],
    [
      'INVALID_TOPOLOGY dense.apply: expected a symbolic tensor, received a list. Make tensors with input({ shape }) and layer.apply(x)',
      () => dense().apply(untyped([x, y])),
    ],
    [
      'INVALID_OPTION input, name: expected a name used once, received "x" again',
      () => model({ inputs: [x, input({ shape: [4], name: 'x' })], outputs: y }),
    ],
    [
      'INVALID_OPTION dense, name: expected a name used once, received "twin" again',
      () => {
        const twin = () => layers.dense({ units: 1, name: 'twin' })
        return model({ inputs: x, outputs: twin().apply(twin().apply(x)) })
      },
    ],
    [
      'INVALID_OPTION input, name: expected letters, digits, _ . -, received "a b"',
      () => model({ inputs: { 'a b': x }, outputs: y }),
    ],
    [
      'INVALID_OPTION input, shape: expected sizes of at least 1, such as [null, 8] or [8], null for the time axis, received [null,0]',
      () => input({ shape: [null, 0] }),
    ],
    [
      'INVALID_OPTION input, shape: expected sizes of at least 1, such as [null, 8] or [8], null for the time axis, received [3,null]',
      () => input({ shape: [3, null] }),
    ],
    [
      'INVALID_OPTION input, type: expected "float32" or "int32", received "int64". Did you mean "int32"?',
      () => input({ shape: [null], type: untyped('int64') }),
    ],
    [
      'UNKNOWN_OPTION input: unknown option "shapes". Did you mean "shape"?',
      () => input(untyped({ shapes: [2] })),
    ],
    [
      'UNKNOWN_OPTION model: unknown option "input". Did you mean "inputs"?',
      () => model(untyped<never>({ input: x, outputs: y })),
    ],
    [
      'INVALID_OPTION sequential: the same layer stands twice. Make a layer for each place, or share its weights in a model({ inputs, outputs })',
      () => {
        const twice = layers.dense({ units: 4 })
        return sequential([twice, twice])
      },
    ],
    [
      'INVALID_OPTION sequential: a layer of kind gru returns several tensors. Leave out returnState, or use model({ inputs, outputs })',
      () => sequential([untyped(layers.gru({ units: 2, returnState: true }))]),
    ],
    [
      'SHAPE_MISMATCH lstm, input: expected [batch, time, features], received [B, 4]. Does the layer before return sequences? A time axis is null in the shape of an input',
      () => model({ inputs: x, outputs: layers.lstm({ units: 2 }).apply(x) }),
    ],
    [
      'INVALID_OPTION compile, loss: expected one for each output: dense, dense_1, received a list of 1',
      () => {
        const outputs = [dense().apply(x), dense().apply(x)]
        return model({ inputs: x, outputs }).compile({ loss: ['meanSquaredError'] })
      },
    ],
    [
      'INVALID_OPTION compile, loss.a: expected "sparseCategoricalCrossentropy" or "categoricalCrossentropy" or "binaryCrossentropy" or "meanSquaredError" or "meanAbsoluteError" or "huber", received nothing',
      () =>
        model({ inputs: x, outputs: { a: y, b: dense().apply(x) } }).compile({
          loss: untyped({ b: 'meanSquaredError' }),
        }),
    ],
    [
      'INVALID_OPTION compile, lossWeights.b: expected a finite number of at least 0, received -1',
      () =>
        model({ inputs: x, outputs: { a: y, b: dense().apply(x) } }).compile({
          loss: 'meanSquaredError',
          lossWeights: { a: 1, b: -1 },
        }),
    ],
    [
      'INVALID_OPTION compile, lossWeights: expected one for each output: a, b, received number',
      () =>
        model({ inputs: x, outputs: { a: y, b: dense().apply(x) } }).compile({
          loss: 'meanSquaredError',
          lossWeights: untyped(1),
        }),
    ],
  ]
  test.each(cases)('%s', async (text, work) => expect(await failureText(work)).toBe(text))

  test('no tensor can be made to lead back to itself', () => {
    const { application } = y as unknown as { application: { inputs: unknown[] } }
    expect(() => application.inputs.push(y)).toThrow(TypeError)
    expect(() => Object.assign(y, { index: 1 })).toThrow(TypeError)
  })
})
