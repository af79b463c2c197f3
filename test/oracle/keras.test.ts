import { readFileSync } from 'node:fs'
import {
  defineCell,
  initializers,
  input,
  type Layer,
  layers,
  model,
  operations,
  type RecurrentLayer,
  type States,
  sequential,
  type TensorData,
} from 'ostinato'
import { expect, test } from 'vitest'
import type { Backend } from '../../src/backends/backend.js'
import { add, gru, lstm, rnn, type SequenceResult, type Tensor } from '../../src/graph/index.js'
import { describeOnBackends } from '../backends.js'
import { type Builder, runFunction, traceFunction } from '../graph/harness.js'
import { swapAxes } from './layouts.js'
import { describeWithData } from './shared-data.js'

interface Numbers {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

interface Call {
  readonly inputs?: Numbers
  readonly mask?: { readonly shape: readonly number[]; readonly data: readonly boolean[] }
  readonly initial_state?: Numbers | readonly Numbers[]
  readonly reset_state?: true
}

interface KerasCase {
  readonly test: string
  readonly layer: { readonly class: string; readonly config: Config }
  readonly calls: readonly Call[]
  readonly check: {
    readonly call: number
    readonly output_path: readonly (number | readonly ['out', number])[]
    readonly expected?: Numbers
    readonly equals_output?: readonly (readonly ['out', number])[]
    readonly atol: number
    readonly rtol: number
  }
}

interface Config {
  readonly units: number
  readonly kernel_initializer?: Constant
  readonly recurrent_initializer?: Constant
  readonly bias_initializer?: Constant
  readonly return_sequences?: boolean
  readonly return_state?: boolean
  readonly go_backwards?: boolean
  readonly stateful?: boolean
  readonly use_bias?: boolean
  readonly unit_forget_bias?: boolean
  readonly reset_after?: boolean
  readonly zero_output_for_mask?: boolean
  readonly cell?: { readonly class: string; readonly config: { readonly units: number } }
  readonly layer?: { readonly class: string; readonly config: Config }
}

interface Constant {
  readonly initializer: 'Constant'
  readonly value: number
}

type Kind = 'SimpleRNN' | 'LSTM' | 'GRU' | 'OneState' | 'TwoStates'

/** What Keras asks of how to compute, which is the executor's business here. */
const ways = ['unroll', 'implementation']
const read = [
  'units',
  'kernel_initializer',
  'recurrent_initializer',
  'bias_initializer',
  'return_sequences',
  'return_state',
  'go_backwards',
  'stateful',
  'use_bias',
  'unit_forget_bias',
  'reset_after',
  'zero_output_for_mask',
  'cell',
  'layer',
]

function kindOf({ layer }: KerasCase): Kind {
  const { class: name, config } = layer
  if (name !== 'RNN') return name as Kind
  // Cells of the test file: h = x · ones + h · ones; the second kind keeps two of these and gives their sum.
  return config.cell?.class.startsWith('One') ? 'OneState' : 'TwoStates'
}

const constantValue = (constant: Constant | undefined): number => constant?.value ?? 0

/** Constant weights of a cell. A cell of the test file has ones and no bias. */
function weightsOf({ layer: { config } }: KerasCase, kind: Kind) {
  if (kind === 'OneState' || kind === 'TwoStates') return { kernel: 1, recurrentKernel: 1, bias: undefined }
  return {
    kernel: constantValue(config.kernel_initializer),
    recurrentKernel: constantValue(config.recurrent_initializer),
    bias: config.use_bias === false ? undefined : constantValue(config.bias_initializer),
  }
}

/** The valid steps of each row in front: a masked step changes nothing, wherever it stands. */
function compact(inputs: Numbers, mask: Call['mask']): { data: Float64Array; lengths: Int32Array } {
  const [B = 0, T = 0, I = 0] = inputs.shape
  const data = new Float64Array(inputs.data.length)
  const lengths = new Int32Array(B)
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      if (mask && !mask.data[b * T + t]) continue
      const to = (b * T + (lengths[b] ?? 0)) * I
      data.set(inputs.data.slice((b * T + t) * I, (b * T + t + 1) * I), to)
      lengths[b] = (lengths[b] ?? 0) + 1
    }
  }
  return { data, lengths }
}

