import { meanWeights, type NamedWeight, weightAverage } from 'ostinato'
import { expect, test } from 'vitest'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { regressionBatch, regressor, tagger } from './models.js'

const flat = (weights: readonly NamedWeight[]) => weights.flatMap(({ data }) => [...data])

describeOnBackends('averages of weights', ({ name: backend }) => {
  test('are the recurrence over the weights of every step, and can be used in their place', async () => {
    const model = regressor(backend)
    const average = weightAverage({ decay: 0.3 })
    const seen: NamedWeight[][] = []
    await model.fit([regressionBatch('a'), regressionBatch('b')], {
      epochs: 3,
      callbacks: {
        onStepEnd() {
          seen.push(model.getWeights())
          average.update(model)
        },
      },
    })
    let expected = flat(seen[0] ?? [])
    for (const [n, weights] of seen.entries()) {
      // (1 + n) ∕ (10 + n) is 0.18, 0.25 and then above 0.3.
      const decay = n === 0 ? 0 : ([undefined, 2 / 11, 3 / 12][n] ?? 0.3)
      expected = flat(weights).map((w, i) => decay * (expected[i] as number) + (1 - decay) * w)
    }
    expect(difference(flat(average.weights), expected)).toBeLessThan(1e-7)
    expect(difference(flat(average.weights), flat(model.getWeights()))).toBeGreaterThan(1e-4)
    model.setWeights(average.weights)
    expect(flat(model.getWeights())).toEqual(flat(average.weights))
    expect(meanWeights(seen.slice(0, 2)).map(({ name }) => name)).toEqual(seen[0]?.map(({ name }) => name))
    const two = flat(seen[0] ?? []).map((w, i) => (w + (flat(seen[1] ?? [])[i] as number)) / 2)
    expect(difference(flat(meanWeights(seen.slice(0, 2))), two)).toBeLessThan(1e-7)
    model.dispose()
  })
})

test('says what is wrong', async () => {
  expect(await failureText(() => weightAverage({ decay: 1 }))).toContain(
    'expected a number in [0, 1), received 1',
  )
  expect(weightAverage().weights).toEqual([])
  const [one, other] = [regressor('reference'), tagger('reference')]
  const average = weightAverage()
  average.update(one)
  expect(await failureText(() => average.update(other))).toContain(
    'weightAverage.update: expected the weights lstm',
  )
  expect(await failureText(() => meanWeights([]))).toContain('at least one checkpoint')
  expect(await failureText(() => meanWeights([one.getWeights(), other.getWeights()]))).toContain(
    'meanWeights',
  )
})
