import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { webAssembly } from '../../src/backends/wasm-api.js'
import { createExecutor } from './executor.js'

/** The compiler's own types would declare its globals, such as another console, for everybody. */
interface Compiler {
  main(
    options: readonly string[],
    system: {
      readFile(name: string): string | Promise<string | null>
      writeFile(name: string, contents: string | Uint8Array): void
      listFiles(): null
    },
  ): Promise<{ readonly error: Error | null; readonly stderr: { toString(): string } }>
}
const compiler: string = 'assemblyscript/asc'

type Words = readonly [number, number, number, number, number, number]

/** The generator alone: the counters of the published vectors are out of the reach of the dropout instruction. */
async function compileGenerator(): Promise<(...words: Words) => number[]> {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  let binary: Uint8Array | undefined
  const { default: asc } = (await import(compiler)) as { default: Compiler }
  const { error, stderr } = await asc.main(
    ['entry.ts', '--outFile', 'out.wasm', '--runtime', 'stub', '--importMemory', '-O3'],
    {
      readFile: (name) => {
        if (name === 'entry.ts') return `export { philox } from './assembly/simd/philox'`
        return readFile(root + name, 'utf8').catch(() => null)
      },
      writeFile: (_name, contents) => {
        binary = contents as Uint8Array
      },
      listFiles: () => null,
    },
  )
  if (error || !binary) throw new Error(stderr.toString(), { cause: error })
  const memory = new webAssembly!.Memory({ initial: 1 })
  const module = await webAssembly!.compile(binary)
  const exports = new webAssembly!.Instance(module, { env: { memory } }).exports as {
    philox(...words: readonly [...Words, number]): void
  }
  return (...words) => {
    exports.philox(...words, 64)
    return Array.from(new Uint32Array(memory.buffer, 64, 4))
  }
}

// "kat_vectors" of Random123 (Salmon et al. 2011): philox4x32, 10 rounds
const known: readonly { readonly counterAndKey: Words; readonly expected: readonly number[] }[] = [
  {
    counterAndKey: [0, 0, 0, 0, 0, 0],
    expected: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counterAndKey: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    expected: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counterAndKey: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0],
    expected: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
]

it('gives the published words of Philox4x32-10', async () => {
  const philox = await compileGenerator()
  for (const { counterAndKey, expected } of known) expect(philox(...counterAndKey)).toEqual(expected)
})

it('drops a feature exactly where its word is below the threshold', async () => {
  const executor = await createExecutor()
  const words = known[0]!.expected
  const y = executor.floats([7, 7, 7, 7])
  for (const [feature, word] of words.entries()) {
    for (const [threshold, kept] of [
      [word, true],
      [word + 1, false],
    ] as const) {
      const rate = threshold / 2 ** 32
      const scalars = [rate, 0, 0].map((value) => executor.doubles([value]))
      const row = executor.row('dropout', 1, 1, 4, executor.floats([1, 1, 1, 1]), y, 0, ...scalars)
      expect(executor.run(row)).toEqual([0, 0, 0, 0])
      expect(y[feature]).toBe(kept ? Math.fround(1 / (1 - rate)) : 0)
    }
  }
})
