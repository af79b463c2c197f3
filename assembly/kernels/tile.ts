import { madd, splat } from '../simd/vector'

/**
 * The inner loops of all matrix products: 4 rows × 8 columns of y in eight accumulators.
 *
 * a[m, k] lies at a + m · aRow + k · aStep. A panel is [K, 8]: eight neighbouring columns of b. The sum starts from
 * `initial` (row stride `initialRow`; 0 repeats one row), or from zeros where that is 0. Where fewer than four rows are
 * left, the last one is computed again: the same values go to the same place.
 */

// @ts-ignore: decorator
@inline
function start(initial: usize, offset: usize): v128 {
  return initial ? v128.load(initial + offset) : splat(0)
}

/** Rows of a lie along k: aStep is one float. */
export function tileOfRows(
  y: usize,
  yRow: usize,
  a: usize,
  aRow: usize,
  panel: usize,
  K: i32,
  rows: i32,
  initial: usize,
  initialRow: usize,
): void {
  const row1 = <usize>min(1, rows - 1)
  const row2 = <usize>min(2, rows - 1)
  const row3 = <usize>min(3, rows - 1)
  let a0 = a
  let a1 = a + row1 * aRow
  let a2 = a + row2 * aRow
  let a3 = a + row3 * aRow
  let c00 = start(initial, 0)
  let c01 = start(initial, 16)
  let c10 = start(initial, row1 * initialRow)
  let c11 = start(initial, row1 * initialRow + 16)
  let c20 = start(initial, row2 * initialRow)
  let c21 = start(initial, row2 * initialRow + 16)
  let c30 = start(initial, row3 * initialRow)
  let c31 = start(initial, row3 * initialRow + 16)
  const pairs = panel + ((<usize>(K & ~1)) << 5)
  while (panel < pairs) {
    let w0 = v128.load(panel, 0)
    let w1 = v128.load(panel, 16)
    let s = v128.load32_splat(a0, 0)
    c00 = madd(s, w0, c00)
    c01 = madd(s, w1, c01)
    s = v128.load32_splat(a1, 0)
    c10 = madd(s, w0, c10)
    c11 = madd(s, w1, c11)
    s = v128.load32_splat(a2, 0)
    c20 = madd(s, w0, c20)
    c21 = madd(s, w1, c21)
    s = v128.load32_splat(a3, 0)
    c30 = madd(s, w0, c30)
    c31 = madd(s, w1, c31)
    w0 = v128.load(panel, 32)
    w1 = v128.load(panel, 48)
    s = v128.load32_splat(a0, 4)
    c00 = madd(s, w0, c00)
    c01 = madd(s, w1, c01)
    s = v128.load32_splat(a1, 4)
    c10 = madd(s, w0, c10)
    c11 = madd(s, w1, c11)
    s = v128.load32_splat(a2, 4)
    c20 = madd(s, w0, c20)
    c21 = madd(s, w1, c21)
    s = v128.load32_splat(a3, 4)
    c30 = madd(s, w0, c30)
    c31 = madd(s, w1, c31)
    a0 += 8
    a1 += 8
    a2 += 8
    a3 += 8
    panel += 64
  }
  if (K & 1) {
    const w0 = v128.load(panel, 0)
    const w1 = v128.load(panel, 16)
    let s = v128.load32_splat(a0)
    c00 = madd(s, w0, c00)
    c01 = madd(s, w1, c01)
    s = v128.load32_splat(a1)
    c10 = madd(s, w0, c10)
    c11 = madd(s, w1, c11)
    s = v128.load32_splat(a2)
    c20 = madd(s, w0, c20)
    c21 = madd(s, w1, c21)
    s = v128.load32_splat(a3)
    c30 = madd(s, w0, c30)
    c31 = madd(s, w1, c31)
  }
  const y1 = y + row1 * yRow
  const y2 = y + row2 * yRow
  const y3 = y + row3 * yRow
  v128.store(y, c00)
  v128.store(y, c01, 16)
  v128.store(y1, c10)
  v128.store(y1, c11, 16)
  v128.store(y2, c20)
  v128.store(y2, c21, 16)
  v128.store(y3, c30)
  v128.store(y3, c31, 16)
}

