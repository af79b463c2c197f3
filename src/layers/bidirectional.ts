import { OstinatoError } from '../errors.js'
import { add, affine, concat, multiply, type Tensor } from '../graph/index.js'
import type { AnyLayer, Scope } from './layer.js'
import { known, type LayerOptions, oneOf } from './options.js'
import {
  type ApplyOptions,
  checkSequence,
  compactSteps,
  givenStates,
  outputsOf,
  type RecurrentLayer,
  refuseStreaming,
  type States,
} from './recurrent.js'
import { applyLayer, type SymbolicTensor } from './symbolic.js'

/** What becomes of the outputs of the two directions, by their Keras names. */
const merges = {
  concat: (forward: Tensor, backward: Tensor) => concat(forward, backward, -1),
  sum: add,
  mul: multiply,
  ave: (forward: Tensor, backward: Tensor) => affine(add(forward, backward), 0.5),
} as const

export type MergeMode = keyof typeof merges | 'none'

export interface BidirectionalOptions<Merge extends MergeMode = MergeMode> extends LayerOptions {
  /** Side by side, sum, product, mean, or both apart: `apply` then returns `[forward, backward]`. Default `concat`. */
  readonly mergeMode?: Merge
}

/** The states of both directions, each [batch, units]. */
export type BothStates<State extends States> = State extends readonly [SymbolicTensor, SymbolicTensor]
  ? [forwardH: SymbolicTensor, forwardC: SymbolicTensor, backwardH: SymbolicTensor, backwardC: SymbolicTensor]
  : State extends readonly [SymbolicTensor]
    ? [forwardH: SymbolicTensor, backwardH: SymbolicTensor]
    : SymbolicTensor[]

type Applied<State extends States, Returned extends boolean, Merge extends MergeMode> = Merge extends 'none'
  ? [
      forward: SymbolicTensor,
      backward: SymbolicTensor,
      ...states: Returned extends true ? BothStates<State> : [],
    ]
  : Returned extends true
    ? [y: SymbolicTensor, ...states: BothStates<State>]
    : SymbolicTensor

type StatesOf<Wrapped> = Wrapped extends RecurrentLayer<infer State, boolean> ? State : never
type ReturnedOf<Wrapped> = Wrapped extends RecurrentLayer<States, infer Returned> ? Returned : never

/** A recurrent layer in both directions. */
export interface BidirectionalLayer<
  State extends States = States,
  Returned extends boolean = false,
  Merge extends MergeMode = 'concat',
> extends AnyLayer {
  /** What is walked in both directions. */
  readonly wrapped: RecurrentLayer<State, boolean>
  readonly mergeMode: MergeMode
  trace(x: Tensor, scope: Scope): Tensor
  /**
   * The layer on a symbolic tensor [batch, time, features]: its output, or both where nothing is merged, followed by the
   * last states where the wrapped layer has `returnState`.
   */
  apply(x: SymbolicTensor, options?: ApplyOptions<BothStates<State>>): Applied<State, Returned, Merge>
}

/**
 * A recurrent layer walked in both directions, each with weights of its own (Schuster and Paliwal 1997):
 *
 *     →hₜ = cell(xₜ, →hₜ₋₁)        from the first step to the last
 *     ←hₜ = cell(xₜ, ←hₜ₊₁)        from the last valid step of each row to the first
 *     yₜ = [→hₜ ←hₜ]               or →hₜ + ←hₜ, →hₜ ∗ ←hₜ, (→hₜ + ←hₜ) ∕ 2: `mergeMode`
 *
 * With `returnSequences` in the layer, [batch, time, features] → [batch, time, 2 · units] (units where nothing is put side
 * by side), both directions in the order of the input; otherwise [batch, 2 · units], the last state of each: →h at the end of
 * the row, ←h at its beginning. The weights are `forward/…` and `backward/…`. With `returnState` in the layer, `apply`
 * also returns the last states: forwardH, forwardC, backwardH, backwardC of an LSTM, forwardH, backwardH of the
 * others; `initialState` takes them in the same order. A session refuses the layer: a stream has no end to begin at.
 */
