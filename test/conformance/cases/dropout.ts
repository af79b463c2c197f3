import type { Case, CaseList } from '../case.js'

const sizes = [
  { T: 1, B: 1, F: 1 },
  { T: 1, B: 3, F: 7 },
  { T: 3, B: 1, F: 17 },
  { T: 2, B: 5, F: 33 },
  { T: 1, B: 1, F: 4000 },
]

/** The first published word of the generator, for counter and key 0: a threshold on it keeps, one above it drops. */
const word = 0x6627e8d5

export const dropout: CaseList = [
  ...sizes.flatMap((variables) =>
    [0, 0.1, 0.5, 0.9].map(
      (rate): Case => ({
        name: `dropout T${variables.T} B${variables.B} F${variables.F} rate ${rate}`,
        steps: [{ instruction: 'dropout' }],
        variables,
        attributes: { site: 12345 },
        scalars: { rate, seed: 7, run: 3 },
      }),
    ),
  ),
  ...[0, 1].map(
    (above): Case => ({
      name: `dropout with the threshold ${above} above a word`,
      steps: [{ instruction: 'dropout' }],
      variables: { T: 1, B: 1, F: 1 },
      attributes: { site: 0 },
      scalars: { rate: (word + above) / 2 ** 32, seed: 0, run: 0 },
      data: { x: [1] },
    }),
  ),
  ...[
    { site: -1, seed: 2 ** 32 - 1, run: 2 ** 32 - 1 },
    { site: -0x80000000, seed: 2 ** 31, run: 2 ** 31 },
    { site: 0, seed: 0, run: 0 },
  ].map(
    ({ site, seed, run }): Case => ({
      name: `dropout site ${site} seed ${seed} run ${run}`,
      steps: [{ instruction: 'dropout' }],
      variables: { T: 3, B: 4, F: 19 },
      attributes: { site },
      scalars: { rate: 0.3, seed, run },
    }),
  ),
]
