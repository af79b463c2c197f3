import { describe, expect, it } from 'vitest'
import { type LayerItem, layerGroups, operations } from '../../bench/cases.js'
import { disagreement } from '../../bench/data.js'
import { prepareLayer } from '../../bench/work/layer.js'
import { backends } from '../backends.js'

const small = { batch: 3, time: 5, input: 7, units: 6, layers: 2 }

function digestsOf(backend: (typeof backends)[number], item: LayerItem) {
  const work = prepareLayer(backend, item)
  try {
    // Twice: the second run must not depend on what the first left behind.
    work.run()
    work.run()
    return work.digests()
  } finally {
    work.dispose()
  }
}

describe('layers that are timed', () => {
  const items = layerGroups
    .flat()
    .filter((item) => item.case === 'char-small')
    .map((item): LayerItem => ({ ...item, ...small, ...(item.lengths ? { lengths: [5, 3, 1] } : {}) }))

  it.each(items.map((item) => [`${item.cell}, ${item.variant}, ${item.mode}`, item] as const))(
    'give the same on every backend: %s',
    async (_, item) => {
      const [reference, ...others] = backends
      const expected = await digestsOf(reference!, item)
      const results = item.mode === 'train' ? 2 + small.layers * 3 : 1
      expect(Object.keys(expected).length).toBeGreaterThanOrEqual(results)
      for (const { norm } of Object.values(expected)) expect(norm).toBeGreaterThan(0)
      for (const backend of others)
        expect(disagreement(expected, await digestsOf(backend, item), 2e-4)).toBeUndefined()
    },
  )

  it('count their operations', () => {
    const find = (of: string, cell: string, variant: string, mode: string) =>
      layerGroups
        .flat()
        .find(
          (i) => i.case === of && `${i.cell}` === cell && `${i.variant}` === variant && `${i.mode}` === mode,
        )!
    // [32 · 100 rows, 256 + 256 inputs, 4 · 256 gates]
    expect(operations(find('mid', 'lstm', 'plain', 'infer'))).toBe(2 * 3200 * 512 * 1024)
    expect(operations(find('mid', 'lstm', 'plain', 'train'))).toBe(3 * 2 * 3200 * 512 * 1024)
    // The second layer reads both directions.
    expect(operations(find('char-small', 'lstm', 'bidirectional', 'infer'))).toBe(
      2 * 2500 * 2 * 512 * (128 + 128 + 256 + 128),
    )
    const ragged = find('mid', 'gru', 'ragged', 'infer')
    expect(ragged.lengths).toHaveLength(32)
    expect([ragged.lengths![0], ragged.lengths!.at(-1)]).toEqual([100, 25])
    const steps = ragged.lengths!.reduce((sum, n) => sum + n, 0)
    expect(operations(ragged)).toBe(2 * steps * 512 * 768)
  })
})
