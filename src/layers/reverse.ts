import { fill, gatherSteps, maskOrder, reverseTime, selectSteps, stepMask } from '../graph/index.js'
import { defineLayer, type Layer } from './layer.js'
import { known, type LayerOptions } from './options.js'
import { checkSequence, refuseStreaming } from './recurrent.js'

/**
 * The valid steps of each row in the opposite order, yₜ = xₙ₊₁₋ₜ of n valid steps; zeros behind them. [batch, time, features] → the
 * same. A source read backwards has its first words near the first words of the target (Sutskever et al. 2014).
 */
export function reverse(options: LayerOptions = {}): Layer {
  known('reverse', options, [])
  return defineLayer({
    kind: 'reverse',
    name: options.name,
    options: {},
    takesSequences: true,
    trace(x, scope) {
      checkSequence(x, scope)
      refuseStreaming(scope, 'reverse')
      const lengths = scope.lengthsOf(x)
      const backwards = reverseTime(x)
      const mask = lengths && scope.maskOf(x)
      if (!mask) return backwards
      // Padding comes first now: what is valid moves to the front again.
      const [time, batch] = mask.shape as [(typeof mask.shape)[number], (typeof mask.shape)[number]]
      const valid = selectSteps(mask, fill(scope.graph, [time, batch, 1], 1))
      return gatherSteps(backwards, maskOrder(stepMask(reverseTime(valid), 0)).order)
    },
  })
}
