import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { contractHash } from '../../src/contract/index.js'
import { createExecutor, modulePath } from './executor.js'

const sectionNames = new Map([
  [2, 'import'],
  [6, 'global'],
  [7, 'export'],
  [8, 'start'],
  [11, 'data'],
  [12, 'data count'],
])

/** The sections of a WebAssembly binary, by name, with their bodies. */
function sections(bytes: Uint8Array): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  let at = 8
  while (at < bytes.length) {
    const id = bytes[at++]!
    let size = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!
      size |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    found.set(sectionNames.get(id) ?? String(id), bytes.subarray(at, at + size))
    at += size
  }
  return found
}

it('holds no state of its own: no globals, no static data, nothing that runs at the start', async () => {
  const found = sections(await readFile(modulePath))
  expect([...found.keys()]).toEqual(expect.arrayContaining(['import', 'export']))
  for (const name of ['global', 'start', 'data', 'data count']) expect(found.has(name), name).toBe(false)
})

it('imports its memory and nothing else', async () => {
  const body = sections(await readFile(modulePath)).get('import')!
  const name = (text: string) => [text.length, ...Buffer.from(text)]
  // One import: env.memory, a memory (2) without a maximum (0) that may start empty (0).
  expect(Array.from(body)).toEqual([1, ...name('env'), ...name('memory'), 2, 0, 0])
})

it('says which contract its rows follow', async () => {
  const { exports } = await createExecutor()
  expect(exports.contract()).toBe(contractHash)
})
