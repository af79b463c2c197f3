/**
 * The published package, as a stranger gets it: packed, then installed offline into an empty project with an empty
 * home directory. Nothing may run at installation, and the package must work with and without its binary.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'ostinato-pack-'))
const project = join(folder, 'project')
const installed = join(project, 'node_modules', 'ostinato')

// Neither the configuration of npm on this machine nor that of the running `npm test` may help.
const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|OSTINATO_|NODE_)/i.test(name))
const env = { ...Object.fromEntries(inherited), HOME: join(folder, 'home') }

function run(command: string, args: string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

function pack(path: string): { filename: string; files: string[] } {
  const output = run('npm', ['pack', path, '--ignore-scripts', '--json', '--pack-destination', folder], root)
  const [packed] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }]
  return { filename: join(folder, packed.filename), files: packed.files.map((file) => file.path).sort() }
}

/** The packages that one needs at run time, directly or through others. */
function dependenciesOf(path: string, known = new Set<string>()): Set<string> {
  const manifest = readFileSync(join(root, path, 'package.json'), 'utf8')
  const { dependencies = {} } = JSON.parse(manifest) as { dependencies?: Record<string, string> }
  for (const name of Object.keys(dependencies)) {
    if (known.has(name)) continue
    known.add(name)
    dependenciesOf(join('node_modules', name), known)
  }
  return known
}

const asModule = "import * as m from 'ostinato'; "
const asCommonJs = "const m = require('ostinato'); "
const names = "console.log(Object.keys(m).filter((name) => name !== 'default').sort().join())"
const backend = 'm.loadBackend().then((b) => console.log(b.name))'

/** Runs a script in the project of the stranger and returns what it prints. */
function script(type: 'module' | 'commonjs', code: string): string {
  const text = (type === 'module' ? asModule : asCommonJs) + code
  return run(process.execPath, [`--input-type=${type}`, '--eval', text], project).trim()
}

interface Manifest {
  readonly scripts?: Record<string, string>
  readonly gypfile?: boolean
  readonly bin: Record<string, string>
  readonly exports: Record<string, unknown>
}

function pathsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return Object.values(value as Record<string, unknown>).flatMap(pathsIn)
}

describe('the packed package', () => {
  let files: string[] = []
  let manifest: Manifest

  beforeAll(() => {
    mkdirSync(env.HOME, { recursive: true })
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'stranger', version: '1.0.0' }))
    run(process.execPath, ['scripts/prebuilds.mjs'], root)
    const packed = pack('.')
    files = packed.files
    // What it depends on comes from our own node_modules, so that the registry is not needed.
    const dependencies = [...dependenciesOf('.')].map((name) => pack(`./node_modules/${name}`).filename)
    run('npm', ['install', '--offline', ...dependencies, packed.filename], project)
    manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest
  }, 300_000)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('holds what runs and nothing that builds', () => {
    const foreign = files.filter((path) => !/^(dist|prebuilds)\//.test(path))
    expect(foreign).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
    expect(files.join()).toContain(`prebuilds/${process.platform}-${process.arch}/ostinato.`)
    expect(files).toContain('dist/ostinato.wasm')
  })

  it('runs nothing when it is installed', () => {
    const scripts = Object.keys(manifest.scripts ?? {})
    expect(scripts.filter((name) => /^(pre|post)?(install|prepare)$/.test(name))).toEqual([])
    expect(manifest.gypfile).toBe(false)
    expect(existsSync(join(installed, 'build'))).toBe(false)
  })

  it('contains every file that its manifest names', () => {
    const named = [...pathsIn(manifest.exports), ...pathsIn(manifest.bin)].map((path) =>
      path.replace(/^\.\//, ''),
    )
    expect(named.filter((path) => !files.includes(path))).toEqual([])
  })

  it('gives the same names to import and require', () => {
    const imported = script('module', names)
    expect(imported).toContain('loadBackend')
    expect(script('commonjs', names)).toBe(imported)
  })

  it('is typed for both', () => {
    const code =
      "import { loadBackend } from 'ostinato'\nexport const name: Promise<string> = loadBackend().then((b) => b.name)\n"
    writeFileSync(join(project, 'a.mts'), code)
    writeFileSync(join(project, 'b.cts'), code)
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      types: [],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
    }
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['a.mts', 'b.cts'] }),
    )
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], project)
  })

  it('runs on its binary', () => {
    expect(script('module', backend)).toBe('native')
    expect(script('commonjs', backend)).toBe('native')
  })

  it('runs on WebAssembly without its binary', () => {
    rmSync(join(installed, 'prebuilds'), { recursive: true })
    expect(script('module', backend)).toBe('wasm')
    expect(script('commonjs', backend)).toBe('wasm')
  })
})
