import type { Case, CaseList } from '../case.js'

/** To the same, to fewer and to more steps. */
const resizes = [
  { T: 1, S: 1, B: 1, N: 1 },
  { T: 5, S: 5, B: 4, N: 3 },
  { T: 7, S: 4, B: 5, N: 17 },
  { T: 3, S: 8, B: 4, N: 7 },
  { T: 60, S: 61, B: 9, N: 40 },
]
const parts = [
  { T: 1, B: 1, N: 1, D: 1 },
  { T: 7, B: 5, N: 2, D: 2 },
  { T: 5, B: 4, N: 3, D: 9 },
  { T: 12, B: 7, N: 1, D: 4 },
]
const middle = { T: 5, S: 3, B: 4, N: 2, D: 2 }

const casesOf = (
  instruction: 'resize_time' | 'part_lengths',
  sizes: readonly Record<string, number>[],
): Case[] => [
  ...sizes.flatMap((variables) =>
    [[], ['lengths']].map(
      (optional): Case => ({
        name: `${instruction} ${Object.entries(variables).flat().join('')}${optional.length ? ' masked' : ''}`,
        steps: [{ instruction, optional }],
        variables,
      }),
    ),
  ),
  ...[6, -1].map(
    (length): Case => ({
      name: `${instruction} with a length of ${length}`,
      steps: [{ instruction, optional: ['lengths'] }],
      variables: middle,
      data: { lengths: [5, 0, length, 2] },
      status: 'indexOutOfRange',
    }),
  ),
]

export const time: CaseList = [
  ...casesOf('resize_time', resizes),
  ...casesOf('part_lengths', parts),
  {
    name: 'resize_time with NaN where nobody may look',
    steps: [{ instruction: 'resize_time', optional: ['lengths'] }],
    variables: { T: 3, S: 4, B: 2, N: 1 },
    data: { lengths: [1, 3], x: [1, 2, Number.NaN, 3, Number.NaN, 4] },
  },
]
