import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OstinatoError } from '../../src/errors.js'
import { decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.js'

/** A file with this header and these data bytes, however wrong. */
function file(header: string | object, data: Uint8Array | number = 0): Uint8Array {
  const text = typeof header === 'string' ? header : JSON.stringify(header)
  const json = new TextEncoder().encode(text)
  const body = typeof data === 'number' ? new Uint8Array(data) : data
  const bytes = new Uint8Array(8 + json.length + body.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  bytes.set(body, 8 + json.length)
  return bytes
}

function refusal(bytes: Uint8Array): OstinatoError {
  try {
    decodeSafetensors(bytes, 'model.safetensors')
  } catch (error) {
    if (error instanceof OstinatoError) return error
    throw error
  }
  throw new Error('expected a refusal')
}

const example = () =>
  encodeSafetensors(
    [
      { name: 'lstm/kernel', shape: [2, 3], data: Float32Array.of(1, -2.5, 3e-40, Number.NaN, Infinity, -0) },
      { name: '0', shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) },
      { name: '__proto__', shape: [], data: Float32Array.of(7) },
      { name: 'naïve "名前"', shape: [0, 4], data: new Float32Array(0) },
    ],
    { format: 'ostinato', __proto__x: 'é', constructor: '{"a":1}' },
  )

describe('encodeSafetensors', () => {
  it('round-trips names, shapes, bits and metadata', () => {
    const bytes = example()
    const { metadata, tensors } = decodeSafetensors(bytes)
    expect({ ...metadata }).toEqual({ format: 'ostinato', __proto__x: 'é', constructor: '{"a":1}' })
    expect([...tensors.keys()].sort()).toEqual(['0', '__proto__', 'lstm/kernel', 'naïve "名前"'])
    const kernel = tensors.get('lstm/kernel')!
    expect(kernel.type).toBe('F32')
    expect(kernel.shape).toEqual([2, 3])
    const expected = Float32Array.of(1, -2.5, 3e-40, Number.NaN, Infinity, -0)
    expect(new Uint8Array(kernel.data.buffer)).toEqual(new Uint8Array(expected.buffer))
    expect(tensors.get('0')).toEqual({ type: 'I32', shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) })
    expect(tensors.get('__proto__')).toEqual({ type: 'F32', shape: [], data: Float32Array.of(7) })
    expect(tensors.get('naïve "名前"')!.data).toHaveLength(0)
    expect(Object.hasOwn(Object.prototype, 'format')).toBe(false)
  })

  it('reads from a view at an odd address and writes views of larger arrays', () => {
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3)
    const bytes = encodeSafetensors([{ name: 'a', shape: [2], data }], {})
    const moved = new Uint8Array(bytes.length + 3).subarray(3)
    moved.set(bytes)
    expect(decodeSafetensors(moved).tensors.get('a')!.data).toEqual(Float32Array.of(2, 3))
  })

  it('aligns the data to 8 bytes for any header length', () => {
    for (let length = 1; length <= 9; length++) {
      const bytes = encodeSafetensors(
        [{ name: 'n'.repeat(length), shape: [1], data: Float32Array.of(1) }],
        {},
      )
      const header = Number(new DataView(bytes.buffer).getBigUint64(0, true))
      expect(header % 8).toBe(0)
      expect(bytes.length).toBe(8 + header + 4)
      expect(bytes[8]).toBe(0x7b)
    }
  })

  it('refuses what would not be a valid file', () => {
    const tensor = { name: 'a', shape: [1], data: Float32Array.of(1) }
    const refused: [() => unknown, RegExp][] = [
      [
        () => encodeSafetensors([tensor, tensor], {}),
        /expected one tensor of each name, received a second "a"/,
      ],
      [() => encodeSafetensors([{ ...tensor, name: '__metadata__' }], {}), /a second "__metadata__"/],
      [
        () => encodeSafetensors([{ ...tensor, shape: [2] }], {}),
        /tensor "a": expected 2 elements for \[2\], received 1/,
      ],
      [() => encodeSafetensors([{ ...tensor, shape: [-1] }], {}), /tensor "a"/],
      [
        () => encodeSafetensors([], { a: 1 as unknown as string }),
        /metadata "a": expected a string, received number/,
      ],
    ]
    for (const [act, message] of refused) {
      expect(act).toThrow(message)
      expect(act).toThrow(expect.objectContaining({ code: 'INVALID_FILE' }))
    }
  })
})

