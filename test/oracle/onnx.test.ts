import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { layers, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { Backend, BackendName } from '../../src/backends/backend.js'
import { gru, lstm, rnn } from '../../src/graph/index.js'
import { describeOnBackends } from '../backends.js'
import { difference, runFunction, traceFunction } from '../graph/harness.js'
import { permuteGates, swapAxes, transposed } from './layouts.js'
import { type OnnxNode, type OnnxTensor, readModel, readTensor } from './onnx-file.js'
import { describeWithData } from './shared-data.js'

/** Gates of ours by their position in ONNX: i f g o from i o f c, z r n from z r h. */
const gateOrders = { RNN: [0], LSTM: [0, 2, 3, 1], GRU: [0, 1, 2] } as const
/** Peepholes of ours i f o from i o f. */
const peepholeOrder = [0, 2, 1]
const inputNames = ['X', 'W', 'R', 'B', 'sequence_lens', 'initial_h', 'initial_c', 'P'] as const

const known = ['hidden_size', 'layout', 'linear_before_reset', 'direction']

interface OnnxCase {
  readonly node: OnnxNode
  readonly inputs: Partial<Record<(typeof inputNames)[number], OnnxTensor>>
  /** Y, Y_h, Y_c, where the test gives them. */
  readonly outputs: readonly (OnnxTensor | undefined)[]
}

function readCase(folder: string): OnnxCase {
  const model = readModel(readFileSync(join(folder, 'model.onnx')))
  const data = (kind: string, i: number) =>
    readTensor(readFileSync(join(folder, 'test_data_set_0', `${kind}_${i}.pb`)))
  const inputs = model.node.inputs.map((name, i): [string, OnnxTensor | undefined] => [
    inputNames[i] ?? '',
    name === '' ? undefined : data('input', model.inputs.indexOf(name)),
  ])
  const outputs = model.node.outputs.map((name) =>
    name === '' ? undefined : data('output', model.outputs.indexOf(name)),
  )
  return { node: model.node, inputs: Object.fromEntries(inputs.filter(([, t]) => t)), outputs }
}

function required(tensor: OnnxTensor | undefined): OnnxTensor {
  if (!tensor) throw new Error('a required input is missing')
  return tensor
}

function runCase(backend: Backend, { node, inputs, outputs }: OnnxCase): void {
  const unknown = Object.keys(node.attributes).filter((name) => !known.includes(name))
  expect(unknown).toEqual([])
  expect(node.attributes['direction'] ?? 'forward').toBe('forward')
  const operation = node.operation as keyof typeof gateOrders
  const order = gateOrders[operation]
  const batchMajor = node.attributes['layout'] === 1
  const X = required(inputs.X)
  const [first = 0, second = 0, I = 0] = X.shape
  const [T, B] = batchMajor ? [second, first] : [first, second]
  const H = required(inputs.R).shape[2] ?? 0
  const G = order.length
  // W [1, gates · units, features] is the transpose of our kernel.
  const ours = (tensor: OnnxTensor, rows: number) =>
    permuteGates(transposed(tensor.data, G * H, rows), H, order)
  const values: Record<string, ArrayLike<number>> = {
    x: batchMajor ? swapAxes(X.data, B, T, I) : X.data,
    kernel: ours(required(inputs.W), I),
    recurrentKernel: ours(required(inputs.R), H),
  }
  if (inputs.B) {
    const [input, recurrent] = [inputs.B.data.subarray(0, G * H), inputs.B.data.subarray(G * H)]
    if (operation === 'GRU') {
      values['bias'] = permuteGates(input, H, order)
      values['recurrentBias'] = permuteGates(recurrent, H, order)
    } else {
      values['bias'] = permuteGates(
        input.map((v, i) => v + (recurrent[i] ?? 0)),
        H,
        order,
      )
    }
  }
  const lengths = inputs.sequence_lens?.data
  if (lengths) values['lengths'] = lengths
  if (inputs.initial_h) values['initialH'] = inputs.initial_h.data
  if (inputs.initial_c) values['initialC'] = inputs.initial_c.data
  if (inputs.P) values['peepholes'] = permuteGates(inputs.P.data, H, peepholeOrder)

  const traced = traceFunction((b) => {
    const has = (name: string) => values[name] !== undefined
    const weights = {
      kernel: b.parameter('kernel', [I, G * H]),
      recurrentKernel: b.parameter('recurrentKernel', [H, G * H]),
      bias: has('bias') ? b.parameter('bias', [G * H]) : undefined,
    }
    const options = {
      training: false,
      lengths: lengths && b.data('lengths', [B], 'i32'),
      initialH: has('initialH') ? b.data('initialH', [B, H]) : undefined,
    }
    const x = b.data('x', [T, B, I])
    if (operation === 'RNN') return { ...rnn(x, weights, { ...options, activation: 'tanh' }) }
    if (operation === 'LSTM') {
      const initialC = has('initialC') ? b.data('initialC', [B, H]) : undefined
      const peepholes = has('peepholes') ? b.parameter('peepholes', [3 * H]) : undefined
      return { ...lstm(x, { ...weights, peepholes }, { ...options, initialC }) }
    }
    const recurrentBias = has('recurrentBias') ? b.parameter('recurrentBias', [G * H]) : undefined
    const resetAfter = node.attributes['linear_before_reset'] === 1
    return { ...gru(x, { ...weights, recurrentBias }, { ...options, resetAfter }) }
  })
  const result = runFunction(backend, traced, values).outputs
  // ONNX gives zeros beyond the length of a row, where ours repeat its last output.
  const y = result['y']?.map((v, i) => {
    const [t, b] = [Math.floor(i / (B * H)), Math.floor(i / H) % B]
    return lengths && t >= (lengths[b] ?? 0) ? 0 : v
  })
  const received = [y && batchMajor ? swapAxes(y, T, B, H) : y, result['finalH'], result['finalC']]
  expect(outputs.some((o) => o !== undefined)).toBe(true)
  for (const [i, expected] of outputs.entries()) {
    // The tests are written with rtol 1e-3; we are exact to float32.
    if (expected) expect(difference(received[i] ?? [], expected.data), `output ${i}`).toBeLessThan(2e-6)
  }
}

/** The same of an LSTM with peepholes in the public face, which has no initial states: the test gives zeros. */
async function runModel(backend: BackendName, { inputs, outputs }: OnnxCase): Promise<void> {
  const [T = 0, B = 0, I = 0] = required(inputs.X).shape
  const H = required(inputs.R).shape[2] ?? 0
  expect(inputs.sequence_lens?.data.every((n) => n === T)).toBe(true)
  for (const initial of [inputs.initial_h, inputs.initial_c])
    expect(initial?.data.every((v) => v === 0)).toBe(true)
  const ours = (tensor: OnnxTensor, rows: number) =>
    permuteGates(transposed(tensor.data, 4 * H, rows), H, gateOrders.LSTM)
  const bias = required(inputs.B).data
  const sum = bias.subarray(0, 4 * H).map((v, i) => v + (bias[4 * H + i] ?? 0))
  const model = sequential([layers.lstm({ units: H, peepholes: true })], { inputShape: [null, I], backend })
  model.setWeights([
    { name: 'lstm/kernel', data: Float32Array.from(ours(required(inputs.W), I)) },
    { name: 'lstm/recurrentKernel', data: Float32Array.from(ours(required(inputs.R), H)) },
    { name: 'lstm/bias', data: Float32Array.from(permuteGates(sum, H, gateOrders.LSTM)) },
    {
      name: 'lstm/peepholes',
      data: Float32Array.from(permuteGates(required(inputs.P).data, H, peepholeOrder)),
    },
  ])
  const x = Float32Array.from(swapAxes(required(inputs.X).data, T, B, I))
  const { data } = await model.predict({ inputs: { data: x, shape: [B, T, I] } })
  expect(difference(data, required(outputs[1]).data)).toBeLessThan(2e-6)
  model.dispose()
}

describeWithData('onnx/node-v1.21', (folder) => {
  const names = readdirSync(folder).sort()
  const cases = names.map((name) => [name, readCase(join(folder, name))] as const)

  test('all twelve models are there', () => expect(names.length).toBe(12))

  describeOnBackends('ONNX backend node tests', (backend) => {
    for (const [name, of] of cases) {
      test(name, () => runCase(backend, of))
      if (of.inputs.P) test(`${name}, by a model`, () => runModel(backend.name, of))
    }
  })
})
