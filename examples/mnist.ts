/** The training images of MNIST, for the examples that read them. */
import { type Batches, batches, type TensorData } from 'ostinato'
import { InputError } from './command.js'
import { readData, readIdx } from './data.js'

export const side = 28
export const pixels = side * side

export const mnistFiles =
  'folder with train-images-idx3-ubyte and train-labels-idx1-ubyte of the MNIST database, or those with .gz'

/** Images from 0 to 1, and which digits they show. */
export interface Digits {
  readonly inputs: TensorData
  readonly targets: TensorData & { readonly data: Int32Array }
}

export interface DigitsOptions {
  /** Of an image, which has 784 pixels: [28, 28] are rows, [784, 1] pixels one by one. */
  readonly shape: readonly number[]
  /** How many of the last images are kept to measure with. */
  readonly dev: number
}

/** The training images of MNIST: those to learn from, and those held out. */
export function readDigits(
  folder: string,
  { shape, dev }: DigitsOptions,
): { learned: Digits; heldOut: Digits } {
  const images = readIdx(readData(folder, 'train-images-idx3-ubyte'))
  const labels = Int32Array.from(readIdx(readData(folder, 'train-labels-idx1-ubyte')).data)
  const border = labels.length - dev
  if (images.shape.join() !== [labels.length, side, side].join())
    throw new InputError(`${labels.length} labels, but images of shape [${images.shape.join(', ')}]`)
  if (border < 1) throw new InputError(`--dev ${dev} leaves none of ${labels.length} images to learn from`)

  const part = (from: number, to: number): Digits => ({
    inputs: {
      data: Float32Array.from(images.data.subarray(from * pixels, to * pixels), (x) => x / 255),
      shape: [to - from, ...shape],
    },
    targets: { data: labels.subarray(from, to), shape: [to - from] },
  })
  return { learned: part(0, border), heldOut: part(border, labels.length) }
}

export interface DigitBatches {
  readonly training: Batches
  readonly development: Batches
  /** The digits of `development`. */
  readonly answers: Int32Array
}

/** Both parts in batches, for models that say which digit it is. */
export function digitBatches(
  folder: string,
  { batch, seed, ...options }: DigitsOptions & { readonly batch: number; readonly seed: number },
): DigitBatches {
  const { learned, heldOut } = readDigits(folder, options)
  return {
    training: batches(learned, { batchSize: batch, shuffle: 'epoch', seed }),
    development: batches(heldOut, { batchSize: 500 }),
    answers: heldOut.targets.data,
  }
}
