import type { Engine } from '../models/engine.js'

/** Executors on the calling thread let timers and input through at least this often, in milliseconds. */
const interval = 10
let last = 0

/** Gives the event loop a turn where the backend computes on its thread; native work has threads of its own. */
export async function pause(engine: Engine): Promise<void> {
  if (engine.backend.name === 'native') return
  const now = performance.now()
  if (now - last < interval) return
  last = now
  await new Promise<void>((resolve) => setTimeout(resolve, 0))
}
