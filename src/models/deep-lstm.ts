import { initializers } from '../initializers/index.js'
import { lstm } from '../layers/lstm.js'
import { count } from '../layers/options.js'
import { checkOptions } from '../suggest.js'
import { encoderDecoder, type TargetOptions } from './encoder-decoder.js'
import type { CommonModelOptions, SequenceToSequence } from './sequence-to-sequence.js'

export interface DeepLstmOptions extends CommonModelOptions {
  readonly source: { readonly vocabulary: number }
  readonly target: Omit<TargetOptions, 'units' | 'embeddingsInitializer'>
  /** Of every layer, and of the vectors of tokens. Default 1000. */
  readonly units?: number
  /** On either side. Default 4. */
  readonly layers?: number
}

/**
 * The encoder and decoder of Sutskever et al. 2014: as many LSTM layers on either side, the last states of each the first ones of the
 * same layer of the other side, the source read backwards, no attention, the LSTMs and the tables drawn evenly from ±0.08. They trained it by
 * `optimizers.sgd({ learningRate: 0.7, globalClipNorm: 5 })` on batches of 128 of similar lengths, the rate halved twice an epoch
 * after the fifth.
 */
export function deepLSTM(options: DeepLstmOptions): SequenceToSequence {
  const where = 'deepLSTM'
  checkOptions(where, options, ['source', 'target', 'units', 'layers', 'name', 'seed', 'backend'])
  const { source, target, units: size = 1000, layers: depth = 4, ...common } = options
  const units = count(where, 'units', size)
  const layers = count(where, 'layers', depth)
  const even = initializers.randomUniform({ minval: -0.08, maxval: 0.08 })
  const stack = () =>
    Array.from({ length: layers }, () =>
      lstm({
        units,
        unitForgetBias: false,
        kernelInitializer: even,
        recurrentInitializer: even,
        biasInitializer: even,
      }),
    )
  const vectors = { units, embeddingsInitializer: even }
  return encoderDecoder({
    name: where,
    ...common,
    source: { ...source, ...vectors },
    target: { ...target, ...vectors },
    encoder: stack(),
    decoder: stack(),
    sourceOrder: 'reversed',
  })
}
