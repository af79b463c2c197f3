import type { CaseList } from '../case.js'

const lengths = [1, 3, 7, 17, 33]
const blocks = [
  { O: 1, N: 1, I: 1, M: 1 },
  { O: 3, N: 7, I: 1, M: 5 },
  { O: 7, N: 3, I: 17, M: 1 },
  { O: 2, N: 17, I: 33, M: 17 },
  { O: 1, N: 40, I: 70, M: 13 },
]

const text = (variables: Readonly<Record<string, number>>) =>
  Object.entries(variables)
    .map(([name, value]) => `${name}${value}`)
    .join(' ')

export const data: CaseList = [
  ...[0, -0, 1.5, -3e38].map((value) => ({
    name: `fill ${Object.is(value, -0) ? '-0' : value}`,
    steps: [{ instruction: 'fill' as const }],
    variables: { N: 19 },
    attributes: { value },
  })),
  ...lengths.flatMap((N) => [
    { name: `copy N${N}`, steps: [{ instruction: 'copy' as const }], variables: { N } },
    {
      name: `copy integers N${N}`,
      steps: [{ instruction: 'copy' as const }],
      variables: { N },
      words: 'i32' as const,
      data: { x: { integers: [-1e9, 1e9] as const } },
    },
  ]),
  ...[
    { A: 1, B: 1, N: 1 },
    { A: 3, B: 7, N: 1 },
    { A: 7, B: 3, N: 17 },
    { A: 17, B: 33, N: 3 },
    { A: 33, B: 17, N: 1 },
  ].flatMap((variables) => [
    { name: `transpose ${text(variables)}`, steps: [{ instruction: 'transpose' as const }], variables },
    {
      name: `transpose integers ${text(variables)}`,
      steps: [{ instruction: 'transpose' as const }],
      variables,
      words: 'i32' as const,
      data: { x: { integers: [0, 5000] as const } },
    },
  ]),
  ...blocks.flatMap((variables) =>
    [...new Set([0, (variables.N - variables.M) >> 1, variables.N - variables.M])].flatMap((start) => [
      {
        name: `slice ${text(variables)} from ${start}`,
        steps: [{ instruction: 'slice' as const }],
        variables,
        attributes: { start },
      },
      {
        name: `slice_backward ${text(variables)} from ${start}`,
        steps: [{ instruction: 'slice_backward' as const }],
        variables,
        attributes: { start },
      },
    ]),
  ),
  ...blocks.flatMap((variables) => [
    { name: `concat ${text(variables)}`, steps: [{ instruction: 'concat' as const }], variables },
    { name: `reduce_sum ${text(variables)}`, steps: [{ instruction: 'reduce_sum' as const }], variables },
    { name: `broadcast ${text(variables)}`, steps: [{ instruction: 'broadcast' as const }], variables },
  ]),
  {
    name: 'reduce_sum of many, in float64',
    steps: [{ instruction: 'reduce_sum' }],
    variables: { O: 2, N: 3000, I: 3 },
    data: { x: { uniform: [1000, 1001] } },
  },
  {
    name: 'reduce_sum of integers',
    steps: [{ instruction: 'reduce_sum' }],
    variables: { O: 3, N: 33, I: 17 },
    data: { x: { integers: [-9, 9] } },
    exact: true,
  },
  ...[
    { T: 1, N: 1 },
    { T: 2, N: 7 },
    { T: 5, N: 33 },
  ].map((variables) => ({
    name: `reverse_time ${text(variables)}`,
    steps: [{ instruction: 'reverse_time' as const }],
    variables,
  })),
  ...[
    { name: 'one row', variables: { S: 1, N: 1, B: 1 }, rows: [0] },
    { name: 'no row', variables: { S: 2, N: 7, B: 1 }, rows: [-1] },
    { name: 'rows out of order', variables: { S: 7, N: 17, B: 4 }, rows: [5, -1, 0, 3] },
    { name: 'all rows turned', variables: { S: 3, N: 33, B: 3 }, rows: [2, 0, 1] },
    // For two threads; of the rows that go to one place, the last one stays there.
    {
      name: 'rows that meet',
      variables: { S: 41, N: 501, B: 90 },
      rows: Array.from({ length: 90 }, (_, row) => (row * 7) % 41),
    },
  ].flatMap(({ name, variables, rows }) => [
    {
      name: `state_load ${name}`,
      steps: [{ instruction: 'state_load' as const }],
      variables,
      data: { rows },
    },
    {
      name: `state_store ${name}`,
      steps: [{ instruction: 'state_store' as const }],
      variables,
      data: { rows },
    },
  ]),
  ...(['state_load', 'state_store'] as const).flatMap((instruction) => [
    {
      name: `${instruction} of a row behind the slab`,
      steps: [{ instruction }],
      variables: { S: 3, N: 5, B: 3 },
      data: { rows: [0, 2, 3] },
      status: 'indexOutOfRange' as const,
    },
    {
      name: `${instruction} of a row before the slab`,
      steps: [{ instruction }],
      variables: { S: 3, N: 5, B: 3 },
      data: { rows: [0, -2, 1] },
      status: 'indexOutOfRange' as const,
    },
  ]),
  {
    name: 'state_load of one row twice',
    steps: [{ instruction: 'state_load' }],
    variables: { S: 3, N: 5, B: 4 },
    data: { rows: [1, 1, 2, 1] },
  },
  ...[['a', 'b'], ['a'], ['b']].flatMap((optional) => [
    {
      name: `select of ${optional.join(', ')}`,
      steps: [{ instruction: 'select' as const, optional }],
      variables: { B: 7, N: 19 },
      data: { condition: [1, 0, 0, 3, -1, 0, 1] },
    },
    {
      name: `select of ${optional.join(', ')}, one row`,
      steps: [{ instruction: 'select' as const, optional }],
      variables: { B: 1, N: 1 },
      data: { condition: [0] },
    },
  ]),
  {
    name: 'sequence_mask',
    steps: [{ instruction: 'sequence_mask' }],
    variables: { B: 4, T: 5 },
    data: { lengths: [5, 0, 3, 1] },
    exact: true,
  },
  {
    name: 'sequence_mask, a length beyond the time',
    steps: [{ instruction: 'sequence_mask' }],
    variables: { B: 2, T: 5 },
    data: { lengths: [5, 6] },
    status: 'indexOutOfRange',
  },
]
