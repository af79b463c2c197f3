import type { Case, CaseList } from '../case.js'

const sizes = [
  { V: 1, E: 1, N: 1 },
  { V: 7, E: 3, N: 17 },
  { V: 33, E: 17, N: 7 },
  { V: 5, E: 33, N: 100 },
]

export const gather: CaseList = [
  ...sizes.flatMap((variables): Case[] => {
    const text = `V${variables.V} E${variables.E} N${variables.N}`
    const indices = { integers: [0, variables.V - 1] } as const
    const backward = { steps: [{ instruction: 'gather_backward' as const }], variables }
    return [
      { name: `gather ${text}`, steps: [{ instruction: 'gather' }], variables, data: { indices } },
      { name: `gather_backward ${text}`, ...backward, data: { indices } },
      {
        name: `gather_backward ${text} of integers`,
        ...backward,
        data: { indices, dy: { integers: [-9, 9] } },
        exact: true,
      },
    ]
  }),
  ...(['gather', 'gather_backward'] as const).flatMap((instruction): Case[] =>
    [-1, 7, 0x7fffffff, -0x80000000].map((index) => ({
      name: `${instruction} of index ${index} of 7`,
      steps: [{ instruction }],
      variables: { V: 7, E: 5, N: 3 },
      // Not through float32, which has no 0x7fffffff.
      data: { indices: [6, index, 0] },
      status: 'indexOutOfRange',
    })),
  ),
]
