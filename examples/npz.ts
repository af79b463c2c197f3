/** NumPy's archives of arrays: a zip file of .npy files. */
import { unzipSync } from 'fflate'
import { InputError } from './command.js'

export interface NpyArray {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** Format 1.0 to 3.0: a magic text, a version, and a header written as a Python dictionary. */
function readNpy(name: string, bytes: Uint8Array): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = String.fromCharCode(...bytes.subarray(0, 6))
  if (bytes.length < 12 || magic !== '\x93NUMPY') throw new InputError(`${name} is not a NumPy array`)
  const wide = view.getUint8(6) > 1
  const begin = wide ? 12 : 10
  const end = begin + (wide ? view.getUint32(8, true) : view.getUint16(8, true))
  const header = new TextDecoder().decode(bytes.subarray(begin, end))
  const sizes = /'shape': \(([\d, ]*)\)/.exec(header)?.[1]
  if (!header.includes("'descr': '<f4'") || !header.includes("'fortran_order': False") || sizes === undefined)
    throw new InputError(`${name}: expected float32 by rows, received ${header.trim()}`)
  const shape = sizes.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]))
  const length = shape.reduce((product, size) => product * size, 1)
  if (bytes.length !== end + 4 * length)
    throw new InputError(`${name}: ${bytes.length - end} bytes for [${shape.join(', ')}]`)
  return { shape, data: Float32Array.from({ length }, (_, i) => view.getFloat32(end + 4 * i, true)) }
}

/** All arrays of an archive, by name. */
export function readNpz(archive: Uint8Array): Map<string, NpyArray> {
  const files = Object.entries(unzipSync(archive))
  return new Map(files.map(([name, bytes]) => [name.replace(/\.npy$/, ''), readNpy(name, bytes)]))
}
