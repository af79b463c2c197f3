/** Numbers that every engine makes for itself, and short accounts of results by which engines are compared. */

export interface Digest {
  readonly elements: number
  /** ‖v‖₂ */
  readonly norm: number
  /** Σ ± vᵢ with signs that look random: two vectors that differ by e differ here by about ‖e‖₂. */
  readonly projection: number
  /** Values at positions that look random. */
  readonly samples: readonly number[]
}

export type Digests = Readonly<Record<string, Digest>>

const sampleCount = 64

/** FNV-1a of a name: the stream of its numbers. */
function streamOf(name: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** 32 well-mixed bits of (stream, index); `bench/peers/data.py` has the same formula. */
function bits(stream: number, index: number): number {
  let h = (Math.imul(index + 1, 0x9e3779b1) + stream) | 0
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return (h ^ (h >>> 15)) >>> 0
}

/** `length` float32 numbers, evenly spread over [−scale, scale), the same on every engine. */
export function numbers(name: string, length: number, scale: number): Float32Array {
  const stream = streamOf(name)
  const values = new Float32Array(length)
  for (let i = 0; i < length; i++) values[i] = ((bits(stream, i) >>> 8) - 0x800000) * 2 ** -23 * scale
  return values
}

export function digest(name: string, values: Float32Array): Digest {
  const stream = streamOf(name)
  let [squares, projection] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!
    squares += v * v
    projection += bits(stream, i) & 1 ? v : -v
  }
  const samples = Array.from({ length: sampleCount }, (_, k) => values[bits(stream + 1, k) % values.length]!)
  return { elements: values.length, norm: Math.sqrt(squares), projection, samples }
}

/**
 * Where two accounts of the same results differ by more than `tolerance` of their size, in words; undefined where they
 * agree. One element may differ by 20 times as much of the root mean square.
 */
export function disagreement(ours: Digests, theirs: Digests, tolerance: number): string | undefined {
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)])
  if (names.size === 0) return 'nothing to compare'
  for (const name of names) {
    const [a, b] = [ours[name], theirs[name]]
    if (!a || !b) return `${name}: only one of the two has it`
    if (a.elements !== b.elements) return `${name}: ${a.elements} and ${b.elements} elements`
    const rms = a.norm / Math.sqrt(a.elements)
    const pairs: [string, number, number, number][] = [
      ['norm', a.norm, b.norm, a.norm],
      ['projection', a.projection, b.projection, a.norm],
      ...a.samples.map((v, i): [string, number, number, number] => [
        `sample ${i}`,
        v,
        b.samples[i] ?? Number.NaN,
        20 * rms,
      ]),
    ]
    for (const [what, x, y, size] of pairs) {
      if (Math.abs(x - y) <= tolerance * size) continue
      return `${name}, ${what}: ${x} and ${y}, ${(Math.abs(x - y) / size).toExponential(1)} of its size`
    }
  }
  return undefined
}
