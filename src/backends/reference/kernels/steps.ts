import { RunEnded } from '../arguments.js'
import { checkLengths, isMasked } from './sequence.js'
import { row } from './shared.js'

export interface Steps {
  readonly T: number
  readonly B: number
  readonly weights: Float64Array | undefined
  readonly lengths: Int32Array | undefined
}

/** The weights of all steps n = t · B + b; 0 where a step is not valid. */
export function weightsOf({ T, B, weights, lengths }: Steps): number[] {
  checkLengths(lengths, T)
  return Array.from({ length: T * B }, (_, n) => {
    if (isMasked(lengths, Math.floor(n / B), n % B)) return 0
    return weights ? weights[n]! : 1
  })
}

export function checkTarget(targets: Int32Array, n: number, F: number): number {
  const target = targets[n]!
  if (target < 0 || target >= F) throw new RunEnded('indexOutOfRange', [target, n])
  return target
}

export interface Compared extends Steps {
  readonly F: number
  readonly targets: Float64Array
}

/** [Σ w · ℓ, Σ w]; ℓ of a valid step from its row of x and of the targets. */
export function sumSteps(
  a: Compared,
  x: Float64Array,
  sums: Float64Array,
  loss: (x: Float64Array, targets: Float64Array, n: number) => number,
): void {
  sums.fill(0)
  for (const [n, w] of weightsOf(a).entries()) {
    if (w === 0) continue
    sums[0]! += w * loss(row(x, n, a.F), row(a.targets, n, a.F), n)
    sums[1]! += w
  }
}

/** Σ over i of f(x[i], i) */
export function sumOver(x: Float64Array, f: (v: number, i: number) => number): number {
  return x.reduce((sum, v, i) => sum + f(v, i), 0)
}
