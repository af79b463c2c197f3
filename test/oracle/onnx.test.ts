import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { input, layers, model, type RecurrentLayer, type States } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { difference } from '../graph/harness.js'
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
  const file = readModel(readFileSync(join(folder, 'model.onnx')))
  const data = (kind: string, i: number) =>
    readTensor(readFileSync(join(folder, 'test_data_set_0', `${kind}_${i}.pb`)))
  const inputs = file.node.inputs.map((name, i): [string, OnnxTensor | undefined] => [
    inputNames[i] ?? '',
    name === '' ? undefined : data('input', file.inputs.indexOf(name)),
  ])
  const outputs = file.node.outputs.map((name) =>
    name === '' ? undefined : data('output', file.outputs.indexOf(name)),
  )
  return { node: file.node, inputs: Object.fromEntries(inputs.filter(([, t]) => t)), outputs }
}

function required(tensor: OnnxTensor | undefined): OnnxTensor {
  if (!tensor) throw new Error('a required input is missing')
  return tensor
}

const layerOf = {
  RNN: { name: 'simpleRNN', make: layers.simpleRNN },
  LSTM: { name: 'lstm', make: layers.lstm },
  GRU: { name: 'gru', make: layers.gru },
} as const

/** Weights by our names, from W [1, gates · units, features], R, and B of two biases side by side. */
function weightsOf({ node, inputs }: OnnxCase, I: number, H: number): Record<string, ArrayLike<number>> {
  const operation = node.operation as keyof typeof gateOrders
  const order = gateOrders[operation]
  const G = order.length
  const ours = (tensor: OnnxTensor, rows: number) =>
    permuteGates(transposed(tensor.data, G * H, rows), H, order)
  const weights: Record<string, ArrayLike<number>> = {
    kernel: ours(required(inputs.W), I),
    recurrentKernel: ours(required(inputs.R), H),
  }
  if (inputs.B) {
    const [input, recurrent] = [inputs.B.data.subarray(0, G * H), inputs.B.data.subarray(G * H)]
    const twice = operation === 'GRU' && node.attributes['linear_before_reset'] === 1
    const sum = input.map((v, i) => v + (recurrent[i] ?? 0))
    weights['bias'] = permuteGates(twice ? input : sum, H, order)
    if (twice) weights['recurrentBias'] = permuteGates(recurrent, H, order)
  }
  if (inputs.P) weights['peepholes'] = permuteGates(inputs.P.data, H, peepholeOrder)
  return weights
}

async function runCase(backend: BackendName, of: OnnxCase): Promise<void> {
  const { node, inputs, outputs } = of
  const unknown = Object.keys(node.attributes).filter((name) => !known.includes(name))
  expect(unknown).toEqual([])
  expect(node.attributes['direction'] ?? 'forward').toBe('forward')
  const batchMajor = node.attributes['layout'] === 1
  const X = required(inputs.X)
  const [first = 0, second = 0, I = 0] = X.shape
  const [T, B] = batchMajor ? [second, first] : [first, second]
  const H = required(inputs.R).shape[2] ?? 0

  const { name, make } = layerOf[node.operation as keyof typeof layerOf]
  const layer = (make as (options: object) => RecurrentLayer<States, true>)({
    units: H,
    returnSequences: true,
    returnState: true,
    // ONNX gives zeros beyond the length of a row.
    zeroOutputForMask: true,
    useBias: inputs.B !== undefined,
    ...(inputs.P && { peepholes: true }),
    ...(node.operation === 'GRU' && { resetAfter: node.attributes['linear_before_reset'] === 1 }),
  })
  const x = input({ shape: [null, I] })
  const given = [inputs.initial_h, inputs.initial_c].flatMap((state) => state ?? [])
  const states = given.map(() => input({ shape: [H] }))
  const applied = layer.apply(x, states.length > 0 ? { initialState: states } : {})
  const made = model({ inputs: [x, ...states], outputs: applied, backend })
  made.setWeights(
    Object.entries(weightsOf(of, I, H)).map(([weight, data]) => ({
      name: `${name}/${weight}`,
      data: Float32Array.from(data),
    })),
  )
  const lengths = inputs.sequence_lens && Array.from(inputs.sequence_lens.data)
  const float = (data: ArrayLike<number>, ...shape: number[]) => ({ data: Float32Array.from(data), shape })
  const [y, ...last] = await made.predict({
    inputs: [
      float(batchMajor ? X.data : swapAxes(X.data, T, B, I), B, T, I),
      ...given.map(({ data }) => float(data, B, H)),
    ],
    ...(lengths && { lengths }),
  })
  const sequence = y?.data ?? []
  const received = [batchMajor ? sequence : swapAxes(sequence, B, T, H), ...last.map(({ data }) => data)]
  expect(outputs.some((o) => o !== undefined)).toBe(true)
  for (const [i, expected] of outputs.entries()) {
    // The tests are written with rtol 1e-3; we are exact to float32.
    if (expected) expect(difference(received[i] ?? [], expected.data), `output ${i}`).toBeLessThan(2e-6)
  }
  made.dispose()
}

describeWithData('onnx/node-v1.21', (folder) => {
  const names = readdirSync(folder).sort()
  const cases = names.map((name) => [name, readCase(join(folder, name))] as const)

  test('all twelve models are there', () => expect(names.length).toBe(12))

  describeOnBackends('ONNX backend node tests', (backend) => {
    test.each(cases)('%s', (_, of) => runCase(backend.name, of))
  })
})
