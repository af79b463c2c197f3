import type { Case, CaseList } from '../case.js'

const sizes = [
  { T: 1, B: 1, F: 1 },
  { T: 1, B: 3, F: 7 },
  { T: 4, B: 1, F: 17 },
  { T: 5, B: 7, F: 33 },
  { T: 3, B: 20, F: 500 },
]
const presences = [[], ['weights'], ['lengths'], ['weights', 'lengths']]
const pairs = [
  ['softmax_cross_entropy', 'softmax_cross_entropy_backward'],
  ['squared_error', 'squared_error_backward'],
] as const

/** Some weights are 0: their steps are as good as masked. */
function weights(elements: number): number[] {
  return Array.from({ length: elements }, (_, n) => [1, 0.5, 0, 2.25, 1][n % 5]!)
}

export const losses: CaseList = pairs.flatMap(([instruction, backward]): Case[] => {
  const classes = instruction === 'softmax_cross_entropy'
  const dataOf = ({ T, B, F }: { T: number; B: number; F: number }) => ({
    weights: weights(T * B),
    logits: { normal: 3 },
    ...(classes ? { targets: { integers: [0, F - 1] } as const } : {}),
  })
  const variables = { T: 3, B: 4, F: 5 }
  const broken = (name: string, data: Case['data'], optional: string[]): Case[] =>
    [instruction, ...(classes ? [backward] : [])].map((one) => ({
      name: `${one} ${name}`,
      steps: [{ instruction: one, optional }],
      variables,
      data: { ...dataOf(variables), ...data },
      status: 'indexOutOfRange',
    }))
  return [
    ...sizes.flatMap((size) =>
      presences.map(
        (optional): Case => ({
          name: `${instruction} and backward T${size.T} B${size.B} F${size.F} ${optional.join(' ')}`,
          steps: [
            { instruction, optional },
            { instruction: backward, optional },
          ],
          variables: size,
          data: dataOf(size),
        }),
      ),
    ),
    {
      name: `${instruction} and backward of an empty batch`,
      steps: [
        { instruction, optional: ['lengths'] },
        { instruction: backward, optional: ['lengths'] },
      ],
      variables,
      data: { ...dataOf(variables), lengths: [0, 0, 0, 0] },
    },
    ...broken('with a length beyond T', { lengths: [1, 2, 4, 0] }, ['lengths']),
    ...broken('with a negative length', { lengths: [1, -1, 3, 0] }, ['lengths']),
    ...(classes
      ? [
          ...broken('with a target beyond F', { targets: [0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0] }, []),
          ...broken('with a negative target', { targets: [0, 1, 2, 3, 4, 1, 0, 0, 0, -1, 0, 0] }, []),
          ...[instruction, backward].map(
            (one): Case => ({
              name: `${one} does not look at invalid steps`,
              steps: [{ instruction: one, optional: ['weights', 'lengths'] }],
              variables: { T: 2, B: 3, F: 2 },
              data: {
                targets: [1, -7, 0, 99, 1, 99],
                weights: [1, 0, 0.5, 1, 1, 1],
                lengths: [1, 2, 1],
                logits: [1, 2, NaN, 1, 0, 3, NaN, NaN, 4, 5, Infinity, 0],
              },
            }),
          ),
          {
            name: 'softmax_cross_entropy and backward of large logits',
            steps: [{ instruction }, { instruction: backward }],
            variables: { T: 1, B: 2, F: 3 },
            data: { logits: [100, 98, 0, -100, -99, -100], targets: [1, 2] },
          } satisfies Case,
        ]
      : []),
  ]
})
