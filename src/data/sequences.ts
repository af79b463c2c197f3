import { OstinatoError } from '../errors.js'
import { checkOptions } from '../suggest.js'
import type { Batches, SingleBatch } from './batch.js'
import { type BatchingOptions, batchesOfRows } from './rows.js'
import {
  isTensorData,
  shapeText,
  sizeOf,
  type TensorData,
  type TensorLike,
  toTensorData,
} from './tensor-data.js'

/** Tokens [time], or a tensor [time, …] of its own length. */
export type Sequence = readonly number[] | Int32Array | TensorData

/**
 * Sequences of any lengths as right-padded batches with `lengths`. Targets are sequences as long as their inputs (a label
 * for each step) or one number for each sequence. Padding is 0, and never counts.
 */
export function sequenceBatches(
  sequences: {
    readonly inputs: readonly Sequence[]
    readonly targets?: readonly Sequence[] | readonly number[] | Int32Array
  },
  options: BatchingOptions,
): Batches<SingleBatch> {
  checkOptions('sequenceBatches', sequences, ['inputs', 'targets'])
  const inputs = checkSequences(sequences.inputs, 'sequenceBatches.inputs')
  const targets = checkTargets(sequences.targets, inputs)
  return batchesOfRows('sequenceBatches', inputs.length, options, (rows) => {
    const lengths = Int32Array.from(rows, (row) => inputs[row]!.shape[0]!)
    return {
      inputs: pad(inputs, rows),
      ...(targets === undefined ? {} : { targets: targets(rows) }),
      lengths: { data: lengths, shape: [lengths.length] },
    }
  })
}

function checkTargets(
  targets: readonly Sequence[] | readonly number[] | Int32Array | undefined,
  inputs: readonly TensorData[],
): ((rows: Int32Array) => TensorLike) | undefined {
  if (targets === undefined) return undefined
  const where = 'sequenceBatches.targets'
  if (targets.length !== inputs.length) {
    throw new OstinatoError('SHAPE_MISMATCH', where, {
      expected: `${inputs.length}, one for each input`,
      received: String(targets.length),
    })
  }
  if (typeof targets[0] === 'number') {
    const { data } = toTensorData(targets as readonly number[] | Int32Array, 'i32', where)
    return (rows) => ({ data: Int32Array.from(rows, (row) => data[row]!), shape: [rows.length] })
  }
  const sequences = checkSequences(targets as readonly Sequence[], where)
  for (const [row, { shape }] of sequences.entries()) {
    const expected = inputs[row]!.shape[0]
    if (shape[0] === expected) continue
    throw new OstinatoError('SHAPE_MISMATCH', `${where}[${row}]`, {
      expected: `${expected} steps, as its input has`,
      received: String(shape[0]),
    })
  }
  return (rows) => pad(sequences, rows)
}

/** All as tensors of one type that differ in their first axis only. */
export function checkSequences(sequences: readonly Sequence[], where: string): TensorData[] {
  const checked = sequences.map((sequence, row) => {
    const floats = isTensorData(sequence) && sequence.data instanceof Float32Array
    return toTensorData(sequence, floats ? 'f32' : 'i32', `${where}[${row}]`)
  })
  const [first] = checked
  for (const [row, { data, shape }] of checked.entries()) {
    const features = shape.slice(1)
    const expected = first!.shape.slice(1)
    if (shape.length === 0 || features.join() !== expected.join()) {
      throw new OstinatoError('SHAPE_MISMATCH', `${where}[${row}]`, {
        expected: `[${['time', ...expected].join(', ')}]`,
        received: shapeText(shape),
      })
    }
    if (data.constructor !== first!.data.constructor) {
      throw new OstinatoError('TYPE_MISMATCH', `${where}[${row}]`, {
        expected: `${first!.data.constructor.name} as before`,
        received: data.constructor.name,
      })
    }
  }
  return checked
}

/** [rows, longest, …]; at least one step, because no axis of a program is empty. */
export function pad(sequences: readonly TensorData[], rows: Int32Array): TensorData {
  const { data: kind, shape } = sequences[rows[0]!]!
  const features = shape.slice(1)
  const time = rows.reduce((longest, row) => Math.max(longest, sequences[row]!.shape[0]!), 1)
  const size = time * sizeOf(features)
  const count = rows.length * size
  const data = kind instanceof Float32Array ? new Float32Array(count) : new Int32Array(count)
  for (const [i, row] of rows.entries()) data.set(sequences[row]!.data, i * size)
  return { data, shape: [rows.length, time, ...features] }
}
