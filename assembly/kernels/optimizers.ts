import { Adam, GradientNorm, Penalty, Rmsprop, Sgd, Status } from '../generated/contract'
import { madd, read, splat, sumOfPair, widenHigh, widenLow, write } from '../simd/vector'

function sumOfSquares(x: usize, n: i32): f64 {
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  const vectors = x + ((<usize>(n & ~3)) << 2)
  for (; x < vectors; x += 16) {
    const v = v128.load(x)
    const l = widenLow(v)
    const h = widenHigh(v)
    low = f64x2.add(low, f64x2.mul(l, l))
    high = f64x2.add(high, f64x2.mul(h, h))
  }
  let sum = sumOfPair(low) + sumOfPair(high)
  for (const end = vectors + ((<usize>(n & 3)) << 2); x < end; x += 4)
    sum += <f64>load<f32>(x) * <f64>load<f32>(x)
  return sum
}

/** The bits decide: they stay true under any assumption of the optimizer about NaN. */
function isFiniteNumber(x: f64): bool {
  return (reinterpret<u64>(x) & 0x7ff0000000000000) != 0x7ff0000000000000
}

export function penalty(row: usize): i32 {
  const parameter = Penalty.parameter(row)
  const gradient = Penalty.gradient(row)
  const weight = <f64>load<f32>(Penalty.weight(row))
  const l1 = <f64>Penalty.l1(row)
  const l2 = <f64>Penalty.l2(row)
  const bytes = (<usize>Penalty.N(row)) << 2
  let sum: f64 = 0
  for (let i: usize = 0; i < bytes; i += 4) {
    const p = <f64>load<f32>(parameter + i)
    sum += l1 * abs(p) + l2 * p * p
    if (!gradient) continue
    const push = p > 0 ? l1 : p < 0 ? -l1 : 0
    store<f32>(gradient + i, <f32>(<f64>load<f32>(gradient + i) + weight * (push + 2 * l2 * p)))
  }
  store<f64>(Penalty.penalty(row), weight * sum)
  return Status.ok
}

export function gradientNorm(row: usize): i32 {
  const weight = <f64>load<f32>(GradientNorm.weight(row))
  if (weight == 0) return Status.emptyBatch
  const norm = sqrt(sumOfSquares(GradientNorm.gradients(row), GradientNorm.P(row))) / weight
  store<f64>(GradientNorm.norm(row), norm)
  if (!isFiniteNumber(load<f64>(GradientNorm.loss(row)))) return Status.nonFinite
  if (!isFiniteNumber(weight) || !isFiniteNumber(norm)) return Status.nonFinite
  return Status.ok
}

/** min(1, limit ∕ norm): 1 for a norm of 0 and for a limit of +∞. */
function clipFactor(limit: f64, norm: f64): f64 {
  return norm > limit ? limit / norm : 1
}

/** What turns a stored sum of gradients into g before the clip by value: 1 ∕ weight and the two clips by norm. */
function gradientScale(
  gradients: usize,
  length: i32,
  weight: f64,
  norm: f64,
  globalClipNorm: f64,
  clipNorm: f64,
): f32 {
  const scale = clipFactor(globalClipNorm, norm) / weight
  if (clipNorm == Infinity) return <f32>scale
  return <f32>(scale * clipFactor(clipNorm, sqrt(sumOfSquares(gradients, length)) * abs(scale)))
}

/** g of four elements, clipped by value. */
// @ts-ignore: decorator
@inline
function gradient(p: usize, scale: v128, limit: v128, lanes: i32): v128 {
  const g = f32x4.mul(read(p, lanes), scale)
  return f32x4.max(f32x4.min(g, limit), f32x4.neg(limit))
}

// @ts-ignore: decorator
@inline
function rangeOffset(range: usize): usize {
  return (<usize>load<i32>(range)) << 2
}

// @ts-ignore: decorator
@inline
function rangeLength(range: usize): i32 {
  return load<i32>(range, 4)
}

// @ts-ignore: decorator
@inline
function rangeDecay(range: usize): f64 {
  return <f64>load<f32>(range, 8)
}

// @ts-ignore: decorator
@inline
function rangeRate(range: usize): f64 {
  return <f64>load<f32>(range, 12)
}

