import { generate, layers, type Model, models, type Precision, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { failureOf, failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { classes, floats, regressionBatch, regressor, tagger, tokenBatch, weightsOf } from './models.js'

const reduced = ['bfloat16', 'int8'] as const
/** What JavaScript passes where TypeScript would refuse. */
const untyped = <T>(value: unknown): T => value as T

/** Every kind of product. */
function mixed(backend: BackendName): Model {
  return sequential(
    [
      layers.lstm({ units: 20, returnSequences: true }),
      layers.gru({ units: 18, returnSequences: true }),
      layers.gru({ units: 9, returnSequences: true, resetAfter: false }),
      layers.simpleRNN({ units: 12, returnSequences: true }),
      layers.dense({ units: 7 }),
    ],
    { inputShape: [null, 6], backend, seed: 4 },
  )
}

const [batch, time] = [3, 5]
const inputs = floats('precision', batch, time, 6)

describeOnBackends('reduced precision', ({ name }) => {
  test.each(reduced)('predicts with %s nearly what float32 does, and not the same', async (precision) => {
    const model = mixed(name)
    const before = weightsOf(model)
    const { data } = await model.predict({ inputs })
    const rounded = await model.predict({ inputs }, { precision })
    const far = difference(rounded.data, data)
    expect(far).toBeGreaterThan(1e-5)
    expect(far).toBeLessThan(0.03)
    expect((await model.predict({ inputs })).data).toEqual(data)
    expect(weightsOf(model)).toEqual(before)
    model.dispose()
  })

  test.each(reduced)('a session steps with %s as predict does', async (precision) => {
    const model = await mixed(name).ready()
    const { data } = await model.predict({ inputs }, { precision })
    const session = model.session({ batch, precision })
    for (let t = 0; t < time; t++) {
      const x = Float32Array.from({ length: batch * 6 }, (_, i) => {
        const [b, f] = [Math.floor(i / 6), i % 6]
        return inputs.data[(b * time + t) * 6 + f]!
      })
      const y = session.step(x)
      const expected = Float32Array.from({ length: batch * 7 }, (_, i) => {
        const [b, f] = [Math.floor(i / 7), i % 7]
        return data[(b * time + t) * 7 + f]!
      })
      expect(difference(y, expected)).toBeLessThan(1e-5)
    }
    session.dispose()
    model.dispose()
  })

  test('sees weights that have changed', async () => {
    const model = mixed(name)
    await model.predict({ inputs }, { precision: 'int8' })
    model.setWeights(model.getWeights().map((w) => ({ ...w, data: w.data.map((v) => v * 0.5) })))
    const rounded = await model.predict({ inputs }, { precision: 'int8' })
    expect(difference(rounded.data, (await model.predict({ inputs })).data)).toBeLessThan(0.03)
    model.dispose()
  })

  test('evaluates and generates in it', async () => {
    const model = tagger(name)
    const data = [tokenBatch('evaluate', 4, 6)]
    const { loss } = await model.evaluate(data)
    const { loss: rounded } = await model.evaluate(data, { precision: 'int8' })
    expect(rounded).not.toBe(loss)
    expect(Math.abs(rounded - loss)).toBeLessThan(0.01)
    const text = await generate(model, { prompt: [1, 2], length: 5, precision: 'int8' })
    expect(text.length).toBe(5)
    expect(text.every((token) => token >= 0 && token < classes)).toBe(true)
    model.dispose()
  })

  test('decodes with attention in int8: products of what is no weight stay as they are', async () => {
    const model = models.encoderDecoder({
      source: { vocabulary: 9, units: 5 },
      target: { vocabulary: 7, units: 4, startToken: 0, endToken: 1 },
      encoder: [layers.gru({ units: 12 })],
      decoder: [layers.gru({ units: 12 })],
      attention: layers.attention(),
      embeddings: 'tied',
      backend: name,
    })
    const scores = async (precision: Precision): Promise<Float32Array> => {
      const decoder = await model.decoder([[1, 2, 3], [8]], { precision })
      decoder.start(1)
      const [tokens, parents, sources] = [Int32Array.of(0, 0), Int32Array.of(0, 1), Int32Array.of(0, 1)]
      const found = decoder.step(tokens, parents, sources).slice()
      decoder.dispose()
      return found
    }
    const far = difference(await scores('int8'), await scores('float32'))
    expect(far).toBeGreaterThan(1e-6)
    expect(far).toBeLessThan(0.03)
    model.dispose()
  })

  test('learns with bfloat16 products, and evaluates in float32', async () => {
    const data = [regressionBatch('bfloat16')]
    const fitted = async (precision: 'float32' | 'bfloat16') => {
      const model = regressor(name).compile({ loss: 'meanSquaredError', precision })
      const { loss } = await model.fit(data, { epochs: 30 })
      const after = await model.evaluate(data)
      const programs = [model.program('train'), model.program('evaluate')]
      model.dispose()
      return { loss, after, programs }
    }
    const [exact, rounded] = [await fitted('float32'), await fitted('bfloat16')]
    const [first = 0, last = 0] = [rounded.loss[0], rounded.loss.at(-1)]
    expect(last).toBeLessThan(first)
    expect(rounded.loss).not.toEqual(exact.loss)
    expect(Math.abs(last - exact.loss.at(-1)!)).toBeLessThan(0.02 * exact.loss[0]!)
    for (const line of rounded.programs[0]!.split('\n').filter((l) => /lstm|matmul/.test(l)))
      if (/(lstm|matmul)\w*\(/.test(line)) expect(line).toContain('precision=bfloat16')
    expect(rounded.programs[1]).not.toContain('precision')
    expect(exact.programs[0]).not.toContain('precision')
  })
})

test('what is no precision, or none for training, is refused', async () => {
  const model = await regressor('reference').ready()
  const batch = regressionBatch('refused')
  const precision = untyped<Precision>('int4')
  expect(await failureText(() => model.session({ precision }))).toBe(
    'INVALID_OPTION session, precision: expected "float32" or "bfloat16" or "int8", received "int4". Did you mean "int8"?',
  )
  const jobs = [() => model.predict(batch, { precision }), () => model.evaluate([batch], { precision })]
  for (const job of jobs) expect(await failureOf(job)).toMatchObject({ code: 'INVALID_OPTION' })
  expect(
    await failureText(() => model.compile({ loss: 'meanSquaredError', precision: untyped('int8') })),
  ).toContain('INVALID_OPTION compile, precision: expected "float32" or "bfloat16", received "int8"')
  model.dispose()
})
