import { OstinatoError } from '../errors.js'
import { add, features, matmulTransposeB } from '../graph/index.js'
import { mismatch } from '../graph/operations.js'
import type { EmbeddingLayer } from './embedding.js'
import { defineLayer, type Layer } from './layer.js'
import { flag, type InitializerOption, initializer, known, type LayerOptions, saved } from './options.js'

export interface TiedDenseOptions extends LayerOptions {
  /** The embedding whose table is used: a layer of the same model. */
  readonly embedding: EmbeddingLayer
  /** Default true. */
  readonly useBias?: boolean
  /** Default `zeros`. */
  readonly biasInitializer?: InitializerOption
}

/**
 * A score for every token, with the vectors of an embedding as weights (Press and Wolf 2017): y = x · embeddingsᵀ + bias.
 * [..., outputDim] → [..., inputDim], by the sizes of the embedding. Gradients of both uses add up in the one table.
 */
export function tiedDense(options: TiedDenseOptions): Layer {
  known('tiedDense', options, ['embedding', 'useBias', 'biasInitializer'])
  const { embedding } = options
  if (typeof embedding?.table !== 'function') {
    throw new OstinatoError('INVALID_OPTION', 'tiedDense, embedding', {
      expected: 'a layer made by layers.embedding',
      received: (embedding as Layer | undefined)?.kind ?? typeof embedding,
    })
  }
  const useBias = flag('tiedDense', 'useBias', options.useBias, true)
  const biasInit = initializer('tiedDense', 'biasInitializer', options.biasInitializer, 'zeros')
  return defineLayer({
    kind: 'tiedDense',
    name: options.name,
    options: { useBias, biasInitializer: saved(biasInit) },
    shares: { embedding },
    trace(x, scope) {
      const table = embedding.table(scope.of(embedding))
      const [tokens, width] = table.shape
      if (features(x, 'input') !== width?.capacity)
        throw mismatch(
          x,
          'input',
          `[…, ${width?.capacity}], as the embedding has`,
          `[…, ${features(x, 'input')}]`,
        )
      const scores = matmulTransposeB(x, table)
      if (!useBias) return scores
      const shape = [tokens!.capacity]
      return add(scores, scope.parameter({ name: 'bias', shape, initialize: (s, r) => biasInit.fill(s, r) }))
    },
  })
}
