import { type Batch, initializers, layers, optimizers, sequential, type TensorLike } from 'ostinato'
import { describe, expect, test } from 'vitest'
import { describeOnBackends } from '../backends.js'
import { failureOf, failureText } from '../failures.js'
import { floats, regressionBatch, regressor, tagger, tokenBatch, weightsOf } from './models.js'

/** What JavaScript passes where TypeScript would refuse. */
const untyped = <T>(value: unknown): T => value as T

describe('options that nobody knows are refused, with the nearest that somebody does', () => {
  const cases: readonly (readonly [string, () => unknown])[] = [
    [
      'UNKNOWN_OPTION lstm: unknown option "unit". Did you mean "units"?',
      () => layers.lstm(untyped<never>({ unit: 4 })),
    ],
    [
      'UNKNOWN_OPTION gru: unknown option "returnsequences". Did you mean "returnSequences"?',
      () => layers.gru(untyped<never>({ units: 2, returnsequences: true })),
    ],
    [
      'UNKNOWN_OPTION simpleRNN: unknown option "go_backwards". Did you mean "goBackwards"?',
      () => layers.simpleRNN(untyped<never>({ units: 2, go_backwards: true })),
    ],
    [
      'UNKNOWN_OPTION bidirectional: unknown option "names". Did you mean "name"?',
      () => layers.bidirectional(layers.gru({ units: 2 }), untyped<never>({ names: 'both' })),
    ],
    [
      'UNKNOWN_OPTION adam: unknown option "learning_rate". Did you mean "learningRate"?',
      () => optimizers.adam(untyped({ learning_rate: 1 })),
    ],
    [
      'UNKNOWN_OPTION sequential: unknown option "inputshape". Did you mean "inputShape"?',
      () => sequential([layers.dense({ units: 1 })], untyped({ inputshape: [3] })),
    ],
    [
      'UNKNOWN_OPTION compile: unknown option "losses". Did you mean "loss"?',
      () => regressor('reference').compile(untyped({ losses: 'meanSquaredError' })),
    ],
    [
      'INVALID_OPTION compile, loss: expected "sparseCategoricalCrossentropy" or "categoricalCrossentropy" or "binaryCrossentropy" or "meanSquaredError" or "meanAbsoluteError" or "huber", received "meanSquareError". Did you mean "meanSquaredError"?',
      () => regressor('reference').compile({ loss: untyped('meanSquareError') }),
    ],
    [
      'INVALID_OPTION compile, optimizer: expected "sgd" or "rmsprop" or "adam" or "adamW", received "adma". Did you mean "adam"?',
      () => regressor('reference').compile({ loss: 'meanSquaredError', optimizer: untyped('adma') }),
    ],
    [
      'UNKNOWN_OPTION fit: unknown option "epoch". Did you mean "epochs"?',
      () => regressor('reference').fit([regressionBatch('a')], untyped({ epoch: 2 })),
    ],
    [
      'UNKNOWN_OPTION fit, callbacks: unknown option "onStep". Did you mean "onStepEnd"?',
      () => regressor('reference').fit([regressionBatch('a')], { callbacks: untyped({ onStep() {} }) }),
    ],
    [
      'UNKNOWN_OPTION predict: unknown option "batchSize". Known: signal, precision',
      () => regressor('reference').predict(regressionBatch('a'), untyped({ batchSize: 2 })),
    ],
    [
      'UNKNOWN_OPTION evaluate: unknown option "signals". Did you mean "signal"?',
      () => regressor('reference').evaluate([regressionBatch('a')], untyped({ signals: 2 })),
    ],
  ]
  test.each(cases)('%s', async (text, work) => expect(await failureText(work)).toBe(text))
})

const activationNames =
  "'linear', 'tanh', 'sigmoid', 'relu', 'hardSigmoid', 'leakyRelu', 'elu', 'selu', 'softplus', 'softsign', 'exponential', 'softmax'"

