import type { Kernels } from '../arguments.js'
import { checkLengths, initialRow, isMasked, orZeros, walk } from './sequence.js'
import { add, each, row } from './shared.js'

export const linear = {
  linear_recurrence({ T, B, H, a, b, initialH, lengths, h, reverse, convex }) {
    checkLengths(lengths, T)
    for (let r = 0; r < B; r++) {
      const stateAt = (t: number) => row(h, t * B + r, H)
      stateAt(initialRow(T, reverse)).set(orZeros(initialH, r, H))
      for (const { t, from, to } of walk(T, reverse)) {
        const previous = stateAt(from)
        if (isMasked(lengths, t, r)) {
          stateAt(to).set(previous)
          continue
        }
        const [at, bt] = [row(a, t * B + r, H), row(b, t * B + r, H)]
        each(stateAt(to), (j) => at[j]! * previous[j]! + (convex ? 1 - at[j]! : 1) * bt[j]!)
      }
    }
  },

  linear_recurrence_backward(arguments_) {
    const { T, B, H, a, b, h, lengths, dy, dFinalH, da, db, dInitialH, reverse, convex } = arguments_
    checkLengths(lengths, T)
    for (let r = 0; r < B; r++) {
      const dh = orZeros(dFinalH, r, H)
      for (const { t, from } of walk(T, reverse).reverse()) {
        const n = t * B + r
        if (dy) add(dh, row(dy, n, H))
        if (isMasked(lengths, t, r)) {
          if (da) row(da, n, H).fill(0)
          if (db) row(db, n, H).fill(0)
          continue
        }
        // Gradients may lie where a and dy lie.
        const [at, previous] = [row(a, n, H).slice(), row(h, from * B + r, H)]
        if (da) each(row(da, n, H), (j) => dh[j]! * (previous[j]! - (convex ? b[n * H + j]! : 0)))
        if (db) each(row(db, n, H), (j) => dh[j]! * (convex ? 1 - at[j]! : 1))
        each(dh, (j) => dh[j]! * at[j]!)
      }
      if (dInitialH) row(dInitialH, r, H).set(dh)
    }
  },
} satisfies Partial<Kernels>
