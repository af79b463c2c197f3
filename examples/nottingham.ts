/**
 * Which keys sound next: an LSTM reads folk tunes frame by frame, 88 keys a frame, and gives each key a probability for the next
 * frame. The figure is the negative log-likelihood in nats of a frame, the sum over its keys, as in Boulanger-Lewandowski
 * et al. (2012) and Bai et al. (2018): the mean over all frames but the first of each tune. Learns from "train" in
 * stretches of a few bars, measures on the whole tunes of "valid".
 */
import { layers, losses, sequenceBatches, sequential, type TensorData } from 'ostinato'
import { example, InputError } from './command.js'
import { keys, readTunes } from './data.js'
import { runExperiment } from './training.js'

/** Frames from one to another, not included, of a tune [time, keys]. */
function frames({ data }: TensorData, from: number, to: number): TensorData {
  return { data: data.subarray(from * keys, to * keys) as Float32Array, shape: [to - from, keys] }
}

/** Each frame beside the one that follows it, in stretches of at most `stretch`. */
function pairs(tunes: readonly TensorData[], stretch: number) {
  const inputs: TensorData[] = []
  const targets: TensorData[] = []
  for (const tune of tunes) {
    const steps = tune.shape[0]! - 1
    for (let from = 0; from < steps; from += stretch) {
      const to = Math.min(steps, from + stretch)
      inputs.push(frames(tune, from, to))
      targets.push(frames(tune, from + 1, to + 1))
    }
  }
  return { inputs, targets }
}

await example(
  {
    about: 'Learns which keys sound next in the folk tunes of the Nottingham database.',
    data: 'folder with Nottingham.json, or that with .gz: { "train", "valid" }, lists of tunes, of frames, of keys 0 to 87',
    numbers: {
      units: 192,
      dropout: 0.3,
      recurrentDropout: 0.2,
      stretch: 100,
      epochs: 30,
      batch: 2,
      rate: 4e-3,
    },
  },
  async (settings) => {
    const { data, units, dropout, recurrentDropout, stretch, epochs, batch, rate, seed, backend } = settings
    const tunes = readTunes(data, 'Nottingham.json')
    const part = (name: string): TensorData[] => {
      const found = tunes.get(name)?.filter(({ shape }) => shape[0]! > 1) ?? []
      if (found.length === 0) throw new InputError(`${data}: no tunes "${name}"`)
      return found
    }
    const training = sequenceBatches(pairs(part('train'), stretch), {
      batchSize: batch,
      shuffle: 'epoch',
      seed,
    })
    const development = sequenceBatches(pairs(part('valid'), Infinity), { batchSize: 16 })

    await runExperiment(
      {
        training,
        epochs,
        rate,
        loss: losses.binaryCrossentropy({ features: 'sum' }),
        unit: 'frames',
        make: () =>
          sequential(
            [
              layers.lstm({ units, recurrentDropout, returnSequences: true }),
              layers.dropout({ rate: dropout }),
              layers.dense({ units: keys }),
            ],
            { name: 'nottingham', inputShape: [null, keys], seed, ...backend },
          ),
        measure: async (model) => {
          const { loss, weight } = await model.evaluate(development)
          return { frames: weight, nats: Math.round(loss * 1e4) / 1e4 }
        },
      },
      settings,
    )
  },
)
