import { madd, read, splat } from '../simd/vector'

/** What masks do to the states of a walk: recurrentMask to hₜ₋₁ in products, updateH and updateC to what a step changes. */

/** Working memory for so many masked floats. */
export function maskBytes(mask: usize, floats: u64): u64 {
  return mask ? floats * 4 : 0
}

/** `steps` times h [floats] ∗ mask [floats], at `target`; without a mask h as it lies. */
export function maskedStates(h: usize, mask: usize, steps: i32, floats: i32, target: usize): usize {
  if (!mask) return h
  const bytes = (<usize>floats) << 2
  const vectors = bytes & ~15
  let to = target
  for (let s = 0; s < steps; s++, h += bytes, to += bytes) {
    let i: usize = 0
    for (; i < vectors; i += 16) v128.store(to + i, f32x4.mul(v128.load(h + i), v128.load(mask + i)))
    for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(h + i) * load<f32>(mask + i))
  }
  return target
}

/** dh += d ∗ mask: the gradient of hₜ₋₁ from that of what stands for it in products. */
export function addMasked(dh: usize, d: usize, mask: usize, floats: i32): void {
  const bytes = (<usize>floats) << 2
  const vectors = bytes & ~15
  let i: usize = 0
  for (; i < vectors; i += 16)
    v128.store(dh + i, madd(v128.load(d + i), v128.load(mask + i), v128.load(dh + i)))
  for (; i < bytes; i += 4)
    store<f32>(dh + i, load<f32>(dh + i) + load<f32>(d + i) * load<f32>(mask + i))
}

// @ts-ignore: decorator
@inline
function isKept(update: usize, lanes: i32): v128 {
  return f32x4.eq(read(update, lanes), splat(0))
}

/** The state of units after a step: by `update` the new one or the one before, without it a share of each. */
// @ts-ignore: decorator
@inline
export function keep(update: usize, share: f32, before: v128, next: v128, lanes: i32): v128 {
  if (update) return v128.bitselect(before, next, isKept(update, lanes))
  // A product with 0 would not do where a state is infinite.
  if (share == 0) return next
  return madd(splat(share), f32x4.sub(before, next), next)
}

/** Of the gradient of a state, what goes to the state before because units kept it. */
// @ts-ignore: decorator
@inline
export function keptGradient(update: usize, gradient: v128, lanes: i32): v128 {
  return update ? v128.and(gradient, isKept(update, lanes)) : splat(0)
}

/** The other part: what the new state receives. */
// @ts-ignore: decorator
@inline
export function takenGradient(update: usize, gradient: v128, lanes: i32): v128 {
  return update ? v128.andnot(gradient, isKept(update, lanes)) : gradient
}
