export type { BackendName } from './backends/backend.js'
export { loadBackend } from './backends/load.js'
export type { Precision } from './contract/index.js'
export {
  type Batch,
  type Batches,
  batches,
  characterVocabulary,
  sequenceBatches,
  type TensorData,
  type TensorLike,
  textStreams,
  Vocabulary,
} from './data/index.js'
export { type GenerateOptions, generate } from './decode/generate.js'
export { type ErrorCode, OstinatoError } from './errors.js'
export { type Initializer, initializers } from './initializers/index.js'
export {
  type Activation,
  type BidirectionalOptions,
  type DenseOptions,
  type DropoutOptions,
  type EmbeddingOptions,
  type GruOptions,
  type InitializerOption,
  type Layer,
  type LayerOptions,
  type LstmOptions,
  layers,
  type RecurrentLayer,
  type RecurrentOptions,
  type SimpleRnnOptions,
} from './layers/index.js'
export type { LossName } from './losses/index.js'
export {
  type CompileOptions,
  type LoadOptions,
  load,
  type Model,
  type ModelOptions,
  type NamedWeight,
  sequential,
} from './models/model.js'
export type { Session, SessionOptions } from './models/session.js'
export type { GroupSession, SessionGroup, SessionGroupOptions } from './models/session-group.js'
export type { SessionState } from './models/stepper.js'
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
export type { EvaluateOptions, EvaluateResult } from './train/evaluate.js'
export type { Callbacks, EpochLogs, FitOptions, History, StepLogs } from './train/fit.js'
export type { Prediction, PredictOptions } from './train/predict.js'
export type { BatchSource, InputBatch } from './train/sources.js'
