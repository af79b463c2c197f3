/** Recurrent layers by hand, in float64, with something added to one state: what finite differences are taken of. */

export interface Weights {
  readonly kernel: ArrayLike<number>
  readonly recurrentKernel: ArrayLike<number>
  readonly bias: ArrayLike<number>
  readonly recurrentBias?: ArrayLike<number>
}

export type Kind = 'simpleRNN' | 'lstm' | 'gru'

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** x · w, where w is [x.length, width] */
function product(x: readonly number[], w: ArrayLike<number>, width: number): number[] {
  return Array.from({ length: width }, (_, j) =>
    x.reduce((sum, v, i) => sum + v * (w[i * width + j] as number), 0),
  )
}

/**
 * The states h of one row after each step, in the order of time.
 *
 * @param x - [steps][features]
 * @param added - to the state after a step, before anything uses it
 */
export function walk(
  kind: Kind,
  weights: Weights,
  x: readonly (readonly number[])[],
  valid: number,
  added: { readonly step: number; readonly delta: readonly number[] },
  reverse = false,
): number[][] {
  const { kernel, recurrentKernel, bias, recurrentBias = [] } = weights
  const width = bias.length
  const units = width / { simpleRNN: 1, lstm: 4, gru: 3 }[kind]
  let h = Array.from({ length: units }, () => 0)
  let c = h
  const states: number[][] = []
  const order = x.map((_, t) => (reverse ? x.length - 1 - t : t))
  for (const t of order) {
    if (t < valid) {
      const a = product(x[t] as number[], kernel, width).map((v, j) => v + (bias[j] as number))
      const r = product(h, recurrentKernel, width).map((v, j) => v + (recurrentBias[j] ?? 0))
      const sum = (gate: number, i: number): number =>
        (a[gate * units + i] as number) + (r[gate * units + i] as number)
      if (kind === 'simpleRNN') h = h.map((_, i) => Math.tanh(sum(0, i)))
      else if (kind === 'lstm') {
        c = c.map((old, i) => sigmoid(sum(1, i)) * old + sigmoid(sum(0, i)) * Math.tanh(sum(2, i)))
        h = c.map((cell, i) => sigmoid(sum(3, i)) * Math.tanh(cell))
      } else {
        h = h.map((old, i) => {
          const n = Math.tanh(
            (a[2 * units + i] as number) + sigmoid(sum(1, i)) * (r[2 * units + i] as number),
          )
          return sigmoid(sum(0, i)) * old + (1 - sigmoid(sum(0, i))) * n
        })
      }
    }
    if (t === added.step) h = h.map((v, i) => v + (added.delta[i] as number))
    states[t] = h
  }
  return states
}
