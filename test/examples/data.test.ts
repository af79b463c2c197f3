/** The loaders of the examples, on files made here. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { readConllu, readData, readFolder, readIdx, readTunes, readWav } from '../../examples/data.js'
import { idx, wav } from './made.js'

const folder = mkdtempSync(join(tmpdir(), 'ostinato-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Whether a program is there to pack with; the tests that need it skip where it is not. */
function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('readData', () => {
  test('reads a file as it is, and one compressed with gzip', () => {
    writeFileSync(join(folder, 'plain'), 'as it is')
    writeFileSync(join(folder, 'packed.gz'), gzipSync('packed'))
    expect(readData(folder, 'plain').toString()).toBe('as it is')
    expect(readData(folder, 'packed').toString()).toBe('packed')
  })

  test.skipIf(!has('xz'))('reads a file compressed with xz (skipped where the program xz is missing)', () => {
    writeFileSync(join(folder, 'small'), 'small')
    execFileSync('xz', [join(folder, 'small')])
    expect(readData(folder, 'small').toString()).toBe('small')
  })

  test('says which file is missing, and which is damaged', () => {
    expect(() => readData(folder, 'absent')).toThrow(/No file .*absent, nor with \.gz or \.xz/)
    writeFileSync(join(folder, 'damaged.gz'), 'not gzip')
    expect(() => readData(folder, 'damaged')).toThrow(/damaged\.gz cannot be decompressed/)
  })
})

describe('readFolder', () => {
  const root = join(folder, 'tree')
  mkdirSync(join(root, 'deep'), { recursive: true })
  writeFileSync(join(root, 'deep', 'b.txt'), 'second')
  writeFileSync(join(root, 'a.txt'), 'first')
  writeFileSync(join(root, 'c.other'), 'not asked for')
  const entries = (files: Map<string, Buffer>) => [...files].map(([name, bytes]) => [name, bytes.toString()])
  const expected = [
    ['a.txt', 'first'],
    ['b.txt', 'second'],
  ]

  test('finds files at any depth, in the order of names', () => {
    expect(entries(readFolder(root, '.txt'))).toEqual(expected)
  })

  test.skipIf(!has('tar'))(
    'reads a tar archive as a folder (skipped where the program tar is missing)',
    () => {
      execFileSync('tar', ['-cf', join(folder, 'tree.tar'), '-C', folder, 'tree'])
      expect(entries(readFolder(join(folder, 'tree.tar'), '.txt'))).toEqual(expected)
    },
  )

  test('says what is missing', () => {
    expect(() => readFolder(join(folder, 'nowhere'), '.txt')).toThrow(/No folder or archive .*nowhere/)
    expect(() => readFolder(root, '.wav')).toThrow(/No file in .* ends in \.wav/)
  })
})

describe('readIdx', () => {
  test('reads shape and bytes', () => {
    const { shape, data } = readIdx(idx([2, 3], [0, 1, 2, 3, 4, 255]))
    expect(shape).toEqual([2, 3])
    expect([...data]).toEqual([0, 1, 2, 3, 4, 255])
  })

  test('refuses other files, and those cut short', () => {
    expect(() => readIdx(Buffer.from('PK'))).toThrow(/Not an IDX file/)
    expect(() => readIdx(idx([2, 3], [1, 2, 3]))).toThrow(/shape \[2, 3\]: expected 6 bytes, found 3/)
  })
})

describe('readWav', () => {
  test('reads samples, whatever chunks stand before them', () => {
    const { samples, sampleRate } = readWav(wav([0, 0.5, -1, 0.25], 8000))
    expect(sampleRate).toBe(8000)
    expect([...samples]).toEqual([0, 0.5, -1, 0.25])
  })

  test('refuses what it cannot read', () => {
    const good = wav([0, 0.5], 8000)
    expect(() => readWav(Buffer.from('RIFF'))).toThrow(/Not a WAV file/)
    expect(() => readWav(good.subarray(0, good.length - 2))).toThrow(/cut short/)
    expect(() => readWav(good.subarray(0, 36))).toThrow(/no samples/)
    const stereo = Buffer.from(good)
    stereo.writeUInt16LE(2, 22)
    expect(() => readWav(stereo)).toThrow(/expected one channel of 16-bit PCM, found 2 of 16-bit/)
  })
})

describe('readTunes', () => {
  const write = (content: unknown) => writeFileSync(join(folder, 'tunes.json'), JSON.stringify(content))

  test('reads frames of keys as rows of 88', () => {
    write({ train: [[[0, 87], []]], valid: [[[60]], [[61]]] })
    const tunes = readTunes(folder, 'tunes.json')
    expect([...tunes.keys()]).toEqual(['train', 'valid'])
    const [{ data, shape }] = tunes.get('train') as [{ data: Float32Array; shape: number[] }]
    expect(shape).toEqual([2, 88])
    expect([...data.entries()].filter(([, x]) => x !== 0)).toEqual([
      [0, 1],
      [87, 1],
    ])
    expect(tunes.get('valid')?.map((tune) => tune.data.indexOf(1))).toEqual([60, 61])
  })

  test('says where something else stands', () => {
    write({ train: [[[0]], [[1, 88]]] })
    expect(() => readTunes(folder, 'tunes.json')).toThrow(/"train", tune 1: expected frames, .* 0 to 87/)
    write({ train: 5 })
    expect(() => readTunes(folder, 'tunes.json')).toThrow(/"train": expected a list of tunes/)
    writeFileSync(join(folder, 'broken.json'), '{')
    expect(() => readTunes(folder, 'broken.json')).toThrow(/broken\.json is no JSON/)
  })
})

describe('readConllu', () => {
  test('reads words and tags, and passes over comments, contractions and empty words', () => {
    const lines = [
      '# text = Don’t go',
      "1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_",
      '1\tDo\tdo\tAUX\tVB\t_\t3\taux\t_\t_',
      "2\tn't\tnot\tPART\tRB\t_\t3\tadvmod\t_\t_",
      '3\tgo\tgo\tVERB\tVB\t_\t0\troot\t_\t_',
      '3.1\t_\t_\t_\t_\t_\t_\t_\t_\t_',
      '',
      '# newdoc',
      '',
      '1\tYes\tyes\tINTJ\tUH\t_\t0\troot\t_\t_',
      '',
    ]
    expect(readConllu(lines.join('\n'))).toEqual([
      [
        { form: 'Do', tag: 'AUX' },
        { form: "n't", tag: 'PART' },
        { form: 'go', tag: 'VERB' },
      ],
      [{ form: 'Yes', tag: 'INTJ' }],
    ])
  })

  test('refuses other text', () => {
    expect(() => readConllu('Just a sentence.')).toThrow(/Not a line of CoNLL-U: "Just a sentence\."/)
  })
})
