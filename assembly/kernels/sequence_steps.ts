import {
  GatherSteps,
  GatherStepsBackward,
  MaskOrder,
  MaxSteps,
  MaxStepsBackward,
  Status,
  StepMask,
} from '../generated/contract'
import { checkIndices } from './checks'

// @ts-ignore: decorator
@inline
function wordAt(p: usize, index: i32): i32 {
  return load<i32>(p + ((<usize>index) << 2))
}

/** An absent mask (0) means that every step is valid. */
// @ts-ignore: decorator
@inline
function isValid(mask: usize, index: i32): bool {
  return mask == 0 || wordAt(mask, index) != 0
}

export function stepMask(row: usize): i32 {
  const M = StepMask.M(row)
  const N = StepMask.N(row)
  const prior = StepMask.prior(row)
  const value = StepMask.value(row)
  let x = StepMask.x(row)
  let y = StepMask.y(row)
  for (let m = 0; m < M; m++, y += 4) {
    let differs = false
    for (let n = 0; n < N; n++, x += 4) if (!(load<f32>(x) == value)) differs = true
    store<i32>(y, differs && isValid(prior, m) ? 1 : 0)
  }
  return Status.ok
}

export function maskOrder(row: usize): i32 {
  const T = MaskOrder.T(row)
  const B = MaskOrder.B(row)
  const mask = MaskOrder.mask(row)
  const order = MaskOrder.order(row)
  const lengths = MaskOrder.lengths(row)
  const forward = MaskOrder.forward(row)
  const backward = MaskOrder.backward(row)
  memory.fill(order, 0xff, (<usize>(T * B)) << 2)
  memory.fill(lengths, 0, (<usize>B) << 2)
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++) {
      const at = (<usize>(t * B + b)) << 2
      let count = wordAt(lengths, b)
      const valid = load<i32>(mask + at) != 0
      if (valid) {
        store<i32>(order + ((<usize>(count * B + b)) << 2), t)
        store<i32>(lengths + ((<usize>b) << 2), ++count)
      }
      store<i32>(forward + at, count)
      store<i32>(backward + at, valid ? count : count + 1)
    }
  }
  return Status.ok
}

export function gatherSteps(row: usize, status: usize): i32 {
  const B = GatherSteps.B(row)
  const shift = GatherSteps.shift(row)
  const steps = GatherSteps.steps(row)
  const count = GatherSteps.T(row) * B
  const refusal = checkIndices(steps, count, -1 - shift, GatherSteps.S(row) - 1 - shift, status)
  if (refusal) return refusal
  const x = GatherSteps.x(row)
  const bytes = (<usize>GatherSteps.N(row)) << 2
  let y = GatherSteps.y(row)
  for (let m = 0; m < count; m++, y += bytes) {
    const step = wordAt(steps, m) + shift
    if (step < 0) memory.fill(y, 0, bytes)
    else memory.copy(y, x + <usize>(step * B + m % B) * bytes, bytes)
  }
  return Status.ok
}

export function gatherStepsBackward(row: usize, status: usize): i32 {
  const B = GatherStepsBackward.B(row)
  const S = GatherStepsBackward.S(row)
  const shift = GatherStepsBackward.shift(row)
  const steps = GatherStepsBackward.steps(row)
  const count = GatherStepsBackward.T(row) * B
  const refusal = checkIndices(steps, count, -1 - shift, S - 1 - shift, status)
  if (refusal) return refusal
  const dx = GatherStepsBackward.dx(row)
  const bytes = (<usize>GatherStepsBackward.N(row)) << 2
  let dy = GatherStepsBackward.dy(row)
  memory.fill(dx, 0, <usize>(S * B) * bytes)
  for (let m = 0; m < count; m++, dy += bytes) {
    const step = wordAt(steps, m) + shift
    if (step < 0) continue
    const target = dx + <usize>(step * B + m % B) * bytes
    for (let i: usize = 0; i < bytes; i += 4) store<f32>(target + i, load<f32>(target + i) + load<f32>(dy + i))
  }
  return Status.ok
}

export function maxSteps(row: usize): i32 {
  const T = MaxSteps.T(row)
  const B = MaxSteps.B(row)
  const mask = MaxSteps.mask(row)
  const bytes = (<usize>MaxSteps.N(row)) << 2
  let y = MaxSteps.y(row)
  for (let b = 0; b < B; b++, y += bytes) {
    let found = false
    memory.fill(y, 0, bytes)
    for (let t = 0; t < T; t++) {
      if (!isValid(mask, t * B + b)) continue
      const x = MaxSteps.x(row) + <usize>(t * B + b) * bytes
      for (let i: usize = 0; i < bytes; i += 4) {
        const v = load<f32>(x + i)
        if (!found || v > load<f32>(y + i) || v != v) store<f32>(y + i, v)
      }
      found = true
    }
  }
  return Status.ok
}

export function maxStepsBackward(row: usize): i32 {
  const T = MaxStepsBackward.T(row)
  const B = MaxStepsBackward.B(row)
  const N = MaxStepsBackward.N(row)
  const mask = MaxStepsBackward.mask(row)
  const x = MaxStepsBackward.x(row)
  const y = MaxStepsBackward.y(row)
  const dy = MaxStepsBackward.dy(row)
  const dx = MaxStepsBackward.dx(row)
  const stride = (<usize>(B * N)) << 2
  memory.fill(dx, 0, <usize>T * stride)
  for (let i = 0; i < B * N; i++) {
    const column = (<usize>i) << 2
    let at = column
    for (let t = 0; t < T; t++, at += stride) {
      if (!isValid(mask, t * B + i / N) || load<f32>(x + at) != load<f32>(y + column)) continue
      store<f32>(dx + at, load<f32>(dy + column))
      break
    }
  }
  return Status.ok
}
