import { describe, test } from 'vitest'
import type { Backend, BackendName } from '../src/backends/backend.js'
import { loadBackend } from '../src/backends/load.js'
import { OstinatoError } from '../src/errors.js'

/** A backend, or why it cannot be had here. */
export type Candidate =
  | { readonly name: BackendName; readonly backend: Backend }
  | { readonly name: BackendName; readonly backend: undefined; readonly reason: string }

const names: readonly BackendName[] = ['reference', 'native', 'wasm']

/** As in the library, OSTINATO_BACKEND limits the choice: here to one backend's tests. */
const only = process.env['OSTINATO_BACKEND']

async function candidate(name: BackendName): Promise<Candidate> {
  if (only && only !== name) return { name, backend: undefined, reason: `OSTINATO_BACKEND=${only}` }
  try {
    return { name, backend: (await loadBackend(name)).backend }
  } catch (error) {
    if (!(error instanceof OstinatoError) || error.code !== 'BACKEND_UNAVAILABLE') throw error
    return { name, backend: undefined, reason: error.message }
  }
}

export const candidates: readonly Candidate[] = await Promise.all(names.map(candidate))

/** The backends that load here, the reference first. */
export const backends: readonly Backend[] = candidates.flatMap(({ backend }) => backend ?? [])

/** The same suite on every backend; what does not load is one skipped test that says why. */
export function describeOnBackends(title: string, body: (backend: Backend) => void): void {
  for (const each of candidates) {
    if (each.backend) describe(`${title}, ${each.name}`, () => body(each.backend))
    else test.skip(`${title}, ${each.name}: ${each.reason}`)
  }
}
