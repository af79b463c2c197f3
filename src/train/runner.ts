import type { Precision, SegmentKind } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import type { Engine } from '../models/engine.js'
import type { Executable } from '../models/executable.js'
import { feed, feedBatch } from '../models/feed.js'
import type { Needs } from '../models/pool.js'
import type { Prepared } from '../models/prepare.js'
import { borderName } from '../models/topology.js'
import type { Validity } from '../models/tracing.js'

/** The one that says all that the other can say. */
function stronger(a: Validity, b: Validity = 'all'): Validity {
  if (a === 'mask' || b === 'mask') return 'mask'
  return a === 'lengths' ? a : b
}

/** Runs batches with targets one after the other, in one executable that grows when a batch needs it. */
export class BatchRunner {
  #executable: Executable | undefined
  #needs: Needs | undefined
  /** Rows of the batch before, whose states the next one continues; 0: none yet. */
  #carried = 0

  constructor(
    readonly engine: Engine,
    readonly purpose: 'train' | 'evaluate' | 'diagnose',
    readonly precision: Precision,
    readonly signal: AbortSignal | undefined,
    readonly sampled?: number,
  ) {}

  #ensure(batch: Prepared): Executable {
    const old = this.#executable
    const needs = {
      batch: batch.batch,
      times: batch.steps,
      // Once a batch has had lengths, a mask or weights, all have them: one program serves from then on.
      valid: batch.valid.map(({ given }, i) => stronger(given, this.#needs?.valid[i])),
      weights: this.#needs?.weights === true || batch.weights.some((weights) => weights !== undefined),
      precision: this.precision,
      ...(this.sampled !== undefined && { sampled: this.sampled }),
    }
    const same = needs.valid.join() === this.#needs?.valid.join() && needs.weights === this.#needs.weights
    if (old && same && old.fits(needs.batch, needs.times)) return old
    this.#executable = old
      ? this.engine.pool.exchange(old, this.purpose, needs)
      : this.engine.pool.acquire(this.purpose, needs)
    this.#needs = needs
    return this.#executable
  }

  /** `scalars` sets what this run alone needs. Returns the executable, whose statistics hold the outcome. */
  async run(
    batch: Prepared,
    segments: readonly SegmentKind[],
    where: string,
    scalars: (executable: Executable) => void = () => {},
  ): Promise<Executable> {
    const executable = this.#ensure(batch)
    const fresh = this.#carried === 0 || batch.reset
    if (executable.traced.states.length > 0 && !fresh && batch.batch !== this.#carried) {
      throw new OstinatoError(
        'SHAPE_MISMATCH',
        where,
        {
          expected: `${this.#carried} rows, as the states carried from the batch before`,
          received: String(batch.batch),
        },
        { remedy: 'Begin other streams with reset: true' },
      )
    }
    feedBatch(executable, batch, fresh, where)
    const { targets = [] } = batch
    for (const [k, { tensor }] of targets.entries())
      feed(executable, borderName('targets', targets, k), tensor, batch, where)
    scalars(executable)
    await executable.run(segments, where, this.signal)
    this.#carried = batch.batch
    return executable
  }

  release(): void {
    if (this.#executable) this.engine.pool.release(this.#executable)
    this.#executable = undefined
  }
}
