/** Whole-sequence recurrent operations: one fused instruction each, its outputs as windows into the stored states. */
import type { Dimension } from './dimension.js'
import { sameShape, shapeName } from './dimension.js'
import { type Node, operandOf, type Tensor } from './graph.js'
import { fill, mismatch } from './operations.js'

export interface CellWeights {
  /** [features, gates · units] */
  readonly kernel: Tensor
  /** [units, gates · units] */
  readonly recurrentKernel: Tensor
  /** [gates · units] */
  readonly bias?: Tensor | undefined
}

export interface SequenceOptions {
  /** [batch] int32; steps from lengths[b] on carry the state. */
  readonly lengths?: Tensor | undefined
  /** [batch, units]; zeros when absent. */
  readonly initialH?: Tensor | undefined
  readonly reverse?: boolean
  /** [batch, units]: multiplies hₜ₋₁ in products with recurrent weights, the same at all steps. */
  readonly recurrentMask?: Tensor | undefined
  /** [time, batch, units]: where 0, a unit keeps its h of the step before. */
  readonly updateH?: Tensor | undefined
  /** How much of its h every unit keeps where there is no updateH, which training needs. Default 0. */
  readonly zoneoutH?: number
  /** Keep what the backward pass needs. */
  readonly training: boolean
}

export interface SequenceResult {
  /** [time, batch, units] */
  readonly y: Tensor
  /** [batch, units] */
  readonly finalH: Tensor
  readonly finalC?: Tensor
}

export const rnnActivations = ['tanh', 'relu', 'linear'] as const
export type RnnActivation = (typeof rnnActivations)[number]

interface StateAxes {
  readonly time: Dimension
  readonly batch: Dimension
  readonly units: Dimension
}

interface Axes extends StateAxes {
  readonly states: readonly Dimension[]
  /** What is kept of each step for the backward pass: so many vectors of units, rounded up to 16. */
  saved(vectors: number): readonly Dimension[]
}

function axesOf(x: Tensor, recurrentKernel: Tensor): Axes {
  const [time, batch] = x.shape
  const [units] = recurrentKernel.shape
  if (x.shape.length !== 3 || !time || !batch) {
    // In the order that users see.
    throw mismatch(
      x,
      'input',
      '[batch, time, features]',
      shapeName(x.shape),
      'Does the layer before return sequences?',
    )
  }
  if (units?.kind !== 'constant')
    throw mismatch(x, 'recurrent kernel', 'fixed units', shapeName(recurrentKernel.shape))
  const { dimensions } = x.graph
  const stride = Math.ceil(units.value / 16) * 16
  return {
    time,
    batch,
    units,
    states: [dimensions.plus(time, 1), batch, units],
    saved: (vectors) => [time, batch, dimensions.constant(vectors * stride)],
  }
}

/** The outputs and the last state inside stored states [T + 1, B, H]. */
function windows(node: Node, name: string, axes: StateAxes, reverse: boolean): { y: Tensor; final: Tensor } {
  const states = operandOf(node, name)
  const { graph } = states
  const { time, batch, units } = axes
  const width = units.capacity
  const end = graph.dimensions.product([time, batch])
  return {
    y: reverse
      ? graph.window(states, [time, batch, units])
      : graph.window(states, [time, batch, units], batch, width),
    final: reverse ? graph.window(states, [batch, units]) : graph.window(states, [batch, units], end, width),
  }
}

function finish(node: Node, axes: StateAxes, reverse: boolean): SequenceResult {
  const { y, final } = windows(node, 'h', axes, reverse)
  node.windows.set('y', y).set('finalH', final)
  return { y, finalH: final }
}

/** hₜ = f(xₜ · kernel + hₜ₋₁ · recurrentKernel + bias) */
export function rnn(
  x: Tensor,
  weights: CellWeights,
  options: SequenceOptions & { activation: RnnActivation },
): SequenceResult {
  const axes = axesOf(x, weights.recurrentKernel)
  const { lengths, initialH, recurrentMask, updateH, reverse = false, zoneoutH = 0 } = options
  const node = x.graph.append(
    'rnn',
    { x, ...weights, initialH, lengths, recurrentMask, updateH },
    { h: axes.states },
    {
      reverse: reverse ? 1 : 0,
      zoneoutH,
      activation: rnnActivations.indexOf(options.activation),
    },
  )
  return finish(node, axes, reverse)
}

export interface LstmWeights extends CellWeights {
  /** [3 · units], or [2 · units] without an input gate of its own: what c adds to the gates i f o, unit by unit. */
  readonly peepholes?: Tensor | undefined
}

