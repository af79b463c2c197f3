import { gather, shapeName, type Tensor } from '../graph/index.js'
import { mismatch } from '../graph/operations.js'
import { defineLayer, type Layer, type Scope } from './layer.js'
import {
  count,
  type InitializerOption,
  initializer,
  known,
  type LayerOptions,
  type RegularizerOption,
  regularizer,
  saved,
  savedPenalty,
} from './options.js'

export interface EmbeddingOptions extends LayerOptions {
  /** How many tokens there are; tokens are 0 … inputDim − 1. */
  readonly inputDim: number
  /** Length of a token's vector. */
  readonly outputDim: number
  /** Default `randomUniform` in ±0.05 (Keras). */
  readonly embeddingsInitializer?: InitializerOption
  /** Penalty on the table, such as `regularizers.l2(1e-4)`. Default none. */
  readonly embeddingsRegularizer?: RegularizerOption
}

/** An embedding, whose table `tiedDense` uses too. */
export interface EmbeddingLayer extends Layer {
  /** [inputDim, outputDim], in the scope of the embedding. */
  table(scope: Scope): Tensor
}

/**
 * Token → vector: y = table[token]. Input int32 [batch, time] or [batch], output [..., outputDim].
 * A token outside the table ends the run with INDEX_OUT_OF_RANGE.
 */
export function embedding(options: EmbeddingOptions): EmbeddingLayer {
  known('embedding', options, ['inputDim', 'outputDim', 'embeddingsInitializer', 'embeddingsRegularizer'])
  const inputDim = count('embedding', 'inputDim', options.inputDim)
  const outputDim = count('embedding', 'outputDim', options.outputDim)
  const init = initializer(
    'embedding',
    'embeddingsInitializer',
    options.embeddingsInitializer,
    'randomUniform',
  )
  const penalty = regularizer('embedding', 'embeddingsRegularizer', options.embeddingsRegularizer)
  const table = (scope: Scope): Tensor =>
    scope.parameter({
      name: 'embeddings',
      shape: [inputDim, outputDim],
      initialize: (s, r) => init.fill(s, r),
      regularizer: penalty,
    })
  const layer = defineLayer({
    kind: 'embedding',
    name: options.name,
    options: {
      inputDim,
      outputDim,
      embeddingsInitializer: saved(init),
      embeddingsRegularizer: savedPenalty(penalty),
    },
    trace(x, scope) {
      if (x.type !== 'i32') throw mismatch(x, 'input', 'int32 tokens', `float32 ${shapeName(x.shape)}`)
      return gather(table(scope), x)
    },
  })
  return Object.assign(layer, { table })
}
