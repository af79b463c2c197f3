import type { Precision } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import type { Model } from '../models/model.js'
import { RandomStream } from '../random/random.js'
import { checkInteger, checkOptions } from '../suggest.js'
import { pause } from '../train/pause.js'
import { argmax, Sampler, type SamplingOptions, samplingOptions } from './sample.js'

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

/** Samples a continuation of `prompt` from a model of tokens, one step after the other. Returns the new tokens. */
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
  if (prompt.length === 0) {
    throw new OstinatoError('EMPTY_DATA', 'generate, prompt', {
      expected: 'at least one token',
      received: 'none',
    })
  }
  const sampler = new Sampler('generate', options)
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
      const best = argmax(scores)
      if (!Number.isFinite(scores[best])) {
        throw new OstinatoError('NON_FINITE_SCORE', `generate, step ${tokens.length}`, {
          expected: 'a finite score for at least one token, no NaN or Infinity',
          received: best < 0 ? '-Infinity for all' : `${scores[best]} for token ${best}`,
        })
      }
      const token = sampler.draw(scores, 0, scores.length, best, () => random.uniform())
      if (token === end) break
      tokens.push(token)
      if (tokens.length < length) session.step(token, logits)
    }
    return Int32Array.from(tokens)
  } finally {
    session.dispose()
  }
}
