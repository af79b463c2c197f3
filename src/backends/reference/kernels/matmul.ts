import type { Kernels } from '../arguments.js'
import { productOf, roundingOf } from './precision.js'
import { addOuter, addProductTransposed, row } from './shared.js'

export const matmul = {
  matmul({ M, K, N, a, b, bias, y, precision }) {
    const product = productOf(b, N, precision)
    for (let m = 0; m < M; m++) {
      const out = row(y, m, N)
      if (bias) out.set(bias)
      else out.fill(0)
      product(out, row(a, m, K))
    }
  },

  matmul_transpose_a({ M, K, N, a, b, y, precision }) {
    const round = roundingOf(precision)
    y.fill(0)
    for (let k = 0; k < K; k++) addOuter(y, round(row(a, k, M)), round(row(b, k, N)))
  },

  matmul_transpose_b({ M, K, N, a, b, y, precision }) {
    const round = roundingOf(precision)
    const right = round(b)
    y.fill(0)
    for (let m = 0; m < M; m++) addProductTransposed(row(y, m, N), round(row(a, m, K)), right)
  },
} satisfies Partial<Kernels>
