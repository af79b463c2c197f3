/**
 * The safetensors format: 8 bytes of header length (little-endian), a JSON header, then the tensors' bytes back to
 * back. Nothing in it is executable, and every reader of the format can read what is written here.
 */
import { OstinatoError } from '../errors.js'

/** Bytes per element of the types that are read. */
const itemSizes = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1 } as const
export type SafetensorsType = keyof typeof itemSizes

/** The format's own bound, so that a broken length cannot ask for unbounded parsing. */
const maximumHeaderBytes = 100_000_000
const lengthBytes = 8

export interface NamedTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array
}

export interface StoredTensor {
  /** The type in the file. Floating-point types are read as float32, integer types as int32. */
  readonly type: SafetensorsType
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array
}

export interface SafetensorsContent {
  /** Without a prototype, so that `constructor` is a key only where the file has it. */
  readonly metadata: Readonly<Record<string, string>>
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, StoredTensor>
}

function invalid(where: string, expected: string, received: string, cause?: unknown): OstinatoError {
  return new OstinatoError('INVALID_FILE', where, { expected, received }, { cause })
}

/** Names and values come from files: shown quoted, escaped and cut. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

/** The number of elements; undefined where it is no safe integer. */
function elementCount(shape: readonly unknown[]): number | undefined {
  let count = 1
  for (const size of shape) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined
    count *= size
    if (!Number.isSafeInteger(count)) return undefined
  }
  return count
}

export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const where = 'safetensors'
  // Joined by hand: an object would move names such as "0" to the front and lose "__proto__".
  const entries = [`"__metadata__":${encodeMetadata(where, metadata)}`]
  const names = new Set(['__metadata__'])
  let end = 0
  for (const { name, shape, data } of tensors) {
    if (names.has(name)) throw invalid(where, 'one tensor of each name', `a second ${show(name)}`)
    names.add(name)
    const count = elementCount(shape)
    if (count !== data.length) {
      throw invalid(
        `${where}, tensor ${show(name)}`,
        `${count} elements for ${show(shape)}`,
        String(data.length),
      )
    }
    const type: SafetensorsType = data instanceof Float32Array ? 'F32' : 'I32'
    const begin = end
    end += data.byteLength
    entries.push(
      `${JSON.stringify(name)}:${JSON.stringify({ dtype: type, shape, data_offsets: [begin, end] })}`,
    )
  }
  const header = new TextEncoder().encode(`{${entries.join(',')}}`)
  const headerBytes = Math.ceil(header.length / 8) * 8
  if (headerBytes > maximumHeaderBytes) {
    throw invalid(where, `a header of at most ${maximumHeaderBytes} bytes`, String(headerBytes))
  }
  const start = lengthBytes + headerBytes
  const bytes = new Uint8Array(start + end)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(headerBytes), true)
  bytes.set(header, lengthBytes)
  // Spaces up to a multiple of 8, so that every tensor lies aligned in the file.
  bytes.fill(0x20, lengthBytes + header.length, start)
  let position = start
  for (const { data } of tensors) {
    for (const word of wordsOf(data)) {
      view.setUint32(position, word, true)
      position += 4
    }
  }
  return bytes
}

function encodeMetadata(where: string, metadata: Readonly<Record<string, string>>): string {
  const entries = Object.entries(metadata).map(([key, value]) => {
    if (typeof value !== 'string') throw invalid(`${where}, metadata ${show(key)}`, 'a string', typeof value)
    return `${JSON.stringify(key)}:${JSON.stringify(value)}`
  })
  return `{${entries.join(',')}}`
}

/** Bits are moved as integers, which keeps NaN payloads. */
function wordsOf(data: Float32Array | Int32Array): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.length)
}

/** `where` names the file in errors. */
export function decodeSafetensors(bytes: Uint8Array, where = 'safetensors'): SafetensorsContent {
  const { header, start } = readHeader(bytes, where)
  const dataBytes = bytes.byteLength - start
  const metadata: Record<string, string> = Object.create(null)
  const entries: TensorEntry[] = []
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') entries.push(readEntry(`${where}, tensor ${show(name)}`, name, value))
    else {
      if (!isObject(value)) throw invalid(`${where}, __metadata__`, 'an object', show(value))
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== 'string')
          throw invalid(`${where}, __metadata__ ${show(key)}`, 'a string', show(text))
        metadata[key] = text
      }
    }
  }
  // Empty tensors first where several begin at one place.
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let position = 0
  for (const { name, begin, end } of entries) {
    if (begin !== position) {
      throw invalid(
        `${where}, tensor ${show(name)}`,
        `data from byte ${position} (no holes, no overlap)`,
        `${begin}`,
      )
    }
    position = end
  }
  if (position !== dataBytes) throw invalid(where, `${position} bytes of data`, `${dataBytes}`)

  const view = new DataView(bytes.buffer, bytes.byteOffset + start, dataBytes)
  const tensors = new Map<string, StoredTensor>()
  for (const entry of entries) {
    const { name, type, shape } = entry
    tensors.set(name, { type, shape, data: readData(`${where}, tensor ${show(name)}`, view, entry) })
  }
  return { metadata, tensors }
}

