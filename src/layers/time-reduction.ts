import {
  add,
  affine,
  broadcast,
  concat,
  type Dimension,
  divide,
  fill,
  relu,
  resizeTime,
  shapeName,
  slice,
  type Tensor,
} from '../graph/index.js'
import { mismatch } from '../graph/operations.js'
import { defineLayer, type Layer } from './layer.js'
import { count, known, type LayerOptions, oneOf } from './options.js'
import { checkSequence, refuseStreaming } from './recurrent.js'

const modes = ['concatenate', 'average'] as const

export interface TimeReductionOptions extends LayerOptions {
  /** How many neighbouring steps become one. Default 2. */
  readonly factor?: number
  /** Their features side by side, or the mean of those that are valid. Default `concatenate`. */
  readonly mode?: (typeof modes)[number]
}

/**
 * Makes one step of every `factor` steps, as between the layers of a pyramid (Chan et al. 2016, "Listen, Attend and Spell"):
 *
 *     yₜ = [x₂ₜ x₂ₜ₊₁]          concatenate: [batch, time, features] → [batch, ⌈time ∕ 2⌉, 2 · features]
 *     yₜ = (x₂ₜ + x₂ₜ₊₁) ∕ 2    average: [batch, time, features] → [batch, ⌈time ∕ 2⌉, features]
 *
 * Of n valid steps ⌈n ∕ 2⌉ remain valid. Where the last one lacks its neighbour, zeros stand beside it, or it is its own mean. A
 * session refuses the layer: it would have to wait for the neighbour.
 */
export function timeReduction(options: TimeReductionOptions = {}): Layer {
  known('timeReduction', options, ['factor', 'mode'])
  const factor = count('timeReduction', 'factor', options.factor ?? 2)
  const mode = oneOf('timeReduction', 'mode', options.mode, modes, 'concatenate')
  return defineLayer({
    kind: 'timeReduction',
    name: options.name,
    options: { factor, mode },
    trace(x, scope) {
      refuseStreaming(scope, 'timeReduction')
      checkSequence(x, scope)
      if (x.shape.length !== 3 || x.type !== 'f32')
        throw mismatch(x, 'input', 'float32 [batch, time, features]', `${x.type} ${shapeName(x.shape)}`)
      const { graph } = scope
      const lengths = scope.lengthsOf(x)
      const short = scope.deriveAxis(x, 'steps', (n) => Math.ceil(n / factor))
      const padded = graph.dimensions.product([short, graph.dimensions.constant(factor)])
      /** The steps t, t + factor, t + 2 · factor, … for every t below factor; zeros where there are none. */
      const parts = (sequence: Tensor): Tensor[] => {
        const rest = sequence.shape.slice(1)
        const whole = graph.reshape(resizeTime(sequence, padded, lengths), [short, factor, ...rest])
        return Array.from({ length: factor }, (_, t) =>
          graph.reshape(slice(whole, 1, t, 1), [short, ...rest]),
        )
      }
      if (mode === 'concatenate') return parts(x).reduce((a, b) => concat(a, b, -1))
      const ones = fill(graph, x.shape.slice(0, 2), 1)
      const counts = parts(ones).reduce(add)
      // At least 1: masked steps are zeros.
      const divisors = affine(relu(affine(counts, 1, -1)), 1, 1)
      return divide(parts(x).reduce(add), broadcast(divisors, 2, x.shape[2] as Dimension))
    },
  })
}
