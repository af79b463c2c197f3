import type { Precision } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import type { Model } from '../models/model.js'
import { checkInteger, checkOptions } from '../suggest.js'
import { languageModel } from './language-model.js'
import { RowSearch } from './rows.js'
import { Sampler, type SamplingOptions, samplingOptions } from './sample.js'
import { run } from './search.js'

export interface GenerateOptions extends SamplingOptions {
  /** Tokens the model reads first; at least one. */
  readonly prompt: ArrayLike<number>
  /** New tokens at most. */
  readonly length: number
  /** The same seed gives the same tokens. Default 0. */
  readonly seed?: number
  /** A token that ends the text; it is not returned. */
  readonly end?: number
  /** How the operands of products are rounded. Default `float32`. */
  readonly precision?: Precision
  readonly signal?: AbortSignal
}

/**
 * Samples a continuation of `prompt` from a model of tokens, one step after the other. Returns the new tokens. For streams, constraints, beams and several texts at
 * once, `decode` searches over `decode.languageModel`.
 */
export async function generate(model: Model, options: GenerateOptions): Promise<Int32Array> {
  checkOptions('generate', options, [
    'prompt',
    'length',
    ...samplingOptions,
    'seed',
    'end',
    'precision',
    'signal',
  ])
  const { prompt, length, seed = 0, end, precision = 'float32', signal } = options
  checkInteger('generate, length', length, 0)
  const sampler = new Sampler('generate', options)
  if (prompt.length === 0) {
    throw new OstinatoError('EMPTY_DATA', 'generate, prompt', {
      expected: 'at least one token',
      received: 'none',
    })
  }
  const endToken = end === undefined ? {} : { endToken: end }
  const steps = await languageModel(model, { prompts: [prompt], precision, ...endToken })
  try {
    if (length === 0) return new Int32Array(0)
    const search = RowSearch.drawn('generate', steps, { maxLength: length }, { sampler, samples: 1, seed })
    const [decoded] = await run(search, 1, signal)
    return decoded!.hypotheses[0]!.tokens
  } finally {
    steps.dispose()
  }
}
