import type { Batch } from '../data/index.js'
import { OstinatoError } from '../errors.js'

/**
 * Where batches come from: anything that can be iterated anew for every epoch, or a function that starts an epoch. Natively,
 * the next batch is asked for while a step runs, before its `onStepEnd`, and never more than that one; it may lie in
 * the arrays of the batch before.
 */
export type BatchSource =
  | Iterable<Batch>
  | AsyncIterable<Batch>
  | (() => Iterable<Batch> | AsyncIterable<Batch>)

/** A batch to predict from: no targets needed. */
export type InputBatch = Omit<Batch, 'targets' | 'weights' | 'reset'>

/** The batches of one epoch. */
export async function* epochOf(source: BatchSource, where: string): AsyncGenerator<Batch> {
  const iterable = typeof source === 'function' ? source() : source
  const walkable = typeof iterable === 'object' && iterable !== null
  if (!walkable || !(Symbol.iterator in iterable || Symbol.asyncIterator in iterable)) {
    throw new OstinatoError('INVALID_OPTION', where, {
      expected: 'an iterable of batches, or a function that makes one',
      received: iterable === null ? 'null' : typeof iterable === 'object' ? 'one object' : typeof iterable,
    })
  }
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
