import { loopedGru } from '../cells/looped.js'
import { features, gru as gruOperation, type Tensor, type UpdateGate, updateGates } from '../graph/index.js'
import { type Activation, activations } from './activations.js'
import { dropInput, stateMasks } from './masks.js'
import { activation, flag, gateActivation, known, oneOf } from './options.js'
import { type RecomputeOptions, recomputedWalk, recomputeOption } from './recompute.js'
import { cellState, cellWeights, type RecurrentLayer, recurrentLayer } from './recurrent.js'
import {
  type RecurrentOptions,
  type ReturnState,
  recurrentOptionNames,
  recurrentSettings,
} from './recurrent-settings.js'
import type { SymbolicTensor } from './symbolic.js'

export interface GruOptions extends RecurrentOptions, RecomputeOptions {
  /** Of the candidate n. Default `tanh`; another runs as a loop without a kernel. */
  readonly activation?: Activation
  /** Of the gates z and r. Default `sigmoid`; another runs as a loop without a kernel. */
  readonly recurrentActivation?: Activation
  /**
   * Apply the reset gate after the recurrent product (cuDNN, Keras' default), with a recurrent bias of its own, or
   * to the state before it (Cho et al. 2014). Default true.
   */
  readonly resetAfter?: boolean
  /**
   * Which state the update gate weighs: `previous` as Cho et al. 2014, Keras, PyTorch and ONNX have it, `candidate` as Chung et
   * al. 2014. The two differ in the sign of the weights of z. Default `previous`.
   */
  readonly updateGate?: UpdateGate
}

/**
 * Gated recurrent unit (Cho et al. 2014). Gates z r n, with a = xₜ · kernel + bias and R the recurrent kernel:
 *
 *     z, r = σ(a + hₜ₋₁ · R + recurrentBias)
 *     n = tanh(a + r ∗ (hₜ₋₁ · R + recurrentBias))      resetAfter
 *     n = tanh(a + (r ∗ hₜ₋₁) · R)                      otherwise
 *     hₜ = z ∗ hₜ₋₁ + (1 − z) ∗ n                      updateGate 'candidate': (1 − z) ∗ hₜ₋₁ + z ∗ n
 *
 * [batch, time, features] → [batch, units], or [batch, time, units] with `returnSequences`.
 */
export function gru<const Returned extends boolean = false>(
  options: GruOptions & ReturnState<Returned>,
): RecurrentLayer<[h: SymbolicTensor], Returned> {
  known('gru', options, [
    ...recurrentOptionNames,
    'activation',
    'recurrentActivation',
    'resetAfter',
    'updateGate',
    'recompute',
  ])
  const act = activation('gru', options.activation, 'tanh')
  const gateAct = gateActivation('gru', options.recurrentActivation)
  const settings = recurrentSettings('gru', options)
  const resetAfter = flag('gru', 'resetAfter', options.resetAfter, true)
  const updateGate = oneOf('gru', 'updateGate', options.updateGate, updateGates, 'previous')
  const { units, useBias, biasInitializer } = settings
  const hasKernel = act === 'tanh' && gateAct === 'sigmoid'
  const recompute = recomputeOption('gru', options.recompute, hasKernel)
  const states = ['h'] as const
  return recurrentLayer({
    kind: 'gru',
    name: options.name,
    settings,
    options: { activation: act, recurrentActivation: gateAct, resetAfter, updateGate, recompute },
    states,
    walk(x, scope, { reverse, initial }) {
      const weights = cellWeights(scope, settings, { features: features(x, 'input'), gates: 3 })
      const recurrentBias =
        useBias && resetAfter
          ? scope.parameter({
              name: 'recurrentBias',
              shape: [3 * units],
              initialize: (s, r) => biasInitializer.fill(s, r),
              regularizer: settings.biasRegularizer,
            })
          : undefined
      const h = cellState(scope, 'h', units, settings.stateful, initial[0])
      const dropped = dropInput(x, scope, settings)
      const all = { ...weights, recurrentBias }
      const sequence = {
        ...stateMasks(x, scope, settings, units),
        lengths: scope.lengthsOf(x),
        initialH: h.initial,
        reverse,
        training: scope.mode === 'train',
        resetAfter,
        updateGate,
      }
      const kernel = (steps: Tensor, given: typeof sequence) => gruOperation(steps, all, given)
      const looped = { activation: activations[act], recurrentActivation: activations[gateAct] }
      const { y, finalH } = !hasKernel
        ? loopedGru(dropped, all, { ...sequence, ...looped })
        : recompute
          ? recomputedWalk(kernel, dropped, scope, sequence, { units, states })
          : kernel(dropped, sequence)
      h.store(finalH)
      return { y, last: finalH, final: [finalH] }
    },
  })
}
