import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { addonPath, longProgram } from './programs.js'

// A machine that does much else is slow, not wrong.
vi.setConfig({ testTimeout: 120_000 })

const script = fileURLToPath(new URL('scenarios/lifecycle.cjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'ostinato-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const size = 256

/** Runs a scenario in a process of its own; a crash is a signal, or a code that nobody gave. */
function run(scenario: string, times: number, variables: Record<string, string> = {}) {
  const program = join(folder, `${scenario}.json`)
  writeFileSync(program, JSON.stringify({ words: [...longProgram(size, times)], parameters: size * size }))
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', script, scenario, addonPath, program],
    { encoding: 'utf8', env: { ...process.env, ...variables } },
  )
  return { status, signal, stdout, stderr }
}

const fine = (stdout: string) => ({ status: 0, signal: null, stdout, stderr: '' })

describe('the addon survives', () => {
  it('a process with nothing else to do, which waits for the run', () => {
    expect(run('finish', 100)).toEqual(fine('status 0\n'))
  })

  it('process.exit in the middle of a run', () => {
    expect(run('exit', 8000)).toEqual({ ...fine(''), status: 7 })
  })

  it('an uncaught error in the middle of a run', () => {
    const { status, signal, stderr } = run('throw', 8000)
    expect([status, signal]).toEqual([1, null])
    expect(stderr).toContain('Error: expected')
  })

  it('garbage collection of a context with a run under way', () => {
    expect(run('collect', 100)).toEqual(fine('status 0\n'))
  })

  it('workers that come and go', () => {
    expect(run('workers', 20)).toEqual(fine('status 0\n'.repeat(5)))
  })

  it('workers that are terminated in the middle of a run', () => {
    expect(run('terminate', 300)).toEqual(fine('status 0\n'))
  })

  it('a second copy of itself', () => {
    expect(run('twice', 20)).toEqual(fine('status 0 0 0\n'))
  })
})

describe('variables', () => {
  it('choose the CPU level, the threads and the CBLAS', () => {
    const chosen = { OSTINATO_CPU_LEVEL: 'scalar', OSTINATO_THREADS: '3', OSTINATO_BLAS: 'none' }
    const { stdout } = run('info', 1, chosen)
    expect(JSON.parse(stdout)).toMatchObject({ level: 'scalar', threads: '3', blas: 'none' })
  })

  it.each([
    ['OSTINATO_CPU_LEVEL', 'z80', 'OSTINATO_CPU_LEVEL asks for "z80", and this machine has '],
    ['OSTINATO_BLAS', '/nowhere/libblas.so', 'OSTINATO_BLAS cannot be used: /nowhere/libblas.so'],
  ])('that name what is not here are refused by name: %s', (name, value, message) => {
    const { status, stderr } = run('info', 1, { [name]: value })
    expect(status).toBe(1)
    expect(stderr).toContain(message)
    expect(stderr).toContain("code: 'BACKEND_UNAVAILABLE'")
  })
})
