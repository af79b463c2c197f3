import { describe, expect, it } from 'vitest'
import { type InstructionName, instructionTable } from '../../src/contract/index.js'
import type { Case } from '../conformance/case.js'
import { largestDifference } from '../conformance/compare.js'
import { dot, evaluate, expectGradients, type Tensors } from './differences.js'

const [T, B, I, H] = [5, 4, 3, 3]
const variables = { T, B, I, H }
const lengths = [3, 5, 0, 4]

interface Cell {
  readonly name: string
  readonly forward: InstructionName
  readonly backward: InstructionName
  readonly attributes: Readonly<Record<string, number>>
  readonly states: readonly ('h' | 'c')[]
  readonly saved: readonly string[]
  readonly biases: readonly string[]
  readonly masks?: readonly string[]
}

const rnn = { forward: 'rnn', backward: 'rnn_backward', states: ['h'], saved: [], biases: ['bias'] } as const
const gru = {
  ...rnn,
  forward: 'gru',
  backward: 'gru_backward',
  saved: ['saved'],
  biases: ['bias', 'recurrentBias'],
} as const
const upper = (name: string) => name[0]!.toUpperCase() + name.slice(1)
const lstm = {
  forward: 'lstm',
  backward: 'lstm_backward',
  attributes: {},
  states: ['h', 'c'],
  saved: ['saved'],
  biases: ['bias'],
} as const
const coupled = { forward: 'lstm_coupled', backward: 'lstm_coupled_backward' } as const
const plain: readonly Cell[] = [
  ...['tanh', 'relu', 'identity'].map((text, activation) => ({
    ...rnn,
    name: `rnn ${text}`,
    attributes: { activation },
  })),
  { ...lstm, name: 'lstm' },
  { ...lstm, name: 'lstm peepholes', biases: ['bias', 'peepholes'] },
  { ...lstm, ...coupled, name: 'lstm coupled' },
  { ...lstm, ...coupled, name: 'lstm coupled peepholes', biases: ['bias', 'peepholes'] },
  ...[0, 1].flatMap((resetAfter) =>
    [0, 1].map((updateGate) => ({
      ...gru,
      name: `gru reset ${resetAfter ? 'after' : 'before'}${updateGate ? ' z on the candidate' : ''}`,
      attributes: { resetAfter, updateGate },
    })),
  ),
]
const cells: readonly Cell[] = [
  ...plain,
  ...plain.map((cell) => ({
    ...cell,
    name: `${cell.name}, masks`,
    masks: ['recurrentMask', ...cell.states.map((s) => `update${upper(s)}`)],
  })),
]
const maskData = {
  recurrentMask: { integers: [0, 2] },
  updateH: { integers: [0, 1] },
  updateC: { integers: [0, 1] },
} as const
const ways = [0, 1].flatMap((reverse) => [false, true].map((masked) => ({ reverse, masked })))

function parts(cell: Cell, masked: boolean) {
  const mask = masked ? ['lengths'] : []
  const initial = cell.states.map((s) => `initial${upper(s)}`)
  const inputs = ['x', 'kernel', 'recurrentKernel', ...cell.biases, ...initial]
  return {
    inputs,
    forward: {
      instruction: cell.forward,
      optional: [...cell.biases, ...initial, ...mask, ...(cell.masks ?? [])],
    },
    upstream: ['dy', ...cell.states.map((s) => `dFinal${upper(s)}`)],
    mask,
  }
}

function pairOf(cell: Cell, reverse: number, masked: boolean): Case {
  const { inputs, forward, upstream, mask } = parts(cell, masked)
  const gradients = [
    ...inputs.map((name) => `d${upper(name)}`).map((n) => (n === 'dX' ? 'dx' : n)),
    'dStates',
  ]
  const both = instructionTable[cell.backward].operands
    .map(({ name }) => name)
    .filter((name) => forward.optional.includes(name))
  return {
    name: `${cell.name} reverse ${reverse} masked ${masked}`,
    steps: [
      { ...forward, optional: [...forward.optional, ...cell.saved] },
      { instruction: cell.backward, optional: [...both, ...upstream, ...gradients, ...mask] },
    ],
    variables,
    attributes: { zoneoutH: 0, zoneoutC: 0, ...cell.attributes, reverse },
    data: { lengths, ...maskData },
  }
}