/** Outputs of the compact steps back at their places; masked steps repeat the output before, or are zero. */
function expand(
  y: Float64Array,
  [B, T, H]: readonly [number, number, number],
  mask: Call['mask'],
  zero: boolean,
) {
  const full = new Float64Array(y.length)
  for (let b = 0; b < B; b++) {
    let count = 0
    for (let t = 0; t < T; t++) {
      const valid = !mask || mask.data[b * T + t]
      if (valid) count++
      if (count === 0 || (!valid && zero)) continue
      const from = (b * T + count - 1) * H
      full.set(y.subarray(from, from + H), (b * T + t) * H)
    }
  }
  return full
}

function define(b: Builder, of: KerasCase, kind: Kind, size: { B: number; T: number; I: number; H: number }) {
  const { config } = of.layer
  const { B, T, I, H } = size
  const gates = kind === 'LSTM' ? 4 : kind === 'GRU' ? 3 : 1
  const biased = weightsOf(of, kind).bias !== undefined
  const weights = {
    kernel: b.parameter('kernel', [I, gates * H]),
    recurrentKernel: b.parameter('recurrentKernel', [H, gates * H]),
    bias: biased ? b.parameter('bias', [gates * H]) : undefined,
  }
  const x = b.data('x', [T, B, I])
  const state = (i: number): Tensor => b.data(`state ${i}`, [B, H])
  const options = {
    training: false,
    reverse: config.go_backwards ?? false,
    lengths: b.data('lengths', [B], 'i32'),
    initialH: state(0),
  }
  const linear = { ...options, activation: 'linear' } as const
  const named = (r: SequenceResult, ...states: Tensor[]) => ({
    y: r.y,
    last: r.finalH,
    ...Object.fromEntries(states.map((s, i) => [`state ${i}`, s])),
  })
  if (kind === 'LSTM') {
    const r = lstm(x, weights, { ...options, initialC: state(1) })
    return named(r, r.finalH, r.finalC)
  }
  if (kind === 'GRU') {
    const resetAfter = config.reset_after ?? true
    // Keras keeps two biases with reset_after, initialised alike.
    const recurrentBias = biased && resetAfter ? b.parameter('recurrentBias', [3 * H]) : undefined
    const r = gru(x, { ...weights, recurrentBias }, { ...options, resetAfter })
    return named(r, r.finalH)
  }
  const r = rnn(x, weights, kind === 'SimpleRNN' ? { ...options, activation: 'tanh' } : linear)
  if (kind !== 'TwoStates') return named(r, r.finalH)
  const second = rnn(x, weights, { ...linear, initialH: state(1) })
  const sum = { y: add(r.y, second.y), finalH: add(r.finalH, second.finalH) }
  return named(sum, r.finalH, second.finalH)
}

/** What each call returns: the output, then the states. */
function callByGraph(backend: Backend, of: KerasCase): Float64Array[][] {
  const kind = kindOf(of)
  const { config } = of.layer
  const H = config.units ?? config.cell?.config.units ?? 0
  const stateCount = kind === 'LSTM' || kind === 'TwoStates' ? 2 : 1
  let carried: Float64Array[] | undefined
  return of.calls.map((call) => {
    if (call.reset_state) carried = undefined
    if (!call.inputs) return []
    const [B = 0, T = 0, I = 0] = call.inputs.shape
    const traced = traceFunction((b) => define(b, of, kind, { B, T, I, H }))
    const { data, lengths } = compact(call.inputs, call.mask)
    const constants = weightsOf(of, kind)
    const values: Record<string, ArrayLike<number>> = { x: swapAxes(data, B, T, I), lengths }
    for (const { name, length } of traced.parameters) {
      const value = name === 'recurrentBias' ? constants.bias : constants[name as keyof typeof constants]
      values[name] = new Float64Array(length).fill(value ?? 0)
      const forget = kind === 'LSTM' && name === 'bias' && config.unit_forget_bias !== false
      if (forget) (values[name] as Float64Array).fill(1, H, 2 * H)
    }
    const given = call.initial_state && [call.initial_state].flat()
    for (let i = 0; i < stateCount; i++) {
      values[`state ${i}`] = given?.[i]?.data ?? carried?.[i] ?? new Float64Array(B * H)
    }
    const { outputs } = runFunction(backend, traced, values)
    const states = Array.from({ length: stateCount }, (_, i) => outputs[`state ${i}`] as Float64Array)
    if (config.stateful) carried = states
    const sequence = swapAxes(outputs['y'] as Float64Array, T, B, H)
    const y = config.return_sequences
      ? expand(sequence, [B, T, H], call.mask, config.zero_output_for_mask ?? false)
      : (outputs['last'] as Float64Array)
    return [y, ...states]
  })
}

