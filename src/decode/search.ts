import { pause } from '../train/pause.js'
import type { Decoded } from './hypothesis.js'

/** Tokens of one source that are settled, as a search streams them. */
export interface Streamed {
  readonly source: number
  /** Which of the samples of the source; 0 where there is one. */
  readonly sample: number
  /** New tokens, behind those streamed before. Together they are those of the first hypothesis, or of the sample. */
  readonly tokens: Int32Array
  /** With the last tokens of a source: all that was found for it. */
  readonly decoded?: Decoded
}

/** A search under way. */
export interface Search {
  /** Sources are left. */
  readonly active: boolean
  /** One step of all sources that are left. */
  advance(): void
  /** What was found for a source that has ended. */
  result(source: number): Decoded
  /** What has been settled since the last call. */
  news(): Streamed[]
}

/** Runs a search to its end. */
export async function run(search: Search, sources: number, signal?: AbortSignal): Promise<Decoded[]> {
  while (search.active) await advance(search, signal)
  return Array.from({ length: sources }, (_, source) => search.result(source))
}

/** Runs a search as far as it is read. */
export async function* stream(
  search: Search,
  signal?: AbortSignal,
): AsyncGenerator<Streamed, void, undefined> {
  while (search.active) {
    await advance(search, signal)
    yield* search.news()
  }
}

async function advance(search: Search, signal: AbortSignal | undefined): Promise<void> {
  await pause()
  signal?.throwIfAborted()
  search.advance()
}
