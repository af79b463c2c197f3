/** What recurrent layers are told: options as they are given, and settings as they are meant. */
import type { Initializer } from '../initializers/index.js'
import type { Regularizer } from '../regularizers/index.js'
import type { Json } from './layer.js'
import {
  count,
  flag,
  type InitializerOption,
  initializer,
  type LayerOptions,
  type RegularizerOption,
  rate,
  regularizer,
  saved,
  savedPenalty,
} from './options.js'

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
  /** Outputs of masked steps are zeros instead of those of the step before (Keras). Default false. */
  readonly zeroOutputForMask?: boolean
  /** Default true. */
  readonly useBias?: boolean
  /** Of the input weights. Default `glorotUniform`. */
  readonly kernelInitializer?: InitializerOption
  /** Of the recurrent weights. Default `orthogonal`. */
  readonly recurrentInitializer?: InitializerOption
  /** Default `zeros`. */
  readonly biasInitializer?: InitializerOption
  /** Penalty on the input weights, such as `regularizers.l2(1e-4)`. Default none. */
  readonly kernelRegularizer?: RegularizerOption
  /** Penalty on the recurrent weights. Default none. */
  readonly recurrentRegularizer?: RegularizerOption
  /** Default none. */
  readonly biasRegularizer?: RegularizerOption
  /** Share of the input features set to 0 while training, the same at all steps of a row; see `layers.dropout`. Default 0. */
  readonly dropout?: number
  /**
   * Share of the units set to 0 while training where hₜ₋₁ stands in a product with recurrent weights, the same at all steps
   * of a row (Gal and Ghahramani 2016); what a cell carries on stays whole. Default 0.
   */
  readonly recurrentDropout?: number
  /**
   * Share of the units that keep their h of the step before while training, drawn anew at each step; otherwise
   * hₜ = zoneoutH ∗ hₜ₋₁ + (1 − zoneoutH) ∗ new h (Krueger et al. 2017, eq. 4). Default 0.
   */
  readonly zoneoutH?: number
}

/** Apart from the other options because it decides what `apply` returns. */
export interface ReturnState<Returned extends boolean> {
  /** `apply` returns the last states too, behind the output: `[y, h, c]` of an LSTM, `[y, h]` of the others. Default false. */
  readonly returnState?: Returned
}

export const recurrentOptionNames = [
  'units',
  'returnSequences',
  'returnState',
  'goBackwards',
  'stateful',
  'zeroOutputForMask',
  'useBias',
  'kernelInitializer',
  'recurrentInitializer',
  'biasInitializer',
  'kernelRegularizer',
  'recurrentRegularizer',
  'biasRegularizer',
  'dropout',
  'recurrentDropout',
  'zoneoutH',
] as const

/** What every layer along time is told. */
export interface SequenceSettings {
  readonly returnSequences: boolean
  readonly returnState: boolean
  readonly goBackwards: boolean
  readonly stateful: boolean
  readonly zeroOutputForMask: boolean
}

export interface RecurrentSettings extends SequenceSettings {
  readonly units: number
  readonly useBias: boolean
  readonly kernelInitializer: Initializer
  readonly recurrentInitializer: Initializer
  readonly biasInitializer: Initializer
  readonly kernelRegularizer: Regularizer | undefined
  readonly recurrentRegularizer: Regularizer | undefined
  readonly biasRegularizer: Regularizer | undefined
  readonly dropout: number
  readonly recurrentDropout: number
  readonly zoneoutH: number
}

/** The options of every layer along time; most hand on the last output only. */
export function sequenceSettings(
  where: string,
  options: Partial<SequenceSettings>,
  returnSequences = false,
): SequenceSettings {
  return {
    returnSequences: flag(where, 'returnSequences', options.returnSequences, returnSequences),
    returnState: flag(where, 'returnState', options.returnState, false),
    goBackwards: flag(where, 'goBackwards', options.goBackwards, false),
    stateful: flag(where, 'stateful', options.stateful, false),
    zeroOutputForMask: flag(where, 'zeroOutputForMask', options.zeroOutputForMask, false),
  }
}

export function recurrentSettings(
  where: string,
  options: RecurrentOptions & ReturnState<boolean>,
): RecurrentSettings {
  return {
    units: count(where, 'units', options.units),
    ...sequenceSettings(where, options),
    useBias: flag(where, 'useBias', options.useBias, true),
    kernelInitializer: initializer(where, 'kernelInitializer', options.kernelInitializer, 'glorotUniform'),
    recurrentInitializer: initializer(
      where,
      'recurrentInitializer',
      options.recurrentInitializer,
      'orthogonal',
    ),
    biasInitializer: initializer(where, 'biasInitializer', options.biasInitializer, 'zeros'),
    kernelRegularizer: regularizer(where, 'kernelRegularizer', options.kernelRegularizer),
    recurrentRegularizer: regularizer(where, 'recurrentRegularizer', options.recurrentRegularizer),
    biasRegularizer: regularizer(where, 'biasRegularizer', options.biasRegularizer),
    dropout: rate(where, 'dropout', options.dropout ?? 0),
    recurrentDropout: rate(where, 'recurrentDropout', options.recurrentDropout ?? 0),
    zoneoutH: rate(where, 'zoneoutH', options.zoneoutH ?? 0),
  }
}

export function savedSettings(settings: SequenceSettings): { readonly [key: string]: Json } {
  type Value = Json | Initializer | Regularizer | undefined
  const entries = Object.entries(settings as SequenceSettings & Record<string, Value>)
  return Object.fromEntries(
    entries.map(([key, value]) => {
      if (key.endsWith('Regularizer')) return [key, savedPenalty(value as Regularizer | undefined)]
      return [key, isInitializer(value) ? saved(value) : (value as Json)]
    }),
  )
}

function isInitializer(value: Json | Initializer | Regularizer | undefined): value is Initializer {
  return typeof value === 'object' && value !== null && 'fill' in value
}
