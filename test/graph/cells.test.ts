import { expect, test } from 'vitest'
import type { Backend } from '../../src/backends/backend.js'
import { createReference } from '../../src/backends/reference/index.js'
import { instructionTable } from '../../src/contract/index.js'
import { gru, lstm, type RnnActivation, rnn, type Tensor, type UpdateGate } from '../../src/graph/index.js'
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

type Cell = (
  | { readonly kind: 'rnn'; readonly activation: RnnActivation }
  | { readonly kind: 'lstm'; readonly coupled?: boolean; readonly peepholes?: boolean }
  | { readonly kind: 'gru'; readonly resetAfter: boolean; readonly updateGate?: UpdateGate }
) & {
  /** Every mask that the cell has. */
  readonly masks?: boolean
}

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
  ['lstm, peepholes', { kind: 'lstm', peepholes: true }],
  ['lstm, coupled', { kind: 'lstm', coupled: true }],
  ['lstm, coupled, peepholes', { kind: 'lstm', coupled: true, peepholes: true }],
  ['gru, reset after', { kind: 'gru', resetAfter: true }],
  ['gru, reset before', { kind: 'gru', resetAfter: false }],
  ['gru, reset after, z on the candidate', { kind: 'gru', resetAfter: true, updateGate: 'candidate' }],
  ['gru, reset before, z on the candidate', { kind: 'gru', resetAfter: false, updateGate: 'candidate' }],
]

const masked = cells.map(([name, cell]) => [`${name}, masks`, { ...cell, masks: true }] as const)

/** Off the vector width, on it, a single row, a single step. */
const sizes: readonly Sizes[] = [
  { T: 6, B: 3, I: 5, H: 7 },
  { T: 3, B: 7, I: 16, H: 32 },
  { T: 9, B: 1, I: 1, H: 17 },
  { T: 1, B: 4, I: 3, H: 1 },
]

function define(
  b: Builder,
  cell: Cell,
  { T, B, I, H }: Sizes,
  reverse: boolean,
  fused: boolean,
  zoneout: { zoneoutH?: number; zoneoutC?: number } = {},
) {
  const gates = cell.kind === 'lstm' && cell.coupled ? 3 : { rnn: 1, lstm: 4, gru: 3 }[cell.kind]
  const x = b.input('x', [T, B, I])
  const weights = {
    kernel: b.parameter('kernel', [I, gates * H]),
    recurrentKernel: b.parameter('recurrentKernel', [H, gates * H]),
    bias: b.parameter('bias', [gates * H]),
  }
  const initialH = b.input('initialH', [B, H])
  const lengths = b.data('lengths', [B], 'i32')
  const mask = b.data('mask', [T, B])
  const sequence = {
    initialH,
    lengths,
    mask,
    reverse,
    training: Object.keys(zoneout).length === 0,
    ...zoneout,
    recurrentMask: cell.masks ? b.data('recurrentMask', [B, H]) : undefined,
    updateH: cell.masks ? b.data('updateH', [T, B, H]) : undefined,
  }
  const results: Record<string, Tensor> = {}
  const keep = (r: { y: Tensor; finalH: Tensor; finalC?: Tensor }): void => {
    for (const [name, tensor] of Object.entries(r)) {
      b.fit(tensor)
      results[name] = tensor
    }
  }
  if (cell.kind === 'rnn') keep((fused ? rnn : composedRnn)(x, weights, { ...sequence, ...cell }))
  if (cell.kind === 'lstm') {
    const peepholes = cell.peepholes ? b.parameter('peepholes', [(gates - 1) * H]) : undefined
    const updateC = cell.masks ? b.data('updateC', [T, B, H]) : undefined
    const options = { ...sequence, ...cell, updateC, initialC: b.input('initialC', [B, H]) }
    keep((fused ? lstm : composedLstm)(x, { ...weights, peepholes }, options))
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

/** [time, batch]: 1 where a step is valid. */
function maskOf(lengths: Int32Array, { T, B }: Sizes): Float64Array {
  return Float64Array.from({ length: T * B }, (_, n) => Number(Math.floor(n / B) < (lengths[n % B] ?? 0)))
}

function run(backend: Backend, cell: Cell, size: Sizes, variant: Variant, fused: boolean): Outcome {
  const lengths = lengthsOf(variant.ragged, size)
  const mask = maskOf(lengths, size)
  const traced = traceFunction((b) => define(b, cell, size, variant.reverse, fused), { gradients: true })
  const values = randomValues(traced, 5)
  // Scaled so that no state explodes: differences must measure the arithmetic, not the dynamics.
  const recurrentKernel = values['recurrentKernel']?.map((w) => Math.fround(w / Math.sqrt(size.H))) ?? []
  const coins = Object.entries(values)
    .filter(([name]) => name.startsWith('update'))
    .map(([name, v]) => [name, Float64Array.from(v, (each) => Number(each > 0))])
  const all = { ...values, ...Object.fromEntries(coins), recurrentKernel, lengths, mask }
  return runFunction(backend, traced, all)
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
  for (const [name, cell] of [...cells, ...masked]) {
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

  test.each(cells)('%s, every unit keeping its share', (_, cell) => {
    const size = { T: 5, B: 3, I: 4, H: 19 }
    const lengths = lengthsOf(true, size)
    const outputs = (fused: boolean, zoneoutH: number) => {
      const traced = traceFunction((b) => define(b, cell, size, false, fused, { zoneoutH, zoneoutC: 0.25 }))
      const values = randomValues(traced, 6)
      const mask = maskOf(lengths, size)
      return runFunction(fused ? backend : reference, traced, { ...values, lengths, mask }).outputs
    }
    const [fused, composed] = [outputs(true, 0.375), outputs(false, 0.375)]
    for (const name of ['y', 'finalH', ...(cell.kind === 'lstm' ? ['finalC'] : [])])
      expect(difference(fused[name] ?? [], composed[name] ?? []), name).toBeLessThan(exact ? 1e-12 : 1e-5)
    expect(difference(fused['y'] ?? [], outputs(true, 0)['y'] ?? [])).toBeGreaterThan(0.01)
  })
})
