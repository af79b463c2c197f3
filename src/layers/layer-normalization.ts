import { OstinatoError } from '../errors.js'
import { features, layerNorm } from '../graph/index.js'
import { defineLayer, type Layer } from './layer.js'
import { flag, known, type LayerOptions } from './options.js'

export interface LayerNormalizationOptions extends LayerOptions {
  /** Added to the variance. Default 1e-3 (Keras). */
  readonly epsilon?: number
  /** Learn a shift β, which begins at 0. Default true. */
  readonly center?: boolean
  /** Learn a scale γ, which begins at 1. Default true. */
  readonly scale?: boolean
}

/**
 * y = γ ∗ (x − μ) ∕ √(σ² + epsilon) + β, with the mean μ and the variance σ² of the features of each row and step (Ba et al. 2016).
 * [..., features] → [..., features].
 */
export function layerNormalization(options: LayerNormalizationOptions = {}): Layer {
  const kind = 'layerNormalization'
  known(kind, options, ['epsilon', 'center', 'scale'])
  const { epsilon = 1e-3 } = options
  if (!(epsilon > 0 && epsilon < Number.POSITIVE_INFINITY)) {
    throw new OstinatoError('INVALID_OPTION', `${kind}, epsilon`, {
      expected: 'a finite number above 0',
      received: String(epsilon),
    })
  }
  const center = flag(kind, 'center', options.center, true)
  const scaled = flag(kind, 'scale', options.scale, true)
  return defineLayer({
    kind,
    name: options.name,
    options: { epsilon, center, scale: scaled },
    trace(x, scope) {
      const size = features(x, 'input')
      const weight = (name: string, value: number) =>
        scope.parameter({ name, shape: [size], initialize: () => new Float32Array(size).fill(value) })
      const scale = scaled ? weight('gamma', 1) : undefined
      const shift = center ? weight('beta', 0) : undefined
      return layerNorm(x, { scale, shift, epsilon })
    },
  })
}
