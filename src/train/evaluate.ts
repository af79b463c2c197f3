import { OstinatoError } from '../errors.js'
import type { Engine } from '../models/engine.js'
import type { Executable } from '../models/executable.js'
import { checkOptions } from '../suggest.js'
import { feedBatch, feedTargets, prepareBatch } from './feed.js'
import { pause } from './pause.js'
import { type BatchSource, epochOf } from './sources.js'

export interface EvaluateResult {
  /** Mean over all valid steps. */
  readonly loss: number
  /** Valid steps (their total weight). */
  readonly weight: number
}

/** The caller holds the model. */
export async function evaluateSource(
  engine: Engine,
  data: BatchSource,
  signal?: AbortSignal,
): Promise<EvaluateResult> {
  let executable: Executable | undefined
  let sum = 0
  let total = 0
  let count = 0
  let carried = 0
  try {
    for await (const batch of epochOf(data, 'evaluate')) {
      signal?.throwIfAborted()
      const where = `evaluate, batch ${++count}`
      const prepared = prepareBatch(engine, batch, where)
      await engine.ready()
      const needs = {
        batch: prepared.batch,
        time: prepared.steps,
        lengths: prepared.lengths !== undefined,
        weights: prepared.weights !== undefined,
      }
      const next: Executable = executable
        ? engine.exchange(executable, 'evaluate', needs)
        : engine.acquire('evaluate', needs)
      executable = next
      feedBatch(next, prepared, carried !== prepared.batch, where)
      feedTargets(next, prepared, where)
      await next.run(['forward'], where, signal)
      carried = prepared.batch
      sum += next.context.statistics[0] ?? 0
      total += next.context.statistics[1] ?? 0
      await pause(engine)
    }
  } finally {
    if (executable) engine.release(executable)
  }
  if (total === 0) {
    throw new OstinatoError('EMPTY_BATCH', 'evaluate', {
      expected: 'at least one valid step',
      received: 'none',
    })
  }
  return { loss: sum / total, weight: total }
}

export function evaluate(
  engine: Engine,
  data: BatchSource,
  options: { readonly signal?: AbortSignal },
): Promise<EvaluateResult> {
  checkOptions('evaluate', options, ['signal'])
  return engine.reading(() => evaluateSource(engine, data, options.signal))
}
