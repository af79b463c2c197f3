/** What cells share whose gates see only the input: all their products are made at once, and a linear recurrence is left. */
import {
  add,
  affine,
  clip,
  holdLast,
  matmul,
  multiply,
  oneMinus,
  split,
  type Tensor,
} from '../graph/index.js'
import type { Scope } from './layer.js'
import { dropInput, stateMasks } from './masks.js'
import {
  type RecurrentOptions,
  type RecurrentSettings,
  type ReturnState,
  recurrentOptionNames,
  recurrentSettings,
} from './recurrent-settings.js'

/** What only recurrent weights have. */
const ofRecurrentWeights = ['recurrentInitializer', 'recurrentRegularizer', 'recurrentDropout'] as const
type OfRecurrentWeights = (typeof ofRecurrentWeights)[number]

function isOfRecurrentWeights(name: string): name is OfRecurrentWeights {
  return (ofRecurrentWeights as readonly string[]).includes(name)
}

/** Those of the recurrent layers, but there are no recurrent weights. */
export type ParallelOptions = Omit<RecurrentOptions, OfRecurrentWeights>

export const parallelOptionNames = recurrentOptionNames.filter(
  (name): name is Exclude<typeof name, OfRecurrentWeights> => !isOfRecurrentWeights(name),
)

export type ParallelSettings = Omit<RecurrentSettings, OfRecurrentWeights>

export function parallelSettings(
  where: string,
  options: ParallelOptions & ReturnState<boolean>,
): ParallelSettings {
  const all = Object.entries(recurrentSettings(where, options))
  return Object.fromEntries(all.filter(([name]) => !isOfRecurrentWeights(name))) as never
}

/** The share of the state that a step of x keeps, where zoneout lets some units keep all of it. */
export function withZoneout(kept: Tensor, x: Tensor, scope: Scope, settings: ParallelSettings): Tensor {
  const { units, zoneoutH: rate } = settings
  const { updateH, zoneoutH } = stateMasks(x, scope, { recurrentDropout: 0, zoneoutH: rate }, units)
  // What is not 0 is 1 ∕ (1 − rate), as dropout makes it.
  if (updateH) return oneMinus(multiply(oneMinus(kept), clip(updateH, 0, 1)))
  return zoneoutH > 0 ? affine(kept, 1 - zoneoutH, zoneoutH) : kept
}

/**
 * x, where masked steps repeat the valid one walked before them: whatever the padding holds, be it NaN, must not reach the
 * gradients of weights.
 */
export function withoutPadding(x: Tensor, scope: Scope, reverse: boolean): Tensor {
  const lengths = scope.lengthsOf(x)
  return lengths ? holdLast(x, { lengths, reverse }).y : x
}

/**
 * x · kernel + bias of every gate, [time, batch, units] each: kernel [features, gates · units], bias [biased · units] of the
 * first `biased` gates.
 */
export function gateProducts(
  x: Tensor,
  scope: Scope,
  settings: ParallelSettings,
  { features, gates, biased = gates }: { features: number; gates: number; biased?: number },
): Tensor[] {
  const { units, useBias, kernelInitializer, biasInitializer } = settings
  const seen = dropInput(x, scope, settings)
  const kernel = scope.parameter({
    name: 'kernel',
    shape: [features, gates * units],
    initialize: (s, r) => kernelInitializer.fill(s, r),
    regularizer: settings.kernelRegularizer,
  })
  const bias = useBias
    ? scope.parameter({
        name: 'bias',
        shape: [biased * units],
        initialize: (s, r) => biasInitializer.fill(s, r),
        regularizer: settings.biasRegularizer,
      })
    : undefined
  const biases = bias ? split(bias, biased) : []
  // Taking a product apart copies all its steps; taking the weights apart copies these, which a single step would notice.
  if (scope.mode === 'step') {
    const products = split(matmul(seen, kernel), gates)
    return products.map((product, gate) => (biases[gate] ? add(product, biases[gate]) : product))
  }
  return split(kernel, gates).map((part, gate) => matmul(seen, part, biases[gate]))
}
