/** Fitting a cost model to measured times. */

/**
 * The x ≥ 0 for which Σᵢ (Σⱼ aᵢⱼ · xⱼ ∕ tᵢ − 1)² is least: every time counts by its relative error. Coordinate descent;
 * rows with a single cause settle at once, the others within the sweeps given.
 */
export function fitNonNegative(
  a: readonly (readonly number[])[],
  times: readonly number[],
  sweeps = 20_000,
): number[] {
  const columns = a[0]?.length ?? 0
  const scaled = a.map((row, i) => row.map((value) => value / times[i]!))
  const squares = Array.from({ length: columns }, (_, j) =>
    scaled.reduce((sum, row) => sum + row[j]! * row[j]!, 0),
  )
  const x = new Array<number>(columns).fill(0)
  const residual = scaled.map(() => 1)
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let j = 0; j < columns; j++) {
      if (squares[j] === 0) continue
      const slope = scaled.reduce((sum, row, i) => sum + row[j]! * residual[i]!, 0)
      const step = Math.max(-x[j]!, slope / squares[j]!)
      if (step === 0) continue
      x[j]! += step
      for (const [i, row] of scaled.entries()) residual[i]! -= row[j]! * step
    }
  }
  return x
}

export function predict(features: readonly number[], x: readonly number[]): number {
  return features.reduce((sum, value, j) => sum + value * x[j]!, 0)
}
