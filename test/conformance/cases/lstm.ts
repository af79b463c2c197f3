import type { CaseList } from '../case.js'
import { recurrentCases } from './recurrent.js'

const cell = {
  attributes: {},
  inputs: ['bias', 'peepholes', 'initialH', 'initialC'],
  saved: ['saved'],
  masks: ['recurrentMask', 'updateH', 'updateC'],
  upstream: ['dy', 'dFinalH', 'dFinalC'],
  gradients: [
    'dx',
    'dKernel',
    'dRecurrentKernel',
    'dBias',
    'dPeepholes',
    'dInitialH',
    'dInitialC',
    'dStates',
  ],
} as const
const without = (names: readonly string[], name: string) => names.filter((other) => other !== name)
/** No peepholes: other code on some executors. */
const plain = {
  ...cell,
  inputs: without(cell.inputs, 'peepholes'),
  gradients: without(cell.gradients, 'dPeepholes'),
}
const coupled = { forward: 'lstm_coupled', backward: 'lstm_coupled_backward' } as const

export const lstm: CaseList = [
  ...recurrentCases({ ...plain, forward: 'lstm', backward: 'lstm_backward', text: 'lstm' }),
  ...recurrentCases({ ...cell, forward: 'lstm', backward: 'lstm_backward', text: 'lstm peepholes' }),
  ...recurrentCases({ ...plain, ...coupled, text: 'lstm coupled' }),
  ...recurrentCases({ ...cell, ...coupled, text: 'lstm coupled peepholes' }),
]
