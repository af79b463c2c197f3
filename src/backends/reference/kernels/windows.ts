import type { Kernels } from '../arguments.js'
import { checkLengths } from './sequence.js'
import { add, each, row } from './shared.js'

interface Windows {
  readonly O: number
  readonly N: number
  readonly I: number
  readonly M: number
  readonly lengths: Int32Array | undefined
  readonly padding: number
  readonly stride: number
  readonly dilation: number
}

/** A window: the place of its result among O · M · I, and of its entries that are no padding among O · N · I. */
interface Window {
  readonly at: number
  readonly entries: readonly { readonly k: number; readonly at: number }[]
}

function* windowsOf(a: Windows, size: number): Generator<Window> {
  const { O, N, I, M, lengths, stride, dilation } = a
  checkLengths(lengths, N)
  for (let o = 0; o < O; o++) {
    for (let i = 0; i < I; i++) {
      const n = lengths?.[i] ?? N
      const covered = (Math.ceil(n / stride) - 1) * stride + (size - 1) * dilation + 1
      const begin = a.padding >= 0 ? a.padding : Math.floor(Math.max(covered - n, 0) / 2)
      for (let m = 0; m < M; m++) {
        const entries = Array.from({ length: size }, (_, k) => ({ k, n: m * stride + k * dilation - begin }))
          .filter((entry) => entry.n >= 0 && entry.n < n)
          .map((entry) => ({ k: entry.k, at: (o * N + entry.n) * I + i }))
        yield { at: (o * M + m) * I + i, entries }
      }
    }
  }
}

/** The first of the largest entries of element c; NaN is the largest. */
function largest(x: Float64Array, C: number, { entries }: Window, c: number): number | undefined {
  let best: number | undefined
  for (const { at } of entries) {
    const v = x[at * C + c]!
    const known = best === undefined ? -Infinity : x[best * C + c]!
    if (best === undefined || v > known || (Number.isNaN(v) && !Number.isNaN(known))) best = at
  }
  return best
}

export const windows = {
  unfold(a) {
    const { C, K, x, y } = a
    y.fill(0)
    for (const { at, entries } of windowsOf(a, K)) {
      for (const entry of entries) row(y, at * K + entry.k, C).set(row(x, entry.at, C))
    }
  },

  fold(a) {
    const { C, K, x, y } = a
    x.fill(0)
    for (const { at, entries } of windowsOf(a, K)) {
      for (const entry of entries) add(row(x, entry.at, C), row(y, at * K + entry.k, C))
    }
  },

  max_pool(a) {
    const { C, x, y } = a
    for (const window of windowsOf(a, a.size)) {
      each(row(y, window.at, C), (c) => {
        const best = largest(x, C, window, c)
        return best === undefined ? 0 : x[best * C + c]!
      })
    }
  },

  max_pool_backward(a) {
    const { C, x, dy, dx } = a
    dx.fill(0)
    for (const window of windowsOf(a, a.size)) {
      for (let c = 0; c < C; c++) {
        const best = largest(x, C, window, c)
        if (best !== undefined) dx[best * C + c]! += dy[window.at * C + c]!
      }
    }
  },

  average_pool(a) {
    const { C, x, y } = a
    for (const { at, entries } of windowsOf(a, a.size)) {
      each(row(y, at, C), (c) => {
        const sum = entries.reduce((total, entry) => total + x[entry.at * C + c]!, 0)
        return entries.length === 0 ? 0 : sum / entries.length
      })
    }
  },

  average_pool_backward(a) {
    const { C, dy, dx } = a
    dx.fill(0)
    for (const { at, entries } of windowsOf(a, a.size)) {
      for (const entry of entries)
        add(
          row(dx, entry.at, C),
          row(dy, at, C).map((v) => v / entries.length),
        )
    }
  },
} satisfies Partial<Kernels>
