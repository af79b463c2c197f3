/**
 * Handwritten digits read row by row: a GRU takes the 28 rows of an MNIST image, 28 numbers each, and its last state says
 * which digit it was. Learns from the first 55,000 images of the training file, measures on its last 5,000.
 */
import { batches, layers, sequential, type TensorData } from 'ostinato'
import { example, InputError } from './command.js'
import { readData, readIdx } from './data.js'
import { accuracy, likeliest, runExperiment } from './training.js'

const side = 28

await example(
  {
    about: 'Learns to read the digits of MNIST row by row.',
    data: 'folder with train-images-idx3-ubyte and train-labels-idx1-ubyte of the MNIST database, or those with .gz',
    numbers: { units: 128, epochs: 8, batch: 100, rate: 2e-3, dev: 5000 },
  },
  async (settings) => {
    const { data, units, epochs, batch, rate, dev, seed, backend } = settings
    const images = readIdx(readData(data, 'train-images-idx3-ubyte'))
    const labels = Int32Array.from(readIdx(readData(data, 'train-labels-idx1-ubyte')).data)
    const border = labels.length - dev
    if (images.shape.join() !== [labels.length, side, side].join())
      throw new InputError(`${labels.length} labels, but images of shape [${images.shape.join(', ')}]`)
    if (border < 1) throw new InputError(`--dev ${dev} leaves none of ${labels.length} images to learn from`)

    const part = (from: number, to: number): { inputs: TensorData; targets: TensorData } => ({
      inputs: {
        data: Float32Array.from(images.data.subarray(from * side * side, to * side * side), (x) => x / 255),
        shape: [to - from, side, side],
      },
      targets: { data: labels.subarray(from, to), shape: [to - from] },
    })
    const training = batches(part(0, border), { batchSize: batch, shuffle: 'epoch', seed })
    const development = batches(part(border, labels.length), { batchSize: 500 })

    await runExperiment(
      {
        training,
        epochs,
        rate,
        loss: 'sparseCategoricalCrossentropy',
        unit: 'images',
        make: () =>
          sequential([layers.gru({ units }), layers.dense({ units: 10 })], {
            name: 'mnist-rows',
            inputShape: [null, side],
            seed,
            ...backend,
          }),
        measure: async (model) => ({
          accuracy: accuracy(await likeliest(model, development), labels.subarray(border)),
        }),
      },
      settings,
    )
  },
)
