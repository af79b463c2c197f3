import { features, matmul } from '../graph/index.js'
import { type Activation, activations } from './activations.js'
import { defineLayer, type Layer } from './layer.js'
import {
  activation,
  count,
  flag,
  type InitializerOption,
  initializer,
  known,
  type LayerOptions,
  type RegularizerOption,
  regularizer,
  saved,
  savedPenalty,
} from './options.js'

export interface DenseOptions extends LayerOptions {
  /** Size of the last axis of the output. */
  readonly units: number
  /** Default `linear`. */
  readonly activation?: Activation
  /** Default true. */
  readonly useBias?: boolean
  /** Default `glorotUniform`. */
  readonly kernelInitializer?: InitializerOption
  /** Default `zeros`. */
  readonly biasInitializer?: InitializerOption
  /** Penalty on the kernel, such as `regularizers.l2(1e-4)`. Default none. */
  readonly kernelRegularizer?: RegularizerOption
  /** Default none. */
  readonly biasRegularizer?: RegularizerOption
}

/** y = activation(x · kernel + bias) on the last axis: [..., features] → [..., units], every time step alike. */
export function dense(options: DenseOptions): Layer {
  known('dense', options, [
    'units',
    'activation',
    'useBias',
    'kernelInitializer',
    'biasInitializer',
    'kernelRegularizer',
    'biasRegularizer',
  ])
  const units = count('dense', 'units', options.units)
  const act = activation('dense', options.activation, 'linear')
  const useBias = flag('dense', 'useBias', options.useBias, true)
  const kernelInit = initializer('dense', 'kernelInitializer', options.kernelInitializer, 'glorotUniform')
  const biasInit = initializer('dense', 'biasInitializer', options.biasInitializer, 'zeros')
  const kernelRegularizer = regularizer('dense', 'kernelRegularizer', options.kernelRegularizer)
  const biasRegularizer = regularizer('dense', 'biasRegularizer', options.biasRegularizer)
  return defineLayer({
    kind: 'dense',
    name: options.name,
    options: {
      units,
      activation: act,
      useBias,
      kernelInitializer: saved(kernelInit),
      biasInitializer: saved(biasInit),
      kernelRegularizer: savedPenalty(kernelRegularizer),
      biasRegularizer: savedPenalty(biasRegularizer),
    },
    trace(x, scope) {
      const size = features(x, 'input')
      const kernel = scope.parameter({
        name: 'kernel',
        shape: [size, units],
        initialize: (s, r) => kernelInit.fill(s, r),
        regularizer: kernelRegularizer,
      })
      const bias = useBias
        ? scope.parameter({
            name: 'bias',
            shape: [units],
            initialize: (s, r) => biasInit.fill(s, r),
            regularizer: biasRegularizer,
          })
        : undefined
      return activations[act](matmul(x, kernel, bias))
    },
  })
}
