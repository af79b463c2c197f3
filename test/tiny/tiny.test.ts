import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batches, characterVocabulary, generate, layers, load, optimizers, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import { describeOnBackends } from '../backends.js'
import { difference } from '../graph/harness.js'

/** The product on one page: everything that a first program does, on a text that can be learnt by heart. */
describeOnBackends('the product on one page', ({ name: backend }) => {
  const text = 'the cat sat on the mat. '
  const vocabulary = characterVocabulary(text)
  const tokens = vocabulary.encode(text.repeat(3))
  const row = (start: number) => tokens.subarray(start, start + 24)
  const starts = [0, 5, 11, 17]
  const data = batches(
    { inputs: starts.map(row), targets: starts.map((s) => row(s + 1)) },
    { batchSize: 2, shuffle: 'epoch', seed: 1 },
  )

  test('define, train, evaluate, predict, stream, generate, save, load', async () => {
    const model = sequential(
      [
        layers.embedding({ inputDim: vocabulary.size, outputDim: 8 }),
        layers.lstm({ units: 24, returnSequences: true }),
        layers.dense({ units: vocabulary.size }),
      ],
      { backend, seed: 7 },
    )
    expect(model.summary()).toContain(`${(11 * 8 + 32 * 96 + 96 + 25 * 11).toLocaleString('en')} weights`)
    model.compile({
      optimizer: optimizers.adam({ learningRate: 0.02, globalClipNorm: 1 }),
      loss: 'sparseCategoricalCrossentropy',
    })

    const untrained = await model.evaluate(data)
    expect(untrained.loss).toBeCloseTo(Math.log(vocabulary.size), 1)
    expect(untrained.weight).toBe(4 * 24)
    const { loss } = await model.fit(data, { epochs: 60 })
    expect(loss.length).toBe(60)
    expect(loss.at(-1)).toBeLessThan(0.2)
    expect((await model.evaluate(data)).loss).toBeLessThan(0.2)
    expect(model.backend.name).toBe(backend)

    // All steps at once, and the same one by one.
    const inputs = { data: row(0), shape: [1, 24] }
    const predicted = await model.predict({ inputs })
    expect(predicted.shape).toEqual([1, 24, vocabulary.size])
    const session = model.session()
    for (const [t, token] of row(0).entries()) {
      const expected = predicted.data.subarray(t * vocabulary.size, (t + 1) * vocabulary.size)
      const step = session.step(token)
      for (let i = 0; i < step.length; i++) expect(step[i]).toBeCloseTo(expected[i] as number, 4)
    }
    session.dispose()

    const prompt = vocabulary.encode('the c')
    const continuation = await generate(model, { prompt, length: 19, temperature: 0 })
    expect(vocabulary.decode(continuation)).toBe('at sat on the mat. ')

    const folder = await mkdtemp(join(tmpdir(), 'ostinato-tiny-'))
    try {
      model.extra['vocabulary'] = JSON.stringify(vocabulary)
      const file = join(folder, 'cat.safetensors')
      await model.save(file)
      const again = await load(file, { backend })
      expect(again.extra['vocabulary']).toBe(JSON.stringify(vocabulary))
      expect(again.getWeights()).toEqual(model.getWeights())
      const after = (await again.predict({ inputs })).data
      // A file holds float32: the reference, which trains in float64, comes back rounded.
      if (backend === 'reference') expect(difference(after, predicted.data)).toBeLessThan(1e-6)
      else expect(after).toEqual(predicted.data)
      again.dispose()
    } finally {
      await rm(folder, { recursive: true })
      model.dispose()
    }
  })
})
