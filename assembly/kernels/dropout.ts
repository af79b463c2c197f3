import { Dropout, Status } from '../generated/contract'
import { philox } from '../simd/philox'
import { read, splat, write } from '../simd/vector'

/** Four random words. */
export const dropoutScratch: u64 = 16

/** The lanes of x at p whose word reaches the threshold, scaled; zeros elsewhere. */
// @ts-ignore: decorator
@inline
function drop(p: usize, words: usize, threshold: v128, scale: v128, lanes: i32): v128 {
  const kept = i32x4.ge_u(v128.load(words), threshold)
  return v128.and(f32x4.mul(read(p, lanes), scale), kept)
}

export function dropout(row: usize, scratch: usize): i32 {
  const T = Dropout.T(row)
  const B = Dropout.B(row)
  const F = Dropout.F(row)
  let x = Dropout.x(row)
  let y = Dropout.y(row)
  const rate = Dropout.rate(row)
  const bytes = <usize>T * <usize>B * ((<usize>F) << 2)
  // A threshold of 2³² has no 32 bits: everything is dropped.
  if (rate >= 1) {
    memory.fill(y, 0, bytes)
    return Status.ok
  }
  if (!(rate > 0)) {
    if (x != y) memory.copy(y, x, bytes)
    return Status.ok
  }
  const threshold = i32x4.splat(<u32>(rate * 4294967296))
  const scale = splat(<f32>(1 / (1 - rate)))
  const seed = <u32>(<i64>Dropout.seed(row))
  const run = <u32>(<i64>Dropout.run(row))
  const site = <u32>Dropout.site(row)
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++) {
      for (let f = 0; f < F; f += 4) {
        philox(f >> 2, t, b, run, seed, site, scratch)
        const p = (<usize>f) << 2
        if (F - f >= 4) write(y + p, drop(x + p, scratch, threshold, scale, 4), 4)
        else write(y + p, drop(x + p, scratch, threshold, scale, F - f), F - f)
      }
      x += (<usize>F) << 2
      y += (<usize>F) << 2
    }
  }
  return Status.ok
}
