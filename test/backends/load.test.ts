import { describe, expect, it } from 'vitest'
import type { Backend, BackendName } from '../../src/backends/backend.js'
import { backendLoader, loadBackend } from '../../src/backends/load.js'
import { OstinatoError } from '../../src/errors.js'

/** Loaders that count, the named ones broken, and the value of OSTINATO_BACKEND. */
function setUp(broken: readonly BackendName[] = [], variable?: string) {
  const calls: BackendName[] = []
  const failures = new Set(broken)
  const make = (name: BackendName) => () => {
    calls.push(name)
    if (failures.has(name)) throw new Error(`no ${name} here`)
    return { name, details: {}, createStore: () => expect.unreachable() } satisfies Backend
  }
  const loaders = {
    native: make('native'),
    wasm: async () => make('wasm')(),
    reference: make('reference'),
  }
  return { load: backendLoader(loaders, () => variable), calls, failures }
}

describe('backendLoader', () => {
  it('takes native where it loads', async () => {
    const { load, calls } = setUp()
    const { name, reason, backend } = await load()
    expect([name, backend.name, reason]).toEqual([
      'native',
      'native',
      'the best backend there is, and it loads',
    ])
    expect(calls).toEqual(['native'])
  })

  it('falls back to WebAssembly and says why', async () => {
    const { name, reason } = await setUp(['native']).load()
    expect([name, reason]).toEqual(['wasm', 'native is not available (no native here)'])
  })

  it('names every attempt where nothing loads, and never takes the reference by itself', async () => {
    const { load, calls } = setUp(['native', 'wasm'])
    const error = await load().then(
      () => expect.unreachable(),
      (e: unknown) => e as OstinatoError,
    )
    expect(error).toBeInstanceOf(OstinatoError)
    expect(error.code).toBe('BACKEND_UNAVAILABLE')
    expect(error.message).toBe(
      'backend: native is not available (no native here); wasm is not available (no wasm here). ' +
        'OSTINATO_BACKEND=reference runs without them, slowly; see `npx ostinato doctor`',
    )
    expect((error.cause as AggregateError).errors.map((e: Error) => e.message)).toEqual([
      'no native here',
      'no wasm here',
    ])
    expect(calls).toEqual(['native', 'wasm'])
  })

  it.each(['native', 'wasm', 'reference'] as const)('is forced to %s by the variable', async (forced) => {
    const { load, calls } = setUp([], forced)
    const { name, reason } = await load()
    expect([name, reason]).toEqual([forced, `OSTINATO_BACKEND=${forced}`])
    expect(calls).toEqual([forced])
  })

  it('takes what code asks for before the variable', async () => {
    const { name, reason } = await setUp([], 'wasm').load('reference')
    expect([name, reason]).toEqual(['reference', 'backend "reference" asked for in code'])
  })

  it('refuses instead of replacing what was forced', async () => {
    await expect(setUp(['native'], 'native').load()).rejects.toThrow(
      expect.objectContaining({
        code: 'BACKEND_UNAVAILABLE',
        message: expect.stringMatching(
          /^OSTINATO_BACKEND=native: native is not.*\(no native here\)\. Unset OSTIN/,
        ),
        cause: expect.objectContaining({ message: 'no native here' }),
      }),
    )
    await expect(setUp(['wasm']).load('wasm')).rejects.toThrow(
      /^backend "wasm" asked for in code: wasm is not/,
    )
  })

  it('refuses unknown names with the nearest', async () => {
    const { load, calls } = setUp([], 'natvie')
    await expect(load()).rejects.toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(/^OSTINATO_BACKEND: .*received "natvie"\. Did you mean "native"\?$/),
      }),
    )
    await expect(load('wsam' as 'wasm')).rejects.toThrow(/^backend: .*Did you mean "wasm"\?$/)
    expect(calls).toEqual([])
  })

  it('takes an empty variable as none', async () => {
    expect((await setUp([], '').load()).name).toBe('native')
  })

  it('loads each backend once, also for callers at the same time, and tries again after a failure', async () => {
    const { load, calls, failures } = setUp(['native'])
    const [a, b] = await Promise.all([load('wasm'), load('wasm')])
    expect(a.backend).toBe(b.backend)
    expect(calls).toEqual(['wasm'])
    expect((await load()).name).toBe('wasm')
    failures.delete('native')
    expect((await load()).name).toBe('native')
    expect(calls).toEqual(['wasm', 'native', 'native'])
  })
})

describe('loadBackend', () => {
  it('loads the reference', async () => {
    const { backend, name } = await loadBackend('reference')
    expect([backend.name, name]).toEqual(['reference', 'reference'])
    expect((await loadBackend('reference')).backend).toBe(backend)
  })
})
