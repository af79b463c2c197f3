/**
 * Handwritten digits read row by row: a GRU takes the 28 rows of an MNIST image, 28 numbers each, and its last state says
 * which digit it was. Learns from the first 55,000 images of the training file, measures on its last 5,000.
 */
import { layers, sequential } from 'ostinato'
import { example } from './command.js'
import { digitBatches, mnistFiles, side } from './mnist.js'
import { accuracy, likeliest, runExperiment } from './training.js'

await example(
  {
    about: 'Learns to read the digits of MNIST row by row.',
    data: mnistFiles,
    numbers: { units: 128, epochs: 8, batch: 100, rate: 2e-3, dev: 5000 },
  },
  async (settings) => {
    const { data, units, epochs, rate, seed, backend } = settings
    const { training, development, answers } = digitBatches(data, { ...settings, shape: [side, side] })

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
        measure: async (model) => ({ accuracy: accuracy(await likeliest(model, development), answers) }),
      },
      settings,
    )
  },
)
