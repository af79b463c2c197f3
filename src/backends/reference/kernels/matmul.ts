import type { Kernels } from '../arguments.js'
import { addOuter, addProduct, addProductTransposed, row } from './shared.js'

export const matmul = {
  matmul({ M, K, N, a, b, bias, y }) {
    for (let m = 0; m < M; m++) {
      const out = row(y, m, N)
      if (bias) out.set(bias)
      else out.fill(0)
      addProduct(out, row(a, m, K), b)
    }
  },

  matmul_transpose_a({ M, K, N, a, b, y }) {
    y.fill(0)
    for (let k = 0; k < K; k++) addOuter(y, row(a, k, M), row(b, k, N))
  },

  matmul_transpose_b({ M, K, N, a, b, y }) {
    y.fill(0)
    for (let m = 0; m < M; m++) addProductTransposed(row(y, m, N), row(a, m, K), b)
  },
} satisfies Partial<Kernels>
