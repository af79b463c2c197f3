import { BatchMatmul, BatchMatmulTransposeA, BatchMatmulTransposeB, Status } from '../generated/contract'
import { product, workBytes } from './product'

export const batchMatmulScratch: u64 = workBytes

/** L products of M rows, the left operand read at aRow and aStep, the right one at bStep and bColumn, as in `product`. */
function eachProduct(
  L: i32,
  M: i32,
  K: i32,
  N: i32,
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  bColumn: usize,
  y: usize,
  scratch: usize,
): i32 {
  const yRow = (<usize>N) << 2
  for (let l = 0; l < L; l++) {
    product(y, yRow, a, aRow, aStep, b, bStep, bColumn, M, K, N, 0, 0, scratch)
    a += (<usize>M * <usize>K) << 2
    b += (<usize>K * <usize>N) << 2
    y += <usize>M * yRow
  }
  return Status.ok
}

export function batchMatmul(row: usize, scratch: usize): i32 {
  const K = BatchMatmul.K(row)
  const N = BatchMatmul.N(row)
  const a = BatchMatmul.a(row)
  const b = BatchMatmul.b(row)
  const y = BatchMatmul.y(row)
  const aRow = (<usize>K) << 2
  const bStep = (<usize>N) << 2
  return eachProduct(BatchMatmul.L(row), BatchMatmul.M(row), K, N, a, aRow, 4, b, bStep, 4, y, scratch)
}

export function batchMatmulTransposeA(row: usize, scratch: usize): i32 {
  const M = BatchMatmulTransposeA.M(row)
  const K = BatchMatmulTransposeA.K(row)
  const N = BatchMatmulTransposeA.N(row)
  const a = BatchMatmulTransposeA.a(row)
  const b = BatchMatmulTransposeA.b(row)
  const y = BatchMatmulTransposeA.y(row)
  const aStep = (<usize>M) << 2
  const bStep = (<usize>N) << 2
  return eachProduct(BatchMatmulTransposeA.L(row), M, K, N, a, 4, aStep, b, bStep, 4, y, scratch)
}

export function batchMatmulTransposeB(row: usize, scratch: usize): i32 {
  const M = BatchMatmulTransposeB.M(row)
  const K = BatchMatmulTransposeB.K(row)
  const N = BatchMatmulTransposeB.N(row)
  const a = BatchMatmulTransposeB.a(row)
  const b = BatchMatmulTransposeB.b(row)
  const y = BatchMatmulTransposeB.y(row)
  const depth = (<usize>K) << 2
  return eachProduct(BatchMatmulTransposeB.L(row), M, K, N, a, depth, 4, b, 4, depth, y, scratch)
}
