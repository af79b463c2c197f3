/** Writes what the contract means for the other languages: run after every change in src/contract. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assemblyHeader } from './generate/assembly.js'
import { cppHeader } from './generate/cpp.js'
import { documentation } from './generate/documentation.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

function write(path: string, text: string): void {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  let old: string | undefined
  try {
    old = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  if (old === text) return // untouched files keep their time stamps, so nothing is rebuilt
  writeFileSync(file, text)
  console.log(`generated ${path}`)
}

write('native/generated/contract.h', cppHeader())
write('assembly/generated/contract.ts', assemblyHeader())
write('docs/instructions.md', documentation())
