import {
  defineCell,
  input,
  layers,
  load,
  type Model,
  model,
  operations,
  optimizers,
  sequential,
} from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { features, floats, weightsOf } from './models.js'

const { add, affine, matmul, multiply, sigmoid, split, tanh } = operations

const ownLstm = defineCell({
  name: 'own-lstm',
  states: ({ units }) => ({ h: [units], c: [units] }),
  weights: ({ units, inputDim }) => ({
    kernel: [inputDim, 4 * units],
    recurrentKernel: [units, 4 * units],
    bias: [4 * units],
  }),
  project: (x, w) => add(matmul(x, w.kernel), w.bias),
  step({ h, c }, x, w) {
    const [i, f, g, o] = split(add(x, matmul(h, w.recurrentKernel)), 4)
    const next = add(multiply(sigmoid(f), c), multiply(sigmoid(i), tanh(g)))
    return { h: multiply(sigmoid(o), tanh(next)), c: next }
  },
})

/** uₜ = α uₜ₋₁ + (1 − α) tanh(xₜ · kernel + uₜ₋₁ · recurrentKernel): α is an option, the input is used as it is. */
const leaky = defineCell({
  name: 'own-leaky',
  options: { alpha: 0.5 },
  states: ({ units }) => ({ u: [units] }),
  weights: ({ units, inputDim }) => ({ kernel: [inputDim, units], recurrentKernel: [units, units] }),
  step: ({ u }, x, w, { alpha }) => ({
    u: add(affine(u, alpha), affine(tanh(add(matmul(x, w.kernel), matmul(u, w.recurrentKernel))), 1 - alpha)),
  }),
})

/** sₜ = tanh(A sₜ₋₁): a dynamical system without input. */
const system = defineCell({
  name: 'system',
  states: ({ units }) => ({ s: [units] }),
  weights: ({ units }) => ({ recurrentKernel: [units, units] }),
  step: ({ s }, _, { recurrentKernel }) => ({ s: tanh(matmul(s, recurrentKernel)) }),
})

const units = 5
const lengths = [3, 7, 0, 1]
const batch = {
  inputs: floats('inputs', 4, 7, features),
  targets: floats('targets', 4, 7, 2),
  lengths,
}

type Options = {
  readonly returnSequences: boolean
  readonly goBackwards?: boolean
  readonly stateful?: boolean
}

function stack(backend: BackendName, own: boolean, options: Partial<Options> = {}, both = false): Model {
  const all = { units, ...(both ? {} : { name: 'cell' }), returnSequences: true, ...options }
  // The own cell has no unit forget bias.
  const cell = own ? ownLstm(all) : layers.lstm({ ...all, unitForgetBias: false })
  const made = sequential(
    [both ? layers.bidirectional(cell, { name: 'both' }) : cell, layers.dense({ units: 2 })],
    {
      inputShape: [null, features],
      backend,
      seed: 4,
    },
  )
  return made.compile({ optimizer: optimizers.sgd({ learningRate: 0.5 }), loss: 'meanSquaredError' })
}

describeOnBackends('a cell of one\u2019s own', ({ name }) => {
  const tolerance = name === 'reference' ? 1e-7 : 3e-6

  test.each([
    ['in a stack', {}, false],
    ['backwards', { goBackwards: true }, false],
    ['in both directions', {}, true],
    ['carried from batch to batch', { stateful: true }, false],
  ] as const)('trains as the built-in one does: %s', async (_, options, both) => {
    const [own, builtIn] = [stack(name, true, options, both), stack(name, false, options, both)]
    const results = []
    for (const each of [own, builtIn]) {
      const { loss } = await each.fit([batch, batch, batch], { epochs: 2 })
      const { data } = await each.predict(batch)
      results.push({ loss, data, weights: weightsOf(each) })
    }
    const [a, b] = results as [(typeof results)[0], (typeof results)[0]]
    expect(difference(a.loss, b.loss)).toBeLessThan(tolerance)
    expect(difference(a.data, b.data)).toBeLessThan(tolerance)
    expect(difference(a.weights, b.weights)).toBeLessThan(tolerance)
    own.dispose()
    builtIn.dispose()
  })

  test('streams: a session gives what the whole sequence gives', async () => {
    const made = stack(name, true)
    const { data } = await made.predict({
      inputs: { data: batch.inputs.data.slice(0, 7 * features), shape: [1, 7, features] },
    })
    const session = made.session()
    for (let t = 0; t < 7; t++) {
      const y = session.step(batch.inputs.data.slice(t * features, (t + 1) * features))
      expect(difference(y, data.slice(2 * t, 2 * t + 2))).toBeLessThan(tolerance)
    }
    made.dispose()
  })

  test('keeps its options in the file, and is found again by its name', async () => {
    const made = sequential([leaky({ units: 3, alpha: 0.9 })], {
      inputShape: [null, features],
      backend: name,
    })
    const bytes = made.toBytes()
    const again = await load(bytes, { cells: [ownLstm, leaky], backend: name })
    expect((await again.predict(batch)).data).toEqual((await made.predict(batch)).data)
    const expected = sequential([leaky({ units: 3, alpha: 0.1 })], {
      inputShape: [null, features],
      backend: name,
    })
    expect((await expected.predict(batch)).data).not.toEqual((await made.predict(batch)).data)
    await expect(failureText(() => load(bytes))).resolves.toMatch(/own-leaky.*cells: \[cell\]/)
  })

  test('needs no input: sₜ = f(sₜ₋₁; θ) from a given state', async () => {
    const x = input({ shape: [null, 1], name: 'steps' })
    const first = input({ shape: [2], name: 'first' })
    const y = system({ units: 2, returnSequences: true, name: 'a' }).apply(x, { initialState: [first] })
    const made = model({ inputs: [x, first], outputs: y, backend: name })
    made.setWeights([{ name: 'a/recurrentKernel', data: [0.5, -1, 2, 0.25] }])
    const { data } = await made.predict({
      inputs: {
        steps: { data: new Float32Array(3), shape: [1, 3, 1] },
        first: { data: Float32Array.of(1, -2), shape: [1, 2] },
      },
    })
    let s = [1, -2]
    const expected: number[] = []
    for (let t = 0; t < 3; t++) {
      const [p, q] = s as [number, number]
      s = [Math.tanh(0.5 * p + 2 * q), Math.tanh(-p + 0.25 * q)]
      expected.push(...s)
    }
    expect(difference(data, expected)).toBeLessThan(1e-6)
  })
})

test.each([
  ['an option it does not have', () => leaky({ units: 3, beta: 1 } as never), /unknown option "beta"/],
  ['an option of another type', () => leaky({ units: 3, alpha: '1' } as never), /alpha.*a number/],
  [
    'the name of a built-in layer',
    () => defineCell({ name: 'lstm', states: () => ({ h: [1] }), step: (s) => s }),
    /a layer of that name/,
  ],
  ['no name', () => defineCell({ name: '', states: () => ({ h: [1] }), step: (s) => s }), /defineCell/],
])('refuses %s', (_, make, expected) => {
  expect(make).toThrow(expected)
})

test('says which state has another shape behind the step', () => {
  const wrong = defineCell({
    name: 'wrong',
    states: ({ units }) => ({ h: [units] }),
    step: (_, x) => ({ h: x }),
  })
  expect(() => sequential([wrong({ units: 4 })], { inputShape: [null, 3] })).toThrow(
    /wrong, state "h": expected a next state \[B, 4\], received \[B, 3\]/,
  )
})
