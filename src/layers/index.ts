import type { Cell } from '../cells/define.js'
import { OstinatoError } from '../errors.js'
import { nearest } from '../suggest.js'
import { activation } from './activation.js'
import { attention } from './attention.js'
import { bidirectional } from './bidirectional.js'
import { convLSTM2D } from './conv-lstm.js'
import { conv1d, conv2d } from './convolution.js'
import { type DelayOptions, delay } from './delay.js'
import { dense } from './dense.js'
import { dropout } from './dropout.js'
import { embedding } from './embedding.js'
import { gru } from './gru.js'
import type { AnyLayer, Json, Layer } from './layer.js'
import { layerNormalization } from './layer-normalization.js'
import { leaky } from './leaky.js'
import { lstm } from './lstm.js'
import { masking } from './masking.js'
import { add, average, concatenate, maximum, minimum, multiply, subtract } from './merge.js'
import { minGRU } from './min-gru.js'
import { minLSTM } from './min-lstm.js'
import { multiHeadAttention } from './multi-head-attention.js'
import { outputFeedback } from './output-feedback.js'
import { averagePooling1d, averagePooling2d, maxPooling1d, maxPooling2d } from './pooling.js'
import type { RecurrentLayer, States } from './recurrent.js'
import { recurrentAttention } from './recurrent-attention.js'
import { reverse } from './reverse.js'
import { attentionPooling, globalAveragePooling1d, globalMaxPooling1d, lastStep } from './sequence-pooling.js'
import { flatten, repeatVector, reshape } from './shape.js'
import { simpleRNN } from './simple-rnn.js'
import { sru } from './sru.js'
import { tiedDense } from './tied-dense.js'
import { timeDistributed } from './time-distributed.js'
import { timeReduction } from './time-reduction.js'

/** Makers of layers, by the names that Keras users know. */
export const layers = {
  activation,
  add,
  attention,
  attentionPooling,
  average,
  averagePooling1d,
  averagePooling2d,
  bidirectional,
  concatenate,
  conv1d,
  conv2d,
  convLSTM2D,
  delay,
  dense,
  dropout,
  embedding,
  flatten,
  globalAveragePooling1d,
  globalMaxPooling1d,
  gru,
  lastStep,
  layerNormalization,
  leaky,
  lstm,
  masking,
  maximum,
  maxPooling1d,
  maxPooling2d,
  minGRU,
  minimum,
  minLSTM,
  multiHeadAttention,
  multiply,
  outputFeedback,
  recurrentAttention,
  repeatVector,
  reshape,
  reverse,
  simpleRNN,
  sru,
  subtract,
  tiedDense,
  timeDistributed,
  timeReduction,
} as const

/** A layer as a model file describes it. */
export interface SavedLayer {
  readonly kind: string
  readonly name: string
  readonly options: { readonly [key: string]: Json }
  /** Names of the layers whose weights it uses, by option. */
  readonly shares: Readonly<Record<string, string>>
}

/** A layer by itself, or one that another wraps, which has no name. */
type Described = Pick<SavedLayer, 'kind' | 'options'> & { readonly name: string | undefined }

/** Makers of layers that are made of options, and of layers that these name. */
const {
  bidirectional: _,
  delay: __,
  outputFeedback: ___,
  recurrentAttention: ____,
  timeDistributed: _____,
  ...plain
} = layers

/**
 * Makes the layers that a model file describes; their options are checked as a user's would be. `cells` are the user's own.
 */
export function layersFrom(saved: readonly SavedLayer[], cells: readonly Cell[]): AnyLayer[] {
  const made = new Map<SavedLayer, AnyLayer>()
  // What uses the weights of others comes after these.
  const order = [...saved].sort((a, b) => Object.keys(a.shares).length - Object.keys(b.shares).length)
  for (const each of order) {
    const shared = Object.entries(each.shares).map(([option, name]) => {
      const found = [...made].find(([other]) => other.name === name)
      if (!found) throw invalid(each, `"${name}" to share weights with`, 'no such layer before')
      return [option, found[1]]
    })
    made.set(each, layerFrom(each, cells, Object.fromEntries(shared)))
  }
  return saved.map((each) => made.get(each) as AnyLayer)
}

function layerFrom(
  saved: Described,
  cells: readonly Cell[],
  shared: Readonly<Record<string, AnyLayer>> = {},
): AnyLayer {
  const { kind, options } = saved
  const { layer, ...rest } = options
  const named = saved.name === undefined ? {} : { name: saved.name }
  if (kind === 'bidirectional')
    return bidirectional(recurrentFrom(saved, layer, cells), { ...rest, ...named })
  if (kind === 'delay')
    return delay(recurrentFrom(saved, layer, cells), { ...rest, ...named } as DelayOptions)
  if (kind === 'timeDistributed')
    return timeDistributed(wrappedFrom(saved, layer, cells), { ...rest, ...named })
  if (kind === 'outputFeedback') {
    const inner = Array.isArray(options['layers']) ? options['layers'] : []
    const made = (inner as readonly SavedLayer[]).map((part) => layerFrom(part, cells) as Layer)
    return outputFeedback({ ...(options as object), layers: made, ...named } as never)
  }
  if (kind === 'recurrentAttention') {
    const inner = Array.isArray(options['cells']) ? options['cells'] : []
    const made = (inner as readonly SavedLayer[]).map((part) => layerFrom(part, cells))
    const look = layerFrom({ ...(options['attention'] as unknown as Described), name: undefined }, cells)
    return recurrentAttention({ ...(options as object), cells: made, attention: look, ...named } as never)
  }
  if (!Object.hasOwn(layers, kind)) return cellOf(saved, kind, cells)({ ...options, ...named } as never)
  const make = plain[kind as keyof typeof plain] as (options: object) => AnyLayer
  return make({ ...options, ...shared, ...named })
}

