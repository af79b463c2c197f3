import {
  add,
  affine,
  features,
  linearRecurrence,
  relu,
  sigmoid,
  subtract,
  type Tensor,
  tanh,
} from '../graph/index.js'
import { known, oneOf } from './options.js'
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

/** What becomes of a candidate before it enters the state. */
export const candidates = {
  linear: (x: Tensor): Tensor => x,
  tanh,
  /** x + ½ where x ≥ 0, else σ(x). */
  positive: (x: Tensor): Tensor => {
    const above = relu(x)
    return add(above, sigmoid(subtract(x, above)))
  },
} as const

export type CandidateActivation = keyof typeof candidates

export interface MinGruOptions extends ParallelOptions {
  /**
   * Of the candidate ñ: `linear` (the paper's equations), `tanh`, or `positive`, the g of the paper's appendix: x + ½ where
   * x ≥ 0, else σ(x), which keeps states positive. Default `linear`.
   */
  readonly activation?: CandidateActivation
}

export const candidateNames = Object.keys(candidates) as CandidateActivation[]

/**
 * Minimal gated recurrent unit (Feng et al. 2024, "Were RNNs All We Needed?", section 3.1). Gates z n see the input only:
 *
 *     [z n] = xₜ · kernel + bias
 *     hₜ = (1 − σ(z)) ∗ hₜ₋₁ + σ(z) ∗ activation(n)
 *
 * One product serves all steps; a linear recurrence is what is left of the walk along time. It runs in this form, not in the
 * logarithms of the paper's appendix, and begins with zeros.
 *
 * [batch, time, features] → [batch, units], or [batch, time, units] with `returnSequences`. kernel [features, 2 · units],
 * bias [2 · units].
 */
export function minGRU<const Returned extends boolean = false>(
  options: MinGruOptions & ReturnState<Returned>,
): RecurrentLayer<[h: SymbolicTensor], Returned> {
  known('minGRU', options, [...parallelOptionNames, 'activation'])
  const settings = parallelSettings('minGRU', options)
  const activation = oneOf('minGRU', 'activation', options.activation, candidateNames, 'linear')
  return recurrentLayer({
    kind: 'minGRU',
    name: options.name,
    settings,
    options: { activation },
    states: ['h'],
    walk(x, scope, { reverse, initial }) {
      const sizes = { features: features(x, 'input'), gates: 2 }
      const products = gateProducts(withoutPadding(x, scope, reverse), scope, settings, sizes)
      const [z, n] = products as [Tensor, Tensor]
      const h = cellState(scope, 'h', settings.units, settings.stateful, initial[0])
      const kept = withZoneout(sigmoid(affine(z, -1)), x, scope, settings)
      const { y, finalH } = linearRecurrence(kept, candidates[activation](n), {
        convex: true,
        lengths: scope.lengthsOf(x),
        initialH: h.initial,
        reverse,
      })
      h.store(finalH)
      return { y, last: finalH, final: [finalH] }
    },
  })
}
