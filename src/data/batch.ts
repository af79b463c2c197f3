import { isTensorData, type TensorLike } from './tensor-data.js'

/** A tensor for each of several inputs or outputs, by name. */
export type TensorRecord = Readonly<Record<string, TensorLike>>

/** One tensor; for models of several inputs or outputs a list in their order, or a record by name. */
export type Tensors = TensorLike | readonly TensorLike[] | TensorRecord

/** What one step of training or evaluation gets. API order: [batch, time, …]. */
export interface Batch {
  /** One for each input of the model. */
  readonly inputs: Tensors
  /** One for each output of the model. */
  readonly targets?: Tensors
  /**
   * Valid steps of each row [batch]; what follows them is padding. Where a model has several time axes, a record by axis: an
   * axis is named after its input, or as the shape of the input says.
   */
  readonly lengths?: TensorLike | TensorRecord
  /**
   * 1 where a step is valid [batch, time], with gaps anywhere; instead of `lengths`, and a record by axis in the same way. A
   * masked step changes nothing: recurrent layers carry their state over it, losses and pooling pass it by.
   */
  readonly mask?: TensorLike | TensorRecord
  /** How much each row [batch] or step [batch, time] counts in the loss; of several outputs, those left out count 1. */
  readonly weights?: Tensors
  /** The carried states of stateful layers are cleared before this batch. */
  readonly reset?: boolean
}

/** A batch for a model of one input and one output. */
export interface SingleBatch extends Batch {
  readonly inputs: TensorLike
  readonly targets?: TensorLike
  readonly lengths?: TensorLike
  readonly mask?: TensorLike
  readonly weights?: TensorLike
}

/** Batches that can be iterated anew for every epoch. */
export interface Batches<Kind extends Batch = Batch> extends Iterable<Kind> {
  /** Batches in an epoch. */
  readonly length: number
}

/** True for tensors by name, which no single tensor looks like. */
export function isRecord(value: unknown): value is TensorRecord {
  if (typeof value !== 'object' || value === null) return false
  return !Array.isArray(value) && !ArrayBuffer.isView(value) && !isTensorData(value)
}
