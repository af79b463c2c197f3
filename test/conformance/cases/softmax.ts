import type { Case, CaseList } from '../case.js'

const sizes = [
  { M: 1, N: 1 },
  { M: 3, N: 2 },
  { M: 7, N: 17 },
  { M: 5, N: 33 },
  { M: 20, N: 1000 },
]

export const softmax: CaseList = [
  ...sizes.flatMap(({ M, N }): Case[] => [
    {
      name: `softmax M${M} N${N}`,
      steps: [{ instruction: 'softmax' }],
      variables: { M, N },
      data: { x: { normal: 3 } },
    },
    {
      name: `log_softmax M${M} N${N}`,
      steps: [{ instruction: 'log_softmax' }],
      variables: { M, N },
      data: { x: { normal: 3 } },
    },
    {
      name: `softmax_backward M${M} N${N}`,
      steps: [{ instruction: 'softmax_backward' }],
      variables: { M, N },
      data: { y: { uniform: [0, 2 / N] } },
    },
  ]),
  ...(['softmax', 'log_softmax'] as const).flatMap((instruction): Case[] => [
    {
      name: `${instruction} of large numbers`,
      steps: [{ instruction }],
      variables: { M: 2, N: 5 },
      data: { x: [1e4, 1e4 + 1, -1e4, 0, 9999, -3e4, -3e4, -3e4, -3e4 + 1, -4e4] },
    },
    {
      name: `${instruction} with impossible entries`,
      steps: [{ instruction }],
      variables: { M: 2, N: 9 },
      data: {
        x: [1, -Infinity, 2, -Infinity, 3, 0, 1, -Infinity, 1, -Infinity, 4, 5, 6, 7, 8, 9, 0, -Infinity],
      },
    },
  ]),
]
