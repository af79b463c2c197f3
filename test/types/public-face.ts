/** Compiled by the test beside it and never run: what is marked must be refused, everything else must compile. */
import {
  type BackendName,
  type Batch,
  type ErrorCode,
  type GroupSession,
  initializers,
  input,
  type LossName,
  layers,
  type load,
  type losses,
  type Model,
  model,
  type NamedWeight,
  OstinatoError,
  optimizers,
  type Prediction,
  type SessionGroup,
  type SymbolicTensor,
  sequential,
} from 'ostinato'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Expect<T extends true> = T

const functional = model

export type Claims = [
  Expect<Equal<LossName, keyof typeof losses>>,
  Expect<Equal<BackendName, 'native' | 'wasm' | 'reference'>>,
  Expect<Equal<ReturnType<Model['predict']>, Promise<Prediction>>>,
  Expect<Equal<Prediction['data'], Float32Array>>,
  Expect<Equal<ReturnType<Model['getWeights']>, NamedWeight[]>>,
  Expect<Equal<ReturnType<typeof load<SymbolicTensor>>, Promise<Model>>>,
  Expect<Equal<ReturnType<typeof sequential>, Model>>,
  Expect<Equal<ReturnType<Model['compile']>, Model>>,
  Expect<Equal<OstinatoError['code'], ErrorCode>>,
]

/** What `apply` and `predict` give is known from what was asked for. */
export function graphs() {
  const x = input({ shape: [null, 4], name: 'x' })
  const plain = layers.lstm({ units: 4 }).apply(x)
  const [y, h, c] = layers.lstm({ units: 4, returnState: true }).apply(x)
  const gru = layers.gru({ units: 4, returnState: true }).apply(x, { initialState: [h] })
  const both = layers.bidirectional(layers.lstm({ units: 4, returnState: true })).apply(x)
  const apart = layers.bidirectional(layers.gru({ units: 4 }), { mergeMode: 'none' }).apply(x)
  const one = model({ inputs: x, outputs: plain })
  const list = model({ inputs: [x], outputs: [y, c] })
  const record = model({ inputs: { x }, outputs: { first: y, second: plain } })
  record.compile({
    loss: { first: 'meanSquaredError', second: 'meanSquaredError' },
    lossWeights: { first: 1, second: 2 },
  })
  return { plain, y, gru, both, apart, one, list, record }
}
type Graphs = ReturnType<typeof graphs>

export type GraphClaims = [
  Expect<Equal<Graphs['plain'], SymbolicTensor>>,
  Expect<Equal<Graphs['y'], SymbolicTensor>>,
  Expect<Equal<Graphs['gru'], [y: SymbolicTensor, h: SymbolicTensor]>>,
  Expect<Equal<Graphs['both']['length'], 5>>,
  Expect<Equal<Graphs['apart'], [forward: SymbolicTensor, backward: SymbolicTensor]>>,
  Expect<Equal<Graphs['one'], Model>>,
  Expect<Equal<Awaited<ReturnType<Graphs['one']['predict']>>, Prediction>>,
  Expect<Equal<Awaited<ReturnType<Graphs['list']['predict']>>, [Prediction, Prediction]>>,
  Expect<Equal<Awaited<ReturnType<Graphs['record']['predict']>>, { first: Prediction; second: Prediction }>>,
]

export const accepted = [
  layers.embedding({ inputDim: 65, outputDim: 64, embeddingsInitializer: 'zeros' }),
  layers.lstm({ units: 128, returnSequences: true, name: 'lstm', goBackwards: false, stateful: true }),
  layers.gru({ units: 4, resetAfter: false, recurrentInitializer: initializers.orthogonal({ gain: 0.5 }) }),
  layers.gru({ units: 4, updateGate: 'candidate' }),
  layers.lstm({
    units: 4,
    peepholes: true,
    inputGate: 'coupled',
    dropout: 0.1,
    recurrentDropout: 0.2,
    zoneoutC: 0.5,
  }),
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

export function refused(model: Model, batch: Batch, x: SymbolicTensor): void {
  // @ts-expect-error: units are missing
  layers.lstm({})
  // @ts-expect-error: a misspelt option
  layers.lstm({ units: 4, returnSequence: true })
  // @ts-expect-error: an option of Keras under its Python name
  layers.gru({ units: 4, return_sequences: true })
  // @ts-expect-error: resetAfter belongs to gru
  layers.lstm({ units: 4, resetAfter: true })
  // @ts-expect-error: an activation that is not there
  layers.simpleRNN({ units: 4, activation: 'selo' })
  // @ts-expect-error: units are a number
  layers.dense({ units: '4' })
  // @ts-expect-error: a layer that does not walk along time
  layers.bidirectional(layers.dense({ units: 4 }))
  // @ts-expect-error: a merge mode that is not there
  layers.bidirectional(layers.lstm({ units: 4 }), { mergeMode: 'max' })
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
  // @ts-expect-error: the time axis stands first
  sequential([], { inputShape: [10, null] })
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
  // @ts-expect-error: an LSTM has two states
  layers.lstm({ units: 4 }).apply(x, { initialState: [x] })
  // @ts-expect-error: numbers are no symbolic tensor
  layers.dense({ units: 4 }).apply([[1, 2]])
  // @ts-expect-error: a layer that returns its states is not for a stack
  sequential([layers.gru({ units: 4, returnState: true })])
  // @ts-expect-error: neither is one of two outputs
  sequential([layers.bidirectional(layers.gru({ units: 4 }), { mergeMode: 'none' })])
  // @ts-expect-error: an output without its loss
  graphs().record.compile({ loss: { first: 'meanSquaredError' } })
  // @ts-expect-error: a loss weight for an output that is not there
  graphs().record.compile({ loss: 'meanSquaredError', lossWeights: { first: 1, second: 1, third: 1 } })
  // @ts-expect-error: the outputs are missing
  functional({ inputs: x })
  // @ts-expect-error: a type that is not there
  input({ shape: [null], type: 'float64' })
  // @ts-expect-error: layers are made, not named
  sequential(['lstm'])
}
