import { readFileSync } from 'node:fs'
import { layers, type Optimizer, optimizers, sequential, type TensorData } from 'ostinato'
import { expect, test } from 'vitest'
import type { Backend } from '../../src/backends/backend.js'
import {
  concat,
  gru,
  lstm,
  rnn,
  softmaxCrossEntropy,
  squaredError,
  type Tensor,
} from '../../src/graph/index.js'
import { describeOnBackends } from '../backends.js'
import { type Builder, difference, runFunction, traceFunction } from '../graph/harness.js'
import { permuteGates, swapAxes, transposed } from './layouts.js'

interface Numbers {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
type Named = Readonly<Record<string, Numbers>>

interface CellCase {
  readonly name: string
  readonly cell: 'lstm' | 'gru' | 'rnn'
  readonly lengths: readonly number[]
  readonly objective: number
  readonly given: Named
  readonly targets: Named
  readonly results: Named
  readonly gradients: Named
}

interface Trace {
  readonly name: string
  readonly start: Named
  readonly losses: readonly number[]
  readonly norms: readonly number[]
  readonly end: Named
}

/** One step of SGD, at a rate of 1, towards a target of every step or of the last states. */
interface Objective {
  readonly target: Numbers
  readonly result: Numbers
  readonly loss: number
  readonly gradients: Named
}

interface BidirectionalCase {
  readonly name: string
  readonly cell: CellCase['cell']
  readonly x: Numbers
  readonly start: Named
  readonly sequence: Objective
  readonly last: Objective
}

interface Fixture {
  readonly cells: readonly CellCase[]
  readonly losses: {
    readonly crossEntropy: {
      readonly logits: Numbers
      readonly classes: readonly number[]
      readonly loss: number
      readonly gradient: Numbers
    }
    readonly meanSquaredError: {
      readonly prediction: Numbers
      readonly target: Numbers
      readonly loss: number
      readonly gradient: Numbers
    }
  }
  readonly training: {
    readonly lengths: readonly number[]
    readonly batches: readonly {
      readonly tokens: readonly (readonly number[])[]
      readonly classes: readonly (readonly number[])[]
    }[]
    readonly traces: readonly Trace[]
  }
  readonly bidirectional: readonly BidirectionalCase[]
}

const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/pytorch.json', import.meta.url), 'utf8'),
) as Fixture

/** float64 against float64; float32 against float64. */
const toleranceOf = (backend: Backend): number => (backend.name === 'reference' ? 1e-10 : 2e-5)

/** Ours from PyTorch's: GRU gates z r n from r z n; the others are alike. */
const gateOrders = { rnn: [0], lstm: [0, 1, 2, 3], gru: [1, 0, 2] } as const

/** Weights [gates · units, features] of PyTorch, biases too, in our layout. */
function ours(cell: CellCase['cell'], { shape, data }: Numbers, units: number): Float64Array {
  const [rows = 0, columns = 1] = shape
  return permuteGates(transposed(data, rows, columns), units, gateOrders[cell])
}

const sum = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
  Float64Array.from(a, (v, i) => v + (b[i] ?? 0))

const at = (named: Named, name: string): Numbers => {
  const found = named[name]
  if (!found) throw new Error(`the fixture has no ${name}`)
  return found
}

/** Half of a [2, …] tensor: one direction. */
const direction = ({ data }: Numbers, d: number): number[] =>
  data.slice((d * data.length) / 2, ((d + 1) * data.length) / 2)

/** Weights (or their gradients) of one direction by our names. */
function weightsOf(
  { cell }: { readonly cell: CellCase['cell'] },
  source: Named,
  d: number,
  units: number,
  gradients: boolean,
) {
  const suffix = d === 0 ? '_l0' : '_l0_reverse'
  const named = (name: string) => ours(cell, at(source, `${name}${suffix}`), units)
  const [input, recurrent] = [named('bias_ih'), named('bias_hh')]
  return {
    [`kernel ${d}`]: named('weight_ih'),
    [`recurrentKernel ${d}`]: named('weight_hh'),
    // Two biases that are only ever added have the same gradient.
    [`bias ${d}`]: cell === 'gru' || gradients ? input : sum(input, recurrent),
    ...(cell === 'gru' ? { [`recurrentBias ${d}`]: recurrent } : {}),
  }
}

