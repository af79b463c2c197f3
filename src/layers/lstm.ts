import { features, lstm as lstmOperation } from '../graph/index.js'
import { flag, known } from './options.js'
import {
  cellWeights,
  type RecurrentLayer,
  type RecurrentOptions,
  recurrentLayer,
  recurrentOptionNames,
  recurrentSettings,
} from './recurrent.js'

export interface LstmOptions extends RecurrentOptions {
  /** Start the forget gate's bias at 1 (Jozefowicz et al. 2015). Default true. */
  readonly unitForgetBias?: boolean
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gates: Gers et al. 2000). Gates i f g o:
 *
 *     [i f g o] = xₜ · kernel + hₜ₋₁ · recurrentKernel + bias
 *     cₜ = σ(f) ∗ cₜ₋₁ + σ(i) ∗ tanh(g)
 *     hₜ = σ(o) ∗ tanh(cₜ)
 *
 * [batch, time, features] → [batch, units], or [batch, time, units] with `returnSequences`.
 */
export function lstm(options: LstmOptions): RecurrentLayer {
  known('lstm', options, [...recurrentOptionNames, 'unitForgetBias'])
  const read = recurrentSettings('lstm', options)
  const unitForgetBias = flag('lstm', 'unitForgetBias', options.unitForgetBias, true)
  const { units } = read
  const biasInitializer = {
    ...read.biasInitializer,
    fill(shape: readonly number[], random: Parameters<typeof read.biasInitializer.fill>[1]) {
      const bias = read.biasInitializer.fill(shape, random)
      return unitForgetBias ? bias.fill(1, units, 2 * units) : bias
    },
  }
  const settings = { ...read, biasInitializer }
  return recurrentLayer('lstm', options.name, settings, { unitForgetBias }, (x, scope, reverse) => {
    const weights = cellWeights(scope, settings, features(x, 'input'), 4)
    const h = scope.carriedState('h', units, settings.stateful)
    const c = scope.carriedState('c', units, settings.stateful)
    const result = lstmOperation(x, weights, {
      lengths: scope.lengths,
      initialH: h?.initial,
      initialC: c?.initial,
      reverse,
      training: scope.mode === 'train',
    })
    h?.store(result.finalH)
    c?.store(result.finalC)
    return result
  })
}
