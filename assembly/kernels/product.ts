import { rowTimesMatrix, tileOfColumns, tileOfRows } from './tile'

/** Rows and columns of b packed at a time: 256 KiB, which stays in the second-level cache. */
const blockK: i32 = 256
const blockN: i32 = 256
const tileBytes: usize = 4 * 8 * 4

/** Working memory of `product` and `multiplyPanels`: a tile for ragged columns, then a block of panels. */
export const workBytes: u64 = tileBytes + blockK * blockN * 4

/** Below this many rows a row-major b is used as it lies. */
const rowsWorthPacking: i32 = 4

/** Whether weights are packed for a product of `rows` rows that is done `times` times. */
// @ts-ignore: decorator
@inline
export function isWorthPacking(rows: i32, times: i32): bool {
  return rows >= rowsWorthPacking || (rows > 1 && times > 1)
}

/** b [K, N] as panels [⌈N ∕ 8⌉, K, 8]. */
export function panelBytes(K: i32, N: i32): u64 {
  return <u64>K * ((<u64>N + 7) & ~7) * 4
}

// @ts-ignore: decorator
@inline
function panelAt(panels: usize, K: i32, n: i32): usize {
  return panels + ((<usize>n * <usize>K) << 2)
}

/** b[k, n] lies at b + k · bStep + n · bColumn; columns behind the last are zeros. */
export function pack(b: usize, bStep: usize, bColumn: usize, K: i32, N: i32, panels: usize): void {
  for (let n = 0; n < N; n += 8) {
    let p = panelAt(panels, K, n)
    let q = b + <usize>n * bColumn
    const columns = min(8, N - n)
    if (columns == 8 && bColumn == 4) {
      for (let k = 0; k < K; k++, p += 32, q += bStep) {
        v128.store(p, v128.load(q))
        v128.store(p, v128.load(q, 16), 16)
      }
      continue
    }
    for (let k = 0; k < K; k++, p += 32, q += bStep) {
      for (let i = 0; i < columns; i++) store<f32>(p + ((<usize>i) << 2), load<f32>(q + <usize>i * bColumn))
      for (let i = columns; i < 8; i++) store<f32>(p + ((<usize>i) << 2), 0)
    }
  }
}

/** Part [k, k + count) of K of the product with packed panels; `work` is a tile for the columns of a ragged panel. */
function multiplyPart(
  y: usize,
  yRow: usize,
  a: usize,
  aRow: usize,
  aStep: usize,
  panels: usize,
  K: i32,
  k: i32,
  count: i32,
  M: i32,
  N: i32,
  initial: usize,
  initialRow: usize,
  work: usize,
): void {
  a += <usize>k * aStep
  const alongRows = aStep == 4
  for (let n = 0; n < N; n += 8) {
    const panel = panelAt(panels, K, n) + ((<usize>k) << 5)
    const columns = min(8, N - n)
    const column = (<usize>n) << 2
    for (let m = 0; m < M; m += 4) {
      const rows = min(4, M - m)
      const aTile = a + <usize>m * aRow
      const yTile = y + <usize>m * yRow + column
      const from = initial ? initial + <usize>m * initialRow + column : 0
      if (columns == 8) {
        if (alongRows) tileOfRows(yTile, yRow, aTile, aRow, panel, count, rows, from, initialRow)
        else tileOfColumns(yTile, yRow, aTile, aStep, panel, count, rows, from, initialRow)
        continue
      }
      if (alongRows) tileOfRows(work, 32, aTile, aRow, panel, count, rows, 0, 0)
      else tileOfColumns(work, 32, aTile, aStep, panel, count, rows, 0, 0)
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const offset = (<usize>j) << 2
          const sum = load<f32>(work + ((<usize>i) << 5) + offset)
          const before: f32 = from ? load<f32>(from + <usize>i * initialRow + offset) : 0
          store<f32>(yTile + <usize>i * yRow + offset, before + sum)
        }
      }
    }
  }
}

/** y[M, N] = initial + a[M, K] · b, b packed by `pack`; rows of a lie along k. */
export function multiplyPanels(
  y: usize,
  yRow: usize,
  a: usize,
  aRow: usize,
  panels: usize,
  M: i32,
  K: i32,
  N: i32,
  initial: usize,
  initialRow: usize,
  work: usize,
): void {
  for (let k = 0; k == 0 || k < K; k += blockK) {
    const from = k ? y : initial
    multiplyPart(
      y,
      yRow,
      a,
      aRow,
      4,
      panels,
      K,
      k,
      min(blockK, K - k),
      M,
      N,
      from,
      k ? yRow : initialRow,
      work,
    )
  }
}

/** y[M, N] = initial + a · b, elements at a + m · aRow + k · aStep (one of the two is a float) and b + k · bStep + n · bColumn. */
export function product(
  y: usize,
  yRow: usize,
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  bColumn: usize,
  M: i32,
  K: i32,
  N: i32,
  initial: usize,
  initialRow: usize,
  work: usize,
): void {
  if (M < rowsWorthPacking && aStep == 4 && bColumn == 4) {
    for (let m = 0; m < M; m++) {
      const from = initial ? initial + <usize>m * initialRow : 0
      rowTimesMatrix(y + <usize>m * yRow, a + <usize>m * aRow, b, bStep, K, N, from)
    }
    return
  }
  const panels = work + tileBytes
  for (let n = 0; n < N; n += blockN) {
    const columns = min(blockN, N - n)
    const column = (<usize>n) << 2
    for (let k = 0; k == 0 || k < K; k += blockK) {
      const count = min(blockK, K - k)
      pack(b + <usize>k * bStep + <usize>n * bColumn, bStep, bColumn, count, columns, panels)
      const from = k ? y : initial
      multiplyPart(
        y + column,
        yRow,
        a + <usize>k * aStep,
        aRow,
        aStep,
        panels,
        count,
        0,
        count,
        M,
        columns,
        from ? from + column : 0,
        k ? yRow : initialRow,
        work,
      )
    }
  }
}
