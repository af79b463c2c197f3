/**
 * The adding problem (Hochreiter and Schmidhuber 1997; in this form Arjovsky et al. 2016): 200 steps of two features, a number
 * from 0 to 1 and a mark. One step of the first half is marked and one of the second, and the sum of their two numbers is asked for at
 * the end. Always answering 1 is wrong by 1/6 in the mean of squares (Le et al. 2015 give 0.1767): who is much better
 * has carried the first number over the steps between. Sequences are made as they are needed, so no sequence is seen twice.
 */
import { layers, RandomStream, type SingleBatch, sequential } from 'ostinato'
import { example, InputError } from './command.js'
import { fourDigits, freshBatches, patient, runExperiment } from './training.js'

/** inputs [rows, steps, 2], targets [rows, 1] */
function sums(rows: number, steps: number, random: RandomStream): SingleBatch {
  const data = new Float32Array(rows * steps * 2)
  const targets = new Float32Array(rows)
  const half = steps >> 1
  for (let row = 0; row < rows; row++) {
    const start = row * steps
    for (let t = 0; t < steps; t++) data[2 * (start + t)] = random.uniform()
    for (const t of [random.integer(half), half + random.integer(steps - half)]) {
      data[2 * (start + t) + 1] = 1
      targets[row]! += data[2 * (start + t)]!
    }
  }
  return { inputs: { data, shape: [rows, steps, 2] }, targets: { data: targets, shape: [rows, 1] } }
}

await example(
  {
    about: 'Learns to add two numbers that stand far apart in a sequence.',
    numbers: { steps: 200, units: 64, sequences: 5000, epochs: 20, batch: 50, rate: 4e-3, dev: 2000 },
  },
  async (settings) => {
    const { steps, units, sequences, epochs, batch, rate, dev, seed, backend } = settings
    if (steps < 2) throw new InputError(`--steps: expected one for each number, 2 or more, received ${steps}`)
    const random = new RandomStream(seed)
    const learned = random.fork('training')
    const measured = sums(dev, steps, random.fork('development'))
    const answers = (measured.targets as { data: Float32Array }).data
    const training = freshBatches(Math.ceil(sequences / batch), () => sums(batch, steps, learned))

    await runExperiment(
      {
        training,
        epochs,
        rate,
        loss: 'meanSquaredError',
        unit: 'sequences',
        make: () =>
          patient(
            sequential([layers.gru({ units }), layers.dense({ units: 1 })], {
              name: 'adding',
              inputShape: [null, 2],
              seed,
              ...backend,
            }),
            { units, steps, seed },
          ),
        measure: async (model) => {
          const { loss, weight } = await model.evaluate([measured])
          const alwaysOne = answers.reduce((sum, x) => sum + (x - 1) ** 2, 0) / dev
          return { sequences: weight, squaredError: fourDigits(loss), alwaysOne: fourDigits(alwaysOne) }
        },
      },
      settings,
    )
  },
)
