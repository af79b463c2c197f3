import { PartLengths, ResizeTime, Status } from '../generated/contract'
import { checkLengths, isMasked } from './checks'

export function resizeTime(row: usize, status: usize): i32 {
  const T = ResizeTime.T(row)
  const S = ResizeTime.S(row)
  const B = ResizeTime.B(row)
  const lengths = ResizeTime.lengths(row)
  const refusal = checkLengths(lengths, B, max(T, S), status)
  if (refusal) return refusal
  const bytes = (<usize>ResizeTime.N(row)) << 2
  let x = ResizeTime.x(row)
  let y = ResizeTime.y(row)
  for (let t = 0; t < S; t++) {
    for (let b = 0; b < B; b++, x += bytes, y += bytes) {
      if (t < T && !isMasked(lengths, t, b)) memory.copy(y, x, bytes)
      else memory.fill(y, 0, bytes)
    }
  }
  return Status.ok
}

export function partLengths(row: usize, status: usize): i32 {
  const T = PartLengths.T(row)
  const B = PartLengths.B(row)
  const D = PartLengths.D(row)
  const lengths = PartLengths.lengths(row)
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal
  let y = PartLengths.y(row)
  for (let d = 0; d < D; d++) {
    for (let b = 0; b < B; b++, y += 4) {
      const left = (lengths ? load<i32>(lengths + ((<usize>b) << 2)) : T) - d
      store<i32>(y, left > 0 ? (left - 1) / D + 1 : 0)
    }
  }
  return Status.ok
}