interface Sizes {
  readonly T: number
  readonly B: number
  readonly I: number
  readonly H: number
}

function runDirection(b: Builder, of: CellCase, { B, I, H }: Sizes, x: Tensor, lengths: Tensor, d: number) {
  const gates = gateOrders[of.cell].length
  const weights = {
    kernel: b.parameter(`kernel ${d}`, [I, gates * H]),
    recurrentKernel: b.parameter(`recurrentKernel ${d}`, [H, gates * H]),
    bias: b.parameter(`bias ${d}`, [gates * H]),
  }
  const initialH = b.input(`h0 ${d}`, [B, H])
  const options = { training: true, reverse: d === 1, lengths, initialH }
  if (of.cell === 'lstm') return lstm(x, weights, { ...options, initialC: b.input(`c0 ${d}`, [B, H]) })
  if (of.cell === 'rnn')
    return rnn(x, weights, { ...options, activation: of.name.includes('relu') ? 'relu' : 'tanh' })
  const recurrentBias = b.parameter(`recurrentBias ${d}`, [gates * H])
  return gru(x, { ...weights, recurrentBias }, { ...options, resetAfter: true })
}

function defineCell(b: Builder, of: CellCase, sizes: Sizes): Record<string, Tensor> {
  const { T, B, I, H } = sizes
  const x = b.input('x', [T, B, I])
  const lengths = b.data('lengths', [B], 'i32')
  const [forward, backward] = [0, 1].map((d) => runDirection(b, of, sizes, x, lengths, d)) as [
    ReturnType<typeof runDirection>,
    ReturnType<typeof runDirection>,
  ]
  const y = concat(forward.y, backward.y, 2)
  squaredError(y, b.data('target y', [T, B, 2 * H]), { loss: b.lossPlace(), lengths })
  const results: Record<string, Tensor> = { y }
  for (const name of ['finalH', 'finalC'] as const) {
    const both = [forward, backward].map((r) => r[name])
    if (!both[0] || !both[1]) continue
    const states = concat(b.graph.reshape(both[0], [1, B, H]), b.graph.reshape(both[1], [1, B, H]), 0)
    squaredError(states, b.data(`target ${name}`, [2, B, H]), { loss: b.lossPlace() })
    results[name] = states
  }
  return results
}

function checkCell(backend: Backend, of: CellCase): void {
  const [T = 0, B = 0, I = 0] = at(of.given, 'x').shape
  const H = at(of.given, 'h0').shape[2] ?? 0
  const traced = traceFunction((b) => defineCell(b, of, { T, B, I, H }), { gradients: true })
  const perDirection = (source: Named, gradients: boolean) =>
    Object.assign(
      {},
      ...[0, 1].map((d) => ({
        ...weightsOf(of, source, d, H, gradients),
        [`h0 ${d}`]: direction(at(source, 'h0'), d),
        ...(of.cell === 'lstm' ? { [`c0 ${d}`]: direction(at(source, 'c0'), d) } : {}),
      })),
    ) as Record<string, ArrayLike<number>>
  const values: Record<string, ArrayLike<number>> = {
    ...perDirection(of.given, false),
    x: at(of.given, 'x').data,
    lengths: of.lengths,
  }
  for (const [name, target] of Object.entries(of.targets)) values[`target ${name}`] = target.data
  const { outputs, objective } = runFunction(backend, traced, values)
  const tolerance = toleranceOf(backend)
  expect(Math.abs(objective - of.objective) / (1 + of.objective)).toBeLessThan(tolerance)

  const expected: Record<string, ArrayLike<number>> = { '∂x': at(of.gradients, 'x').data }
  for (const [name, { data }] of Object.entries(of.results)) expected[name] = data
  for (const [name, numbers] of Object.entries(perDirection(of.gradients, true)))
    expected[`∂${name}`] = numbers
  expect(Object.keys(outputs).sort()).toEqual(Object.keys(expected).sort())
  for (const [name, numbers] of Object.entries(expected)) {
    let received = outputs[name] as Float64Array
    // Unpacking gives zeros behind the end of a row, where ours repeat its last output.
    if (name === 'y') {
      received = received.map((v, i) => {
        const [t, b] = [Math.floor(i / (B * 2 * H)), Math.floor(i / (2 * H)) % B]
        return t < (of.lengths[b] ?? 0) ? v : 0
      })
    }
    expect(difference(received, numbers), name).toBeLessThan(tolerance)
  }
}

