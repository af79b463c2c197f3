import { features, gru as gruOperation } from '../graph/index.js'
import { flag, known } from './options.js'
import {
  cellWeights,
  type RecurrentLayer,
  type RecurrentOptions,
  recurrentLayer,
  recurrentOptionNames,
  recurrentSettings,
} from './recurrent.js'

export interface GruOptions extends RecurrentOptions {
  /**
   * Apply the reset gate after the recurrent product (cuDNN, Keras' default), with a recurrent bias of its own, or
   * to the state before it (Cho et al. 2014). Default true.
   */
  readonly resetAfter?: boolean
}

/**
 * Gated recurrent unit (Cho et al. 2014). Gates z r n, with a = xₜ · kernel + bias and R the recurrent kernel:
 *
 *     z, r = σ(a + hₜ₋₁ · R + recurrentBias)
 *     n = tanh(a + r ∗ (hₜ₋₁ · R + recurrentBias))      resetAfter
 *     n = tanh(a + (r ∗ hₜ₋₁) · R)                      otherwise
 *     hₜ = z ∗ hₜ₋₁ + (1 − z) ∗ n
 *
 * [batch, time, features] → [batch, units], or [batch, time, units] with `returnSequences`.
 */
export function gru(options: GruOptions): RecurrentLayer {
  known('gru', options, [...recurrentOptionNames, 'resetAfter'])
  const settings = recurrentSettings('gru', options)
  const resetAfter = flag('gru', 'resetAfter', options.resetAfter, true)
  const { units, useBias, biasInitializer } = settings
  return recurrentLayer('gru', options.name, settings, { resetAfter }, (x, scope, reverse) => {
    const weights = cellWeights(scope, settings, features(x, 'input'), 3)
    const recurrentBias =
      useBias && resetAfter
        ? scope.parameter({
            name: 'recurrentBias',
            shape: [3 * units],
            initialize: (s, r) => biasInitializer.fill(s, r),
          })
        : undefined
    const carried = scope.carriedState('h', units, settings.stateful)
    const result = gruOperation(
      x,
      { ...weights, recurrentBias },
      {
        lengths: scope.lengths,
        initialH: carried?.initial,
        reverse,
        training: scope.mode === 'train',
        resetAfter,
      },
    )
    carried?.store(result.finalH)
    return result
  })
}
