import { precisions } from '../../../src/contract/index.js'
import type { Case, CaseList } from '../case.js'

const sizes = [
  { M: 1, K: 1, N: 1 },
  { M: 1, K: 33, N: 17 },
  { M: 3, K: 7, N: 1 },
  { M: 7, K: 3, N: 33 },
  { M: 17, K: 1, N: 7 },
  { M: 33, K: 17, N: 65 },
  { M: 20, K: 64, N: 100 },
  { M: 130, K: 70, N: 96 },
]

const float32 = sizes.flatMap((variables): Case[] => {
  const text = `M${variables.M} K${variables.K} N${variables.N}`
  const scale = { normal: 1 / Math.sqrt(variables.K) }
  return (['matmul', 'matmul_transpose_a', 'matmul_transpose_b'] as const).flatMap((instruction): Case[] => {
    const integers = {
      a: { integers: [-4, 4] },
      b: { integers: [-4, 4] },
      bias: { integers: [-4, 4] },
    } as const
    const plain: Case = {
      name: `${instruction} ${text}`,
      steps: [{ instruction }],
      variables,
      data: { b: scale },
    }
    const optional = instruction === 'matmul' ? ['bias'] : []
    return [
      plain,
      {
        ...plain,
        name: `${plain.name} of integers`,
        steps: [{ instruction, optional }],
        data: integers,
        exact: true,
      },
      ...(optional.length > 0
        ? [{ ...plain, name: `${plain.name} with bias`, steps: [{ instruction, optional }] }]
        : []),
    ]
  })
})

/** Rows of zeros, which an executor may multiply once: none but them, some of them, and against weights that are not finite. */
const zeros = (['matmul', 'matmul_transpose_b'] as const).flatMap((instruction) => {
  const [K, N] = [131, 96]
  const rows = (M: number, isZero: (row: number) => boolean): number[] =>
    Array.from({ length: M * K }, (_, i) => {
      const row = Math.floor(i / K)
      // Others, too, may begin with zeros.
      return isZero(row) || (row % 2 === 0 && i % K < K - 1) ? 0 : ((i * 31) % 9) - 4 || 1
    })
  const endless = Array.from({ length: K * N }, (_, i) =>
    i % 97 === 0 ? Number.POSITIVE_INFINITY : (i % 9) - 4,
  )
  const of = (name: string, M: number, data: Case['data'], optional: readonly string[] = []): Case => ({
    name: `${instruction} M${M} K${K} N${N} with rows of zeros${name}`,
    steps: [{ instruction, optional }],
    variables: { M, K, N },
    data: { b: { integers: [-4, 4] }, ...data },
    exact: true,
  })
  const some = (row: number): boolean => row % 3 > 0
  const { exact: _, ...endlessly } = of(' and infinity', 45, { a: rows(45, some), b: endless })
  return [
    of(' among others', 45, { a: rows(45, some) }),
    of(' behind others', 45, { a: rows(45, (row) => row > 30) }),
    of(' alone', 45, { a: rows(45, () => true) }),
    endlessly,
    // On several threads.
    of(' among many', 600, { a: rows(600, some) }),
    ...(instruction === 'matmul'
      ? [of(' and a bias', 45, { a: rows(45, some), bias: { integers: [-4, 4] } }, ['bias'])]
      : []),
  ]
})

/** The float32 cases over: whole numbers are bfloat16 numbers too, so these stay exact. */
const bfloat16 = [...float32, ...zeros].map(
  (of): Case => ({ ...of, name: `${of.name} bfloat16`, attributes: { precision: precisions.bfloat16 } }),
)

/** Whole numbers with a 127 in every row of a and column of b: int8 holds them as they are, and every sum is exact. */
function onGrid(rows: number, columns: number, alongRows: boolean): number[] {
  return Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns]
    const [line, place, length] = alongRows ? [row, column, columns] : [column, row, rows]
    return place === line % length ? (line % 3 === 0 ? -127 : 127) : ((row * 31 + column * 17) % 255) - 127
  })
}

const int8 = float32
  .filter(({ steps: [step] }) => step!.instruction === 'matmul')
  .map((of): Case => {
    const { M = 1, K = 1, N = 1 } = of.variables
    const grid = { ...of.data, a: onGrid(M, K, true), b: onGrid(K, N, false) }
    const attributes = { precision: precisions.int8 }
    return { ...of, name: `${of.name} int8`, attributes, ...(of.exact ? { data: grid } : {}) }
  })

/** Rows and columns of zeros, of denormals, of NaN and of infinities among others. */
const edges = (['bfloat16', 'int8'] as const).map(
  (precision): Case => ({
    name: `matmul at the edges of ${precision}`,
    steps: [{ instruction: 'matmul' }],
    variables: { M: 5, K: 3, N: 4 },
    attributes: { precision: precisions[precision] },
    data: {
      a: [0, 0, 0, 1e-39, 0, -1e-39, 1, NaN, 2, Number.POSITIVE_INFINITY, 1, 1, 0.3, -2, 127],
      b: [0.5, 0, 0, 3, -0.25, 0, 0, -1e30, 2, 0, 1e-39, 1e30],
    },
  }),
)

export const matmul: CaseList = [...float32, ...zeros, ...bfloat16, ...int8, ...edges]
