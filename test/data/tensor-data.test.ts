import { describe, expect, it } from 'vitest'
import { checkLengths, maskToLengths, type TensorLike, toTensorData } from '../../src/data/index.js'

const refusals = (cases: [() => unknown, string, RegExp][]): void => {
  for (const [act, code, message] of cases) {
    expect(act).toThrow(message)
    expect(act).toThrow(expect.objectContaining({ code }))
  }
}
const loose = (value: unknown): TensorLike => value as TensorLike

describe('toTensorData', () => {
  it('takes nested numbers, typed rows among them, of any depth', () => {
    const nested = [
      [[1, 2, 3], Float64Array.of(4, 5, 6)],
      [
        [7, 8, 9],
        [10, 11, 12],
      ],
    ]
    const values = Array.from({ length: 12 }, (_, i) => i + 1)
    expect(toTensorData(nested, 'f32', 'x')).toEqual({ data: Float32Array.from(values), shape: [2, 2, 3] })
    expect(toTensorData(nested, 'i32', 'x')).toEqual({ data: Int32Array.from(values), shape: [2, 2, 3] })
    expect(toTensorData([Float32Array.of(1, 2)], 'f32', 'x').shape).toEqual([1, 2])
    expect(toTensorData(3, 'i32', 'x')).toEqual({ data: Int32Array.of(3), shape: [] })
    expect(toTensorData([[], []], 'f32', 'x')).toEqual({ data: new Float32Array(0), shape: [2, 0] })
    expect(toTensorData([], 'f32', 'x').shape).toEqual([0])
  })

  it('copies nothing that is right already', () => {
    const tensor = { data: Float32Array.of(1, 2), shape: [1, 2] }
    expect(toTensorData(tensor, 'f32', 'x')).toBe(tensor)
    const data = Int32Array.of(1, 2)
    expect(toTensorData(data, 'i32', 'x').data).toBe(data)
  })

  it('converts between the types where nothing is lost', () => {
    const floats = { data: Float32Array.of(-1, 2, -0), shape: [3] }
    expect(toTensorData(floats, 'i32', 'x')).toEqual({ data: Int32Array.of(-1, 2, 0), shape: [3] })
    expect(toTensorData({ data: Int32Array.of(5), shape: [1, 1] }, 'f32', 'x')).toEqual({
      data: Float32Array.of(5),
      shape: [1, 1],
    })
    expect(toTensorData(Uint8Array.of(255), 'i32', 'x').data).toEqual(Int32Array.of(255))
    expect(toTensorData([Number.NaN, Number.POSITIVE_INFINITY], 'f32', 'x').data).toEqual(
      Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY),
    )
  })

  it('says where a value is wrong', () => {
    refusals([
      [
        () => toTensorData([[1, 2], [3]], 'f32', 'x'),
        'SHAPE_MISMATCH',
        /^x\[1\]: expected 2 entries.*received 1$/,
      ],
      [
        () => toTensorData([[1], [2, 3]], 'f32', 'x'),
        'SHAPE_MISMATCH',
        /^x\[1\]: expected 1 entries.*received 2$/,
      ],
      [
        () => toTensorData([[1], 2], 'f32', 'x'),
        'SHAPE_MISMATCH',
        /^x\[1\]: expected 1 entries.*received 2$/,
      ],
      [() => toTensorData([[[1]], [[2, 3]]], 'f32', 'x'), 'SHAPE_MISMATCH', /^x\[1\]\[0\]:/],
      [
        () => toTensorData([1, [2]], 'f32', 'x'),
        'TYPE_MISMATCH',
        /^x\[1\]: expected a number, received Array$/,
      ],
      [() => toTensorData(loose([['a']]), 'f32', 'x'), 'TYPE_MISMATCH', /^x\[0\]\[0\]: .*received "a"$/],
      [() => toTensorData(loose([true]), 'i32', 'x'), 'TYPE_MISMATCH', /expected an int32, received true/],
      [() => toTensorData(loose([1n]), 'i32', 'x'), 'TYPE_MISMATCH', /received 1n/],
      [
        () => toTensorData(loose(undefined), 'f32', 'x'),
        'TYPE_MISMATCH',
        /^x: expected a number, received undefined/,
      ],
      [() => toTensorData(loose(null), 'f32', 'x'), 'TYPE_MISMATCH', /received null/],
      [
        () => toTensorData(loose({ data: [1], shape: [1] }), 'f32', 'x'),
        'TYPE_MISMATCH',
        /^x\.data: .*received Array/,
      ],
      [
        () => toTensorData(loose(BigInt64Array.of(1n)), 'f32', 'x'),
        'TYPE_MISMATCH',
        /received BigInt64Array/,
      ],
      [() => toTensorData(loose(new Array(2)), 'f32', 'x'), 'TYPE_MISMATCH', /^x\[0\]: .*received undefined/],
      [
        () => toTensorData([[1, 2.5]], 'i32', 'x'),
        'TYPE_MISMATCH',
        /^x\[0\]\[1\]: expected an int32, received 2\.5/,
      ],
      [() => toTensorData([Number.NaN], 'i32', 'x'), 'TYPE_MISMATCH', /received NaN/],
      [() => toTensorData([2 ** 31], 'i32', 'x'), 'TYPE_MISMATCH', /received 2147483648/],
      [() => toTensorData(Float32Array.of(1, 0.5), 'i32', 'x'), 'TYPE_MISMATCH', /^x\[1\]: .*received 0\.5/],
      [() => toTensorData(Float32Array.of(Number.NaN), 'i32', 'x'), 'TYPE_MISMATCH', /received NaN/],
      [() => toTensorData(Uint32Array.of(2 ** 32 - 1), 'i32', 'x'), 'TYPE_MISMATCH', /received 4294967295/],
      [
        () => toTensorData({ data: Float32Array.of(1, 2), shape: [3] }, 'f32', 'x'),
        'SHAPE_MISMATCH',
        /^x: expected a shape with 2 elements, as data has, received \[3\]$/,
      ],
      [
        () => toTensorData({ data: Float32Array.of(1), shape: [-1, -1] }, 'f32', 'x'),
        'SHAPE_MISMATCH',
        /\[-1, -1\]/,
      ],
      [
        () => toTensorData({ data: Float32Array.of(1), shape: [0.5, 2] }, 'f32', 'x'),
        'SHAPE_MISMATCH',
        /\[0\.5, 2\]/,
      ],
    ])
  })
})

