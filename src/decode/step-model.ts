/**
 * What a search asks of a model: one step at a time, for all hypotheses of all sources at once. A search never looks inside; a
 * table of probabilities, a network, or several of them can stand behind it.
 *
 * Rows are sources × rows per source, source-major: with B rows each, the hypotheses of the i-th source under way are rows
 * i·B … i·B + B − 1. A model may view them as [sources, B, …]. All hypotheses of a source are equal before their first token: the
 * first step has one row for each source, every later one B.
 */
export interface StepModel {
  /** How many sources there are; a search numbers them from 0. */
  readonly sources: number
  /** Scores of a row. */
  readonly vocabularySize: number
  /** Fed to every row at the first step. */
  readonly startToken: number
  /** Ends a sequence; without it, sequences end by their length only. */
  readonly endToken?: number
  /** [sources]: the valid steps of each source. Without them there is no attention, and no length in proportion to the source's. */
  readonly sourceLengths?: ArrayLike<number>

  /**
   * Goes to the initial state of every source. A search calls it once, before its first step; each step behind the first will have
   * `rowsPerSource` rows for each source.
   */
  start(rowsPerSource: number): void

  /**
   * One step. `sources` [n] names the sources under way: at first all of them in rising order, later without those that have ended, which
   * never come back. Others may then stand nearer to the front, in place of those, but none farther from it. `tokens` [rows] is fed to the rows: n of them in the first step, then n · B. `parents` [rows] are the
   * rows, numbered as in the step before, whose states the rows go on from: always one of the same source, several rows may have the
   * same. In the first step every row goes on from the initial state of its source, and `parents` says nothing.
   *
   * Returns log-probabilities [rows, vocabularySize], −∞ for what cannot follow, in an array that the next step overwrites and
   * the search does not write to. The arguments, too, are the search's own, and change after the call.
   */
  step(tokens: Int32Array, parents: Int32Array, sources: Int32Array): Float32Array

  /**
   * After a step, where the model has attention: [rows, source steps], how much each row looked at each step of its source; 0
   * beyond `sourceLengths`. The next step overwrites it.
   */
  readonly attention?: Float32Array | undefined
}
