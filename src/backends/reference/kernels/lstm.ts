import type { Kernels } from '../arguments.js'
import { productOf, roundingOf } from './precision.js'
import { checkLengths, initialRow, isMasked, linear, orZeros, savedRow, walk } from './sequence.js'
import { add, addOuter, addProductTransposed, row, sigmoid } from './shared.js'

/** `saved` holds σ(i), σ(f), tanh(g) and σ(o) of each step; its backward puts their gradients there. */
export const lstm = {
  lstm(a) {
    const {
      T,
      B,
      I,
      H,
      x,
      kernel,
      recurrentKernel,
      bias,
      initialH,
      initialC,
      lengths,
      h,
      c,
      saved,
      reverse,
      precision,
    } = a
    checkLengths(lengths, T)
    const input = productOf(kernel, 4 * H, precision)
    const recurrent = productOf(recurrentKernel, 4 * H, precision)
    saved?.fill(0)
    for (let b = 0; b < B; b++) {
      const start = initialRow(T, reverse) * B + b
      row(h, start, H).set(orZeros(initialH, b, H))
      row(c, start, H).set(orZeros(initialC, b, H))
      for (const { t, from, to } of walk(T, reverse)) {
        const [hPrevious, cPrevious] = [row(h, from * B + b, H), row(c, from * B + b, H)]
        const [hNext, cNext] = [row(h, to * B + b, H), row(c, to * B + b, H)]
        if (isMasked(lengths, t, b)) {
          hNext.set(hPrevious)
          cNext.set(cPrevious)
          continue
        }
        const gates = linear(4 * H, bias, [row(x, t * B + b, I), input], [hPrevious, recurrent])
        for (let j = 0; j < H; j++) {
          const i = sigmoid(gates[j]!)
          const f = sigmoid(gates[H + j]!)
          const g = Math.tanh(gates[2 * H + j]!)
          const o = sigmoid(gates[3 * H + j]!)
          cNext[j] = f * cPrevious[j]! + i * g
          hNext[j] = o * Math.tanh(cNext[j]!)
          gates[j] = i
          gates[H + j] = f
          gates[2 * H + j] = g
          gates[3 * H + j] = o
        }
        if (saved) savedRow(saved, t * B + b, H).set(gates)
      }
    }
  },

  lstm_backward(a) {
    const { T, B, I, H, x, kernel, recurrentKernel, h, c, saved, lengths, dy, dFinalH, dFinalC, reverse } = a
    const { dx, dKernel, dRecurrentKernel, dBias, dInitialH, dInitialC, dStates } = a
    const round = roundingOf(a.precision)
    const [kernelRounded, recurrentRounded] = [round(kernel), round(recurrentKernel)]
    checkLengths(lengths, T)
    for (const sum of [dx, dKernel, dRecurrentKernel, dBias]) sum?.fill(0)
    for (let b = 0; b < B; b++) {
      const dh = orZeros(dFinalH, b, H)
      const dc = orZeros(dFinalC, b, H)
      for (const { t, from, to } of walk(T, reverse).reverse()) {
        const n = t * B + b
        if (dy) add(dh, row(dy, n, H))
        if (dStates) row(dStates, to * B + b, H).set(dh)
        if (isMasked(lengths, t, b)) continue
        const [cNext, cPrevious] = [row(c, to * B + b, H), row(c, from * B + b, H)]
        const gates = savedRow(saved, n, H)
        for (let j = 0; j < H; j++) {
          const [i, f, g, o] = [gates[j]!, gates[H + j]!, gates[2 * H + j]!, gates[3 * H + j]!]
          const s = Math.tanh(cNext[j]!)
          const d = dc[j]! + dh[j]! * o * (1 - s ** 2)
          gates[j] = d * g * i * (1 - i)
          gates[H + j] = d * cPrevious[j]! * f * (1 - f)
          gates[2 * H + j] = d * i * (1 - g ** 2)
          gates[3 * H + j] = dh[j]! * s * o * (1 - o)
          dc[j] = d * f
        }
        const dGates = round(gates)

        if (dx) addProductTransposed(row(dx, n, I), dGates, kernelRounded)
        if (dKernel) addOuter(dKernel, round(row(x, n, I)), dGates)
        if (dRecurrentKernel) addOuter(dRecurrentKernel, round(row(h, from * B + b, H)), dGates)
        if (dBias) add(dBias, gates)
        dh.fill(0)
        addProductTransposed(dh, dGates, recurrentRounded)
      }
      if (dStates) row(dStates, initialRow(T, reverse) * B + b, H).set(dh)
      if (dInitialH) row(dInitialH, b, H).set(dh)
      if (dInitialC) row(dInitialC, b, H).set(dc)
    }
  },
} satisfies Partial<Kernels>
