import type { Case, CaseList } from '../case.js'

const { NaN: nan } = Number
const sizes = [
  { T: 1, B: 1, F: 1 },
  { T: 2, B: 3, F: 7 },
  { T: 5, B: 7, F: 33 },
  { T: 3, B: 20, F: 500 },
]
const kinds = [
  ['sparse_top_k_accuracy', { k: 1 }],
  ['sparse_top_k_accuracy', { k: 3 }],
  ['top_k_accuracy', { k: 1 }],
  ['top_k_accuracy', { k: 3 }],
  ['binary_accuracy', { threshold: 0 }],
  ['binary_accuracy', { threshold: 0.5 }],
] as const
const optional = ['weights', 'lengths']

/** Small whole numbers, so that many are equal. */
const coarse = { integers: [-2, 2] } as const

function dataOf(instruction: string, T: number, B: number, F: number): Case['data'] {
  const targets = instruction === 'sparse_top_k_accuracy' ? [0, F - 1] : [0, 1]
  return {
    prediction: coarse,
    targets: { integers: targets as [number, number] },
    weights: Array.from({ length: T * B }, (_, n) => [1, 0.5, 0, 2.25, 1][n % 5]!),
  }
}

/** Five classes of which the second, third and fifth are the largest, and one row with a NaN. */
const ties = [1, 3, 3, 2, 3, 1, nan, 0, 0, 0]

export const accuracies: CaseList = [
  ...kinds.flatMap(([instruction, attributes]) =>
    sizes.flatMap(({ T, B, F }) =>
      [[], optional].map(
        (present): Case => ({
          name: [instruction, ...Object.entries(attributes).flat(), `T${T} B${B} F${F}`, ...present].join(
            ' ',
          ),
          steps: [{ instruction, optional: present }],
          variables: { T, B, F },
          attributes,
          data: dataOf(instruction, T, B, F)!,
        }),
      ),
    ),
  ),
  ...[1, 2, 3, 4, 9].flatMap((k) =>
    [0, 1, 2, 3, 4].map(
      (target): Case => ({
        name: `sparse_top_k_accuracy k ${k} of target ${target} among equals, and beside NaN`,
        steps: [{ instruction: 'sparse_top_k_accuracy' }],
        variables: { T: 1, B: 2, F: 5 },
        attributes: { k },
        data: { prediction: ties, targets: [target, target] },
      }),
    ),
  ),
  {
    name: 'top_k_accuracy takes the first of the largest targets',
    steps: [{ instruction: 'top_k_accuracy' }],
    variables: { T: 1, B: 2, F: 3 },
    attributes: { k: 1 },
    data: { prediction: [0, 5, 1, 0, 5, 1], targets: [0, 0.5, 0.5, 0.5, 0.5, 0] },
  },
  {
    name: 'binary_accuracy at the threshold, of NaN and of targets between',
    steps: [{ instruction: 'binary_accuracy' }],
    variables: { T: 1, B: 1, F: 7 },
    attributes: { threshold: 0.5 },
    data: { prediction: [0.5, 0.5, 0.75, nan, nan, 1, 0], targets: [0, 1, 1, 0, 1, 0.5, 0.5] },
  },
  {
    name: 'sparse_top_k_accuracy does not look at invalid steps',
    steps: [{ instruction: 'sparse_top_k_accuracy', optional }],
    variables: { T: 2, B: 3, F: 2 },
    attributes: { k: 1 },
    data: {
      targets: [1, -7, 0, 99, 1, 99],
      weights: [1, 0, 0.5, 1, 1, 1],
      lengths: [1, 2, 1],
      prediction: [1, 2, nan, 1, 0, 3, nan, nan, 4, 5, 7, 0],
    },
  },
  ...[5, -1].map(
    (target): Case => ({
      name: `sparse_top_k_accuracy with a target of ${target} among 5`,
      steps: [{ instruction: 'sparse_top_k_accuracy' }],
      variables: { T: 1, B: 2, F: 5 },
      attributes: { k: 1 },
      data: { targets: [0, target] },
      status: 'indexOutOfRange',
    }),
  ),
  ...kinds.map(
    ([instruction, attributes]): Case => ({
      name: [instruction, ...Object.entries(attributes).flat(), 'with a length beyond T'].join(' '),
      steps: [{ instruction, optional: ['lengths'] }],
      variables: { T: 3, B: 4, F: 5 },
      attributes,
      data: { ...dataOf(instruction, 3, 4, 5), lengths: [1, 2, 4, 0] },
      status: 'indexOutOfRange',
    }),
  ),
]
