/**
 * Spoken digits: log-mel frames of a recording through two bidirectional GRUs to the digit that was said. The split goes by
 * the number of the recording, of each digit by each speaker: 0 to 4, the test set of the Free Spoken Digit Dataset, are left
 * alone, 5 to 9 measure, 10 and above are learned from.
 */
import { layers, sequenceBatches, sequential, type TensorData } from 'ostinato'
import { example, InputError } from './command.js'
import { readFolder, readWav } from './data.js'
import { logMel, standardizer } from './log-mel.js'
import { accuracy, likeliest, runExperiment } from './training.js'

interface Example {
  readonly frames: TensorData
  readonly digit: number
}

const bands = 32

await example(
  {
    about: 'Learns which digit is said in a recording.',
    data: 'folder of DIGIT_SPEAKER_NUMBER.wav, the recordings of the Free Spoken Digit Dataset; or a tar archive of it',
    numbers: { units: 64, dropout: 0.2, epochs: 12, batch: 32, rate: 2e-3 },
  },
  async (settings) => {
    const { data, units, dropout, epochs, batch, rate, seed, backend } = settings
    const learned: Example[] = []
    const measured: Example[] = []
    for (const [name, bytes] of readFolder(data, '.wav')) {
      const [, digit, number] = /^(\d)_\w+_(\d+)\.wav$/.exec(name) ?? []
      if (number === undefined) throw new InputError(`${name}: expected a name like 7_jackson_12.wav`)
      if (Number(number) < 5) continue
      const frames = logMel(readWav(bytes), { bands, window: 0.025, hop: 0.0125 })
      ;(Number(number) < 10 ? measured : learned).push({ frames, digit: Number(digit) })
    }
    if (learned.length === 0 || measured.length === 0)
      throw new InputError(`${data}: expected recordings numbered 5 to 9, and from 10 on`)
    const standard = standardizer(learned.map(({ frames }) => frames))
    const part = (examples: readonly Example[]) => ({
      inputs: examples.map(({ frames }) => standard(frames)),
      targets: examples.map(({ digit }) => digit),
    })
    const training = sequenceBatches(part(learned), { batchSize: batch, shuffle: 'epoch', seed })
    const development = sequenceBatches(part(measured), { batchSize: 100 })
    console.error(`${learned.length} recordings to learn from, ${measured.length} to measure with`)

    await runExperiment(
      {
        training,
        epochs,
        rate,
        loss: 'sparseCategoricalCrossentropy',
        unit: 'recordings',
        make: () =>
          sequential(
            [
              layers.bidirectional(layers.gru({ units, returnSequences: true })),
              layers.dropout({ rate: dropout }),
              layers.bidirectional(layers.gru({ units })),
              layers.dropout({ rate: dropout }),
              layers.dense({ units: 10 }),
            ],
            { name: 'spoken-digits', inputShape: [null, bands], seed, ...backend },
          ),
        measure: async (model) => ({
          accuracy: accuracy(
            await likeliest(model, development),
            measured.map(({ digit }) => digit),
          ),
        }),
      },
      settings,
    )
  },
)
