/** One model of every shape that there is to draw. */
import { input, layers, model, sequential } from 'ostinato'

export const shapes = {
  'hidden recurrence': () =>
    sequential([layers.simpleRNN({ units: 4, returnSequences: true }), layers.dense({ units: 5 })], {
      inputShape: [null, 3],
    }).compile({ loss: 'meanSquaredError' }),
  'sequence to vector': () =>
    sequential([layers.lstm({ units: 4 }), layers.dense({ units: 5 })], { inputShape: [null, 3] }),
  'deep stack': () =>
    sequential([
      layers.embedding({ inputDim: 20, outputDim: 8 }),
      layers.lstm({ units: 4, returnSequences: true }),
      layers.dropout({ rate: 0.2 }),
      layers.gru({ units: 3, returnSequences: true }),
      layers.dense({ units: 5 }),
    ]).compile({ loss: 'sparseCategoricalCrossentropy' }),
  bidirectional: () =>
    sequential([
      layers.embedding({ inputDim: 20, outputDim: 8 }),
      layers.bidirectional(layers.lstm({ units: 4, returnSequences: true })),
      layers.dense({ units: 5 }),
    ]).compile({ loss: 'sparseCategoricalCrossentropy' }),
  'bidirectional to vector': () =>
    sequential(
      [layers.bidirectional(layers.gru({ units: 4 }), { mergeMode: 'sum' }), layers.dense({ units: 2 })],
      {
        inputShape: [null, 3],
      },
    ),
  'output fed back': () =>
    sequential(
      [
        layers.outputFeedback({
          layers: [
            layers.dense({ units: 6, activation: 'tanh' }),
            layers.gru({ units: 4, returnSequences: true }),
            layers.dense({ units: 5 }),
          ],
          outputDim: 5,
        }),
      ],
      { inputShape: [null, 3] },
    ).compile({ loss: 'sparseCategoricalCrossentropy' }),
  backwards: () =>
    sequential(
      [
        layers.gru({ units: 4, returnSequences: true, goBackwards: true }),
        layers.simpleRNN({ units: 3, returnSequences: true }),
      ],
      { inputShape: [null, 3] },
    ).compile({ loss: 'meanSquaredError' }),
  'a delay of two steps': () =>
    sequential(
      [
        layers.delay(layers.gru({ units: 4, returnSequences: true }), { steps: 2 }),
        layers.delay(layers.simpleRNN({ units: 4 }), { steps: 3 }),
      ],
      { inputShape: [null, 3] },
    ),
  'no time': () =>
    sequential([layers.dense({ units: 4 }), layers.dense({ units: 2 })], { inputShape: [3] }).compile({
      loss: 'meanSquaredError',
    }),
  'encoder and decoder': () => {
    const source = input({ shape: [null, 8], name: 'source' })
    const previous = input({ shape: [null], type: 'int32', name: 'previous' })
    const [, h, c] = layers.lstm({ units: 8, returnState: true, name: 'encoder' }).apply(source)
    const embedded = layers.embedding({ inputDim: 20, outputDim: 6 }).apply(previous)
    const decoder = layers.lstm({ units: 8, returnSequences: true, name: 'decoder' })
    const tokens = layers.dense({ units: 20 }).apply(decoder.apply(embedded, { initialState: [h, c] }))
    const mood = layers.dense({ units: 3 }).apply(h)
    return model({ inputs: { source, previous }, outputs: { tokens, mood } }).compile({
      loss: 'sparseCategoricalCrossentropy',
    })
  },
  'vector as first state': () => {
    const x = input({ shape: [null, 8] })
    const vector = input({ shape: [6], name: 'vector' })
    const h = layers
      .dense({ units: 5, name: 'a-name-far-longer-than-there-is-room-for-in-a-row' })
      .apply(vector)
    const backwards = layers.gru({ units: 5, returnSequences: true, goBackwards: true })
    const y = layers.dense({ units: 3 }).apply(backwards.apply(x, { initialState: [h] }))
    return model({ inputs: [x, vector], outputs: y })
  },
  'skips and shared weights': () => {
    const x = input({ shape: [null, 8] })
    const both = layers.bidirectional(layers.lstm({ units: 5, returnSequences: true, returnState: true }), {
      mergeMode: 'none',
    })
    const [forward, backward, , , backwardH] = both.apply(x)
    const y = layers.gru({ units: 5, returnSequences: true }).apply(forward, { initialState: [backwardH] })
    const shared = layers.dense({ units: 3, name: 'shared' })
    return model({ inputs: x, outputs: [shared.apply(y), shared.apply(backward), backwardH] })
  },
  'attention before each step': () => attentive('before'),
  'attention behind each step, its result fed back': () => attentive('after'),
} as const

function attentive(attends: 'before' | 'after') {
  const source = input({ shape: [null], type: 'int32', name: 'source' })
  const previous = input({ shape: [null], type: 'int32', name: 'previous' })
  const read = layers.bidirectional(layers.gru({ units: 4, returnSequences: true, returnState: true }))
  const [memory, forward, backward] = read.apply(
    layers.embedding({ inputDim: 20, outputDim: 6 }).apply(source),
  )
  const decoder = layers.recurrentAttention({
    cells: [layers.gru({ units: 4, name: 'lower' }), layers.gru({ units: 4, name: 'upper' })],
    attention: layers.attention({ score: 'additive', units: 3 }),
    attends,
    returnWeights: true,
    name: 'decoder',
  })
  const embedded = layers.embedding({ inputDim: 20, outputDim: 6, name: 'embedded' }).apply(previous)
  const [y, weights] = decoder.apply(embedded, memory, { initialState: [forward, backward] })
  const tokens = layers.dense({ units: 20 }).apply(y)
  return model({ inputs: { source, previous }, outputs: { tokens, weights } })
}
