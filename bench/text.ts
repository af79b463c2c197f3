/** The text that the character model learns from, as a file of tokens that every engine reads. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { characterVocabulary, RandomStream } from 'ostinato'

const shared = fileURLToPath(new URL('../../shared/data/text/tinyshakespeare.txt.xz', import.meta.url))

/** Words of random letters, where there is no text: the work is the same, only there is less to learn. */
function syntheticText(): string {
  const random = new RandomStream(0)
  const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ,.;:!?'-&3$ \n"]
  return Array.from(
    { length: 600_000 },
    () => letters[Math.floor(random.uniform() ** 2 * letters.length)],
  ).join('')
}

function readText(file: string | undefined): string {
  if (file !== undefined) return readFileSync(file, 'utf8')
  if (existsSync(shared)) {
    const { status, stdout } = spawnSync('xz', ['-dc', shared], { encoding: 'utf8', maxBuffer: 2 ** 28 })
    if (status === 0) return stdout
    console.error(`xz cannot read ${shared}; a synthetic text takes its place`)
  }
  return syntheticText()
}

/** Writes the first 90 % of the text as int32 tokens to `target` and returns the size of the vocabulary. */
export function writeTokens(file: string | undefined, target: string): number {
  const text = readText(file)
  const vocabulary = characterVocabulary(text)
  const tokens = vocabulary.encode(text)
  writeFileSync(target, new Uint8Array(tokens.slice(0, Math.floor(0.9 * tokens.length)).buffer))
  return vocabulary.size
}
