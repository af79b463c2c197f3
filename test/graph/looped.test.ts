import { expect, test } from 'vitest'
import { createReference } from '../../src/backends/reference/index.js'
import { loopedGru, loopedLstm, loopedRnn } from '../../src/cells/looped.js'
import {
  type Dimension,
  dropout,
  fill,
  gru,
  lstm,
  rnn,
  scan,
  sigmoid,
  type Tensor,
  tanh,
} from '../../src/graph/index.js'
import { type Builder, difference, randomValues, runFunction, traceFunction } from './harness.js'

const reference = createReference({ checked: true })
const [T, B, I, H] = [5, 3, 4, 6]

interface Variant {
  readonly cell: 'rnn' | 'lstm' | 'gru'
  readonly gates: number
  readonly peepholes?: number
  readonly coupled?: boolean
  readonly resetAfter?: boolean
  readonly updateGate?: 'previous' | 'candidate'
}

const variants: readonly Variant[] = [
  { cell: 'rnn', gates: 1 },
  { cell: 'lstm', gates: 4 },
  { cell: 'lstm', gates: 4, peepholes: 3 },
  { cell: 'lstm', gates: 3, coupled: true },
  { cell: 'lstm', gates: 3, peepholes: 2, coupled: true },
  { cell: 'gru', gates: 3, resetAfter: true },
  { cell: 'gru', gates: 3, resetAfter: false, updateGate: 'candidate' },
]

function define(
  b: Builder,
  of: Variant,
  looped: boolean,
  masks: boolean,
  reverse: boolean,
): Record<string, Tensor> {
  const x = b.input('x', [T, B, I])
  const weights = {
    kernel: b.parameter('kernel', [I, of.gates * H]),
    recurrentKernel: b.parameter('recurrentKernel', [H, of.gates * H]),
    bias: b.parameter('bias', [of.gates * H]),
  }
  const sequence = {
    lengths: b.data('lengths', [B], 'i32'),
    initialH: b.input('initialH', [B, H]),
    reverse,
    training: true,
    ...(masks && {
      recurrentMask: b.data('recurrentMask', [B, H]),
      updateH: b.data('updateH', [T, B, H]),
    }),
  }
  let made: { readonly y: Tensor; readonly finalH: Tensor; readonly finalC?: Tensor }
  if (of.cell === 'rnn') {
    made = looped
      ? loopedRnn(x, weights, { ...sequence, activation: tanh })
      : rnn(x, weights, { ...sequence, activation: 'tanh' })
  } else if (of.cell === 'lstm') {
    const peepholes = of.peepholes ? b.parameter('peepholes', [of.peepholes * H]) : undefined
    const options = {
      ...sequence,
      initialC: b.input('initialC', [B, H]),
      coupled: of.coupled ?? false,
      ...(masks && { updateC: b.data('updateC', [T, B, H]) }),
    }
    made = looped
      ? loopedLstm(
          x,
          { ...weights, peepholes },
          { ...options, activation: tanh, recurrentActivation: sigmoid },
        )
      : lstm(x, { ...weights, peepholes }, options)
  } else {
    const all = { ...weights, recurrentBias: b.parameter('recurrentBias', [3 * H]) }
    const options = {
      ...sequence,
      resetAfter: of.resetAfter ?? true,
      updateGate: of.updateGate ?? 'previous',
    }
    made = looped
      ? loopedGru(x, all, { ...options, activation: tanh, recurrentActivation: sigmoid })
      : gru(x, all, options)
  }
  const results = Object.entries(made) as [string, Tensor][]
  for (const [, tensor] of results) b.fit(tensor)
  return Object.fromEntries(results)
}

/** 0, or what dropout leaves. */
const mask = (length: number) => Float64Array.from({ length }, (_, i) => ((i * 7) % 3 === 0 ? 0 : 1.25))

test.each(
  variants.flatMap((of) =>
    [false, true].flatMap((masks) => [false, true].map((reverse) => ({ of, masks, reverse }))),
  ),
)('a cell as a loop is the cell that has a kernel: %o', ({ of, masks, reverse }) => {
  const [loop, fused] = [true, false].map((looped) => {
    const traced = traceFunction((b) => define(b, of, looped, masks, reverse), { gradients: true })
    const given = {
      lengths: Int32Array.of(T, 0, 3),
      recurrentMask: mask(B * H),
      updateH: mask(T * B * H),
      updateC: mask(T * B * H).reverse(),
    }
    return runFunction(reference, traced, { ...randomValues(traced, 6), ...given }).outputs
  }) as [Record<string, Float64Array>, Record<string, Float64Array>]
  expect(Object.keys(loop).sort()).toEqual(Object.keys(fused).sort())
  expect(Object.keys(loop)).toContain('∂recurrentKernel')
  for (const [name, numbers] of Object.entries(loop)) {
    expect(difference(numbers, fused[name] ?? []), name).toBeLessThan(1e-12)
  }
})

test.each([false, true])(
  'masks drawn inside a loop are those of each step, as if for all steps at once: reverse %s',
  (reverse) => {
    const [inside, whole] = [true, false].map((looped) => {
      const traced = traceFunction(
        (b) => {
          const random = { rate: b.scalar('rate'), seed: b.scalar('seed'), run: b.scalar('run'), site: 11 }
          const x = b.input('x', [T, B, I])
          const { graph } = x
          if (!looped) {
            const y = dropout(x, random)
            b.fit(y)
            return { y }
          }
          const [steps] = x.shape as [Dimension]
          const { y } = scan(
            graph,
            { y: fill(graph, [B, I], 0) },
            { x },
            (_, { x: row }) => ({
              y: graph.reshape(dropout(graph.reshape(row as Tensor, [1, B, I]), random), [B, I]),
            }),
            { steps, reverse },
          )
          b.fit(y?.y as Tensor)
          return { y: y?.y as Tensor }
        },
        { gradients: true },
      )
      return runFunction(reference, traced, randomValues(traced, 6), {
        scalars: { rate: 0.4, seed: 3, run: 5 },
      }).outputs
    }) as [Record<string, Float64Array>, Record<string, Float64Array>]
    expect(Object.keys(whole)).toContain('∂x')
    for (const [name, numbers] of Object.entries(whole))
      expect(difference(numbers, inside[name] ?? [])).toBe(0)
    const dropped = Array.from({ length: T }, (_, t) =>
      String(Array.from(whole['y']!.slice(t * B * I, (t + 1) * B * I), (v) => v === 0)),
    )
    expect(new Set(dropped).size).toBe(T)
  },
)
