import { readFileSync } from 'node:fs'
import { layers, load, optimizers, sequential, type TensorData } from 'ostinato'
import { expect, test } from 'vitest'
import { describeOnBackends } from '../backends.js'
import { difference } from '../graph/harness.js'

interface Numbers {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

interface Case {
  readonly options: {
    readonly peepholes: boolean
    readonly inputGate: 'separate' | 'coupled'
    readonly projection?: number
    readonly layerNormalization: boolean
  }
  readonly weights: Readonly<Record<string, Numbers>>
  readonly x: Numbers
  readonly target: Numbers
  readonly y: Numbers
  readonly loss: number
  readonly gradients: Readonly<Record<string, Numbers>>
}

const { lengths, cases } = JSON.parse(
  readFileSync(new URL('./fixtures/pytorch-lstm.json', import.meta.url), 'utf8'),
) as { readonly lengths: readonly number[]; readonly cases: readonly Case[] }

const tensor = ({ shape, data }: Numbers): TensorData => ({ shape, data: Float32Array.from(data) })
const nameOf = ({ options }: Case): string =>
  Object.entries(options)
    .filter(([, value]) => value !== false && value !== 'separate')
    .map(([option, value]) => (value === true ? option : `${option} ${value}`))
    .join(', ') || 'plain'

describeOnBackends('the LSTM and its variants as PyTorch differentiates them', ({ name }) => {
  // Weights come out as float32 everywhere.
  const tolerance = name === 'reference' ? 2e-7 : 1e-5

  test.each(cases.map((of) => [nameOf(of), of] as const))('%s', async (_, of) => {
    const units = (of.weights['bias']?.shape[0] ?? 0) / (of.options.inputGate === 'coupled' ? 3 : 4)
    const layer = layers.lstm({ units, returnSequences: true, ...of.options })
    const model = sequential([layer], { inputShape: [null, of.x.shape[2] ?? 0], backend: name })
    const weights = Object.entries(of.weights)
    model.setWeights(weights.map(([weight, numbers]) => ({ name: `lstm/${weight}`, ...tensor(numbers) })))
    const batch = { inputs: tensor(of.x), targets: tensor(of.target), lengths }

    const { data, shape } = await model.predict(batch)
    expect(shape).toEqual(of.y.shape)
    expect(difference(data, of.y.data)).toBeLessThan(tolerance)
    const again = await load(model.toBytes(), { backend: name })
    expect((await again.predict(batch)).data).toEqual(data)
    again.dispose()

    const session = model.session()
    const [inputs = 0, outputs = 0] = [of.x.shape[2], of.y.shape[2]]
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
      const after = moved.find((w) => w.name === `lstm/${weight}`)?.data ?? []
      const change = before.map((v, i) => v - (after[i] ?? Number.NaN))
      expect(difference(change, of.gradients[weight]?.data ?? []), weight).toBeLessThan(tolerance)
    }
    model.dispose()
  })
})
