import { layers, optimizers, sequential } from 'ostinato'
import { expect, test } from 'vitest'

const tiny = () =>
  sequential([
    layers.embedding({ inputDim: 5, outputDim: 3 }),
    layers.lstm({ units: 4, returnSequences: true, name: 'memory' }),
    layers.dropout({ rate: 0.25 }),
    layers.dense({ units: 5 }),
  ])

test('a printed program says what runs, for whom, on which shapes, where', () => {
  expect(tiny().program('predict', { batch: 2, time: 6 })).toMatchInlineSnapshot(`
    "program predict
      dimensions: B ≤ 2, T ≤ 6
      buffers (elements): arena 176, parameters 192, statistics 8, inputs 12, outputs 60
    forward:
      0                       y[T, B] @arena+0 ← transpose(x[B, T] @inputs+0)
      1  embedding            y[T, B, 3] @arena+128 ← gather(table[5, 3] @embedding/embeddings, indices[T, B] @arena+0)
      2  memory               h[T+1, B, 4] @arena+64, c[T+1, B, 4] @arena+0 ← lstm(x[T, B, 3] @arena+128, kernel[3, 16] @memory/kernel, recurrentKernel[4, 16] @memory/recurrentKernel, bias[16] @memory/bias, reverse=0, zoneoutH=0, zoneoutC=0)
      3  dense                y[T, B, 5] @arena+0 ← matmul(a[T, B, 4] @arena+64+B·4, b[4, 5] @dense/kernel, bias[5] @dense/bias)
      4                       y[B, T, 5] @outputs+0 ← transpose(x[T, B, 5] @arena+0)"
  `)
})

test('a printed training step shows both segments, gradients at their places and the run-time scalars', () => {
  const model = tiny()
  model.compile({
    optimizer: optimizers.sgd({ globalClipNorm: 1 }),
    loss: 'sparseCategoricalCrossentropy',
  })
  expect(model.program('train', { batch: 2, time: 6 })).toMatchInlineSnapshot(`
    "program train
      dimensions: B ≤ 2, T ≤ 6
      buffers (elements): arena 1120, parameters 192, statistics 8, inputs 12, gradients 208, targets 12
    gradients:
      0                       y[T, B] @arena+1104 ← transpose(x[B, T] @inputs+0)
      1  embedding            y[T, B, 3] @arena+1056 ← gather(table[5, 3] @embedding/embeddings, indices[T, B] @arena+1104)
      2  memory               h[T+1, B, 4] @arena+832, c[T+1, B, 4] @arena+896, saved[T, B, 64] @arena+0 ← lstm(x[T, B, 3] @arena+1056, kernel[3, 16] @memory/kernel, recurrentKernel[4, 16] @memory/recurrentKernel, bias[16] @memory/bias, reverse=0, zoneoutH=0, zoneoutC=0)
      3  dropout              y[T, B, 4] @arena+960 ← dropout(x[T, B, 4] @arena+832+B·4, site=658024080, rate=$dropout/rate, seed=$seed, run=$run)
      4  dense                y[T, B, 5] @arena+768 ← matmul(a[T, B, 4] @arena+960, b[4, 5] @dense/kernel, bias[5] @dense/bias)
      5  loss                 y[T, B] @arena+1008 ← transpose(x[B, T] @targets+0)
      6  loss                 loss[2] @loss, weight[1] @weight, logNormalizer[T, B] @arena+1024 ← softmax_cross_entropy(logits[T, B, 5] @arena+768, targets[T, B] @arena+1008)
      7  loss                 dLogits[T, B, 5] @arena+768 ← softmax_cross_entropy_backward(logits[T, B, 5] @arena+768, targets[T, B] @arena+1008, logNormalizer[T, B] @arena+1024)
      8  dense                y[T, B, 4] @arena+1008 ← matmul_transpose_b(a[T, B, 5] @arena+768, b[4, 5] @dense/kernel)
      9  dense                y[4, 5] @∂dense/kernel ← matmul_transpose_a(a[T, B, 4] @arena+960, b[T, B, 5] @arena+768)
     10  dense                y[1, 5] @∂dense/bias ← reduce_sum(x[1, B·T, 5] @arena+768)
     11  dropout              y[T, B, 4] @arena+1008 ← dropout(x[T, B, 4] @arena+1008, site=658024080, rate=$dropout/rate, seed=$seed, run=$run)
     12  memory               saved![T, B, 64] @arena+0, dx[T, B, 3] @arena+768, dKernel[3, 16] @∂memory/kernel, dRecurrentKernel[4, 16] @∂memory/recurrentKernel, dBias[16] @∂memory/bias ← lstm_backward(x[T, B, 3] @arena+1056, kernel[3, 16] @memory/kernel, recurrentKernel[4, 16] @memory/recurrentKernel, h[T+1, B, 4] @arena+832, c[T+1, B, 4] @arena+896, dy[T, B, 4] @arena+1008, reverse=0)
     13  embedding            dTable[5, 3] @∂embedding/embeddings ← gather_backward(indices[T, B] @arena+1104, dy[T, B, 3] @arena+768)
    update:
     14  optimizer            norm[1] @norm ← gradient_norm(gradients[192] @∂embedding/embeddings, loss[2] @loss, weight[1] @weight)
     15  optimizer            parameters![192] @embedding/embeddings ← sgd(gradients[192] @∂embedding/embeddings, weight[1] @weight, norm[1] @norm, ranges=6 from 0, nesterov=0, learningRate=$learningRate, momentum=$momentum, weightDecay=$weightDecay, clipValue=$clipValue, clipNorm=$clipNorm, globalClipNorm=$globalClipNorm)"
  `)
})

test('a printed step shows the carried states', () => {
  const model = sequential([layers.gru({ units: 2 })], { inputShape: [null, 3] })
  expect(model.program('step', { batch: 4 })).toMatchInlineSnapshot(`
    "program step
      dimensions: B ≤ 4, T ≤ 1
      buffers (elements): arena 48, parameters 80, statistics 8, inputs 12, loadRows 4, storeRows 4, outputs 8, states 16
    forward:
      0                       y[T, B, 3] @arena+16 ← transpose(x[B, T, 3] @inputs+0)
      1  gru                  y[B, 2] @arena+32 ← state_load(slab[4, 2] @gru/h, rows[B] @loadRows+0)
      2  gru                  h[T+1, B, 2] @arena+0 ← gru(x[T, B, 3] @arena+16, kernel[3, 6] @gru/kernel, recurrentKernel[2, 6] @gru/recurrentKernel, bias[6] @gru/bias, recurrentBias[6] @gru/recurrentBias, initialH[B, 2] @arena+32, reverse=0, resetAfter=1, updateGate=0, zoneoutH=0)
      3                       y[B, 2] @outputs+0 ← copy(x[B, 2] @arena+0+B·T·2)
      4                       slab![4, 2] @gru/h ← state_store(x[B, 2] @arena+0+B·T·2, rows[B] @storeRows+0)"
  `)
})
