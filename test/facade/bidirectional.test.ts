import { layers, type Model, optimizers, sequential, type TensorData } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { backends, describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { expectSlopes, features, floats, lossesOf, weightsOf } from './models.js'

const units = 5
const lengths = [3, 7, 0, 1, 5]
const rows = lengths.length
const time = 7

type Kind = 'lstm' | 'lstm coupled' | 'gru' | 'gru before' | 'simpleRNN'
const kinds: readonly Kind[] = ['lstm', 'lstm coupled', 'gru', 'gru before', 'simpleRNN']

function recurrent(kind: Kind, options: { returnSequences: boolean; goBackwards?: boolean }) {
  const random = { units, biasInitializer: 'randomUniform', ...options } as const
  if (kind === 'lstm') return layers.lstm(random)
  if (kind === 'lstm coupled') return layers.lstm({ ...random, inputGate: 'coupled', peepholes: true })
  if (kind === 'simpleRNN') return layers.simpleRNN(random)
  return layers.gru({ ...random, resetAfter: kind === 'gru' })
}

function bidirectional(backend: BackendName, kind: Kind, returnSequences = true): Model {
  const stack = [layers.bidirectional(recurrent(kind, { returnSequences })), layers.dense({ units: 2 })]
  const made = sequential(stack, { inputShape: [null, features], backend, seed: 21 })
  return made.compile({ optimizer: optimizers.sgd({ learningRate: 0.3 }), loss: 'meanSquaredError' })
}

/** Padded with `filler` behind the lengths. */
function ragged(filler: number) {
  const inputs = floats('inputs', rows, time, features)
  for (const [b, n] of lengths.entries())
    inputs.data.fill(filler, (b * time + n) * features, (b + 1) * time * features)
  return { inputs, targets: floats('targets', rows, time, 2), lengths }
}

/** Row b of a batch [batch, time, …], up to its length. */
function rowOf({ data, shape }: TensorData, b: number): TensorData {
  const width = shape[2] ?? 1
  const n = lengths[b] ?? 0
  return { data: data.slice(b * time * width, (b * time + n) * width), shape: [1, n, width] }
}

const withSteps = [...lengths.entries()].filter(([, n]) => n > 0)

describeOnBackends('bidirectional', ({ name }) => {
  const tolerance = name === 'reference' ? 1e-7 : 2e-6

  test.each(kinds)('%s: both directions side by side, in the order of the input', async (kind) => {
    const both = sequential([layers.bidirectional(recurrent(kind, { returnSequences: true }))], {
      inputShape: [null, features],
      backend: name,
    })
    const batch = ragged(1e30)
    const { data, shape } = await both.predict(batch)
    expect(shape).toEqual([rows, time, 2 * units])
    for (const [d, part] of ['forward', 'backward'].entries()) {
      const layer = recurrent(kind, { returnSequences: true, goBackwards: d === 1 })
      const one = sequential([layer], { inputShape: [null, features], backend: name })
      const own = both.getWeights().filter((w) => w.name.startsWith(`bidirectional/${part}/`))
      one.setWeights(own.map((w) => ({ ...w, name: `${layer.kind}/${w.name.split('/').at(-1)}` })))
      const alone = (await one.predict(batch)).data
      for (let b = 0; b < rows; b++) {
        for (let t = 0; t < time; t++) {
          // What goes backwards alone hands on the last step first (Keras).
          const step = (b * time + (d === 1 ? time - 1 - t : t)) * units
          const at = ((b * time + t) * 2 + d) * units
          expect(data.slice(at, at + units)).toEqual(alone.slice(step, step + units))
        }
      }
      one.dispose()
    }
    both.dispose()
  })

  test.each(kinds)('%s: the last states are those at the end and at the beginning', async (kind) => {
    const [sequence, last] = [true, false].map((returnSequences) =>
      sequential([layers.bidirectional(recurrent(kind, { returnSequences }))], {
        inputShape: [null, features],
        backend: name,
      }),
    ) as [Model, Model]
    const batch = ragged(0)
    const every = (await sequence.predict(batch)).data
    const { data, shape } = await last.predict(batch)
    expect(shape).toEqual([rows, 2 * units])
    for (const [b, n] of withSteps) {
      const at = (t: number, d: number) => ((b * time + t) * 2 + d) * units
      const states = data.slice(b * 2 * units, (b + 1) * 2 * units)
      expect(states.slice(0, units)).toEqual(every.slice(at(n - 1, 0), at(n - 1, 0) + units))
      expect(states.slice(units)).toEqual(every.slice(at(0, 1), at(0, 1) + units))
    }
    for (const m of [sequence, last]) m.dispose()
  })

  test.each(kinds)('%s: every row of a ragged batch gives what it gives alone', async (kind) => {
    const m = bidirectional(name, kind)
    const batch = ragged(Number.NaN)
    const { data } = await m.predict(batch)
    for (const [b, n] of withSteps) {
      const alone = (await m.predict({ inputs: rowOf(batch.inputs, b) })).data
      const together = data.subarray(b * time * 2, (b * time + n) * 2)
      expect(difference(together, alone), `row ${b}`).toBeLessThan(tolerance)
    }
    m.dispose()
  })

  test.each(kinds)('%s: losses and gradients are those of the rows alone', async (kind) => {
    const together = bidirectional(name, kind)
    const start = weightsOf(together)
    const batch = ragged(Number.NaN)
    const [loss = 0] = await lossesOf(together, [batch])
    const total = lengths.reduce((sum, n) => sum + n, 0)
    const moved = Float64Array.from(start)
    let sum = 0
    for (const [b, n] of withSteps) {
      const m = bidirectional(name, kind)
      const learningRate = (0.3 * n) / total
      m.compile({ optimizer: optimizers.sgd({ learningRate }), loss: 'meanSquaredError' })
      const row = { inputs: rowOf(batch.inputs, b), targets: rowOf(batch.targets, b) }
      const [alone = 0] = await lossesOf(m, [row])
      sum += (alone * n) / total
      for (const [i, w] of weightsOf(m).entries()) moved[i] = (moved[i] ?? 0) + w - (start[i] ?? 0)
      m.dispose()
    }
    expect(Math.abs(loss - sum)).toBeLessThan(tolerance)
    expect(difference(weightsOf(together), moved)).toBeLessThan(2e-6)
    together.dispose()
  })

  test.each(kinds)('%s: what the padding holds makes no difference', async (kind) => {
    const outcome = async (filler: number) => {
      const m = bidirectional(name, kind)
      const losses = await lossesOf(m, [ragged(filler), ragged(filler)])
      const weights = weightsOf(m)
      m.dispose()
      return { losses, weights }
    }
    expect(await outcome(Number.NaN)).toEqual(await outcome(0))
  })

  test('learns from both sides: at the first step, the token that comes last', async () => {
    const model = sequential(
      [
        layers.embedding({ inputDim: 2, outputDim: 4 }),
        layers.bidirectional(layers.gru({ units: 8, returnSequences: true })),
        layers.bidirectional(layers.lstm({ units: 8 })),
        layers.dense({ units: 4 }),
      ],
      { backend: name, seed: 5 },
    )
    // The class is made of the first and the last token.
    const inputs = Array.from({ length: 16 }, (_, i) => [i & 1, (i >> 1) & 1, (i >> 2) & 1, (i >> 3) & 1])
    const targets = inputs.map(([first = 0, , , last = 0]) => 2 * first + last)
    model.compile({
      optimizer: optimizers.adam({ learningRate: 0.05 }),
      loss: 'sparseCategoricalCrossentropy',
    })
    const { loss } = await model.fit([{ inputs, targets }], { epochs: 40 })
    expect(loss[0]).toBeGreaterThan(1)
    expect(loss.at(-1)).toBeLessThan(0.05)
    model.dispose()
  })

  test('a session refuses it: a stream has no end', async () => {
    const m = bidirectional(name, 'lstm')
    await m.ready()
    expect(await failureText(() => m.session())).toBe(
      'INVALID_OPTION bidirectional: bidirectional needs the whole sequence. Use predict instead of a session',
    )
    m.dispose()
  })
})

test.each(kinds)('%s: every backend learns the same', async (kind) => {
  for (const returnSequences of [true, false]) {
    const learnt = await Promise.all(
      backends.map(async ({ name }) => {
        const m = bidirectional(name, kind, returnSequences)
        const batch = { ...ragged(0), targets: floats('t', rows, ...(returnSequences ? [time] : []), 2) }
        const losses = await lossesOf(m, [batch, batch, batch])
        const all = [...losses, ...weightsOf(m)]
        m.dispose()
        return all
      }),
    )
    for (const other of learnt.slice(1)) expect(difference(other, learnt[0] ?? [])).toBeLessThan(5e-6)
  }
})

test.each(kinds)('%s: a step of training follows the slope of the loss', async (kind) => {
  await expectSlopes(bidirectional('reference', kind), ragged(0))
})

test('a summary shows both directions in one line', () => {
  const text = bidirectional('reference', 'lstm').summary()
  // 2 · (3 + 5 + 1) · 20 weights
  expect(text).toMatch(/bidirectional +bidirectional +\[B, T, 10\] +360\n/)
  expect(text).toMatch(/382 weights$/)
})
