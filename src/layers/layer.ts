import type { Graph, RandomScalars, Scalar, Tensor } from '../graph/index.js'
import type { RandomStream } from '../random/random.js'

/** What a program is for; a layer may trace differently for each. */
export type Mode = 'train' | 'infer' | 'step'

/** What JSON can hold: a layer's configuration lies in the model file. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export interface ParameterOptions {
  readonly name: string
  readonly shape: readonly number[]
  /** Fills fresh weights; called once, when the model is built. */
  readonly initialize: (shape: readonly number[], random: RandomStream) => Float32Array
}

/** A recurrent state carried from run to run: rows of a slab, one row a stream. */
export interface CarriedState {
  /** [batch, units] at the start of this run. */
  readonly initial: Tensor
  /** Stored when the whole run has succeeded. */
  store(final: Tensor): void
}

/** What a layer can reach while it is traced. */
export interface Scope {
  readonly graph: Graph
  readonly mode: Mode
  /** [batch] int32: the valid steps of each row, where the batch has them. */
  readonly lengths: Tensor | undefined
  /** A weight of this layer, named inside it; the same name gives the same weight in every trace. */
  parameter(options: ParameterOptions): Tensor
  /** A carried state of this layer, or undefined where nothing is carried. */
  carriedState(name: string, units: number, stateful: boolean): CarriedState | undefined
  /** Scalars of a random operation; its site is this layer's path. */
  random(rate: Scalar): RandomScalars
  /** A run-time scalar of this layer, with its value until somebody changes it. */
  scalar(name: string, value: number): Scalar
  /** Traces a part of this layer, with a scope whose weights, states and scalars are named below the part's name. */
  part<T>(name: string, trace: (scope: Scope) => T): T
}

/** One step of a model. A layer knows symbols and holds no numbers. */
export interface Layer {
  /** The name of its maker in `layers`, such as `lstm`. */
  readonly kind: string
  /** Given by the user; otherwise the model numbers its layers by kind. */
  readonly name: string | undefined
  /** All options with their defaults filled in, as they are saved. */
  readonly options: { readonly [key: string]: Json }
  /** True where padding behind the longest row matters, so that it must not be cut off. */
  readonly wholeAxis?: boolean
  /** x [time, batch, features] or [batch, features] */
  trace(x: Tensor, scope: Scope): Tensor
}
