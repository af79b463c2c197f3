/** Compiled by the test beside it and never run: what is marked must be refused, everything else must compile. */
import {
  type BackendName,
  type Batch,
  type ErrorCode,
  type GroupSession,
  initializers,
  type LossName,
  layers,
  type load,
  type Model,
  type NamedWeight,
  OstinatoError,
  optimizers,
  type Prediction,
  type SessionGroup,
  sequential,
} from 'ostinato'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Expect<T extends true> = T

export type Claims = [
  Expect<Equal<LossName, 'sparseCategoricalCrossentropy' | 'meanSquaredError'>>,
  Expect<Equal<BackendName, 'native' | 'wasm' | 'reference'>>,
  Expect<Equal<ReturnType<Model['predict']>, Promise<Prediction>>>,
  Expect<Equal<Prediction['data'], Float32Array>>,
  Expect<Equal<ReturnType<Model['getWeights']>, NamedWeight[]>>,
  Expect<Equal<ReturnType<typeof load>, Promise<Model>>>,
  Expect<Equal<ReturnType<typeof sequential>, Model>>,
  Expect<Equal<ReturnType<Model['compile']>, Model>>,
  Expect<Equal<OstinatoError['code'], ErrorCode>>,
]

export const accepted = [
  layers.embedding({ inputDim: 65, outputDim: 64, embeddingsInitializer: 'zeros' }),
  layers.lstm({ units: 128, returnSequences: true, name: 'lstm', goBackwards: false, stateful: true }),
  layers.gru({ units: 4, resetAfter: false, recurrentInitializer: initializers.orthogonal({ gain: 0.5 }) }),
  layers.simpleRNN({ units: 4, activation: 'relu' }),
  layers.bidirectional(layers.lstm({ units: 4, returnSequences: true }), { name: 'both' }),
  layers.dropout({ rate: 0.5 }),
  layers.dense({ units: 2, activation: 'softmax', useBias: false }),
]

export async function uses(): Promise<unknown> {
  const model = sequential(accepted, { seed: 1, backend: 'wasm' })
  model.compile({ optimizer: 'adamW', loss: 'sparseCategoricalCrossentropy' })
  model.compile({
    optimizer: optimizers.sgd({ learningRate: (step: number) => 1 / step }),
    loss: 'meanSquaredError',
  })
  const batch: Batch = {
    inputs: { data: new Int32Array(4), shape: [2, 2] },
    targets: [
      [1, 2],
      [3, 4],
    ],
    lengths: new Int32Array(2),
  }
  await model.fit([batch], {
    epochs: 2,
    callbacks: { onStepEnd: ({ loss }) => console.log(loss.toFixed(3)) },
  })
  await model.fit(async function* () {
    yield batch
  })
  const { data, shape } = await model.predict({ inputs: [[0, 1]] }, { signal: AbortSignal.timeout(1) })
  const session = model.session({ batch: 2 })
  session.state = { 'lstm/h': data }
  const output: Float32Array = session.step([1, 2])
  const outputs: Float32Array = session.run([1, 2], output)
  const group: SessionGroup = model.sessionGroup({ capacity: 2 })
  const member: GroupSession = group.open()
  member.state = session.state
  group.step([member], outputs, output)
  return [shape.length, output, new OstinatoError('EMPTY_DATA', 'here', 'there')]
}

export function refused(model: Model, batch: Batch): void {
  // @ts-expect-error: units are missing
  layers.lstm({})
  // @ts-expect-error: a misspelt option
  layers.lstm({ units: 4, returnSequence: true })
  // @ts-expect-error: an option of Keras under its Python name
  layers.gru({ units: 4, return_sequences: true })
  // @ts-expect-error: resetAfter belongs to gru
  layers.lstm({ units: 4, resetAfter: true })
  // @ts-expect-error: an activation that is not there
  layers.simpleRNN({ units: 4, activation: 'selu' })
  // @ts-expect-error: units are a number
  layers.dense({ units: '4' })
  // @ts-expect-error: a layer that does not walk along time
  layers.bidirectional(layers.dense({ units: 4 }))
  // @ts-expect-error: merge modes are not there
  layers.bidirectional(layers.lstm({ units: 4 }), { mergeMode: 'sum' })
  // @ts-expect-error: an initializer that is not there
  layers.dense({ units: 4, kernelInitializer: 'glorot' })
  // @ts-expect-error: a setting that this initializer has not
  initializers.orthogonal({ scale: 1 })
  // @ts-expect-error: a learning rate under its Python name
  optimizers.adam({ learning_rate: 1 })
  // @ts-expect-error: momentum is not for Adam
  optimizers.adam({ momentum: 0.9 })
  // @ts-expect-error: a backend that is not there
  sequential([], { backend: 'cuda' })
  // @ts-expect-error: the time axis is null
  sequential([], { inputShape: [10, 4] })
  // @ts-expect-error: a loss that is not there
  model.compile({ loss: 'mse' })
  // @ts-expect-error: an optimizer that is not there
  model.compile({ optimizer: 'adagrad', loss: 'meanSquaredError' })
  // @ts-expect-error: the loss is missing
  model.compile({ optimizer: 'adam' })
  // @ts-expect-error: a misspelt option
  model.fit([batch], { epoch: 2 })
  // @ts-expect-error: a misspelt callback
  model.fit([batch], { callbacks: { onBatchEnd: () => undefined } })
  // @ts-expect-error: not batches
  model.fit(3)
  // @ts-expect-error: inputs are missing
  model.fit([{ targets: [1] }])
  // @ts-expect-error: text is no tensor
  model.predict({ inputs: 'text' })
  // @ts-expect-error: a misspelt option
  model.session({ batchSize: 1 })
  // @ts-expect-error: what getWeights gives cannot be renamed
  model.getWeights()[0].name = 'other'
  // @ts-expect-error: a purpose that is not there
  model.program('backward')
  // @ts-expect-error: an error code that is not there
  new OstinatoError('OOPS', 'here', 'there')
  // @ts-expect-error: layers are made, not named
  sequential(['lstm'])
}
