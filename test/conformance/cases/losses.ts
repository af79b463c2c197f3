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
  ['absolute_error', 'absolute_error_backward', { delta: 0 }],
  ['absolute_error', 'absolute_error_backward', { delta: 0.75 }],
  ['binary_cross_entropy', 'binary_cross_entropy_backward', { sum: 0 }],
  ['binary_cross_entropy', 'binary_cross_entropy_backward', { sum: 1 }],
  ['categorical_cross_entropy', 'categorical_cross_entropy_backward'],
] as const

/** Some weights are 0: their steps are as good as masked. */
function weights(elements: number): number[] {
  return Array.from({ length: elements }, (_, n) => [1, 0.5, 0, 2.25, 1][n % 5]!)
}

const pairCases = pairs.flatMap(([instruction, backward, attributes]): Case[] => {
  const text = Object.entries(attributes ?? {})
    .map(([name, value]) => ` ${name} ${value}`)
    .join('')
  const classes = instruction === 'softmax_cross_entropy'
  const dataOf = ({ T, B, F }: { T: number; B: number; F: number }) => ({
    weights: weights(T * B),
    logits: { normal: 3 },
    ...(classes
      ? { targets: { integers: [0, F - 1] } as const }
      : instruction.endsWith('entropy')
        ? { targets: { uniform: [0, 1] } as const }
        : {}),
  })
  const variables = { T: 3, B: 4, F: 5 }
  const broken = (name: string, data: Case['data'], optional: string[]): Case[] =>
    [instruction, ...(classes ? [backward] : [])].map((one) => ({
      name: `${one}${text} ${name}`,
      steps: [{ instruction: one, optional }],
      variables,
      ...(attributes ? { attributes } : {}),
      data: { ...dataOf(variables), ...data },
      status: 'indexOutOfRange',
    }))
  return [
    ...sizes.flatMap((size) =>
      presences.map(
        (optional): Case => ({
          name: `${instruction}${text} and backward T${size.T} B${size.B} F${size.F} ${optional.join(' ')}`,
          steps: [
            { instruction, optional },
            { instruction: backward, optional },
          ],
          variables: size,
          ...(attributes ? { attributes } : {}),
          data: dataOf(size),
        }),
      ),
    ),
    {
      name: `${instruction}${text} and backward of an empty batch`,
      steps: [
        { instruction, optional: ['lengths'] },
        { instruction: backward, optional: ['lengths'] },
      ],
      variables,
      ...(attributes ? { attributes } : {}),
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

const two = (instruction: 'absolute_error' | 'binary_cross_entropy' | 'categorical_cross_entropy') => [
  { instruction },
  { instruction: `${instruction}_backward` as const },
]

export const losses: CaseList = [
  ...pairCases,
  {
    name: 'absolute_error and backward at its kinks',
    steps: two('absolute_error'),
    variables: { T: 1, B: 2, F: 5 },
    attributes: { delta: 0 },
    data: { prediction: [1, 1, 0, -1, 2, 0, 5, -5, 1, 0], targets: [1, 2, 0, 0, 1, 0, 5, 5, 1, 1e-30] },
  },
  {
    name: 'absolute_error and backward where Huber changes from squares to lines',
    steps: two('absolute_error'),
    variables: { T: 1, B: 1, F: 9 },
    attributes: { delta: 2 },
    data: { prediction: [0, 1, 2, 3, 2.0001, -1, -2, -3, 100], targets: new Array(9).fill(0) },
  },
  {
    name: 'binary_cross_entropy and backward of logits where σ rounds to 0 or 1',
    steps: two('binary_cross_entropy'),
    variables: { T: 1, B: 1, F: 9 },
    attributes: { sum: 1 },
    data: { logits: [40, -40, 40, -40, 0, 90, -90, 1e4, -1e4], targets: [1, 0, 0, 1, 0.5, 1, 0, 1, 0] },
  },
  {
    name: 'binary_cross_entropy of probabilities near certainty keeps small losses',
    steps: two('binary_cross_entropy'),
    variables: { T: 1, B: 1, F: 600 },
    attributes: { sum: 1 },
    data: { logits: { uniform: [12, 16] }, targets: new Array(600).fill(1) },
  },
  {
    name: 'binary_cross_entropy of more features than one product holds',
    steps: two('binary_cross_entropy'),
    variables: { T: 1, B: 1, F: 1501 },
    attributes: { sum: 1 },
    data: { logits: { uniform: [-0.1, 0.1] }, targets: { uniform: [0, 1] } },
  },
  {
    name: 'categorical_cross_entropy and backward with classes that are impossible, and with targets that do not sum to 1',
    steps: two('categorical_cross_entropy'),
    variables: { T: 1, B: 3, F: 3 },
    data: {
      logits: [1, Number.NEGATIVE_INFINITY, 2, 100, 98, 0, 0.5, -0.5, 1],
      targets: [0.25, 0, 0.75, 0, 1, 0, 0.5, 0.25, 1.5],
    },
  },
]