export interface LstmOperationOptions extends SequenceOptions {
  readonly initialC?: Tensor | undefined
  /** As updateH and zoneoutH, of c. */
  readonly updateC?: Tensor | undefined
  readonly zoneoutC?: number
  /** The input gate is 1 − σ(f), and weights have the gates f g o. Default false. */
  readonly coupled?: boolean
}

/** [i f g o] = xₜ · kernel + hₜ₋₁ · recurrentKernel + bias; cₜ = σ(f) ∗ cₜ₋₁ + σ(i) ∗ tanh(g); hₜ = σ(o) ∗ tanh(cₜ) */
export function lstm(
  x: Tensor,
  weights: LstmWeights,
  options: LstmOperationOptions,
): SequenceResult & { finalC: Tensor } {
  const axes = axesOf(x, weights.recurrentKernel)
  const { lengths, initialH, initialC, reverse = false, coupled = false } = options
  const { recurrentMask, updateH, updateC, zoneoutH = 0, zoneoutC = 0 } = options
  const node = x.graph.append(
    coupled ? 'lstm_coupled' : 'lstm',
    { x, ...weights, initialH, initialC, lengths, recurrentMask, updateH, updateC },
    { h: axes.states, c: axes.states, saved: options.training ? axes.saved(coupled ? 3 : 4) : undefined },
    { reverse: reverse ? 1 : 0, zoneoutH, zoneoutC },
  )
  const { final: finalC } = windows(node, 'c', axes, reverse)
  node.windows.set('finalC', finalC)
  return { ...finish(node, axes, reverse), finalC }
}

/** Which of the two states the update gate z of a gru weighs, in the order of the attribute. */
export const updateGates = ['previous', 'candidate'] as const
export type UpdateGate = (typeof updateGates)[number]

/**
 * Gates z r n; hₜ = z ∗ hₜ₋₁ + (1 − z) ∗ n, or with the update gate on the candidate hₜ = (1 − z) ∗ hₜ₋₁ + z ∗ n.
 * resetAfter: r multiplies the recurrent product, else the state before it.
 */
export function gru(
  x: Tensor,
  weights: CellWeights & { recurrentBias?: Tensor | undefined },
  options: SequenceOptions & { resetAfter: boolean; updateGate?: UpdateGate },
): SequenceResult {
  const axes = axesOf(x, weights.recurrentKernel)
  const { lengths, initialH, recurrentMask, updateH } = options
  const { reverse = false, zoneoutH = 0, updateGate = 'previous' } = options
  const node = x.graph.append(
    'gru',
    { x, ...weights, initialH, lengths, recurrentMask, updateH },
    { h: axes.states, saved: options.training ? axes.saved(4) : undefined },
    {
      reverse: reverse ? 1 : 0,
      resetAfter: options.resetAfter ? 1 : 0,
      updateGate: updateGates.indexOf(updateGate),
      zoneoutH,
    },
  )
  return finish(node, axes, reverse)
}

/**
 * hₜ = aₜ ∗ hₜ₋₁ + bₜ, or where it is `convex` hₜ = aₜ ∗ hₜ₋₁ + (1 − aₜ) ∗ bₜ; a and b [time, batch, units]. No step waits for
 * a product: what a and b are made of is computed for all steps at once.
 */
export function linearRecurrence(
  a: Tensor,
  b: Tensor,
  options: Omit<SequenceOptions, 'training'> & { convex: boolean },
): SequenceResult {
  const [time, batch, units] = a.shape
  const { lengths, initialH, reverse = false, convex } = options
  if (a.shape.length !== 3 || !time || !batch || units?.kind !== 'constant')
    throw mismatch(a, 'linear recurrence', '[time, batch, units]', shapeName(a.shape))
  if (!sameShape(a.shape, b.shape))
    throw mismatch(a, 'linear recurrence', `a second operand ${shapeName(a.shape)}`, shapeName(b.shape))
  const node = a.graph.append(
    'linear_recurrence',
    { a, b, initialH, lengths },
    { h: [a.graph.dimensions.plus(time, 1), batch, units] },
    { reverse: reverse ? 1 : 0, convex: convex ? 1 : 0 },
  )
  return finish(node, { time, batch, units }, reverse)
}

/** y is x where a step is valid, else the x of the last valid step before it, zeros where there was none; finalH the last y. */
export function holdLast(x: Tensor, options: Pick<SequenceOptions, 'lengths' | 'reverse'>): SequenceResult {
  const nothing = fill(x.graph, x.shape, 0)
  return linearRecurrence(nothing, x, { ...options, convex: false })
}