// @ts-ignore: decorator
@inline
function sgdStep(
  p: usize,
  g: usize,
  v: usize,
  scale: v128,
  limit: v128,
  rate: v128,
  momentum: v128,
  kept: v128,
  nesterov: bool,
  lanes: i32,
): void {
  const decayed = f32x4.mul(read(p, lanes), kept)
  const step = f32x4.mul(rate, gradient(g, scale, limit, lanes))
  if (!v) {
    write(p, f32x4.sub(decayed, step), lanes)
    return
  }
  const velocity = f32x4.sub(f32x4.mul(momentum, read(v, lanes)), step)
  write(v, velocity, lanes)
  const move = nesterov ? f32x4.sub(f32x4.mul(momentum, velocity), step) : velocity
  write(p, f32x4.add(decayed, move), lanes)
}

export function sgd(row: usize): i32 {
  const velocity = Sgd.velocity(row)
  const weight = <f64>load<f32>(Sgd.weight(row))
  const norm = load<f64>(Sgd.norm(row))
  const limit = splat(<f32>Sgd.clipValue(row))
  const momentum = splat(<f32>Sgd.momentum(row))
  const nesterov = Sgd.nesterov(row) != 0
  let range = Sgd.ranges(row)
  for (let r = 0; r < Sgd.rangesCount(row); r++, range += 16) {
    const length = rangeLength(range)
    const offset = rangeOffset(range)
    const g = Sgd.gradients(row) + offset
    const p = Sgd.parameters(row) + offset
    const learningRate = Sgd.learningRate(row) * rangeRate(range)
    const kept = splat(<f32>(1 - learningRate * Sgd.weightDecay(row) * rangeDecay(range)))
    const rate = splat(<f32>learningRate)
    const scale = splat(gradientScale(g, length, weight, norm, Sgd.globalClipNorm(row), Sgd.clipNorm(row)))
    for (let n = 0; n < length; n += 4) {
      const i = (<usize>n) << 2
      const v = velocity ? velocity + offset + i : 0
      if (length - n >= 4) sgdStep(p + i, g + i, v, scale, limit, rate, momentum, kept, nesterov, 4)
      else sgdStep(p + i, g + i, v, scale, limit, rate, momentum, kept, nesterov, length - n)
    }
  }
  return Status.ok
}

// @ts-ignore: decorator
@inline
function rmspropStep(
  p: usize,
  g: usize,
  s: usize,
  v: usize,
  scale: v128,
  limit: v128,
  rate: v128,
  rho: v128,
  rest: v128,
  momentum: v128,
  epsilon: v128,
  kept: v128,
  lanes: i32,
): void {
  const decayed = f32x4.mul(read(p, lanes), kept)
  const slope = gradient(g, scale, limit, lanes)
  const meanSquare = madd(f32x4.mul(rest, slope), slope, f32x4.mul(rho, read(s, lanes)))
  write(s, meanSquare, lanes)
  let move = f32x4.div(f32x4.mul(rate, slope), f32x4.add(f32x4.sqrt(meanSquare), epsilon))
  if (v) {
    move = madd(momentum, read(v, lanes), move)
    write(v, move, lanes)
  }
  write(p, f32x4.sub(decayed, move), lanes)
}

export function rmsprop(row: usize): i32 {
  const velocity = Rmsprop.velocity(row)
  const weight = <f64>load<f32>(Rmsprop.weight(row))
  const norm = load<f64>(Rmsprop.norm(row))
  const limit = splat(<f32>Rmsprop.clipValue(row))
  const rho = splat(<f32>Rmsprop.rho(row))
  const rest = splat(<f32>(1 - Rmsprop.rho(row)))
  const momentum = splat(<f32>Rmsprop.momentum(row))
  const epsilon = splat(<f32>Rmsprop.epsilon(row))
  let range = Rmsprop.ranges(row)
  for (let r = 0; r < Rmsprop.rangesCount(row); r++, range += 16) {
    const length = rangeLength(range)
    const offset = rangeOffset(range)
    const g = Rmsprop.gradients(row) + offset
    const p = Rmsprop.parameters(row) + offset
    const s = Rmsprop.meanSquare(row) + offset
    const learningRate = Rmsprop.learningRate(row) * rangeRate(range)
    const kept = splat(<f32>(1 - learningRate * Rmsprop.weightDecay(row) * rangeDecay(range)))
    const rate = splat(<f32>learningRate)
    const scale = splat(
      gradientScale(g, length, weight, norm, Rmsprop.globalClipNorm(row), Rmsprop.clipNorm(row)),
    )
    for (let n = 0; n < length; n += 4) {
      const i = (<usize>n) << 2
      const v = velocity ? velocity + offset + i : 0
      if (length - n >= 4) {
        rmspropStep(p + i, g + i, s + i, v, scale, limit, rate, rho, rest, momentum, epsilon, kept, 4)
      } else {
        rmspropStep(
          p + i,
          g + i,
          s + i,
          v,
          scale,
          limit,
          rate,
          rho,
          rest,
          momentum,
          epsilon,
          kept,
          length - n,
        )
      }
    }
  }
  return Status.ok
}

