import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createReference } from '../../src/backends/reference/index.js'
import {
  absoluteError,
  add,
  affine,
  appendGradients,
  batchMatmul,
  batchMatmulTransposeA,
  batchMatmulTransposeB,
  binaryCrossEntropy,
  broadcast,
  categoricalCrossEntropy,
  clip,
  concat,
  copy,
  differentiable,
  divide,
  dropout,
  exp,
  gather,
  gatherSteps,
  gru,
  holdLast,
  type LossOperands,
  layerNorm,
  linearRecurrence,
  log,
  lstm,
  matmul,
  matmulTransposeA,
  matmulTransposeB,
  maximum,
  maxSteps,
  multiply,
  pool,
  reduceSum,
  relu,
  resizeTime,
  reverseTime,
  rnn,
  rnnActivations,
  scan,
  sequenceMask,
  sigmoid,
  slice,
  softmax,
  softmaxCrossEntropy,
  softplus,
  split,
  squaredError,
  subtract,
  type Tensor,
  tanh,
  transpose,
  unfold,
  type WindowAxis,
  type Windows,
  windowCount,
} from '../../src/graph/index.js'
import { elu, hardSigmoid, leakyRelu, selu, softsign } from '../../src/layers/activations.js'
import {
  type Builder,
  difference,
  numericalGradients,
  type RunOptions,
  randomValues,
  runFunction,
  traceFunction,
  type Values,
} from './harness.js'
import { build, recipeOptions, recipes } from './random-graphs.js'

const reference = createReference({ checked: true })

/** float64 central differences with step 1e-5 are good to about 1e-9. */
const tolerance = 1e-7

interface GradientCase {
  readonly name: string
  readonly define: (b: Builder) => void
  readonly values?: Values
  readonly options?: RunOptions
}

/** Compares every gradient of the objective, of inputs and parameters, with differences of the objective itself. */
function checkGradients({ define, values = {}, options = {} }: GradientCase): void {
  const traced = traceFunction(
    (b) => {
      define(b)
      return {}
    },
    { gradients: true },
  )
  const all = { ...randomValues(traced, 7), ...values }
  const { outputs } = runFunction(reference, traced, all, options)
  const names = Object.keys(outputs).map((name) => name.slice(1))
  expect(names.length).toBeGreaterThan(0)
  const forward = traceFunction((b) => {
    define(b)
    return {}
  })
  const expected = numericalGradients(reference, forward, all, names, options)
  for (const name of names) {
    const [received, wanted] = [outputs[`∂${name}`] as Float64Array, expected[name] as Float64Array]
    const message = `∂${name} = ${received.slice(0, 8)}, by differences ${wanted.slice(0, 8)}`
    expect(difference(received, wanted), message).toBeLessThan(tolerance)
    expect(
      wanted.some((d) => Math.abs(d) > 1e-4),
      `∂${name} is not all zero`,
    ).toBe(true)
  }
}

const positive = Float64Array.from({ length: 12 }, (_, i) => 0.5 + i / 8)
/** Away from the kink of relu. */
const mixed = Float64Array.from({ length: 12 }, (_, i) => (i % 2 ? 1 : -1) * (0.25 + i / 10))

const binary = { add, subtract, multiply, divide }
const unary = {
  tanh,
  sigmoid,
  relu,
  softmax,
  softplus,
  exp,
  log,
  copy,
  transpose,
  reverse_time: reverseTime,
  clip: (x: Tensor) => clip(x, -0.6, 0.8),
  hardSigmoid,
  leakyRelu,
  elu,
  selu,
  softsign,
}

const cellShapes = { T: 4, B: 3, I: 2, H: 3 }
const lengths = Int32Array.of(4, 0, 2)

