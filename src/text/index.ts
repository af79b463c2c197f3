/** Texts as tokens, and measures of sequences and texts against references. */
import { bleu } from './bleu.js'
import { chrf } from './chrf.js'
import {
  characterErrorRate,
  editDistance,
  errorRate,
  perplexity,
  sequenceAccuracy,
  tokenAccuracy,
  wordErrorRate,
} from './error-rates.js'
import { ter } from './ter.js'

export type { Bleu, BleuOptions } from './bleu.js'
export type { ChrfOptions } from './chrf.js'
export type { ErrorRate, SequenceReferences, TokenSequence } from './error-rates.js'
export type { TextReferences } from './segments.js'
export type { TerOptions, TranslationEditRate } from './ter.js'
export {
  type AdaptTokenizerOptions,
  adaptTokenizer,
  type ForeignTokenizer,
  type Tokenizer,
} from './tokenizer.js'

/** Counted over whole corpora: what is divided are sums over all sequences. */
export const textMetrics = {
  editDistance,
  errorRate,
  wordErrorRate,
  characterErrorRate,
  tokenAccuracy,
  sequenceAccuracy,
  perplexity,
  bleu,
  chrf,
  ter,
} as const