/** Rows of a lie side by side (aRow is one float): the product aᵀ · b. */
export function tileOfColumns(
  y: usize,
  yRow: usize,
  a: usize,
  aStep: usize,
  panel: usize,
  K: i32,
  rows: i32,
  initial: usize,
  initialRow: usize,
): void {
  const row1 = <usize>min(1, rows - 1)
  const row2 = <usize>min(2, rows - 1)
  const row3 = <usize>min(3, rows - 1)
  let a0 = a
  let a1 = a + (row1 << 2)
  let a2 = a + (row2 << 2)
  let a3 = a + (row3 << 2)
  let c00 = start(initial, 0)
  let c01 = start(initial, 16)
  let c10 = start(initial, row1 * initialRow)
  let c11 = start(initial, row1 * initialRow + 16)
  let c20 = start(initial, row2 * initialRow)
  let c21 = start(initial, row2 * initialRow + 16)
  let c30 = start(initial, row3 * initialRow)
  let c31 = start(initial, row3 * initialRow + 16)
  const end = panel + ((<usize>K) << 5)
  while (panel < end) {
    const w0 = v128.load(panel, 0)
    const w1 = v128.load(panel, 16)
    let s = v128.load32_splat(a0)
    c00 = madd(s, w0, c00)
    c01 = madd(s, w1, c01)
    s = v128.load32_splat(a1)
    c10 = madd(s, w0, c10)
    c11 = madd(s, w1, c11)
    s = v128.load32_splat(a2)
    c20 = madd(s, w0, c20)
    c21 = madd(s, w1, c21)
    s = v128.load32_splat(a3)
    c30 = madd(s, w0, c30)
    c31 = madd(s, w1, c31)
    a0 += aStep
    a1 += aStep
    a2 += aStep
    a3 += aStep
    panel += 32
  }
  const y1 = y + row1 * yRow
  const y2 = y + row2 * yRow
  const y3 = y + row3 * yRow
  v128.store(y, c00)
  v128.store(y, c01, 16)
  v128.store(y1, c10)
  v128.store(y1, c11, 16)
  v128.store(y2, c20)
  v128.store(y2, c21, 16)
  v128.store(y3, c30)
  v128.store(y3, c31, 16)
}

/** y[N] = initial + a[K] · b[K, N] straight from a row-major b: what packing would cost is not won back by a few rows. */
export function rowTimesMatrix(
  y: usize,
  a: usize,
  b: usize,
  bRow: usize,
  K: i32,
  N: i32,
  initial: usize,
): void {
  let n = 0
  for (; n + 32 <= N; n += 32) {
    const offset = (<usize>n) << 2
    let c0 = start(initial, offset)
    let c1 = start(initial, offset + 16)
    let c2 = start(initial, offset + 32)
    let c3 = start(initial, offset + 48)
    let c4 = start(initial, offset + 64)
    let c5 = start(initial, offset + 80)
    let c6 = start(initial, offset + 96)
    let c7 = start(initial, offset + 112)
    let p = b + offset
    const end = a + ((<usize>K) << 2)
    for (let q = a; q < end; q += 4) {
      const s = v128.load32_splat(q)
      c0 = madd(s, v128.load(p, 0), c0)
      c1 = madd(s, v128.load(p, 16), c1)
      c2 = madd(s, v128.load(p, 32), c2)
      c3 = madd(s, v128.load(p, 48), c3)
      c4 = madd(s, v128.load(p, 64), c4)
      c5 = madd(s, v128.load(p, 80), c5)
      c6 = madd(s, v128.load(p, 96), c6)
      c7 = madd(s, v128.load(p, 112), c7)
      p += bRow
    }
    const target = y + offset
    v128.store(target, c0)
    v128.store(target, c1, 16)
    v128.store(target, c2, 32)
    v128.store(target, c3, 48)
    v128.store(target, c4, 64)
    v128.store(target, c5, 80)
    v128.store(target, c6, 96)
    v128.store(target, c7, 112)
  }
  for (; n + 4 <= N; n += 4) {
    const offset = (<usize>n) << 2
    let c = start(initial, offset)
    let p = b + offset
    for (let k = 0; k < K; k++, p += bRow) c = madd(v128.load32_splat(a + ((<usize>k) << 2)), v128.load(p), c)
    v128.store(y + offset, c)
  }
  for (; n < N; n++) {
    const offset = (<usize>n) << 2
    let c: f32 = initial ? load<f32>(initial + offset) : 0
    let p = b + offset
    for (let k = 0; k < K; k++, p += bRow) c += load<f32>(a + ((<usize>k) << 2)) * load<f32>(p)
    store<f32>(y + offset, c)
  }
}
