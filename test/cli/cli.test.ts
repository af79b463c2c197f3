import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { diagnosisText } from '../../src/doctor.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))

function ostinato(args: readonly string[], variables: Record<string, string> = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('OSTINATO_'))
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'src/cli.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...Object.fromEntries(inherited), ...variables },
  })
  return { status, stdout, stderr }
}

describe('ostinato', () => {
  it('prints version and help', () => {
    expect(ostinato(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
    const { status, stdout } = ostinato(['--help'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^Usage: ostinato <command>.*\n\nCommands:\n {2}doctor /)
  })

  it.each([
    [['docter'], /^ostinato: unknown command "docter"\. Did you mean "doctor"\?\n/],
    [['train'], /unknown command "train"\. Known: doctor\n/],
    [['doctor', 'now'], /unexpected argument "now"/],
    [['doctor', '--jsn'], /Unknown option '--jsn'/],
    [[], /no command given/],
  ])('refuses %j with exit code 2', (args, message) => {
    const { status, stdout, stderr } = ostinato(args)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
  })
})

describe('ostinato doctor', () => {
  it('says what runs and why, aligned', () => {
    const { status, stdout, stderr } = ostinato(['doctor'], { OSTINATO_BACKEND: 'reference' })
    expect([status, stderr]).toEqual([0, ''])
    const lines = new Map(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/) as [string, string]),
    )
    expect(lines.get('ostinato')).toBe(version)
    expect(lines.get('platform')).toBe(`${process.platform} ${process.arch}`)
    expect(lines.get('Node')).toBe(process.versions.node)
    expect(lines.get('WebAssembly SIMD')).toBe('yes')
    expect(lines.get('backend')).toBe('reference')
    expect(lines.get('reason')).toBe('OSTINATO_BACKEND=reference')
    expect(lines.get('precision')).toBe('float64')
    const columns = stdout
      .trimEnd()
      .split('\n')
      .map((line) => /^.*? {2,}/.exec(line)?.[0].length)
    expect(new Set(columns).size).toBe(1)
  })

  it('says the same as JSON', () => {
    const { status, stdout } = ostinato(['doctor', '--json'], { OSTINATO_BACKEND: 'reference' })
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      version,
      node: process.versions.node,
      wasmSimd: true,
      variables: { OSTINATO_BACKEND: 'reference' },
      backend: { name: 'reference', reason: 'OSTINATO_BACKEND=reference', details: { precision: 'float64' } },
    })
  })

  it('ends with 1 and the problem where no backend runs', () => {
    const { status, stdout } = ostinato(['doctor'], { OSTINATO_BACKEND: 'referense' })
    expect(status).toBe(1)
    expect(stdout).toMatch(/^backend +none\nproblem +OSTINATO_BACKEND: .*Did you mean "reference"\?$/m)
  })

  it('has words for what the native backend says', () => {
    const machine = {
      version,
      platform: 'linux x64',
      node: '20.0.0',
      cpu: 'x',
      wasmSimd: false,
      variables: {},
    }
    const details = { level: 'avx2', availableLevels: 'scalar, avx2', blas: 'none', threads: '2' }
    const text = diagnosisText({ ...machine, backend: { name: 'native', reason: 'r', details } })
    for (const line of [
      /^CPU level +avx2$/m,
      /^available levels +scalar, avx2$/m,
      /^BLAS +none$/m,
      /^threads +2$/m,
    ]) {
      expect(text).toMatch(line)
    }
  })
})
