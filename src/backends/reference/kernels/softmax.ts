import type { Kernels } from '../arguments.js'
import { dot, each, logSumExp, row } from './shared.js'

export const softmax = {
  softmax({ M, N, x, y }) {
    for (let m = 0; m < M; m++) {
      const logits = row(x, m, N)
      const normalizer = logSumExp(logits)
      each(row(y, m, N), (n) => Math.exp(logits[n]! - normalizer))
    }
  },

  log_softmax({ M, N, x, y }) {
    for (let m = 0; m < M; m++) {
      const logits = row(x, m, N)
      const normalizer = logSumExp(logits)
      each(row(y, m, N), (n) => logits[n]! - normalizer)
    }
  },

  softmax_backward({ M, N, y, dy, dx }) {
    for (let m = 0; m < M; m++) {
      const [p, dp] = [row(y, m, N), row(dy, m, N)]
      const mean = dot(dp, p)
      each(row(dx, m, N), (n) => p[n]! * (dp[n]! - mean))
    }
  },
} satisfies Partial<Kernels>
