import { readFileSync } from 'node:fs'
import { type Layer, layers, load, optimizers, sequential, type TensorData } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { difference } from '../graph/harness.js'

interface Numbers {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

interface Case<Options> {
  readonly options: Options
  readonly weights: Readonly<Record<string, Numbers>>
  readonly x: Numbers
  readonly target: Numbers
  readonly y: Numbers
  readonly loss: number
  readonly gradients: Readonly<Record<string, Numbers>>
}

interface Fixture<Options> {
  readonly lengths: readonly number[]
  readonly cases: readonly Case<Options>[]
}

const fixture = <Options>(name: string): Fixture<Options> =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'))

const tensor = ({ shape, data }: Numbers): TensorData => ({ shape, data: Float32Array.from(data) })
const nameOf = (options: object): string =>
  Object.entries(options)
    .filter(([, value]) => value !== false && value !== 'separate')
    .map(([option, value]) => (value === true ? option : `${option} ${value}`))
    .join(', ') || 'plain'

/** Outputs, saved and loaded again; outputs step by step; loss; gradients of all weights, as one step of SGD at rate 1. */
async function expectAgreement(
  backend: BackendName,
  layer: Layer,
  of: Case<object>,
  lengths: readonly number[],
): Promise<void> {
  // Weights come out as float32 everywhere.
  const tolerance = backend === 'reference' ? 2e-7 : 1e-5
  const model = sequential([layer], { inputShape: [null, ...of.x.shape.slice(2)], backend })
  const weights = Object.entries(of.weights)
  const full = (weight: string): string => `${layer.kind}/${weight}`
  model.setWeights(weights.map(([weight, numbers]) => ({ name: full(weight), ...tensor(numbers) })))
  const batch = { inputs: tensor(of.x), targets: tensor(of.target), lengths }

  const { data, shape } = await model.predict(batch)
  expect(shape).toEqual(of.y.shape)
  expect(difference(data, of.y.data)).toBeLessThan(tolerance)
  const again = await load(model.toBytes(), { backend })
  expect((await again.predict(batch)).data).toEqual(data)
  again.dispose()

  const session = model.session()
  const sizeOfStep = ({ shape: [, , ...step] }: Numbers): number => step.reduce((n, d) => n * d, 1)
  const [inputs, outputs] = [sizeOfStep(of.x), sizeOfStep(of.y)]
  for (let t = 0; t < (lengths[0] ?? 0); t++) {
    const y = session.step(Float32Array.from(of.x.data.slice(t * inputs, (t + 1) * inputs)))
    expect(difference(y, of.y.data.slice(t * outputs, (t + 1) * outputs))).toBeLessThan(tolerance)
  }

  model.compile({ optimizer: optimizers.sgd({ learningRate: 1 }), loss: 'meanSquaredError' })
  const [loss = 0] = (await model.fit([batch])).loss
  expect(Math.abs(loss - of.loss)).toBeLessThan(tolerance)
  const moved = model.getWeights()
  expect(moved).toHaveLength(weights.length)
  for (const [weight, { data: before }] of weights) {
    const after = moved.find(({ name }) => name === full(weight))?.data ?? []
    const change = before.map((v, i) => v - (after[i] ?? Number.NaN))
    expect(difference(change, of.gradients[weight]?.data ?? []), weight).toBeLessThan(tolerance)
  }
  model.dispose()
}

describeOnBackends('the LSTM and its variants as PyTorch differentiates them', ({ name }) => {
  type Options = Omit<Parameters<typeof layers.lstm>[0], 'units'>
  const { lengths, cases } = fixture<Options>('pytorch-lstm')

  test.each(cases.map((of) => [nameOf(of.options), of] as const))('%s', async (_, of) => {
    const units = (of.weights['bias']?.shape[0] ?? 0) / (of.options.inputGate === 'coupled' ? 3 : 4)
    await expectAgreement(
      name,
      layers.lstm({ ...of.options, units, returnSequences: true }) as Layer,
      of,
      lengths,
    )
  })
})

describeOnBackends('convLSTM2D as PyTorch differentiates it', ({ name }) => {
  type Options = Parameters<typeof layers.convLSTM2D>[0]
  const { lengths, cases } = fixture<Options>('pytorch-conv-lstm')

  test.each(cases.map((of) => [nameOf(of.options), of] as const))('%s', async (_, of) => {
    await expectAgreement(
      name,
      layers.convLSTM2D({ ...of.options, returnSequences: true }) as Layer,
      of,
      lengths,
    )
  })
})
