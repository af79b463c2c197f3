import { type Precision, precisionNames } from '../contract/index.js'
import type { Engine } from '../models/engine.js'
import { feedBatch, prepareBatch } from '../models/feed.js'
import { checkName, checkOptions } from '../suggest.js'
import type { InputBatch } from './sources.js'

export interface PredictOptions {
  readonly signal?: AbortSignal
  /** How the operands of products are rounded. Default `float32`. */
  readonly precision?: Precision
}

/** What a model answers: row-major, batch first. */
export interface Prediction {
  readonly data: Float32Array
  readonly shape: readonly number[]
}

export async function predict(
  engine: Engine,
  batch: InputBatch,
  options: PredictOptions,
): Promise<Prediction> {
  checkOptions('predict', options, ['signal', 'precision'])
  const { signal, precision = 'float32' } = options
  checkName('predict, precision', precision, precisionNames)
  signal?.throwIfAborted()
  return engine.reading(async () => {
    // Every step of the padded axis is answered, valid or not.
    const prepared = prepareBatch(engine, batch, 'predict')
    const whole = { ...prepared, steps: prepared.time }
    await engine.ready()
    const needs = {
      batch: whole.batch,
      time: whole.time,
      lengths: whole.lengths !== undefined,
      weights: false,
      precision,
    }
    const executable = engine.pool.acquire('predict', needs)
    try {
      feedBatch(executable, whole, true, 'predict')
      await executable.run(['forward'], 'predict', signal)
      const { time, features = 1 } = executable.traced.prediction
      const shape = time ? [whole.batch, whole.time, features] : [whole.batch, features]
      const size = shape.reduce((product, n) => product * n, 1)
      return { data: Float32Array.from(executable.context.outputs[0]?.subarray(0, size) ?? []), shape }
    } finally {
      engine.pool.release(executable)
    }
  })
}
