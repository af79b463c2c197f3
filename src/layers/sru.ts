import {
  add,
  features,
  holdLast,
  linearRecurrence,
  multiply,
  sigmoid,
  subtract,
  type Tensor,
} from '../graph/index.js'
import { known } from './options.js'
import {
  gateProducts,
  type ParallelOptions,
  parallelOptionNames,
  parallelSettings,
  withoutPadding,
  withZoneout,
} from './parallel.js'
import { cellState, type RecurrentLayer, recurrentLayer } from './recurrent.js'
import type { ReturnState } from './recurrent-settings.js'
import type { SymbolicTensor } from './symbolic.js'

export interface SruOptions extends ParallelOptions {}

/**
 * Simple recurrent unit (Lei et al. 2018). Gates f r and the candidate x̃ see the input only:
 *
 *     [f r] = xₜ · kernel + bias,   x̃ = xₜ · kernel
 *     cₜ = σ(f) ∗ cₜ₋₁ + (1 − σ(f)) ∗ x̃
 *     hₜ = σ(r) ∗ cₜ + (1 − σ(r)) ∗ xₜ
 *
 * The highway takes xₜ as it is where it has `units` features, else xₜ · kernel with weights of its own. What the paper adds to
 * the gates, v ∗ cₜ₋₁, is left out: with it no step could begin before the one before it has ended. The only state is c.
 *
 * [batch, time, features] → [batch, units], or [batch, time, units] with `returnSequences`. kernel [features, 3 · units] for
 * f, r and x̃, or [features, 4 · units] with that of the highway; bias [2 · units].
 */
export function sru<const Returned extends boolean = false>(
  options: SruOptions & ReturnState<Returned>,
): RecurrentLayer<[c: SymbolicTensor], Returned> {
  known('sru', options, parallelOptionNames)
  const settings = parallelSettings('sru', options)
  const { units } = settings
  return recurrentLayer({
    kind: 'sru',
    name: options.name,
    settings,
    options: {},
    states: ['c'],
    walk(x, scope, { reverse, initial }) {
      const lengths = scope.lengthsOf(x)
      const size = features(x, 'input')
      const sizes = { features: size, gates: size === units ? 3 : 4, biased: 2 }
      const valid = withoutPadding(x, scope, reverse)
      const products = gateProducts(valid, scope, settings, sizes)
      const [f, r, candidate, highway = valid] = products as [Tensor, Tensor, Tensor, Tensor?]
      const state = cellState(scope, 'c', units, settings.stateful, initial[0])
      const { y: c, finalH: finalC } = linearRecurrence(
        withZoneout(sigmoid(f), x, scope, settings),
        candidate,
        {
          convex: true,
          lengths,
          initialH: state.initial,
          reverse,
        },
      )
      state.store(finalC)
      const h = add(multiply(sigmoid(r), subtract(c, highway)), highway)
      return { y: h, last: holdLast(h, { lengths, reverse }).finalH, final: [finalC] }
    },
  })
}
