import { add, divide, features, linearRecurrence, sigmoid, type Tensor } from '../graph/index.js'
import { type CandidateActivation, candidateNames, candidates } from './min-gru.js'
import { flag, known, oneOf, unitForgetBias } from './options.js'
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

export interface MinLstmOptions extends ParallelOptions {
  /** Of the candidate, as in `minGRU`: `linear`, `tanh` or `positive`. Default `linear`. */
  readonly activation?: CandidateActivation
  /** Start the forget gate's bias at 1, as in `lstm`. Default false, as in the paper. */
  readonly unitForgetBias?: boolean
}

/**
 * Minimal long short-term memory (Feng et al. 2024, "Were RNNs All We Needed?", section 3.2). Gates i f g see the input only,
 * and share out what the state is made of:
 *
 *     [i f g] = xₜ · kernel + bias
 *     f′ = σ(f) ∕ (σ(f) + σ(i))
 *     hₜ = f′ ∗ hₜ₋₁ + (1 − f′) ∗ activation(g)
 *
 * 1 − f′ is the i′ = σ(i) ∕ (σ(f) + σ(i)) of the paper. One product serves all steps; it runs in this form, not in logarithms.
 *
 * [batch, time, features] → [batch, units], or [batch, time, units] with `returnSequences`. kernel [features, 3 · units],
 * bias [3 · units].
 */
export function minLSTM<const Returned extends boolean = false>(
  options: MinLstmOptions & ReturnState<Returned>,
): RecurrentLayer<[h: SymbolicTensor], Returned> {
  known('minLSTM', options, [...parallelOptionNames, 'activation', 'unitForgetBias'])
  const read = parallelSettings('minLSTM', options)
  const activation = oneOf('minLSTM', 'activation', options.activation, candidateNames, 'linear')
  const unitForget = flag('minLSTM', 'unitForgetBias', options.unitForgetBias, false)
  const { units } = read
  const settings = unitForget
    ? { ...read, biasInitializer: unitForgetBias(read.biasInitializer, units, units) }
    : read
  return recurrentLayer({
    kind: 'minLSTM',
    name: options.name,
    settings,
    options: { activation, unitForgetBias: unitForget },
    states: ['h'],
    walk(x, scope, { reverse, initial }) {
      const sizes = { features: features(x, 'input'), gates: 3 }
      const products = gateProducts(withoutPadding(x, scope, reverse), scope, settings, sizes)
      const [i, f, g] = products as [Tensor, Tensor, Tensor]
      const forget = sigmoid(f)
      const share = divide(forget, add(forget, sigmoid(i)))
      const h = cellState(scope, 'h', units, settings.stateful, initial[0])
      const { y, finalH } = linearRecurrence(
        withZoneout(share, x, scope, settings),
        candidates[activation](g),
        {
          convex: true,
          lengths: scope.lengthsOf(x),
          initialH: h.initial,
          reverse,
        },
      )
      h.store(finalH)
      return { y, last: finalH, final: [finalH] }
    },
  })
}
