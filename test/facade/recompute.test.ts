import { type Batch, input, layers, type Model, model, optimizers, sequential } from 'ostinato'
import { describe, expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { difference } from '../graph/harness.js'
import { features, floats, lossesOf, weightsOf } from './models.js'

const units = 5
const batch = 4
const masks = { dropout: 0.2, recurrentDropout: 0.3, zoneoutH: 0.2 }
const sequence = { units, returnSequences: true } as const
type Stack = Parameters<typeof sequential>[0]

const stacks: readonly (readonly [string, (recompute: boolean) => Stack])[] = [
  ['lstm', (recompute) => [layers.lstm({ ...sequence, recompute })]],
  [
    'lstm with peepholes and masks',
    (recompute) => [layers.lstm({ ...sequence, ...masks, zoneoutC: 0.3, peepholes: true, recompute })],
  ],
  ['coupled lstm', (recompute) => [layers.lstm({ ...sequence, inputGate: 'coupled', recompute })]],
  ['gru', (recompute) => [layers.gru({ ...sequence, ...masks, recompute })]],
  ['gru, reset before', (recompute) => [layers.gru({ ...sequence, resetAfter: false, recompute })]],
  ['backwards', (recompute) => [layers.lstm({ ...sequence, goBackwards: true, recompute })]],
  [
    'bidirectional, in a stack',
    (recompute) => [
      layers.bidirectional(layers.gru({ ...sequence, recompute })),
      layers.lstm({ ...sequence, recompute }),
    ],
  ],
  ['delayed', (recompute) => [layers.delay(layers.lstm({ ...sequence, recompute }), { steps: 3 })]],
  ['stateful', (recompute) => [layers.lstm({ ...sequence, stateful: true, recompute })]],
]

function trained(stack: Stack, backend: BackendName): Model {
  const made = sequential(stack, { inputShape: [null, features], backend, seed: 8 })
  return made.compile({ optimizer: optimizers.sgd({ learningRate: 0.5 }), loss: 'meanSquaredError' })
}

const data = (time: number, lengths?: readonly number[]): Batch => ({
  inputs: floats('inputs', batch, time, features),
  targets: floats('targets', batch, time, units),
  ...(lengths && { lengths }),
})

// Whole parts, one that is not full, a part of one step, padded rows and empty ones.
const batches = [data(16), data(7), data(1), data(10, [10, 3, 0, 6]), data(12, [2, 12, 4, 5])]

describeOnBackends('recompute', ({ name }) => {
  const bound = name === 'reference' ? 1e-7 : 2e-5

  test.each(stacks)('%s: learns what it learns with everything kept', async (_, stack) => {
    const [kept, again] = [trained(stack(false), name), trained(stack(true), name)]
    const losses = await lossesOf(kept, batches, { epochs: 2 })
    expect(difference(await lossesOf(again, batches, { epochs: 2 }), losses)).toBeLessThan(bound)
    expect(difference(weightsOf(again), weightsOf(kept))).toBeLessThan(bound)
    expect(difference(weightsOf(trained(stack(true), name)), weightsOf(kept))).toBeGreaterThan(1e-2)
  })

  test('gradients pass through given and last states', async () => {
    const made = (recompute: boolean): Model => {
      const x = input({ shape: [null, features], name: 'x' })
      const first = layers.lstm({ ...sequence, returnState: true, recompute }).apply(x)
      const second = layers.lstm({ units, returnState: true, recompute })
      const [y] = second.apply(first[0], { initialState: [first[1], first[2]] })
      const whole = model({ inputs: x, outputs: layers.dense({ units: 1 }).apply(y), backend: name, seed: 2 })
      return whole.compile({ optimizer: optimizers.sgd({ learningRate: 0.5 }), loss: 'meanSquaredError' })
    }
    const one = { inputs: floats('x', batch, 11, features), targets: floats('y', batch, 1) }
    const [kept, again] = [made(false), made(true)]
    const losses = await lossesOf(kept, [one], { epochs: 3 })
    expect(difference(await lossesOf(again, [one], { epochs: 3 }), losses)).toBeLessThan(bound)
    expect(difference(weightsOf(again), weightsOf(kept))).toBeLessThan(bound)
  })
})

describe('recompute', () => {
  test('keeps less of a long sequence', () => {
    const elements = (recompute: boolean): number => {
      const layer = () => layers.lstm({ units: 32, returnSequences: true, recompute })
      const deep = sequential([layer(), layer(), layer()], { inputShape: [null, 32], backend: 'reference' })
      deep.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
      const program = deep.program('train', { batch: 8, time: 400 })
      return Number(/arena (\d+)/.exec(program)?.[1])
    }
    expect(elements(true) / elements(false)).toBeLessThan(0.6)
  })

  test('is refused where the cell has no kernel', () => {
    expect(() => layers.lstm({ units, projection: 2, recompute: true })).toThrow(/recompute.*no kernel/s)
    expect(() => layers.gru({ units, activation: 'relu', recompute: true })).toThrow(/recompute.*no kernel/s)
  })
})
