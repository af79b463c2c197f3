import { readFileSync } from 'node:fs'
import { layers, losses, optimizers, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { Backend } from '../../src/backends/backend.js'
import { absoluteError, multiply } from '../../src/graph/index.js'
import { activations } from '../../src/layers/activations.js'
import { describeOnBackends } from '../backends.js'
import { difference, runFunction, traceFunction } from '../graph/harness.js'

interface Numbers {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

interface Fixture {
  readonly losses: readonly {
    readonly name: string
    readonly prediction: Numbers
    readonly targets: Numbers
    readonly loss: number
    readonly gradient: Numbers
  }[]
  readonly activations: readonly {
    readonly name: keyof typeof activations
    readonly x: Numbers
    readonly weights: Numbers
    readonly y: Numbers
    readonly gradient: Numbers
  }[]
}

const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/pytorch-losses.json', import.meta.url), 'utf8'),
) as Fixture

/** float64 against float64; float32 against float64. */
const toleranceOf = (backend: Backend): number => (backend.name === 'reference' ? 1e-10 : 2e-5)

const lossOf: Readonly<Record<string, ReturnType<typeof losses.huber>>> = {
  meanAbsoluteError: losses.meanAbsoluteError(),
  huber: losses.huber({ delta: 0.75 }),
  binaryCrossentropy: losses.binaryCrossentropy(),
  'binaryCrossentropy, sum': losses.binaryCrossentropy({ features: 'sum' }),
  categoricalCrossentropy: losses.categoricalCrossentropy(),
  'categoricalCrossentropy, smoothed': losses.categoricalCrossentropy({ labelSmoothing: 0.25 }),
}

describeOnBackends('PyTorch losses of features, loss and gradient', (backend) => {
  test.each(fixture.losses.map((l) => [l.name, l] as const))('%s', (name, of) => {
    const loss = lossOf[name]
    // Six classes: a sixth of the smoothing is rounded to float32 in the program.
    const tolerance = Math.max(toleranceOf(backend), name.includes('smoothed') ? 1e-7 : 0)
    const traced = traceFunction(
      (b) => {
        const prediction = b.input('prediction', of.prediction.shape)
        loss?.trace(prediction, b.data('targets', of.targets.shape), { loss: b.lossPlace() })
        return {}
      },
      { gradients: true },
    )
    const values = { prediction: of.prediction.data, targets: of.targets.data }
    const { objective, outputs } = runFunction(backend, traced, values)
    expect(Math.abs(objective - of.loss)).toBeLessThan(tolerance * (1 + of.loss))
    expect(difference(outputs['∂prediction'] ?? [], of.gradient.data)).toBeLessThan(tolerance)
  })

  test.each(fixture.losses.map((l) => [l.name, l] as const))('%s, one step of a model', async (name, of) => {
    // A dense layer with the identity for a kernel: its bias moves by the sum of the gradients of the rows.
    const width = of.prediction.shape[1] ?? 0
    const model = sequential([layers.dense({ units: width, kernelInitializer: 'identity' })], {
      inputShape: [width],
      backend: backend.name,
    })
    model.compile({ optimizer: optimizers.sgd({ learningRate: 1 }), loss: lossOf[name] ?? 'huber' })
    const rows = ({ data, shape }: Numbers) => ({ data: Float32Array.from(data), shape })
    const history = await model.fit([{ inputs: rows(of.prediction), targets: rows(of.targets) }])
    const count = of.prediction.shape[0] ?? 0
    expect(Math.abs((history.loss[0] ?? 0) - of.loss / count)).toBeLessThan(2e-5)
    const expected = Array.from(
      { length: width },
      (_, f) => -of.gradient.data.reduce((sum, g, i) => sum + (i % width === f ? g : 0), 0) / count,
    )
    const bias = model.getWeights().find((w) => w.name === 'dense/bias')
    expect(difference(bias?.data ?? [], expected)).toBeLessThan(2e-5)
    model.dispose()
  })
})

describeOnBackends('PyTorch activations, values and gradients', (backend) => {
  // Slopes such as 1 ∕ 6 are float32 in every program.
  const tolerance = Math.max(toleranceOf(backend), 2e-7)

  test.each(fixture.activations.map((a) => [a.name, a] as const))('%s', (name, of) => {
    const traced = traceFunction(
      (b) => {
        const y = activations[name](b.input('x', of.x.shape))
        const weighted = multiply(y, b.data('weights', of.weights.shape))
        // Far above its targets, the mean absolute error has the slope 1 ∕ width everywhere.
        const row = [1, ...weighted.shape]
        const far = b.data('far', row)
        absoluteError(b.graph.reshape(weighted, row), far, { loss: b.lossPlace() })
        return { y }
      },
      { gradients: true },
    )
    const width = of.x.data.length
    const values = { x: of.x.data, weights: of.weights.data, far: new Array(width).fill(-1000) }
    const { outputs } = runFunction(backend, traced, values)
    expect(difference(outputs['y'] ?? [], of.y.data)).toBeLessThan(tolerance)
    const gradient = (outputs['∂x'] ?? Float64Array.of()).map((g) => g * width)
    expect(difference(gradient, of.gradient.data)).toBeLessThan(tolerance)
  })
})
