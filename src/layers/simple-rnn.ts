import { features, type RnnActivation, rnn, rnnActivations } from '../graph/index.js'
import { known, oneOf } from './options.js'
import {
  cellWeights,
  type RecurrentLayer,
  type RecurrentOptions,
  recurrentLayer,
  recurrentOptionNames,
  recurrentSettings,
} from './recurrent.js'

export interface SimpleRnnOptions extends RecurrentOptions {
  /** Default `tanh`. */
  readonly activation?: RnnActivation
}

/**
 * hₜ = activation(xₜ · kernel + hₜ₋₁ · recurrentKernel + bias) (Elman 1990).
 * [batch, time, features] → [batch, units], or [batch, time, units] with `returnSequences`.
 */
export function simpleRNN(options: SimpleRnnOptions): RecurrentLayer {
  known('simpleRNN', options, [...recurrentOptionNames, 'activation'])
  const settings = recurrentSettings('simpleRNN', options)
  const activation = oneOf('simpleRNN', 'activation', options.activation, rnnActivations, 'tanh')
  return recurrentLayer('simpleRNN', options.name, settings, { activation }, (x, scope, reverse) => {
    const weights = cellWeights(scope, settings, features(x, 'input'), 1)
    const carried = scope.carriedState('h', settings.units, settings.stateful)
    const result = rnn(x, weights, {
      lengths: scope.lengths,
      initialH: carried?.initial,
      reverse,
      training: scope.mode === 'train',
      activation,
    })
    carried?.store(result.finalH)
    return result
  })
}
