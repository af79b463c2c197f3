import { type Batch, layers, optimizers, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import { backends, describeOnBackends } from '../backends.js'
import { failureOf, failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import {
  classes,
  floats,
  lossesOf,
  regressionBatch,
  regressor,
  tagger,
  tokenBatch,
  weightsOf,
} from './models.js'

const good = [regressionBatch('first'), regressionBatch('second'), regressionBatch('third')] as const
const poisoned: Batch = {
  ...good[0],
  inputs: { data: floats('poison', 2, 4, 3).data.fill(Number.NaN, 5, 6), shape: [2, 4, 3] },
}

describeOnBackends('training', ({ name }) => {
  test('a loss that is not finite stops the fit, names its step, and keeps the weights of the last good one', async () => {
    const [model, twin] = [regressor(name), regressor(name)]
    await twin.fit([good[0], good[1]])
    const failure = await failureOf(() => model.fit([good[0], good[1], poisoned, good[2]]))
    expect(failure).toMatchObject({ code: 'NON_FINITE_LOSS', where: 'fit, step 3' })
    expect(failure.message).toMatch(/received loss NaN, norm .*weights are those of the last good step/)
    expect(weightsOf(model)).toEqual(weightsOf(twin))
    // Moments and step count are those of two steps, too: both go on alike.
    expect(await lossesOf(model, [good[2], good[0]])).toEqual(await lossesOf(twin, [good[2], good[0]]))
    expect(weightsOf(model)).toEqual(weightsOf(twin))
    for (const m of [model, twin]) m.dispose()
  })

  test.skipIf(name === 'reference')('a gradient beyond float32 stops the fit, too', async () => {
    const model = sequential([layers.dense({ units: 1 })], { inputShape: [1], backend: name })
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const before = weightsOf(model)
    const failure = await failureOf(() => model.fit([{ inputs: [[1e25]], targets: [[1e25]] }]))
    expect(failure.code).toBe('NON_FINITE_LOSS')
    expect(weightsOf(model)).toEqual(before)
    model.dispose()
  })

  test('the same seed gives the same training, bit for bit; another gives another', async () => {
    const train = async (seed: number) => {
      const model = sequential(
        [
          layers.embedding({ inputDim: classes, outputDim: 7 }),
          layers.dropout({ rate: 0.3 }),
          layers.lstm({ units: 19, returnSequences: true }),
          layers.dense({ units: classes }),
        ],
        { backend: name, seed },
      )
      model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' })
      const losses = await lossesOf(model, [tokenBatch('a', 5, 9), tokenBatch('b', 3, 11)], { epochs: 3 })
      const weights = weightsOf(model)
      model.dispose()
      return { losses, weights }
    }
    const first = await train(1)
    expect(await train(1)).toEqual(first)
    expect((await train(2)).losses).not.toEqual(first.losses)
  })

  test('a learning rate may be a function of the step, counted from 1 over all fits', async () => {
    const seen: number[] = []
    const model = regressor(name)
    const learningRate = (step: number) => {
      seen.push(step)
      return step === 2 ? 0 : 0.1
    }
    model.compile({ optimizer: optimizers.sgd({ learningRate }), loss: 'meanSquaredError' })
    const before = weightsOf(model)
    await model.fit([good[0]])
    const first = weightsOf(model)
    expect(first).not.toEqual(before)
    await model.fit([good[1]])
    expect(weightsOf(model), 'a learning rate of 0 learns nothing').toEqual(first)
    await model.fit([good[1], good[2]])
    expect(weightsOf(model)).not.toEqual(first)
    expect(seen).toEqual([1, 2, 3, 4])

    const constant = regressor(name)
    constant.compile({ optimizer: optimizers.sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' })
    await constant.fit([good[0], good[1], good[2]])
    const scheduled = regressor(name)
    scheduled.compile({ optimizer: optimizers.sgd({ learningRate: () => 0.1 }), loss: 'meanSquaredError' })
    await scheduled.fit([good[0], good[1], good[2]])
    expect(weightsOf(scheduled)).toEqual(weightsOf(constant))

    model.compile({ optimizer: optimizers.sgd({ learningRate }), loss: 'meanSquaredError' })
    await model.fit([good[0]])
    expect(seen.at(-1), 'compile begins again').toBe(1)
    for (const m of [model, constant, scheduled]) m.dispose()
  })

  test('a schedule that returns nonsense is refused before it reaches the weights', async () => {
    const model = regressor(name)
    model.compile({ optimizer: optimizers.sgd({ learningRate: () => Number.NaN }), loss: 'meanSquaredError' })
    const before = weightsOf(model)
    expect(await failureText(() => model.fit([good[0]]))).toBe(
      'INVALID_OPTION learningRate at step 1: expected a finite number of at least 0, received NaN',
    )
    expect(weightsOf(model)).toEqual(before)
    model.dispose()
  })

  test('callbacks see every step and epoch, and are awaited', async () => {
    const model = regressor(name)
    const log: string[] = []
    const history = await model.fit(good, {
      epochs: 2,
      validationData: [good[0]],
      callbacks: {
        async onStepEnd({ step, epoch, stepsPerEpoch, weight }) {
          await new Promise((resolve) => setTimeout(resolve, 1))
          log.push(`step ${step} of ${stepsPerEpoch}, epoch ${epoch}, weight ${weight}`)
        },
        onEpochEnd: ({ epoch, loss, validationLoss }) => {
          expect(loss).toBeGreaterThan(0)
          expect(validationLoss).toBeGreaterThan(0)
          log.push(`epoch ${epoch}`)
        },
      },
    })
    expect(log).toEqual([
      'step 1 of 3, epoch 0, weight 8',
      'step 2 of 3, epoch 0, weight 8',
      'step 3 of 3, epoch 0, weight 8',
      'epoch 0',
      'step 4 of 3, epoch 1, weight 8',
      'step 5 of 3, epoch 1, weight 8',
      'step 6 of 3, epoch 1, weight 8',
      'epoch 1',
    ])
    expect(history.loss.length).toBe(2)
    expect(history.validationLoss.length).toBe(2)
    const { loss } = await model.evaluate([good[0]])
    expect(loss).toBe(history.validationLoss[1])
    model.dispose()
  })

  test('what a callback throws ends the fit and leaves the model usable', async () => {
    const model = regressor(name)
    const reason = new RangeError('enough')
    const fit = model.fit(good, {
      callbacks: {
        onStepEnd({ step }) {
          if (step === 2) throw reason
        },
      },
    })
    await expect(fit).rejects.toBe(reason)
    expect(await lossesOf(model, good)).toHaveLength(3)
    model.dispose()
  })

  test('a generator function makes the batches of every epoch anew', async () => {
    const model = regressor(name)
    let epochs = 0
    async function* source() {
      epochs++
      yield good[0]
      yield good[1]
    }
    const { loss } = await model.fit(source, { epochs: 3 })
    expect([epochs, loss.length]).toEqual([3, 3])
    const again = await failureText(() => model.fit(source(), { epochs: 2 }))
    expect(again).toMatch(/^EMPTY_DATA fit: .*walked once only/)
    model.dispose()
  })

  test('weights of steps and rows count in the loss as they say', async () => {
    const model = regressor(name)
    const [a, b] = [regressionBatch('row a', 1, 4), regressionBatch('row b', 1, 4)]
    const both = regressionBatch('both', 2, 4)
    const join = (x: Batch['inputs'], y: Batch['inputs']) =>
      Float32Array.from([...(x as { data: Float32Array }).data, ...(y as { data: Float32Array }).data])
    const batch = {
      inputs: { data: join(a.inputs, b.inputs), shape: [2, 4, 3] },
      targets: { data: join(a.targets ?? [], b.targets ?? []), shape: [2, 4, 2] },
    }
    const [first, second] = [await model.evaluate([a]), await model.evaluate([b])]
    const weighted = await model.evaluate([{ ...batch, weights: [3, 1] }])
    expect(weighted.weight).toBe(16)
    expect(weighted.loss).toBeCloseTo((3 * first.loss + second.loss) / 4, 5)
    const steps = await model.evaluate([
      {
        ...batch,
        weights: [
          [3, 3, 3, 3],
          [1, 1, 1, 1],
        ],
      },
    ])
    expect(steps).toEqual(weighted)
    const one = await model.evaluate([{ ...batch, weights: [1, 0] }])
    expect(one.loss).toBeCloseTo(first.loss, 5)
    // A batch without weights among batches with some counts in full.
    const mixed = await model.evaluate([{ ...both, weights: [0.5, 0.5] }, both])
    expect(mixed.weight).toBe(12)
    model.dispose()
  })

  test('batches of any size come in any order', async () => {
    const [grown, large] = [tagger(name), tagger(name)]
    const sizes = [
      [1, 2],
      [3, 5],
      [2, 9],
      [4, 1],
      [4, 9],
    ] as const
    const data = sizes.map(([b, t]) => tokenBatch(`size ${b} ${t}`, b, t))
    const losses = await lossesOf(grown, data)
    // The same after a first run that reserved memory for all of them.
    await large.evaluate([data[4] as Batch])
    expect(difference(await lossesOf(large, data), losses)).toBeLessThan(1e-6)
    for (const m of [grown, large]) m.dispose()
  })
})

/** Characters of a small text, 4 streams of 12, two LSTM layers with dropout between, Adam, clipped by the global norm. */
function characterModel(backend: (typeof backends)[number]['name']) {
  const model = sequential(
    [
      layers.embedding({ inputDim: classes, outputDim: 8 }),
      layers.lstm({ units: 16, returnSequences: true }),
      layers.dropout({ rate: 0.2 }),
      layers.lstm({ units: 16, returnSequences: true }),
      layers.dense({ units: classes }),
    ],
    { backend, seed: 5 },
  )
  return model.compile({
    optimizer: optimizers.adam({ learningRate: 0.01, globalClipNorm: 0.5 }),
    loss: 'sparseCategoricalCrossentropy',
  })
}

test('the first twenty losses agree between all backends', async () => {
  const data = Array.from({ length: 20 }, (_, i) => tokenBatch(`window ${i}`, 4, 12))
  const losses: (readonly [string, number[]])[] = []
  for (const { name } of backends) {
    const model = characterModel(name)
    losses.push([name, await lossesOf(model, data)])
    model.dispose()
  }
  const [, expected = []] = losses[0] ?? []
  expect(expected).toHaveLength(20)
  // The dropout of every step counts: without it, the losses are others.
  const undropped = sequential(
    [
      layers.embedding({ inputDim: classes, outputDim: 8 }),
      layers.lstm({ units: 16, returnSequences: true }),
      layers.lstm({ units: 16, returnSequences: true }),
      layers.dense({ units: classes }),
    ],
    { backend: 'reference', seed: 5 },
  ).compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' })
  expect(difference(await lossesOf(undropped, data), expected)).toBeGreaterThan(1e-3)
  for (const [name, received] of losses) expect(difference(received, expected), name).toBeLessThan(1e-4)
})
