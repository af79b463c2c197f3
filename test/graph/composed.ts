/** The cells written out in elementwise operations, one step after the other: what the fused instructions must equal. */
import {
  add,
  affine,
  broadcast,
  type CellWeights,
  concat,
  type Dimension,
  type LstmWeights,
  matmul,
  multiply,
  oneMinus,
  relu,
  sigmoid,
  slice,
  split,
  type Tensor,
  tanh,
  type UpdateGate,
} from '../../src/graph/index.js'

export interface ComposedOptions {
  readonly initialH: Tensor
  /** [time, batch]: 1 where a step is valid, else 0. */
  readonly mask: Tensor
  readonly reverse: boolean
  /** [batch, units] */
  readonly recurrentMask?: Tensor | undefined
  /** [time, batch, units] of 0 and 1. */
  readonly updateH?: Tensor | undefined
  readonly zoneoutH?: number
}

export interface ComposedResult {
  readonly y: Tensor
  readonly finalH: Tensor
}

type Three = [Tensor, Tensor, Tensor]

/** x[t], without its time axis. */
function stepOf(x: Tensor, t: number): Tensor {
  return x.graph.reshape(slice(x, 0, t, 1), x.shape.slice(1))
}

/** m ∗ next + (1 − m) ∗ previous: a masked step carries the state. */
function carry(mask: Tensor, t: number, next: Tensor, previous: Tensor): Tensor {
  const m = broadcast(stepOf(mask, t), 1, next.shape[1] as Dimension)
  return add(multiply(next, m), multiply(previous, oneMinus(m)))
}

/** Of the new state, what is taken: by a mask of 0 and 1, or the same share everywhere. */
function mix(update: Tensor | undefined, t: number, zoneout: number, next: Tensor, previous: Tensor): Tensor {
  if (!update) return add(affine(next, 1 - zoneout), affine(previous, zoneout))
  const m = stepOf(update, t)
  return add(multiply(next, m), multiply(previous, oneMinus(m)))
}

/** Walks the steps of x [time, batch, features]; the states of all steps are stacked in the order of time. */
function walk(
  x: Tensor,
  options: ComposedOptions,
  /** `masked` is what stands for h in products with recurrent weights. */
  step: (xt: Tensor, masked: Tensor, t: number, h: Tensor) => Tensor,
): ComposedResult {
  const time = x.shape[0]?.capacity ?? 0
  const order = Array.from({ length: time }, (_, i) => (options.reverse ? time - 1 - i : i))
  const states: Tensor[] = []
  let h = options.initialH
  for (const t of order) {
    const { recurrentMask, updateH, zoneoutH = 0 } = options
    const masked = recurrentMask ? multiply(h, recurrentMask) : h
    h = carry(options.mask, t, mix(updateH, t, zoneoutH, step(stepOf(x, t), masked, t, h), h), h)
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

interface LstmComposedOptions {
  readonly initialC: Tensor
  readonly coupled?: boolean
  readonly updateC?: Tensor | undefined
  readonly zoneoutC?: number
}

export function composedLstm(
  x: Tensor,
  { kernel, recurrentKernel, bias, peepholes }: LstmWeights,
  options: ComposedOptions & LstmComposedOptions,
): ComposedResult & { finalC: Tensor } {
  const { initialC, coupled = false, updateC, zoneoutC = 0 } = options
  let c = initialC
  const looks = peepholes ? split(peepholes, coupled ? 2 : 3) : []
  const [pf, po] = looks.slice(-2)
  const pi = coupled ? undefined : looks[0]
  const look = (sum: Tensor, cell: Tensor, weights: Tensor | undefined) =>
    weights ? add(sum, multiply(cell, weights)) : sum
  const result = walk(x, options, (xt, h, t) => {
    const gates = split(add(matmul(xt, kernel, bias), matmul(h, recurrentKernel)), coupled ? 3 : 4)
    const [f, g, o] = gates.slice(-3) as Three
    const forget = sigmoid(look(f, c, pf))
    const input = coupled ? oneMinus(forget) : sigmoid(look(gates[0] as Tensor, c, pi))
    const next = add(multiply(forget, c), multiply(input, tanh(g)))
    c = carry(options.mask, t, mix(updateC, t, zoneoutC, next, c), c)
    return multiply(sigmoid(look(o, next, po)), tanh(next))
  })
  return { ...result, finalC: c }
}

export function composedGru(
  x: Tensor,
  weights: CellWeights & { recurrentBias: Tensor },
  options: ComposedOptions & { resetAfter: boolean; updateGate?: UpdateGate },
): ComposedResult {
  const { kernel, recurrentKernel, bias, recurrentBias } = weights
  const candidateKernel = split(recurrentKernel, 3)[2] as Tensor
  const candidateBias = split(recurrentBias, 3)[2] as Tensor
  return walk(x, options, (xt, masked, _, h) => {
    const [az, ar, an] = split(matmul(xt, kernel, bias), 3) as Three
    const [rz, rr, rn] = split(matmul(masked, recurrentKernel, recurrentBias), 3) as Three
    const z = sigmoid(add(az, rz))
    const r = sigmoid(add(ar, rr))
    const inner = options.resetAfter
      ? multiply(rn, r)
      : matmul(multiply(masked, r), candidateKernel, candidateBias)
    const n = tanh(add(an, inner))
    return options.updateGate === 'candidate'
      ? add(multiply(h, oneMinus(z)), multiply(n, z))
      : add(multiply(h, z), multiply(n, oneMinus(z)))
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
