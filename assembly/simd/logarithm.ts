/**
 * ln x in float64 (the reduction and polynomial of FreeBSD's e_log.c): x = 2ᵏ · (1 + f) with √½ < 1 + f < √2,
 * s = f ∕ (2 + f). Written out because the standard library's version keeps tables in static data.
 */
export function log(x: f64): f64 {
  if (!(x > 0)) return x == 0 ? -Infinity : NaN
  if (x == Infinity) return x
  let k = 0
  let bits = reinterpret<u64>(x)
  if (bits < 0x0010000000000000) {
    bits = reinterpret<u64>(x * 18014398509481984)
    k = -54
  }
  // Moves the border between two exponents from 1 to √½, so that f lies around 0.
  const shifted = bits + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd)
  k += <i32>(shifted >> 52) - 1023
  const f = reinterpret<f64>((shifted & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd) - 1
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const even = w * (0.3999999999940941908 + w * (0.2222219843214978396 + w * 0.1531383769920937332))
  const odd =
    z *
    (0.666666666666673513 +
      w * (0.2857142874366239149 + w * (0.1818357216161805012 + w * 0.1479819860511658591)))
  const half = 0.5 * f * f
  const exponent = <f64>k
  return (
    s * (half + even + odd) +
    exponent * 1.90821492927058770002e-10 -
    half +
    f +
    exponent * 6.9314718036912381649e-1
  )
}
