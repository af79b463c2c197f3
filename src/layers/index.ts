import type { Cell } from '../cells/define.js'
import { OstinatoError } from '../errors.js'
import { nearest } from '../suggest.js'
import { bidirectional } from './bidirectional.js'
import { conv1d, conv2d } from './convolution.js'
import { type DelayOptions, delay } from './delay.js'
import { dense } from './dense.js'
import { dropout } from './dropout.js'
import { embedding } from './embedding.js'
import { gru } from './gru.js'
import type { AnyLayer, Json, Layer } from './layer.js'
import { leaky } from './leaky.js'
import { lstm } from './lstm.js'
import { minGRU } from './min-gru.js'
import { minLSTM } from './min-lstm.js'
import type { LayerOptions } from './options.js'
import { outputFeedback } from './output-feedback.js'
import { averagePooling1d, averagePooling2d, maxPooling1d, maxPooling2d } from './pooling.js'
import type { RecurrentLayer, States } from './recurrent.js'
import { simpleRNN } from './simple-rnn.js'
import { sru } from './sru.js'
import { timeReduction } from './time-reduction.js'

/** Makers of layers, by the names that Keras users know. */
export const layers = {
  averagePooling1d,
  averagePooling2d,
  bidirectional,
  conv1d,
  conv2d,
  delay,
  dense,
  dropout,
  embedding,
  gru,
  leaky,
  lstm,
  maxPooling1d,
  maxPooling2d,
  minGRU,
  minLSTM,
  outputFeedback,
  simpleRNN,
  sru,
  timeReduction,
} as const

/** A layer as a model file describes it. */
export interface SavedLayer {
  readonly kind: string
  readonly name: string
  readonly options: { readonly [key: string]: Json }
}

/** Makers of layers that are made of options alone. */
const { bidirectional: _, delay: __, outputFeedback: ___, ...plain } = layers

/** Makes the layer that a model file describes; its options are checked as a user's would be. `cells` are the user's own. */
export function layerFrom(saved: SavedLayer, cells: readonly Cell[]): AnyLayer {
  const { kind, name } = saved
  if (kind === 'bidirectional') {
    const { layer, ...rest } = saved.options
    return bidirectional(wrappedFrom(saved, layer, cells), { ...rest, name })
  }
  if (kind === 'delay') return delayFrom(saved, { name }, cells)
  if (kind === 'outputFeedback') {
    const inner = Array.isArray(saved.options['layers']) ? saved.options['layers'] : []
    const made = (inner as readonly SavedLayer[]).map((part) => layerFrom(part, cells) as Layer)
    return outputFeedback({ ...(saved.options as object), layers: made, name } as never)
  }
  if (!Object.hasOwn(layers, kind)) return cellOf(saved, kind, cells)({ ...saved.options, name } as never)
  const make = plain[saved.kind as keyof typeof plain] as (options: object) => AnyLayer
  return make({ ...saved.options, name })
}

/** A delay, itself inside of others perhaps. */
function delayFrom(saved: SavedLayer, named: LayerOptions, cells: readonly Cell[]): RecurrentLayer<[]> {
  const { layer, ...rest } = saved.options
  return delay(wrappedFrom(saved, layer, cells), { ...rest, ...named } as DelayOptions)
}

/** Makers of what can be wrapped. */
const recurrent: Readonly<Record<string, (options: never) => RecurrentLayer<States, boolean>>> = {
  gru,
  leaky,
  lstm,
  minGRU,
  minLSTM,
  simpleRNN,
  sru,
}

/** The user's cell of that name. */
function cellOf(saved: SavedLayer, kind: string, cells: readonly Cell[]): Cell {
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

function wrappedFrom(
  saved: SavedLayer,
  layer: Json | undefined,
  cells: readonly Cell[],
): RecurrentLayer<States, boolean> {
  const { kind, options } = (layer ?? {}) as { kind?: Json; options?: Json }
  if (kind === 'delay' && typeof options === 'object' && options !== null)
    return delayFrom({ ...saved, options: options as SavedLayer['options'] }, {}, cells)
  const named = typeof kind === 'string' ? kind : undefined
  const own = named !== undefined && !Object.hasOwn(layers, named)
  const known = named !== undefined && Object.hasOwn(recurrent, named) ? recurrent[named] : undefined
  const make = own ? (cellOf(saved, named, cells) as unknown as typeof known) : known
  if (!make || typeof options !== 'object' || options === null) {
    throw invalid(
      saved,
      'the kind and options of a recurrent layer',
      JSON.stringify(layer ?? null).slice(0, 60),
    )
  }
  return make(options as never)
}

function invalid(saved: SavedLayer, expected: string, received: string, remedy?: string): OstinatoError {
  return new OstinatoError(
    'INVALID_FILE',
    `layer "${saved.name}"`,
    { expected, received },
    remedy === undefined ? {} : { remedy },
  )
}

export type { Activation } from './activations.js'
export type { BidirectionalLayer, BidirectionalOptions, MergeMode } from './bidirectional.js'
export type { Conv1dOptions, Conv2dOptions } from './convolution.js'
export type { DelayOptions } from './delay.js'
export type { DenseOptions } from './dense.js'
export type { DropoutOptions } from './dropout.js'
export type { EmbeddingOptions } from './embedding.js'
export type { GruOptions } from './gru.js'
export type { AnyLayer, Json, Layer, Mode, Scope } from './layer.js'
export type { LeakyOptions } from './leaky.js'
export type { LstmOptions, LstmStates } from './lstm.js'
export type { CandidateActivation, MinGruOptions } from './min-gru.js'
export type { MinLstmOptions } from './min-lstm.js'
export type { InitializerOption, LayerOptions, RegularizerOption } from './options.js'
export type { ParallelOptions } from './parallel.js'
export type { Pooling1dOptions, Pooling2dOptions } from './pooling.js'
export type { ApplyOptions, RecurrentLayer, RecurrentOptions, States } from './recurrent.js'
export type { SimpleRnnOptions } from './simple-rnn.js'
export type { SruOptions } from './sru.js'
export type { TimeReductionOptions } from './time-reduction.js'
