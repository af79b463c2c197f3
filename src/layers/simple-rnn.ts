import { features, type RnnActivation, rnn, rnnActivations } from '../graph/index.js'
import { dropInput, stateMasks } from './masks.js'
import { known, oneOf } from './options.js'
import {
  cellState,
  cellWeights,
  type RecurrentLayer,
  type RecurrentOptions,
  type ReturnState,
  recurrentLayer,
  recurrentOptionNames,
  recurrentSettings,
} from './recurrent.js'
import type { SymbolicTensor } from './symbolic.js'

export interface SimpleRnnOptions extends RecurrentOptions {
  /** Default `tanh`. */
  readonly activation?: RnnActivation
}

/**
 * hₜ = activation(xₜ · kernel + hₜ₋₁ · recurrentKernel + bias) (Elman 1990).
 * [batch, time, features] → [batch, units], or [batch, time, units] with `returnSequences`.
 */
export function simpleRNN<const Returned extends boolean = false>(
  options: SimpleRnnOptions & ReturnState<Returned>,
): RecurrentLayer<[h: SymbolicTensor], Returned> {
  known('simpleRNN', options, [...recurrentOptionNames, 'activation'])
  const settings = recurrentSettings('simpleRNN', options)
  const activation = oneOf('simpleRNN', 'activation', options.activation, rnnActivations, 'tanh')
  return recurrentLayer({
    kind: 'simpleRNN',
    name: options.name,
    settings,
    options: { activation },
    states: ['h'],
    walk(x, scope, { reverse, initial }) {
      const weights = cellWeights(scope, settings, features(x, 'input'), 1)
      const h = cellState(scope, 'h', settings.units, settings.stateful, initial[0])
      const { y, finalH } = rnn(dropInput(x, scope, settings), weights, {
        ...stateMasks(x, scope, settings),
        lengths: scope.lengthsOf(x),
        initialH: h.initial,
        reverse,
        training: scope.mode === 'train',
        activation,
      })
      h.store(finalH)
      return { y, last: finalH, final: [finalH] }
    },
  })
}
