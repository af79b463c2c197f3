import { OstinatoError } from '../errors.js'
import { RandomStream } from '../random/random.js'
import { checkInteger, checkName, checkOptions } from '../suggest.js'
import type { Batch, Batches } from './batch.js'
import { checkTensorData, isTensorData, sizeOf, type TensorData, type TensorLike } from './tensor-data.js'

export interface BatchingOptions {
  /** Rows of a batch; the last one may have fewer. */
  readonly batchSize: number
  /** `epoch`: another order each time the batches are iterated. Default `none`. */
  readonly shuffle?: 'none' | 'epoch'
  /** Of the shuffling. Default 0. */
  readonly seed?: number
}

/** Batches of `rows` rows, drawn in order or shuffled, each made by `make` from the numbers of its rows. */
export function batchesOfRows(
  where: string,
  rows: number,
  options: BatchingOptions,
  make: (rows: Int32Array) => Batch,
): Batches {
  checkOptions(where, options, ['batchSize', 'shuffle', 'seed'])
  const { batchSize, shuffle = 'none', seed = 0 } = options
  checkInteger(`${where}.batchSize`, batchSize, 1)
  checkName(`${where}.shuffle`, shuffle, ['none', 'epoch'])
  if (rows === 0)
    throw new OstinatoError('EMPTY_DATA', where, { expected: 'at least one row', received: 'none' })
  const random = new RandomStream(seed)
  let epoch = 0
  return {
    length: Math.ceil(rows / batchSize),
    *[Symbol.iterator]() {
      const order = Int32Array.from({ length: rows }, (_, row) => row)
      // A stream per epoch: an epoch left early does not change the next.
      if (shuffle === 'epoch') random.fork(`epoch ${epoch++}`).shuffle(order)
      for (let start = 0; start < rows; start += batchSize)
        yield make(order.subarray(start, start + batchSize))
    },
  }
}

/** The size of the first axis. */
export function rowCount(value: TensorLike, where: string): number {
  const rows = isTensorData(value) ? value.shape[0] : typeof value === 'number' ? undefined : value.length
  if (rows !== undefined) return rows
  throw new OstinatoError('SHAPE_MISMATCH', where, {
    expected: 'at least one axis',
    received: 'a single number',
  })
}

/** The named rows of the first axis, in that order. */
export function takeRows(value: TensorLike, rows: Int32Array): TensorLike {
  if (isTensorData(value)) return takeTensorRows(value, rows)
  if (typeof value === 'number') throw new TypeError('a single number has no rows')
  return Array.from(rows, (row) => value[row]!)
}

function takeTensorRows({ data, shape }: TensorData, rows: Int32Array): TensorData {
  const size = sizeOf(shape.slice(1))
  const taken =
    data instanceof Float32Array ? new Float32Array(rows.length * size) : new Int32Array(rows.length * size)
  for (const [i, row] of rows.entries()) taken.set(data.subarray(row * size, (row + 1) * size), i * size)
  return { data: taken, shape: [rows.length, ...shape.slice(1)] }
}

/** Tensors whose rows belong together, cut into batches. */
export function batches(
  tensors: {
    readonly inputs: TensorLike
    readonly targets?: TensorLike
    readonly lengths?: TensorLike
    readonly weights?: TensorLike
  },
  options: BatchingOptions,
): Batches {
  checkOptions('batches', tensors, ['inputs', 'targets', 'lengths', 'weights'])
  const { inputs, targets, lengths, weights } = tensors
  for (const [name, value] of Object.entries(tensors)) {
    if (isTensorData(value)) checkTensorData(value, `batches.${name}`)
  }
  const rows = rowCount(inputs, 'batches.inputs')
  for (const [name, value] of Object.entries({ targets, lengths, weights })) {
    if (value === undefined) continue
    const where = `batches.${name}`
    const found = rowCount(value, where)
    if (found === rows) continue
    throw new OstinatoError('SHAPE_MISMATCH', where, {
      expected: `${rows} rows, as inputs have`,
      received: String(found),
    })
  }
  return batchesOfRows('batches', rows, options, (order) => ({
    inputs: takeRows(inputs, order),
    ...(targets === undefined ? {} : { targets: takeRows(targets, order) }),
    ...(lengths === undefined ? {} : { lengths: takeRows(lengths, order) }),
    ...(weights === undefined ? {} : { weights: takeRows(weights, order) }),
  }))
}
