/**
 * Moving digits: two handwritten digits fly about in pictures of 32 × 32 pixels and bounce off the walls (after Srivastava et al. 2015,
 * at half the size), and a model says the next picture at every step. Three answers are measured on digits and flights that were
 * not learned from: a convolutional LSTM (`--model 1`), an LSTM that sees all pixels as one vector (`--model 2`), and the picture
 * before once more.
 */
import { batches, type Layer, layers, type Model, RandomStream, sequential, type TensorData } from 'ostinato'
import { example, InputError } from './command.js'
import { readData, readIdx } from './data.js'
import { runExperiment } from './training.js'

const [side, digitSide, steps] = [32, 14, 10]
const pixels = side * side
/** Pictures are given as 16 × 16 places of 2 × 2 pixels each, as the paper does it: four times fewer places to walk over. */
const patch = 2
const shape = [side / patch, side / patch, patch * patch] as const

/** Where a pixel stands in patches. */
function placeOf(row: number, column: number): number {
  const at = Math.floor(row / patch) * shape[1] + Math.floor(column / patch)
  return at * shape[2] + (row % patch) * patch + (column % patch)
}

/** MNIST at half the size: means of 2 × 2 pixels, in [0, 1]. */
function halved(images: Uint8Array, count: number): Float32Array {
  const digits = new Float32Array(count * digitSide * digitSide)
  for (let i = 0; i < digits.length; i++) {
    const [image, row] = [Math.floor(i / digitSide ** 2), Math.floor(i / digitSide) % digitSide]
    const at = image * 784 + 2 * row * 28 + 2 * (i % digitSide)
    digits[i] = (images[at]! + images[at + 1]! + images[at + 28]! + images[at + 29]!) / (4 * 255)
  }
  return digits
}

/** A coordinate that moves between the walls: its places at `count` steps. */
function flight(random: RandomStream, count: number): number[] {
  const highest = side - digitSide
  let place = random.uniform() * highest
  let speed = (1 + 2 * random.uniform()) * (random.uniform() < 0.5 ? -1 : 1)
  return Array.from({ length: count }, () => {
    const now = Math.round(place)
    if (place + speed < 0 || place + speed > highest) speed = -speed
    place += speed
    return now
  })
}

/** Pictures [count, steps + 1, 16, 16, 4] of two of the digits each; where they overlap, the brighter pixel is seen. */
function films(
  digits: Float32Array,
  from: number,
  to: number,
  count: number,
  random: RandomStream,
): Float32Array {
  const film = new Float32Array(count * (steps + 1) * pixels)
  for (let sequence = 0; sequence < count; sequence++) {
    for (let digit = 0; digit < 2; digit++) {
      const image = (from + random.integer(to - from)) * digitSide ** 2
      const [rows, columns] = [flight(random, steps + 1), flight(random, steps + 1)]
      for (let step = 0; step <= steps; step++) {
        const picture = (sequence * (steps + 1) + step) * pixels
        for (let i = 0; i < digitSide ** 2; i++) {
          const row = rows[step]! + Math.floor(i / digitSide)
          const at = picture + placeOf(row, columns[step]! + (i % digitSide))
          film[at] = Math.max(film[at]!, digits[image + i]!)
        }
      }
    }
  }
  return film
}

/** The pictures that are seen, and those one step later. */
function task(film: Float32Array, count: number): { inputs: TensorData; targets: TensorData } {
  const shifted = (by: number): TensorData => {
    const data = new Float32Array(count * steps * pixels)
    for (let row = 0; row < count; row++) {
      const begin = (row * (steps + 1) + by) * pixels
      data.set(film.subarray(begin, begin + steps * pixels), row * steps * pixels)
    }
    return { data, shape: [count, steps, ...shape] }
  }
  return { inputs: shifted(0), targets: shifted(1) }
}

/** Mean of the squared differences over the later half of the steps, by when a model has seen where the digits fly. */
function error(found: Float32Array, right: Float32Array): number {
  let sum = 0
  let count = 0
  for (let i = 0; i < right.length; i++) {
    if (Math.floor(i / pixels) % steps < steps / 2) continue
    sum += (found[i]! - right[i]!) ** 2
    count++
  }
  return Math.round((1e5 * sum) / count) / 1e5
}

function stack(model: number, filters: number, units: number): Layer[] {
  if (model === 1) {
    const same = { padding: 'same' } as const
    return [
      layers.convLSTM2D({ ...same, filters, kernelSize: 5, returnSequences: true }),
      layers.conv2d({ ...same, filters, kernelSize: 3, activation: 'relu' }),
      layers.conv2d({ ...same, filters: shape[2], kernelSize: 3, activation: 'sigmoid' }),
    ]
  }
  if (model === 2) {
    return [
      layers.flatten(),
      layers.lstm({ units, returnSequences: true }),
      layers.dense({ units: pixels, activation: 'sigmoid' }),
      layers.reshape({ targetShape: shape }),
    ]
  }
  throw new InputError(`--model: expected 1 (convolutional) or 2 (fully connected), received ${model}`)
}

await example(
  {
    about:
      'Learns to say the next picture of two moving digits: --model 1 convolutional, --model 2 fully connected.',
    data: 'folder with train-images-idx3-ubyte of the MNIST database, or that with .gz',
    numbers: { model: 1, filters: 24, units: 512, films: 1500, epochs: 8, batch: 8, rate: 3e-3, dev: 200 },
  },
  async (settings) => {
    const { data, model, filters, units, films: count, epochs, batch, rate, dev, seed, backend } = settings
    const images = readIdx(readData(data, 'train-images-idx3-ubyte'))
    const [total = 0] = images.shape
    const digits = halved(images.data, total)
    const random = new RandomStream(seed)
    // The last twelfth of the digits is never learned from: 5,000 of 60,000.
    const border = total - Math.ceil(total / 12)
    const training = batches(task(films(digits, 0, border, count, random.fork('training')), count), {
      batchSize: batch,
      shuffle: 'epoch',
      seed,
    })
    const held = task(films(digits, border, total, dev, random.fork('development')), dev)
    const right = held.targets.data as Float32Array
    const predict = async (made: Model): Promise<Float32Array> => {
      const found = new Float32Array(right.length)
      let at = 0
      for (const { inputs } of batches(held, { batchSize: 50 })) {
        const { data: pictures } = await made.predict({ inputs })
        found.set(pictures, at)
        at += pictures.length
      }
      return found
    }

    await runExperiment(
      {
        training,
        epochs,
        rate,
        loss: 'binaryCrossentropy',
        unit: 'films',
        make: () =>
          sequential(stack(model, filters, units), {
            name: 'moving-digits',
            inputShape: [null, ...shape],
            seed,
            ...backend,
          }),
        measure: async (made) => ({
          squaredError: error(await predict(made), right),
          ofTheLastPicture: error(held.inputs.data as Float32Array, right),
        }),
      },
      settings,
    )
  },
)
