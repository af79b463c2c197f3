/** What the commands of this folder share: options, a progress bar, a table. */
import { SingleBar } from 'cli-progress'

/** A positive number from the command line. */
export function number(option: string, text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new Error(`--${option}: expected a number above 0, received ${text}`)
}

/** Counts processes on stderr. */
export function progress(total: number): { next(what: string): void; stop(): void } {
  const bar = new SingleBar({
    format: '{bar} {value}/{total}  {duration_formatted}, {eta_formatted} left  {what}',
    barsize: 24,
    stream: process.stderr,
    // Where nobody watches, a line now and then.
    noTTYOutput: true,
    notTTYSchedule: 30_000,
  })
  bar.start(total, 0, { what: '' })
  return { next: (what) => bar.increment({ what }), stop: () => bar.stop() }
}

/** Columns of equal width; those that hold numbers are flush right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows]
  const widths = header.map((_, c) => Math.max(...all.map((row) => (row[c] ?? '').length)))
  const right = header.map((_, c) => rows.length > 0 && rows.every((row) => !Number.isNaN(Number(row[c]))))
  const line = (row: readonly string[]): string =>
    row.map((cell, c) => (right[c] ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!))).join('  ')
  return all.map((row) => line(row).trimEnd()).join('\n')
}