/** Makers of what can be wrapped. */
const recurrent: Readonly<Record<string, (options: never) => RecurrentLayer<States, boolean>>> = {
  convLSTM2D,
  gru,
  leaky,
  lstm,
  minGRU,
  minLSTM,
  simpleRNN,
  sru,
}

/** The user's cell of that name. */
function cellOf(saved: Described, kind: string, cells: readonly Cell[]): Cell {
  const cell = cells.find(({ cellName }) => cellName === kind)
  if (cell) return cell
  const guess = nearest(kind, Object.keys(layers))
  throw new OstinatoError(
    'UNKNOWN_CELL',
    `layer "${saved.name}"`,
    { expected: 'a kind of layer, or the name of a cell that was given', received: `"${kind}"` },
    { remedy: `Pass the cell: load(file, { cells: [cell] })${guess ? `; or did you mean ${guess}?` : ''}` },
  )
}

function recurrentFrom(
  saved: Described,
  layer: Json | undefined,
  cells: readonly Cell[],
): RecurrentLayer<States, boolean> {
  const { kind, options } = (layer ?? {}) as { kind?: Json; options?: Json }
  if (kind === 'delay' && typeof options === 'object' && options !== null) {
    const { layer: inner, ...rest } = options as SavedLayer['options']
    return delay(recurrentFrom(saved, inner, cells), rest as unknown as DelayOptions)
  }
  const named = typeof kind === 'string' ? kind : undefined
  const own = named !== undefined && !Object.hasOwn(layers, named)
  const known = named !== undefined && Object.hasOwn(recurrent, named) ? recurrent[named] : undefined
  const make = own ? (cellOf(saved, named, cells) as unknown as typeof known) : known
  if (!make || typeof options !== 'object' || options === null) {
    throw invalid(saved, 'the kind and options of a recurrent layer', shown(layer))
  }
  return make(options as never)
}

/** What `timeDistributed` wraps: a layer of one tensor, which may wrap another. */
function wrappedFrom(saved: Described, layer: Json | undefined, cells: readonly Cell[]): Layer {
  const { kind, options } = (layer ?? {}) as { kind?: Json; options?: Json }
  if (typeof kind !== 'string' || typeof options !== 'object' || options === null || Array.isArray(options))
    throw invalid(saved, 'the kind and options of a layer', shown(layer))
  return layerFrom({ kind, name: undefined, options: options as SavedLayer['options'] }, cells) as Layer
}

const shown = (value: unknown): string => JSON.stringify(value ?? null).slice(0, 60)

function invalid(saved: Described, expected: string, received: string, remedy?: string): OstinatoError {
  return new OstinatoError(
    'INVALID_FILE',
    `layer "${saved.name ?? saved.kind}"`,
    { expected, received },
    remedy === undefined ? {} : { remedy },
  )
}

export type { ActivationOptions } from './activation.js'
export type { Activation } from './activations.js'
export type { AttentionOptions, AttentionScore } from './attention.js'
export type { AttentionLayer, ReturnWeights } from './attention-layer.js'
export type { BidirectionalLayer, BidirectionalOptions, MergeMode } from './bidirectional.js'
export type { ConvLstm2dOptions } from './conv-lstm.js'
export type { Conv1dOptions, Conv2dOptions } from './convolution.js'
export type { DelayOptions } from './delay.js'
export type { DenseOptions } from './dense.js'
export type { DropoutOptions } from './dropout.js'
export type { EmbeddingLayer, EmbeddingOptions } from './embedding.js'
export type { GruOptions } from './gru.js'
export type { AnyLayer, Json, Layer, Mode, Scope } from './layer.js'
export type { LayerNormalizationOptions } from './layer-normalization.js'
export type { LeakyOptions } from './leaky.js'
export type { LstmOptions, LstmStates } from './lstm.js'
export type { MaskingOptions } from './masking.js'
export type { MergeLayer } from './merge.js'
export type { CandidateActivation, MinGruOptions } from './min-gru.js'
export type { MinLstmOptions } from './min-lstm.js'
export type { MultiHeadAttentionOptions } from './multi-head-attention.js'
export type { InitializerOption, LayerOptions, RegularizerOption } from './options.js'
export type { ParallelOptions } from './parallel.js'
export type { Pooling1dOptions, Pooling2dOptions } from './pooling.js'
export type { ApplyOptions, RecurrentLayer, States } from './recurrent.js'
export type { RecurrentAttentionLayer, RecurrentAttentionOptions } from './recurrent-attention.js'
export type { RecurrentOptions } from './recurrent-settings.js'
export type { AttentionPoolingOptions } from './sequence-pooling.js'
export type { RepeatVectorOptions, ReshapeOptions } from './shape.js'
export type { SimpleRnnOptions } from './simple-rnn.js'
export type { SruOptions } from './sru.js'
export type { TiedDenseOptions } from './tied-dense.js'
export type { TimeReductionOptions } from './time-reduction.js'