/** Cells with every operand there is, and with the fewest; all outputs are used. */
function cellCases(): GradientCase[] {
  const { T, B, I, H } = cellShapes
  const weights = (b: Builder, gates: number, full: boolean) => ({
    kernel: b.parameter('kernel', [I, gates * H]),
    recurrentKernel: b.parameter('recurrentKernel', [H, gates * H]),
    bias: full ? b.parameter('bias', [gates * H]) : undefined,
  })
  const cases: GradientCase[] = []
  for (const reverse of [false, true]) {
    for (const full of [false, true]) {
      const sequence = (b: Builder) => ({
        reverse,
        training: true,
        lengths: full ? b.input('lengths', [B], 'i32') : undefined,
        initialH: full ? b.input('initialH', [B, H]) : undefined,
      })
      const name = `${reverse ? 'reverse' : 'forward'}, ${full ? 'all operands' : 'fewest operands'}`
      const values = { lengths }
      for (const activation of rnnActivations) {
        cases.push({
          name: `rnn, ${activation}, ${name}`,
          values,
          define(b) {
            const x = b.input('x', [T, B, I])
            const result = rnn(x, weights(b, 1, full), { ...sequence(b), activation })
            b.fit(result.y)
            b.fit(result.finalH)
          },
        })
      }
      for (const coupled of [false, true]) {
        cases.push({
          name: `lstm, ${coupled ? 'coupled, ' : ''}${name}`,
          values,
          define(b) {
            const gates = coupled ? 3 : 4
            const initialC = full ? b.input('initialC', [B, H]) : undefined
            const peepholes = full ? b.parameter('peepholes', [(gates - 1) * H]) : undefined
            const x = b.input('x', [T, B, I])
            const options = { ...sequence(b), initialC, coupled }
            const result = lstm(x, { ...weights(b, gates, full), peepholes }, options)
            b.fit(result.y)
            b.fit(result.finalH)
            b.fit(result.finalC)
          },
        })
      }
      for (const resetAfter of [true, false]) {
        cases.push({
          name: `gru, reset ${resetAfter ? 'after' : 'before'}, ${name}`,
          values,
          define(b) {
            const recurrentBias = full ? b.parameter('recurrentBias', [3 * H]) : undefined
            const result = gru(
              b.input('x', [T, B, I]),
              { ...weights(b, 3, full), recurrentBias },
              { ...sequence(b), resetAfter },
            )
            b.fit(result.y)
            b.fit(result.finalH)
          },
        })
      }
    }
  }
  // The gradient arrives by one of the outputs alone.
  cases.push({
    name: 'lstm, gradient through the last c only',
    define: (b) =>
      b.fit(lstm(b.input('x', [T, B, I]), weights(b, 4, true), { training: true }).finalC as Tensor),
  })
  cases.push({
    name: 'gru, gradient through the sequence only',
    define: (b) =>
      b.fit(gru(b.input('x', [T, B, I]), weights(b, 3, true), { training: true, resetAfter: true }).y),
  })
  return cases
}

/** Windows along the middle axis, the first rows ragged. */
function windowCases(): GradientCase[] {
  const windows = [
    { size: 3, stride: 1, dilation: 1, padding: 'same' },
    { size: 2, stride: 2, dilation: 2, padding: 'valid' },
    { size: 3, stride: 2, dilation: 1, padding: 'causal' },
  ] as const
  const [N, B, C] = [7, 3, 2]
  const operations = {
    unfold,
    'max pooling': (x: Tensor, w: Windows, at: WindowAxis) => pool(x, 'max', w, at),
    'average pooling': (x: Tensor, w: Windows, at: WindowAxis) => pool(x, 'average', w, at),
  }
  // No two alike, so that the largest stays the largest.
  const x = Float64Array.from({ length: N * B * C }, (_, i) => Math.sin(5 * i + 1))
  return Object.entries(operations).flatMap(([name, operation]) =>
    windows.flatMap((w) =>
      [false, true].map(
        (ragged): GradientCase => ({
          name: `${name}, ${w.padding}${ragged ? ', ragged' : ''}`,
          values: { x, lengths: Int32Array.of(7, 0, 4) },
          define(b) {
            const count = b.graph.dimensions.constant(windowCount(w, N))
            const rows = ragged ? { rows: 1, lengths: b.input('lengths', [B], 'i32') } : {}
            b.fit(operation(b.input('x', [N, B, C]), w, { axis: 0, count, ...rows }))
          },
        }),
      ),
    ),
  )
}

const stepWeights = Float64Array.of(1, 0.5, 2, 0, 1.5, 1)

