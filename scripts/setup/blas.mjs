/** Looks for a CBLAS library. The addon opens one at run time; without any, its own kernels do all products. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { aptInstall } from './apt.mjs'
import { say } from './shell.mjs'

const names = [
  'libopenblas.so.0',
  'libopenblas.so',
  'libmkl_rt.so.3',
  'libmkl_rt.so.2',
  'libmkl_rt.so',
  'libblis.so.4',
  'libblis.so.3',
  'libblis.so',
  'libcblas.so.3',
  'libcblas.so',
]
const macNames = ['libopenblas.0.dylib', 'libopenblas.dylib']

function folders() {
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch]
  const listed = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter((folder) => folder !== '')
  const usual = [
    '/usr/lib64',
    '/usr/lib',
    '/lib64',
    '/usr/local/lib',
    '/opt/OpenBLAS/lib',
    '/opt/intel/oneapi/mkl/latest/lib',
  ]
  if (triplet === undefined) return [...listed, ...usual]
  return [...listed, `/usr/lib/${triplet}`, `/lib/${triplet}`, ...usual]
}

/** What the dynamic loader knows, as `name → path`; its cache may list files that are gone. */
function fromLoaderCache() {
  const program = ['/sbin/ldconfig', '/usr/sbin/ldconfig'].find((path) => existsSync(path))
  if (program === undefined) return new Map()
  try {
    const text = execFileSync(program, ['-p'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const entries = [...text.matchAll(/^\t(\S+) .*=> (.+)$/gm)].map(([, name, path]) => [name, path])
    return new Map(entries.filter(([, path]) => existsSync(path)))
  } catch {
    return new Map()
  }
}

/** The library the addon is expected to open, or undefined. */
export function findBlas() {
  const chosen = process.env.OSTINATO_BLAS
  if (chosen !== undefined && chosen !== '') return chosen
  if (process.platform === 'darwin') {
    const brew = macNames
      .map((name) => join('/opt/homebrew/opt/openblas/lib', name))
      .find((path) => existsSync(path))
    return brew ?? '/System/Library/Frameworks/Accelerate.framework/Accelerate'
  }
  if (process.platform !== 'linux') return undefined
  for (const folder of folders()) {
    if (!existsSync(folder)) continue
    const present = new Set(readdirSync(folder))
    const name = names.find((candidate) => present.has(candidate))
    if (name !== undefined) return join(folder, name)
  }
  const cache = fromLoaderCache()
  return names.map((name) => cache.get(name)).find((path) => path !== undefined)
}

export function blasIsSettled() {
  return process.platform === 'win32' || findBlas() !== undefined
}

export async function setUpBlas() {
  const chosen = process.env.OSTINATO_BLAS
  if (chosen !== undefined && isAbsolute(chosen) && !existsSync(chosen)) {
    say(`OSTINATO_BLAS names ${chosen}, which does not exist`)
    return
  }
  if (blasIsSettled()) return
  await aptInstall(['libopenblas0-pthread'], 'no CBLAS library found, so our own kernels do all products')
}
