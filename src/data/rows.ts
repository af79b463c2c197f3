import { OstinatoError } from '../errors.js'
import { RandomStream } from '../random/random.js'
import { checkInteger, checkName, checkOptions } from '../suggest.js'
import { type Batch, type Batches, isRecord, type SingleBatch, type TensorRecord } from './batch.js'
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
export function batchesOfRows<Kind extends Batch>(
  where: string,
  rows: number,
  options: BatchingOptions,
  make: (rows: Int32Array) => Kind,
): Batches<Kind> {
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
      const order = numbered(rows)
      // A stream per epoch: an epoch left early does not change the next.
      if (shuffle === 'epoch') random.fork(`epoch ${epoch++}`).shuffle(order)
      for (let start = 0; start < rows; start += batchSize)
        yield make(order.subarray(start, start + batchSize))
    },
  }
}

/** The numbers of rows: 0 … count − 1. A loop is ten times as fast as Int32Array.from, once for each search. */
export function numbered(count: number): Int32Array {
  const numbers = new Int32Array(count)
  for (let i = 0; i < count; i++) numbers[i] = i
  return numbers
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

/** Tensors whose rows belong together: one, or several by name. */
export interface RowsOf<Value> {
  readonly inputs: Value
  readonly targets?: Value
  readonly lengths?: Value
  readonly weights?: Value
}

/** Each tensor with the place it has in messages. */
function tensorsOf(name: string, value: TensorLike | TensorRecord): [string, TensorLike][] {
  if (!isRecord(value)) return [[`batches.${name}`, value]]
  return Object.entries(value).map(([key, tensor]) => [`batches.${name}.${key}`, tensor])
}

/** Tensors whose rows belong together, cut into batches: of several inputs or outputs a record of tensors by name. */
export function batches(tensors: RowsOf<TensorLike>, options: BatchingOptions): Batches<SingleBatch>
export function batches(tensors: RowsOf<TensorLike | TensorRecord>, options: BatchingOptions): Batches
export function batches(tensors: RowsOf<TensorLike | TensorRecord>, options: BatchingOptions): Batches {
  checkOptions('batches', tensors, ['inputs', 'targets', 'lengths', 'weights'])
  const { inputs, targets, lengths, weights } = tensors
  const all = Object.entries({ inputs, targets, lengths, weights }).flatMap(([name, value]) =>
    value === undefined ? [] : tensorsOf(name, value),
  )
  for (const [where, value] of all) if (isTensorData(value)) checkTensorData(value, where)
  const rows = all[0] ? rowCount(all[0][1], all[0][0]) : 0
  for (const [where, value] of all) {
    const found = rowCount(value, where)
    if (found === rows) continue
    throw new OstinatoError('SHAPE_MISMATCH', where, {
      expected: `${rows} rows, as inputs have`,
      received: String(found),
    })
  }
  const take = (value: TensorLike | TensorRecord, order: Int32Array): TensorLike | TensorRecord =>
    isRecord(value)
      ? Object.fromEntries(Object.entries(value).map(([name, tensor]) => [name, takeRows(tensor, order)]))
      : takeRows(value, order)
  return batchesOfRows('batches', rows, options, (order) => ({
    inputs: take(inputs, order),
    ...(targets === undefined ? {} : { targets: take(targets, order) }),
    ...(lengths === undefined ? {} : { lengths: take(lengths, order) }),
    ...(weights === undefined ? {} : { weights: take(weights, order) }),
  }))
}
