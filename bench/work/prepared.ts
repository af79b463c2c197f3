import type { Digests } from '../data.js'
import type { Work } from '../measure.js'

/** Work that is ready to be timed. */
export interface Prepared extends Work {
  /** Short accounts of what a run gave; for work that was run at least once. */
  readonly digests: () => Digests | Promise<Digests>
  readonly dispose: () => void
}
