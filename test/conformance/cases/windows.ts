import type { Case, CaseList } from '../case.js'

/** Entries of a row, windows, their size, and how they lie. */
const shapes = [
  { N: 1, M: 1, K: 1, padding: 0, stride: 1, dilation: 1 },
  { N: 7, M: 5, K: 3, padding: 0, stride: 1, dilation: 1 },
  { N: 7, M: 7, K: 3, padding: -1, stride: 1, dilation: 1 },
  { N: 8, M: 8, K: 4, padding: -1, stride: 1, dilation: 1 },
  { N: 9, M: 9, K: 3, padding: 4, stride: 1, dilation: 2 },
  { N: 9, M: 5, K: 3, padding: -1, stride: 2, dilation: 1 },
  { N: 10, M: 5, K: 3, padding: -1, stride: 2, dilation: 1 },
  { N: 10, M: 4, K: 4, padding: -1, stride: 3, dilation: 2 },
  { N: 11, M: 3, K: 2, padding: 0, stride: 4, dilation: 3 },
  { N: 3, M: 3, K: 7, padding: -1, stride: 1, dilation: 1 },
  { N: 2, M: 4, K: 2, padding: 5, stride: 3, dilation: 2 },
  { N: 6, M: 9, K: 2, padding: 1, stride: 1, dilation: 1 },
] as const
const sizes = [
  { O: 1, I: 1, C: 1 },
  { O: 2, I: 1, C: 3 },
  { O: 1, I: 5, C: 7 },
  { O: 3, I: 4, C: 17 },
] as const
const kinds = [
  'unfold',
  'fold',
  'max_pool',
  'max_pool_backward',
  'average_pool',
  'average_pool_backward',
] as const

/** Whole numbers, some of them equal. */
const whole = { integers: [-3, 3] } as const

const moves = (instruction: (typeof kinds)[number]) => instruction === 'unfold' || instruction === 'fold'

function caseOf(
  instruction: (typeof kinds)[number],
  {
    N,
    M,
    K,
    ...placement
  }: { N: number; M: number; K: number; padding: number; stride: number; dilation: number },
  outer: { O: number; I: number; C: number },
  rest: Partial<Case> & { readonly name: string },
): Case {
  const text = Object.entries({ N, M, K, ...placement, ...outer })
    .flat()
    .join(' ')
  return {
    steps: [{ instruction }],
    variables: { ...outer, N, M, ...(moves(instruction) ? { K } : {}) },
    attributes: { ...placement, ...(moves(instruction) ? {} : { size: K }) },
    ...rest,
    name: `${instruction} ${text}${rest.name}`,
  }
}

/** Full rows, empty ones and some between. */
const ragged = (N: number, I: number) =>
  Array.from({ length: I }, (_, i) => [N, 0, Math.ceil(N / 2), 1][i % 4]!)

const many = { N: 400, M: 200, K: 5, padding: -1, stride: 2, dilation: 1 }

export const windows: CaseList = [
  ...kinds.flatMap((instruction) =>
    shapes.flatMap((shape) =>
      sizes.flatMap((outer): Case[] => [
        caseOf(instruction, shape, outer, { name: '' }),
        caseOf(instruction, shape, outer, {
          name: ' of whole numbers, ragged',
          steps: [{ instruction, optional: ['lengths'] }],
          data: { x: whole, y: whole, dy: whole, lengths: ragged(shape.N, outer.I) },
          // Means are no whole numbers.
          ...(instruction.startsWith('average') ? {} : { exact: true }),
        }),
      ]),
    ),
  ),
  // Enough of them for threads to share.
  ...kinds.flatMap((instruction): Case[] => [
    caseOf(instruction, many, { O: 1, I: 20, C: 33 }, { name: '' }),
    caseOf(instruction, many, { O: 30, I: 1, C: 16 }, { name: '' }),
  ]),
  ...kinds.map((instruction) =>
    caseOf(instruction, shapes[1], sizes[2], {
      name: ' with a length beyond N',
      steps: [{ instruction, optional: ['lengths'] }],
      data: { lengths: [7, 3, 8, 1, 0] },
      status: 'indexOutOfRange',
    }),
  ),
  ...(['max_pool', 'max_pool_backward'] as const).map((instruction) =>
    caseOf(instruction, { N: 6, M: 3, K: 2, padding: 0, stride: 2, dilation: 1 }, sizes[0], {
      name: ' of NaN and infinities',
      data: { x: [1, Number.NaN, Number.NaN, 2, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY] },
    }),
  ),
]
