import {
  type Batch,
  type CompileOptions,
  layers,
  type Model,
  type ModelOptions,
  optimizers,
  type SymbolicTensors,
  sequential,
} from 'ostinato'
import { expect } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { RandomStream } from '../../src/random/random.js'
import { difference } from '../graph/harness.js'

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
export function weightsOf<Outputs extends SymbolicTensors>(model: Model<Outputs>): number[] {
  return model.getWeights().flatMap(({ data }) => [...data])
}

/** The losses of every step of a fit. */
export async function lossesOf<Outputs extends SymbolicTensors>(
  model: Model<Outputs>,
  data: Parameters<Model['fit']>[0],
  options: Parameters<Model['fit']>[1] = {},
): Promise<number[]> {
  const losses: number[] = []
  await model.fit(data, { ...options, callbacks: { onStepEnd: ({ loss }) => void losses.push(loss) } })
  return losses
}

/** One step of training on the batch, at rate 1, is the slope of its loss, by central differences. The model is on the reference. */
export async function expectSlopes<Outputs extends SymbolicTensors>(
  model: Model<Outputs>,
  batch: Batch,
  options: Omit<CompileOptions<Outputs>, 'optimizer'> = { loss: 'meanSquaredError' },
  lossNow: () => Promise<number> = async () => (await model.evaluate([batch])).loss,
): Promise<void> {
  const weights = model.getWeights()
  model.compile({ ...options, optimizer: optimizers.sgd({ learningRate: 1 }) })
  await model.fit([batch])
  const stepped = model.getWeights()
  // So small that hardly any sum crosses a kink on the way.
  const step = 2 ** -14
  for (const [w, { name, data }] of weights.entries()) {
    const slope = new Float64Array(data.length)
    for (let i = 0; i < data.length; i++) {
      const lossAt = async (by: number) => {
        const moved = data.slice()
        moved[i] = (data[i] ?? 0) + by
        model.setWeights([...weights.slice(0, w), { name, data: moved }, ...weights.slice(w + 1)])
        return { loss: await lossNow(), at: moved[i] as number }
      }
      const [above, below] = [await lossAt(step), await lossAt(-step)]
      slope[i] = (above.loss - below.loss) / (above.at - below.at)
    }
    const change = data.map((v, i) => v - (stepped[w]?.data[i] ?? 0))
    expect(difference(change, slope), name).toBeLessThan(2e-5)
    expect(Math.max(...slope.map(Math.abs)), name).toBeGreaterThan(1e-3)
  }
  model.dispose()
}
