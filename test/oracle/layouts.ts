/** Between the layouts of other libraries and ours. */

/** Copies a matrix [rows, columns] to [columns, rows]. */
export function transposed(m: ArrayLike<number>, rows: number, columns: number): Float64Array {
  return Float64Array.from(
    { length: rows * columns },
    (_, i) => m[(i % rows) * columns + Math.floor(i / rows)] ?? 0,
  )
}

/** Reorders the blocks of the last axis: block k of the result is block order[k] of the source. */
export function permuteGates(
  source: ArrayLike<number>,
  units: number,
  order: readonly number[],
): Float64Array {
  const width = units * order.length
  return Float64Array.from(source, (_, i) => {
    const row = i - (i % width)
    const gate = order[Math.floor((i % width) / units)] ?? 0
    return source[row + gate * units + (i % units)] ?? 0
  })
}

/** [a, b, c] to [b, a, c], for batch-major and time-major sequences. */
export function swapAxes(x: ArrayLike<number>, a: number, b: number, c: number): Float64Array {
  const y = new Float64Array(a * b * c)
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      for (let k = 0; k < c; k++) y[(j * a + i) * c + k] = x[(i * b + j) * c + k] ?? 0
  return y
}