describe('decodeSafetensors', () => {
  it('reads every type of the list', () => {
    const buffer = new DataView(new ArrayBuffer(8 + 16 + 14 + 4 + 3))
    buffer.setFloat64(0, 0.1, true)
    buffer.setBigInt64(8, -(2n ** 31n), true)
    buffer.setBigInt64(16, 2n ** 31n - 1n, true)
    // 1, −2, the largest, the smallest, +∞, NaN, −0 in binary16
    for (const [i, half] of [0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x7e00, 0x8000].entries()) {
      buffer.setUint16(24 + 2 * i, half, true)
    }
    buffer.setUint16(38, 0xbfc0, true) // −1.5 in bfloat16
    buffer.setUint16(40, 0x7f80, true)
    for (const [i, byte] of [0, 127, 255].entries()) buffer.setUint8(42 + i, byte)
    const bytes = file(
      {
        u8: { dtype: 'U8', shape: [3], data_offsets: [42, 45] },
        f64: { dtype: 'F64', shape: [1], data_offsets: [0, 8] },
        i64: { dtype: 'I64', shape: [2, 1], data_offsets: [8, 24] },
        f16: { dtype: 'F16', shape: [7], data_offsets: [24, 38] },
        bf16: { dtype: 'BF16', shape: [2], data_offsets: [38, 42] },
      },
      new Uint8Array(buffer.buffer),
    )
    const { tensors } = decodeSafetensors(bytes)
    expect([...tensors.keys()]).toEqual(['f64', 'i64', 'f16', 'bf16', 'u8'])
    const data = (name: string) => tensors.get(name)!.data
    expect(data('f64')).toEqual(Float32Array.of(0.1))
    expect(data('i64')).toEqual(Int32Array.of(-(2 ** 31), 2 ** 31 - 1))
    expect(data('f16')).toEqual(Float32Array.of(1, -2, 65504, 2 ** -24, Infinity, Number.NaN, -0))
    expect(data('bf16')).toEqual(Float32Array.of(-1.5, Infinity))
    expect(data('u8')).toEqual(Int32Array.of(0, 127, 255))
  })

  it('refuses numbers that the read type cannot hold', () => {
    const large = new DataView(new ArrayBuffer(8))
    large.setBigInt64(0, 2n ** 31n, true)
    const i64 = file(
      { a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } },
      new Uint8Array(large.buffer.slice(0)),
    )
    expect(refusal(i64).message).toBe(
      'model.safetensors, tensor "a": expected an int32 at element 0, received 2147483648',
    )
    large.setFloat64(0, 1e39, true)
    const f64 = file({ a: { dtype: 'F64', shape: [], data_offsets: [0, 8] } }, new Uint8Array(large.buffer))
    expect(refusal(f64).received).toBe('1e+39')
  })

  const one = { dtype: 'F32', shape: [1], data_offsets: [0, 4] }
  const broken: [string, Uint8Array, RegExp][] = [
    ['an empty file', new Uint8Array(0), /expected a header length of 8 bytes, received a file of 0 bytes/],
    [
      'a header beyond the end',
      Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0x7b),
      /received a header length of 9$/,
    ],
    [
      'a huge header',
      new Uint8Array(8).fill(255),
      /at most 0 bytes, received a header length of 18446744073709551615/,
    ],
    ['no header', file('', 4), /expected "{" as its first byte/],
    ['a leading space', file(' {}'), /expected "{" as its first byte, received the byte 32/],
    ['an array', file('[]'), /expected "{"/],
    ['broken JSON', file('{"a":'), /header: expected JSON in UTF-8/],
    ['a NUL as padding', file('{}\0'), /header: expected JSON in UTF-8/],
    ['bytes that are not UTF-8', file('{}', 0).map((b, i) => (i === 9 ? 0xff : b)), /expected JSON in UTF-8/],
    [
      'a name twice',
      file(`{"a":${JSON.stringify(one)},"\\u0061":${JSON.stringify(one)}}`, 4),
      /received a second "a"/,
    ],
    ['a metadata key twice', file('{"__metadata__":{"k":"1","k":"2"}}'), /received a second "k"/],
    [
      'metadata of numbers',
      file({ __metadata__: { a: 1 } }),
      /__metadata__ "a": expected a string, received 1/,
    ],
    [
      'metadata in a list',
      file({ __metadata__: ['a'] }),
      /__metadata__: expected an object, received \["a"\]/,
    ],
    ['a number for a tensor', file({ a: 3 }), /tensor "a": expected an object with "dtype", received 3/],
    ['null for a tensor', file({ a: null }), /tensor "a": expected an object with "dtype", received null/],
    ['no type', file({ a: { ...one, dtype: undefined } }, 4), /expected an object with "dtype"/],
    [
      'an inherited type',
      file('{"a":{"__proto__":{"dtype":"F32"},"shape":[],"data_offsets":[0,4]}}', 4),
      /"dtype"/,
    ],
    [
      'an unknown type',
      file({ a: { ...one, dtype: 'F8_E4M3' } }, 4),
      /expected one of the types F64.*received "F8_E4M3"/,
    ],
    ['a type of the prototype', file({ a: { ...one, dtype: 'toString' } }, 4), /received "toString"/],
    ['a negative size', file({ a: { ...one, shape: [-1] } }, 4), /expected a shape/],
    ['a fraction for a size', file({ a: { ...one, shape: [0.5] } }, 4), /expected a shape/],
    ['an uncountable shape', file({ a: { ...one, shape: [2 ** 30, 2 ** 30] } }, 4), /expected a shape/],
    [
      'uncountable bytes',
      file({ a: { dtype: 'F64', shape: [2 ** 52], data_offsets: [0, 2 ** 53 - 1] } }, 4),
      /apart/,
    ],
    [
      'offsets of another size',
      file({ a: { ...one, shape: [2] } }, 4),
      /expected data_offsets 8 bytes apart/,
    ],
    [
      'reversed offsets',
      file({ a: { ...one, data_offsets: [4, 0] } }, 4),
      /expected data_offsets 4 bytes apart/,
    ],
    [
      'negative offsets',
      file({ a: { ...one, data_offsets: [-4, 0] } }, 4),
      /expected data_offsets 4 bytes apart/,
    ],
    [
      'three offsets',
      file({ a: { ...one, data_offsets: [0, 4, 8] } }, 4),
      /expected data_offsets of two integers/,
    ],
    [
      'a hole at the start',
      file({ a: { ...one, data_offsets: [4, 8] } }, 8),
      /expected data from byte 0 .*received 4/,
    ],
    [
      'a hole between',
      file({ a: one, b: { ...one, data_offsets: [8, 12] } }, 12),
      /"b": expected data from byte 4/,
    ],
    ['an overlap', file({ a: one, b: one }, 4), /tensor "b": expected data from byte 4 .*received 0/],
    ['too little data', file({ a: one }, 3), /expected 4 bytes of data, received 3/],
    ['too much data', file({ a: one }, 5), /expected 4 bytes of data, received 5/],
  ]
  it.each(broken)('refuses %s', (_, bytes, message) => {
    const error = refusal(bytes)
    expect(error.code).toBe('INVALID_FILE')
    expect(error.message).toMatch(/^model\.safetensors/)
    expect(error.message).toMatch(message)
  })

  it('refuses the file cut off at every point', () => {
    const bytes = example()
    for (let length = 0; length < bytes.length; length++) {
      expect(refusal(bytes.subarray(0, length)).code, `cut at ${length}`).toBe('INVALID_FILE')
    }
  })

  it('refuses a changed header byte or decodes valid tensors', () => {
    const bytes = example()
    const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))
    let refused = 0
    let decoded = 0
    for (let position = 0; position < header; position++) {
      for (let value = 0; value < 256; value += 1) {
        if (value === bytes[position]) continue
        const changed = bytes.slice()
        changed[position] = value
        try {
          const { tensors } = decodeSafetensors(changed)
          decoded += 1
          let total = 0
          for (const { shape, data } of tensors.values()) {
            if (data.length !== shape.reduce((product, size) => product * size, 1))
              throw new Error('wrong size')
            total += data.byteLength
          }
          if (total !== bytes.length - header)
            throw new Error(`byte ${position} = ${value}: ${total} bytes read`)
        } catch (error) {
          if (!(error instanceof OstinatoError) || error.code !== 'INVALID_FILE') throw error
          refused += 1
        }
      }
    }
    expect(refused + decoded).toBe(header * 255)
    expect(refused).toBeGreaterThan(header * 100)
    expect(decoded).toBeGreaterThan(0)
  })
})

