import type { Kernels } from '../arguments.js'
import { add, checkIndices, row } from './shared.js'

export const gather = {
  gather({ V, E, table, indices, y }) {
    checkIndices(indices, 0, V - 1)
    for (const [n, v] of indices.entries()) row(y, n, E).set(row(table, v, E))
  },

  gather_backward({ V, E, indices, dy, dTable }) {
    checkIndices(indices, 0, V - 1)
    dTable.fill(0)
    for (const [n, v] of indices.entries()) add(row(dTable, v, E), row(dy, n, E))
  },
} satisfies Partial<Kernels>
