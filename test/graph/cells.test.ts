import { expect, test } from 'vitest'
import type { Backend } from '../../src/backends/backend.js'
import { createReference } from '../../src/backends/reference/index.js'
import { instructionTable } from '../../src/contract/index.js'
import { gru, lstm, type RnnActivation, rnn, type Tensor } from '../../src/graph/index.js'
import { describeOnBackends } from '../backends.js'
import { composedGru, composedLstm, composedRnn } from './composed.js'
import {
  type Builder,
  difference,
  type Outcome,
  randomValues,
  runFunction,
  traceFunction,
} from './harness.js'

const reference = createReference()

type Cell =
  | { readonly kind: 'rnn'; readonly activation: RnnActivation }
  | { readonly kind: 'lstm' }
  | { readonly kind: 'gru'; readonly resetAfter: boolean }

interface Sizes {
  readonly T: number
  readonly B: number
  readonly I: number
  readonly H: number
}

const cells: readonly (readonly [string, Cell])[] = [
  ['rnn, tanh', { kind: 'rnn', activation: 'tanh' }],
  ['rnn, relu', { kind: 'rnn', activation: 'relu' }],
  ['rnn, linear', { kind: 'rnn', activation: 'linear' }],
  ['lstm', { kind: 'lstm' }],
  ['gru, reset after', { kind: 'gru', resetAfter: true }],
  ['gru, reset before', { kind: 'gru', resetAfter: false }],
]

/** Off the vector width, on it, a single row, a single step. */
const sizes: readonly Sizes[] = [
  { T: 6, B: 3, I: 5, H: 7 },
  { T: 3, B: 7, I: 16, H: 32 },
  { T: 9, B: 1, I: 1, H: 17 },
  { T: 1, B: 4, I: 3, H: 1 },
]

function define(b: Builder, cell: Cell, { T, B, I, H }: Sizes, reverse: boolean, fused: boolean) {
  const gates = { rnn: 1, lstm: 4, gru: 3 }[cell.kind]
  const x = b.input('x', [T, B, I])
  const weights = {
    kernel: b.parameter('kernel', [I, gates * H]),
    recurrentKernel: b.parameter('recurrentKernel', [H, gates * H]),
    bias: b.parameter('bias', [gates * H]),
  }
  const initialH = b.input('initialH', [B, H])
  const lengths = b.data('lengths', [B], 'i32')
  const mask = b.data('mask', [T, B])
  const sequence = { initialH, lengths, mask, reverse, training: true }
  const results: Record<string, Tensor> = {}
  const keep = (r: { y: Tensor; finalH: Tensor; finalC?: Tensor }): void => {
    for (const [name, tensor] of Object.entries(r)) {
      b.fit(tensor)
      results[name] = tensor
    }
  }
  if (cell.kind === 'rnn') keep((fused ? rnn : composedRnn)(x, weights, { ...sequence, ...cell }))
  if (cell.kind === 'lstm') {
    keep((fused ? lstm : composedLstm)(x, weights, { ...sequence, initialC: b.input('initialC', [B, H]) }))
  }
  if (cell.kind === 'gru') {
    const recurrentBias = b.parameter('recurrentBias', [3 * H])
    keep((fused ? gru : composedGru)(x, { ...weights, recurrentBias }, { ...sequence, ...cell }))
  }
  return results
}

/** Full rows, or rows that end early, one of them before it began. */
function lengthsOf(ragged: boolean, { T, B }: Sizes): Int32Array {
  return Int32Array.from({ length: B }, (_, b) =>
    ragged ? ([T, 0, Math.ceil(T / 2), T - 1][b % 4] ?? T) : T,
  )
}

function run(backend: Backend, cell: Cell, size: Sizes, variant: Variant, fused: boolean): Outcome {
  const { T, B } = size
  const lengths = lengthsOf(variant.ragged, size)
  const mask = Float64Array.from({ length: T * B }, (_, n) =>
    Math.floor(n / B) < (lengths[n % B] ?? 0) ? 1 : 0,
  )
  const traced = traceFunction((b) => define(b, cell, size, variant.reverse, fused), { gradients: true })
  const values = randomValues(traced, 5)
  // Scaled so that no state explodes: differences must measure the arithmetic, not the dynamics.
  const recurrentKernel = values['recurrentKernel']?.map((w) => Math.fround(w / Math.sqrt(size.H))) ?? []
  return runFunction(backend, traced, { ...values, recurrentKernel, lengths, mask })
}

interface Variant {
  readonly reverse: boolean
  readonly ragged: boolean
}

const variants: readonly (readonly [string, Variant])[] = [
  ['forward', { reverse: false, ragged: false }],
  ['reverse', { reverse: true, ragged: false }],
  ['forward, ragged', { reverse: false, ragged: true }],
  ['reverse, ragged', { reverse: true, ragged: true }],
]

describeOnBackends('fused cells equal their definition', (backend) => {
  const exact = backend.name === 'reference'
  for (const [name, cell] of cells) {
    const forward = exact ? 1e-12 : instructionTable[cell.kind].tolerance
    const backward = exact ? 1e-12 : instructionTable[`${cell.kind}_backward`].tolerance
    test.each(variants)(`${name}, %s`, (_, variant) => {
      for (const size of sizes) {
        const composed = run(reference, cell, size, variant, false)
        const fused = run(backend, cell, size, variant, true)
        const names = Object.keys(fused.outputs)
        expect(names.sort()).toEqual(Object.keys(composed.outputs).sort())
        expect(names).toContain('∂initialH')
        for (const output of names) {
          const distance = difference(fused.outputs[output] ?? [], composed.outputs[output] ?? [])
          const message = `${output} at ${JSON.stringify(size)}`
          expect(distance, message).toBeLessThan(output.startsWith('∂') ? backward : forward)
        }
      }
    })
  }
})
