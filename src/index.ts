export type { BackendName } from './backends/backend.js'
export { loadBackend } from './backends/load.js'
export {
  type Cell,
  type CellDefinition,
  type CellLayerOptions,
  type CellOptions,
  type CellWeight,
  defineCell,
} from './cells/define.js'
export { operations } from './cells/operations.js'
export type { Precision } from './contract/index.js'
export {
  type Batch,
  type Batches,
  batches,
  characterVocabulary,
  type PairBatchOptions,
  type PairOptions,
  type Pairs,
  pairBatches,
  type SingleBatch,
  type SpecialTokens,
  sequenceBatches,
  type TensorData,
  type TensorLike,
  type TensorRecord,
  type Tensors,
  textStreams,
  Vocabulary,
  type VocabularyOptions,
  type WordVocabularyOptions,
  wordVocabulary,
} from './data/index.js'
export { type GenerateOptions, generate } from './decode/generate.js'
export {
  type Automaton,
  type BeamOptions,
  type BeamStep,
  type Decoded,
  decode,
  type GreedyOptions,
  type Hypothesis,
  type LanguageModel,
  type LanguageModelOptions,
  type LogitsProcessor,
  type Prefix,
  processors,
  type SampleOptions,
  type StepModel,
  type Streamed,
} from './decode/index.js'
export { type ErrorCode, OstinatoError } from './errors.js'
export type { Tensor } from './graph/index.js'
export { type Initializer, initializers } from './initializers/index.js'
export {
  type Activation,
  type ActivationOptions,
  type AnyLayer,
  type AttentionLayer,
  type AttentionOptions,
  type AttentionPoolingOptions,
  type BidirectionalLayer,
  type BidirectionalOptions,
  type CandidateActivation,
  type Conv1dOptions,
  type Conv2dOptions,
  type ConvLstm2dOptions,
  type DelayOptions,
  type DenseOptions,
  type DropoutOptions,
  type EmbeddingLayer,
  type EmbeddingOptions,
  type GruOptions,
  type InitializerOption,
  type Layer,
  type LayerNormalizationOptions,
  type LayerOptions,
  type LeakyOptions,
  type LstmOptions,
  type LstmStates,
  layers,
  type MaskingOptions,
  type MergeLayer,
  type MergeMode,
  type MinGruOptions,
  type MinLstmOptions,
  type MultiHeadAttentionOptions,
  type ParallelOptions,
  type Pooling1dOptions,
  type Pooling2dOptions,
  type RecurrentAttentionLayer,
  type RecurrentAttentionOptions,
  type RecurrentLayer,
  type RecurrentOptions,
  type RegularizerOption,
  type RepeatVectorOptions,
  type ReshapeOptions,
  type SimpleRnnOptions,
  type SruOptions,
  type States,
  type TiedDenseOptions,
  type TimeReductionOptions,
} from './layers/index.js'
export { type InputOptions, input, type SymbolicTensor } from './layers/symbolic.js'
export {
  type BinaryCrossentropyOptions,
  type HuberOptions,
  type Loss,
  type LossLike,
  type LossName,
  losses,
  type SmoothingOptions,
} from './losses/index.js'
export {
  type Metric,
  type MetricLike,
  type MetricName,
  metrics,
  type TopKAccuracyOptions,
} from './metrics/index.js'
export { type FunctionalOptions, type ModelOptions, model, sequential } from './models/build.js'
export type { Decoder, DecoderOptions } from './models/decoder.js'
export type { DeepLstmOptions } from './models/deep-lstm.js'
export type {
  EncoderDecoderOptions,
  TargetOptions,
  TokenOptions,
  VectorToSequenceOptions,
} from './models/encoder-decoder.js'
export { models } from './models/index.js'
export { type LoadOptions, load } from './models/load.js'
export type { CompileOptions, EachOutput, Model, NamedWeight } from './models/model.js'
export type {
  SequenceCompileOptions,
  SequenceFitOptions,
  SequenceToSequence,
} from './models/sequence-to-sequence.js'
export type { Session, SessionOptions } from './models/session.js'
export type { GroupSession, SessionGroup, SessionGroupOptions } from './models/session-group.js'
export type { SessionState } from './models/stepper.js'
export type { SymbolicTensors } from './models/topology.js'
export {
  type AdamOptions,
  type ClipOptions,
  type Optimizer,
  type OptimizerOptions,
  optimizers,
  type RmspropOptions,
  type Schedule,
  type SgdOptions,
} from './optimizers/index.js'
export { RandomStream } from './random/random.js'
export { type L1L2Options, type Regularizer, regularizers } from './regularizers/index.js'
export { type Diagnosis, diagnose, type RecurrentMatrix, type StateCurve } from './seeing/diagnose.js'
export type { Eigenvalue } from './seeing/eigenvalues.js'
export { type Unfolded, type UnfoldOptions, unfold } from './seeing/unfold.js'
export {
  type AdaptTokenizerOptions,
  adaptTokenizer,
  type Bleu,
  type BleuOptions,
  type ChrfOptions,
  type ErrorRate,
  type ForeignTokenizer,
  type SequenceReferences,
  type TerOptions,
  type TextReferences,
  type Tokenizer,
  type TokenSequence,
  type TranslationEditRate,
  textMetrics,
} from './text/index.js'
export {
  meanWeights,
  type WeightAverage,
  type WeightAverageOptions,
  weightAverage,
} from './train/average.js'
export type { EvaluateOptions, EvaluateResult } from './train/evaluate.js'
export type {
  Callbacks,
  EpochLogs,
  FitOptions,
  History,
  ScheduledSampling,
  StepLogs,
} from './train/fit.js'
export type { Prediction, PredictionsOf, PredictOptions } from './train/predict.js'
export { samplingSchedules } from './train/sampling.js'
export type { BatchSource, InputBatch } from './train/sources.js'