/** Σ dy ∗ outputs + Σ dFinal ∗ final states: its gradients are what backward gives. */
function lossOf(cell: Cell, reverse: number, given: Tensors) {
  const row = B * H
  return (results: Tensors) =>
    dot(given['dy']!, reverse ? results['h']!.subarray(0, T * row) : results['h']!.subarray(row)) +
    cell.states.reduce((sum, s) => {
      const last = reverse ? results[s]!.subarray(0, row) : results[s]!.subarray(T * row)
      return sum + dot(given[`dFinal${upper(s)}`]!, last)
    }, 0)
}

describe.each(cells.map((cell) => [cell.name, cell] as const))('%s', (_, cell) => {
  it.each(ways)(
    'has the gradients of central differences: reverse $reverse, masked $masked',
    ({ reverse, masked }) => {
      const pair = pairOf(cell, reverse, masked)
      const { given, results } = evaluate(pair)
      const { inputs, forward } = parts(cell, masked)
      const gradients = inputs.map(
        (name) => [name, results[name === 'x' ? 'dx' : `d${upper(name)}`]!] as const,
      )
      const alone = { ...pair, steps: [forward] }
      expectGradients(alone, given, lossOf(cell, reverse, given), Object.fromEntries(gradients))
    },
  )

  it.each(ways)(
    'has dStates of the runs that start there: reverse $reverse, masked $masked',
    ({ reverse, masked }) => {
      const pair = pairOf(cell, reverse, masked)
      const { given, results } = evaluate(pair)
      const [row, dStates] = [B * H, results['dStates']!]
      const stateRow = (name: string, t: number) => results[name]!.slice(t * row, (t + 1) * row)
      for (let done = 0; done < T; done++) {
        // The steps that are left after `done` of them, begun from the state that was reached.
        const left = T - done
        const [first, reached] = reverse ? [0, left] : [done, done]
        const rest: Case = {
          ...pair,
          name: `${pair.name}, ${left} left`,
          variables: { ...variables, T: left },
        }
        const updates = (cell.masks ?? []).filter((name) => name.startsWith('update'))
        const fixed = {
          ...given,
          ...Object.fromEntries(
            updates.map((name) => [name, given[name]!.slice(first * row, (first + left) * row)]),
          ),
          x: given['x']!.slice(first * B * I, (first + left) * B * I),
          dy: given['dy']!.slice(first * row, (first + left) * row),
          lengths: Float64Array.from(lengths, (n) => Math.max(0, Math.min(left, n - first))),
          ...Object.fromEntries(cell.states.map((s) => [`initial${upper(s)}`, stateRow(s, reached)])),
        }
        const expected = evaluate(rest, fixed).results['dInitialH']!
        // The state is an output too, but the initial one.
        const output = reverse ? reached : reached - 1
        if (done > 0)
          for (const [i, d] of given['dy']!.slice(output * row, (output + 1) * row).entries())
            expected[i]! += d
        const received = dStates.slice(reached * row, (reached + 1) * row)
        expect(largestDifference(received, expected).difference).toBeLessThan(1e-12)
      }
      // Of the last state nothing is left but what came from above.
      const last = reverse ? 0 : T
      const output = reverse ? 0 : T - 1
      const above = given['dFinalH']!.map((d, i) => d + given['dy']![output * row + i]!)
      expect(largestDifference(dStates.slice(last * row, (last + 1) * row), above).difference).toBeLessThan(
        1e-12,
      )
    },
  )
})
