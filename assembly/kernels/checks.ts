import { Status } from '../generated/contract'

/** Ends the run: the index found and its position in the operand go to the details of the status. */
export function indexOutOfRange(status: usize, index: i32, position: i32): i32 {
  store<i32>(status, index, 8)
  store<i32>(status, position, 12)
  return Status.indexOutOfRange
}

/** Every index must lie in least … most. */
export function checkIndices(indices: usize, count: i32, least: i32, most: i32, status: usize): i32 {
  for (let i = 0; i < count; i++) {
    const index = load<i32>(indices + ((<usize>i) << 2))
    if (index < least || index > most) return indexOutOfRange(status, index, i)
  }
  return Status.ok
}

/** An absent lengths operand (0) means that every step is valid. */
export function checkLengths(lengths: usize, B: i32, T: i32, status: usize): i32 {
  return lengths ? checkIndices(lengths, B, 0, T, status) : Status.ok
}

// @ts-ignore: decorator
@inline
export function isMasked(lengths: usize, t: i32, b: i32): bool {
  return lengths != 0 && t >= load<i32>(lengths + ((<usize>b) << 2))
}
