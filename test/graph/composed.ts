/** The cells written out in elementwise operations, one step after the other: what the fused instructions must equal. */
import {
  add,
  broadcast,
  type CellWeights,
  concat,
  type Dimension,
  matmul,
  multiply,
  oneMinus,
  relu,
  sigmoid,
  slice,
  split,
  type Tensor,
  tanh,
} from '../../src/graph/index.js'

export interface ComposedOptions {
  readonly initialH: Tensor
  /** [time, batch]: 1 where a step is valid, else 0. */
  readonly mask: Tensor
  readonly reverse: boolean
}

export interface ComposedResult {
  readonly y: Tensor
  readonly finalH: Tensor
}

type Parts<N extends number> = N extends 3 ? [Tensor, Tensor, Tensor] : [Tensor, Tensor, Tensor, Tensor]

/** x[t], without its time axis. */
function stepOf(x: Tensor, t: number): Tensor {
  return x.graph.reshape(slice(x, 0, t, 1), x.shape.slice(1))
}

/** m ∗ next + (1 − m) ∗ previous: a masked step carries the state. */
function carry(mask: Tensor, t: number, next: Tensor, previous: Tensor): Tensor {
  const m = broadcast(stepOf(mask, t), 1, next.shape[1] as Dimension)
  return add(multiply(next, m), multiply(previous, oneMinus(m)))
}

/** Walks the steps of x [time, batch, features]; the states of all steps are stacked in the order of time. */
function walk(
  x: Tensor,
  options: ComposedOptions,
  step: (xt: Tensor, h: Tensor, t: number) => Tensor,
): ComposedResult {
  const time = x.shape[0]?.capacity ?? 0
  const order = Array.from({ length: time }, (_, i) => (options.reverse ? time - 1 - i : i))
  const states: Tensor[] = []
  let h = options.initialH
  for (const t of order) {
    h = carry(options.mask, t, step(stepOf(x, t), h, t), h)
    states[t] = h.graph.reshape(h, [1, ...h.shape])
  }
  return { y: states.reduce((sequence, state) => concat(sequence, state, 0)), finalH: h }
}

const activations = { tanh, relu, linear: (x: Tensor): Tensor => x }

export function composedRnn(
  x: Tensor,
  { kernel, recurrentKernel, bias }: CellWeights,
  options: ComposedOptions & { activation: keyof typeof activations },
): ComposedResult {
  return walk(x, options, (xt, h) =>
    activations[options.activation](add(matmul(xt, kernel, bias), matmul(h, recurrentKernel))),
  )
}

export function composedLstm(
  x: Tensor,
  { kernel, recurrentKernel, bias }: CellWeights,
  options: ComposedOptions & { initialC: Tensor },
): ComposedResult & { finalC: Tensor } {
  let c = options.initialC
  const result = walk(x, options, (xt, h, t) => {
    const gates = split(add(matmul(xt, kernel, bias), matmul(h, recurrentKernel)), 4)
    const [i, f, g, o] = gates as Parts<4>
    const next = add(multiply(sigmoid(f), c), multiply(sigmoid(i), tanh(g)))
    c = carry(options.mask, t, next, c)
    return multiply(sigmoid(o), tanh(next))
  })
  return { ...result, finalC: c }
}

export function composedGru(
  x: Tensor,
  weights: CellWeights & { recurrentBias: Tensor },
  options: ComposedOptions & { resetAfter: boolean },
): ComposedResult {
  const { kernel, recurrentKernel, bias, recurrentBias } = weights
  const candidateKernel = split(recurrentKernel, 3)[2] as Tensor
  const candidateBias = split(recurrentBias, 3)[2] as Tensor
  return walk(x, options, (xt, h) => {
    const [az, ar, an] = split(matmul(xt, kernel, bias), 3) as Parts<3>
    const [rz, rr, rn] = split(matmul(h, recurrentKernel, recurrentBias), 3) as Parts<3>
    const z = sigmoid(add(az, rz))
    const r = sigmoid(add(ar, rr))
    const inner = options.resetAfter
      ? multiply(rn, r)
      : matmul(multiply(h, r), candidateKernel, candidateBias)
    return add(multiply(h, z), multiply(tanh(add(an, inner)), oneMinus(z)))
  })
}

export function composedLinear(
  a: Tensor,
  b: Tensor,
  options: ComposedOptions & { convex: boolean },
): ComposedResult {
  return walk(a, options, (at, h, t) => {
    const bt = stepOf(b, t)
    return add(multiply(at, h), options.convex ? multiply(oneMinus(at), bt) : bt)
  })
}
