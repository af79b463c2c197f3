/** The images of MNIST as sequences, for the examples that read them row by row and pixel by pixel. */
import { type Batches, batches, type TensorData } from 'ostinato'
import { InputError } from './command.js'
import { readData, readIdx } from './data.js'

const side = 28
export const pixels = side * side

export const mnistFiles =
  'folder with train-images-idx3-ubyte and train-labels-idx1-ubyte of the MNIST database, or those with .gz'

export interface Digits {
  readonly training: Batches
  readonly development: Batches
  /** The digits of `development`. */
  readonly answers: Int32Array
}

export interface DigitsOptions {
  /** Pixels that a step reads: 28 make the rows, 1 the pixels one by one. */
  readonly features: number
  /** How many of the last images are kept to measure with. */
  readonly dev: number
  readonly batch: number
  readonly seed: number
}

/** The training images of MNIST as [images, 784 ∕ features, features] from 0 to 1, beside their digits. */
export function readDigits(folder: string, { features, dev, batch, seed }: DigitsOptions): Digits {
  const images = readIdx(readData(folder, 'train-images-idx3-ubyte'))
  const labels = Int32Array.from(readIdx(readData(folder, 'train-labels-idx1-ubyte')).data)
  const border = labels.length - dev
  if (images.shape.join() !== [labels.length, side, side].join())
    throw new InputError(`${labels.length} labels, but images of shape [${images.shape.join(', ')}]`)
  if (border < 1) throw new InputError(`--dev ${dev} leaves none of ${labels.length} images to learn from`)

  const part = (from: number, to: number): { inputs: TensorData; targets: TensorData } => ({
    inputs: {
      data: Float32Array.from(images.data.subarray(from * pixels, to * pixels), (x) => x / 255),
      shape: [to - from, pixels / features, features],
    },
    targets: { data: labels.subarray(from, to), shape: [to - from] },
  })
  return {
    training: batches(part(0, border), { batchSize: batch, shuffle: 'epoch', seed }),
    development: batches(part(border, labels.length), { batchSize: 500 }),
    answers: labels.subarray(border),
  }
}
