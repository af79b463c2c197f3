import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addonLevel } from './level.js'
import type { Mutant } from './list.js'
import { type Finished, run } from './run.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const copied = [
  'assembly',
  'asconfig.json',
  'binding.gyp',
  'build',
  'dist/ostinato.wasm',
  'native',
  'package.json',
  'scripts',
  'src',
  'test/conformance',
  'test/gradients',
  'test/wasm',
  'tsconfig.json',
  'vitest.config.ts',
]

/** A copy of the repository, built, in which one file can be changed without anyone seeing it. */
export class Tree {
  readonly #path = mkdtempSync(join(tmpdir(), 'ostinato-mutant-'))

  private constructor() {}

  static async copy(): Promise<Tree> {
    const tree = new Tree()
    // With their times: what was built stays built.
    const options = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true }
    for (const name of copied) await cp(join(root, name), join(tree.#path, name), options)
    symlinkSync(join(root, 'node_modules'), join(tree.#path, 'node_modules'), 'dir')
    return tree
  }

  /** Changes the file; throws where the text to change is not there exactly once. */
  apply({ name, file, find, replace }: Mutant): void {
    const path = join(this.#path, file)
    const text = readFileSync(path, 'utf8')
    const count = text.split(find).length - 1
    if (count !== 1) throw new Error(`mutant "${name}" is out of date: ${file} has its text ${count} times`)
    writeFileSync(
      path,
      text.replace(find, () => replace),
    )
  }

  /** Rebuilds what the change touched; throws where it does not compile, which would prove nothing. */
  async build({ name, executor }: Mutant): Promise<void> {
    if (executor === 'reference') return
    if (executor === 'native') this.#spareOtherLevels()
    const { code, output } =
      executor === 'wasm'
        ? await this.#node('node_modules/assemblyscript/bin/asc.js', '--target', 'release')
        : await run('make', ['-C', 'build', 'BUILDTYPE=Release', 'ostinato'], this.#path)
    if (code !== 0) throw new Error(`mutant "${name}" does not compile:\n${output}`)
  }

  test(...args: string[]): Promise<Finished> {
    return this.#node('node_modules/vitest/vitest.mjs', 'run', ...args)
  }

  dispose(): void {
    rmSync(this.#path, { recursive: true })
  }

  #node(script: string, ...args: string[]): Promise<Finished> {
    return run(process.execPath, [script, ...args], this.#path)
  }

  /** Only the level that this CPU runs is compiled anew: objects of the others count as made after the change. */
  #spareOtherLevels(): void {
    const objects = join(this.#path, 'build/Release/obj.target')
    const level = addonLevel()
    for (const folder of readdirSync(objects)) {
      if (folder.startsWith('kernels_') && !folder.includes(level)) touch(join(objects, folder))
    }
  }
}

function touch(path: string): void {
  if (!existsSync(path)) return
  if (statSync(path).isDirectory()) for (const name of readdirSync(path)) touch(join(path, name))
  const now = new Date()
  utimesSync(path, now, now)
}
