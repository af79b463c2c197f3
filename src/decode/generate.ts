import type { Precision } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import type { Model } from '../models/model.js'
import { RandomStream } from '../random/random.js'
import { checkInteger, checkOptions } from '../suggest.js'
import { pause } from '../train/pause.js'
import { sampleCategorical } from './sample.js'

export interface GenerateOptions {
  /** Tokens the model reads first; at least one. */
  readonly prompt: ArrayLike<number>
  /** New tokens at most. */
  readonly length: number
  /** Below 1 bolder about what is likely, above 1 more even; 0 always takes the likeliest. Default 1. */
  readonly temperature?: number
  /** The same seed gives the same tokens. Default 0. */
  readonly seed?: number
  /** A token that ends the text; it is not returned. */
  readonly end?: number
  /** How the operands of products are rounded. Default `float32`. */
  readonly precision?: Precision
  readonly signal?: AbortSignal
}

/** Samples a continuation of `prompt` from a model of tokens, one step after the other. Returns the new tokens. */
export async function generate(model: Model, options: GenerateOptions): Promise<Int32Array> {
  checkOptions('generate', options, ['prompt', 'length', 'temperature', 'seed', 'end', 'precision', 'signal'])
  const { prompt, length, temperature = 1, seed = 0, end, precision = 'float32', signal } = options
  checkInteger('generate, length', length, 0)
  if (prompt.length === 0) {
    throw new OstinatoError('EMPTY_DATA', 'generate, prompt', {
      expected: 'at least one token',
      received: 'none',
    })
  }
  await model.ready()
  const random = new RandomStream(seed).fork('generate')
  const session = model.session({ precision })
  try {
    const logits = new Float32Array(session.outputSize)
    for (let i = 0; i < prompt.length; i++) session.step(prompt[i] ?? 0, logits)
    const tokens: number[] = []
    while (tokens.length < length) {
      signal?.throwIfAborted()
      await pause()
      const scores = session.probabilities ? logits.map(Math.log) : logits
      const token = sampleCategorical(scores, { temperature, random: () => random.uniform() })
      if (token === end) break
      tokens.push(token)
      if (tokens.length < length) session.step(token, logits)
    }
    return Int32Array.from(tokens)
  } finally {
    session.dispose()
  }
}
