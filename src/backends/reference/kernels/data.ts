import type { Kernels } from '../arguments.js'
import { checkIndices, row } from './shared.js'

export const data = {
  fill({ y, value }) {
    y.fill(value)
  },

  copy({ x, y }) {
    y.set(x)
  },

  transpose({ A, B, N, x, y }) {
    for (let a = 0; a < A; a++) {
      for (let b = 0; b < B; b++) row(y, b * A + a, N).set(row(x, a * B + b, N))
    }
  },

  slice({ O, N, I, M, x, y, start }) {
    for (let o = 0; o < O; o++) {
      for (let m = 0; m < M; m++) row(y, o * M + m, I).set(row(x, o * N + start + m, I))
    }
  },

  slice_backward({ O, N, I, M, dy, dx, start }) {
    dx.fill(0)
    for (let o = 0; o < O; o++) {
      for (let m = 0; m < M; m++) row(dx, o * N + start + m, I).set(row(dy, o * M + m, I))
    }
  },

  concat({ O, M, I, N, a, b, y }) {
    for (let o = 0; o < O; o++) {
      const joined = row(y, o, (M + N) * I)
      joined.set(row(a, o, M * I))
      joined.set(row(b, o, N * I), M * I)
    }
  },

  reverse_time({ T, N, x, y }) {
    for (let t = 0; t < T; t++) row(y, t, N).set(row(x, T - 1 - t, N))
  },

  state_load({ S, N, slab, rows, y }) {
    checkIndices(rows, -1, S - 1)
    for (const [b, r] of rows.entries()) {
      if (r < 0) row(y, b, N).fill(0)
      else row(y, b, N).set(row(slab, r, N))
    }
  },

  state_store({ S, N, x, rows, slab }) {
    checkIndices(rows, -1, S - 1)
    for (const [b, r] of rows.entries()) {
      if (r >= 0) row(slab, r, N).set(row(x, b, N))
    }
  },

  reduce_sum({ O, N, I, x, y }) {
    y.fill(0)
    for (let o = 0; o < O; o++) {
      for (let n = 0; n < N; n++) {
        for (let i = 0; i < I; i++) y[o * I + i]! += x[(o * N + n) * I + i]!
      }
    }
  },

  broadcast({ O, I, N, x, y }) {
    for (let o = 0; o < O; o++) {
      for (let n = 0; n < N; n++) row(y, o * N + n, I).set(row(x, o, I))
    }
  },

  select({ N, condition, a, b, y }) {
    for (const [r, chosen] of condition.entries()) {
      const source = chosen !== 0 ? a : b
      if (source) row(y, r, N).set(row(source, r, N))
      else row(y, r, N).fill(0)
    }
  },

  sequence_mask({ B, T, lengths, y }) {
    checkIndices(lengths, 0, T)
    for (let t = 0; t < T; t++) for (let b = 0; b < B; b++) y[t * B + b] = t < lengths[b]! ? 1 : 0
  },
} satisfies Partial<Kernels>