/** Reads the format from its description, with nothing of ours. */
const reader = `
import json, struct, sys
raw = open(sys.argv[1], 'rb').read()
(size,) = struct.unpack('<Q', raw[:8])
header = json.loads(raw[8:8 + size].decode('utf-8'))
assert size % 8 == 0 and raw[8:9] == b'{'
metadata = header.pop('__metadata__')
body, out, end = raw[8 + size:], {}, 0
for name, t in sorted(header.items(), key=lambda item: item[1]['data_offsets']):
    begin, stop = t['data_offsets']
    assert begin == end
    end = stop
    code = {'F32': 'f', 'I32': 'i'}[t['dtype']]
    values = struct.unpack('<%d%s' % ((stop - begin) // 4, code), body[begin:stop])
    out[name] = {'dtype': t['dtype'], 'shape': t['shape'], 'values': [v if v == v and abs(v) < 1e38 else repr(v) for v in values]}
assert end == len(body)
print(json.dumps({'metadata': metadata, 'tensors': [[name, t] for name, t in out.items()]}))
`
const python = spawnSync('python3', ['--version']).status === 0

describe('an independent reader', () => {
  it.skipIf(!python)('finds the same tensors (skipped where there is no python3)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ostinato-'))
    try {
      const path = join(folder, 'a.safetensors')
      writeFileSync(path, example())
      const run = spawnSync('python3', ['-c', reader, path], { encoding: 'utf8' })
      expect(run.stderr).toBe('')
      const read = JSON.parse(run.stdout)
      expect(read.metadata).toEqual({ format: 'ostinato', __proto__x: 'é', constructor: '{"a":1}' })
      const tensors = new Map<string, unknown>(read.tensors)
      expect(tensors.size).toBe(4)
      expect(tensors.get('0')).toEqual({ dtype: 'I32', shape: [2], values: [-1, 2 ** 31 - 1] })
      expect(tensors.get('__proto__')).toEqual({ dtype: 'F32', shape: [], values: [7] })
      expect(tensors.get('naïve "名前"')).toEqual({ dtype: 'F32', shape: [0, 4], values: [] })
      expect(tensors.get('lstm/kernel')).toEqual({
        dtype: 'F32',
        shape: [2, 3],
        values: [1, -2.5, Math.fround(3e-40), 'nan', 'inf', -0],
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
