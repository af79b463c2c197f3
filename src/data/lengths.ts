import { OstinatoError } from '../errors.js'
import { shapeText, type TensorLike, toTensorData } from './tensor-data.js'

/** Checks the valid steps of each row: one whole number per row, from 0 to `time`. */
export function checkLengths(
  lengths: TensorLike,
  { batch, time }: { readonly batch: number; readonly time: number },
  where: string,
): Int32Array {
  const { data, shape } = toTensorData(lengths, 'i32', where)
  if (shape.length !== 1 || shape[0] !== batch) {
    throw new OstinatoError('SHAPE_MISMATCH', where, { expected: `[${batch}]`, received: shapeText(shape) })
  }
  const wrong = data.findIndex((length) => length < 0 || length > time)
  if (wrong >= 0) {
    throw new OstinatoError('LENGTH_OUT_OF_RANGE', `${where}[${wrong}]`, {
      expected: `0 to ${time}`,
      received: String(data[wrong]),
    })
  }
  return data as Int32Array
}

/** The lengths that a mask [batch, time] of ones then zeros says; undefined where it has gaps or begins with zeros. */
export function maskToLengths(mask: TensorLike, where: string): Int32Array | undefined {
  const { data, shape } = toTensorData(mask, 'i32', where)
  const [batch, time] = shape
  if (shape.length !== 2 || batch === undefined || time === undefined) {
    throw new OstinatoError('SHAPE_MISMATCH', where, {
      expected: '[batch, time]',
      received: shapeText(shape),
    })
  }
  const lengths = new Int32Array(batch)
  let padded = true
  for (let row = 0; row < batch; row++) {
    for (let t = 0; t < time; t++) {
      const value = data[row * time + t]!
      if (value !== 0 && value !== 1) {
        throw new OstinatoError('INVALID_MASK', `${where}[${row}][${t}]`, {
          expected: '0 or 1',
          received: String(value),
        })
      }
      if (value === 0) continue
      padded &&= lengths[row] === t
      lengths[row] = t + 1
    }
  }
  return padded ? lengths : undefined
}
