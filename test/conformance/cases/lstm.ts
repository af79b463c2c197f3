import type { CaseList } from '../case.js'
import { recurrentCases } from './recurrent.js'

export const lstm: CaseList = recurrentCases({
  forward: 'lstm',
  backward: 'lstm_backward',
  text: 'lstm',
  attributes: {},
  inputs: ['bias', 'initialH', 'initialC'],
  saved: ['saved'],
  upstream: ['dy', 'dFinalH', 'dFinalC'],
  gradients: ['dx', 'dKernel', 'dRecurrentKernel', 'dBias', 'dInitialH', 'dInitialC', 'dStates'],
})