const { add: sum, matmul } = operations
/** Two linear recurrences with one kernel, whose sum is what the cell says: here a state of its own, since the first one is handed on. */
const twoStates = defineCell({
  name: 'two-states',
  states: ({ units }) => ({ y: [units], first: [units], second: [units] }),
  weights: ({ units, inputDim }) => ({ kernel: [inputDim, units], recurrentKernel: [units, units] }),
  project: (x, w) => matmul(x, w.kernel),
  step({ first, second }, x, w) {
    const [a, b] = [first, second].map((h) => sum(x, matmul(h, w.recurrentKernel))) as [typeof x, typeof x]
    return { y: sum(a, b), first: a, second: b }
  },
})

/** The layer of the public face. A layer that returns the states it carries returns them, and is given them again. */
function layerFor(of: KerasCase): Layer | RecurrentLayer<States, boolean> {
  const { class: name, config } = of.layer
  const kind = kindOf(of)
  const constant = (c: Constant | undefined) => initializers.constant({ value: constantValue(c) })
  if (name === 'TimeDistributed') {
    const inner = config.layer?.config as Config
    return layers.dense({
      units: inner.units,
      useBias: false,
      kernelInitializer: constant(inner.kernel_initializer),
    })
  }
  const options = {
    returnSequences: config.return_sequences ?? false,
    goBackwards: config.go_backwards ?? false,
    stateful: (config.stateful && !config.return_state) ?? false,
    returnState: config.return_state ?? false,
    zeroOutputForMask: config.zero_output_for_mask ?? false,
    useBias: config.use_bias ?? true,
    kernelInitializer: constant(config.kernel_initializer),
    recurrentInitializer: constant(config.recurrent_initializer),
    biasInitializer: constant(config.bias_initializer),
  }
  if (kind === 'LSTM')
    return layers.lstm({ ...options, units: config.units, unitForgetBias: config.unit_forget_bias ?? true })
  if (kind === 'GRU')
    return layers.gru({ ...options, units: config.units, resetAfter: config.reset_after ?? true })
  if (kind === 'SimpleRNN') return layers.simpleRNN({ ...options, units: config.units })
  const ones = initializers.constant({ value: 1 })
  const cell = { ...options, kernelInitializer: ones, recurrentInitializer: ones, useBias: false }
  const units = config.cell?.config.units ?? 0
  if (kind === 'TwoStates') return twoStates({ ...cell, units })
  return layers.simpleRNN({ ...cell, units, activation: 'linear' })
}

const tensor = ({ data, shape }: Numbers): TensorData => ({ data: Float32Array.from(data), shape })

/** One call by `predict`, with the states that it begins with: the output, then the states. */
async function callOnce(
  backend: Backend,
  of: KerasCase,
  layer: Layer | RecurrentLayer<States, boolean>,
  call: number,
  given: readonly TensorData[],
): Promise<TensorData[]> {
  const { inputs, mask } = of.calls[call] as Call
  const x = input({ shape: [null, inputs?.shape[2] ?? 0] })
  const states = given.map(({ shape }) => input({ shape: shape.slice(1) }))
  const y =
    states.length > 0
      ? (layer as RecurrentLayer<States, boolean>).apply(x, { initialState: states })
      : layer.apply(x)
  const m = model({ inputs: [x, ...states], outputs: [y].flat(), backend: backend.name })
  try {
    const batch = { inputs: [tensor(inputs as Numbers), ...given] }
    const ones = mask && { data: Int32Array.from(mask.data, Number), shape: mask.shape }
    return [...(await m.predict(ones ? { ...batch, mask: ones } : batch))]
  } finally {
    m.dispose()
  }
}

