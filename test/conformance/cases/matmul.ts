import type { Case, CaseList } from '../case.js'

const sizes = [
  { M: 1, K: 1, N: 1 },
  { M: 1, K: 33, N: 17 },
  { M: 3, K: 7, N: 1 },
  { M: 7, K: 3, N: 33 },
  { M: 17, K: 1, N: 7 },
  { M: 33, K: 17, N: 65 },
  { M: 20, K: 64, N: 100 },
  { M: 130, K: 70, N: 96 },
]

export const matmul: CaseList = sizes.flatMap((variables): Case[] => {
  const text = `M${variables.M} K${variables.K} N${variables.N}`
  const scale = { normal: 1 / Math.sqrt(variables.K) }
  return (['matmul', 'matmul_transpose_a', 'matmul_transpose_b'] as const).flatMap((instruction): Case[] => {
    const integers = {
      a: { integers: [-4, 4] },
      b: { integers: [-4, 4] },
      bias: { integers: [-4, 4] },
    } as const
    const plain: Case = {
      name: `${instruction} ${text}`,
      steps: [{ instruction }],
      variables,
      data: { b: scale },
    }
    const optional = instruction === 'matmul' ? ['bias'] : []
    return [
      plain,
      {
        ...plain,
        name: `${plain.name} of integers`,
        steps: [{ instruction, optional }],
        data: integers,
        exact: true,
      },
      ...(optional.length > 0
        ? [{ ...plain, name: `${plain.name} with bias`, steps: [{ instruction, optional }] }]
        : []),
    ]
  })
})
