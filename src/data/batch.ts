import type { TensorLike } from './tensor-data.js'

/** What one step of training or evaluation gets. API order: [batch, time, …]. */
export interface Batch {
  readonly inputs: TensorLike
  readonly targets?: TensorLike
  /** Valid steps of each row [batch]; what follows them is padding. */
  readonly lengths?: TensorLike
  /** 1 where a step is valid [batch, time]; instead of `lengths`. */
  readonly mask?: TensorLike
  /** How much each row [batch] or step [batch, time] counts in the loss. */
  readonly weights?: TensorLike
  /** The carried states of stateful layers are cleared before this batch. */
  readonly reset?: boolean
}

/** Batches that can be iterated anew for every epoch. */
export interface Batches extends Iterable<Batch> {
  /** Batches in an epoch. */
  readonly length: number
}
