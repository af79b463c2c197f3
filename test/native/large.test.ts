/** Layers whose weights exceed the second-level cache: how threads share them, and the order in which they are read. */
import { type Layer, layers, type Model, optimizers, sequential } from 'ostinato'
import { expect, test, vi } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { floats, weightsOf } from '../facade/models.js'
import { difference } from '../graph/harness.js'

// The reference multiplies a few hundred million numbers here.
vi.setConfig({ testTimeout: 120_000 })

// Read when the addon is loaded: regions are split, however few cores there are.
process.env['OSTINATO_THREADS'] = '2'

const inputDim = 5

function modelOf(layer: Layer, backend: BackendName): Model {
  const model = sequential([layer], { backend, seed: 21, inputShape: [null, inputDim] })
  return model.compile({ optimizer: optimizers.sgd({ learningRate: 100 }), loss: 'meanSquaredError' })
}

// More than 2²⁰ recurrent weights each.
const cells = [
  { name: 'lstm', units: 515, layer: () => layers.lstm({ units: 515, returnSequences: true }) },
  { name: 'gru', units: 595, layer: () => layers.gru({ units: 595, returnSequences: true }) },
  {
    name: 'gru, reset before',
    units: 595,
    layer: () => layers.gru({ units: 595, returnSequences: true, resetAfter: false }),
  },
]

test.each(cells)(
  '$name: 17 rows, shared by units, give what the reference gives',
  async ({ units, layer }) => {
    const [batch, time] = [17, 3]
    const inputs = floats('large inputs', batch, time, inputDim)
    const targets = floats('large targets', batch, time, units)
    const results = []
    for (const backend of ['native', 'reference'] as const) {
      const model = modelOf(layer(), backend)
      const initial = weightsOf(model)
      const { data: outputs } = await model.predict({
        inputs,
        lengths: Array.from({ length: batch }, (_, b) => b % 4),
      })
      await model.fit([{ inputs, targets }])
      results.push({ outputs, weights: weightsOf(model) })
      // Enough that a wrong gradient cannot hide in the tolerance.
      expect(difference(weightsOf(model), initial)).toBeGreaterThan(0.01)
      model.dispose()
    }
    const [native, reference] = results
    expect(difference(native?.outputs ?? [], reference?.outputs ?? [NaN])).toBeLessThan(1e-5)
    expect(difference(native?.weights ?? [], reference?.weights ?? [NaN])).toBeLessThan(1e-6)
  },
)

test.each(cells)('$name: a step gives the same bits in every run', async ({ layer }) => {
  const model = await modelOf(layer(), 'native').ready()
  const session = model.session()
  const x = floats('large step', inputDim).data
  const steps = (): Float32Array[] => Array.from({ length: 3 }, () => session.step(x).slice())
  const first = steps()
  session.reset()
  // Three steps later every step walks the weights the other way.
  expect(steps()).toEqual(first)
  model.dispose()
})
