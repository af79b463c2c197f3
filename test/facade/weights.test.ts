import { initializers, layers, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { classes, regressionBatch, regressor, tagger, weightsOf } from './models.js'

describeOnBackends('weights', ({ name }) => {
  test('have names, shapes and numbers in the order of the layers', () => {
    const model = sequential(
      [
        layers.embedding({ inputDim: classes, outputDim: 3 }),
        layers.gru({ units: 2, returnSequences: true }),
        layers.gru({ units: 2, returnSequences: true, resetAfter: false, useBias: false }),
        layers.lstm({ units: 4, name: 'top' }),
        layers.dense({ units: 1, useBias: false }),
      ],
      { backend: name },
    )
    expect(model.getWeights().map(({ name, shape }) => `${name} [${shape.join(', ')}]`)).toEqual([
      'embedding/embeddings [5, 3]',
      'gru/kernel [3, 6]',
      'gru/recurrentKernel [2, 6]',
      'gru/bias [6]',
      'gru/recurrentBias [6]',
      'gru_1/kernel [2, 6]',
      'gru_1/recurrentKernel [2, 6]',
      'top/kernel [2, 16]',
      'top/recurrentKernel [4, 16]',
      'top/bias [16]',
      'dense/kernel [4, 1]',
    ])
    const bias = model.getWeights().find((w) => w.name === 'top/bias')
    // The forget gate starts open: gates i f g o.
    expect([...(bias?.data ?? [])]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    model.dispose()
  })

  test('are the same for the same seed, whatever the backend, and before and after it has loaded', async () => {
    const [model, other] = [tagger(name), tagger(name, { seed: 4 })]
    const before = weightsOf(model)
    expect(weightsOf(tagger('reference'))).toEqual(before)
    expect(weightsOf(other)).not.toEqual(before)
    await model.ready()
    expect(weightsOf(model)).toEqual(before)
    for (const m of [model, other]) m.dispose()
  })

  test('what getWeights gives is a copy', async () => {
    const model = regressor(name)
    for (const ready of [false, true]) {
      if (ready) await model.ready()
      const before = weightsOf(model)
      for (const { data } of model.getWeights()) data.fill(7)
      expect(weightsOf(model)).toEqual(before)
    }
    model.dispose()
  })

  test('what setWeights takes is a copy, is used by the next run, and leaves the others alone', async () => {
    const model = regressor(name)
    const batch = regressionBatch('set')
    for (const ready of [false, true]) {
      if (ready) await model.ready()
      const kernel = new Float32Array(8).fill(ready ? 2 : 1)
      const bias = [0.5, -0.5]
      model.setWeights([
        { name: 'dense/kernel', shape: [4, 2], data: kernel },
        { name: 'dense/bias', data: bias },
      ])
      kernel.fill(99)
      const weights = Object.fromEntries(model.getWeights().map((w) => [w.name, w.data]))
      expect(weights['dense/kernel']).toEqual(new Float32Array(8).fill(ready ? 2 : 1))
      expect(weights['dense/bias']).toEqual(Float32Array.from(bias))
      expect(weights['lstm/kernel']).toEqual(regressor(name).getWeights()[0]?.data)
      // Two columns of equal weights differ by their biases.
      const { data } = await model.predict(batch)
      for (let i = 0; i < data.length; i += 2) expect((data[i] ?? 0) - (data[i + 1] ?? 0)).toBeCloseTo(1, 5)
    }
    model.dispose()
  })

  test('new weights reach every program that has run before', async () => {
    const model = await regressor(name).ready()
    const batch = regressionBatch('programs')
    const session = model.session()
    session.step([1, 2, 3])
    await model.predict(batch)
    await model.evaluate([batch])
    const zeros = model.getWeights().map(({ name, data }) => ({ name, data: new Float32Array(data.length) }))
    model.setWeights(zeros)
    expect([...session.step([1, 2, 3])]).toEqual([0, 0])
    expect((await model.predict(batch)).data.every((v) => v === 0)).toBe(true)
    const { data: targets } = batch.targets as { data: Float32Array }
    const meanSquare = targets.reduce((sum, t) => sum + t * t, 0) / targets.length
    expect((await model.evaluate([batch])).loss).toBeCloseTo(meanSquare, 4)
    model.dispose()
  })

  test('are refused all together where one does not fit', async () => {
    const model = regressor(name)
    const before = weightsOf(model)
    const good = { name: 'dense/bias', data: [1, 1] }
    const cases: readonly (readonly [string, { name: string; shape?: number[]; data: number[] }])[] = [
      [
        'SHAPE_MISMATCH weight "dense/kernel": expected [4, 2], received [7] with 7 numbers',
        { name: 'dense/kernel', data: new Array(7).fill(0) },
      ],
      [
        'SHAPE_MISMATCH weight "dense/kernel": expected [4, 2], received [2, 4] with 8 numbers',
        { name: 'dense/kernel', shape: [2, 4], data: new Array(8).fill(0) },
      ],
      [
        'SHAPE_MISMATCH weight "dense/kernel": expected [4, 2], received [4, 2] with 6 numbers',
        { name: 'dense/kernel', shape: [4, 2], data: new Array(6).fill(0) },
      ],
    ]
    for (const [text, bad] of cases) expect(await failureText(() => model.setWeights([good, bad]))).toBe(text)
    expect(await failureText(() => model.setWeights([good, { name: 'dense/kernal', data: [] }]))).toMatch(
      /^INVALID_OPTION setWeights: .*Did you mean "dense\/kernel"\?$/,
    )
    expect(weightsOf(model)).toEqual(before)
    model.dispose()
  })

  test('come from the initializers that were asked for', () => {
    const model = sequential(
      [
        layers.simpleRNN({
          units: 3,
          kernelInitializer: 'ones',
          recurrentInitializer: initializers.constant({ value: 0.25 }),
          biasInitializer: 'zeros',
        }),
      ],
      { inputShape: [null, 2], backend: name },
    )
    const [kernel, recurrentKernel, bias] = model.getWeights().map(({ data }) => [...data])
    expect(kernel).toEqual(new Array(6).fill(1))
    expect(recurrentKernel).toEqual(new Array(9).fill(0.25))
    expect(bias).toEqual([0, 0, 0])
    model.dispose()
  })
})
