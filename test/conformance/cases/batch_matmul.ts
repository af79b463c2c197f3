import type { Case, CaseList } from '../case.js'

const sizes = [
  { L: 1, M: 1, K: 1, N: 1 },
  { L: 3, M: 1, K: 33, N: 17 },
  { L: 7, M: 5, K: 3, N: 1 },
  { L: 2, M: 7, K: 1, N: 33 },
  { L: 5, M: 4, K: 17, N: 65 },
  // Two threads share the middle pair.
  { L: 3, M: 41, K: 64, N: 100 },
  { L: 130, M: 5, K: 70, N: 9 },
  // Few rows, and whole panels on every level.
  { L: 40, M: 6, K: 13, N: 128 },
  { L: 4, M: 1, K: 24, N: 64 },
  // Few rows, and a depth that is not packed on any level.
  { L: 4, M: 1, K: 90, N: 13 },
  { L: 5, M: 3, K: 67, N: 10 },
]

const instructions = ['batch_matmul', 'batch_matmul_transpose_a', 'batch_matmul_transpose_b'] as const

export const batchMatmul: CaseList = sizes.flatMap((variables): Case[] => {
  const { L, M, K, N } = variables
  return instructions.flatMap((instruction): Case[] => {
    const plain: Case = {
      name: `${instruction} L${L} M${M} K${K} N${N}`,
      steps: [{ instruction }],
      variables,
      data: { b: { normal: 1 / Math.sqrt(K) } },
    }
    const data = { a: { integers: [-4, 4] }, b: { integers: [-4, 4] } } as const
    return [plain, { ...plain, name: `${plain.name} of integers`, data, exact: true }]
  })
})
