import { expect, it } from 'vitest'
import { ProgramBinding, statusOf } from '../../src/backends/bind.js'
import { loadNative } from '../../src/backends/native.js'
import { statuses } from '../../src/contract/index.js'
import { OstinatoError } from '../../src/errors.js'
import { RandomStream } from '../../src/random/random.js'
import { cases } from './cases/index.js'
import { type LoweredCase, layouts, lowerCase } from './lower.js'

const native = loadNative()
/** A buffer that a changed word made larger is not worth its memory. */
const affordable = 1 << 20

/** Status words of a program at the sizes of the case; undefined where it asks for too much memory to try. */
function verdict(words: Int32Array, dimensions: readonly number[]): readonly number[] | undefined {
  try {
    const binding = new ProgramBinding(words)
    if (binding.scalarCount > affordable) return undefined
    if (binding.buffers.some(({ elements }) => elements > affordable)) return undefined
    // A changed header may ask for other dimensions; what the caller has is then no matter of the program.
    if (binding.inputDimensions.length !== dimensions.length) return undefined
    binding.bind(dimensions)
    return [statuses.ok]
  } catch (error) {
    return statusOf(error).words
  }
}

function nativeVerdict(
  words: Int32Array,
  lowered: LoweredCase,
  elements: readonly [number, number],
): readonly number[] {
  const store = native.createStore(...elements)
  try {
    const context = store.createContext(words)
    context.dimensions.set(lowered.dimensions)
    // No segment: the sizes are bound and checked, and nothing runs.
    context.runSync([])
    const status = Array.from(context.status)
    context.dispose()
    return status[0] === statuses.ok ? [statuses.ok] : status
  } catch (error) {
    if (!(error instanceof OstinatoError) || error.code !== 'INVALID_PROGRAM') throw error
    return [statuses.invalidProgram]
  } finally {
    store.dispose()
  }
}

it('refuses natively what the TypeScript validator refuses, and nothing else', () => {
  const stream = new RandomStream(11)
  const seen = { ok: 0, refused: 0 }
  for (const list of Object.values(cases)) {
    for (const layout of layouts) {
      const lowered = lowerCase(list[stream.integer(list.length)]!, layout)
      if (!lowered) continue
      for (let i = 0; i < 150; i++) {
        const words = lowered.words.slice()
        const at = stream.integer(words.length)
        const values = [
          0,
          1,
          -1,
          2,
          0x7fffffff,
          -0x80000000,
          words[at]! + 1,
          words[at]! - 1,
          stream.integer(64),
        ]
        words[at] = values[stream.integer(values.length)]!
        const expected = verdict(words, lowered.dimensions)
        if (!expected) continue
        const received = nativeVerdict(words, lowered, storeSizes(words, lowered))
        const text = `word ${at} from ${lowered.words[at]} to ${words[at]} of\n${Array.from(lowered.words)}`
        expect(received[0], text).toBe(expected[0])
        if (received.length === 4) expect(received, text).toEqual(expected)
        seen[expected[0] === statuses.ok ? 'ok' : 'refused'] += 1
      }
    }
  }
  expect(seen.ok).toBeGreaterThan(500)
  expect(seen.refused).toBeGreaterThan(500)
})

/** A store that fits the program as it is now, where it has one: the sizes are a matter between the two. */
function storeSizes(words: Int32Array, lowered: LoweredCase): [number, number] {
  const sizes: [number, number] = [lowered.parameterElements, lowered.slotElements]
  try {
    for (const { kind, elements } of new ProgramBinding(words).buffers) {
      if (kind === 'parameters') sizes[0] = elements
      if (kind === 'slots') sizes[1] = elements
    }
  } catch (error) {
    statusOf(error) // refused anyway
  }
  return sizes
}