describeOnBackends('PyTorch cells, both directions, forward and gradients', (backend) => {
  test.each(fixture.cells.map((c) => [c.name, c] as const))('%s', (_, of) => checkCell(backend, of))
})

describeOnBackends('PyTorch losses', (backend) => {
  const tolerance = toleranceOf(backend)

  test('cross-entropy', () => {
    const { logits, classes, loss, gradient } = fixture.losses.crossEntropy
    const [rows = 0, width = 0] = logits.shape
    const traced = traceFunction(
      (b) => {
        const targets = b.data('classes', [rows], 'i32')
        softmaxCrossEntropy(b.input('logits', [rows, width]), targets, { loss: b.lossPlace() })
        return {}
      },
      { gradients: true },
    )
    const result = runFunction(backend, traced, { logits: logits.data, classes })
    expect(Math.abs(result.objective - loss)).toBeLessThan(tolerance * (1 + loss))
    expect(difference(result.outputs['∂logits'] ?? [], gradient.data)).toBeLessThan(tolerance)
  })

  test('mean squared error', () => {
    const { prediction, target, loss, gradient } = fixture.losses.meanSquaredError
    const traced = traceFunction(
      (b) => {
        const targets = b.data('target', prediction.shape)
        squaredError(b.input('prediction', prediction.shape), targets, { loss: b.lossPlace() })
        return {}
      },
      { gradients: true },
    )
    const result = runFunction(backend, traced, { prediction: prediction.data, target: target.data })
    expect(Math.abs(result.objective - loss)).toBeLessThan(tolerance * (1 + loss))
    expect(difference(result.outputs['∂prediction'] ?? [], gradient.data)).toBeLessThan(tolerance)
  })
})

/** A tensor of PyTorch [time, batch, width] as the public face takes it. */
function batchMajor({ data, shape }: Numbers): TensorData {
  if (shape.length === 2) return { data: Float32Array.from(data), shape }
  const [time = 0, batch = 0, width = 0] = shape
  return { data: Float32Array.from(swapAxes(data, time, batch, width)), shape: [batch, time, width] }
}

/** Weights (or their gradients) of the layer by our names. */
function bidirectionalWeights(of: BidirectionalCase, source: Named, units: number, gradients: boolean) {
  return new Map<string, Float64Array>(
    ['forward', 'backward'].flatMap((part, d) =>
      Object.entries(weightsOf(of, source, d, units, gradients)).map(
        ([name, data]) => [`bidirectional/${part}/${name.split(' ')[0]}`, data] as const,
      ),
    ),
  )
}

describeOnBackends('PyTorch packed sequences, by layers.bidirectional', (backend) => {
  const { lengths } = fixture.training
  // Weights come out as float32 everywhere.
  const tolerance = backend.name === 'reference' ? 2e-7 : 2e-5

  const cases = fixture.bidirectional.flatMap((of) => [
    { name: `${of.name}, every step`, of, returnSequences: true },
    { name: `${of.name}, last states`, of, returnSequences: false },
  ])
  test.each(cases)('$name', async ({ of, returnSequences }) => {
    const { target, result, loss, gradients } = returnSequences ? of.sequence : of.last
    const [, units = 0] = at(of.start, 'weight_hh_l0').shape
    const make = { lstm: layers.lstm, gru: layers.gru, rnn: layers.simpleRNN }[of.cell]
    const model = sequential([layers.bidirectional(make({ units, returnSequences }))], {
      backend: backend.name,
      inputShape: [null, of.x.shape[2] ?? 0],
    })
    const start = bidirectionalWeights(of, of.start, units, false)
    expect(model.getWeights().map((w) => w.name)).toEqual([...start.keys()])
    model.setWeights([...start].map(([name, data]) => ({ name, data })))
    const batch = { inputs: batchMajor(of.x), targets: batchMajor(target), lengths }

    const { data, shape } = await model.predict(batch)
    const time = returnSequences ? (of.x.shape[0] ?? 0) : 1
    // Unpacking gives zeros behind the end of a row, where the forward direction repeats its last output.
    const valid = data.map((v, i) => {
      const [row, step] = [Math.floor(i / (time * 2 * units)), Math.floor(i / (2 * units)) % time]
      return returnSequences && step >= (lengths[row] ?? 0) ? 0 : v
    })
    const expected = batchMajor(result)
    expect(shape).toEqual(expected.shape)
    expect(difference(valid, expected.data)).toBeLessThan(tolerance)

    model.compile({ optimizer: optimizers.sgd({ learningRate: 1 }), loss: 'meanSquaredError' })
    const [reached = 0] = (await model.fit([batch])).loss
    expect(Math.abs(reached - loss)).toBeLessThan(tolerance)
    const moved = bidirectionalWeights(of, gradients, units, true)
    for (const { name, data } of model.getWeights()) {
      const change = data.map((v, i) => (start.get(name)?.[i] ?? 0) - v)
      expect(difference(change, moved.get(name) ?? []), name).toBeLessThan(tolerance)
    }
    model.dispose()
  })
})