const table: GradientCase[] = [
  ...Object.entries(binary).flatMap(([name, operation]): GradientCase[] => [
    {
      name: `${name}, equal shapes`,
      values: { b: positive },
      define: (b) => b.fit(operation(b.input('a', [3, 4]), b.input('b', [3, 4]))),
    },
    {
      name: `${name}, one row for all`,
      values: { b: positive.slice(0, 4) },
      define: (b) => b.fit(operation(b.input('a', [2, 3, 4]), b.parameter('b', [4]))),
    },
    {
      name: `${name}, a tensor with itself`,
      values: { a: positive },
      define: (b) => {
        const a = b.input('a', [3, 4])
        b.fit(add(operation(a, a), a))
      },
    },
  ]),
  ...Object.entries(unary).map(
    ([name, operation]): GradientCase => ({
      name,
      values: { x: name === 'log' ? positive : mixed },
      define: (b) => b.fit(operation(b.input('x', [3, 4]))),
    }),
  ),
  { name: 'affine', define: (b) => b.fit(affine(b.input('x', [3, 4]), -1.5, 0.25)) },
  { name: 'slice', define: (b) => b.fit(slice(b.input('x', [3, 5, 2]), 1, 1, 3)) },
  {
    name: 'slice, two that overlap',
    define(b) {
      const x = b.input('x', [3, 5])
      b.fit(multiply(slice(x, -1, 0, 3), slice(x, -1, 1, 3)))
    },
  },
  {
    name: 'split',
    define(b) {
      const [first, second, third] = split(b.input('x', [2, 6]), 3) as [Tensor, Tensor, Tensor]
      b.fit(add(multiply(first, second), third))
    },
  },
  ...[0, 1, 2].map(
    (axis): GradientCase => ({
      name: `concat along axis ${axis}`,
      define(b) {
        const shape = (n: number) => [2, 3, 4].map((d, i) => (i === axis ? n : d))
        b.fit(concat(b.input('a', shape(2)), b.input('b', shape(5)), axis))
      },
    }),
  ),
  ...[0, 1, 2].map(
    (axis): GradientCase => ({
      name: `reduceSum over axis ${axis}`,
      define: (b) => b.fit(reduceSum(b.input('x', [2, 3, 4]), axis)),
    }),
  ),
  ...[0, 1, 2].map(
    (axis): GradientCase => ({
      name: `broadcast, new axis ${axis}`,
      define: (b) => b.fit(broadcast(b.input('x', [2, 3]), axis, b.graph.dimensions.constant(4))),
    }),
  ),
  {
    name: 'gather, tokens twice and never',
    values: { tokens: Int32Array.of(4, 1, 1, 0, 4, 1) },
    define: (b) => b.fit(gather(b.parameter('table', [5, 3]), b.input('tokens', [2, 3], 'i32'))),
  },
  {
    name: 'dropout',
    options: { scalars: { rate: 0.4, seed: 3, run: 5 } },
    define(b) {
      const random = { rate: b.scalar('rate'), seed: b.scalar('seed'), run: b.scalar('run'), site: 11 }
      b.fit(dropout(b.input('x', [3, 2, 4]), random))
    },
  },
  {
    name: 'matmul, with bias',
    define: (b) => b.fit(matmul(b.input('a', [2, 3, 4]), b.parameter('b', [4, 2]), b.parameter('bias', [2]))),
  },
  { name: 'matmul', define: (b) => b.fit(matmul(b.input('a', [3, 4]), b.parameter('b', [4, 2]))) },
  {
    name: 'matmul, left side transposed',
    define: (b) => b.fit(matmulTransposeA(b.parameter('a', [2, 3, 4]), b.parameter('b', [2, 3, 5]))),
  },
  {
    name: 'matmul, right side transposed',
    define: (b) => b.fit(matmulTransposeB(b.parameter('a', [2, 3, 4]), b.parameter('b', [5, 4]))),
  },
  {
    name: 'matmul of pairs',
    define: (b) => b.fit(batchMatmul(b.parameter('a', [2, 3, 4]), b.parameter('b', [2, 4, 5]))),
  },
  {
    name: 'matmul of pairs, left side transposed',
    define: (b) => b.fit(batchMatmulTransposeA(b.parameter('a', [2, 3, 4]), b.parameter('b', [2, 3, 5]))),
  },
  {
    name: 'matmul of pairs, right side transposed',
    define: (b) => b.fit(batchMatmulTransposeB(b.parameter('a', [2, 3, 4]), b.parameter('b', [2, 5, 4]))),
  },
  {
    name: 'matmul of a square with itself',
    define(b) {
      const a = b.input('a', [3, 3])
      b.fit(matmul(a, a))
    },
  },
  ...windowCases(),
  ...cellCases(),
  ...[false, true].map(
    (convex): GradientCase => ({
      name: `linear recurrence, convex ${convex}`,
      values: { lengths: Int32Array.of(1, 3) },
      define(b) {
        const [a, added] = [b.input('a', [3, 2, 4]), b.input('b', [3, 2, 4])]
        const lengths = b.data('lengths', [2], 'i32')
        const { y, finalH } = linearRecurrence(a, added, { convex, lengths, initialH: b.input('h', [2, 4]) })
        b.fit(y)
        b.fit(finalH)
      },
    }),
  ),
  {
    name: 'the last valid step held',
    values: { lengths: Int32Array.of(1, 3) },
    define: (b) => b.fit(holdLast(b.input('x', [3, 2, 4]), { lengths: b.data('lengths', [2], 'i32') }).y),
  },
  ...[2, 5].map(
    (steps): GradientCase => ({
      name: `3 time steps made ${steps}`,
      values: { lengths: Int32Array.of(1, 3) },
      define(b) {
        const { dimensions } = b.graph
        const x = b.input('x', [3, 2, 4])
        b.fit(resizeTime(x, dimensions.constant(steps)))
        b.fit(resizeTime(x, dimensions.constant(steps), b.data('lengths', [2], 'i32')))
      },
    }),
  ),
  ...[false, true].flatMap((full): GradientCase[] => {
    const operands = (b: Builder) => ({
      loss: b.lossPlace(),
      ...(full ? { weights: b.data('weights', [3, 2]), lengths: b.data('lengths', [2], 'i32') } : {}),
    })
    const values = { lengths: Int32Array.of(1, 3), weights: stepWeights }
    const suffix = full ? ', weights and lengths' : ''
    return [
      {
        name: `softmax cross-entropy${suffix}`,
        values: { ...values, targets: Int32Array.of(0, 3, 2, 1, 1, 0) },
        define(b) {
          const targets = b.data('targets', [3, 2], 'i32')
          softmaxCrossEntropy(b.input('logits', [3, 2, 4]), targets, operands(b))
        },
      },
      ...Object.entries({
        'absolute error': absoluteError,
        huber: (p: Tensor, t: Tensor, o: LossOperands) => absoluteError(p, t, o, 0.5),
        'binary cross-entropy': binaryCrossEntropy,
        'binary cross-entropy, summed': (p: Tensor, t: Tensor, o: LossOperands) =>
          binaryCrossEntropy(p, t, o, 'sum'),
        'categorical cross-entropy': categoricalCrossEntropy,
      }).map(
        ([loss, operation]): GradientCase => ({
          name: `${loss}${suffix}`,
          values,
          define(b) {
            operation(b.input('prediction', [3, 2, 4]), b.data('targets', [3, 2, 4]), operands(b))
          },
        }),
      ),
      {
        name: `squared error${suffix}`,
        values,
        define(b) {
          const targets = b.data('targets', [3, 2, 4])
          squaredError(b.input('prediction', [3, 2, 4]), targets, operands(b))
        },
      },
    ]
  }),
  { name: 'maximum', define: (b) => b.fit(maximum(b.input('a', [3, 4]), b.input('b', [3, 4]))) },
  {
    name: 'layerNorm',
    define: (b) =>
      b.fit(
        layerNorm(b.input('x', [2, 3, 5]), {
          scale: b.parameter('scale', [5]),
          shift: b.parameter('shift', [5]),
          epsilon: 1e-3,
        }),
      ),
  },
  {
    name: 'maxSteps, of the valid ones',
    values: { mask: [1, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0] },
    define: (b) => b.fit(maxSteps(b.input('x', [4, 3, 2]), b.data('mask', [4, 3], 'i32'))),
  },
  {
    name: 'gatherSteps, one twice and one never',
    values: { steps: [2, 0, 2, 1, 0, 3] },
    define: (b) => b.fit(gatherSteps(b.input('x', [4, 2, 3]), b.data('steps', [3, 2], 'i32'))),
  },
  {
    name: 'scan, ragged rows, a sequence and a state that others use too',
    values: { lengths: [4, 0, 2] },
    define(b) {
      const x = b.input('x', [4, 3, 2])
      const w = b.parameter('w', [2, 2])
      const steps = b.graph.dimensions.constant(4)
      const mask = sequenceMask(b.data('lengths', [3], 'i32'), steps)
      const first = b.input('h', [3, 2])
      const { h, s } = scan(
        b.graph,
        { h: first, s: first },
        { x },
        ({ h, s }, { x }) => {
          const next = tanh(add(matmul(h as Tensor, w), multiply(x as Tensor, s as Tensor)))
          return { h: next, s: add(multiply(next, x as Tensor), s as Tensor) }
        },
        { steps, mask },
      )
      b.fit(add(multiply(h?.y as Tensor, x), s?.y as Tensor))
      b.fit(s?.final as Tensor)
    },
  },
]

