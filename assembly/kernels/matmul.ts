import { Matmul, MatmulTransposeA, MatmulTransposeB, Status } from '../generated/contract'
import { product, workBytes } from './product'
import {
  prepareWeights,
  reducedProduct,
  roundedBytes,
  roundedWeights,
  roundMatrix,
  weightBytes,
  workBytesOf,
} from './reduced'

export function matmulScratch(row: usize): u64 {
  const precision = Matmul.precision(row)
  if (!precision) return workBytes
  const K = Matmul.K(row)
  const N = Matmul.N(row)
  return workBytesOf(precision, K, N) + weightBytes(precision, K, N)
}

export function matmul(row: usize, scratch: usize): i32 {
  const M = Matmul.M(row)
  const K = Matmul.K(row)
  const N = Matmul.N(row)
  const aRow = (<usize>K) << 2
  const yRow = (<usize>N) << 2
  const y = Matmul.y(row)
  const a = Matmul.a(row)
  const b = Matmul.b(row)
  const bias = Matmul.bias(row)
  const precision = Matmul.precision(row)
  if (precision) {
    const place = scratch + <usize>workBytesOf(precision, K, N)
    const weights = prepareWeights(precision, true, b, yRow, K, N, place)
    reducedProduct(precision, y, yRow, a, aRow, weights, yRow, 4, M, K, N, bias, 0, scratch)
  } else {
    product(y, yRow, a, aRow, 4, b, yRow, 4, M, K, N, bias, 0, scratch)
  }
  return Status.ok
}

/** Rows of both operands that are rounded at a time. */
const stagedRows: i32 = 256

export function matmulTransposeAScratch(row: usize): u64 {
  if (!MatmulTransposeA.precision(row)) return workBytes
  return workBytes + <u64>stagedRows * (<u64>MatmulTransposeA.M(row) + MatmulTransposeA.N(row)) * 4
}

export function matmulTransposeA(row: usize, scratch: usize): i32 {
  const M = MatmulTransposeA.M(row)
  const K = MatmulTransposeA.K(row)
  const N = MatmulTransposeA.N(row)
  const aStep = (<usize>M) << 2
  const yRow = (<usize>N) << 2
  const a = MatmulTransposeA.a(row)
  const b = MatmulTransposeA.b(row)
  const y = MatmulTransposeA.y(row)
  if (!MatmulTransposeA.precision(row)) {
    product(y, yRow, a, 4, aStep, b, yRow, 4, M, K, N, 0, 0, scratch)
    return Status.ok
  }
  const left = scratch + <usize>workBytes
  const right = left + stagedRows * aStep
  for (let k = 0; k == 0 || k < K; k += stagedRows) {
    const depth = min(stagedRows, K - k)
    roundMatrix(left, a + <usize>k * aStep, aStep, depth, M)
    roundMatrix(right, b + <usize>k * yRow, yRow, depth, N)
    product(y, yRow, left, 4, aStep, right, yRow, 4, M, depth, N, k ? y : 0, yRow, scratch)
  }
  return Status.ok
}

export function matmulTransposeBScratch(row: usize): u64 {
  const precision = MatmulTransposeB.precision(row)
  if (!precision) return workBytes
  const K = MatmulTransposeB.K(row)
  const N = MatmulTransposeB.N(row)
  return workBytesOf(precision, K, N) + roundedBytes(precision, N, K)
}

export function matmulTransposeB(row: usize, scratch: usize): i32 {
  const M = MatmulTransposeB.M(row)
  const K = MatmulTransposeB.K(row)
  const N = MatmulTransposeB.N(row)
  const aRow = (<usize>K) << 2
  const yRow = (<usize>N) << 2
  const a = MatmulTransposeB.a(row)
  const b = MatmulTransposeB.b(row)
  const y = MatmulTransposeB.y(row)
  const precision = MatmulTransposeB.precision(row)
  if (precision) {
    const weights = roundedWeights(precision, b, N, K, scratch + <usize>workBytesOf(precision, K, N))
    reducedProduct(precision, y, yRow, a, aRow, weights, 4, aRow, M, K, N, 0, 0, scratch)
  } else {
    product(y, yRow, a, aRow, 4, b, 4, aRow, M, K, N, 0, 0, scratch)
  }
  return Status.ok
}