const optimizerOf: Readonly<Record<string, Optimizer>> = {
  sgd: optimizers.sgd({ learningRate: 0.5 }),
  'sgd, momentum': optimizers.sgd({ learningRate: 0.1, momentum: 0.9 }),
  'sgd, nesterov': optimizers.sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
  rmsprop: optimizers.rmsprop({ learningRate: 0.01 }),
  'rmsprop, momentum': optimizers.rmsprop({ learningRate: 0.01, momentum: 0.8 }),
  adam: optimizers.adam({ learningRate: 0.02 }),
  adamW: optimizers.adamW({ learningRate: 0.02, beta1: 0.8, beta2: 0.99, weightDecay: 0.1 }),
  'sgd, clipped': optimizers.sgd({ learningRate: 0.5, globalClipNorm: 0.25 }),
}

/** Weights of the tagger by our names. */
function taggerWeights(source: Named): Record<string, Float64Array> {
  const turned = (name: string): Float64Array => {
    const { data, shape } = at(source, name)
    const [rows = 0, columns = 1] = shape
    return transposed(data, rows, columns)
  }
  return {
    'embedding/embeddings': Float64Array.from(at(source, 'embedding.weight').data),
    'lstm/kernel': turned('lstm.weight_ih_l0'),
    'lstm/recurrentKernel': turned('lstm.weight_hh_l0'),
    'lstm/bias': turned('lstm.bias_ih_l0'),
    'dense/kernel': turned('dense.weight'),
    'dense/bias': turned('dense.bias'),
  }
}

describeOnBackends('PyTorch training steps, through the public face', (backend) => {
  const { lengths, batches, traces } = fixture.training
  const tolerance = toleranceOf(backend)

  test('every optimizer that is here has a trace', () => {
    expect(traces.map((t) => t.name).sort()).toEqual(Object.keys(optimizerOf).sort())
  })

  test.each(traces.map((t) => [t.name, t] as const))('%s', async (_, trace) => {
    const [, units = 0] = at(trace.start, 'lstm.weight_hh_l0').shape
    const [inputDim = 0, outputDim = 0] = at(trace.start, 'embedding.weight').shape
    const model = sequential(
      [
        layers.embedding({ inputDim, outputDim }),
        layers.lstm({ units, returnSequences: true }),
        layers.dense({ units: inputDim }),
      ],
      { backend: backend.name },
    )
    const start = Object.entries(taggerWeights(trace.start)).map(([name, data]) => ({ name, data }))
    expect(start.map((w) => w.name).sort()).toEqual(
      model
        .getWeights()
        .map((w) => w.name)
        .sort(),
    )
    model.setWeights(start)
    const optimizer = optimizerOf[trace.name] as Optimizer
    model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' })
    const losses: number[] = []
    const norms: number[] = []
    await model.fit(
      batches.map(({ tokens, classes }) => ({ inputs: tokens, targets: classes, lengths })),
      {
        callbacks: {
          onStepEnd({ loss, gradientNorm }) {
            losses.push(loss)
            norms.push(gradientNorm)
          },
        },
      },
    )
    // Each loss after the first is measured under weights that the steps before have made.
    expect(difference(losses, trace.losses), 'losses').toBeLessThan(tolerance)
    expect(difference(norms, trace.norms), 'norms of the gradient').toBeLessThan(tolerance)
    const end = taggerWeights(trace.end)
    for (const { name, data } of model.getWeights()) {
      // Weights come out as float32 everywhere.
      expect(difference(data, end[name] ?? []), name).toBeLessThan(Math.max(tolerance, 1e-7))
    }
    model.dispose()
  })
})
