/** What every thread of test/native/together.test.ts trains: shapes that are split by rows, by units, and not at all. */
import { type Batch, layers, type Model, sequential } from '../../../src/index.js'

export const shapes = [
  { units: 64, batch: 32, time: 10 },
  { units: 128, batch: 4, time: 10 },
  { units: 8, batch: 2, time: 5 },
] as const

export type Shape = (typeof shapes)[number]

const features = 24

function data({ batch, time }: Shape): Batch[] {
  const tensor = (width: number, seed: number) => ({
    data: Float32Array.from({ length: batch * time * width }, (_, i) => Math.sin(i * 12.9898 + seed)),
    shape: [batch, time, width],
  })
  return [0, 1, 2, 3].map((i) => ({ inputs: tensor(features, i), targets: tensor(4, i + 10) }))
}

export function modelOf({ units }: Shape, seed: number): Model {
  const model = sequential(
    [
      layers.lstm({ units, returnSequences: true }),
      layers.gru({ units, returnSequences: true }),
      layers.dense({ units: 4 }),
    ],
    { inputShape: [null, features], backend: 'native', seed },
  )
  return model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
}

/** All weights after two epochs, and the outputs of a stream after that. */
export async function train(shape: Shape, seed: number): Promise<Float32Array[]> {
  const model = modelOf(shape, seed)
  await model.fit(data(shape), { epochs: 2 })
  const outputs = model.session().run(new Float32Array(5 * features).fill(0.5))
  const weights = model.getWeights().map((weight) => weight.data)
  model.dispose()
  return [...weights, outputs]
}
