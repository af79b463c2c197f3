import type { Kernels } from '../arguments.js'
import { add, checkIndices, row } from './shared.js'

/** Where step [t, b] is taken from; −1: nowhere. */
function sourcesOf(steps: Int32Array, shift: number, S: number): Int32Array {
  checkIndices(steps, -1 - shift, S - 1 - shift)
  return steps.map((step) => step + shift)
}

export const sequenceSteps = {
  step_mask({ N, x, prior, y, value }) {
    for (let m = 0; m < y.length; m++) {
      const valid = prior?.[m] !== 0
      y[m] = valid && row(x, m, N).some((v) => v !== value) ? 1 : 0
    }
  },

  mask_order({ T, B, mask, order, lengths, forward, backward }) {
    order.fill(-1)
    for (let b = 0; b < B; b++) {
      let count = 0
      for (let t = 0; t < T; t++) {
        const valid = mask[t * B + b] !== 0
        if (valid) order[count++ * B + b] = t
        forward[t * B + b] = count
        backward[t * B + b] = valid ? count : count + 1
      }
      lengths[b] = count
    }
  },

  gather_steps({ S, B, N, x, steps, y, shift }) {
    for (const [m, s] of sourcesOf(steps, shift, S).entries()) {
      if (s < 0) row(y, m, N).fill(0)
      else row(y, m, N).set(row(x, s * B + (m % B), N))
    }
  },

  gather_steps_backward({ S, B, N, steps, dy, dx, shift }) {
    dx.fill(0)
    for (const [m, s] of sourcesOf(steps, shift, S).entries()) {
      if (s >= 0) add(row(dx, s * B + (m % B), N), row(dy, m, N))
    }
  },

  max_steps({ T, B, N, x, mask, y }) {
    for (let b = 0; b < B; b++) {
      for (let n = 0; n < N; n++) {
        let [largest, found] = [0, false]
        for (let t = 0; t < T; t++) {
          if (mask && mask[t * B + b] === 0) continue
          const v = x[(t * B + b) * N + n]!
          largest = found ? Math.max(largest, v) : v
          found = true
        }
        y[b * N + n] = largest
      }
    }
  },

  max_steps_backward({ T, B, N, x, mask, y, dy, dx }) {
    dx.fill(0)
    for (let i = 0; i < B * N; i++) {
      for (let t = 0; t < T; t++) {
        if (mask && mask[t * B + Math.floor(i / N)] === 0) continue
        if (x[t * B * N + i] !== y[i]) continue
        dx[t * B * N + i] = dy[i]!
        break
      }
    }
  },
} satisfies Partial<Kernels>
