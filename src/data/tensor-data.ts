import { OstinatoError } from '../errors.js'

/** Row-major numbers with their shape. */
export interface TensorData {
  readonly data: Float32Array | Int32Array
  readonly shape: readonly number[]
}

const numberArrays = [
  Float32Array,
  Float64Array,
  Int32Array,
  Uint32Array,
  Int16Array,
  Uint16Array,
  Int8Array,
  Uint8Array,
] as const
type NumberArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array

function isNumberArray(value: unknown): value is NumberArray {
  return numberArrays.some((kind) => value instanceof kind)
}

/** Numbers in rows of rows, as deep as the tensor has axes; the innermost may be typed arrays. */
export type NestedNumbers = number | NumberArray | readonly NestedNumbers[]

/** Whatever stands for a tensor in the API. */
export type TensorLike = TensorData | NestedNumbers

export type TensorType = 'f32' | 'i32'

export function isTensorData(value: unknown): value is TensorData {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    'data' in value &&
    'shape' in value
  )
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`
}

/**
 * Checks a value from outside and returns it as a tensor of this type: itself where it already is one. `where` begins the messages.
 * Floats may be anything, NaN too; an int32 place takes whole numbers only, whatever array they come in.
 */
export function toTensorData(value: TensorLike, type: TensorType, where: string): TensorData {
  if (isTensorData(value)) {
    checkTensorData(value, where)
    const data = convert(value.data, type, `${where}.data`)
    return data === value.data ? value : { data, shape: value.shape }
  }
  if (isNumberArray(value)) return { data: convert(value, type, where), shape: [value.length] }
  return fromNested(value, type, where)
}

function fromNested(value: NestedNumbers, type: TensorType, where: string): TensorData {
  // The first rows show the shape; whether the others agree shows while they are copied.
  const shape: number[] = []
  let first: unknown = value
  while (Array.isArray(first) || isNumberArray(first)) {
    shape.push(first.length)
    first = first[0]
  }
  const data = type === 'f32' ? new Float32Array(sizeOf(shape)) : new Int32Array(sizeOf(shape))
  let position = 0
  const path: number[] = []
  const here = (depth: number): string =>
    where +
    path
      .slice(0, depth)
      .map((i) => `[${i}]`)
      .join('')
  const copy = (item: unknown, depth: number): void => {
    if (depth === shape.length) {
      if (!fits(item, type)) throw unfit(item, type, here(depth))
      data[position++] = item
      return
    }
    const isRow = Array.isArray(item) || isNumberArray(item)
    if (!isRow || item.length !== shape[depth]) {
      const received = isRow ? String(item.length) : describe(item)
      throw new OstinatoError('SHAPE_MISMATCH', here(depth), {
        expected: `${shape[depth]} entries, as the rows before have`,
        received,
      })
    }
    for (let i = 0; i < item.length; i++) {
      path[depth] = i
      copy(item[i], depth + 1)
    }
  }
  copy(value, 0)
  return { data, shape }
}

/** Data and shape must agree. */
export function checkTensorData({ data, shape }: TensorData, where: string): void {
  if (!(data instanceof Float32Array || data instanceof Int32Array)) {
    throw new OstinatoError('TYPE_MISMATCH', `${where}.data`, {
      expected: 'a Float32Array or Int32Array',
      received: describe(data),
    })
  }
  const valid = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0)
  if (!valid || sizeOf(shape) !== data.length) {
    throw new OstinatoError('SHAPE_MISMATCH', where, {
      expected: `a shape with ${data.length} elements, as data has`,
      received: Array.isArray(shape) ? shapeText(shape) : describe(shape),
    })
  }
}

/** The array itself where it has the type already. */
function convert(source: NumberArray, type: TensorType, where: string): Float32Array | Int32Array {
  if (type === 'f32') return source instanceof Float32Array ? source : Float32Array.from(source)
  if (source instanceof Int32Array) return source
  const data = Int32Array.from(source)
  const wrong = data.findIndex((value, i) => value !== source[i])
  if (wrong >= 0) throw unfit(source[wrong], type, `${where}[${wrong}]`)
  return data
}

function fits(value: unknown, type: TensorType): value is number {
  return typeof value === 'number' && (type === 'f32' || (value | 0) === value)
}

function unfit(value: unknown, type: TensorType, where: string): OstinatoError {
  return new OstinatoError('TYPE_MISMATCH', where, {
    expected: type === 'f32' ? 'a number' : 'an int32',
    received: describe(value),
  })
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  return typeof value === 'object' && value !== null ? value.constructor.name : String(value)
}
