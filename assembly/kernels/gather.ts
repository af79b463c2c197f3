import { Gather, GatherBackward, StateLoad, StateStore, Status } from '../generated/contract'
import { read, write } from '../simd/vector'
import { checkIndices } from './checks'

export function gather(row: usize, status: usize): i32 {
  const N = Gather.N(row)
  const indices = Gather.indices(row)
  const refusal = checkIndices(indices, N, 0, Gather.V(row) - 1, status)
  if (refusal) return refusal
  const table = Gather.table(row)
  const bytes = (<usize>Gather.E(row)) << 2
  let y = Gather.y(row)
  for (let n = 0; n < N; n++, y += bytes) {
    memory.copy(y, table + <usize>load<i32>(indices + ((<usize>n) << 2)) * bytes, bytes)
  }
  return Status.ok
}

export function gatherBackward(row: usize, status: usize): i32 {
  const N = GatherBackward.N(row)
  const E = GatherBackward.E(row)
  const V = GatherBackward.V(row)
  const indices = GatherBackward.indices(row)
  const refusal = checkIndices(indices, N, 0, V - 1, status)
  if (refusal) return refusal
  const dTable = GatherBackward.dTable(row)
  const bytes = (<usize>E) << 2
  memory.fill(dTable, 0, <usize>V * bytes)
  let dy = GatherBackward.dy(row)
  for (let n = 0; n < N; n++, dy += bytes) {
    const target = dTable + <usize>load<i32>(indices + ((<usize>n) << 2)) * bytes
    let e = 0
    for (; e + 4 <= E; e += 4) {
      const i = (<usize>e) << 2
      v128.store(target + i, f32x4.add(v128.load(target + i), v128.load(dy + i)))
    }
    const i = (<usize>e) << 2
    if (e < E) write(target + i, f32x4.add(read(target + i, E - e), read(dy + i, E - e)), E - e)
  }
  return Status.ok
}

export function stateLoad(row: usize, status: usize): i32 {
  const B = StateLoad.B(row)
  const rows = StateLoad.rows(row)
  const refusal = checkIndices(rows, B, -1, StateLoad.S(row) - 1, status)
  if (refusal) return refusal
  const slab = StateLoad.slab(row)
  const bytes = (<usize>StateLoad.N(row)) << 2
  let y = StateLoad.y(row)
  for (let b = 0; b < B; b++, y += bytes) {
    const from = load<i32>(rows + ((<usize>b) << 2))
    if (from < 0) memory.fill(y, 0, bytes)
    else memory.copy(y, slab + <usize>from * bytes, bytes)
  }
  return Status.ok
}

export function stateStore(row: usize, status: usize): i32 {
  const B = StateStore.B(row)
  const rows = StateStore.rows(row)
  const refusal = checkIndices(rows, B, -1, StateStore.S(row) - 1, status)
  if (refusal) return refusal
  const slab = StateStore.slab(row)
  const bytes = (<usize>StateStore.N(row)) << 2
  let x = StateStore.x(row)
  for (let b = 0; b < B; b++, x += bytes) {
    const to = load<i32>(rows + ((<usize>b) << 2))
    if (to >= 0) memory.copy(slab + <usize>to * bytes, x, bytes)
  }
  return Status.ok
}
