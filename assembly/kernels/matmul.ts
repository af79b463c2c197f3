import { Matmul, MatmulTransposeA, MatmulTransposeB, Status } from '../generated/contract'
import { product } from './product'

export function matmul(row: usize, scratch: usize): i32 {
  const M = Matmul.M(row)
  const K = Matmul.K(row)
  const N = Matmul.N(row)
  const aRow = (<usize>K) << 2
  const yRow = (<usize>N) << 2
  product(
    Matmul.y(row),
    yRow,
    Matmul.a(row),
    aRow,
    4,
    Matmul.b(row),
    yRow,
    4,
    M,
    K,
    N,
    Matmul.bias(row),
    0,
    scratch,
  )
  return Status.ok
}

export function matmulTransposeA(row: usize, scratch: usize): i32 {
  const M = MatmulTransposeA.M(row)
  const K = MatmulTransposeA.K(row)
  const N = MatmulTransposeA.N(row)
  const aStep = (<usize>M) << 2
  const yRow = (<usize>N) << 2
  const a = MatmulTransposeA.a(row)
  product(
    MatmulTransposeA.y(row),
    yRow,
    a,
    4,
    aStep,
    MatmulTransposeA.b(row),
    yRow,
    4,
    M,
    K,
    N,
    0,
    0,
    scratch,
  )
  return Status.ok
}

export function matmulTransposeB(row: usize, scratch: usize): i32 {
  const M = MatmulTransposeB.M(row)
  const K = MatmulTransposeB.K(row)
  const N = MatmulTransposeB.N(row)
  const aRow = (<usize>K) << 2
  const yRow = (<usize>N) << 2
  const b = MatmulTransposeB.b(row)
  product(MatmulTransposeB.y(row), yRow, MatmulTransposeB.a(row), aRow, 4, b, 4, aRow, M, K, N, 0, 0, scratch)
  return Status.ok
}
