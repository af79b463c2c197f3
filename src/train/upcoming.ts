import type { Batch } from '../data/index.js'
import type { Engine } from '../models/engine.js'
import { type Prepared, prepareBatch, prepareTargets } from '../models/prepare.js'
import { pause } from './pause.js'
import { type BatchSource, epochOf } from './sources.js'

type Taken = { readonly batch: Prepared | undefined } | { readonly error: unknown }

/** The batches of one epoch, each taken and prepared when asked for, or one ahead of that. */
class Upcoming {
  readonly #batches: AsyncGenerator<Batch>
  readonly #prepare: (batch: Batch) => Prepared
  #ahead: Promise<Taken> | undefined
  /** The source has been asked and has not answered yet. */
  #asked = false

  constructor(batches: AsyncGenerator<Batch>, prepare: (batch: Batch) => Prepared) {
    this.#batches = batches
    this.#prepare = prepare
  }

  /** The next batch, undefined at the end; what went wrong with it is thrown here, and not before. */
  async next(signal: AbortSignal | undefined): Promise<Prepared | undefined> {
    this.prefetch()
    const taken = await this.#ahead!
    this.#ahead = undefined
    if ('batch' in taken && taken.batch === undefined) return undefined
    signal?.throwIfAborted()
    if ('error' in taken) throw taken.error
    return taken.batch
  }

  prefetch(): void {
    this.#ahead ??= this.#take()
  }

  /**
   * Lets the source clean up after a failure that the caller throws: as in `for await`, a failure of the clean-up does not
   * take its place. A source that still owes a batch is not waited for.
   */
  async close(): Promise<void> {
    const closed = this.#batches.return(undefined).catch(() => {})
    if (!this.#asked) await closed
  }

  async #take(): Promise<Taken> {
    this.#asked = true
    try {
      const { done, value } = await this.#batches.next()
      this.#asked = false
      return { batch: done ? undefined : this.#prepare(value) }
    } catch (error) {
      this.#asked = false
      return { error }
    }
  }
}

/**
 * Runs `step` on every batch of an epoch. Once a step runs on threads of its own it calls `busy`, and the next batch is
 * taken from the source, checked and converted meanwhile; whatever is wrong with it waits until the step is over.
 */
export async function eachBatch(
  engine: Engine,
  job: { readonly source: BatchSource; readonly where: string; readonly signal: AbortSignal | undefined },
  /** Names the next batch in messages. */
  nextName: () => string,
  step: (batch: Prepared, busy: () => void) => Promise<void>,
): Promise<void> {
  const { source, where, signal } = job
  const upcoming = new Upcoming(epochOf(source, where), (batch) => {
    const name = nextName()
    return prepareTargets(engine, prepareBatch(engine, batch, name), batch, name)
  })
  try {
    for (let batch = await upcoming.next(signal); batch; batch = await upcoming.next(signal)) {
      await engine.ready()
      const native = engine.backend.name === 'native'
      await step(batch, () => {
        // Elsewhere the step runs on this thread, and nothing is gained.
        if (native) upcoming.prefetch()
      })
      if (!native) await pause()
    }
  } catch (error) {
    await upcoming.close()
    throw error
  }
}
