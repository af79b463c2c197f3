import { input, layers, model } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { operandOf } from '../../src/graph/index.js'
import { defineLayer } from '../../src/layers/layer.js'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { expectSlopes, features, floats, lossesOf, weightsOf } from './models.js'

const half = (steps: number): number => Math.ceil(steps / 2)

/** The first half of a sequence, on a time axis of its own. */
function firstHalf() {
  return defineLayer({
    kind: 'firstHalf',
    name: undefined,
    options: {},
    trace(x, scope) {
      const { graph, batch } = scope
      const [time, , width] = x.shape
      const short = scope.deriveAxis(x, 'half', half)
      const row = graph.elements([batch, width!])
      const whole = graph.reshape(x, [1, time!, row])
      const node = graph.append('slice', { x: whole }, { y: [1, short, row] }, { start: 0 })
      return graph.reshape(operandOf(node, 'y'), [short, batch, width!])
    },
  })
}

function halved(backend: BackendName) {
  const x = input({ shape: [null, features] })
  const short = firstHalf().apply(firstHalf().apply(x))
  const y = layers.gru({ units: 3, returnSequences: true, biasInitializer: 'randomUniform' }).apply(short)
  return model({ inputs: x, outputs: layers.dense({ units: 2 }).apply(y), backend, seed: 5 })
}

const rows = 3
const lengths = [7, 0, 3]

function batch(time = 7, filler = 0) {
  const inputs = floats('x', rows, time, features)
  const kept = lengths.map((n) => half(half(n)))
  for (const [b, n] of kept.entries())
    inputs.data.fill(filler, (b * time + n) * features, (b + 1) * time * features)
  return { inputs, targets: floats('y', rows, half(half(time)), 2), lengths }
}

describeOnBackends('an axis made of another', ({ name }) => {
  test('has steps and valid steps of its own', async () => {
    const m = halved(name)
    m.compile({ loss: 'meanSquaredError' })
    const { data, shape } = await m.predict(batch())
    expect(shape).toEqual([rows, 2, 2])
    // 2, 0 and 1 valid steps.
    expect((await m.evaluate([batch()])).weight).toBe(3)
    expect(data.slice(2 * 4, 2 * 4 + 2)).toEqual(data.slice(2 * 4 + 2, 2 * 4 + 4))
    const { data: alone } = await m.predict({
      inputs: { data: batch().inputs.data.slice(0, 7 * features), shape: [1, 7, features] },
    })
    expect(difference(data.subarray(0, 4), alone)).toBeLessThan(1e-6)
    m.dispose()
  })

  test('grows and shrinks with it, its padding never read', async () => {
    const outcome = async (filler: number) => {
      const m = halved(name)
      m.compile({ loss: 'meanSquaredError', optimizer: 'sgd' })
      const losses = await lossesOf(m, [batch(7, filler), batch(12, filler), batch(8, filler)])
      const weights = weightsOf(m)
      m.dispose()
      return { losses, weights }
    }
    expect(await outcome(Number.NaN)).toEqual(await outcome(0))
  })
})

test('is not made of valid steps with gaps', async () => {
  const m = halved('reference')
  const mask = [
    [1, 0, 1, 1, 1, 1, 1],
    [1, 1, 1, 1, 1, 1, 1],
    [1, 1, 1, 1, 1, 1, 1],
  ]
  expect(await failureText(() => m.predict({ inputs: batch().inputs, mask }))).toBe(
    'INVALID_MASK firstHalf: expected ones, then zeros (right padding), received a mask with gaps. Recurrent layers, pooling and losses take any mask; put the valid steps in front for the others',
  )
  m.dispose()
})

test('gradients pass through it', async () => {
  await expectSlopes(halved('reference'), batch())
})

test('inputs on axes of other names do not mix', async () => {
  const [a, b] = [input({ shape: [null, 2], name: 'a' }), input({ shape: [null, 2], name: 'b' })]
  const both = model({
    inputs: [a, b],
    outputs: [a, b].map((x) => layers.gru({ units: 2, returnSequences: true }).apply(x)),
    backend: 'reference',
  })
  expect(both.program('predict', { time: 4 })).toContain('dimensions: B ≤ 1, T(a) ≤ 4, T(b) ≤ 4')
  const [left, right] = await both.predict({ inputs: [floats('a', 1, 3, 2), floats('b', 1, 5, 2)] })
  expect([left?.shape, right?.shape]).toEqual([
    [1, 3, 2],
    [1, 5, 2],
  ])
  both.dispose()
})
