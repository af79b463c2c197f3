import { type Batch, layers, type Model, type ModelOptions, optimizers, sequential } from 'ostinato'
import type { BackendName } from '../../src/backends/backend.js'
import { RandomStream } from '../../src/random/random.js'

/** Small models and data that the suites of the public face share. */

export const features = 3
export const classes = 5

/** [batch, time, 3] → [batch, time, 2] */
export function regressor(backend: BackendName, options: ModelOptions = {}): Model {
  const model = sequential(
    [
      layers.lstm({ units: 4, returnSequences: true }),
      layers.dense({ units: 2, biasInitializer: 'randomUniform' }),
    ],
    { inputShape: [null, features], backend, seed: 3, ...options },
  )
  return model.compile({ optimizer: optimizers.adam({ learningRate: 0.05 }), loss: 'meanSquaredError' })
}

/** [batch, time] tokens → [batch, time, 5] logits */
export function tagger(backend: BackendName, options: ModelOptions = {}): Model {
  const model = sequential(
    [
      layers.embedding({ inputDim: classes, outputDim: 3 }),
      layers.gru({ units: 6, returnSequences: true }),
      layers.dense({ units: classes }),
    ],
    { backend, seed: 3, ...options },
  )
  return model.compile({
    optimizer: optimizers.adam({ learningRate: 0.05 }),
    loss: 'sparseCategoricalCrossentropy',
  })
}

export function floats(
  name: string,
  ...shape: readonly number[]
): { data: Float32Array; shape: readonly number[] } {
  const random = new RandomStream(11).fork(name)
  const length = shape.reduce((n, d) => n * d, 1)
  return { data: Float32Array.from({ length }, () => random.normal()), shape }
}

export function tokens(
  name: string,
  ...shape: readonly number[]
): { data: Int32Array; shape: readonly number[] } {
  const random = new RandomStream(12).fork(name)
  const length = shape.reduce((n, d) => n * d, 1)
  return { data: Int32Array.from({ length }, () => random.integer(classes)), shape }
}

export function regressionBatch(name: string, batch = 2, time = 4): Batch {
  return {
    inputs: floats(`${name} inputs`, batch, time, features),
    targets: floats(`${name} targets`, batch, time, 2),
  }
}

export function tokenBatch(name: string, batch = 2, time = 4): Batch {
  return { inputs: tokens(`${name} inputs`, batch, time), targets: tokens(`${name} targets`, batch, time) }
}

/** All weights, one after the other. */
export function weightsOf(model: Model): number[] {
  return model.getWeights().flatMap(({ data }) => [...data])
}

/** The losses of every step of a fit. */
export async function lossesOf(
  model: Model,
  data: Parameters<Model['fit']>[0],
  options: Parameters<Model['fit']>[1] = {},
): Promise<number[]> {
  const losses: number[] = []
  await model.fit(data, { ...options, callbacks: { onStepEnd: ({ loss }) => void losses.push(loss) } })
  return losses
}
