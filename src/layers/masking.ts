import { OstinatoError } from '../errors.js'
import { selectSteps, stepMask } from '../graph/index.js'
import { defineLayer, type Layer } from './layer.js'
import { known, type LayerOptions } from './options.js'
import { checkSequence } from './recurrent.js'

export interface MaskingOptions extends LayerOptions {
  /** A step all of whose features have this value is masked. Default 0. */
  readonly maskValue?: number
}

/**
 * Masks the steps all of whose features are `maskValue` (Keras), wherever they stand: [batch, time, features] → the same, masked steps
 * zero. What comes behind it on this time axis knows the mask, losses included; to what comes before, or does not pass here,
 * all steps stay valid. Steps that a batch masks stay masked.
 */
export function masking(options: MaskingOptions = {}): Layer {
  known('masking', options, ['maskValue'])
  const { maskValue = 0 } = options
  if (typeof maskValue !== 'number' || Number.isNaN(maskValue)) {
    throw new OstinatoError('INVALID_OPTION', 'masking, maskValue', {
      expected: 'a number',
      received: String(maskValue),
    })
  }
  return defineLayer({
    kind: 'masking',
    name: options.name,
    options: { maskValue },
    takesSequences: true,
    trace(x, scope) {
      checkSequence(x, scope)
      const mask = stepMask(x, maskValue, scope.maskOf(x))
      const time = scope.deriveAxis(x, 'valid', (steps) => steps, { mask })
      return selectSteps(mask, x, { time })
    },
  })
}
