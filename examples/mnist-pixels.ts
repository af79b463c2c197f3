/**
 * Handwritten digits read pixel by pixel (the task of Le et al. 2015): 784 steps of one number each. A small GRU takes every pixel; time is
 * then reduced, several steps side by side as one, and a second GRU reads those (the pyramid of Chan et al. 2016). Its last state
 * says which digit it was; its update gates begin with biases that remember for 2 steps up to all of its own. With `--reduction 1` there is
 * no pyramid: one GRU reads all 784. Learns from the first 55,000 images of the training file, measures on its last 5,000.
 */
import { layers, sequential } from 'ostinato'
import { example, InputError } from './command.js'
import { digitBatches, mnistFiles, pixels } from './mnist.js'
import { accuracy, likeliest, patient, runExperiment } from './training.js'

await example(
  {
    about: 'Learns to read the digits of MNIST pixel by pixel.',
    data: mnistFiles,
    numbers: { pixelUnits: 16, reduction: 7, units: 64, epochs: 2, batch: 50, rate: 4e-3, dev: 5000 },
  },
  async (settings) => {
    const { data, pixelUnits, reduction, units, epochs, rate, seed, backend } = settings
    const { training, development, answers } = digitBatches(data, { ...settings, shape: [pixels, 1] })
    const steps = Math.ceil(pixels / reduction)
    if (steps < 2) throw new InputError(`--reduction: expected less than ${pixels}, received ${reduction}`)
    const below =
      reduction === 1
        ? []
        : [
            layers.gru({ units: pixelUnits, returnSequences: true, name: 'pixels' }),
            layers.timeReduction({ factor: reduction }),
          ]

    await runExperiment(
      {
        training,
        epochs,
        rate,
        loss: 'sparseCategoricalCrossentropy',
        unit: 'images',
        make: () =>
          patient(
            sequential([...below, layers.gru({ units }), layers.dense({ units: 10 })], {
              name: 'mnist-pixels',
              inputShape: [null, 1],
              seed,
              ...backend,
            }),
            { units, steps, seed },
          ),
        measure: async (model) => ({ accuracy: accuracy(await likeliest(model, development), answers) }),
      },
      settings,
    )
  },
)
