import { OstinatoError } from '../errors.js'

type Logits = Float32Array | Float64Array

/** The index of the largest; the lowest where several are. Refuses NaN, +∞ and nothing but −∞: none of them is a choice. */
export function argmax(logits: Logits): number {
  if (logits.length === 0) {
    throw new OstinatoError('EMPTY_DATA', 'logits', { expected: 'at least one class', received: 'none' })
  }
  let best = 0
  for (let i = 0; i < logits.length; i++) {
    const value = logits[i]!
    if (Number.isNaN(value) || value === Number.POSITIVE_INFINITY) {
      throw new OstinatoError('INVALID_OPTION', `logits[${i}]`, {
        expected: 'a finite number or -Infinity',
        received: String(value),
      })
    }
    if (value > logits[best]!) best = i
  }
  if (logits[best] === Number.NEGATIVE_INFINITY) {
    throw new OstinatoError('INVALID_MASK', 'logits', {
      expected: 'a finite number for at least one class',
      received: '-Infinity for all',
    })
  }
  return best
}

/** log(exp(xᵢ) ∕ Σ exp(xⱼ)) in float64; −∞ stays −∞. */
export function logSoftmax(logits: Logits): Float64Array<ArrayBuffer> {
  const largest = logits[argmax(logits)]!
  let sum = 0
  for (const value of logits) sum += Math.exp(value - largest)
  const logSum = Math.log(sum)
  // Not value − (largest + logSum), which loses logSum beside a large number.
  return Float64Array.from(logits, (value) => value - largest - logSum)
}

/**
 * A class drawn with probability softmax(logits ∕ temperature), in float64. Temperature 0 is `argmax`; a class at −∞ is never
 * drawn. `random` gives numbers in [0, 1).
 */
export function sampleCategorical(
  logits: Logits,
  { temperature, random }: { readonly temperature: number; readonly random: () => number },
): number {
  if (!Number.isFinite(temperature) || temperature < 0) {
    throw new OstinatoError('INVALID_OPTION', 'temperature', {
      expected: 'a finite number of at least 0',
      received: String(temperature),
    })
  }
  const best = argmax(logits)
  if (temperature === 0) return best
  const largest = logits[best]!
  const weights = Float64Array.from(logits, (value) => Math.exp((value - largest) / temperature))
  let remaining = random() * weights.reduce((sum, weight) => sum + weight, 0)
  // Where rounding leaves something over, the last class that has a weight.
  let chosen = best
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!
    if (weight === 0) continue
    chosen = i
    if (remaining < weight) break
    remaining -= weight
  }
  return chosen
}
