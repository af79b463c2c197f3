/** The built-in cells as loops of ordinary instructions: for what no kernel has, at little more time than one takes. */
import {
  add,
  affine,
  type CellWeights,
  clip,
  type Dimension,
  features,
  fill,
  type LstmOperationOptions,
  type LstmWeights,
  layerNorm,
  matmul,
  multiply,
  oneMinus,
  type SequenceOptions,
  type SequenceResult,
  scan,
  sequenceMask,
  split,
  type Tensor,
  type UpdateGate,
} from '../graph/index.js'

type Function = (x: Tensor) => Tensor

/** Zeros [batch, units], where no initial state is given. */
function initialState(x: Tensor, given: Tensor | undefined, units: number): Tensor {
  const [, batch] = x.shape as [Dimension, Dimension, ...Dimension[]]
  return given ?? fill(x.graph, [batch, units], 0)
}

/** The loop over x [time, batch, …]: which way, and which steps carry the states. */
function walkOf(x: Tensor, { lengths, reverse = false }: SequenceOptions) {
  const [steps] = x.shape as [Dimension, ...Dimension[]]
  return { steps, reverse, mask: lengths && sequenceMask(lengths, steps) }
}

/** Zoneout (Krueger et al. 2017): drawn in training, its expectation otherwise. */
function zonedOut(before: Tensor, next: Tensor, update: Tensor | undefined, share: number): Tensor {
  if (update) {
    // What is not 0 is 1 ∕ (1 − rate), as dropout makes it.
    const moves = clip(update, 0, 1)
    return add(multiply(next, moves), multiply(before, oneMinus(moves)))
  }
  return share > 0 ? add(affine(next, 1 - share), affine(before, share)) : next
}

/** hₜ₋₁ as products with recurrent weights see it. */
function dropped(h: Tensor, mask: Tensor | undefined): Tensor {
  return mask ? multiply(h, mask) : h
}

/** The size of h: recurrent weights are [size of h, gates · units]. */
const sizeOfH = (recurrentKernel: Tensor): number => recurrentKernel.shape[0]?.capacity ?? 0

/** hₜ = activation(xₜ · kernel + hₜ₋₁ · recurrentKernel + bias) */
export function loopedRnn(
  x: Tensor,
  { kernel, recurrentKernel, bias }: CellWeights,
  options: SequenceOptions & { readonly activation: Function },
): SequenceResult {
  const { initialH, updateH, zoneoutH = 0, recurrentMask, activation } = options
  const { h: result } = scan(
    x.graph,
    { h: initialState(x, initialH, sizeOfH(recurrentKernel)) },
    { a: matmul(x, kernel, bias), ...(updateH && { updateH }) },
    (states, row) => {
      const [h, a] = [states['h'] as Tensor, row['a'] as Tensor]
      const next = activation(add(a, matmul(dropped(h, recurrentMask), recurrentKernel)))
      return { h: zonedOut(h, next, row['updateH'], zoneoutH) }
    },
    walkOf(x, options),
  )
  return { y: result?.y as Tensor, finalH: result?.final as Tensor }
}

export interface LoopedLstmWeights extends LstmWeights {
  /** [units, size of h] (Sak et al. 2014). */
  readonly projectionKernel?: Tensor | undefined
  /** What the normalized products and the normalized cell are multiplied by (Ba et al. 2016), and what the cell is shifted by. */
  readonly normalization?:
    | {
        /** [gates · units], of x · kernel. */
        readonly kernelGamma: Tensor
        /** [gates · units], of h · recurrentKernel. */
        readonly recurrentGamma: Tensor
        /** [units] */
        readonly cellGamma: Tensor
        /** [units] */
        readonly cellBeta: Tensor
      }
    | undefined
}

export interface LoopedLstmOptions extends LstmOperationOptions {
  /** Of the candidate and of the cell on its way out. */
  readonly activation: Function
  /** Of the gates. */
  readonly recurrentActivation: Function
}

/** As `layerNormalization` has it. */
const epsilon = 1e-3

/**
 * σ the recurrentActivation, φ the activation: cₜ = σ(f) ∗ cₜ₋₁ + σ(i) ∗ φ(g); hₜ = σ(o) ∗ φ(cₜ), with a projection
 * (σ(o) ∗ φ(cₜ)) · projectionKernel.
 */
export function loopedLstm(
  x: Tensor,
  { kernel, recurrentKernel, bias, peepholes, projectionKernel, normalization }: LoopedLstmWeights,
  options: LoopedLstmOptions,
): SequenceResult & { finalC: Tensor } {
  const { initialH, initialC, coupled = false } = options
  const units = features(recurrentKernel, 'recurrent kernel') / (coupled ? 3 : 4)
  const normalized = (z: Tensor, scale: Tensor | undefined, shift?: Tensor): Tensor =>
    scale ? layerNorm(z, { scale, shift, epsilon }) : z
  const ofInput = normalized(matmul(x, kernel), normalization?.kernelGamma)
  return lstmLoop(
    {
      a: bias ? add(ofInput, bias) : ofInput,
      h: initialState(x, initialH, sizeOfH(recurrentKernel)),
      c: initialState(x, initialC, units),
    },
    {
      recurrent: (h) => normalized(matmul(h, recurrentKernel), normalization?.recurrentGamma),
      shown: (c) => normalized(c, normalization?.cellGamma, normalization?.cellBeta),
      handedOn: (out) => (projectionKernel ? matmul(out, projectionKernel) : out),
      peepholes,
    },
    options,
  )
}

