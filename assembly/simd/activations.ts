import { madd, splat } from './vector'

/**
 * Degree-5 polynomial of 2ⁿ · eʳ = eˣ with |r| ≤ ln 2 ∕ 2; ln 2 is split in two so that n · ln 2 is exact.
 * min, max and every product pass NaN on.
 */
// @ts-ignore: decorator
@inline
function polynomial(x: v128, n: v128): v128 {
  let r = f32x4.sub(x, f32x4.mul(n, splat(0.693145751953125)))
  r = f32x4.sub(r, f32x4.mul(n, splat(1.4286068e-6)))
  let p = madd(splat(8.289291e-3), r, splat(4.1897822e-2))
  p = madd(p, r, splat(1.6667652e-1))
  p = madd(p, r, splat(4.999915e-1))
  p = madd(p, r, splat(9.999997e-1))
  return madd(p, r, splat(1))
}

/** 2ⁿ for −126 ≤ n ≤ 127, from its exponent bits. */
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23)
}

/** eˣ: +∞ above 88.72, gradual underflow below −87.33, which takes the scale in two steps. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const bounded = f32x4.max(f32x4.min(x, splat(89)), splat(-104.5))
  const n = f32x4.nearest(f32x4.mul(bounded, splat(1.4426950408889634)))
  const exponent = i32x4.trunc_sat_f32x4_s(n)
  const half = i32x4.shr_s(exponent, 1)
  const scaled = f32x4.mul(polynomial(bounded, n), powerOfTwo(half))
  return f32x4.mul(scaled, powerOfTwo(i32x4.sub(exponent, half)))
}

/** 1 ∕ (1 + e⁻ˣ) by e = exp(−|x|), which keeps its relative accuracy on both sides. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const negative = f32x4.neg(f32x4.abs(x))
  const bounded = f32x4.max(negative, splat(-87.25))
  const n = f32x4.nearest(f32x4.mul(bounded, splat(1.4426950408889634)))
  const scaled = f32x4.mul(polynomial(bounded, n), powerOfTwo(i32x4.trunc_sat_f32x4_s(n)))
  const e = v128.andnot(scaled, f32x4.lt(negative, splat(-87.25)))
  const r = f32x4.div(splat(1), f32x4.add(splat(1), e))
  return v128.bitselect(r, f32x4.mul(e, r), f32x4.gt(x, splat(0)))
}

/** tanh x as an odd over an even polynomial of degree 9 and 8 (coefficients of XNNPACK); exactly ±1 beyond the bound. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const bounded = f32x4.max(f32x4.min(x, splat(7.8522667885)), splat(-7.8522667885))
  const square = f32x4.mul(bounded, bounded)
  let p = madd(square, splat(1.4248920266e-8), splat(2.1235626264e-5))
  p = madd(square, p, splat(3.5330520477e-3))
  p = madd(square, p, splat(1.3412411511e-1))
  p = madd(square, p, splat(1))
  let q = madd(square, splat(8.136594829e-7), splat(3.3472978976e-4))
  q = madd(square, q, splat(2.6018999517e-2))
  q = madd(square, q, splat(4.6745735407e-1))
  q = madd(square, q, splat(1))
  return f32x4.div(f32x4.mul(bounded, p), q)
}

// @ts-ignore: decorator
@inline
export function relu(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(x, splat(0)))
}