describe('values that make no sense are refused, by option', () => {
  const cases: readonly (readonly [string, () => unknown])[] = [
    [
      'INVALID_OPTION lstm, units: expected an integer of at least 1, received 0',
      () => layers.lstm({ units: 0 }),
    ],
    [
      'INVALID_OPTION dense, units: expected an integer of at least 1, received 1.5',
      () => layers.dense({ units: 1.5 }),
    ],
    [
      'INVALID_OPTION dropout, rate: expected a number in [0, 1), received 1',
      () => layers.dropout({ rate: 1 }),
    ],
    [
      'INVALID_OPTION lstm, returnSequences: expected true or false, received yes',
      () => layers.lstm({ units: 2, returnSequences: untyped('yes') }),
    ],
    [
      `INVALID_OPTION simpleRNN, activation: expected ${activationNames}, received selo`,
      () => layers.simpleRNN({ units: 2, activation: untyped('selo') }),
    ],
    [
      `INVALID_OPTION gru, recurrentActivation: expected ${activationNames}, received sigmoidal`,
      () => layers.gru({ units: 2, recurrentActivation: untyped('sigmoidal') }),
    ],
    [
      "INVALID_OPTION lstm, inputGate: expected 'separate', 'coupled', received tied",
      () => layers.lstm({ units: 2, inputGate: untyped('tied') }),
    ],
    [
      'INVALID_OPTION lstm, peepholes: expected true or false, received full',
      () => layers.lstm({ units: 2, peepholes: untyped('full') }),
    ],
    [
      'INVALID_OPTION lstm, zoneoutC: expected a number in [0, 1), received 1',
      () => layers.lstm({ units: 2, zoneoutC: 1 }),
    ],
    [
      'INVALID_OPTION simpleRNN, recurrentDropout: expected a number in [0, 1), received -0.1',
      () => layers.simpleRNN({ units: 2, recurrentDropout: -0.1 }),
    ],
    [
      "INVALID_OPTION gru, updateGate: expected 'previous', 'candidate', received chung",
      () => layers.gru({ units: 2, updateGate: untyped('chung') }),
    ],
    [
      'INVALID_OPTION bidirectional: expected a recurrent layer, received dense. Pass layers.lstm, layers.gru or layers.simpleRNN',
      () => layers.bidirectional(untyped<never>(layers.dense({ units: 2 }))),
    ],
    [
      'INVALID_OPTION bidirectional: expected a recurrent layer, received undefined. Pass layers.lstm, layers.gru or layers.simpleRNN',
      () => layers.bidirectional(untyped<never>(undefined)),
    ],
    [
      'INVALID_OPTION bidirectional: the layer has goBackwards. Leave it out: both directions are walked',
      () => layers.bidirectional(layers.lstm({ units: 2, goBackwards: true })),
    ],
    [
      'INVALID_OPTION bidirectional: the layer is stateful. Leave it out: the backward direction begins at the end of every sequence',
      () => layers.bidirectional(layers.lstm({ units: 2, stateful: true })),
    ],
    [
      'INVALID_OPTION bidirectional: the layer is named "twice". Name the whole: bidirectional(layer, { name })',
      () => layers.bidirectional(layers.lstm({ units: 2, name: 'twice' })),
    ],
    [
      'INVALID_OPTION sgd, learningRate: expected a number of at least 0, received NaN',
      () => optimizers.sgd({ learningRate: Number.NaN }),
    ],
    [
      'INVALID_OPTION sgd, momentum: expected a number in [0, 1), received 1',
      () => optimizers.sgd({ momentum: 1 }),
    ],
    [
      'INVALID_OPTION adam, clipValue: expected a number above 0, received 0',
      () => optimizers.adam({ clipValue: 0 }),
    ],
    [
      'INVALID_OPTION adam: expected one of globalClipNorm, clipNorm, clipValue, received globalClipNorm and clipValue',
      () => optimizers.adam({ clipValue: 1, globalClipNorm: 1 }),
    ],
    ['INVALID_OPTION sequential: expected at least one layer, received none', () => sequential([])],
    [
      'INVALID_OPTION sequential, seed: expected an integer in [0, 2³²), received -1',
      () => sequential([layers.dense({ units: 1 })], { seed: -1 }),
    ],
    [
      'INVALID_OPTION sequential, inputShape: expected [null, features] or [features], received [null]',
      () => sequential([layers.dense({ units: 1 })], { inputShape: [null] }),
    ],
    [
      'INVALID_OPTION dense, name: expected a name used once, received "twin" again',
      () => sequential([layers.dense({ units: 1, name: 'twin' }), layers.dense({ units: 1, name: 'twin' })]),
    ],
    [
      'INVALID_OPTION dense, name: expected letters, digits, _ . -, received "a/b"',
      () => sequential([layers.dense({ units: 1, name: 'a/b' })]),
    ],
    [
      'INVALID_OPTION fit, epochs: expected an integer of at least 1, received 0',
      () => regressor('reference').fit([], { epochs: 0 }),
    ],
    [
      'INVALID_OPTION randomNormal.stddev: expected at least 0, received -1',
      () => layers.dense({ units: 1, kernelInitializer: initializers.randomNormal({ stddev: -1 }) }),
    ],
  ]
  test.each(cases)('%s', async (text, work) => expect(await failureText(work)).toBe(text))
})

