/**
 * Code compiled for a newer CPU must never be linked in place of common code. The linker keeps one copy of an inline
 * function, so whatever a level's archive defines for others to see has to lie in the namespace of that level.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const release = fileURLToPath(new URL('../../build/Release/', import.meta.url))
const archives = existsSync(release)
  ? readdirSync(release).filter((name) => /^kernels_\w+\.a$/.test(name))
  : []
const nm = spawnSync('nm', ['--version']).status === 0

describe.skipIf(archives.length === 0 || !nm)('kernel archives (skipped where no addon was built)', () => {
  it.each(archives)('%s defines nothing outside of its namespace', (archive) => {
    const level = /^kernels_(\w+)\.a$/.exec(archive)![1]!
    const { stdout } = spawnSync('nm', ['-C', '--defined-only', '--extern-only', release + archive], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    const symbols = stdout.split('\n').flatMap((line) => /^[0-9a-f]+ \S (.*)$/.exec(line)?.[1] ?? [])
    expect(symbols.length).toBeGreaterThan(0)
    expect(symbols.filter((name) => !name.includes(`ostinato::${level}::`))).toEqual([])
  })
})
