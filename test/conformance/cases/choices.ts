import type { Case, CaseList } from '../case.js'

const rows = [
  { M: 1, N: 1 },
  { M: 3, N: 7 },
  { M: 17, N: 33 },
]

const text = (variables: Readonly<Record<string, number>>) =>
  Object.entries(variables)
    .map(([name, value]) => `${name}${value}`)
    .join(' ')

/** The first published word of Philox4x32-10, for counter and key 0, in its upper 24 bits. */
export const firstUniform = (0x6627e8d5 >>> 8) / 2 ** 24

export const choices: CaseList = [
  ...rows.flatMap((variables): Case[] => [
    { name: `argmax ${text(variables)}`, steps: [{ instruction: 'argmax' }], variables },
    {
      name: `one_hot ${text(variables)}`,
      steps: [{ instruction: 'one_hot' }],
      variables,
      data: { indices: { integers: [0, variables.N - 1] } },
    },
    {
      name: `sample_categorical ${text(variables)}`,
      steps: [{ instruction: 'sample_categorical' }],
      variables,
      data: { uniform: { uniform: [0, 1] } },
    },
  ]),
  {
    name: 'argmax, the first of equals',
    steps: [{ instruction: 'argmax' }],
    variables: { M: 2, N: 5 },
    data: { x: [1, 3, 2, 3, 3, -1, -1, -1, -1, -1] },
  },
  {
    name: 'one_hot, an index behind the last class',
    steps: [{ instruction: 'one_hot' }],
    variables: { M: 3, N: 2 },
    data: { indices: [0, 1, 2] },
    status: 'indexOutOfRange',
  },
  {
    // Classes of 1 ∕ 4 each: the borders belong to the class behind them. Logits of −100 leave nothing to draw.
    name: 'sample_categorical, at the borders',
    steps: [{ instruction: 'sample_categorical' }],
    variables: { M: 6, N: 5 },
    data: {
      logits: Array.from({ length: 6 }, () => [0, 0, -100, 0, 0]).flat(),
      uniform: [0, 0.2499, 0.25, 0.5, 0.75, 0.99999],
    },
  },
  ...[
    { T: 1, B: 1 },
    { T: 3, B: 7 },
    { T: 2, B: 33 },
  ].map(
    (variables): Case => ({
      name: `random_uniform ${text(variables)}`,
      steps: [{ instruction: 'random_uniform' }],
      variables,
      attributes: { site: -5 },
      scalars: { seed: 2 ** 32 - 1, run: 3 },
    }),
  ),
]
