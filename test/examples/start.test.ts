/** The main job, on a few words: it learns, measures, says, draws, saves, and says the same on WebAssembly. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { attentionSvg, attentionText } from '../../examples/attention-picture.js'
import { splitDictionary } from '../../examples/pronunciation.js'

const folder = mkdtempSync(join(tmpdir(), 'ostinato-'))
afterAll(() => rmSync(folder, { recursive: true }))
const root = fileURLToPath(new URL('../..', import.meta.url))

test('npm start learns, measures, says words, and says them again from its file', () => {
  const small = ['--epochs', '1', '--units', '8', '--words', '400', '--folder', folder]
  const all = ['--import', 'tsx', 'examples/start.ts', ...small]
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { cwd: root, encoding: 'utf8' })
  expect(stderr).toContain('phonemes/s')
  expect([status, stderr.match(/Error/)]).toEqual([0, null])
  expect(stdout).toMatch(/PER \d+\.\d\d %, WER \d+\.\d\d %/)
  expect(stdout).toContain('reloaded on wasm: the same pronunciations and scores')
  expect(readFileSync(join(folder, 'attention.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s)
}, 120_000)

test('the split is by words, always the same, without stress', () => {
  const words = Array.from({ length: 40 }, (_, i) => 'a'.repeat(i + 1))
  const dictionary = Object.fromEntries(words.map((word) => [word, 'AH0 B']))
  const { training, development } = splitDictionary({ ...dictionary, 'a(2)': 'EY1', 'b.': 'B IY1' })
  expect([training.length, development.length]).toEqual([38, 2])
  const all = [...training, ...development]
  expect(all.find(({ word }) => word === 'a')?.spoken).toEqual([['AH', 'B'], ['EY']])
  expect(splitDictionary({ ...dictionary, 'a(2)': 'EY1' }).development).toEqual(development)
})

test('attention is dark where the model looked', () => {
  const picture = { source: ['a', '<'], target: ['AH', 'end'], weights: [1, 0, 0.25, 0.75], columns: 2 }
  expect(attentionText(picture)).toBe('     a  <  \n  AH ██    \n end ░░ ▓▓ ')
  const svg = attentionSvg(picture)
  expect(svg.match(/fill-opacity="[\d.]+"/g)).toEqual(
    [1, 0, 0.25, 0.75].map((w) => `fill-opacity="${w.toFixed(3)}"`),
  )
  expect(svg).toContain('&lt;')
})
