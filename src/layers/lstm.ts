import { type LoopedLstmWeights, loopedLstm } from '../cells/looped.js'
import { features, type LstmOperationOptions, lstm as lstmOperation, type Tensor } from '../graph/index.js'
import { type Activation, activations } from './activations.js'
import type { Scope } from './layer.js'
import { cellMasks, dropInput, stateMasks } from './masks.js'
import { activation, count, flag, gateActivation, known, oneOf, rate, unitForgetBias } from './options.js'
import { type RecomputeOptions, recomputedWalk, recomputeOption } from './recompute.js'
import { cellState, cellWeights, type RecurrentLayer, recurrentLayer } from './recurrent.js'
import {
  type RecurrentOptions,
  type ReturnState,
  recurrentOptionNames,
  recurrentSettings,
} from './recurrent-settings.js'
import type { SymbolicTensor } from './symbolic.js'

export interface LstmOptions extends RecurrentOptions, RecomputeOptions {
  /** Start the forget gate's bias at 1 (Jozefowicz et al. 2015). Default true. */
  readonly unitForgetBias?: boolean
  /** Of the candidate and of the cell on its way out. Default `tanh`; another runs as a loop without a kernel. */
  readonly activation?: Activation
  /** Of the gates. Default `sigmoid`; another runs as a loop without a kernel. */
  readonly recurrentActivation?: Activation
  /**
   * Let the gates see the cell, unit by unit: i and f its old value, o its new one (Gers and Schmidhuber 2000; P of ONNX, in
   * the order i f o). The weights `peepholes` [3 · units] begin at 0, where the cell is one without them. Default false.
   */
  readonly peepholes?: boolean
  /**
   * `coupled`: the input gate is 1 − σ(f), and weights have the gates f g o; peepholes then f o (CIFG: Greff et al. 2017).
   * `input_forget` of ONNX, f = 1 − σ(i), is the same cell: σ(−a) = 1 − σ(a), so take the weights of its i, all with the
   * other sign, as those of f. Default `separate`.
   */
  readonly inputGate?: InputGate
  /**
   * The same as `zoneoutH` of the cell: cₜ = zoneoutC ∗ cₜ₋₁ + (1 − zoneoutC) ∗ new c (Krueger et al. 2017, eq. 4, with 0.5 and
   * a `zoneoutH` of 0.05 for text). The new h is that of the new c. Default 0.
   */
  readonly zoneoutC?: number
  /**
   * Make h so small by a product (LSTMP: Sak et al. 2014; `proj_size` of PyTorch): `recurrentKernel` and whatever reads the layer
   * have that many inputs instead of `units`. Runs as a loop. Default: h has all units.
   */
  readonly projection?: number
  /**
   * Normalize what the gates are summed of and what of the cell is seen (Ba et al. 2016, eq. 20–22), with the weights
   * `kernelGamma`, `recurrentGamma` [4 · units], `cellGamma` and `cellBeta` [units]. Runs as a loop. Default false.
   */
  readonly layerNormalization?: boolean
}

const inputGates = ['separate', 'coupled'] as const
type InputGate = (typeof inputGates)[number]

/** Each [batch, units]; h [batch, projection] with one. */
export type LstmStates = [h: SymbolicTensor, c: SymbolicTensor]

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gates: Gers et al. 2000). Gates i f g o:
 *
 *     [i f g o] = xₜ · kernel + hₜ₋₁ · recurrentKernel + bias
 *     cₜ = σ(f) ∗ cₜ₋₁ + σ(i) ∗ tanh(g)          inputGate 'coupled': σ(f) ∗ cₜ₋₁ + (1 − σ(f)) ∗ tanh(g)
 *     hₜ = σ(o) ∗ tanh(cₜ)
 *
 * With `peepholes` p, i and f are taken of i + pᵢ ∗ cₜ₋₁ and f + p_f ∗ cₜ₋₁, and o of o + pₒ ∗ cₜ. With a `projection`
 * hₜ = (σ(o) ∗ tanh(cₜ)) · projectionKernel, [units, projection]. With `layerNormalization`, LN(z; γ) = γ ∗ (z − mean) ∕ √(variance + 10⁻³)
 * over all gates together:
 *
 *     [i f g o] = LN(xₜ · kernel; kernelGamma) + LN(hₜ₋₁ · recurrentKernel; recurrentGamma) + bias
 *     hₜ = σ(o) ∗ tanh(LN(cₜ; cellGamma) + cellBeta)
 *
 * [batch, time, features] → [batch, units], or [batch, time, units] with `returnSequences`; `projection` in place of units with one.
 */
