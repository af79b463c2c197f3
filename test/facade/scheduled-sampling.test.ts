import {
  initializers,
  layers,
  models,
  optimizers,
  type SequenceToSequence,
  samplingSchedules,
} from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { regressionBatch, regressor, weightsOf } from './models.js'

const [start, end] = [1, 2]
const embeddingsInitializer = initializers.randomNormal({ stddev: 1 })
const source = { vocabulary: 6, units: 3, embeddingsInitializer }
const target = { ...source, startToken: start, endToken: end }
const pairs = {
  sources: [[0, 4, 5, 3, 1], [2], [3, 3, 0], [5, 1, 4, 2]],
  targets: [[3, 5], [5, 5, 4, 0], [], [4]],
}

type Decoding = Partial<Parameters<typeof models.encoderDecoder>[0]>
const additive = () => layers.attention({ score: 'additive', units: 3 })
const kinds: Readonly<Record<string, Decoding>> = {
  'states handed over': { decoder: [layers.lstm({ units: 4 }), layers.gru({ units: 3 })], bridge: 'dense' },
  'the context at every step': { context: 'both', embeddings: 'sharedAndTied' },
  'attention beside': { attention: layers.attention() },
  'attention before': { attention: additive(), attends: 'before' },
  'attention after': { attention: layers.multiHeadAttention({ heads: 2, units: 4 }), attends: 'after' },
}

function made(backend: BackendName, kind: string): SequenceToSequence {
  const m = models.encoderDecoder({
    source,
    target,
    encoder: [layers.bidirectional(layers.lstm({ units: 2 }))],
    decoder: [layers.lstm({ units: 4 })],
    ...kinds[kind],
    backend,
    seed: 6,
  })
  return m.compile({ optimizer: optimizers.sgd({ learningRate: 0.5 }) })
}

/** The mean loss of the targets, where every step is given the likeliest token of the step before. */
async function freeLoss(m: SequenceToSequence): Promise<number> {
  let [sum, count] = [0, 0]
  for (const [i, source] of pairs.sources.entries()) {
    const decoder = await m.decoder([source])
    decoder.start(1)
    let token = start
    for (const wanted of [...(pairs.targets[i] as number[]), end]) {
      const scores = decoder.step(Int32Array.of(token), Int32Array.of(0), Int32Array.of(0))
      sum -= scores[wanted] as number
      count++
      token = scores.indexOf(Math.max(...scores))
    }
    decoder.dispose()
  }
  return sum / count
}

describeOnBackends('scheduled sampling', ({ name: backend }) => {
  test.each(Object.keys(kinds))('%s: always forced, it is teacher forcing', async (kind) => {
    const [plain, looped] = [made(backend, kind), made(backend, kind)]
    expect(weightsOf(looped.model)).toEqual(weightsOf(plain.model))
    const expected = await plain.fit(pairs, { epochs: 4 })
    const found = await looped.fit(pairs, { epochs: 4, teacherForcing: () => 1 })
    expect(difference(found.loss, expected.loss)).toBeLessThan(1e-5)
    expect(difference(weightsOf(looped.model), weightsOf(plain.model))).toBeLessThan(1e-5)
    for (const each of [plain, looped]) each.dispose()
  })

  test.each(Object.keys(kinds))('%s: never forced, it reads what it says', async (kind) => {
    const m = made(backend, kind)
    await m.fit(pairs, { epochs: 2 })
    const expected = await freeLoss(m)
    const { loss: taught } = await m.evaluate(pairs)
    const before = weightsOf(m.model)
    const { loss } = await m.fit(pairs, { teacherForcing: 0 })
    expect(Math.abs((loss[0] as number) - expected)).toBeLessThan(1e-5)
    expect(Math.abs(taught - expected)).toBeGreaterThan(1e-4)
    expect(difference(weightsOf(m.model), before)).toBeGreaterThan(1e-3)
    m.dispose()
  })

  test('a schedule is asked at every step, and coins fall differently', async () => {
    const m = made(backend, 'attention beside')
    const steps: number[] = []
    const losses: number[] = []
    await m.fit(pairs, {
      epochs: 3,
      batchSize: 2,
      teacherForcing(step) {
        steps.push(step)
        return 0.5
      },
      callbacks: { onStepEnd: ({ loss }) => void losses.push(loss) },
    })
    expect(steps).toEqual([1, 2, 3, 4, 5, 6])
    expect(losses.every(Number.isFinite)).toBe(true)
    m.dispose()
  })
})

test('the schedules of the paper', () => {
  const linear = samplingSchedules.linear({ steps: 100, least: 0.25 })
  expect([1, 50, 75, 1000].map(linear)).toEqual([0.99, 0.5, 0.25, 0.25])
  expect(samplingSchedules.exponential({ decay: 0.9 })(2)).toBeCloseTo(0.81, 12)
  const sigmoid = samplingSchedules.inverseSigmoid({ k: 10 })
  expect(sigmoid(0)).toBeCloseTo(10 / 11, 12)
  expect(sigmoid(10 * Math.log(10))).toBeCloseTo(0.5, 12)
})

test('says what is wrong', async () => {
  const m = made('reference', 'attention beside')
  expect(await failureText(() => m.fit(pairs, { teacherForcing: 1.5 }))).toContain(
    'teacherForcing at step 1: expected a probability, received 1.5',
  )
  const scheduledSampling = { feedback: 'inputs', teacherForcing: 0.5 }
  expect(
    await failureText(() => regressor('reference').fit([regressionBatch('a')], { scheduledSampling })),
  ).toContain('fit, scheduledSampling, feedback: expected an input of int32 tokens')
  expect(await failureText(() => samplingSchedules.linear({ steps: 0 }))).toContain('steps')
  expect(await failureText(() => samplingSchedules.exponential({ decay: 2 }))).toContain('decay')
})
