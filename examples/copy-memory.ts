/**
 * The copy memory problem (Hochreiter and Schmidhuber 1997; in this form Arjovsky et al. 2016): ten symbols out of eight, a long
 * silence, a sign, and then the ten symbols are asked for again, in their order. Who remembers nothing answers blanks until the
 * sign and guesses after it, at a cost of 10 ln 8 ∕ (silence + 20) nats a step. Sequences are made as they are needed, so none
 * is learned twice. A GRU learns to copy over a short silence first; then the silence grows.
 */
import { layers, RandomStream, type SingleBatch, sequential, type TensorData } from 'ostinato'
import { example } from './command.js'
import { accuracy, fourDigits, freshBatches, likeliest, patient, runExperiment } from './training.js'

const [symbols, said, blank, sign] = [8, 10, 0, 9]
const tokens = symbols + 2

/** inputs and targets [rows, silence + 20]: symbols, blanks, the sign, ten blanks; blanks, then the symbols. */
function copies(rows: number, silence: number, random: RandomStream): SingleBatch {
  const time = silence + 2 * said
  const inputs = new Int32Array(rows * time).fill(blank)
  const targets = new Int32Array(rows * time).fill(blank)
  for (let row = 0; row < rows; row++) {
    const start = row * time
    const heard = Int32Array.from({ length: said }, () => 1 + random.integer(symbols))
    inputs.set(heard, start)
    inputs[start + said + silence - 1] = sign
    targets.set(heard, start + said + silence)
  }
  const shape = [rows, time]
  return { inputs: { data: inputs, shape }, targets: { data: targets, shape } }
}

/** How long the silence is once a share of the training is done: short for half of it, then longer and longer. */
function silenceAt(share: number, longest: number): number {
  const short = Math.min(10, longest)
  const grown = Math.min(1, Math.max(0, (share - 0.5) / 0.35))
  return Math.round(short * (longest / short) ** grown)
}

await example(
  {
    about: 'Learns to repeat ten symbols after a long silence.',
    numbers: { silence: 200, units: 128, sequences: 5000, epochs: 80, batch: 25, rate: 3e-3, dev: 1000 },
  },
  async (settings) => {
    const { silence, units, sequences, epochs, batch, rate, dev, seed, backend } = settings
    const random = new RandomStream(seed)
    const learned = random.fork('training')
    const measured = copies(dev, silence, random.fork('development'))
    const answers = (measured.targets as TensorData).data
    const length = Math.ceil(sequences / batch)
    let made = 0
    const training = freshBatches(length, () =>
      copies(batch, silenceAt(made++ / (epochs * length), silence), learned),
    )

    await runExperiment(
      {
        training,
        epochs,
        rate,
        loss: 'sparseCategoricalCrossentropy',
        unit: 'steps',
        make: () =>
          patient(
            sequential(
              [
                layers.embedding({ inputDim: tokens, outputDim: tokens, embeddingsInitializer: 'identity' }),
                layers.gru({ units, returnSequences: true }),
                layers.dense({ units: tokens }),
              ],
              { name: 'copy-memory', inputShape: [null], seed, ...backend },
            ),
            { units, steps: silence + said, seed },
          ),
        measure: async (model) => {
          const { loss } = await model.evaluate([measured])
          const found = await likeliest(model, [measured])
          const asked = found.filter((_, at) => answers[at] !== blank)
          const right = answers.filter((token) => token !== blank)
          return {
            sequences: dev,
            crossEntropy: fourDigits(loss),
            memoryless: fourDigits((said * Math.log(symbols)) / (silence + 2 * said)),
            recalled: accuracy(asked, right),
          }
        },
      },
      settings,
    )
  },
)
