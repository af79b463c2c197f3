/** What cells share whose gates see only the input: all their products are made at once, and a linear recurrence is left. */
import { add, holdLast, matmul, split, type Tensor } from '../graph/index.js'
import type { Initializer } from '../initializers/index.js'
import type { Scope } from './layer.js'
import { count, flag, initializer } from './options.js'
import {
  type RecurrentOptions,
  type ReturnState,
  recurrentOptionNames,
  type SequenceSettings,
  sequenceSettings,
} from './recurrent.js'

/** Those of the recurrent layers, but there are no recurrent weights. */
export type ParallelOptions = Omit<RecurrentOptions, 'recurrentInitializer'>

export const parallelOptionNames = recurrentOptionNames.filter((name) => name !== 'recurrentInitializer')

export interface ParallelSettings extends SequenceSettings {
  readonly units: number
  readonly useBias: boolean
  readonly kernelInitializer: Initializer
  readonly biasInitializer: Initializer
}

export function parallelSettings(
  where: string,
  options: ParallelOptions & ReturnState<boolean>,
): ParallelSettings {
  return {
    units: count(where, 'units', options.units),
    ...sequenceSettings(where, options),
    useBias: flag(where, 'useBias', options.useBias, true),
    kernelInitializer: initializer(where, 'kernelInitializer', options.kernelInitializer, 'glorotUniform'),
    biasInitializer: initializer(where, 'biasInitializer', options.biasInitializer, 'zeros'),
  }
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
  const kernel = scope.parameter({
    name: 'kernel',
    shape: [features, gates * units],
    initialize: (s, r) => kernelInitializer.fill(s, r),
  })
  const bias = useBias
    ? scope.parameter({
        name: 'bias',
        shape: [biased * units],
        initialize: (s, r) => biasInitializer.fill(s, r),
      })
    : undefined
  const biases = bias ? split(bias, biased) : []
  // Taking a product apart copies all its steps; taking the weights apart copies these, which a single step would notice.
  if (scope.mode === 'step') {
    const products = split(matmul(x, kernel), gates)
    return products.map((product, gate) => (biases[gate] ? add(product, biases[gate]) : product))
  }
  return split(kernel, gates).map((part, gate) => matmul(x, part, biases[gate]))
}