export function lstm<const Returned extends boolean = false>(
  options: LstmOptions & ReturnState<Returned>,
): RecurrentLayer<LstmStates, Returned> {
  known('lstm', options, [
    ...recurrentOptionNames,
    'activation',
    'recurrentActivation',
    'unitForgetBias',
    'peepholes',
    'inputGate',
    'zoneoutC',
    'projection',
    'layerNormalization',
    'recompute',
  ])
  const act = activation('lstm', options.activation, 'tanh')
  const gateAct = gateActivation('lstm', options.recurrentActivation)
  const read = recurrentSettings('lstm', options)
  const unitForget = flag('lstm', 'unitForgetBias', options.unitForgetBias, true)
  const peepholes = flag('lstm', 'peepholes', options.peepholes, false)
  const inputGate = oneOf('lstm', 'inputGate', options.inputGate, inputGates, 'separate')
  const zoneoutC = rate('lstm', 'zoneoutC', options.zoneoutC ?? 0)
  const projection =
    options.projection === undefined ? undefined : count('lstm', 'projection', options.projection)
  const layerNormalization = flag('lstm', 'layerNormalization', options.layerNormalization, false)
  const coupled = inputGate === 'coupled'
  const gates = coupled ? 3 : 4
  const { units } = read
  const sizeOfH = projection ?? units
  // Gates i f g o, or f g o.
  const settings = unitForget
    ? { ...read, biasInitializer: unitForgetBias(read.biasInitializer, units, (gates - 3) * units) }
    : read
  /** One of a vector, which begins as that number everywhere. */
  const vector = (scope: Scope, name: string, size: number, value: number): Tensor =>
    scope.parameter({ name, shape: [size], initialize: () => new Float32Array(size).fill(value) })
  const weightsOf = (scope: Scope, inputDim: number): LoopedLstmWeights => ({
    ...cellWeights(scope, settings, { features: inputDim, gates, sizeOfH }),
    peepholes: peepholes ? vector(scope, 'peepholes', (gates - 1) * units, 0) : undefined,
    projectionKernel:
      projection === undefined
        ? undefined
        : scope.parameter({
            name: 'projectionKernel',
            shape: [units, projection],
            initialize: (s, r) => settings.kernelInitializer.fill(s, r),
            regularizer: settings.kernelRegularizer,
          }),
    normalization: layerNormalization
      ? {
          kernelGamma: vector(scope, 'kernelGamma', gates * units, 1),
          recurrentGamma: vector(scope, 'recurrentGamma', gates * units, 1),
          cellGamma: vector(scope, 'cellGamma', units, 1),
          cellBeta: vector(scope, 'cellBeta', units, 0),
        }
      : undefined,
  })
  const fused = act === 'tanh' && gateAct === 'sigmoid' && projection === undefined && !layerNormalization
  const recompute = recomputeOption('lstm', options.recompute, fused)
  const states = ['h', 'c'] as const
  return recurrentLayer({
    kind: 'lstm',
    name: options.name,
    settings,
    options: {
      activation: act,
      recurrentActivation: gateAct,
      unitForgetBias: unitForget,
      peepholes,
      inputGate,
      zoneoutC,
      ...(projection !== undefined && { projection }),
      layerNormalization,
      recompute,
    },
    states,
    walk(x, scope, { reverse, initial }) {
      const weights = weightsOf(scope, features(x, 'input'))
      const h = cellState(scope, 'h', sizeOfH, settings.stateful, initial[0])
      const c = cellState(scope, 'c', units, settings.stateful, initial[1])
      const dropped = dropInput(x, scope, settings)
      const sequence = {
        ...stateMasks(x, scope, settings, sizeOfH),
        ...cellMasks(x, scope, zoneoutC, units),
        coupled,
        lengths: scope.lengthsOf(x),
        initialH: h.initial,
        initialC: c.initial,
        reverse,
        training: scope.mode === 'train',
      }
      const kernel = (steps: Tensor, options: LstmOperationOptions) => lstmOperation(steps, weights, options)
      const looped = { activation: activations[act], recurrentActivation: activations[gateAct] }
      const { y, finalH, finalC } = !fused
        ? loopedLstm(dropped, weights, { ...sequence, ...looped })
        : recompute
          ? recomputedWalk(kernel, dropped, scope, sequence, { units, states })
          : kernel(dropped, sequence)
      h.store(finalH)
      c.store(finalC)
      return { y, last: finalH, final: [finalH, finalC] }
    },
  })
}
