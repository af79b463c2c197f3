import type { CaseList } from '../case.js'
import { recurrentCases } from './recurrent.js'

const cell = {
  forward: 'gru',
  backward: 'gru_backward',
  inputs: ['bias', 'recurrentBias', 'initialH'],
  saved: ['saved'],
  masks: ['recurrentMask', 'updateH'],
  upstream: ['dy', 'dFinalH'],
  gradients: ['dx', 'dKernel', 'dRecurrentKernel', 'dBias', 'dRecurrentBias', 'dInitialH', 'dStates'],
} as const

export const gru: CaseList = [
  ...recurrentCases({ ...cell, text: 'gru reset before', attributes: { resetAfter: 0, updateGate: 0 } }),
  ...recurrentCases({ ...cell, text: 'gru reset after', attributes: { resetAfter: 1, updateGate: 0 } }),
  ...[0, 1].flatMap((resetAfter) =>
    recurrentCases({
      ...cell,
      text: `gru reset ${resetAfter ? 'after' : 'before'} z on the candidate`,
      attributes: { resetAfter, updateGate: 1 },
    }),
  ),
]
