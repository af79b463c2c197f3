/** Builds the native addon with node-gyp: no download, no dependence on the machine's npm or Node configuration. */
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { aptInstall } from './apt.mjs'
import { onPath, root, tool } from './shell.mjs'

/**
 * node-gyp wants a Node prefix: include/node with the headers, common.gypi (target defaults) and config.gypi. The
 * addon uses Node-API alone, so the headers come from a locked package and all flags from binding.gyp: the same
 * everywhere, whatever Node was installed with.
 */
export function arrangeHeaders() {
  const prefix = join(root, 'build', 'node-api')
  const include = join(prefix, 'include', 'node')
  mkdirSync(include, { recursive: true })
  const source = join(root, 'node_modules', 'node-api-headers', 'include')
  for (const name of readdirSync(source)) copyFileSync(join(source, name), join(include, name))
  const defaults = { default_configuration: 'Release', configurations: { Release: {}, Debug: {} } }
  writeFileSync(join(include, 'common.gypi'), JSON.stringify({ target_defaults: defaults }))
  writeFileSync(join(include, 'config.gypi'), JSON.stringify({ target_defaults: {}, variables: {} }))
  return prefix
}

/** node-gyp lets npm's configuration win over its own command line, so none of it may reach node-gyp. */
function environment() {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_(package_)?config_/i.test(name))
  return Object.fromEntries(kept)
}

async function haveToolchain() {
  if (process.platform === 'win32') return true
  const compiler = process.env.CXX ? true : onPath('g++') || onPath('c++') || onPath('clang++')
  const python = process.env.PYTHON ? true : onPath('python3') || onPath('python')
  if (compiler && python && onPath('make')) return true
  return aptInstall(
    ['g++', 'make', 'python3'],
    'the native addon needs g++, make and python3; without them WebAssembly runs',
  )
}

/** Returns false when there is no compiler, in which case the package works on its WebAssembly backend. */
export async function buildAddon({ verbose }) {
  if (!(await haveToolchain())) return false
  const common = [
    `--nodedir=${arrangeHeaders()}`,
    `--devdir=${join(root, 'build', '.node-gyp')}`,
    '--release',
  ]
  // Not `rebuild`: it would delete build/, and make knows what is stale.
  const quiet = verbose ? [] : ['--silent']
  const options = { env: environment(), verbose }
  await tool('node-gyp/bin/node-gyp.js', ['configure', ...common, ...quiet], options)
  await tool('node-gyp/bin/node-gyp.js', ['build', ...common, '--jobs=2', ...quiet], options)
  return true
}
