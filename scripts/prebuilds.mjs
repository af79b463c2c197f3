/**
 * Puts the addon of this platform into prebuilds/, as it is published. Building is the business of the set-up;
 * prebuildify names and strips a copy, so build/ stays as it is and nothing is compiled twice.
 */

import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from './setup/shell.mjs'
import { setUp } from './setup.mjs'

await setUp({ only: new Set(['dependencies', 'generated', 'addon']) })

const addon = join(root, 'build', 'Release', 'ostinato.node')
if (!existsSync(addon)) throw new Error('there is no addon to publish: the set-up could not build it')

const copy = join(root, 'build', 'prebuild')
rmSync(copy, { recursive: true, force: true })
mkdirSync(join(copy, 'build', 'Release'), { recursive: true })
copyFileSync(addon, join(copy, 'build', 'Release', 'ostinato.node'))

const prebuildify = createRequire(import.meta.url)('prebuildify')
await new Promise((resolve, reject) => {
  const options = {
    name: 'ostinato',
    napi: true,
    strip: true,
    // musl and glibc differ; without a matching binary the package uses WebAssembly
    tagLibc: process.platform === 'linux',
    targets: [process.versions.node],
    cwd: copy,
    out: root,
    // In place of the compiler: a command that succeeds whatever its arguments.
    nodeGyp: process.platform === 'win32' ? 'rem' : 'true',
    quiet: true,
  }
  prebuildify(options, (error) => (error ? reject(error) : resolve(undefined)))
})
console.log(`prebuilds: ${process.platform}-${process.arch} written`)
