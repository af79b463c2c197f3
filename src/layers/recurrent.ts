/** What all recurrent layers share: options, weights, carried states, and which of the outputs is handed on. */

import { OstinatoError } from '../errors.js'
import { reverseTime, type SequenceResult, type Tensor } from '../graph/index.js'
import type { Initializer } from '../initializers/index.js'
import type { Json, Layer, Scope } from './layer.js'
import { count, flag, type InitializerOption, initializer, type LayerOptions, saved } from './options.js'

export interface RecurrentOptions extends LayerOptions {
  /** Size of the state h. */
  readonly units: number
  /** Hand on every step's h, [batch, time, units], instead of the last valid one, [batch, units]. Default false. */
  readonly returnSequences?: boolean
  /** Walk from the last valid step to the first; a returned sequence is reversed too (Keras). Default false. */
  readonly goBackwards?: boolean
  /**
   * Carry the state from batch to batch inside one `fit` or `evaluate`: row i continues row i, until a batch says `reset`.
   * `predict` starts from zeros; sessions always carry. Default false.
   */
  readonly stateful?: boolean
  /** Default true. */
  readonly useBias?: boolean
  /** Of the input weights. Default `glorotUniform`. */
  readonly kernelInitializer?: InitializerOption
  /** Of the recurrent weights. Default `orthogonal`. */
  readonly recurrentInitializer?: InitializerOption
  /** Default `zeros`. */
  readonly biasInitializer?: InitializerOption
}

export const recurrentOptionNames = [
  'units',
  'returnSequences',
  'goBackwards',
  'stateful',
  'useBias',
  'kernelInitializer',
  'recurrentInitializer',
  'biasInitializer',
] as const

export interface RecurrentSettings {
  readonly units: number
  readonly returnSequences: boolean
  readonly goBackwards: boolean
  readonly stateful: boolean
  readonly useBias: boolean
  readonly kernelInitializer: Initializer
  readonly recurrentInitializer: Initializer
  readonly biasInitializer: Initializer
}

export function recurrentSettings(where: string, options: RecurrentOptions): RecurrentSettings {
  return {
    units: count(where, 'units', options.units),
    returnSequences: flag(where, 'returnSequences', options.returnSequences, false),
    goBackwards: flag(where, 'goBackwards', options.goBackwards, false),
    stateful: flag(where, 'stateful', options.stateful, false),
    useBias: flag(where, 'useBias', options.useBias, true),
    kernelInitializer: initializer(where, 'kernelInitializer', options.kernelInitializer, 'glorotUniform'),
    recurrentInitializer: initializer(
      where,
      'recurrentInitializer',
      options.recurrentInitializer,
      'orthogonal',
    ),
    biasInitializer: initializer(where, 'biasInitializer', options.biasInitializer, 'zeros'),
  }
}

function savedSettings(settings: RecurrentSettings): { readonly [key: string]: Json } {
  return {
    ...settings,
    kernelInitializer: saved(settings.kernelInitializer),
    recurrentInitializer: saved(settings.recurrentInitializer),
    biasInitializer: saved(settings.biasInitializer),
  }
}

/** kernel [features, gates · units], recurrentKernel [units, gates · units], bias [gates · units]. */
export function cellWeights(
  scope: Scope,
  settings: RecurrentSettings,
  features: number,
  gates: number,
): { kernel: Tensor; recurrentKernel: Tensor; bias: Tensor | undefined } {
  const { units, useBias, kernelInitializer, recurrentInitializer, biasInitializer } = settings
  const width = gates * units
  return {
    kernel: scope.parameter({
      name: 'kernel',
      shape: [features, width],
      initialize: (s, r) => kernelInitializer.fill(s, r),
    }),
    recurrentKernel: scope.parameter({
      name: 'recurrentKernel',
      shape: [units, width],
      initialize: (s, r) => recurrentInitializer.fill(s, r),
    }),
    bias: useBias
      ? scope.parameter({ name: 'bias', shape: [width], initialize: (s, r) => biasInitializer.fill(s, r) })
      : undefined,
  }
}

/** Walking backwards begins at the end, which a stream does not have. */
export function refuseStreaming(scope: Scope, what: string): void {
  if (scope.mode !== 'step') return
  throw new OstinatoError('INVALID_OPTION', scope.graph.path, `${what} needs the whole sequence`, {
    remedy: 'Use predict instead of a session',
  })
}

/** A layer that walks along time, one way or the other. */
export interface RecurrentLayer extends Layer {
  readonly settings: RecurrentSettings
  /**
   * All steps of x [time, batch, features], with the weights of `scope`; `reverse` walks from the last valid step of each
   * row to the first. Every output stands at the step of its input.
   */
  walk(x: Tensor, scope: Scope, reverse: boolean): SequenceResult
}

/** The layer around a walk in one direction; `options` are those of its own cell. */
export function recurrentLayer(
  kind: string,
  name: string | undefined,
  settings: RecurrentSettings,
  options: { readonly [key: string]: Json },
  walk: RecurrentLayer['walk'],
): RecurrentLayer {
  const { returnSequences, goBackwards } = settings
  return {
    kind,
    name,
    options: { ...savedSettings(settings), ...options },
    settings,
    // A sequence walked backwards is handed on reversed over the padded axis (Keras).
    wholeAxis: goBackwards && returnSequences,
    walk,
    trace(x, scope) {
      if (goBackwards) refuseStreaming(scope, 'goBackwards')
      const { y, finalH } = walk(x, scope, goBackwards)
      if (!returnSequences) return finalH
      return goBackwards ? reverseTime(y) : y
    },
  }
}
