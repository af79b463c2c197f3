import { OstinatoError } from '../errors.js'
import { nearest } from '../suggest.js'
import { dense } from './dense.js'
import { dropout } from './dropout.js'
import { embedding } from './embedding.js'
import { gru } from './gru.js'
import type { Json, Layer } from './layer.js'
import { lstm } from './lstm.js'
import { simpleRNN } from './simple-rnn.js'

/** Makers of layers, by the names that Keras users know. */
export const layers = { dense, dropout, embedding, gru, lstm, simpleRNN } as const

/** A layer as a model file describes it. */
export interface SavedLayer {
  readonly kind: string
  readonly name: string
  readonly options: { readonly [key: string]: Json }
}

/** Makes the layer that a model file describes; its options are checked as a user's would be. */
export function layerFrom(saved: SavedLayer): Layer {
  if (!Object.hasOwn(layers, saved.kind)) {
    const guess = nearest(saved.kind, Object.keys(layers))
    throw new OstinatoError(
      'INVALID_FILE',
      `layer "${saved.name}"`,
      { expected: 'a known kind of layer', received: saved.kind },
      guess ? { remedy: `Did you mean ${guess}?` } : {},
    )
  }
  const make = layers[saved.kind as keyof typeof layers] as (options: object) => Layer
  return make({ ...saved.options, name: saved.name })
}

export type { Activation } from './activations.js'
export type { DenseOptions } from './dense.js'
export type { DropoutOptions } from './dropout.js'
export type { EmbeddingOptions } from './embedding.js'
export type { GruOptions } from './gru.js'
export type { Json, Layer, Mode, Scope } from './layer.js'
export type { LstmOptions } from './lstm.js'
export type { InitializerOption, LayerOptions } from './options.js'
export type { RecurrentOptions } from './recurrent.js'
export type { SimpleRnnOptions } from './simple-rnn.js'
