import { type Activation, generate, layers, type Model, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { backends, describeOnBackends } from '../backends.js'
import { failureOf, failureText } from '../failures.js'
import { classes, tagger, tokenBatch, tokens } from './models.js'

/** Logits, or the softmax of them, from the same weights; sharp enough that sampling from the wrong one shows. */
function speaker(backend: BackendName, activation: Activation = 'linear'): Model {
  const model = sequential(
    [
      layers.embedding({ inputDim: classes, outputDim: 4, embeddingsInitializer: 'glorotUniform' }),
      layers.lstm({ units: 8, returnSequences: true }),
      layers.dense({ units: classes, activation, biasInitializer: 'randomUniform' }),
    ],
    { backend, seed: 13 },
  )
  const kernel = model.getWeights().find((w) => w.name === 'dense/kernel')
  if (kernel) model.setWeights([{ name: kernel.name, data: kernel.data.map((w) => 20 * w) }])
  return model
}

describeOnBackends('generate', ({ name }) => {
  const prompt = [0, 3, 1]

  test('the same seed gives the same tokens, another gives others', async () => {
    const model = speaker(name)
    const first = await generate(model, { prompt, length: 40, seed: 1 })
    expect(first).toHaveLength(40)
    expect(first.every((t) => t >= 0 && t < classes)).toBe(true)
    expect(await generate(model, { prompt, length: 40, seed: 1 })).toEqual(first)
    expect(await generate(model, { prompt, length: 40, seed: 2 })).not.toEqual(first)
    expect((await generate(model, { prompt, length: 10, seed: 1 })).join()).toBe(first.subarray(0, 10).join())
    model.dispose()
  })

  test('temperature 0 takes the likeliest of predict, step by step', async () => {
    const model = speaker(name)
    const made = await generate(model, { prompt, length: 12, temperature: 0 })
    const text = [...prompt, ...made]
    const { data } = await model.predict({ inputs: [text] })
    for (const [i, token] of made.entries()) {
      const at = (prompt.length - 1 + i) * classes
      const logits = [...data.subarray(at, at + classes)]
      expect(token).toBe(logits.indexOf(Math.max(...logits)))
    }
    model.dispose()
  })

  test('a model that ends in a softmax speaks like the one that ends in logits', async () => {
    const [logits, probabilities] = [speaker(name), speaker(name, 'softmax')]
    for (const temperature of [0, 0.5, 1, 2]) {
      const options = { prompt, length: 60, seed: 5, temperature }
      expect(await generate(probabilities, options)).toEqual(await generate(logits, options))
    }
    const loss = 'sparseCategoricalCrossentropy'
    const data = [tokenBatch('softmax', 3, 6)]
    const [a, b] = [
      await logits.compile({ loss }).evaluate(data),
      await probabilities.compile({ loss }).evaluate(data),
    ]
    expect(a).toEqual(b)
    for (const m of [logits, probabilities]) m.dispose()
  })

  test('stops at the end token, which it does not return', async () => {
    const model = speaker(name)
    const whole = [...(await generate(model, { prompt, length: 30, seed: 3 }))]
    const end = whole[7] as number
    const cut = [...(await generate(model, { prompt, length: 30, seed: 3, end }))]
    expect(cut).toEqual(whole.slice(0, whole.indexOf(end)))
    expect(await generate(model, { prompt, length: 0 })).toHaveLength(0)
    model.dispose()
  })

  test('refuses what makes no text, and leaves the model free', async () => {
    const model = tagger(name)
    expect(await failureText(() => generate(model, { prompt: [], length: 3 }))).toBe(
      'EMPTY_DATA generate, prompt: expected at least one token, received none',
    )
    expect((await failureOf(() => generate(model, { prompt, length: -1 }))).code).toBe('INVALID_OPTION')
    expect((await failureOf(() => generate(model, { prompt, length: 3, temperature: -1 }))).code).toBe(
      'INVALID_OPTION',
    )
    expect((await failureOf(() => generate(model, { prompt: [9], length: 3 }))).code).toBe(
      'INDEX_OUT_OF_RANGE',
    )
    expect(await failureText(() => generate(model, { prompt, length: 3, top: 4 } as never))).toMatch(
      /^UNKNOWN_OPTION/,
    )
    await expect(generate(model, { prompt, length: 3, signal: AbortSignal.abort('no') })).rejects.toBe('no')
    expect((await model.fit([tokenBatch('free')])).loss).toHaveLength(1)
    model.dispose()
  })

  test('serves streams while others run, and goes on after compile', async () => {
    const model = await speaker(name).ready()
    const session = model.session()
    const alone = await generate(model, { prompt, length: 20, seed: 4 })
    const [a, b] = await Promise.all([
      generate(model, { prompt, length: 20, seed: 4 }),
      generate(model, { prompt: [2], length: 20, seed: 5 }),
    ])
    expect(a).toEqual(alone)
    expect(b).not.toEqual(alone)
    const before = session.step(1)
    model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' })
    await model.ready()
    expect(model.session().step(1)).toEqual(before)
    expect(await generate(model, { prompt, length: 20, seed: 4 })).toEqual(alone)
    model.dispose()
  })
})

test('all backends say the same where nothing is close', async () => {
  const stream = tokens('prompt', 4).data
  const texts = []
  for (const { name } of backends) {
    const model = speaker(name)
    texts.push([...(await generate(model, { prompt: stream, length: 25, temperature: 0 }))])
    model.dispose()
  }
  for (const text of texts) expect(text).toEqual(texts[0])
})
