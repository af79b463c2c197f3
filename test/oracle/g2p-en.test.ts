import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { describeWithData } from './shared-data.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

describeWithData('g2p_en/reference.json', (path) => {
  const { words } = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly words: readonly { readonly word: string; readonly phonemes: readonly string[] }[]
  }

  test.each(['native', 'wasm'])('a model trained by others says its words as there: %s', (backend) => {
    expect(words).toHaveLength(500)
    const checkpoint = join(dirname(path), 'checkpoint20.npz')
    const given = ['--checkpoint', checkpoint, '--backend', backend]
    const all = ['--import', 'tsx', 'examples/g2p-en.ts', ...given]
    const run = spawnSync(process.execPath, [...all, '--words', words.map(({ word }) => word).join(' ')], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(run.stderr).toBe('')
    const expected = words.map(({ word, phonemes }) => `${word}\t${phonemes.join(' ')}`)
    expect(run.stdout.trimEnd().split('\n')).toEqual(expected)
  })
})
