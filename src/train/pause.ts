/** Work on the calling thread lets timers and input through at least this often, in milliseconds. */
const interval = 10
let last = 0

/** Where there is one, for a timer waits at least a millisecond. */
const { setImmediate } = globalThis as { readonly setImmediate?: (work: () => void) => unknown }

/** Gives the event loop a turn where this thread has been computing for a while. */
export async function pause(): Promise<void> {
  const now = performance.now()
  if (now - last < interval) return
  last = now
  await new Promise<void>((resolve) => {
    if (setImmediate) setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}
