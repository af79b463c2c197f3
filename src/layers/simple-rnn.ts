import { loopedRnn } from '../cells/looped.js'
import { features, type RnnActivation, rnn, rnnActivations } from '../graph/index.js'
import { type Activation, activations } from './activations.js'
import { dropInput, stateMasks } from './masks.js'
import { activation, known } from './options.js'
import { cellState, cellWeights, type RecurrentLayer, recurrentLayer } from './recurrent.js'
import {
  type RecurrentOptions,
  type ReturnState,
  recurrentOptionNames,
  recurrentSettings,
} from './recurrent-settings.js'
import type { SymbolicTensor } from './symbolic.js'

export interface SimpleRnnOptions extends RecurrentOptions {
  /** Default `tanh`, which has a kernel, as `relu` and `linear` have; others run as a loop. */
  readonly activation?: Activation
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
  const act = activation('simpleRNN', options.activation, 'tanh')
  const fused = rnnActivations.find((name): name is RnnActivation => name === act)
  return recurrentLayer({
    kind: 'simpleRNN',
    name: options.name,
    settings,
    options: { activation: act },
    states: ['h'],
    walk(x, scope, { reverse, initial }) {
      const weights = cellWeights(scope, settings, { features: features(x, 'input'), gates: 1 })
      const h = cellState(scope, 'h', settings.units, settings.stateful, initial[0])
      const dropped = dropInput(x, scope, settings)
      const sequence = {
        ...stateMasks(x, scope, settings, settings.units),
        lengths: scope.lengthsOf(x),
        initialH: h.initial,
        reverse,
        training: scope.mode === 'train',
      }
      const { y, finalH } = fused
        ? rnn(dropped, weights, { ...sequence, activation: fused })
        : loopedRnn(dropped, weights, { ...sequence, activation: activations[act] })
      h.store(finalH)
      return { y, last: finalH, final: [finalH] }
    },
  })
}
