import type { Kernels } from '../arguments.js'
import { checkLengths, isMasked } from './sequence.js'
import { row } from './shared.js'

export const time = {
  resize_time({ T, S, B, N, x, lengths, y }) {
    checkLengths(lengths, Math.max(T, S))
    y.fill(0)
    for (let t = 0; t < Math.min(T, S); t++) {
      for (let b = 0; b < B; b++) {
        if (!isMasked(lengths, t, b)) row(y, t * B + b, N).set(row(x, t * B + b, N))
      }
    }
  },

  part_lengths({ T, B, D, lengths, y }) {
    checkLengths(lengths, T)
    for (let d = 0; d < D; d++) {
      for (let b = 0; b < B; b++) y[d * B + b] = Math.max(0, Math.ceil(((lengths ? lengths[b]! : T) - d) / D))
    }
  },
} satisfies Partial<Kernels>
