import type { Case, CaseList } from '../case.js'
import { recurrentCases } from './recurrent.js'

const cell = {
  forward: 'rnn',
  backward: 'rnn_backward',
  inputs: ['bias', 'initialH'],
  saved: [],
  masks: ['recurrentMask', 'updateH'],
  upstream: ['dy', 'dFinalH'],
  gradients: ['dx', 'dKernel', 'dRecurrentKernel', 'dBias', 'dInitialH', 'dStates'],
} as const

const activations = ['tanh', 'relu', 'identity']
const all = activations.flatMap((text, activation) =>
  recurrentCases({ ...cell, text: `rnn ${text}`, attributes: { activation } }),
)

/** With the identity and small whole numbers every sum is exact: an index one off cannot hide in a tolerance. */
const small = { integers: [-1, 1] } as const
const exact = all
  .filter(({ name, variables, status, data }) => {
    const { T = 0, H = 0 } = variables
    // Longer or wider ones leave the whole numbers that float32 holds; bfloat16 holds these too, int8 and a share that is kept do not.
    if (name.includes('int8') || name.includes('zoneout')) return false
    return !status && !data?.['x'] && name.startsWith('rnn identity') && T <= 6 && H <= 33
  })
  .map(
    (of): Case => ({
      ...of,
      name: `${of.name}, whole numbers`,
      exact: true,
      data: {
        ...of.data,
        ...Object.fromEntries(
          ['x', 'kernel', 'bias', 'initialH', 'dy', 'dFinalH'].map((name) => [name, small]),
        ),
        recurrentKernel: sparse(of.variables['H'] ?? 1),
      },
    }),
  )

/** A turn of the units with signs, and one entry more a row: states stay small, and every unit reaches every other. */
function sparse(H: number): number[] {
  return Array.from({ length: H * H }, (_, i) => {
    const [row, column] = [Math.floor(i / H), i % H]
    if (column === (row + 1) % H) return row % 3 === 0 ? -1 : 1
    return column === (3 * row + 2) % H ? 1 : 0
  })
}

export const rnn: CaseList = [...all, ...exact]