/** baseⁿ for whole n ≥ 0, by squaring. */
export function power(base: f64, n: f64): f64 {
  let result: f64 = 1
  for (let exponent = <u64>n; exponent; exponent >>= 1) {
    if (exponent & 1) result *= base
    base *= base
  }
  return result
}

/** `first` is the learning rate over the first moment's bias correction, `second` one over the second moment's. */
// @ts-ignore: decorator
@inline
function adamStep(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  scale: v128,
  limit: v128,
  first: v128,
  second: v128,
  beta1: v128,
  rest1: v128,
  beta2: v128,
  rest2: v128,
  epsilon: v128,
  kept: v128,
  lanes: i32,
): void {
  const decayed = f32x4.mul(read(p, lanes), kept)
  const slope = gradient(g, scale, limit, lanes)
  const mean = madd(rest1, slope, f32x4.mul(beta1, read(m, lanes)))
  const variance = madd(f32x4.mul(rest2, slope), slope, f32x4.mul(beta2, read(v, lanes)))
  write(m, mean, lanes)
  write(v, variance, lanes)
  const deviation = f32x4.add(f32x4.sqrt(f32x4.mul(variance, second)), epsilon)
  write(p, f32x4.sub(decayed, f32x4.div(f32x4.mul(first, mean), deviation)), lanes)
}

export function adam(row: usize): i32 {
  const weight = <f64>load<f32>(Adam.weight(row))
  const norm = load<f64>(Adam.norm(row))
  const limit = splat(<f32>Adam.clipValue(row))
  const beta1 = splat(<f32>Adam.beta1(row))
  const rest1 = splat(<f32>(1 - Adam.beta1(row)))
  const beta2 = splat(<f32>Adam.beta2(row))
  const rest2 = splat(<f32>(1 - Adam.beta2(row)))
  const epsilon = splat(<f32>Adam.epsilon(row))
  const correction = 1 - power(Adam.beta1(row), Adam.step(row))
  const second = splat(<f32>(1 / (1 - power(Adam.beta2(row), Adam.step(row)))))
  let range = Adam.ranges(row)
  for (let r = 0; r < Adam.rangesCount(row); r++, range += 16) {
    const length = rangeLength(range)
    const offset = rangeOffset(range)
    const p = Adam.parameters(row) + offset
    const g = Adam.gradients(row) + offset
    const m = Adam.firstMoment(row) + offset
    const v = Adam.secondMoment(row) + offset
    const rate = Adam.learningRate(row) * rangeRate(range)
    const first = splat(<f32>(rate / correction))
    const kept = splat(<f32>(1 - rate * Adam.weightDecay(row) * rangeDecay(range)))
    const scale = splat(gradientScale(g, length, weight, norm, Adam.globalClipNorm(row), Adam.clipNorm(row)))
    for (let n = 0; n < length; n += 4) {
      const i = (<usize>n) << 2
      if (length - n >= 4) {
        adamStep(
          p + i,
          g + i,
          m + i,
          v + i,
          scale,
          limit,
          first,
          second,
          beta1,
          rest1,
          beta2,
          rest2,
          epsilon,
          kept,
          4,
        )
      } else {
        const lanes = length - n
        adamStep(
          p + i,
          g + i,
          m + i,
          v + i,
          scale,
          limit,
          first,
          second,
          beta1,
          rest1,
          beta2,
          rest2,
          epsilon,
          kept,
          lanes,
        )
      }
    }
  }
  return Status.ok
}
