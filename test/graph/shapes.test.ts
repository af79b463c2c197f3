import { type Layer, layers, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import {
  add,
  batchMatmul,
  concat,
  Graph,
  matmul,
  reduceSum,
  slice,
  softmaxCrossEntropy,
  split,
  squaredError,
  transpose,
} from '../../src/graph/index.js'
import { failureOf, failureText } from '../failures.js'

function graphWith(): { graph: Graph; x: ReturnType<Graph['tensor']> } {
  const graph = new Graph()
  graph.path = 'layer.1'
  const x = graph.tensor([graph.dimensions.input('T', 9), graph.dimensions.input('B', 2), 6])
  return { graph, x }
}

const cases: readonly (readonly [string, string, () => unknown])[] = [
  [
    'add',
    'SHAPE_MISMATCH layer.1, add: expected a second operand shaped like the last axes of [T, B, 6], received [5]',
    () => {
      const { graph, x } = graphWith()
      add(x, graph.tensor([5]))
    },
  ],
  [
    'matmul',
    'SHAPE_MISMATCH layer.1, matmul: expected […, K] · [K, N], received [T, B, 6] · [5, 2]',
    () => {
      const { graph, x } = graphWith()
      matmul(x, graph.tensor([5, 2]))
    },
  ],
  [
    'pairs of matrices',
    'SHAPE_MISMATCH layer.1, batch_matmul: expected as many matrices that fit, received [T, B, 6] and [2, 6, 3]',
    () => {
      const { graph, x } = graphWith()
      batchMatmul(x, graph.tensor([2, 6, 3]))
    },
  ],
  [
    'bias of matmul',
    'SHAPE_MISMATCH layer.1, matmul: expected a bias [2], received [3]',
    () => {
      const { graph, x } = graphWith()
      matmul(x, graph.tensor([6, 2]), graph.tensor([3]))
    },
  ],
  [
    'slice',
    'SHAPE_MISMATCH layer.1, slice: expected a range inside [T, B, 6], received 4 … 7 of axis -1',
    () => slice(graphWith().x, -1, 4, 3),
  ],
  [
    'split',
    'SHAPE_MISMATCH layer.1, split: expected a last axis divisible by 4, received [T, B, 6]',
    () => split(graphWith().x, 4),
  ],
  [
    'concat',
    'SHAPE_MISMATCH layer.1, concat: expected shapes that differ only in axis 2, received [T, B, 6], [B, T, 6]',
    () => {
      const { graph, x } = graphWith()
      const [t, b] = x.shape
      concat(x, graph.tensor([b as NonNullable<typeof b>, t as NonNullable<typeof t>, 6]), 2)
    },
  ],
  [
    'an axis that is not there',
    'SHAPE_MISMATCH layer.1, axis: expected an axis of [T, B, 6], received 3',
    () => reduceSum(graphWith().x, 3),
  ],
  [
    'reshape',
    'SHAPE_MISMATCH layer.1: expected as many elements as [T, B, 6], received [T, 6]',
    () => {
      const { graph, x } = graphWith()
      graph.reshape(x, [x.shape[0] as NonNullable<(typeof x.shape)[0]>, 6])
    },
  ],
  [
    'targets of cross-entropy',
    'SHAPE_MISMATCH layer.1, targets: expected [T, B], received [T, B, 6]',
    () => {
      const { graph, x } = graphWith()
      softmaxCrossEntropy(x, graph.tensor(x.shape, 'i32'), { loss: graph.tensor([2], 'f64') })
    },
  ],
  [
    'targets of squared error',
    'SHAPE_MISMATCH layer.1, targets: expected [T, B, 6], received [T, B]',
    () => {
      const { graph, x } = graphWith()
      squaredError(x, graph.tensor(x.shape.slice(0, 2)), { loss: graph.tensor([2], 'f64') })
    },
  ],
]

test.each(cases)('%s: the message names the layer, the expected and the received', async (_, text, work) => {
  expect(await failureText(work)).toBe(text)
})

test('an impossible stack of layers is refused when it is made, naming the layer', async () => {
  const build = (stack: Layer[]) => () => sequential(stack, { inputShape: [null, 8] })
  const afterLast = await failureOf(
    build([layers.lstm({ units: 4 }), layers.gru({ units: 4, name: 'second.gru' })]),
  )
  expect(afterLast).toMatchObject({
    code: 'SHAPE_MISMATCH',
    where: 'second.gru, input',
    expected: '[batch, time, features]',
    received: '[B, 4]',
  })
  const vector = await failureOf(() => sequential([layers.simpleRNN({ units: 4 })], { inputShape: [8] }))
  expect(vector).toMatchObject({ code: 'SHAPE_MISMATCH', where: 'simpleRNN, input' })
  const floats = await failureOf(
    build([layers.dense({ units: 3 }), layers.embedding({ inputDim: 3, outputDim: 2 })]),
  )
  expect(floats).toMatchObject({ where: 'embedding, input', expected: 'int32 tokens' })
  const tokens = await failureOf(() =>
    sequential([
      layers.embedding({ inputDim: 3, outputDim: 2 }),
      layers.embedding({ inputDim: 3, outputDim: 2 }),
    ]),
  )
  expect(tokens.where).toBe('embedding_1, input')
})

test('the transpose of a transpose is what it was made of, unless that changes from step to step', () => {
  const { graph, x } = graphWith()
  const y = transpose(x)
  const [T, B] = x.shape
  expect(y.shape.slice(0, 2)).toEqual([B, T])
  expect(transpose(y)).toBe(x)
  // Another view of the same numbers has other axes.
  const z = graph.reshape(y, [...y.shape.slice(0, 2), 2, 3])
  expect(transpose(z).node?.operands.get('x')).toBe(z)
  graph.loop = { steps: T as NonNullable<typeof T>, reverse: false }
  const inside = transpose(y)
  expect(inside.node?.operands.get('x')).toBe(y)
  expect(transpose(inside)).toBe(y)
  graph.loop = undefined
  expect(transpose(inside).node?.operands.get('x')).toBe(inside)
})
