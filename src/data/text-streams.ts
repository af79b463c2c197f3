import { OstinatoError } from '../errors.js'
import { checkInteger, checkOptions } from '../suggest.js'
import type { Batches, SingleBatch } from './batch.js'

/**
 * One long text as `batch` contiguous streams, cut into windows of `time` tokens: row b of a batch goes on where row b
 * of the batch before it ended, for training by truncated backpropagation with carried states. Targets are the
 * next tokens. The first batch of every epoch resets the states. What does not fill a stream or window is left out.
 */
export function textStreams(
  tokens: Int32Array,
  options: { readonly batch: number; readonly time: number },
): Batches<SingleBatch> {
  checkOptions('textStreams', options, ['batch', 'time'])
  const { batch, time } = options
  checkInteger('textStreams.batch', batch, 1)
  checkInteger('textStreams.time', time, 1)
  // One token less: the last has no successor.
  const stream = Math.floor((tokens.length - 1) / batch)
  const windows = Math.floor(stream / time)
  if (windows < 1) {
    throw new OstinatoError('EMPTY_DATA', 'textStreams', {
      expected: `at least ${batch * time + 1} tokens for ${batch} streams of ${time}`,
      received: String(tokens.length),
    })
  }
  const shape = [batch, time]
  const cut = (start: number): Int32Array => {
    const rows = new Int32Array(batch * time)
    for (let row = 0; row < batch; row++) {
      const from = row * stream + start
      rows.set(tokens.subarray(from, from + time), row * time)
    }
    return rows
  }
  return {
    length: windows,
    *[Symbol.iterator]() {
      for (let window = 0; window < windows; window++) {
        const t = window * time
        yield {
          inputs: { data: cut(t), shape },
          targets: { data: cut(t + 1), shape },
          reset: window === 0,
        }
      }
    },
  }
}
