import { expect, test } from 'vitest'
import { createReference } from '../../src/backends/reference/index.js'
import { instructionTable } from '../../src/contract/index.js'
import { linearRecurrence, sigmoid } from '../../src/graph/index.js'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { composedLinear } from './composed.js'
import { difference, randomValues, runFunction, traceFunction } from './harness.js'

const reference = createReference()
/** Off the vector width, on it, a single row, a single step. */
const sizes = [
  [6, 3, 7],
  [3, 7, 32],
  [9, 1, 17],
  [1, 4, 1],
] as const

interface Variant {
  readonly convex: boolean
  readonly reverse: boolean
  readonly ragged: boolean
}

const both = [false, true]
const variants = both.flatMap((convex) =>
  both.flatMap((reverse) => both.map((ragged): Variant => ({ convex, reverse, ragged }))),
)

function trace([T, B, H]: (typeof sizes)[number], { convex, reverse }: Variant, fused: boolean) {
  return traceFunction(
    (b) => {
      // Gates, so that no state explodes: differences must measure the arithmetic, not the dynamics.
      const rate = sigmoid(b.input('a', [T, B, H]))
      const added = b.input('b', [T, B, H])
      const initialH = b.input('initialH', [B, H])
      const lengths = b.data('lengths', [B], 'i32')
      const mask = b.data('mask', [T, B])
      const options = { initialH, lengths, mask, reverse, convex }
      const { y, finalH } = (fused ? linearRecurrence : composedLinear)(rate, added, options)
      b.fit(y)
      b.fit(finalH)
      return { y, finalH }
    },
    { gradients: true },
  )
}

describeOnBackends('a linear recurrence equals its definition', (backend) => {
  const exact = backend.name === 'reference'
  const forward = exact ? 1e-12 : instructionTable.linear_recurrence.tolerance
  const backward = exact ? 1e-12 : instructionTable.linear_recurrence_backward.tolerance

  test.each(variants)('convex $convex, reverse $reverse, ragged $ragged', (variant) => {
    for (const size of sizes) {
      const [T, B] = size
      const lengths = Int32Array.from({ length: B }, (_, b) =>
        variant.ragged ? ([T, 0, Math.ceil(T / 2), T - 1][b % 4] ?? T) : T,
      )
      const mask = Float64Array.from({ length: T * B }, (_, n) =>
        Math.floor(n / B) < (lengths[n % B] ?? 0) ? 1 : 0,
      )
      const [composed, fused] = [false, true].map((isFused) => {
        const traced = trace(size, variant, isFused)
        const values = { ...randomValues(traced, 5), lengths, mask }
        return runFunction(isFused ? backend : reference, traced, values).outputs
      })
      const names = Object.keys(fused ?? {})
      expect(names.sort()).toEqual(['y', 'finalH', '∂a', '∂b', '∂initialH'].sort())
      for (const name of names) {
        const distance = difference(fused?.[name] ?? [], composed?.[name] ?? [])
        const limit = name.startsWith('∂') ? backward : forward
        expect(distance, `${name} at ${size}`).toBeLessThan(limit)
      }
    }
  })
})

test('a linear recurrence refuses operands of different shapes', async () => {
  const build = (...shape: number[]) =>
    traceFunction((b) => ({
      ...linearRecurrence(b.input('a', [2, 3, 4]), b.input('b', shape), { convex: true }),
    }))
  expect(await failureText(() => build(2, 3, 5))).toBe(
    'SHAPE_MISMATCH linear recurrence: expected a second operand [2, 3, 4], received [2, 3, 5]',
  )
})