describe('gradients against central differences', () => {
  test.each(table.map((c) => [c.name, c] as const))('%s', (_, c) => checkGradients(c))

  test('the table covers every differentiable instruction', () => {
    const covered = new Set(
      table.flatMap(({ define }) => {
        const { program } = traceFunction((b) => {
          define(b)
          return {}
        })
        return program.paths.map((_, position) => program.instructionName(position))
      }),
    )
    expect([...differentiable].filter((name) => !covered.has(name))).toEqual([])
  })

  test('sums over every loss: two losses of one weight', () =>
    checkGradients({
      name: 'two losses',
      define(b) {
        const x = b.input('x', [4, 3])
        const w = b.parameter('w', [3, 3])
        b.fit(tanh(matmul(x, w)))
        b.fit(matmul(tanh(matmul(x, w)), w))
      },
    }))

  test('a recurrent network of two layers, weights shared between them', () =>
    checkGradients({
      name: 'shared',
      values: {
        lengths: Int32Array.of(3, 1),
        tokens: Int32Array.of(0, 2, 1, 1, 2, 0),
        targets: Int32Array.of(1, 0, 2, 2, 0, 1),
      },
      options: { scalars: { rate: 0.3, seed: 1, run: 1 } },
      define(b) {
        const table = b.parameter('table', [3, 4])
        const tokens = b.data('tokens', [3, 2], 'i32')
        const lengths = b.data('lengths', [2], 'i32')
        const kernel = b.parameter('kernel', [4, 16])
        const recurrentKernel = b.parameter('recurrentKernel', [4, 16])
        const weights = { kernel, recurrentKernel }
        const random = { rate: b.scalar('rate'), seed: b.scalar('seed'), run: b.scalar('run'), site: 4 }
        const first = lstm(gather(table, tokens), weights, { lengths, training: true })
        const second = lstm(dropout(first.y, random), weights, {
          lengths,
          training: true,
          reverse: true,
          initialH: first.finalH,
          initialC: first.finalC,
        })
        const output = b.parameter('output', [4, 3])
        softmaxCrossEntropy(matmul(add(second.y, first.y), output), b.data('targets', [3, 2], 'i32'), {
          lengths,
          loss: b.lossPlace(),
        })
      },
    }))

  test('random graphs', () => {
    fc.assert(
      fc.property(recipes, (recipe) =>
        checkGradients({
          name: 'random',

          options: recipeOptions,
          define: (b) => b.fit(build(b, recipe)),
        }),
      ),
      { numRuns: 60, seed: 1 },
    )
  })

  test('gradients given from outside go on from there, beside a loss', () => {
    const define = (b: Builder, gradients: boolean) => {
      const x = b.input('x', [4, 3])
      const w = b.parameter('w', [3, 3])
      // [4, 3] as [2, 6]: what is given for a reshaped tensor belongs to the tensor itself.
      const y = b.graph.reshape(tanh(matmul(x, w)), [2, 6])
      const dy = b.data('dy', [2, 6])
      // The objective is Σ dy ∗ y plus the loss.
      const loss = b.lossPlace()
      squaredError(x, b.data('targets', [4, 3]), { loss })
      if (!gradients) return { y: copy(y) }
      const made = appendGradients(b.graph, [x, w], new Map([[y, dy]]))
      return { dx: made.get(x)!, dw: made.get(w)! }
    }
    const backend = createReference()
    const forward = traceFunction((b) => define(b, false))
    const values = randomValues(forward, 5)
    const objective = (moved: Values): number => {
      const { outputs, objective: loss } = runFunction(backend, forward, moved)
      return loss + outputs['y']!.reduce((sum, y, i) => sum + y * values['dy']![i]!, 0)
    }
    const { outputs } = runFunction(
      backend,
      traceFunction((b) => define(b, true)),
      values,
    )
    for (const name of ['x', 'w']) {
      const numeric = values[name]!.map((value, i) => {
        const at = (v: number) => {
          const changed = values[name]!.slice()
          changed[i] = v
          return objective({ ...values, [name]: changed })
        }
        return (at(value + 1e-5) - at(value - 1e-5)) / 2e-5
      })
      expect(difference(outputs[`d${name}`]!, numeric)).toBeLessThan(1e-8)
    }
  })

  test('what has no influence on a loss has no gradient', () => {
    const traced = traceFunction(
      (b) => {
        b.fit(b.input('x', [2]))
        return { idle: tanh(b.input('idle', [2])) }
      },
      { gradients: true },
    )
    expect(traced.program.outputs.map(({ name }) => name)).toEqual(['idle', '∂x'])
  })
})
