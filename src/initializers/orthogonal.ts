import type { RandomStream } from '../random/random.js'

function norm(vector: Float64Array): number {
  let sum = 0
  for (const value of vector) sum += value * value
  return Math.sqrt(sum)
}

/** vector −= its projection on every earlier vector. */
function removeProjections(vector: Float64Array, earlier: readonly Float64Array[]): void {
  for (const q of earlier) {
    let r = 0
    for (let i = 0; i < q.length; i++) r += q[i]! * vector[i]!
    for (let i = 0; i < q.length; i++) vector[i]! -= r * q[i]!
  }
}

type Four = readonly [Float64Array, Float64Array, Float64Array, Float64Array]

/** The same for four vectors at once: reads the earlier ones, which fill the caches, a quarter as often. */
function removeProjectionsOfFour([a, b, c, d]: Four, earlier: readonly Float64Array[]): void {
  for (const q of earlier) {
    let [ra, rb, rc, rd] = [0, 0, 0, 0]
    for (let i = 0; i < q.length; i++) {
      const e = q[i]!
      ra += e * a[i]!
      rb += e * b[i]!
      rc += e * c[i]!
      rd += e * d[i]!
    }
    for (let i = 0; i < q.length; i++) {
      const e = q[i]!
      a[i]! -= ra * e
      b[i]! -= rb * e
      c[i]! -= rc * e
      d[i]! -= rd * e
    }
  }
}

/**
 * `count` orthonormal vectors of `length` ≥ count elements, uniformly distributed: Gram–Schmidt on normal vectors, which is the QR
 * factor whose R has a positive diagonal, so no sign needs correcting. Projecting once more whenever most of a vector
 * was cancelled keeps it orthogonal to working precision ("twice is enough").
 */
export function orthonormalVectors(count: number, length: number, random: RandomStream): Float64Array[] {
  const vectors: Float64Array[] = []
  const draw = (): Float64Array => Float64Array.from({ length }, () => random.normal())
  while (vectors.length < count) {
    const drawn = Array.from({ length: Math.min(4, count - vectors.length) }, draw)
    const norms = drawn.map(norm)
    const [a, b, c, d] = drawn
    if (a && b && c && d) removeProjectionsOfFour([a, b, c, d], vectors)
    else for (const vector of drawn) removeProjections(vector, vectors)
    // Now each after those drawn with it.
    const known = vectors.length
    for (const [i, vector] of drawn.entries()) {
      let before = norms[i]!
      removeProjections(vector, vectors.slice(known))
      let after = norm(vector)
      while (after < before * Math.SQRT1_2) {
        before = after
        removeProjections(vector, vectors)
        after = norm(vector)
      }
      for (let k = 0; k < length; k++) vector[k]! /= after
      vectors.push(vector)
    }
  }
  return vectors
}
