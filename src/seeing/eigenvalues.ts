import { EigenvalueDecomposition, Matrix } from 'ml-matrix'

export interface Eigenvalue {
  readonly real: number
  readonly imaginary: number
}

/** The eigenvalues of a square matrix, row-major, largest magnitude first; NaN where an element is not finite. */
export function eigenvaluesOf(elements: ArrayLike<number>, size: number): Eigenvalue[] {
  const values = Float64Array.from(elements)
  if (!values.every(Number.isFinite))
    return Array.from({ length: size }, () => ({ real: NaN, imaginary: NaN }))
  const matrix = Matrix.from1DArray(size, size, values)
  const { realEigenvalues, imaginaryEigenvalues } = new EigenvalueDecomposition(matrix)
  return realEigenvalues
    .map((real, i) => ({ real, imaginary: imaginaryEigenvalues[i] as number }))
    .sort((a, b) => magnitudeOf(b) - magnitudeOf(a))
}

export function magnitudeOf({ real, imaginary }: Eigenvalue): number {
  return Math.hypot(real, imaginary)
}
