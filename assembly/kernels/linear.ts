import { LinearRecurrence, LinearRecurrenceBackward, Status } from '../generated/contract'
import { madd, read, splat, write } from '../simd/vector'
import { checkLengths, isMasked } from './checks'
import { copyOrZero, enterStep, initialRow, rowAfter, rowBefore, timeOf } from './recurrent'

// @ts-ignore: decorator
@inline
function unitsForward(convex: i32, a: usize, b: usize, previous: usize, next: usize, lanes: i32): void {
  const rate = read(a, lanes)
  let added = read(b, lanes)
  if (convex) added = f32x4.mul(f32x4.sub(splat(1), rate), added)
  write(next, madd(rate, read(previous, lanes), added), lanes)
}

function rowForward(convex: i32, a: usize, b: usize, previous: usize, next: usize, H: i32): void {
  let j = 0
  for (; j + 4 <= H; j += 4) {
    const i = (<usize>j) << 2
    unitsForward(convex, a + i, b + i, previous + i, next + i, 4)
  }
  const i = (<usize>j) << 2
  if (j < H) unitsForward(convex, a + i, b + i, previous + i, next + i, H - j)
}

export function linearRecurrence(row: usize, status: usize): i32 {
  const T = LinearRecurrence.T(row)
  const B = LinearRecurrence.B(row)
  const H = LinearRecurrence.H(row)
  const lengths = LinearRecurrence.lengths(row)
  const reverse = LinearRecurrence.reverse(row)
  const convex = LinearRecurrence.convex(row)
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal

  const unitBytes = (<usize>H) << 2
  const stateBytes = <usize>B * unitBytes
  const a = LinearRecurrence.a(row)
  const b = LinearRecurrence.b(row)
  const h = LinearRecurrence.h(row)
  const start = h + <usize>initialRow(T, reverse) * stateBytes
  copyOrZero(start, LinearRecurrence.initialH(row), stateBytes)
  for (let s = 0; s < T; s++) {
    const t = timeOf(s, T, reverse)
    const step = <usize>t * stateBytes
    const before = h + <usize>rowBefore(t, reverse) * stateBytes
    const after = h + <usize>rowAfter(t, reverse) * stateBytes
    for (let r = 0; r < B; r++) {
      const i = <usize>r * unitBytes
      if (isMasked(lengths, t, r)) memory.copy(after + i, before + i, unitBytes)
      else rowForward(convex, a + step + i, b + step + i, before + i, after + i, H)
    }
  }
  return Status.ok
}

/** Gradients that nobody asked for have the address 0. */
// @ts-ignore: decorator
@inline
function unitsBackward(
  convex: i32,
  a: usize,
  b: usize,
  previous: usize,
  dh: usize,
  da: usize,
  db: usize,
  lanes: i32,
): void {
  const rate = read(a, lanes)
  const d = read(dh, lanes)
  let from = read(previous, lanes)
  if (convex) from = f32x4.sub(from, read(b, lanes))
  if (da) write(da, f32x4.mul(d, from), lanes)
  if (db) write(db, convex ? f32x4.mul(d, f32x4.sub(splat(1), rate)) : d, lanes)
  write(dh, f32x4.mul(d, rate), lanes)
}

function rowBackward(
  convex: i32,
  a: usize,
  b: usize,
  previous: usize,
  dh: usize,
  da: usize,
  db: usize,
  H: i32,
): void {
  for (let j = 0; j < H; j += 4) {
    if (j + 4 <= H) unitsBackward(convex, a, b, previous, dh, da, db, 4)
    else unitsBackward(convex, a, b, previous, dh, da, db, H - j)
    a += 16
    b += 16
    previous += 16
    dh += 16
    if (da) da += 16
    if (db) db += 16
  }
}

/** The gradient of the state on its way. */
export function linearRecurrenceBackwardScratch(row: usize): u64 {
  return <u64>LinearRecurrenceBackward.B(row) * LinearRecurrenceBackward.H(row) * 4
}

export function linearRecurrenceBackward(row: usize, scratch: usize, status: usize): i32 {
  const T = LinearRecurrenceBackward.T(row)
  const B = LinearRecurrenceBackward.B(row)
  const H = LinearRecurrenceBackward.H(row)
  const lengths = LinearRecurrenceBackward.lengths(row)
  const reverse = LinearRecurrenceBackward.reverse(row)
  const convex = LinearRecurrenceBackward.convex(row)
  const refusal = checkLengths(lengths, B, T, status)
  if (refusal) return refusal

  const unitBytes = (<usize>H) << 2
  const stateBytes = <usize>B * unitBytes
  const a = LinearRecurrenceBackward.a(row)
  const b = LinearRecurrenceBackward.b(row)
  const h = LinearRecurrenceBackward.h(row)
  const dy = LinearRecurrenceBackward.dy(row)
  const da = LinearRecurrenceBackward.da(row)
  const db = LinearRecurrenceBackward.db(row)
  copyOrZero(scratch, LinearRecurrenceBackward.dFinalH(row), stateBytes)
  for (let s = T - 1; s >= 0; s--) {
    const t = timeOf(s, T, reverse)
    const step = <usize>t * stateBytes
    const before = h + <usize>rowBefore(t, reverse) * stateBytes
    enterStep(scratch, dy ? dy + step : 0, 0, stateBytes)
    for (let r = 0; r < B; r++) {
      const i = <usize>r * unitBytes
      const at = step + i
      if (isMasked(lengths, t, r)) {
        if (da) memory.fill(da + at, 0, unitBytes)
        if (db) memory.fill(db + at, 0, unitBytes)
      } else {
        const dh = scratch + i
        rowBackward(convex, a + at, b + at, before + i, dh, da ? da + at : 0, db ? db + at : 0, H)
      }
    }
  }
  const dInitialH = LinearRecurrenceBackward.dInitialH(row)
  if (dInitialH) memory.copy(dInitialH, scratch, stateBytes)
  return Status.ok
}