export function bidirectional<
  Wrapped extends RecurrentLayer<States, boolean>,
  const Merge extends MergeMode = 'concat',
>(
  layer: Wrapped,
  options: BidirectionalOptions<Merge> = {},
): BidirectionalLayer<StatesOf<Wrapped>, ReturnedOf<Wrapped>, Merge> {
  known('bidirectional', options, ['mergeMode'])
  const names = [...Object.keys(merges), 'none'] as MergeMode[]
  const mergeMode = oneOf<MergeMode>('bidirectional', 'mergeMode', options.mergeMode, names, 'concat')
  check(layer)
  const { returnSequences, returnState } = layer.settings
  const half = layer.states.length
  const states = ['forward', 'backward'].flatMap((direction) =>
    layer.states.map((state) => `${direction}${state[0]?.toUpperCase()}${state.slice(1)}`),
  )
  const call = (inputs: readonly Tensor[], scope: Scope): readonly Tensor[] => {
    const [x, ...initial] = inputs as [Tensor, ...Tensor[]]
    refuseStreaming(scope, 'bidirectional')
    checkSequence(x, scope)
    const steps = compactSteps(x, scope)
    const forward = scope.part('forward', (part) =>
      layer.walk(steps.x, part, { reverse: false, initial: initial.slice(0, half) }),
    )
    const backward = scope.part('backward', (part) =>
      layer.walk(steps.x, part, { reverse: true, initial: initial.slice(half) }),
    )
    const outputs = (y: Tensor, reverse: boolean): Tensor =>
      outputsOf(layer.settings, scope, x, steps.back(y, reverse))
    const both = returnSequences
      ? ([outputs(forward.y, false), outputs(backward.y, true)] as const)
      : ([forward.last, backward.last] as const)
    const merged = mergeMode === 'none' ? both : [merges[mergeMode](...both)]
    return returnState ? [...merged, ...forward.final, ...backward.final] : merged
  }
  const outputs = (mergeMode === 'none' ? 2 : 1) + (returnState ? states.length : 0)
  const made: BidirectionalLayer<States, boolean, MergeMode> = {
    kind: 'bidirectional',
    name: options.name,
    options: { layer: { kind: layer.kind, options: layer.options }, mergeMode },
    wrapped: layer,
    mergeMode,
    takesSequences: true,
    accepts: (inputs) => inputs === 1 || inputs === 1 + states.length,
    call,
    trace: (x, scope) => call([x], scope)[0] as Tensor,
    apply(x, applied = {}) {
      const given = givenStates('bidirectional.apply', applied, states, false)
      const tensors = applyLayer(made, [x, ...given], outputs)
      return (outputs === 1 ? tensors[0] : tensors) as SymbolicTensor
    },
  }
  return made as BidirectionalLayer<StatesOf<Wrapped>, ReturnedOf<Wrapped>, Merge>
}

/** What has no meaning in two directions is refused. */
function check(layer: RecurrentLayer<States, boolean>): void {
  const refuse = (problem: string | { expected: string; received: string }, remedy: string): never => {
    throw new OstinatoError('INVALID_OPTION', 'bidirectional', problem, { remedy })
  }
  if (typeof layer?.walk !== 'function') {
    const received = (layer as AnyLayer | undefined)?.kind ?? typeof layer
    refuse({ expected: 'a recurrent layer', received }, 'Pass layers.lstm, layers.gru or layers.simpleRNN')
  }
  if (layer.settings.goBackwards)
    refuse('the layer has goBackwards', 'Leave it out: both directions are walked')
  if (layer.settings.stateful) {
    refuse(
      'the layer is stateful',
      'Leave it out: the backward direction begins at the end of every sequence',
    )
  }
  if (layer.name !== undefined) {
    refuse(`the layer is named "${layer.name}"`, 'Name the whole: bidirectional(layer, { name })')
  }
}