describe('what is called too early says what to do first', () => {
  const bare = () => sequential([layers.dense({ units: 1 })])
  const cases: readonly (readonly [string, () => unknown])[] = [
    ['NOT_COMPILED', () => bare().fit([regressionBatch('a')])],
    [
      'NOT_COMPILED',
      () =>
        sequential([layers.dense({ units: 2 })], { inputShape: [null, 3], backend: 'reference' }).evaluate([
          regressionBatch('a'),
        ]),
    ],
    ['NOT_BUILT', () => bare().summary()],
    ['NOT_BUILT', () => bare().program('predict')],
    ['NOT_BUILT', () => bare().toBytes()],
    ['NOT_BUILT', () => bare().session()],
    ['NOT_BUILT', () => bare().setWeights([])],
    ['BACKEND_NOT_READY', () => regressor('reference').session()],
    ['BACKEND_NOT_READY', () => regressor('reference').backend],
  ]
  test.each(cases)('%s', async (code, work) => {
    const failure = await failureOf(work)
    expect(failure.code).toBe(code)
    expect(failure.message).toMatch(/\. (Call|Give|Await) /)
  })
})

describeOnBackends('data that does not fit', ({ name }) => {
  const regression = regressionBatch('good')
  const sequence = tokenBatch('good')
  const wrong = (batch: Partial<Batch>) => () =>
    regressor(name).fit([regression, { ...regression, ...batch }])
  const wrongTokens = (batch: Partial<Batch>) => () => tagger(name).fit([{ ...sequence, ...batch }])
  const cases: readonly (readonly [string, () => unknown])[] = [
    [
      'SHAPE_MISMATCH fit, step 2, inputs of lstm "lstm": expected [batch, time, 3], received [2, 4, 5]',
      wrong({ inputs: floats('wide', 2, 4, 5) }),
    ],
    [
      'SHAPE_MISMATCH fit, step 2, inputs of lstm "lstm": expected [batch, time, 3], received [2, 3]',
      wrong({ inputs: floats('flat', 2, 3) }),
    ],
    [
      'SHAPE_MISMATCH fit, step 2, targets: expected [2, 4, 2], received [2, 4, 3]',
      wrong({ targets: floats('t', 2, 4, 3) }),
    ],
    [
      'SHAPE_MISMATCH fit, step 2, targets: expected [2, 4, 2], received [3, 4, 2]',
      wrong({ targets: floats('t', 3, 4, 2) }),
    ],
    [
      'EMPTY_DATA fit, step 2, targets: expected targets to compare with, received none',
      wrong(untyped({ targets: undefined })),
    ],
    [
      'EMPTY_DATA fit, step 2, inputs: expected at least one row and one step, received [0, 4, 3]',
      wrong({ inputs: floats('none', 0, 4, 3) }),
    ],
    [
      'SHAPE_MISMATCH fit, step 2, weights: expected [2] or [2, 4], received [3]',
      wrong({ weights: [1, 1, 1] }),
    ],
    ['SHAPE_MISMATCH fit, step 2, lengths: expected [2], received [3]', wrong({ lengths: [1, 2, 3] })],
    ['LENGTH_OUT_OF_RANGE fit, step 2, lengths[1]: expected 0 to 4, received 5', wrong({ lengths: [1, 5] })],
    [
      'LENGTH_OUT_OF_RANGE fit, step 2, lengths[0]: expected 0 to 4, received -1',
      wrong({ lengths: [-1, 2] }),
    ],
    ['TYPE_MISMATCH fit, step 2, lengths[1]: expected an int32, received 1.5', wrong({ lengths: [1, 1.5] })],
    [
      'SHAPE_MISMATCH fit, step 2, mask: expected [2, 4], received [2, 3]',
      wrong({
        mask: [
          [1, 1, 1],
          [1, 1, 1],
        ],
      }),
    ],
    [
      'INVALID_MASK fit, step 2, mask[1][2]: expected 0 or 1, received 2',
      wrong({
        mask: [
          [1, 1, 1, 1],
          [1, 0, 2, 0],
        ],
      }),
    ],
    [
      'EMPTY_BATCH fit, step 2: expected at least one valid step in the batch, received lengths or weights that leave none',
      wrong({
        mask: [
          [0, 0, 0, 0],
          [0, 0, 0, 0],
        ],
      }),
    ],
    [
      'INVALID_MASK fit, step 2: expected lengths or a mask, received both',
      wrong({
        lengths: [4, 4],
        mask: [
          [1, 1, 1, 1],
          [1, 1, 1, 1],
        ],
      }),
    ],
    [
      'TYPE_MISMATCH fit, step 2, inputs: expected float32 data, received int32 data',
      wrong({ inputs: { data: new Int32Array(24), shape: [2, 4, 3] } }),
    ],
    [
      'TYPE_MISMATCH fit, step 1, inputs[0][1]: expected an int32, received 0.5',
      wrongTokens({
        inputs: [
          [0, 0.5],
          [1, 1],
        ],
      }),
    ],
    [
      'TYPE_MISMATCH fit, step 1, targets.data[2]: expected an int32, received 0.25',
      wrongTokens({ targets: { data: Float32Array.of(0, 1, 0.25, 1, 0, 0, 0, 0), shape: [2, 4] } }),
    ],
    [
      'TYPE_MISMATCH fit, step 1, inputs[1][0]: expected an int32, received "a"',
      wrongTokens({
        inputs: untyped<TensorLike>([
          [0, 1],
          ['a', 1],
        ]),
      }),
    ],
    [
      'SHAPE_MISMATCH fit, step 1, inputs[1]: expected 4 entries, as the rows before have, received 3',
      wrongTokens({
        inputs: [
          [0, 1, 2, 3],
          [0, 1, 2],
        ],
      }),
    ],
    [
      'EMPTY_BATCH fit, step 2: expected at least one valid step in the batch, received lengths or weights that leave none',
      wrong({ lengths: [0, 0] }),
    ],
    [
      'EMPTY_BATCH fit, step 2: expected at least one valid step in the batch, received lengths or weights that leave none',
      wrong({ weights: [0, 0] }),
    ],
    [
      'EMPTY_DATA fit: expected at least one batch, received none. A generator can be walked once only: pass the function that makes it',
      () => regressor(name).fit([]),
    ],
    [
      'EMPTY_DATA evaluate: expected at least one batch, received none. A generator can be walked once only: pass the function that makes it',
      () => regressor(name).evaluate([]),
    ],
    [
      'INDEX_OUT_OF_RANGE fit, step 1, embedding: expected a token of the embedding, received token 9 at row 1, step 2',
      wrongTokens({
        inputs: [
          [0, 1, 2, 3],
          [0, 1, 9, 3],
        ],
      }),
    ],
    [
      'INDEX_OUT_OF_RANGE fit, step 1, embedding: expected a token of the embedding, received token -1 at row 0, step 3',
      wrongTokens({
        inputs: [
          [0, 1, 2, -1],
          [0, 1, 2, 3],
        ],
      }),
    ],
    [
      'INDEX_OUT_OF_RANGE fit, step 1, loss: expected a class of the prediction, received target 5 at row 0, step 1',
      wrongTokens({
        targets: [
          [0, 5, 2, 3],
          [0, 1, 2, 3],
        ],
      }),
    ],
    [
      'INDEX_OUT_OF_RANGE predict, embedding: expected a token of the embedding, received token 7 at row 0, step 1',
      () => tagger(name).predict({ inputs: [[0, 7]] }),
    ],
  ]
  test.each(cases)('%s', async (text, work) => expect(await failureText(work)).toBe(text))

  test('a class that no valid step has is nobody’s mistake', async () => {
    const model = tagger(name)
    const targets = [
      [0, -1, -1, -1],
      [1, 2, 3, -1],
    ]
    const { loss } = await model.evaluate([{ ...sequence, targets, lengths: [1, 3] }])
    expect(loss).toBeGreaterThan(0)
    model.dispose()
  })

  test('a refused batch leaves the model as it was', async () => {
    const [model, twin] = [tagger(name), tagger(name)]
    await model.fit([sequence])
    const before = weightsOf(model)
    await failureOf(() =>
      model.fit([
        {
          ...sequence,
          inputs: [
            [0, 1, 9, 3],
            [0, 0, 0, 0],
          ],
        },
      ]),
    )
    await failureOf(() => model.fit([{ ...sequence, lengths: [0, 0] }]))
    expect(weightsOf(model)).toEqual(before)
    await model.fit([sequence])
    await twin.fit([sequence, sequence])
    expect(weightsOf(model)).toEqual(weightsOf(twin))
    for (const m of [model, twin]) m.dispose()
  })

  test('a first batch that no layer can read does not spoil the model for the next', async () => {
    const model = sequential([layers.dense({ units: 2 }), layers.lstm({ units: 2 })], { backend: name })
    model.compile({ loss: 'meanSquaredError' })
    const vectors = { inputs: floats('v', 2, 5), targets: floats('vt', 2, 2) }
    expect((await failureOf(() => model.fit([vectors]))).where).toBe('lstm, input')
    const { loss } = await model.fit([{ inputs: floats('s', 2, 4, 3), targets: floats('st', 2, 2) }])
    expect(loss.length).toBe(1)
    model.dispose()
  })
})
