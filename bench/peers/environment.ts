/** Where the peers are. They are no dependencies: who wants to compare prepares them in a folder of their own. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Peers {
  /** A Python that has torch and numpy. */
  readonly pytorch: string | undefined
  /** A Python that has onnx and numpy, and a node_modules folder with onnxruntime-node. */
  readonly onnxruntime: { readonly python: string; readonly modules: string } | undefined
  /** What is missing, for people. */
  readonly missing: readonly string[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const ownFolder = join(root, 'peers-env')
const setup = join(root, '../shared/peers/setup.sh')

/** `folder`, OSTINATO_PEERS, or ./peers-env, which is prepared first where the script for it is there. */
export function findPeers(folder = process.env['OSTINATO_PEERS']): Peers {
  if (folder !== undefined && !existsSync(folder)) throw new Error(`no folder of peers: ${folder}`)
  const place = resolve(folder ?? ownFolder)
  if (!existsSync(place) && existsSync(setup)) {
    console.error(`preparing the peers in ${place}; this takes minutes and happens once …`)
    const { status } = spawnSync('bash', [setup, place], { stdio: ['ignore', 'inherit', 'inherit'] })
    if (status !== 0) console.error(`${setup} ended with ${status}`)
  }
  const pythons = [join(place, 'python/bin/python'), 'python3']
  const having = (module: string) => pythons.find((python) => imports(python, module))
  const pytorch = having('torch')
  const python = having('onnx')
  const modules = [join(place, 'node_modules')].find((path) => existsSync(join(path, 'onnxruntime-node')))
  const missing = [
    ...(pytorch ? [] : ['PyTorch: a python3 with the packages torch and numpy']),
    ...(python ? [] : ['the files for onnxruntime: a python3 with the packages onnx and numpy']),
    ...(modules ? [] : [`onnxruntime: npm install --prefix ${place} onnxruntime-node`]),
  ]
  return { pytorch, onnxruntime: python && modules ? { python, modules } : undefined, missing }
}

function imports(python: string, module: string): boolean {
  return spawnSync(python, ['-c', `import numpy, ${module}`], { stdio: 'ignore' }).status === 0
}
