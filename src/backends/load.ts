import { OstinatoError } from '../errors.js'
import { checkName } from '../suggest.js'
import type { Backend, BackendName } from './backend.js'

export interface LoadedBackend {
  readonly backend: Backend
  readonly name: BackendName
  /** Why this one runs, for people. */
  readonly reason: string
}

export type BackendLoaders = Readonly<Record<BackendName, () => Promise<Backend> | Backend>>

const names: readonly BackendName[] = ['native', 'wasm', 'reference']

/** Best first. The reference is never chosen on its own: it is right and slow. */
const preference: readonly BackendName[] = ['native', 'wasm']

/** Makes `loadBackend` out of the loaders and what reads OSTINATO_BACKEND; each backend is loaded once. */
export function backendLoader(
  loaders: BackendLoaders,
  readVariable: () => string | undefined,
): (request?: BackendName) => Promise<LoadedBackend> {
  const loaded = new Map<BackendName, Promise<Backend>>()

  const loadOnce = (name: BackendName): Promise<Backend> => {
    const known = loaded.get(name)
    if (known) return known
    const loading = Promise.resolve().then(loaders[name])
    loaded.set(name, loading)
    // A failure is not kept: what was missing may be there next time.
    loading.catch(() => loaded.delete(name))
    return loading
  }

  return async (request) => {
    const { candidates, asked, remedy } = wanted(request, readVariable)
    const attempts: { readonly name: BackendName; readonly error: unknown; readonly message: string }[] = []
    for (const name of candidates) {
      try {
        const backend = await loadOnce(name)
        const failed = attempts.map((attempt) => `${attempt.name} is not available (${attempt.message})`)
        return {
          backend,
          name,
          reason: asked ?? (failed.join('; ') || 'the best backend there is, and it loads'),
        }
      } catch (error) {
        attempts.push({ name, error, message: error instanceof Error ? error.message : String(error) })
      }
    }
    const problem = attempts.map(({ name, message }) => `${name} is not available (${message})`).join('; ')
    const causes = attempts.map(({ error }) => error)
    throw new OstinatoError('BACKEND_UNAVAILABLE', asked ?? 'backend', problem, {
      remedy,
      cause: causes.length === 1 ? causes[0] : new AggregateError(causes, problem),
    })
  }
}

/** An argument decides before the variable, the variable before the order of preference. */
function wanted(
  request: BackendName | undefined,
  readVariable: () => string | undefined,
): { readonly candidates: readonly BackendName[]; readonly asked?: string; readonly remedy: string } {
  const look = 'see `npx ostinato doctor`'
  if (request !== undefined) {
    checkName('backend', request, names)
    const asked = `backend "${request}" asked for in code`
    return { candidates: [request], asked, remedy: `Name no backend to have one chosen, or ${look}` }
  }
  const variable = readVariable()
  if (variable === undefined || variable === '') {
    return { candidates: preference, remedy: `OSTINATO_BACKEND=reference runs without them, slowly; ${look}` }
  }
  checkName('OSTINATO_BACKEND', variable, names)
  const asked = `OSTINATO_BACKEND=${variable}`
  return {
    candidates: [variable],
    asked,
    remedy: `Unset OSTINATO_BACKEND to have a backend chosen, or ${look}`,
  }
}

/** Node's `process` where there is one: edge runtimes have none, or a part of it. */
interface Process {
  readonly versions?: { readonly node?: string }
  readonly env?: Readonly<Record<string, string | undefined>>
}
const host = (globalThis as { readonly process?: Process }).process

function readVariable(): string | undefined {
  try {
    return host?.env?.['OSTINATO_BACKEND']
  } catch {
    // Deno throws where the program may not read the environment: then nobody forces anything.
    return undefined
  }
}

/** Native if it loads, else WebAssembly; `reason` says why. A name, or OSTINATO_BACKEND, forces one. */
export const loadBackend = backendLoader(
  {
    native: async () => {
      if (host?.versions?.node === undefined) {
        throw new OstinatoError('BACKEND_UNAVAILABLE', 'native', 'this runtime loads no Node addons')
      }
      return (await import('./native.js')).loadNative()
    },
    wasm: async () => (await import('./wasm.js')).loadWasm(),
    reference: async () => (await import('./reference/index.js')).createReference(),
  },
  readVariable,
)
