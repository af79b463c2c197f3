import { SingleBar } from 'cli-progress'
import type { StepLogs } from 'ostinato'

/** A progress bar for training: loss (for characters in bits, too), speed in `unit` a second, time left. */
export function progressBar(
  total: number,
  unit = 'chars',
): { update(logs: StepLogs): void; note(text: string): void; stop(): void } {
  const bits = unit === 'chars' ? '  {bits} bits/char' : ''
  const bar = new SingleBar({
    format: `{bar} {value}/{total}  loss {loss}${bits}  {speed} ${unit}/s  {left} left{note}`,
    barsize: 24,
    stream: process.stderr,
    // Where nobody watches, a line every few seconds.
    noTTYOutput: true,
    notTTYSchedule: 5000,
  })
  bar.start(total, 0, { loss: '–', bits: '–', speed: '–', left: '–', note: '' })
  const start = performance.now()
  let tokens = 0
  let smooth: number | undefined
  return {
    update({ step, loss, weight }) {
      tokens += weight
      smooth = smooth === undefined ? loss : 0.95 * smooth + 0.05 * loss
      const seconds = (performance.now() - start) / 1000
      bar.update(step, {
        loss: smooth.toFixed(3),
        bits: (smooth / Math.LN2).toFixed(2),
        speed: Math.round(tokens / seconds).toLocaleString('en'),
        left: clock((seconds / step) * (total - step)),
      })
    },
    /** Stands behind the rest until the next one. */
    note: (text) => bar.update({ note: `  ${text}` }),
    stop: () => bar.stop(),
  }
}

/** 83 → 1:23 */
function clock(seconds: number): string {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
