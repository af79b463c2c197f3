import { type Precision, precisionNames } from '../contract/index.js'
import { sizeOf } from '../data/tensor-data.js'
import type { SymbolicTensor } from '../layers/symbolic.js'
import type { Engine } from '../models/engine.js'
import type { Executable } from '../models/executable.js'
import { feedBatch } from '../models/feed.js'
import { prepareBatch } from '../models/prepare.js'
import type { SymbolicTensors } from '../models/topology.js'
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

/** One prediction, a list or a record of them, as the outputs of the model are. */
export type PredictionsOf<Outputs extends SymbolicTensors> = Outputs extends SymbolicTensor
  ? Prediction
  : { -readonly [Output in keyof Outputs]: Prediction }

function readOutputs(executable: Executable, batch: number, times: readonly number[]): Prediction[] {
  return executable.traced.program.outputs.map((border, k) => {
    const shape = border.shape.map((d) => executable.sizeOf(d, batch, times))
    const data = executable.context.outputs[k]?.subarray(0, sizeOf(shape)) ?? []
    return { data: Float32Array.from(data), shape }
  })
}

export async function predict(
  engine: Engine,
  batch: InputBatch,
  options: PredictOptions,
): Promise<PredictionsOf<SymbolicTensors>> {
  checkOptions('predict', options, ['signal', 'precision'])
  const { signal, precision = 'float32' } = options
  checkName('predict, precision', precision, precisionNames)
  signal?.throwIfAborted()
  return engine.reading(async () => {
    // Every step of the padded axis is answered, valid or not.
    const prepared = prepareBatch(engine, batch, 'predict')
    const whole = { ...prepared, steps: prepared.times }
    await engine.ready()
    const needs = {
      batch: whole.batch,
      times: whole.times,
      valid: whole.valid.map(({ given }) => given),
      weights: false,
      precision,
    }
    const executable = engine.pool.acquire('predict', needs)
    try {
      feedBatch(executable, whole, true, 'predict')
      await executable.run(['forward'], 'predict', signal)
      const predictions = readOutputs(executable, whole.batch, whole.times)
      const { outputForm, outputs } = engine.topology
      if (outputForm === 'one') return predictions[0] as Prediction
      if (outputForm === 'list') return predictions
      return Object.fromEntries(outputs.map(({ name }, k) => [name, predictions[k] as Prediction]))
    } finally {
      engine.pool.release(executable)
    }
  })
}
