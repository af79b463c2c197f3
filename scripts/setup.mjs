#!/usr/bin/env node
/**
 * The one set-up step, run before every command; when nothing changed it takes a moment.
 *
 *   node scripts/setup.mjs [--only=addon,wasm] [--force=dist | --force] [--verbose]
 *
 * Plain Node without dependencies, because it is what installs them.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildAddon } from './setup/addon.mjs'
import { blasIsSettled, setUpBlas } from './setup/blas.mjs'
import { withLock } from './setup/lock.mjs'
import { root, run, say, tool } from './setup/shell.mjs'
import { inputsOf, isFresh, markFresh, markStale } from './setup/stamps.mjs'

const has = (path) => existsSync(join(root, path))

async function installDependencies({ verbose }) {
  const npm = process.env.npm_execpath
  // Scripts of dependencies are not needed here, and npm versions differ in whether they run them.
  const args = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  if (npm !== undefined && basename(npm) === 'npm-cli.js')
    await run(process.execPath, [npm, ...args], { verbose })
  else await run('npm', args, { verbose })
}

const wasmTargets = Object.entries(JSON.parse(readFileSync(join(root, 'asconfig.json'), 'utf8')).targets)

async function buildWasm({ verbose }) {
  for (const [target] of wasmTargets)
    await tool('assemblyscript/bin/asc.js', ['--target', target], { verbose })
}

/** Leaves the WebAssembly modules in dist alone and removes what this run did not write. */
async function buildDist({ verbose }) {
  const start = Date.now()
  await tool('tsdown/dist/run.mjs', [], { verbose })
  for (const name of readdirSync(join(root, 'dist'))) {
    const path = join(root, 'dist', name)
    if (!name.endsWith('.wasm') && statSync(path).mtimeMs < start - 1000) rmSync(path, { recursive: true })
  }
}

/** `inputs`, `outputs` and `salt` make the stamp of a step; it is skipped while the file it `needs` does not exist. */
const steps = [
  {
    name: 'dependencies',
    title: 'installing dependencies',
    inputs: ['package-lock.json'],
    outputs: ['node_modules/.package-lock.json'],
    run: installDependencies,
  },
  {
    name: 'generated',
    title: 'generating code from the contract',
    needs: 'scripts/generate.ts',
    inputs: ['src/contract', 'scripts/generate.ts', 'scripts/generate'],
    outputs: ['native/generated', 'assembly/generated', 'docs/instructions.md'],
    run: (options) => tool('tsx/dist/cli.mjs', ['scripts/generate.ts'], options),
  },
  {
    name: 'addon',
    title: 'building the native addon',
    needs: 'native/addon.cc',
    inputs: [
      'binding.gyp',
      'native',
      'scripts/native-sources.mjs',
      'scripts/setup/addon.mjs',
      'package-lock.json',
    ],
    outputs: ['build/Release/ostinato.node'],
    salt: ['CC', 'CXX', 'CFLAGS', 'CXXFLAGS', 'LDFLAGS'].map((name) => process.env[name]).join('|'),
    run: buildAddon,
  },
  {
    name: 'wasm',
    title: 'building the WebAssembly module',
    needs: 'assembly/index.ts',
    inputs: ['asconfig.json', 'assembly', 'package-lock.json'],
    outputs: wasmTargets.map(([, target]) => target.outFile),
    run: buildWasm,
  },
  {
    name: 'dist',
    title: 'building dist',
    needs: 'src/index.ts',
    inputs: ['src', 'tsdown.config.ts', 'tsconfig.json', 'package.json', 'package-lock.json'],
    outputs: ['dist'],
    mustExist: ['dist/index.js', 'dist/index.cjs', 'dist/index.d.ts', 'dist/index.d.cts'],
    ignore: (file) => file.endsWith('.wasm'),
    run: buildDist,
  },
]

function parse(args) {
  const options = { only: undefined, force: new Set(), verbose: false }
  const names = (text) =>
    text.split(',').map((name) => {
      if (name !== 'blas' && !steps.some((step) => step.name === name))
        throw new Error(`no set-up step "${name}"`)
      return name
    })
  for (const arg of args) {
    const [flag, value] = arg.split('=')
    if (flag === '--only' && value) options.only = new Set(names(value))
    else if (flag === '--force')
      options.force = new Set(value ? names(value) : steps.map((step) => step.name))
    else if (flag === '--verbose') options.verbose = true
    else throw new Error(`unknown option ${arg}; known: --only=a,b --force[=a,b] --verbose`)
  }
  return options
}

export async function setUp({ only, force = new Set(), verbose = false } = {}) {
  const chosen = steps.filter(
    ({ name, needs }) => (only?.has(name) ?? true) && (needs === undefined || has(needs)),
  )
  const wantsBlas = only?.has('blas') ?? true
  const isStale = (step) => force.has(step.name) || !isFresh(step)
  if ((!wantsBlas || blasIsSettled()) && !chosen.some(isStale)) return

  await withLock(async () => {
    const begin = performance.now()
    if (wantsBlas) await setUpBlas()
    for (const step of chosen) {
      if (!isStale(step)) continue
      const start = performance.now()
      say(`${step.title} …`)
      const inputs = inputsOf(step)
      markStale(step)
      const done = await step.run({ verbose })
      if (done !== false) markFresh(step, inputs)
      say(
        `${step.title}: ${done === false ? 'skipped' : `${((performance.now() - start) / 1000).toFixed(1)} s`}`,
      )
    }
    say(`ready after ${((performance.now() - begin) / 1000).toFixed(1)} s`)
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await setUp(parse(process.argv.slice(2)))
  } catch (error) {
    console.error(`setup: ${error.message}`)
    process.exitCode = 1
  }
}
