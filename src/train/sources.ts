import type { Batch } from '../data/index.js'
import { OstinatoError } from '../errors.js'

/** Where batches come from: anything that can be iterated anew for every epoch, or a function that starts an epoch. */
export type BatchSource =
  | Iterable<Batch>
  | AsyncIterable<Batch>
  | (() => Iterable<Batch> | AsyncIterable<Batch>)

/** A batch to predict from: no targets needed. */
export type InputBatch = Omit<Batch, 'targets' | 'weights' | 'reset'>

/** The batches of one epoch. */
export async function* epochOf(source: BatchSource, where: string): AsyncGenerator<Batch> {
  const iterable = typeof source === 'function' ? source() : source
  let count = 0
  for await (const batch of iterable) {
    count++
    yield batch
  }
  if (count === 0) {
    throw new OstinatoError(
      'EMPTY_DATA',
      where,
      { expected: 'at least one batch', received: 'none' },
      {
        remedy: 'A generator can be walked once only: pass the function that makes it',
      },
    )
  }
}

/** How many batches an epoch has, where the source knows. */
export function lengthOf(source: BatchSource): number | undefined {
  if (typeof source === 'object' && 'length' in source && typeof source.length === 'number')
    return source.length
  return undefined
}
