/**
 * Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): four 32-bit words from a 128-bit
 * counter and a 64-bit key. Nothing is carried from call to call, so any element of a stream can be had alone.
 */
export function philox4x32(
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
  out: Uint32Array,
): void {
  let [c0, c1, c2, c3, k0, k1] = [counter0, counter1, counter2, counter3, key0, key1]
  for (let round = 0; round < 10; round++) {
    const low0 = Math.imul(multiplier0, c0)
    const high0 = multiplyHigh(multiplier0, c0)
    const low1 = Math.imul(multiplier1, c2)
    const high1 = multiplyHigh(multiplier1, c2)
    c0 = high1 ^ c1 ^ k0
    c1 = low1
    c2 = high0 ^ c3 ^ k1
    c3 = low0
    k0 = (k0 + weyl0) | 0
    k1 = (k1 + weyl1) | 0
  }
  out[0] = c0
  out[1] = c1
  out[2] = c2
  out[3] = c3
}

const multiplier0 = 0xd2511f53
const multiplier1 = 0xcd9e8d57
/** The golden ratio and √3 − 1, as the authors chose. */
const weyl0 = 0x9e3779b9
const weyl1 = 0xbb67ae85

/** The upper 32 bits of the product of two unsigned 32-bit numbers, by halves that stay exact in float64. */
function multiplyHigh(a: number, b: number): number {
  const [a0, a1] = [a & 0xffff, a >>> 16]
  const [b0, b1] = [b & 0xffff, b >>> 16]
  const middle = a1 * b0 + ((a0 * b0) >>> 16)
  const carry = (middle % 0x10000) + a0 * b1
  return (a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) | 0
}
