import type { Case, CaseList } from '../case.js'

const sizes = [
  { T: 1, B: 1, N: 1 },
  { T: 3, B: 7, N: 3 },
  { T: 7, B: 4, N: 17 },
  { T: 5, B: 3, N: 33 },
]
const zeroOrOne = { integers: [0, 1] } as const
const text = ({ T, B, N }: { T: number; B: number; N: number }) => `T${T} B${B} N${N}`

export const sequenceSteps: CaseList = [
  ...[[], ['prior']].flatMap((optional): Case[] => [
    {
      name: `step_mask ${optional}`,
      steps: [{ instruction: 'step_mask', optional }],
      variables: { M: 33, N: 2 },
      attributes: { value: 1 },
      data: { x: zeroOrOne, prior: { integers: [-1, 1] } },
    },
    {
      name: `step_mask of -0 and NaN ${optional}`,
      steps: [{ instruction: 'step_mask', optional }],
      variables: { M: 4, N: 3 },
      attributes: { value: 0 },
      data: { x: [0, -0, 0, 0, Number.NaN, 0, 0.5, 0, 0, 0, 0, 0], prior: [1, 1, 1, 0] },
    },
  ]),
  ...[
    { T: 1, B: 1 },
    { T: 7, B: 5 },
    { T: 33, B: 3 },
  ].map(
    (variables): Case => ({
      name: `mask_order T${variables.T} B${variables.B}`,
      steps: [{ instruction: 'mask_order' }],
      variables,
      data: { mask: zeroOrOne },
    }),
  ),
  {
    name: 'mask_order of all and of none',
    steps: [{ instruction: 'mask_order' }],
    variables: { T: 3, B: 2 },
    data: { mask: [1, 0, 5, 0, -1, 0] },
  },
  ...sizes.flatMap(({ T, B, N }): Case[] =>
    [-1, 0].flatMap((shift): Case[] => {
      const S = T + 2
      const data = { steps: { integers: [-1 - shift, S - 1 - shift] } } as const
      const variables = { S, T, B, N }
      const attributes = { shift }
      const name = `${text(variables)} shift ${shift}`
      const backward = { steps: [{ instruction: 'gather_steps_backward' }], variables, attributes } as const
      return [
        {
          name: `gather_steps ${name}`,
          steps: [{ instruction: 'gather_steps' }],
          variables,
          attributes,
          data,
        },
        { name: `gather_steps_backward ${name}`, ...backward, data },
        {
          name: `gather_steps_backward ${name} of integers`,
          ...backward,
          data: { ...data, dy: { integers: [-9, 9] } },
          exact: true,
        },
      ]
    }),
  ),
  ...(['gather_steps', 'gather_steps_backward'] as const).flatMap((instruction): Case[] =>
    [
      { shift: 0, step: 3 },
      { shift: 0, step: -2 },
      { shift: -1, step: 4 },
      { shift: -1, step: -1 },
      { shift: -1, step: -0x80000000 },
    ].map(({ shift, step }) => ({
      name: `${instruction} of step ${step} of 3, shift ${shift}`,
      steps: [{ instruction }],
      variables: { S: 3, T: 2, B: 2, N: 5 },
      attributes: { shift },
      data: { steps: [1, 2, step, 0] },
      status: 'indexOutOfRange',
    })),
  ),
  ...sizes.flatMap((variables): Case[] =>
    [[], ['mask']].flatMap((optional): Case[] => [
      {
        name: `max_steps ${text(variables)} ${optional}`,
        steps: [{ instruction: 'max_steps', optional }],
        variables,
        data: { mask: zeroOrOne },
      },
      {
        name: `max_steps_backward ${text(variables)} ${optional}`,
        steps: [
          { instruction: 'max_steps', optional },
          { instruction: 'max_steps_backward', optional },
        ],
        variables,
        // Many ties: the first of equals has the gradient.
        data: { x: { integers: [-2, 2] }, mask: zeroOrOne },
      },
    ]),
  ),
  {
    name: 'max_steps of rows without a valid step, and of NaN',
    steps: [{ instruction: 'max_steps', optional: ['mask'] }],
    variables: { T: 3, B: 3, N: 1 },
    data: { x: [-1, 9, 1, Number.NaN, 9, 2, -3, 9, -5], mask: [1, 0, 1, 1, 0, 0, 1, 0, 1] },
  },
]
