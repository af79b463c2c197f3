import type { Case, CaseList } from '../case.js'

const sizes = [
  { M: 1, N: 2 },
  { M: 3, N: 7 },
  { M: 7, N: 17 },
  { M: 17, N: 33 },
  { M: 5, N: 300 },
]
const affine = ['scale', 'shift']
const gradients = ['dScale', 'dShift']

export const layerNorm: CaseList = [
  ...sizes.flatMap((variables): Case[] => {
    const text = `M${variables.M} N${variables.N}`
    const attributes = { epsilon: 1e-3 }
    return [[], affine, ['scale'], ['shift']].flatMap((optional): Case[] => [
      {
        name: `layer_norm ${text} ${optional.join(', ')}`,
        steps: [{ instruction: 'layer_norm', optional }],
        variables,
        attributes,
      },
      {
        name: `layer_norm_backward ${text} ${optional.join(', ')}`,
        steps: [
          { instruction: 'layer_norm', optional },
          {
            instruction: 'layer_norm_backward',
            optional: optional.includes('scale') ? ['scale', ...gradients] : gradients.slice(optional.length),
          },
        ],
        variables,
        attributes,
      },
    ])
  }),
  {
    name: 'layer_norm of rows far from zero',
    steps: [{ instruction: 'layer_norm', optional: affine }],
    variables: { M: 3, N: 40 },
    attributes: { epsilon: 1e-5 },
    data: { x: { uniform: [1000, 1001] } },
  },
  {
    name: 'layer_norm of equal numbers',
    steps: [{ instruction: 'layer_norm', optional: ['shift'] }],
    variables: { M: 2, N: 3 },
    attributes: { epsilon: 1e-3 },
    data: { x: [5, 5, 5, -1, -1, -1], shift: [1, 2, 3] },
  },
]
