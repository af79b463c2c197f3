import { OstinatoError } from '../errors.js'
import { broadcast, features, linearRecurrence, sigmoid } from '../graph/index.js'
import { flag, known } from './options.js'
import { cellState, type RecurrentLayer, recurrentLayer } from './recurrent.js'
import { type RecurrentOptions, type ReturnState, sequenceSettings } from './recurrent-settings.js'
import type { SymbolicTensor } from './symbolic.js'

export interface LeakyOptions
  extends Pick<RecurrentOptions, 'name' | 'goBackwards' | 'stateful' | 'zeroOutputForMask'> {
  /** How much of the state stays from step to step, in [0, 1]: for all units, or one for each. 0 hands v on, 1 never moves. */
  readonly alpha: number | readonly number[]
  /** Learn α, one for each unit: α = σ(a), beginning at `alpha`, which must then lie inside (0, 1). Default false. */
  readonly trainable?: boolean
  /** Hand on every step's u, [batch, time, units], instead of the last valid one, [batch, units]. Default true. */
  readonly returnSequences?: boolean
}

const optionNames = [
  'alpha',
  'trainable',
  'returnSequences',
  'returnState',
  'goBackwards',
  'stateful',
  'zeroOutputForMask',
] as const

/**
 * Leaky units (leaky integrators: Jaeger 2001; Jaeger et al. 2007): a running mean of what comes in, such as the outputs of a
 * recurrent layer before it, remembering about 1 ∕ (1 − α) steps:
 *
 *     uₜ = α ∗ uₜ₋₁ + (1 − α) ∗ vₜ
 *
 * [batch, time, units] → [batch, time, units]. α is the same at every step, so nothing but `alpha` and the state stands between
 * distant steps: a gradient that goes back n steps shrinks by αⁿ.
 */
export function leaky<const Returned extends boolean = false>(
  options: LeakyOptions & ReturnState<Returned>,
): RecurrentLayer<[u: SymbolicTensor], Returned> {
  known('leaky', options, optionNames)
  const trainable = flag('leaky', 'trainable', options.trainable, false)
  const alpha = readAlpha(options.alpha, trainable)
  const settings = sequenceSettings('leaky', options, true)
  return recurrentLayer({
    kind: 'leaky',
    name: options.name,
    settings,
    options: { alpha, trainable },
    states: ['u'],
    walk(x, scope, { reverse, initial }) {
      const { graph } = scope
      const units = features(x, 'input')
      if (typeof alpha !== 'number' && alpha.length !== units) {
        throw new OstinatoError('SHAPE_MISMATCH', `${graph.path}, alpha`, {
          expected: `${units} numbers, one for each unit`,
          received: String(alpha.length),
        })
      }
      const values = (f: (a: number) => number) => () =>
        Float32Array.from({ length: units }, (_, i) => f(typeof alpha === 'number' ? alpha : (alpha[i] ?? 0)))
      const shape = [units]
      const rate = trainable
        ? sigmoid(scope.parameter({ name: 'logit', shape, initialize: values((a) => Math.log(a / (1 - a))) }))
        : scope.parameter({ name: 'alpha', shape, initialize: values((a) => a), trainable: false })
      const everywhere = broadcast(rate, 0, graph.elements(x.shape.slice(0, 2)))
      const u = cellState(scope, 'u', units, settings.stateful, initial[0])
      const { y, finalH } = linearRecurrence(graph.reshape(everywhere, x.shape), x, {
        convex: true,
        lengths: scope.lengthsOf(x),
        initialH: u.initial,
        reverse,
      })
      u.store(finalH)
      return { y, last: finalH, final: [finalH] }
    },
  })
}

function readAlpha(alpha: LeakyOptions['alpha'], trainable: boolean): number | readonly number[] {
  const numbers = Array.isArray(alpha) ? (alpha as readonly number[]) : [alpha as number]
  const fits = (a: number) => typeof a === 'number' && (trainable ? a > 0 && a < 1 : a >= 0 && a <= 1)
  if (numbers.length > 0 && numbers.every(fits)) return alpha
  const range = trainable ? '(0, 1)' : '[0, 1]'
  throw new OstinatoError('INVALID_OPTION', 'leaky, alpha', {
    expected: `a number in ${range}, or one for each unit`,
    received: JSON.stringify(alpha) ?? typeof alpha,
  })
}
