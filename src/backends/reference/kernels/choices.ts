import { philox4x32 } from '../../../random/philox.js'
import type { Kernels } from '../arguments.js'
import { checkIndices, row } from './shared.js'

/** The first position of the largest; a NaN is never larger. */
function largest(x: Float64Array): number {
  let best = 0
  for (let n = 1; n < x.length; n++) if (x[n]! > x[best]! || Number.isNaN(x[best]!)) best = n
  return best
}

/** Walks the probabilities until their sum is above `uniform`. */
function draw(logits: Float64Array, uniform: number): number {
  const shift = logits[largest(logits)]!
  const weights = logits.map((logit) => Math.exp(logit - shift))
  const goal = uniform * weights.reduce((sum, w) => sum + w, 0)
  let sum = 0
  let last = 0
  for (const [n, weight] of weights.entries()) {
    if (!(weight > 0)) continue
    sum += weight
    last = n
    if (sum > goal) break
  }
  return last
}

export const choices = {
  argmax({ M, N, x, y }) {
    for (let m = 0; m < M; m++) y[m] = largest(row(x, m, N))
  },

  one_hot({ N, indices, y }) {
    checkIndices(indices, 0, N - 1)
    y.fill(0)
    for (const [m, index] of indices.entries()) y[m * N + index] = 1
  },

  random_uniform({ T, B, y, site, seed, run }) {
    const words = new Uint32Array(4)
    for (let t = 0; t < T; t++) {
      for (let b = 0; b < B; b++) {
        philox4x32(0, t, b, run, seed, site, words)
        y[t * B + b] = (words[0]! >>> 8) / 2 ** 24
      }
    }
  },

  sample_categorical({ M, N, logits, uniform, y }) {
    for (let m = 0; m < M; m++) y[m] = draw(row(logits, m, N), uniform[m]!)
  },
} satisfies Partial<Kernels>
