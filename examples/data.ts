/** Files of public data sets, compressed or not, as numbers and text. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { TensorData } from 'ostinato'
import { InputError } from './command.js'

/** Runs a program that many systems have, and says so where this one has not. */
function run(program: string, parameters: readonly string[], file: string): Buffer {
  const { error, status, stdout, stderr } = spawnSync(program, parameters, { maxBuffer: 2 ** 30 })
  if (error) throw new InputError(`${file} needs the program "${program}": ${error.message}`)
  if (status !== 0)
    throw new InputError(`${file} cannot be read by "${program}": ${stderr.toString().trim()}`)
  return stdout
}

/** The bytes of `name` in a folder, where it may also lie compressed as `name.gz` or `name.xz`. */
export function readData(folder: string, name: string): Buffer {
  const path = join(folder, name)
  if (existsSync(path)) return readFileSync(path)
  if (existsSync(`${path}.xz`)) return run('xz', ['-dc', `${path}.xz`], `${path}.xz`)
  if (!existsSync(`${path}.gz`)) throw new InputError(`No file ${path}, nor with .gz or .xz behind its name`)
  try {
    return gunzipSync(readFileSync(`${path}.gz`))
  } catch (error) {
    throw new InputError(`${path}.gz cannot be decompressed: ${(error as Error).message}`)
  }
}

/** All files of a folder, or of a tar archive, whose names end in `ending`: by name without folders, in the order of names. */
export function readFolder(path: string, ending: string): Map<string, Buffer> {
  if (!existsSync(path)) throw new InputError(`No folder or archive ${path}`)
  if (!statSync(path).isDirectory()) {
    const unpacked = mkdtempSync(join(tmpdir(), 'ostinato-'))
    try {
      run('tar', ['-xf', path, '-C', unpacked], path)
      return readFolder(unpacked, ending)
    } finally {
      rmSync(unpacked, { recursive: true })
    }
  }
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith(ending),
  )
  if (names.length === 0) throw new InputError(`No file in ${path} ends in ${ending}`)
  const files = names.map((name) => [name.split(/[\\/]/).at(-1)!, readFileSync(join(path, name))] as const)
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Bytes in the IDX format of MNIST: their shape, then the bytes, the last axis fastest. */
export function readIdx(bytes: Buffer): { readonly shape: readonly number[]; readonly data: Uint8Array } {
  const axes = bytes[3] ?? 0
  const start = 4 + 4 * axes
  // Two zeros, the element type (8: unsigned bytes), the number of axes, then each axis as big-endian uint32.
  if (bytes.length < start || bytes.readUInt16BE(0) !== 0 || bytes[2] !== 8 || axes === 0)
    throw new InputError('Not an IDX file of unsigned bytes')
  const shape = Array.from({ length: axes }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis))
  const size = shape.reduce((product, n) => product * n, 1)
  if (bytes.length !== start + size)
    throw new InputError(
      `IDX file of shape [${shape.join(', ')}]: expected ${size} bytes, found ${bytes.length - start}`,
    )
  return { shape, data: bytes.subarray(start) }
}

/** A recording with one channel: samples in [−1, 1) and how many there are a second. */
export interface Recording {
  readonly samples: Float32Array
  readonly sampleRate: number
}

/** A WAV file with one channel of 16-bit samples. */
export function readWav(bytes: Buffer): Recording {
  const tag = (at: number): string => bytes.toString('latin1', at, at + 4)
  if (bytes.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') throw new InputError('Not a WAV file')
  let sampleRate = 0
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at + 4)
    const start = at + 8
    if (tag(at) === 'fmt ' && start + 16 <= bytes.length) {
      const [coding, channels, bits] = [0, 2, 14].map((offset) => bytes.readUInt16LE(start + offset))
      if (coding !== 1 || channels !== 1 || bits !== 16)
        throw new InputError(
          `WAV file: expected one channel of 16-bit PCM, found ${channels} of ${bits}-bit coding ${coding}`,
        )
      sampleRate = bytes.readUInt32LE(start + 4)
    } else if (tag(at) === 'data' && sampleRate > 0) {
      if (start + size > bytes.length) throw new InputError('WAV file: cut short')
      const samples = Float32Array.from(
        { length: size >> 1 },
        (_, i) => bytes.readInt16LE(start + 2 * i) / 32768,
      )
      return { samples, sampleRate }
    }
    // Chunks begin at even places.
    at = start + size + (size & 1)
  }
  throw new InputError('WAV file: no samples')
}

/** Keys of a piano. */
export const keys = 88

/**
 * Tunes in a JSON file of lists, each under the name of its split: as tensors [time, keys] of 1 where a key sounds in a frame.
 */
export function readTunes(folder: string, name: string): Map<string, TensorData[]> {
  const splits: unknown = parseJson(readData(folder, name), name)
  const roll = (tune: unknown, where: string): TensorData => {
    if (!Array.isArray(tune) || !tune.every(isFrame))
      throw new InputError(`${name}, ${where}: expected frames, each a list of keys from 0 to ${keys - 1}`)
    const data = new Float32Array(tune.length * keys)
    for (const [t, frame] of tune.entries()) for (const key of frame) data[t * keys + key] = 1
    return { data, shape: [tune.length, keys] }
  }
  return new Map(
    Object.entries(splits ?? {}).map(([split, tunes]) => {
      if (!Array.isArray(tunes)) throw new InputError(`${name}, "${split}": expected a list of tunes`)
      return [split, tunes.map((tune, i) => roll(tune, `"${split}", tune ${i}`))]
    }),
  )
}

function isFrame(frame: unknown): frame is number[] {
  return Array.isArray(frame) && frame.every((key) => Number.isInteger(key) && key >= 0 && key < keys)
}

function parseJson(bytes: Buffer, name: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw new InputError(`${name} is no JSON: ${(error as Error).message}`)
  }
}

/** A word of a treebank with its universal part of speech. */
export interface TaggedWord {
  readonly form: string
  readonly tag: string
}

/** The sentences of a CoNLL-U file; contractions (1-2) and words left out (8.1) are no words of their own. */
export function readConllu(text: string): TaggedWord[][] {
  const sentences = text.split(/\n\s*\n/).map((block) => {
    const lines = block.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
    return lines.flatMap((line): TaggedWord[] => {
      const [id = '', form, , tag] = line.split('\t')
      if (form === undefined || tag === undefined) throw new InputError(`Not a line of CoNLL-U: "${line}"`)
      return /^\d+$/.test(id) ? [{ form, tag }] : []
    })
  })
  return sentences.filter((sentence) => sentence.length > 0)
}
