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
  saved,
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
}

/** y = activation(x · kernel + bias) on the last axis: [..., features] → [..., units], every time step alike. */
export function dense(options: DenseOptions): Layer {
  known('dense', options, ['units', 'activation', 'useBias', 'kernelInitializer', 'biasInitializer'])
  const units = count('dense', 'units', options.units)
  const act = activation('dense', options.activation, 'linear')
  const useBias = flag('dense', 'useBias', options.useBias, true)
  const kernelInit = initializer('dense', 'kernelInitializer', options.kernelInitializer, 'glorotUniform')
  const biasInit = initializer('dense', 'biasInitializer', options.biasInitializer, 'zeros')
  return defineLayer({
    kind: 'dense',
    name: options.name,
    options: {
      units,
      activation: act,
      useBias,
      kernelInitializer: saved(kernelInit),
      biasInitializer: saved(biasInit),
    },
    trace(x, scope) {
      const size = features(x, 'input')
      const kernel = scope.parameter({
        name: 'kernel',
        shape: [size, units],
        initialize: (s, r) => kernelInit.fill(s, r),
      })
      const bias = useBias
        ? scope.parameter({ name: 'bias', shape: [units], initialize: (s, r) => biasInit.fill(s, r) })
        : undefined
      return activations[act](matmul(x, kernel, bias))
    },
  })
}