/** What an LSTM begins with: of the input a [time, batch, …, gates · units], and its first states [batch, …, units]. */
export interface LstmStart {
  readonly a: Tensor
  readonly h: Tensor
  readonly c: Tensor
}

/** What an LSTM is made of beside its gates. */
export interface LstmParts {
  /** h to what it adds to a. */
  readonly recurrent: (h: Tensor) => Tensor
  /** c as h sees it. Default: as it is. */
  readonly shown?: (c: Tensor) => Tensor
  /** σ(o) ∗ φ(c) to h. Default: as it is. */
  readonly handedOn?: (out: Tensor) => Tensor
  /** [..., 3 · units], or 2 without an input gate of its own. */
  readonly peepholes?: Tensor | undefined
}

/** The steps of an LSTM, whatever its products are. */
export function lstmLoop(
  start: LstmStart,
  { recurrent, shown = (c) => c, handedOn = (out) => out, peepholes }: LstmParts,
  options: LoopedLstmOptions,
): SequenceResult & { finalC: Tensor } {
  const { updateH, updateC, zoneoutH = 0, zoneoutC = 0, recurrentMask } = options
  const { coupled = false, activation, recurrentActivation: gate } = options
  const gates = coupled ? 3 : 4
  const [pI, pF, pO] = peepholesOf(peepholes, coupled)
  const states = scan(
    start.a.graph,
    { h: start.h, c: start.c },
    { a: start.a, ...(updateH && { updateH }), ...(updateC && { updateC }) },
    (before, row) => {
      const [h, c, a] = [before['h'] as Tensor, before['c'] as Tensor, row['a'] as Tensor]
      const seen = (z: Tensor, p: Tensor | undefined, cell: Tensor): Tensor =>
        p ? add(z, multiply(cell, p)) : z
      const z = split(add(a, recurrent(dropped(h, recurrentMask))), gates as number)
      const [zI, zF, zG, zO] = (coupled ? [undefined, ...z] : z) as [
        Tensor | undefined,
        Tensor,
        Tensor,
        Tensor,
      ]
      const f = gate(seen(zF, pF, c))
      const i = zI ? gate(seen(zI, pI, c)) : oneMinus(f)
      const cell = add(multiply(f, c), multiply(i, activation(zG)))
      // The new h is that of the new c, zoned out or not.
      const out = multiply(gate(seen(zO, pO, cell)), activation(shown(cell)))
      return {
        h: zonedOut(h, handedOn(out), row['updateH'], zoneoutH),
        c: zonedOut(c, cell, row['updateC'], zoneoutC),
      }
    },
    walkOf(start.a, options),
  )
  const [h, c] = [states['h'], states['c']]
  return { y: h?.y as Tensor, finalH: h?.final as Tensor, finalC: c?.final as Tensor }
}

/** Those of i, f and o; a coupled input gate has none. */
function peepholesOf(peepholes: Tensor | undefined, coupled: boolean): readonly (Tensor | undefined)[] {
  if (!peepholes) return []
  return coupled ? [undefined, ...split(peepholes, 2)] : split(peepholes, 3)
}

/** Gates z r n, σ the recurrentActivation, φ the activation. */
export function loopedGru(
  x: Tensor,
  {
    kernel,
    recurrentKernel,
    bias,
    recurrentBias,
  }: CellWeights & { readonly recurrentBias?: Tensor | undefined },
  options: SequenceOptions & {
    readonly resetAfter: boolean
    readonly updateGate?: UpdateGate
    readonly activation: Function
    readonly recurrentActivation: Function
  },
): SequenceResult {
  const { initialH, updateH, zoneoutH = 0, recurrentMask, resetAfter, updateGate = 'previous' } = options
  const { activation, recurrentActivation: gate } = options
  const candidateKernel = split(recurrentKernel, 3)[2]
  const candidateBias = recurrentBias && split(recurrentBias, 3)[2]
  const { h: result } = scan(
    x.graph,
    { h: initialState(x, initialH, sizeOfH(recurrentKernel)) },
    { a: matmul(x, kernel, bias), ...(updateH && { updateH }) },
    (states, row) => {
      const h = states['h'] as Tensor
      const seen = dropped(h, recurrentMask)
      const [aZ, aR, aN] = split(row['a'] as Tensor, 3)
      const [rZ, rR, rN] = split(matmul(seen, recurrentKernel, recurrentBias), 3)
      const [z, r] = [gate(add(aZ, rZ)), gate(add(aR, rR))]
      const inner = resetAfter ? multiply(r, rN) : matmul(multiply(r, seen), candidateKernel, candidateBias)
      const n = activation(add(aN, inner))
      const [old, fresh] = updateGate === 'previous' ? [z, oneMinus(z)] : [oneMinus(z), z]
      return { h: zonedOut(h, add(multiply(old, h), multiply(fresh, n)), row['updateH'], zoneoutH) }
    },
    walkOf(x, options),
  )
  return { y: result?.y as Tensor, finalH: result?.final as Tensor }
}
