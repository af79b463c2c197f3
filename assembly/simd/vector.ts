// @ts-ignore: decorator
@inline
export function splat(value: f32): v128 {
  return f32x4.splat(value)
}

/** a · b + c */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c)
}

/** The first `lanes` (1 … 3) floats at p, zeros behind them: never reads past the end of a tensor. */
function readPartial(p: usize, lanes: i32): v128 {
  let v = v128.load32_zero(p)
  if (lanes > 1) v = v128.load32_lane(p, v, 1, 4)
  if (lanes > 2) v = v128.load32_lane(p, v, 2, 8)
  return v
}

function writePartial(p: usize, v: v128, lanes: i32): void {
  v128.store32_lane(p, v, 0)
  if (lanes > 1) v128.store32_lane(p, v, 1, 4)
  if (lanes > 2) v128.store32_lane(p, v, 2, 8)
}

/** `lanes` floats, 1 … 4; the constant 4 leaves a plain load. */
// @ts-ignore: decorator
@inline
export function read(p: usize, lanes: i32): v128 {
  if (lanes == 4) return v128.load(p)
  return readPartial(p, lanes)
}

// @ts-ignore: decorator
@inline
export function write(p: usize, v: v128, lanes: i32): void {
  if (lanes == 4) v128.store(p, v)
  else writePartial(p, v, lanes)
}

/** Lanes 0 and 1 as float64. */
// @ts-ignore: decorator
@inline
export function widenLow(v: v128): v128 {
  return f64x2.promote_low_f32x4(v)
}

/** Lanes 2 and 3 as float64. */
// @ts-ignore: decorator
@inline
export function widenHigh(v: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1))
}

/** Two vectors of float64 as one of float32. */
// @ts-ignore: decorator
@inline
export function narrow(low: v128, high: v128): v128 {
  return i64x2.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2)
}

// @ts-ignore: decorator
@inline
export function sumOfPair(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1)
}
