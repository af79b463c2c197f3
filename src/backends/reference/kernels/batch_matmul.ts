import type { Kernels } from '../arguments.js'
import { addOuter, addProduct, addProductTransposed, row } from './shared.js'

export const batchMatmul = {
  batch_matmul({ L, M, K, N, a, b, y }) {
    y.fill(0)
    for (let m = 0; m < L * M; m++) {
      addProduct(row(y, m, N), row(a, m, K), row(b, Math.floor(m / M), K * N))
    }
  },

  batch_matmul_transpose_a({ L, K, M, N, a, b, y }) {
    y.fill(0)
    for (let k = 0; k < L * K; k++) {
      addOuter(row(y, Math.floor(k / K), M * N), row(a, k, M), row(b, k, N))
    }
  },

  batch_matmul_transpose_b({ L, M, K, N, a, b, y }) {
    y.fill(0)
    for (let m = 0; m < L * M; m++) {
      addProductTransposed(row(y, m, N), row(a, m, K), row(b, Math.floor(m / M), N * K))
    }
  },
} satisfies Partial<Kernels>
