/**
 * The toy tasks of sequence to sequence: random symbols to copy, to turn around or to sort. All of a source has to go through
 * the last states of the encoder, for there is no attention. An answer counts if all of it is right, its end too.
 */
import { RandomStream } from 'ostinato'
import { example } from './command.js'
import { exactShare, symbolBatches, symbolModel, symbolPairs } from './symbols.js'
import { percent, runExperiment } from './training.js'

await example(
  {
    about: 'Learns to copy, reverse or sort sequences of symbols.',
    choices: { task: ['copy', 'reverse', 'sort'], order: ['reversed', 'forward'] },
    numbers: { longest: 20, units: 128, batch: 32, batches: 100, epochs: 80, rate: 1.2e-2, dev: 2000 },
  },
  async (settings) => {
    const { task, order, longest, units, batch, batches, epochs, rate, dev, seed, backend } = settings
    const random = new RandomStream(seed)
    const asked = { task, longest }
    const measured = symbolPairs(dev, asked, random.fork('development'))
    await runExperiment(
      {
        training: symbolBatches(batches, batch, asked, random.fork('training')),
        epochs,
        rate,
        loss: 'sparseCategoricalCrossentropy',
        unit: 'symbols',
        make: () => symbolModel({ units, order, seed, ...backend }).model,
        measure: async (model) => ({ sequences: dev, exact: percent(await exactShare(model, measured)) }),
      },
      settings,
    )
  },
)
