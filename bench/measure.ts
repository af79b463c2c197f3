/** Timing, medians and spread. */

/** Something to be run again and again. */
export interface Work {
  /** One run, or `repeats` of them at once where one is too short to time. */
  readonly run: () => void | Promise<void>
  readonly repeats?: number
}

/** Median milliseconds of one run, after a warm-up, over about `seconds` and at least five samples. */
export async function medianMs({ run, repeats = 1 }: Work, seconds: number): Promise<number> {
  const samples: number[] = []
  const sample = async (): Promise<number> => {
    const start = performance.now()
    const pending = run()
    // Awaiting costs a turn of the event loop, which synchronous work does not owe.
    if (pending) await pending
    return performance.now() - start
  }
  const first = await sample()
  // Work longer than the whole budget is measured by its only run.
  if (first > 4000 * seconds) return first / repeats
  const warm = performance.now() + Math.min(250, 500 * seconds)
  do await sample()
  while (performance.now() < warm)
  const end = performance.now() + 1000 * seconds
  do samples.push(await sample())
  while (performance.now() < end || samples.length < 5)
  return median(samples) / repeats
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** (largest − smallest) ∕ median */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values)
}
