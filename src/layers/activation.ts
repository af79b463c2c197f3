import { type Activation, activations } from './activations.js'
import { defineLayer, type Layer } from './layer.js'
import { known, type LayerOptions, activation as readActivation } from './options.js'

export interface ActivationOptions extends LayerOptions {
  readonly activation: Activation
}

/** y = activation(x), element by element; `softmax` over the last axis. */
export function activation(options: ActivationOptions): Layer {
  known('activation', options, ['activation'])
  const act = readActivation('activation', options.activation, 'linear')
  return defineLayer({
    kind: 'activation',
    name: options.name,
    options: { activation: act },
    trace: (x) => activations[act](x),
  })
}
