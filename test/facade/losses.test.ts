import {
  type Batch,
  input,
  type LossName,
  layers,
  losses,
  type Model,
  metrics,
  model,
  optimizers,
  sequential,
  type TensorLike,
} from 'ostinato'
import { describe, expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { floats } from './models.js'

const [rows, time, width] = [3, 4, 6]
const lengths = [4, 1, 3]
const weights = [1, 2, 0.5]
const untyped = <T>(value: unknown): T => value as T

type Activation = 'linear' | 'softmax' | 'sigmoid'

function tagger(backend: BackendName, activation: Activation = 'linear'): Model {
  return sequential(
    [layers.gru({ units: 5, returnSequences: true }), layers.dense({ units: width, activation })],
    { inputShape: [null, 2], backend, seed: 4 },
  )
}

/** Shares of six classes, or six numbers between 0 and 1. */
function targetsOf(name: LossName): { data: Float32Array | Int32Array; shape: number[] } {
  const numbers = floats('targets', rows, time, width).data
  const shape = [rows, time, width]
  if (name === 'sparseCategoricalCrossentropy') {
    const data = Int32Array.from(
      { length: rows * time },
      (_, n) => Math.abs(Math.round(numbers[n]! * 99)) % width,
    )
    return { data, shape: [rows, time] }
  }
  if (name === 'binaryCrossentropy') return { data: numbers.map((v) => (v > 0 ? 1 : 0)), shape }
  if (name !== 'categoricalCrossentropy') return { data: numbers, shape }
  const total = (n: number) => numbers.slice(n * width, (n + 1) * width).reduce((sum, v) => sum + v * v, 0)
  return { data: numbers.map((v, i) => (v * v) / total(Math.floor(i / width))), shape }
}

const batchOf = (name: LossName): Batch => ({
  inputs: floats('inputs', rows, time, 2),
  targets: targetsOf(name),
  lengths,
  weights,
})

const { log, exp, abs } = Math
const mean = (x: readonly number[]) => x.reduce((sum, v) => sum + v, 0) / x.length
const softmax = (x: readonly number[]) => {
  const total = x.reduce((sum, v) => sum + exp(v), 0)
  return x.map((v) => exp(v) / total)
}

/** The losses of one step, from logits or predictions and targets, as their definitions say. */
const definitions: Readonly<Record<LossName, (p: readonly number[], t: readonly number[]) => number>> = {
  sparseCategoricalCrossentropy: (p, [t]) => -log(softmax(p)[t!]!),
  categoricalCrossentropy: (p, t) => -softmax(p).reduce((sum, q, f) => sum + t[f]! * log(q), 0),
  binaryCrossentropy: (p, t) =>
    mean(p.map((x, f) => -log(t[f]! === 1 ? 1 / (1 + exp(-x)) : 1 / (1 + exp(x))))),
  meanSquaredError: (p, t) => mean(p.map((x, f) => (x - t[f]!) ** 2)),
  meanAbsoluteError: (p, t) => mean(p.map((x, f) => abs(x - t[f]!))),
  huber: (p, t) => mean(p.map((x, f) => (abs(x - t[f]!) <= 1 ? (x - t[f]!) ** 2 / 2 : abs(x - t[f]!) - 0.5))),
}

/** Σ w · f ∕ Σ w over the valid steps. */
async function expected(
  model: Model,
  batch: Batch,
  f: (p: readonly number[], t: readonly number[]) => number,
): Promise<number> {
  const { data } = await model.predict({ inputs: batch.inputs, lengths })
  const targets = batch.targets as ReturnType<typeof targetsOf>
  const size = targets.shape.length === 3 ? width : 1
  let [sum, total] = [0, 0]
  for (let n = 0; n < rows * time; n++) {
    const [row, step] = [Math.floor(n / time), n % time]
    if (step >= lengths[row]!) continue
    const p = [...data.subarray(n * width, (n + 1) * width)]
    sum += weights[row]! * f(p, [...targets.data.subarray(n * size, (n + 1) * size)])
    total += weights[row]!
  }
  return sum / total
}

describeOnBackends('losses', ({ name: backend }) => {
  test.each(Object.keys(losses) as LossName[])(
    '%s is its definition, over valid weighted steps',
    async (name) => {
      const model = tagger(backend).compile({ loss: name })
      const batch = batchOf(name)
      const { loss, weight } = await model.evaluate([batch])
      expect(weight).toBe(4 * 1 + 1 * 2 + 3 * 0.5)
      expect(loss).toBeCloseTo(await expected(model, batch, definitions[name]), 5)
      // The maker of the same name gives the same.
      model.compile({ loss: losses[name]() })
      expect((await model.evaluate([batch])).loss).toBe(loss)
      // Learning lowers it.
      const { loss: history } = await model.fit([batch], { epochs: 30 })
      expect(history.at(-1)).toBeLessThan(history[0]! * 0.98)
      model.dispose()
    },
  )

  test.each([
    ['sigmoid', 'binaryCrossentropy'],
    ['softmax', 'categoricalCrossentropy'],
    ['softmax', 'sparseCategoricalCrossentropy'],
  ] as const)('behind a %s, %s looks at its logits', async (activation, loss) => {
    const [logits, probabilities] = [tagger(backend), tagger(backend, activation)]
    const batch = batchOf(loss)
    for (const model of [logits, probabilities]) model.compile({ loss, metrics: ['accuracy'] })
    expect(await probabilities.evaluate([batch])).toEqual(await logits.evaluate([batch]))
    // Far out, where probabilities are 0 and 1.
    for (const model of [logits, probabilities]) {
      const { data } = model.getWeights().find((w) => w.name === 'dense/kernel')!
      model.setWeights([{ name: 'dense/kernel', data: data.map((v) => v * 1e4) }])
    }
    const { loss: far } = await logits.evaluate([batch])
    expect(far).toBeGreaterThan(100)
    expect(far).toBeLessThan(Number.POSITIVE_INFINITY)
    expect((await probabilities.evaluate([batch])).loss).toBe(far)
    for (const model of [logits, probabilities]) model.dispose()
  })

  test('the features of a step are averaged, or summed: the likelihood of the step', async () => {
    const model = tagger(backend)
    const batch = batchOf('binaryCrossentropy')
    const lossWith = async (features: 'mean' | 'sum') => {
      model.compile({ loss: losses.binaryCrossentropy({ features }) })
      return (await model.evaluate([batch])).loss
    }
    const [average, sum] = [await lossWith('mean'), await lossWith('sum')]
    expect(sum / average).toBeCloseTo(width, 5)
    model.dispose()
  })

  test('label smoothing moves targets to an even distribution', async () => {
    const model = tagger(backend)
    for (const [name, even] of [
      ['categoricalCrossentropy', 1 / width],
      ['binaryCrossentropy', 1 / 2],
    ] as const) {
      const batch = batchOf(name)
      const { data, shape } = batch.targets as ReturnType<typeof targetsOf>
      const moved = { data: Float32Array.from(data, (t) => 0.75 * t + 0.25 * even), shape }
      model.compile({ loss: losses[name]() })
      const { loss } = await model.evaluate([{ ...batch, targets: moved }])
      model.compile({ loss: losses[name]({ labelSmoothing: 0.25 }) })
      expect((await model.evaluate([batch])).loss).toBeCloseTo(loss, 6)
    }
    model.dispose()
  })

  test('smoothed, classes and one-hot targets are the same loss, and learn the same', async () => {
    const [sparse, wide] = [tagger(backend), tagger(backend)]
    const classes = batchOf('sparseCategoricalCrossentropy')
    const { data, shape } = classes.targets as ReturnType<typeof targetsOf>
    const oneHot = { data: new Float32Array(data.length * width), shape: [...shape, width] }
    for (const [i, target] of data.entries()) oneHot.data[i * width + target] = 1
    const optimizer = optimizers.sgd({ learningRate: 0.5 })
    sparse.compile({ optimizer, loss: losses.sparseCategoricalCrossentropy({ labelSmoothing: 0.25 }) })
    wide.compile({ optimizer, loss: losses.categoricalCrossentropy({ labelSmoothing: 0.25 }) })
    const found = await sparse.fit([classes], { epochs: 3 })
    expect(found).toEqual(await wide.fit([{ ...classes, targets: oneHot }], { epochs: 3 }))
    expect(sparse.getWeights()).toEqual(wide.getWeights())
    sparse.compile({ optimizer, loss: losses.sparseCategoricalCrossentropy(), metrics: ['accuracy'] })
    const { metrics } = await sparse.evaluate([classes])
    sparse.compile({
      optimizer,
      loss: losses.sparseCategoricalCrossentropy({ labelSmoothing: 0.25 }),
      metrics: ['accuracy'],
    })
    expect((await sparse.evaluate([classes])).metrics).toEqual(metrics)
    for (const each of [sparse, wide]) each.dispose()
  })
})

const first = (x: readonly number[]) => x.indexOf(Math.max(...x))
const accuracies: readonly (readonly [LossName, (p: readonly number[], t: readonly number[]) => number])[] = [
  ['sparseCategoricalCrossentropy', (p, [t]) => (first(p) === t ? 1 : 0)],
  ['categoricalCrossentropy', (p, t) => (first(p) === first(t) ? 1 : 0)],
  ['binaryCrossentropy', (p, t) => mean(p.map((x, f) => (x > 0 === (t[f] === 1) ? 1 : 0)))],
]

describeOnBackends('metrics', ({ name: backend }) => {
  test.each(accuracies)('accuracy with %s', async (loss, definition) => {
    const optimizer = optimizers.adam({ learningRate: 0.05 })
    const model = tagger(backend).compile({ optimizer, loss, metrics: ['accuracy'] })
    const batch = batchOf(loss)
    const { metrics: before } = await model.evaluate([batch])
    expect(before['accuracy']).toBeCloseTo(await expected(model, batch, definition), 6)

    const steps: number[] = []
    const epochs: (number | undefined)[] = []
    const history = await model.fit([batch], {
      epochs: 60,
      validationData: [batch],
      callbacks: {
        onStepEnd: ({ metrics }) => void steps.push(metrics['accuracy']!),
        onEpochEnd: ({ validationMetrics }) => void epochs.push(validationMetrics?.['accuracy']),
      },
    })
    // One batch an epoch: before the update in training, after it in validation.
    expect(history.metrics['accuracy']).toEqual(steps)
    expect(history.validationMetrics['accuracy']).toEqual(epochs)
    expect(steps[0]).toBeCloseTo(before['accuracy']!, 6)
    expect(steps.slice(1)).toEqual(epochs.slice(0, -1))
    expect(epochs.at(-1)).toBeGreaterThan(before['accuracy']!)
    expect(epochs.at(-1)).toBe((await model.evaluate([batch])).metrics['accuracy'])
    model.dispose()
  })

  test('top-k accuracy counts a target among the k likeliest', async () => {
    const model = tagger(backend)
    const batch = batchOf('sparseCategoricalCrossentropy')
    const loss = 'sparseCategoricalCrossentropy'
    const shares: number[] = []
    for (let k = 1; k <= width; k++) {
      model.compile({ loss, metrics: ['accuracy', metrics.topKAccuracy({ k })] })
      const { metrics: counted } = await model.evaluate([batch])
      const isHit = (p: readonly number[], [t]: readonly number[]) =>
        p.filter((v, f) => v > p[t!]! || (v === p[t!] && f < t!)).length < k ? 1 : 0
      expect(counted['topKAccuracy']).toBeCloseTo(await expected(model, batch, isHit), 6)
      if (k === 1) expect(counted['topKAccuracy']).toBe(counted['accuracy'])
      shares.push(counted['topKAccuracy']!)
    }
    expect(shares.at(-1)).toBe(1)
    expect(shares[0]).toBeLessThan(1)
    model.dispose()
  })

  test('each of several outputs has its own', async () => {
    const x = input({ shape: [null, 2], name: 'x' })
    const tag = layers.dense({ units: width, name: 'tag' })
    const value = layers.dense({ units: width, name: 'value' })
    const outputs = { tag: tag.apply(x), value: value.apply(x) }
    const both = model({ inputs: x, outputs, backend, seed: 2 })
    both.compile({
      loss: { tag: 'sparseCategoricalCrossentropy', value: losses.huber({ delta: 0.5 }) },
      metrics: { tag: ['accuracy', metrics.topKAccuracy({ k: 2 })], value: [] },
    })
    const [tags, values] = [batchOf('sparseCategoricalCrossentropy'), batchOf('huber')]
    const targets = { tag: tags.targets as TensorLike, value: values.targets as TensorLike }
    const batch: Batch = { inputs: tags.inputs, targets, lengths, weights: { tag: weights, value: weights } }
    const { metrics: counted } = await both.evaluate([batch])
    expect(Object.keys(counted)).toEqual(['accuracy/tag', 'topKAccuracy/tag'])
    const alone = sequential([layers.dense({ units: width })], { inputShape: [null, 2], backend })
    alone.setWeights(
      both
        .getWeights()
        .filter((w) => w.name.startsWith('tag/'))
        .map((w) => ({ ...w, name: w.name.replace('tag', 'dense') })),
    )
    alone.compile({
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['accuracy', metrics.topKAccuracy({ k: 2 })],
    })
    const { metrics: expected } = await alone.evaluate([tags])
    expect(Object.values(counted)).toEqual(Object.values(expected))
    const history = await both.fit([batch], { epochs: 2, validationData: [batch] })
    expect(history.metrics['accuracy/tag']?.length).toBe(2)
    expect(history.validationMetrics['topKAccuracy/tag']?.length).toBe(2)
    for (const m of [both, alone]) m.dispose()
  })

  test('means are over all steps of all batches', async () => {
    const model = tagger(backend).compile({ loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
    const batch = batchOf('sparseCategoricalCrossentropy')
    const light = { ...batch, weights: [0, 0, 4] }
    const [a, b] = [await model.evaluate([batch]), await model.evaluate([light])]
    const both = await model.evaluate([batch, light])
    const shared =
      (a.metrics['accuracy']! * a.weight + b.metrics['accuracy']! * b.weight) / (a.weight + b.weight)
    expect(both.metrics['accuracy']).toBeCloseTo(shared, 12)
    model.dispose()
  })
})

describe('losses and metrics that make no sense are refused', () => {
  const fresh = () => tagger('reference')
  const cases: readonly (readonly [string, () => unknown])[] = [
    [
      'INVALID_OPTION huber, delta: expected a finite number above 0, received 0',
      () => losses.huber({ delta: 0 }),
    ],
    [
      'UNKNOWN_OPTION huber: unknown option "detla". Did you mean "delta"?',
      () => losses.huber(untyped({ detla: 1 })),
    ],
    [
      'INVALID_OPTION binaryCrossentropy, labelSmoothing: expected a number in [0, 1), received 1',
      () => losses.binaryCrossentropy({ labelSmoothing: 1 }),
    ],
    [
      'INVALID_OPTION binaryCrossentropy, features: expected "mean" or "sum", received "sums". Did you mean "sum"?',
      () => losses.binaryCrossentropy({ features: untyped('sums') }),
    ],
    [
      'INVALID_OPTION compile, metrics: expected "accuracy" or "topKAccuracy", received "acuracy". Did you mean "accuracy"?',
      () => fresh().compile({ loss: 'categoricalCrossentropy', metrics: untyped(['acuracy']) }),
    ],
    [
      'INVALID_OPTION compile, metrics: expected a list of metrics, received string',
      () => fresh().compile({ loss: 'categoricalCrossentropy', metrics: untyped('accuracy') }),
    ],
    [
      'INVALID_OPTION compile, metrics: expected every metric once, received accuracy again',
      () => fresh().compile({ loss: 'categoricalCrossentropy', metrics: ['accuracy', 'accuracy'] }),
    ],
    [
      'INVALID_OPTION compile, metrics, topKAccuracy: expected the loss sparseCategoricalCrossentropy or categoricalCrossentropy, received huber',
      () => fresh().compile({ loss: 'huber', metrics: ['topKAccuracy'] }),
    ],
    [
      'INVALID_OPTION topKAccuracy, k: expected an integer of at least 1, received 0',
      () => metrics.topKAccuracy({ k: 0 }),
    ],
    [
      'INVALID_OPTION loss: dropout behind a sigmoid leaves no probabilities. Put the dropout before the last layer',
      () =>
        sequential([layers.dense({ units: 2, activation: 'sigmoid' }), layers.dropout({ rate: 0.5 })], {
          inputShape: [2],
          backend: 'reference',
        })
          .compile({ loss: 'binaryCrossentropy' })
          .fit([{ inputs: [[1, 2]], targets: [[0, 1]] }]),
    ],
    [
      'INDEX_OUT_OF_RANGE evaluate, batch 1, loss: expected a class of the prediction, received target 6 at row 0, step 0',
      () =>
        fresh()
          .compile({ loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
          .evaluate([{ inputs: floats('x', 1, 2, 2), targets: [[6, 0]] }]),
    ],
    [
      'SHAPE_MISMATCH evaluate, batch 1, targets: expected [1, 2, 6], received [1, 2]',
      () =>
        fresh()
          .compile({ loss: 'binaryCrossentropy' })
          .evaluate([{ inputs: floats('x', 1, 2, 2), targets: [[1, 0]] }]),
    ],
  ]
  test.each(cases)('%s', async (text, work) => expect(await failureText(work)).toBe(text))
})
