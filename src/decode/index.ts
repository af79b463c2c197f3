/** Searches for sequences, over any model that can be asked step by step. */

import { checkOptions } from '../suggest.js'
import { type BeamOptions, BeamSearch } from './beam.js'
import { ensemble } from './ensemble.js'
import type { Decoded, Hypothesis } from './hypothesis.js'
import { languageModel } from './language-model.js'
import { replaceUnknown } from './replace-unknown.js'
import { type GreedyOptions, RowSearch, type SampleOptions } from './rows.js'
import { run, type Streamed, stream } from './search.js'
import type { StepModel } from './step-model.js'

export type { BeamOptions } from './beam.js'
export type { SearchOptions } from './frontier.js'
export type { BeamStep, Decoded, Hypothesis } from './hypothesis.js'
export type { LanguageModel, LanguageModelOptions } from './language-model.js'
export { type Automaton, type LogitsProcessor, type Prefix, processors } from './processors.js'
export type { RankingOptions } from './ranking.js'
export type { GreedyOptions, SampleOptions } from './rows.js'
export type { SamplingOptions } from './sample.js'
export type { Streamed } from './search.js'
export type { StepModel } from './step-model.js'

/** The likeliest token at every step. One result for each source, of one hypothesis. */
async function greedy(model: StepModel, options: GreedyOptions): Promise<Decoded[]> {
  return run(RowSearch.greedy(model, options), model.sources, options.signal)
}

/** The best sequences that a beam search finds. One result for each source, of at most `nBest` hypotheses. */
async function beam(model: StepModel, options: BeamOptions): Promise<Decoded[]> {
  return run(new BeamSearch(model, options), model.sources, options.signal)
}

/** Sequences drawn at random. One result for each source, of `samples` hypotheses. */
async function sample(model: StepModel, options: SampleOptions): Promise<Decoded[]> {
  return run(RowSearch.sample(model, options), model.sources, options.signal)
}

/** The log-probabilities of given sequences, one for each source, without start and end token; the end token is scored behind them. */
async function score(
  model: StepModel,
  targets: readonly ArrayLike<number>[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<Hypothesis[]> {
  checkOptions('decode.score', options, ['signal'])
  const results = await run(RowSearch.forced(model, targets), model.sources, options.signal)
  return results.flatMap(({ hypotheses }) => hypotheses)
}

/** The same searches, token by token as they are settled. Whoever stops reading stops the work. */
const streams = {
  greedy(model: StepModel, options: GreedyOptions): AsyncGenerator<Streamed, void, undefined> {
    return stream(RowSearch.greedy(model, options), options.signal)
  },
  /** What all living hypotheses share with the best that has ended, as it grows. */
  beam(model: StepModel, options: BeamOptions): AsyncGenerator<Streamed, void, undefined> {
    return stream(new BeamSearch(model, options), options.signal)
  },
  sample(model: StepModel, options: SampleOptions): AsyncGenerator<Streamed, void, undefined> {
    return stream(RowSearch.sample(model, options), options.signal)
  },
} as const

/** Searches over a `StepModel`, batched over all its sources. */
export const decode = {
  greedy,
  beam,
  sample,
  score,
  stream: streams,
  languageModel,
  ensemble,
  replaceUnknown,
} as const
