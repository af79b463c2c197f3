import { type Batch, layers, type Model, optimizers, type StepLogs, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { failureOf, failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { classes, features, floats, tagger, tokens, weightsOf } from './models.js'

const lengths = [5, 1, 3, 4, 2, 5]
const whole: Batch = { inputs: tokens('inputs', 6, 5), targets: tokens('targets', 6, 5), lengths }

/** Rows [from, to) of the batch. */
function part(from: number, to: number): Batch {
  const cut = ({ data, shape }: ReturnType<typeof tokens>) => ({
    data: data.slice(from * 5, to * 5),
    shape: [to - from, shape[1] as number],
  })
  return {
    inputs: cut(whole.inputs as ReturnType<typeof tokens>),
    targets: cut(whole.targets as ReturnType<typeof tokens>),
    lengths: lengths.slice(from, to),
  }
}

const parts = [part(0, 1), part(1, 4), part(4, 6)]

/** With clipping and a penalty, both of which see the step as a whole. */
function made(backend: BackendName): Model {
  const model = sequential(
    [
      layers.embedding({ inputDim: classes, outputDim: 3 }),
      layers.gru({ units: 4, returnSequences: true, kernelRegularizer: { l2: 0.01 } }),
      layers.dense({ units: classes }),
    ],
    { backend, seed: 3 },
  )
  return model.compile({
    optimizer: optimizers.adam({ learningRate: 0.05, globalClipNorm: 0.1 }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  })
}

describeOnBackends('batches whose gradients are added up', ({ name: backend }) => {
  test('are a step of all their rows', async () => {
    const [together, apart] = [made(backend), made(backend)]
    const logs: StepLogs[][] = [[], []]
    const told = (i: number) => ({ onStepEnd: (log: StepLogs) => void logs[i]?.push(log) })
    const expected = await together.fit([whole], { epochs: 4, callbacks: told(0) })
    const found = await apart.fit(parts, { epochs: 4, accumulate: 3, callbacks: told(1) })
    expect(difference(weightsOf(apart), weightsOf(together))).toBeLessThan(2e-6)
    expect(difference(found.loss, expected.loss)).toBeLessThan(1e-5)
    expect(difference(found.metrics['accuracy']!, expected.metrics['accuracy']!)).toBeLessThan(1e-6)
    expect(logs[1]?.map(({ step, epoch, stepsPerEpoch }) => [step, epoch, stepsPerEpoch])).toEqual(
      logs[0]?.map(({ step, epoch, stepsPerEpoch }) => [step, epoch, stepsPerEpoch]),
    )
    for (const key of ['loss', 'weight', 'gradientNorm'] as const)
      expect(
        difference(
          logs[1]!.map((l) => l[key]),
          logs[0]!.map((l) => l[key]),
        ),
        key,
      ).toBeLessThan(1e-5)
    for (const each of [together, apart]) each.dispose()
  })

  test('what is left at the end of an epoch makes a step', async () => {
    const [two, one] = [made(backend), made(backend)]
    const steps: number[] = []
    await two.fit(parts, { accumulate: 2, callbacks: { onStepEnd: ({ step }) => void steps.push(step) } })
    expect(steps).toEqual([1, 2])
    await one.fit([part(0, 4), part(4, 6)])
    expect(difference(weightsOf(two), weightsOf(one))).toBeLessThan(2e-6)
    // The next epoch begins a step of its own.
    await two.fit(parts, { accumulate: 2, epochs: 2 })
    await one.fit([part(0, 4), part(4, 6)], { epochs: 2 })
    expect(difference(weightsOf(two), weightsOf(one))).toBeLessThan(1e-5)
    for (const each of [two, one]) each.dispose()
  })

  test('draw other masks in every batch', async () => {
    const model = sequential([layers.dropout({ rate: 0.5 }), layers.dense({ units: 1 })], {
      inputShape: [40],
      backend,
    })
    model.compile({ optimizer: optimizers.sgd({ learningRate: 1 }), loss: 'meanSquaredError' })
    const inputs = { data: new Float32Array(40).fill(1), shape: [1, 40] }
    const before = weightsOf(model)
    await model.fit(
      [
        { inputs, targets: [[5]] },
        { inputs, targets: [[5]] },
      ],
      { accumulate: 2 },
    )
    // Dropped twice, once, or never: three sizes of gradients.
    const moved = new Set(weightsOf(model).map((v, i) => Math.round((v - (before[i] ?? 0)) * 1e3)))
    expect(moved.size).toBeGreaterThanOrEqual(3)
    model.dispose()
  })

  test('one that is not finite stops the step, and names it', async () => {
    const model = sequential([layers.dense({ units: 1 })], { inputShape: [features], backend })
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const good = { inputs: floats('x', 2, features), targets: floats('y', 2, 1) }
    const bad = { inputs: [[Number.NaN, 0, 0]], targets: [[1]] }
    const before = weightsOf(model)
    const failure = await failureOf(() => model.fit([bad, good], { accumulate: 2 }))
    expect(failure).toMatchObject({ code: 'NON_FINITE_LOSS', where: 'fit, step 1' })
    expect(weightsOf(model)).toEqual(before)
    model.dispose()
  })
})

test('says what is wrong', async () => {
  expect(await failureText(() => tagger('reference').fit([whole], { accumulate: 0 }))).toContain(
    'fit, accumulate',
  )
  const stateful = sequential([layers.gru({ units: 2, stateful: true })], {
    inputShape: [null, features],
    backend: 'reference',
  }).compile({ loss: 'meanSquaredError' })
  const batch = { inputs: floats('x', 2, 3, features), targets: floats('y', 2, 2) }
  expect(await failureText(() => stateful.fit([batch, batch], { accumulate: 2 }))).toContain(
    'fit, accumulate: the model has stateful layers',
  )
})
