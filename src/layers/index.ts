import { OstinatoError } from '../errors.js'
import { nearest } from '../suggest.js'
import { bidirectional } from './bidirectional.js'
import { dense } from './dense.js'
import { dropout } from './dropout.js'
import { embedding } from './embedding.js'
import { gru } from './gru.js'
import type { AnyLayer, Json } from './layer.js'
import { lstm } from './lstm.js'
import type { RecurrentLayer, States } from './recurrent.js'
import { simpleRNN } from './simple-rnn.js'

/** Makers of layers, by the names that Keras users know. */
export const layers = { bidirectional, dense, dropout, embedding, gru, lstm, simpleRNN } as const

/** A layer as a model file describes it. */
export interface SavedLayer {
  readonly kind: string
  readonly name: string
  readonly options: { readonly [key: string]: Json }
}

/** Makers of layers that are made of options alone. */
const { bidirectional: _, ...plain } = layers

/** Makes the layer that a model file describes; its options are checked as a user's would be. */
export function layerFrom(saved: SavedLayer): AnyLayer {
  if (!Object.hasOwn(layers, saved.kind)) {
    const guess = nearest(saved.kind, Object.keys(layers))
    throw invalid(saved, 'a known kind of layer', saved.kind, guess ? `Did you mean ${guess}?` : undefined)
  }
  const { name } = saved
  if (saved.kind === 'bidirectional') {
    const { layer, ...rest } = saved.options
    return bidirectional(wrappedFrom(saved, layer), { ...rest, name })
  }
  const make = plain[saved.kind as keyof typeof plain] as (options: object) => AnyLayer
  return make({ ...saved.options, name })
}

/** Makers of what `bidirectional` wraps. */
const recurrent: Readonly<Record<string, (options: never) => RecurrentLayer<States, boolean>>> = {
  gru,
  lstm,
  simpleRNN,
}

function wrappedFrom(saved: SavedLayer, layer: Json | undefined): RecurrentLayer<States, boolean> {
  const { kind, options } = (layer ?? {}) as { kind?: Json; options?: Json }
  const make = typeof kind === 'string' && Object.hasOwn(recurrent, kind) ? recurrent[kind] : undefined
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
export type { DenseOptions } from './dense.js'
export type { DropoutOptions } from './dropout.js'
export type { EmbeddingOptions } from './embedding.js'
export type { GruOptions } from './gru.js'
export type { AnyLayer, Json, Layer, Mode, Scope } from './layer.js'
export type { LstmOptions, LstmStates } from './lstm.js'
export type { InitializerOption, LayerOptions } from './options.js'
export type { ApplyOptions, RecurrentLayer, RecurrentOptions, States } from './recurrent.js'
export type { SimpleRnnOptions } from './simple-rnn.js'