/** The checked call by `predict`; a stateful layer takes its calls step by step in a session, which carries the state. */
async function callByLayer(
  backend: Backend,
  of: KerasCase,
  layer: Layer | RecurrentLayer<States, boolean>,
): Promise<ArrayLike<number>[]> {
  const { stateful, return_state } = of.layer.config
  const features = of.calls[0]?.inputs?.shape[2] ?? 0
  if (!stateful) {
    const { initial_state } = of.calls[of.check.call] as Call
    const told = [initial_state ?? []].flat() as Numbers[]
    // What a cell of two states begins with as y is never looked at.
    const given = kindOf(of) === 'TwoStates' && told[0] ? [told[0], ...told] : told
    return (await callOnce(backend, of, layer, of.check.call, given.map(tensor))).map(({ data }) => data)
  }
  if (return_state) {
    let answers: TensorData[] = []
    for (const [i, { inputs, reset_state }] of of.calls.slice(0, of.check.call + 1).entries()) {
      if (reset_state) answers = []
      if (inputs) answers = await callOnce(backend, of, layer, i, answers.slice(1))
    }
    return answers.map(({ data }) => data as Float32Array)
  }
  const stack = sequential([layer as Layer], { inputShape: [null, features], backend: backend.name })
  try {
    await stack.ready()
    const session = stack.session({ batch: of.calls[0]?.inputs?.shape[0] ?? 0 })
    let last = new Float32Array()
    for (const { inputs, reset_state } of of.calls.slice(0, of.check.call + 1)) {
      if (reset_state) session.reset()
      if (!inputs) continue
      const [B = 0, T = 0, I = 0] = inputs.shape
      const steps = swapAxes(inputs.data, B, T, I)
      for (let t = 0; t < T; t++)
        last = session.step(steps.subarray(t * B * I, (t + 1) * B * I)) as typeof last
    }
    return [last]
  } finally {
    stack.dispose()
  }
}

function expectClose(
  received: ArrayLike<number>,
  expected: ArrayLike<number>,
  check: KerasCase['check'],
): void {
  expect(received.length).toBe(expected.length)
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [received[i] as number, expected[i] as number]
    expect(Math.abs(a - b), `[${i}] = ${a}, not ${b}`).toBeLessThanOrEqual(
      check.atol + check.rtol * Math.abs(b),
    )
  }
}

/** Rows of the batch axis, where the check names one. */
function pick(received: ArrayLike<number>, { check, calls }: KerasCase): ArrayLike<number> {
  const [row] = check.output_path
  if (typeof row !== 'number') return received
  const size = received.length / (calls[check.call]?.inputs?.shape[0] ?? 1)
  return Array.from(received).slice(row * size, (row + 1) * size)
}

function outputAt(path: KerasCase['check']['output_path'] | undefined): number {
  const [first] = path ?? []
  return Array.isArray(first) ? (first[1] as number) : 0
}

describeWithData('keras/keras_rnn_literals.json', (path) => {
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: readonly KerasCase[] }

  test('all cases are there, and no option of theirs goes unread', () => {
    expect(cases.length).toBe(95)
    const options = new Set(cases.flatMap(({ layer }) => Object.keys(layer.config)))
    expect([...options].filter((o) => !read.includes(o) && !ways.includes(o))).toEqual([])
  })

  describeOnBackends('Keras, through the graph', (backend) => {
    for (const [i, of] of cases.entries()) {
      if (of.layer.class === 'TimeDistributed') continue
      test(`${i}: ${of.test}`, () => {
        const outputs = callByGraph(backend, of)[of.check.call] ?? []
        const received = outputs[outputAt(of.check.output_path)] as Float64Array
        const expected = of.check.expected?.data ?? outputs[outputAt(of.check.equals_output)] ?? []
        expectClose(pick(received, of), expected, of.check)
      })
    }
  })

  describeOnBackends('Keras, through layers', (backend) => {
    for (const [i, of] of cases.entries()) {
      const layer = layerFor(of)
      test(`${i}: ${of.test}`, async () => {
        const returned = await callByLayer(backend, of, layer)
        // The first state of a cell of two states is its output again.
        const outputs = returned.filter((_, k) => !(kindOf(of) === 'TwoStates' && k === 1))
        const received = outputs[outputAt(of.check.output_path)] as ArrayLike<number>
        const expected = of.check.expected?.data ?? outputs[outputAt(of.check.equals_output)] ?? []
        expectClose(pick(received, of), expected, of.check)
      })
    }
  })
})
