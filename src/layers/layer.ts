import type { Dimension, Graph, RandomScalars, Scalar, Tensor } from '../graph/index.js'
import type { RandomStream } from '../random/random.js'
import type { Regularizer } from '../regularizers/index.js'
import { applyLayer, type SymbolicTensor } from './symbolic.js'

/** What a program is for; a layer may trace differently for each. */
export type Mode = 'train' | 'infer' | 'step'

/** What JSON can hold: a layer's configuration lies in the model file. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export interface ParameterOptions {
  readonly name: string
  readonly shape: readonly number[]
  /** Fills fresh weights; called once, when the model is built. */
  readonly initialize: (shape: readonly number[], random: RandomStream) => Float32Array
  /** False: no optimizer moves it. Default true. */
  readonly trainable?: boolean
  /** The penalty on it; absent: none. */
  readonly regularizer?: Regularizer | undefined
}

/** A recurrent state carried from run to run: rows of a slab, one row a stream. */
export interface CarriedState {
  /** [batch, units] at the start of this run. */
  readonly initial: Tensor
  /** Stored when the whole run has succeeded. */
  store(final: Tensor): void
}

/** The valid steps of a time axis: at most one of the two. */
export interface Valid {
  /** [batch] int32: the first steps of each row. */
  readonly lengths?: Tensor | undefined
  /** [time, batch] int32: 1 where a step is valid, with gaps anywhere. */
  readonly mask?: Tensor | undefined
}

/**
 * Several hypotheses of each source, decoded side by side: the rows of the batch are sources · each, source-major, while a memory has a
 * row for each source.
 */
export interface Hypotheses {
  readonly sources: Dimension
  readonly each: Dimension
  /** Takes the weights of an attention, [1, rows, source steps], for whoever decodes to see. */
  show(weights: Tensor): void
}

/** What a layer can reach while it is traced. */
export interface Scope {
  readonly graph: Graph
  readonly mode: Mode
  /** The second axis of sequences [time, batch, …], the first of all other tensors. */
  readonly batch: Dimension
  /** Where a model decodes step by step. */
  readonly hypotheses?: Hypotheses | undefined
  /** Which steps are valid on the time axis of x: all of them, unless batches or a masking layer say otherwise. */
  validOf(x: Tensor): Valid
  /** The lengths among these. Refuses an axis whose valid steps have gaps: see `compactSteps` in recurrent.ts. */
  lengthsOf(x: Tensor): Tensor | undefined
  /** [time, batch] int32: 1 where a step is valid, made of the lengths where these are given; undefined: all are. */
  maskOf(x: Tensor): Tensor | undefined
  /**
   * A new time axis, made of the one of x: `size` tells its steps from those of x and does not decrease. How many of them are
   * valid follows from how many are on x in the same way, unless `valid` says it; not where these have gaps.
   */
  deriveAxis(x: Tensor, name: string, size: (steps: number) => number, valid?: Valid): Dimension
  /** A weight of this layer, named inside it; the same name gives the same weight in every trace. */
  parameter(options: ParameterOptions): Tensor
  /** The layer takes one step of a loop, which carries its states, those that it is given too. */
  readonly inLoop?: boolean
  /** A carried state of this layer, or undefined where nothing is carried. A loop begins with `first`, and so does a model that decodes. */
  carriedState(name: string, units: number, stateful: boolean, first?: Tensor): CarriedState | undefined
  /**
   * The targets of the model, [time, batch] classes or [time, batch, features] numbers, where it learns from some or is
   * compared with them.
   */
  targets(time: Dimension, features: number): Tensor | undefined
  /** Where random numbers of this layer are drawn: the same in every trace. */
  site(): Omit<RandomScalars, 'rate'>
  /** Scalars of a random operation; its site is this layer's path. */
  random(rate: Scalar): RandomScalars
  /** A run-time scalar of this layer, with its value until somebody changes it. */
  scalar(name: string, value: number): Scalar
  /**
   * Traces a part of this layer, with a scope whose weights, states and scalars are named below the part's name. `batch` is that of
   * a part with rows of its own, which are not those of any stream: nothing is carried there.
   */
  part<T>(name: string, trace: (scope: Scope) => T, batch?: Dimension): T
  /** The scope of another layer of the model, whose weights this one uses. */
  of(layer: AnyLayer): Scope
}

/** What stands in the graph of a model. A layer knows symbols and holds no numbers: each model has weights of its own. */
export interface AnyLayer {
  /** The name of its maker in `layers`, such as `lstm`. */
  readonly kind: string
  /** Given by the user; otherwise the model numbers its layers by kind. */
  readonly name: string | undefined
  /** All options with their defaults filled in, as they are saved. */
  readonly options: { readonly [key: string]: Json }
  /** True where padding behind the longest row matters, so that it must not be cut off. */
  readonly wholeAxis?: boolean
  /** True where x must have a time axis. */
  readonly takesSequences?: boolean
  /** Layers of the model whose weights this one uses, by the option that names them. */
  readonly shares?: { readonly [option: string]: AnyLayer }
  /** Whether it can be applied to so many tensors. */
  accepts(inputs: number): boolean
  /** One use of the layer, on tensors [time, batch, …] or [batch, …], as many as `apply` was given. */
  call(inputs: readonly Tensor[], scope: Scope): readonly Tensor[]
}

/** A layer of one tensor in and one out: what a stack is made of. */
export interface Layer extends AnyLayer {
  /** x [time, batch, features] or [batch, features] */
  trace(x: Tensor, scope: Scope): Tensor
  /** The layer on a symbolic tensor. Applied again, in the same model, it uses the same weights. */
  apply(x: SymbolicTensor): SymbolicTensor
}

/** What the maker of a layer of one tensor writes down. */
export type LayerDefinition = Omit<Layer, 'accepts' | 'call' | 'apply'>

export function defineLayer(definition: LayerDefinition): Layer {
  const layer: Layer = {
    ...definition,
    accepts: (inputs) => inputs === 1,
    call: ([x], scope) => [definition.trace(x as Tensor, scope)],
    apply: (x) => applyLayer(layer, [x], 1)[0] as SymbolicTensor,
  }
  return layer
}
