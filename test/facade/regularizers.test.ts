import {
  type Batch,
  input,
  layers,
  load,
  type Model,
  model,
  optimizers,
  regularizers,
  sequential,
} from 'ostinato'
import { describe, expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { floats, tokens } from './models.js'

const untyped = <T>(value: unknown): T => value as T

const strengths: Readonly<Record<string, { readonly l1: number; readonly l2: number }>> = {
  'embedding/embeddings': regularizers.l2(0.125),
  'bidirectional/forward/kernel': regularizers.l1(0.25),
  'bidirectional/forward/recurrentKernel': regularizers.l2(0.5),
  'bidirectional/forward/bias': regularizers.l1l2({ l1: 0.125, l2: 0.0625 }),
  'bidirectional/backward/kernel': regularizers.l1(0.25),
  'bidirectional/backward/recurrentKernel': regularizers.l2(0.5),
  'bidirectional/backward/bias': regularizers.l1l2({ l1: 0.125, l2: 0.0625 }),
  'gru/recurrentKernel': regularizers.l1(0.0625),
  'gru/bias': regularizers.l2(),
  'gru/recurrentBias': regularizers.l2(),
  'minGRU/kernel': regularizers.l1(0.125),
  'minGRU/bias': regularizers.l2(0.25),
  'simpleRNN/kernel': regularizers.l1(),
  'dense/kernel': { l1: 0, l2: 0.75 },
  'dense/bias': { l1: 0.375, l2: 0 },
}

/** Every layer that has weights, with all penalties or none. */
function tagger(backend: BackendName, penalized: boolean): Model {
  const on = (name: string) => (penalized ? { [name.split(' ')[1]!]: strengths[name.split(' ')[0]!]! } : {})
  return sequential(
    [
      layers.embedding({ inputDim: 5, outputDim: 3, ...on('embedding/embeddings embeddingsRegularizer') }),
      layers.bidirectional(
        layers.lstm({
          units: 2,
          returnSequences: true,
          biasInitializer: 'randomUniform',
          ...on('bidirectional/forward/kernel kernelRegularizer'),
          ...on('bidirectional/forward/recurrentKernel recurrentRegularizer'),
          ...on('bidirectional/forward/bias biasRegularizer'),
        }),
      ),
      layers.gru({
        units: 3,
        returnSequences: true,
        biasInitializer: 'randomUniform',
        ...on('gru/recurrentKernel recurrentRegularizer'),
        ...on('gru/bias biasRegularizer'),
      }),
      layers.minGRU({
        units: 3,
        returnSequences: true,
        biasInitializer: 'randomUniform',
        ...on('minGRU/kernel kernelRegularizer'),
        ...on('minGRU/bias biasRegularizer'),
      }),
      layers.simpleRNN({ units: 3, returnSequences: true, ...on('simpleRNN/kernel kernelRegularizer') }),
      layers.dense({
        units: 2,
        biasInitializer: 'randomUniform',
        ...on('dense/kernel kernelRegularizer'),
        ...on('dense/bias biasRegularizer'),
      }),
    ],
    { backend, seed: 6 },
  ).compile({ optimizer: optimizers.sgd({ learningRate: 1 }), loss: 'meanSquaredError' })
}

const batch: Batch = {
  inputs: tokens('inputs', 3, 4),
  targets: floats('targets', 3, 4, 2),
  lengths: [4, 2, 3],
  weights: [1, 2, 0.5],
}

const weightsOf = (of: Pick<Model, 'getWeights'>) =>
  new Map(of.getWeights().map(({ name, data }) => [name, data]))

/** Σ l1 · |p| + l2 · p² (Keras). */
function penaltyOf(model: Model): number {
  let sum = 0
  for (const [name, data] of weightsOf(model)) {
    const { l1, l2 } = strengths[name] ?? { l1: 0, l2: 0 }
    for (const p of data) sum += l1 * Math.abs(p) + l2 * p * p
  }
  return sum
}

describeOnBackends('regularizers', ({ name: backend }) => {
  test('the loss is the mean over the batch plus the penalty, whatever the lengths and weights', async () => {
    const [plain, penalized] = [tagger(backend, false), tagger(backend, true)]
    expect(weightsOf(penalized)).toEqual(weightsOf(plain))
    expect(Object.keys(strengths).filter((name) => !weightsOf(plain).has(name))).toEqual([])
    const penalty = penaltyOf(plain)
    expect(penalty).toBeGreaterThan(1)
    const half = { ...batch, lengths: [1, 2, 0] }
    for (const data of [[batch], [half], [batch, half, batch]]) {
      const [bare, whole] = [await plain.evaluate(data), await penalized.evaluate(data)]
      expect(whole.weight).toBe(bare.weight)
      expect(whole.loss).toBeCloseTo(bare.loss + penalty, 5)
    }
    for (const m of [plain, penalized]) m.dispose()
  })

  test('a step moves weights by the gradient of the penalty too, and its norm counts', async () => {
    const [plain, penalized] = [tagger(backend, false), tagger(backend, true)]
    const start = weightsOf(plain)
    const penalty = penaltyOf(plain)
    const { loss: bare } = await plain.fit([batch])
    let norm = 0
    const { loss: whole } = await penalized.fit([batch], {
      callbacks: {
        onStepEnd({ gradientNorm }) {
          norm = gradientNorm
        },
      },
    })
    expect(whole[0]).toBeCloseTo(bare[0]! + penalty, 5)
    let squares = 0
    for (const [name, moved] of weightsOf(penalized)) {
      const { l1, l2 } = strengths[name] ?? { l1: 0, l2: 0 }
      const alone = weightsOf(plain).get(name)!
      const expected = start.get(name)!.map((p, i) => alone[i]! - l1 * Math.sign(p) - 2 * l2 * p)
      expect(difference(moved, expected), name).toBeLessThan(1e-6)
      for (const [i, p] of start.get(name)!.entries()) squares += (p - moved[i]!) ** 2
    }
    expect(Math.abs(norm - Math.sqrt(squares)) / norm).toBeLessThan(1e-5)
    for (const m of [plain, penalized]) m.dispose()
  })

  test('of several outputs, the penalty counts once', async () => {
    const made = (penalized: boolean) => {
      const x = input({ shape: [2], name: 'x' })
      const options = penalized ? { kernelRegularizer: regularizers.l2(0.5) } : {}
      const shared = layers.dense({ units: 3, name: 'shared', ...options }).apply(x)
      const outputs = {
        a: layers.dense({ units: 1, name: 'a' }).apply(shared),
        b: layers.dense({ units: 1, name: 'b', ...options }).apply(shared),
      }
      return model({ inputs: x, outputs, backend, seed: 5 }).compile({
        optimizer: optimizers.sgd({ learningRate: 1 }),
        loss: 'meanSquaredError',
        lossWeights: { a: 2, b: 0.25 },
      })
    }
    const [plain, penalized] = [made(false), made(true)]
    const data: Batch = {
      inputs: floats('x', 3, 2),
      targets: { a: floats('a', 3, 1), b: floats('b', 3, 1) },
      weights: { a: [1, 0, 3], b: [0.5, 2, 1] },
    }
    const start = weightsOf(plain)
    let penalty = 0
    for (const name of ['shared/kernel', 'b/kernel']) for (const p of start.get(name)!) penalty += 0.5 * p * p
    const [bare, whole] = [await plain.evaluate([data]), await penalized.evaluate([data])]
    expect(whole.loss).toBeCloseTo(bare.loss + penalty, 5)
    expect(whole.losses).toEqual(bare.losses)
    for (const m of [plain, penalized]) await m.fit([data])
    for (const [name, moved] of weightsOf(penalized)) {
      const l2 = name === 'shared/kernel' || name === 'b/kernel' ? 0.5 : 0
      const alone = weightsOf(plain).get(name)!
      const expected = start.get(name)!.map((p, i) => alone[i]! - 2 * l2 * p)
      expect(difference(moved, expected), name).toBeLessThan(1e-5)
    }
    for (const m of [plain, penalized]) m.dispose()
  })

  test('a model file keeps the penalties', async () => {
    const model = tagger(backend, true)
    const { loss } = await model.evaluate([batch])
    const copy = await load(model.toBytes(), { backend })
    copy.compile({ loss: 'meanSquaredError' })
    expect((await copy.evaluate([batch])).loss).toBe(loss)
    for (const m of [model, copy]) m.dispose()
  })
})

test('the gradient with penalties is that of the loss that evaluate reports', async () => {
  const model = tagger('reference', true)
  const start = weightsOf(model)
  const step = 2 ** -10
  const slopes = new Map<string, number[]>()
  for (const [name, data] of start) {
    const lossAt = async (i: number, value: number) => {
      model.setWeights([{ name, data: data.map((p, j) => (i === j ? value : p)) }])
      return (await model.evaluate([batch])).loss
    }
    const found: number[] = []
    for (const [i, p] of data.entries()) {
      // Not across the kink of |p|.
      const h = Math.min(step, Math.abs(p) / 2 || step)
      const [above, below] = [Math.fround(p + h), Math.fround(p - h)]
      found.push(((await lossAt(i, above)) - (await lossAt(i, below))) / (above - below))
    }
    model.setWeights([{ name, data }])
    slopes.set(name, found)
  }
  await model.fit([batch])
  for (const [name, moved] of weightsOf(model)) {
    const gradient = start.get(name)!.map((p, i) => p - moved[i]!)
    expect(difference(gradient, slopes.get(name)!), name).toBeLessThan(2e-5)
  }
  model.dispose()
})

describe('penalties that make no sense are refused', () => {
  const cases: readonly (readonly [string, () => unknown])[] = [
    ['INVALID_OPTION l2: expected a finite number of at least 0, received -1', () => regularizers.l2(-1)],
    [
      'UNKNOWN_OPTION l1l2: unknown option "l3". Did you mean "l1"?',
      () => regularizers.l1l2(untyped({ l3: 1 })),
    ],
    [
      'INVALID_OPTION dense, kernelRegularizer: expected an object of options, received 0.1',
      () => layers.dense({ units: 1, kernelRegularizer: untyped(0.1) }),
    ],
    [
      'INVALID_OPTION lstm, recurrentRegularizer, l1: expected a finite number of at least 0, received NaN',
      () => layers.lstm({ units: 1, recurrentRegularizer: { l1: Number.NaN } }),
    ],
    [
      'UNKNOWN_OPTION gru: unknown option "kernelRegulariser". Did you mean "kernelRegularizer"?',
      () => layers.gru(untyped<{ units: number }>({ units: 1, kernelRegulariser: { l2: 1 } })),
    ],
  ]
  test.each(cases)('%s', async (text, work) => expect(await failureText(work)).toBe(text))
})
