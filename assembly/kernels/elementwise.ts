import {
  Add,
  Affine,
  Clip,
  ClipBackward,
  Divide,
  Exp,
  Log,
  Maximum,
  MaximumBackward,
  Multiply,
  Relu,
  ReluBackward,
  Sigmoid,
  SigmoidBackward,
  Softplus,
  Status,
  Subtract,
  Tanh,
  TanhBackward,
} from '../generated/contract'
import { exp, relu, sigmoid, tanh } from '../simd/activations'
import { log as logarithm } from '../simd/logarithm'
import { madd, read, splat, write } from '../simd/vector'

/** Which function a loop applies; always a constant where a loop is inlined. */
const enum Function {
  add,
  subtract,
  multiply,
  divide,
  tanhBackward,
  sigmoidBackward,
  reluBackward,
  tanh,
  sigmoid,
  relu,
  exp,
}

// @ts-ignore: decorator
@inline
function unary(f: i32, x: v128): v128 {
  if (f == Function.tanh) return tanh(x)
  if (f == Function.sigmoid) return sigmoid(x)
  if (f == Function.relu) return relu(x)
  return exp(x)
}

/** Backward functions take the output y first and its gradient second. */
// @ts-ignore: decorator
@inline
function binary(f: i32, a: v128, b: v128): v128 {
  if (f == Function.add) return f32x4.add(a, b)
  if (f == Function.subtract) return f32x4.sub(a, b)
  if (f == Function.multiply) return f32x4.mul(a, b)
  if (f == Function.divide) return f32x4.div(a, b)
  if (f == Function.tanhBackward) return f32x4.mul(b, f32x4.sub(splat(1), f32x4.mul(a, a)))
  if (f == Function.sigmoidBackward) return f32x4.mul(b, f32x4.mul(a, f32x4.sub(splat(1), a)))
  return v128.and(b, f32x4.gt(a, splat(0)))
}

// @ts-ignore: decorator
@inline
function map(f: i32, x: usize, y: usize, n: i32): i32 {
  const vectors = x + ((<usize>(n & ~3)) << 2)
  for (; x < vectors; x += 16, y += 16) v128.store(y, unary(f, v128.load(x)))
  if (n & 3) write(y, unary(f, read(x, n & 3)), n & 3)
  return Status.ok
}

// @ts-ignore: decorator
@inline
function zip(f: i32, a: usize, b: usize, y: usize, n: i32): void {
  const vectors = a + ((<usize>(n & ~3)) << 2)
  for (; a < vectors; a += 16, b += 16, y += 16) v128.store(y, binary(f, v128.load(a), v128.load(b)))
  if (n & 3) write(y, binary(f, read(a, n & 3), read(b, n & 3)), n & 3)
}

/** a and y are [M, N], b [N]. */
// @ts-ignore: decorator
@inline
function zipRows(f: i32, a: usize, b: usize, y: usize, M: i32, N: i32): i32 {
  const bytes = (<usize>N) << 2
  for (let m = 0; m < M; m++, a += bytes, y += bytes) zip(f, a, b, y, N)
  return Status.ok
}

export function add(row: usize): i32 {
  return zipRows(Function.add, Add.a(row), Add.b(row), Add.y(row), Add.M(row), Add.N(row))
}

export function subtract(row: usize): i32 {
  return zipRows(
    Function.subtract,
    Subtract.a(row),
    Subtract.b(row),
    Subtract.y(row),
    Subtract.M(row),
    Subtract.N(row),
  )
}

export function multiply(row: usize): i32 {
  return zipRows(
    Function.multiply,
    Multiply.a(row),
    Multiply.b(row),
    Multiply.y(row),
    Multiply.M(row),
    Multiply.N(row),
  )
}

export function divide(row: usize): i32 {
  return zipRows(Function.divide, Divide.a(row), Divide.b(row), Divide.y(row), Divide.M(row), Divide.N(row))
}

export function tanhForward(row: usize): i32 {
  return map(Function.tanh, Tanh.x(row), Tanh.y(row), Tanh.N(row))
}

export function tanhBackward(row: usize): i32 {
  const y = TanhBackward.y(row)
  return zipRows(Function.tanhBackward, y, TanhBackward.dy(row), TanhBackward.dx(row), 1, TanhBackward.N(row))
}

export function sigmoidForward(row: usize): i32 {
  return map(Function.sigmoid, Sigmoid.x(row), Sigmoid.y(row), Sigmoid.N(row))
}