function readHeader(bytes: Uint8Array, where: string): { header: Record<string, unknown>; start: number } {
  if (bytes.byteLength < lengthBytes) {
    throw invalid(where, 'a header length of 8 bytes', `a file of ${bytes.byteLength} bytes`)
  }
  const stated = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getBigUint64(0, true)
  const available = Math.min(bytes.byteLength - lengthBytes, maximumHeaderBytes)
  if (stated > BigInt(available)) {
    throw invalid(where, `a header of at most ${available} bytes`, `a header length of ${stated}`)
  }
  const start = lengthBytes + Number(stated)
  if (bytes[lengthBytes] !== 0x7b || start === lengthBytes) {
    throw invalid(
      `${where}, header`,
      '"{" as its first byte',
      `the byte ${bytes[lengthBytes] ?? 'after the end'}`,
    )
  }
  let text: string
  let header: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(lengthBytes, start))
    header = JSON.parse(text)
  } catch (error) {
    throw invalid(
      `${where}, header`,
      'JSON in UTF-8',
      error instanceof Error ? error.message : String(error),
      error,
    )
  }
  refuseDuplicateKeys(`${where}, header`, text)
  return { header: header as Record<string, unknown>, start }
}

/** JSON.parse keeps the last of several equal keys in silence; other readers may keep the first. The text is valid JSON. */
function refuseDuplicateKeys(where: string, text: string): void {
  const open: Set<string>[] = []
  let latest = ''
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '"') {
      const begin = i++
      while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1
      latest = text.slice(begin, i + 1)
    } else if (character === '{') open.push(new Set())
    else if (character === '}') open.pop()
    else if (character === ':') {
      const keys = open.at(-1)!
      const key: string = JSON.parse(latest)
      if (keys.has(key)) throw invalid(where, 'each key once', `a second ${show(key)}`)
      keys.add(key)
    }
  }
}

interface TensorEntry {
  readonly name: string
  readonly type: SafetensorsType
  readonly shape: readonly number[]
  readonly count: number
  readonly begin: number
  readonly end: number
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readEntry(where: string, name: string, value: unknown): TensorEntry {
  // hasOwn throughout: a "__proto__" in the file is a plain key and must not supply what is missing.
  const field = (key: string): unknown => {
    if (!isObject(value) || !Object.hasOwn(value, key))
      throw invalid(where, `an object with "${key}"`, show(value))
    return value[key]
  }
  const type = field('dtype')
  if (typeof type !== 'string' || !Object.hasOwn(itemSizes, type)) {
    throw invalid(where, `one of the types ${Object.keys(itemSizes).join(', ')}`, show(type))
  }
  const shape = field('shape')
  const count = Array.isArray(shape) ? elementCount(shape) : undefined
  if (count === undefined) throw invalid(where, 'a shape of sizes with a countable product', show(shape))
  const offsets = field('data_offsets')
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : []
  if (!Number.isSafeInteger(begin) || !Number.isSafeInteger(end)) {
    throw invalid(where, 'data_offsets of two integers', show(offsets))
  }
  const bytes = count * itemSizes[type as SafetensorsType]
  if ((begin as number) < 0 || (end as number) - (begin as number) !== bytes) {
    throw invalid(where, `data_offsets ${bytes} bytes apart for ${type} ${show(shape)}`, show(offsets))
  }
  return {
    name,
    type: type as SafetensorsType,
    shape: shape as number[],
    count,
    begin: begin as number,
    end: end as number,
  }
}

function readData(where: string, view: DataView, entry: TensorEntry): Float32Array | Int32Array {
  const { type, count, begin } = entry
  const data =
    type === 'I32' || type === 'I64' || type === 'U8' ? new Int32Array(count) : new Float32Array(count)
  const words = wordsOf(data)
  for (let i = 0; i < count; i++) {
    if (type === 'F32' || type === 'I32') words[i] = view.getUint32(begin + 4 * i, true)
    else if (type === 'BF16') words[i] = view.getUint16(begin + 2 * i, true) << 16
    else if (type === 'F16') data[i] = halfToNumber(view.getUint16(begin + 2 * i, true))
    else if (type === 'U8') data[i] = view.getUint8(begin + i)
    else if (type === 'I64') {
      const value = view.getBigInt64(begin + 8 * i, true)
      if (value !== BigInt.asIntN(32, value)) throw invalid(where, `an int32 at element ${i}`, `${value}`)
      data[i] = Number(value)
    } else {
      const value = view.getFloat64(begin + 8 * i, true)
      data[i] = value
      if (Number.isFinite(value) && !Number.isFinite(data[i])) {
        throw invalid(where, `a float64 within the range of float32 at element ${i}`, `${value}`)
      }
    }
  }
  return data
}

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
