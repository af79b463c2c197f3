import { features, lstm as lstmOperation } from '../graph/index.js'
import { flag, known } from './options.js'
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

export interface LstmOptions extends RecurrentOptions {
  /** Start the forget gate's bias at 1 (Jozefowicz et al. 2015). Default true. */
  readonly unitForgetBias?: boolean
}

/** Each [batch, units]. */
export type LstmStates = [h: SymbolicTensor, c: SymbolicTensor]

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gates: Gers et al. 2000). Gates i f g o:
 *
 *     [i f g o] = xₜ · kernel + hₜ₋₁ · recurrentKernel + bias
 *     cₜ = σ(f) ∗ cₜ₋₁ + σ(i) ∗ tanh(g)
 *     hₜ = σ(o) ∗ tanh(cₜ)
 *
 * [batch, time, features] → [batch, units], or [batch, time, units] with `returnSequences`.
 */
export function lstm<const Returned extends boolean = false>(
  options: LstmOptions & ReturnState<Returned>,
): RecurrentLayer<LstmStates, Returned> {
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
  return recurrentLayer({
    kind: 'lstm',
    name: options.name,
    settings,
    options: { unitForgetBias },
    states: ['h', 'c'],
    walk(x, scope, { reverse, initial }) {
      const weights = cellWeights(scope, settings, features(x, 'input'), 4)
      const h = cellState(scope, 'h', units, settings.stateful, initial[0])
      const c = cellState(scope, 'c', units, settings.stateful, initial[1])
      const { y, finalH, finalC } = lstmOperation(x, weights, {
        lengths: scope.lengthsOf(x),
        initialH: h.initial,
        initialC: c.initial,
        reverse,
        training: scope.mode === 'train',
      })
      h.store(finalH)
      c.store(finalC)
      return { y, last: finalH, final: [finalH, finalC] }
    },
  })
}
