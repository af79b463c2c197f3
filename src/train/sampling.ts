import { OstinatoError } from '../errors.js'
import { checkOptions } from '../suggest.js'

/** A number above `low`, and at most `high`. */
function within(where: string, value: number, low: number, high: number): number {
  if (value > low && value <= high) return value
  throw new OstinatoError('INVALID_OPTION', where, {
    expected: `a number above ${low}${high === Number.POSITIVE_INFINITY ? '' : `, at most ${high}`}`,
    received: String(value),
  })
}

/**
 * How often a step is given the target before it, as training goes on (Bengio et al. 2015, section 2.4): functions of the number i of the
 * step, for `teacherForcing`.
 *
 *     linear            max(least, 1 − i ∕ steps)
 *     exponential       decayⁱ
 *     inverseSigmoid    k ∕ (k + exp(i ∕ k))
 */
export const samplingSchedules = {
  /** Falls to `least` (default 0), and would be at 0 after so many steps. */
  linear(options: { readonly steps: number; readonly least?: number }): (step: number) => number {
    checkOptions('samplingSchedules.linear', options, ['steps', 'least'])
    const { steps, least = 0 } = options
    within('samplingSchedules.linear, steps', steps, 0, Number.POSITIVE_INFINITY)
    within('samplingSchedules.linear, least', least, -Number.MIN_VALUE, 1)
    return (step) => Math.max(least, 1 - step / steps)
  },
  /** `decay` is a little below 1. */
  exponential(options: { readonly decay: number }): (step: number) => number {
    checkOptions('samplingSchedules.exponential', options, ['decay'])
    const decay = within('samplingSchedules.exponential, decay', options.decay, 0, 1)
    return (step) => decay ** step
  },
  /** The greater k, the later it falls: a half at about k · ln k. */
  inverseSigmoid(options: { readonly k: number }): (step: number) => number {
    checkOptions('samplingSchedules.inverseSigmoid', options, ['k'])
    const k = within('samplingSchedules.inverseSigmoid, k', options.k, 1, Number.POSITIVE_INFINITY)
    return (step) => k / (k + Math.exp(step / k))
  },
} as const
