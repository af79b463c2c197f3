export {
  type Batch,
  type Batches,
  isRecord,
  type SingleBatch,
  type TensorRecord,
  type Tensors,
} from './batch.js'
export { checkLengths, maskToLengths } from './lengths.js'
export { type PairBatchOptions, type PairOptions, type Pairs, pairBatches } from './pairs.js'
export { type BatchingOptions, batches } from './rows.js'
export { type Sequence, sequenceBatches } from './sequences.js'
export { type NestedNumbers, type TensorData, type TensorLike, toTensorData } from './tensor-data.js'
export { textStreams } from './text-streams.js'
export {
  characterVocabulary,
  type SpecialTokens,
  Vocabulary,
  type VocabularyJson,
  type VocabularyOptions,
  type WordVocabularyOptions,
  wordVocabulary,
} from './vocabulary.js'
