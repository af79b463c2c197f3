import type { Kernels } from '../arguments.js'
import { productOf, roundingOf } from './precision.js'
import {
  checkLengths,
  initialRow,
  isMasked,
  keep,
  keptShare,
  linear,
  maskedState,
  orZeros,
  throughMask,
  walk,
} from './sequence.js'
import { add, addOuter, addProductTransposed, each, row } from './shared.js'

/** f(a), and f′ by way of h = f(a). */
const activations = [
  { f: Math.tanh, derivative: (h: number) => 1 - h ** 2 },
  { f: (a: number) => (a < 0 ? 0 : a), derivative: (h: number) => (h > 0 ? 1 : 0) },
  { f: (a: number) => a, derivative: () => 1 },
] as const

export const rnn = {
  rnn(a) {
    const { T, B, I, H, x, kernel, recurrentKernel, bias, initialH, lengths, recurrentMask, updateH } = a
    const { h, reverse, activation, zoneoutH, precision } = a
    checkLengths(lengths, T)
    const [input, recurrent] = [productOf(kernel, H, precision), productOf(recurrentKernel, H, precision)]
    const { f } = activations[activation]!
    for (let b = 0; b < B; b++) {
      const stateAt = (t: number) => row(h, t * B + b, H)
      stateAt(initialRow(T, reverse)).set(orZeros(initialH, b, H))
      for (const { t, from, to } of walk(T, reverse)) {
        if (isMasked(lengths, t, b)) {
          stateAt(to).set(stateAt(from))
          continue
        }
        const n = t * B + b
        const previous = stateAt(from)
        const left = maskedState(previous, recurrentMask, b)
        const sums = linear(H, bias, [row(x, n, I), input], [left, recurrent])
        const kept = keptShare(updateH, n, H, zoneoutH)
        each(stateAt(to), (j) => keep(kept(j), previous[j]!, f(sums[j]!)))
      }
    }
  },

  rnn_backward(a) {
    const { T, B, I, H, x, kernel, recurrentKernel, h, lengths, dy, dFinalH, reverse, activation } = a
    const { recurrentMask, updateH } = a
    const { dx, dKernel, dRecurrentKernel, dBias, dInitialH, dStates } = a
    const round = roundingOf(a.precision)
    const [kernelRounded, recurrentRounded] = [round(kernel), round(recurrentKernel)]
    checkLengths(lengths, T)
    const { derivative } = activations[activation]!
    for (const sum of [dx, dKernel, dRecurrentKernel, dBias]) sum?.fill(0)
    for (let b = 0; b < B; b++) {
      const dh = orZeros(dFinalH, b, H)
      for (const { t, from, to } of walk(T, reverse).reverse()) {
        const n = t * B + b
        if (dy) add(dh, row(dy, n, H))
        if (dStates) row(dStates, to * B + b, H).set(dh)
        if (isMasked(lengths, t, b)) continue
        const [state, previous] = [row(h, to * B + b, H), row(h, from * B + b, H)]
        const kept = keptShare(updateH, n, H, 0)
        // Where a unit keeps its old state, no gradient asks for the derivative at the new one, which is not there.
        const da = dh.map((d, j) => (1 - kept(j)) * d * derivative(state[j]!))
        const rounded = round(da)

        if (dx) addProductTransposed(row(dx, n, I), rounded, kernelRounded)
        if (dKernel) addOuter(dKernel, round(row(x, n, I)), rounded)
        if (dRecurrentKernel)
          addOuter(dRecurrentKernel, round(maskedState(previous, recurrentMask, b)), rounded)
        if (dBias) add(dBias, da)
        each(dh, (j) => kept(j) * dh[j]!)
        const dLeft = new Float64Array(H)
        addProductTransposed(dLeft, rounded, recurrentRounded)
        throughMask(dLeft, recurrentMask, b)
        add(dh, dLeft)
      }
      if (dStates) row(dStates, initialRow(T, reverse) * B + b, H).set(dh)
      if (dInitialH) row(dInitialH, b, H).set(dh)
    }
  },
} satisfies Partial<Kernels>
