import { type Batch, diagnose, layers, load, type Model, optimizers, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import type { Feedback } from '../../src/layers/output-feedback.js'
import { describeOnBackends } from '../backends.js'
import { difference } from '../graph/harness.js'
import { expectSlopes, features, floats, lossesOf, tokens, weightsOf } from './models.js'

const classes = 4
const time = 6
const rows = 3
const lengths = [6, 2, 4]

interface Options {
  readonly inside?: 'dense' | 'lstm'
  readonly feedback?: Feedback
  readonly teacherForcing?: number
  readonly units?: number
}

function made(backend: BackendName, { inside = 'dense', units = 5, ...options }: Options = {}): Model {
  const hidden =
    inside === 'dense'
      ? layers.dense({ units, activation: 'tanh' })
      : layers.lstm({ units, returnSequences: true })
  const inner = [hidden, layers.dense({ units: classes, biasInitializer: 'randomUniform' })]
  const model = sequential(
    [layers.outputFeedback({ layers: inner, outputDim: classes, name: 'feedback', ...options })],
    { inputShape: [null, features], backend, seed: 9 },
  )
  return model.compile({
    optimizer: optimizers.sgd({ learningRate: 0.5 }),
    loss: options.feedback === 'output' ? 'meanSquaredError' : 'sparseCategoricalCrossentropy',
  })
}

const classBatch: Batch = {
  inputs: floats('inputs', rows, time, features),
  targets: {
    ...tokens('targets', rows, time),
    data: tokens('targets', rows, time).data.map((v) => v % classes),
  },
  lengths,
}
const numberBatch: Batch = { ...classBatch, targets: floats('targets', rows, time, classes) }

/** The row of one step, [features] or [classes]. */
function row(of: { readonly data: ArrayLike<number> }, width: number, b: number, t: number): number[] {
  return Array.from({ length: width }, (_, f) => of.data[(b * time + t) * width + f] as number)
}

describeOnBackends('recurrence from the output', ({ name }) => {
  const tolerance = name === 'reference' ? 1e-7 : 3e-6

  test('learns from the targets before it: as dense layers on both side by side', async () => {
    const model = made(name)
    const plain = sequential(
      [
        layers.dense({ units: 5, activation: 'tanh', name: 'a' }),
        layers.dense({ units: classes, name: 'b' }),
      ],
      { inputShape: [null, features + classes], backend: name },
    ).compile({ optimizer: optimizers.sgd({ learningRate: 0.5 }), loss: 'sparseCategoricalCrossentropy' })
    await plain.ready()
    plain.setWeights(
      model.getWeights().map(({ data }, i) => ({ name: plain.getWeights()[i]?.name ?? '', data })),
    )
    const beside = floats('beside', rows, time, features + classes)
    const given = classBatch.inputs as { data: Float32Array }
    const targets = (classBatch.targets as { data: Int32Array }).data
    for (let b = 0; b < rows; b++) {
      for (let t = 0; t < time; t++) {
        const before = t === 0 ? -1 : targets[b * time + t - 1]
        const oneHot = Array.from({ length: classes }, (_, k) => (k === before ? 1 : 0))
        beside.data.set([...row(given, features, b, t), ...oneHot], (b * time + t) * (features + classes))
      }
    }
    const expected = await lossesOf(plain, [{ ...classBatch, inputs: beside }], { epochs: 3 })
    const found = await lossesOf(model, [classBatch], { epochs: 3 })
    expect(difference(found, expected)).toBeLessThan(tolerance)
    expect(difference(weightsOf(model), weightsOf(plain))).toBeLessThan(tolerance)
    const { loss } = await model.evaluate([classBatch])
    expect(Math.abs(loss - (await plain.evaluate([{ ...classBatch, inputs: beside }])).loss)).toBeLessThan(
      tolerance,
    )
  })

  test('has no loop over time where it learns so', () => {
    expect(made(name).program('train', { batch: 3, time: 7 })).not.toContain('for each step')
    expect(made(name).program('predict', { batch: 3, time: 7 })).toContain('for each step of T:')
  })

  test('runs free on its own outputs', async () => {
    const model = made(name, { feedback: 'output' })
    const weights = Object.fromEntries(model.getWeights().map((w) => [w.name, w]))
    const product = (x: readonly number[], part: string): number[] => {
      const { data: kernel, shape } = weights[`feedback/${part}/kernel`] as (typeof weights)[string]
      const bias = weights[`feedback/${part}/bias`]?.data ?? []
      const n = shape[1] as number
      return Array.from({ length: n }, (_, j) =>
        x.reduce((sum, v, k) => sum + v * (kernel[k * n + j] as number), bias[j] as number),
      )
    }
    const { data } = await model.predict({ inputs: numberBatch.inputs, lengths })
    for (const [b, n] of lengths.entries()) {
      let before: number[] = new Array(classes).fill(0)
      for (let t = 0; t < n; t++) {
        const x = [...row(numberBatch.inputs as { data: Float32Array }, features, b, t), ...before]
        before = product(product(x, 'dense').map(Math.tanh), 'dense_1')
        expect(difference(row({ data }, classes, b, t), before)).toBeLessThan(1e-5)
      }
    }
  })

  test.each(['dense', 'lstm'] as const)('streams as it predicts: %s inside', async (inside) => {
    const model = made(name, { inside })
    const inputs = {
      data: (classBatch.inputs as { data: Float32Array }).data.slice(0, time * features),
      shape: [1, time, features],
    }
    const { data } = await model.predict({ inputs })
    const session = model.session()
    const steps = Array.from({ length: time }, (_, t) =>
      Array.from(session.step(inputs.data.slice(t * features, (t + 1) * features))),
    )
    expect(difference(steps.flat(), data)).toBeLessThan(tolerance)
    session.reset()
    expect(difference(session.run(inputs.data), data)).toBeLessThan(tolerance)
  })

  test.each([
    ['dense', 0],
    ['lstm', 0],
    ['lstm', 0.5],
  ] as const)(
    'learns from its own outputs, %s inside, targets %f of the time',
    async (inside, teacherForcing) => {
      if (name === 'reference') {
        const model = made(name, { inside, teacherForcing, feedback: 'output', units: 2 })
        // What `evaluate` compares is taught in every step: the loss of a first step of training is the one that has this slope.
        await expectSlopes(model, numberBatch, { loss: 'meanSquaredError' }, async () => {
          model.compile({ optimizer: optimizers.sgd({ learningRate: 1e-30 }), loss: 'meanSquaredError' })
          return (await lossesOf(model, [numberBatch]))[0] as number
        })
      }
      const losses = async (backend: BackendName) =>
        lossesOf(made(backend, { inside, teacherForcing, feedback: 'output' }), [numberBatch], { epochs: 4 })
      const [found, expected] = [await losses(name), await losses('reference')]
      expect(found[3]).toBeLessThan(found[0] as number)
      expect(difference(found, expected)).toBeLessThan(1e-4)
    },
  )

  test('is taught half of the time where it says so', async () => {
    const losses = []
    for (const teacherForcing of [1, 0.5, 0]) {
      losses.push((await lossesOf(made(name, { teacherForcing, feedback: 'output' }), [numberBatch]))[0])
    }
    expect(new Set(losses).size).toBe(3)
  })

  test('draws what goes back, another one in every step', async () => {
    const model = made(name, { feedback: 'sample' })
    const zeros = model
      .getWeights()
      .map(({ name: weight, data }) => ({ name: weight, data: new Float32Array(data.length) }))
    model.setWeights(zeros)
    // All classes are equally likely, whatever comes in; what went back stands in the state.
    await model.ready()
    const session = model.session()
    const counts = new Array(classes).fill(0)
    for (let t = 0; t < 400; t++) {
      session.step(new Float32Array(features))
      const [state] = Object.values(session.state) as [Float32Array]
      counts[state.indexOf(1)]++
    }
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(45) // five standard deviations
  })

  test('is diagnosed as it trains', async () => {
    const model = made(name, { inside: 'lstm' })
    const { loss, states } = await diagnose(model, classBatch)
    expect(Math.abs(loss - (await model.evaluate([classBatch])).loss)).toBeLessThan(tolerance)
    expect(states.map((curve) => curve.name)).toEqual(['feedback/lstm/h'])
  })

  test('comes back from its file', async () => {
    const model = made(name, { inside: 'lstm' })
    const again = await load(model.toBytes(), { backend: name })
    expect((await again.predict(classBatch)).data).toEqual((await model.predict(classBatch)).data)
  })
})

test.each([
  ['no layers', { layers: [], outputDim: 2 }, /a list of layers/],
  [
    'a layer that reads ahead',
    { layers: [layers.bidirectional(layers.gru({ units: 2, returnSequences: true }))], outputDim: 4 },
    /bidirectional reads outputs that do not exist yet/,
  ],
  [
    'a probability of 2',
    { layers: [layers.dense({ units: 2 })], outputDim: 2, teacherForcing: 2 },
    /probability/,
  ],
])('refuses %s', (_, options, expected) => {
  expect(() => layers.outputFeedback(options as never)).toThrow(expected)
})

test('says so where the layers have another number of features than was said', () => {
  const layer = layers.outputFeedback({ layers: [layers.dense({ units: 3 })], outputDim: 2 })
  expect(() => sequential([layer], { inputShape: [null, 1] })).toThrow(/expected 2 features.*received 3/)
})
