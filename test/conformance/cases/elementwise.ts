import type { InstructionName } from '../../../src/contract/index.js'
import type { Case, CaseList, Data } from '../case.js'

const sizes = [1, 3, 7, 17, 33, 1000]
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number

const binary = (['add', 'subtract', 'multiply', 'divide'] as const).flatMap((instruction) =>
  [
    { M: 1, N: 1 },
    { M: 1, N: 7 },
    { M: 3, N: 1 },
    { M: 7, N: 17 },
    { M: 2, N: 33 },
    { M: 40, N: 70 },
  ].map(
    ({ M, N }): Case => ({
      name: `${instruction} M${M} N${N}`,
      steps: [{ instruction }],
      variables: { M, N },
      // Nothing is divided by almost nothing.
      ...(instruction === 'divide' ? { data: { b: { uniform: [0.5, 2] } } } : {}),
    }),
  ),
)

/** Instruction, numbers that make sense for it, and numbers that are special. */
const unary: readonly (readonly [
  InstructionName,
  Readonly<Record<string, Data>>,
  Readonly<Record<string, Data>>?,
])[] = [
  [
    'tanh',
    { x: { normal: 2 } },
    { x: [nan, infinity, -infinity, 0, -0, 1e-5, -1e-5, 9, -9, 100, -100, 1e30] },
  ],
  ['tanh_backward', { y: { uniform: [-1, 1] } }, { y: [1, -1, 0, nan], dy: [1, 2, 3, 4] }],
  [
    'sigmoid',
    { x: { normal: 3 } },
    { x: [nan, infinity, -infinity, 0, -0, 17, -17, 88, -88, 100, -100, 1e30] },
  ],
  ['sigmoid_backward', { y: { uniform: [0, 1] } }, { y: [1, 0, 0.5, nan], dy: [1, 2, 3, 4] }],
  ['relu', { x: { normal: 1 } }, { x: [nan, infinity, -infinity, 0, -0, 1e-30, -1e-30, 3e38] }],
  ['relu_backward', { y: { normal: 1 } }, { y: [0, -0, 1e-30, infinity], dy: [1, 2, 3, 4] }],
  [
    'exp',
    { x: { normal: 2 } },
    { x: [nan, infinity, -infinity, 0, -0, 88, 90, 1000, -80, -100, -1000, 1e-6] },
  ],
  ['log', { x: { uniform: [0, 10] } }, { x: [nan, infinity, 0, -1, 1, 1.0000001, 0.9999999, 1e-37, 3e38] }],
  ['clip', { x: { normal: 1 } }, { x: [nan, infinity, -infinity, -0.5, 1.25, -0.5000001, 1.2500001, 0] }],
  ['clip_backward', { y: { uniform: [-0.5, 1.25] } }, { y: [-0.5, 1.25, 0, nan], dy: [1, 2, 3, 4] }],
  [
    'softplus',
    { x: { normal: 4 } },
    { x: [nan, infinity, -infinity, 0, -0, 88, -88, 1e4, -1e4, 1e-6, -17, 17] },
  ],
  ['affine', { x: { normal: 1 } }, { x: [nan, infinity, -infinity] }],
]

const maximum = (['maximum', 'maximum_backward'] as const).flatMap((instruction): Case[] => [
  ...sizes.map((N) => ({
    name: `${instruction} N${N}`,
    steps: [{ instruction }],
    variables: { N },
    // Many are equal.
    data: { a: { integers: [-2, 2] as const }, b: { integers: [-2, 2] as const } },
  })),
  {
    name: `${instruction} of special numbers`,
    steps: [{ instruction }],
    variables: { N: 6 },
    data: { a: [0, -0, infinity, -infinity, nan, 1], b: [-0, 0, infinity, 1, 1, nan] },
  },
])

export const elementwise: CaseList = [
  ...binary,
  ...maximum,
  {
    name: 'divide by zero',
    steps: [{ instruction: 'divide' }],
    variables: { M: 1, N: 4 },
    data: { a: [1, -1, 0, infinity], b: [0, 0, 0, 2] },
  },
  ...unary.flatMap(([instruction, data, special]): Case[] => {
    const attributes = { scale: -2.5, shift: 0.75, low: -0.5, high: 1.25 }
    const steps = [{ instruction }]
    const ordinary = sizes.map((N) => ({
      name: `${instruction} N${N}`,
      steps,
      variables: { N },
      attributes,
      data,
    }))
    if (!special) return ordinary
    const N = Object.values(special)[0] as readonly number[]
    // Twice: in a whole vector, and in what is left of one.
    return [
      ...ordinary,
      {
        name: `${instruction} of special numbers`,
        steps,
        variables: { N: N.length },
        attributes,
        data: special,
      },
      {
        name: `${instruction} of special numbers in long rows`,
        steps,
        variables: { N: N.length * 16 },
        attributes,
        data: Object.fromEntries(
          Object.entries(special).map(([name, numbers]) => [name, new Array(16).fill(numbers).flat()]),
        ),
      },
    ]
  }),
]
