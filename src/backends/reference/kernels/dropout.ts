import { philox4x32 } from '../../../random/philox.js'
import type { Kernels } from '../arguments.js'

export const dropout = {
  dropout({ T, B, F, x, y, site, rate, seed, run }) {
    const threshold = Math.floor(rate * 2 ** 32)
    const words = new Uint32Array(4)
    for (let t = 0; t < T; t++) {
      for (let b = 0; b < B; b++) {
        for (let f = 0; f < F; f++) {
          if (f % 4 === 0) philox4x32(f / 4, t, b, run, seed, site, words)
          const i = (t * B + b) * F + f
          y[i] = words[f % 4]! >= threshold ? x[i]! / (1 - rate) : 0
        }
      }
    }
  },
} satisfies Partial<Kernels>
