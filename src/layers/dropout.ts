import { dropout as dropoutOperation } from '../graph/index.js'
import { defineLayer, type Layer } from './layer.js'
import { known, type LayerOptions, rate as readRate } from './options.js'

export interface DropoutOptions extends LayerOptions {
  /** Share of the elements set to 0 while training, in [0, 1). The others are divided by 1 − rate. */
  readonly rate: number
}

/**
 * Sets elements to 0 at random while training (Srivastava et al. 2014); does nothing otherwise. The mask depends on
 * seed, run, layer, row, time and feature only, so it is the same on every backend.
 */
export function dropout(options: DropoutOptions): Layer {
  known('dropout', options, ['rate'])
  const rate = readRate('dropout', 'rate', options.rate)
  return defineLayer({
    kind: 'dropout',
    name: options.name,
    options: { rate },
    trace(x, scope) {
      if (scope.mode !== 'train' || rate === 0) return x
      return dropoutOperation(x, scope.random(scope.scalar('rate', rate)))
    },
  })
}