describe('maskToLengths', () => {
  it('reads right-padded masks', () => {
    const mask = [
      [1, 1, 1],
      [1, 0, 0],
      [0, 0, 0],
      [1, 1, 0],
    ]
    expect(maskToLengths(mask, 'mask')).toEqual(Int32Array.of(3, 1, 0, 2))
    const floats = { data: Float32Array.from(mask.flat()), shape: [4, 3] }
    expect(maskToLengths(floats, 'mask')).toEqual(Int32Array.of(3, 1, 0, 2))
  })

  it('has none for a mask with gaps, or one that begins with zeros', () => {
    const withGaps = [
      [1, 1],
      [0, 1],
    ]
    expect(maskToLengths(withGaps, 'mask')).toBeUndefined()
    expect(maskToLengths([[1, 0, 1]], 'mask')).toBeUndefined()
  })

  it('refuses what is no mask', () => {
    refusals([
      [
        () => maskToLengths([[1], [0], [2]], 'mask'),
        'INVALID_MASK',
        /^mask\[2\]\[0\]: expected 0 or 1, received 2$/,
      ],
      [
        () => maskToLengths([1, 1], 'mask'),
        'SHAPE_MISMATCH',
        /^mask: expected \[batch, time\], received \[2\]$/,
      ],
    ])
  })
})

describe('checkLengths', () => {
  it('takes 0 … time, one for each row', () => {
    expect(checkLengths([0, 4, 2], { batch: 3, time: 4 }, 'lengths')).toEqual(Int32Array.of(0, 4, 2))
    refusals([
      [
        () => checkLengths([1], { batch: 2, time: 4 }, 'lengths'),
        'SHAPE_MISMATCH',
        /expected \[2\], received \[1\]/,
      ],
      [() => checkLengths([[1]], { batch: 1, time: 4 }, 'lengths'), 'SHAPE_MISMATCH', /received \[1, 1\]/],
      [
        () => checkLengths([1, 5], { batch: 2, time: 4 }, 'lengths'),
        'LENGTH_OUT_OF_RANGE',
        /^lengths\[1\]: expected 0 to 4, received 5$/,
      ],
      [() => checkLengths([-1], { batch: 1, time: 4 }, 'lengths'), 'LENGTH_OUT_OF_RANGE', /received -1/],
      [() => checkLengths([1.5], { batch: 1, time: 4 }, 'lengths'), 'TYPE_MISMATCH', /lengths\[0\]/],
    ])
  })
})