export function sigmoidBackward(row: usize): i32 {
  const y = SigmoidBackward.y(row)
  const dx = SigmoidBackward.dx(row)
  return zipRows(Function.sigmoidBackward, y, SigmoidBackward.dy(row), dx, 1, SigmoidBackward.N(row))
}

export function reluForward(row: usize): i32 {
  return map(Function.relu, Relu.x(row), Relu.y(row), Relu.N(row))
}

export function reluBackward(row: usize): i32 {
  const y = ReluBackward.y(row)
  return zipRows(Function.reluBackward, y, ReluBackward.dy(row), ReluBackward.dx(row), 1, ReluBackward.N(row))
}

export function exponential(row: usize): i32 {
  return map(Function.exp, Exp.x(row), Exp.y(row), Exp.N(row))
}

export function naturalLogarithm(row: usize): i32 {
  const x = Log.x(row)
  const y = Log.y(row)
  const bytes = (<usize>Log.N(row)) << 2
  for (let i: usize = 0; i < bytes; i += 4) store<f32>(y + i, <f32>logarithm(load<f32>(x + i)))
  return Status.ok
}

export function affine(row: usize): i32 {
  let x = Affine.x(row)
  let y = Affine.y(row)
  const n = Affine.N(row)
  const scale = splat(Affine.scale(row))
  const shift = splat(Affine.shift(row))
  const vectors = x + ((<usize>(n & ~3)) << 2)
  for (; x < vectors; x += 16, y += 16) v128.store(y, madd(v128.load(x), scale, shift))
  if (n & 3) write(y, madd(read(x, n & 3), scale, shift), n & 3)
  return Status.ok
}

// @ts-ignore: decorator
@inline
function limit(x: v128, low: v128, high: v128): v128 {
  return f32x4.max(low, f32x4.min(high, x))
}

export function clip(row: usize): i32 {
  let x = Clip.x(row)
  let y = Clip.y(row)
  const n = Clip.N(row)
  const low = splat(Clip.low(row))
  const high = splat(Clip.high(row))
  const vectors = x + ((<usize>(n & ~3)) << 2)
  for (; x < vectors; x += 16, y += 16) v128.store(y, limit(v128.load(x), low, high))
  if (n & 3) write(y, limit(read(x, n & 3), low, high), n & 3)
  return Status.ok
}

export function clipBackward(row: usize): i32 {
  const y = ClipBackward.y(row)
  const dy = ClipBackward.dy(row)
  const dx = ClipBackward.dx(row)
  const low = ClipBackward.low(row)
  const high = ClipBackward.high(row)
  const bytes = (<usize>ClipBackward.N(row)) << 2
  for (let i: usize = 0; i < bytes; i += 4) {
    const v = load<f32>(y + i)
    store<f32>(dx + i, low < v && v < high ? load<f32>(dy + i) : 0)
  }
  return Status.ok
}

export function softplus(row: usize): i32 {
  const x = Softplus.x(row)
  const y = Softplus.y(row)
  const bytes = (<usize>Softplus.N(row)) << 2
  for (let i: usize = 0; i < bytes; i += 4) {
    const v = load<f32>(x + i)
    const e = <f64>f32x4.extract_lane(exp(splat(-abs(v))), 0)
    store<f32>(y + i, <f32>(<f64>(v < 0 ? 0 : v) + logarithm(1 + e)))
  }
  return Status.ok
}

export function maximum(row: usize): i32 {
  const a = Maximum.a(row)
  const b = Maximum.b(row)
  const y = Maximum.y(row)
  const bytes = (<usize>Maximum.N(row)) << 2
  for (let i: usize = 0; i < bytes; i += 4) {
    const u = load<f32>(a + i)
    const v = load<f32>(b + i)
    store<f32>(y + i, u >= v ? u : v)
  }
  return Status.ok
}

export function maximumBackward(row: usize): i32 {
  const a = MaximumBackward.a(row)
  const b = MaximumBackward.b(row)
  const dy = MaximumBackward.dy(row)
  const da = MaximumBackward.da(row)
  const bytes = (<usize>MaximumBackward.N(row)) << 2
  for (let i: usize = 0; i < bytes; i += 4)
    store<f32>(da + i, load<f32>(a + i) >= load<f32>(b + i) ? load<f32>(dy + i) : 0)
  return Status.ok
}
