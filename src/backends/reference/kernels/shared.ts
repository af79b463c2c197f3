import { RunEnded } from '../arguments.js'

/** Row `index` of a matrix of that width, as a window. */
export function row<Numbers extends Float64Array | Int32Array>(
  matrix: Numbers,
  index: number,
  width: number,
): Numbers {
  return matrix.subarray(index * width, (index + 1) * width) as Numbers
}

/** y[i] = f(i) */
export function each(y: Float64Array, f: (i: number) => number): void {
  for (let i = 0; i < y.length; i++) y[i] = f(i)
}

/** y += x */
export function add(y: Float64Array, x: Float64Array): void {
  for (let i = 0; i < y.length; i++) y[i]! += x[i]!
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** y [n] += x [k] · w [k, n] */
export function addProduct(y: Float64Array, x: Float64Array, w: Float64Array): void {
  const n = y.length
  for (let k = 0; k < x.length; k++) {
    const xk = x[k]!
    for (let j = 0; j < n; j++) y[j]! += xk * w[k * n + j]!
  }
}

/** y [k] += x [n] · w [k, n] transposed */
export function addProductTransposed(y: Float64Array, x: Float64Array, w: Float64Array): void {
  const n = x.length
  for (let k = 0; k < y.length; k++) {
    let sum = 0
    for (let j = 0; j < n; j++) sum += x[j]! * w[k * n + j]!
    y[k]! += sum
  }
}

/** w [k, n] += x [k] transposed · y [n] */
export function addOuter(w: Float64Array, x: Float64Array, y: Float64Array): void {
  const n = y.length
  for (let k = 0; k < x.length; k++) {
    const xk = x[k]!
    for (let j = 0; j < n; j++) w[k * n + j]! += xk * y[j]!
  }
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/** ln(1 + eˣ) */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
}

/** ln Σ exp(x), the maximum taken out so that nothing overflows. */
export function logSumExp(x: Float64Array): number {
  const maximum = x.reduce((a, b) => Math.max(a, b), -Infinity)
  return maximum + Math.log(x.reduce((sum, v) => sum + Math.exp(v - maximum), 0))
}

/** Ends the run where an index is outside lowest … highest. */
export function checkIndices(indices: Int32Array, lowest: number, highest: number): void {
  const wrong = indices.findIndex((index) => index < lowest || index > highest)
  if (wrong >= 0) throw new RunEnded('indexOutOfRange', [indices[wrong]!, wrong])
}
