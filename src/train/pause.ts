/** Work on the calling thread lets timers and input through at least this often, in milliseconds. */
const interval = 10
let last = 0

/** Gives the event loop a turn where this thread has been computing for a while. */
export async function pause(): Promise<void> {
  const now = performance.now()
  if (now - last < interval) return
  last = now
  await new Promise<void>((resolve) => setTimeout(resolve, 0))
}
