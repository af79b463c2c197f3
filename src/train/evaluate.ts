import { type Precision, precisionNames } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import type { Engine } from '../models/engine.js'
import { checkName, checkOptions } from '../suggest.js'
import { BatchRunner } from './runner.js'
import type { BatchSource } from './sources.js'
import { type Losses, Totals } from './totals.js'
import { eachBatch } from './upcoming.js'

/** Means over all valid steps. */
export interface EvaluateResult extends Losses {}

export interface EvaluateOptions {
  readonly signal?: AbortSignal
  /** How the operands of products are rounded. Default `float32`, whatever the model trains with. */
  readonly precision?: Precision
}

/** The caller holds the model. */
export async function evaluateSource(
  engine: Engine,
  data: BatchSource,
  { signal, precision = 'float32' }: EvaluateOptions,
): Promise<EvaluateResult> {
  const runner = new BatchRunner(engine, 'evaluate', precision, signal)
  const job = { source: data, where: 'evaluate', signal }
  const totals = new Totals(engine)
  let count = 0
  try {
    await eachBatch(
      engine,
      job,
      () => `evaluate, batch ${count + 1}`,
      async (batch, busy) => {
        count++
        const running = runner.run(batch, ['forward'], `evaluate, batch ${count}`)
        busy()
        totals.add(await running)
      },
    )
  } finally {
    runner.release()
  }
  const means = totals.means
  if (means.weight === 0) {
    throw new OstinatoError('EMPTY_BATCH', 'evaluate', {
      expected: 'at least one valid step',
      received: 'none',
    })
  }
  return means
}

export function evaluate(
  engine: Engine,
  data: BatchSource,
  options: EvaluateOptions,
): Promise<EvaluateResult> {
  checkOptions('evaluate', options, ['signal', 'precision'])
  const { precision = 'float32' } = options
  checkName('evaluate, precision', precision, precisionNames)
  return engine.reading(() => evaluateSource(engine, data, options))
}
