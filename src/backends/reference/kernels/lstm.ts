import type { Arguments, Kernels } from '../arguments.js'
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
  savedRow,
  throughMask,
  walk,
} from './sequence.js'
import { add, addOuter, addProductTransposed, row, sigmoid } from './shared.js'

type Forward = Arguments<'lstm'> | Arguments<'lstm_coupled'>
type Backward = Arguments<'lstm_backward'> | Arguments<'lstm_coupled_backward'>

/** Weights of c into the gates of unit j; zeros where there are none. */
function peepholesOf(peepholes: Float64Array | undefined, gates: number, H: number, j: number) {
  const at = (k: number) => peepholes?.[k * H + j] ?? 0
  return gates === 4 ? { pi: at(0), pf: at(1), po: at(2) } : { pi: 0, pf: at(0), po: at(1) }
}

/** `saved` holds σ(i), σ(f), tanh(g) and σ(o) of each step, without i where it is 1 − f; backward puts their gradients there. */
function forward(a: Forward, gates: number): void {
  const { T, B, I, H, x, kernel, recurrentKernel, bias, peepholes, initialH, initialC, lengths } = a
  const { recurrentMask, updateH, updateC, h, c, saved, reverse, zoneoutH, zoneoutC, precision } = a
  checkLengths(lengths, T)
  const input = productOf(kernel, gates * H, precision)
  const recurrent = productOf(recurrentKernel, gates * H, precision)
  const [atF, atG, atO] = [gates - 3, gates - 2, gates - 1].map((k) => k * H) as [number, number, number]
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
      const n = t * B + b
      const left = maskedState(hPrevious, recurrentMask, b)
      const sums = linear(gates * H, bias, [row(x, n, I), input], [left, recurrent])
      const [keptH, keptC] = [keptShare(updateH, n, H, zoneoutH), keptShare(updateC, n, H, zoneoutC)]
      for (let j = 0; j < H; j++) {
        const { pi, pf, po } = peepholesOf(peepholes, gates, H, j)
        const before = cPrevious[j]!
        const f = sigmoid(sums[atF + j]! + pf * before)
        const i = gates === 4 ? sigmoid(sums[j]! + pi * before) : 1 - f
        const g = Math.tanh(sums[atG + j]!)
        const cell = f * before + i * g
        const o = sigmoid(sums[atO + j]! + po * cell)
        cNext[j] = keep(keptC(j), before, cell)
        hNext[j] = keep(keptH(j), hPrevious[j]!, o * Math.tanh(cell))
        sums[j] = i
        sums[atF + j] = f
        sums[atG + j] = g
        sums[atO + j] = o
      }
      if (saved) savedRow(saved, n, H, gates).set(sums)
    }
  }
}

function backward(a: Backward, gates: number): void {
  const { T, B, I, H, x, kernel, recurrentKernel, peepholes, h, c, saved, lengths } = a
  const { recurrentMask, updateH, updateC } = a
  const { dy, dFinalH, dFinalC, reverse, precision } = a
  const { dx, dKernel, dRecurrentKernel, dBias, dPeepholes, dInitialH, dInitialC, dStates } = a
  const round = roundingOf(precision)
  const [kernelRounded, recurrentRounded] = [round(kernel), round(recurrentKernel)]
  const [atF, atG, atO] = [gates - 3, gates - 2, gates - 1].map((k) => k * H) as [number, number, number]
  checkLengths(lengths, T)
  for (const sum of [dx, dKernel, dRecurrentKernel, dBias, dPeepholes]) sum?.fill(0)
  for (let b = 0; b < B; b++) {
    const dh = orZeros(dFinalH, b, H)
    const dc = orZeros(dFinalC, b, H)
    for (const { t, from, to } of walk(T, reverse).reverse()) {
      const n = t * B + b
      if (dy) add(dh, row(dy, n, H))
      if (dStates) row(dStates, to * B + b, H).set(dh)
      if (isMasked(lengths, t, b)) continue
      const cPrevious = row(c, from * B + b, H)
      const sums = savedRow(saved, n, H, gates)
      const [keptH, keptC] = [keptShare(updateH, n, H, 0), keptShare(updateC, n, H, 0)]
      for (let j = 0; j < H; j++) {
        const { pi, pf, po } = peepholesOf(peepholes, gates, H, j)
        const [f, g, o] = [sums[atF + j]!, sums[atG + j]!, sums[atO + j]!]
        const i = gates === 4 ? sums[j]! : 1 - f
        const before = cPrevious[j]!
        const cell = f * before + i * g
        const s = Math.tanh(cell)
        const dNew = dh[j]! * (1 - keptH(j))
        dh[j]! *= keptH(j)
        // Before the activations.
        const dO = dNew * s * o * (1 - o)
        const dCell = dc[j]! * (1 - keptC(j)) + dNew * o * (1 - s ** 2) + dO * po
        const dI = gates === 4 ? dCell * g * i * (1 - i) : 0
        const dF = dCell * (gates === 4 ? before : before - g) * f * (1 - f)
        sums[j] = dI
        sums[atF + j] = dF
        sums[atG + j] = dCell * i * (1 - g ** 2)
        sums[atO + j] = dO
        dc[j] = dc[j]! * keptC(j) + dCell * f + dI * pi + dF * pf
        if (!dPeepholes) continue
        if (gates === 4) dPeepholes[j]! += dI * before
        dPeepholes[atF + j]! += dF * before
        dPeepholes[atG + j]! += dO * cell
      }
      const dGates = round(sums)

      if (dx) addProductTransposed(row(dx, n, I), dGates, kernelRounded)
      if (dKernel) addOuter(dKernel, round(row(x, n, I)), dGates)
      const left = maskedState(row(h, from * B + b, H), recurrentMask, b)
      if (dRecurrentKernel) addOuter(dRecurrentKernel, round(left), dGates)
      if (dBias) add(dBias, sums)
      const dLeft = new Float64Array(H)
      addProductTransposed(dLeft, dGates, recurrentRounded)
      throughMask(dLeft, recurrentMask, b)
      add(dh, dLeft)
    }
    if (dStates) row(dStates, initialRow(T, reverse) * B + b, H).set(dh)
    if (dInitialH) row(dInitialH, b, H).set(dh)
    if (dInitialC) row(dInitialC, b, H).set(dc)
  }
}

export const lstm = {
  lstm: (a) => forward(a, 4),
  lstm_backward: (a) => backward(a, 4),
  lstm_coupled: (a) => forward(a, 3),
  lstm_coupled_backward: (a) => backward(a, 3),
} satisfies Partial<Kernels>
