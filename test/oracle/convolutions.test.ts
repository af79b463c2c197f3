import { readFileSync } from 'node:fs'
import { input, layers, model, optimizers, type Pooling2dOptions, type TensorData } from 'ostinato'
import { expect, test } from 'vitest'
import type { Backend } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { difference } from '../graph/harness.js'

interface Numbers {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

interface Convolution {
  readonly options: {
    readonly kernelSize: readonly number[]
    readonly strides: readonly number[]
    readonly dilationRate: readonly number[]
    readonly padding: 'valid' | 'same' | 'causal'
  }
  readonly x: Numbers
  readonly kernel: Numbers
  readonly bias: Numbers
  readonly y: Numbers
  readonly target: Numbers
  readonly gradients: { readonly x: Numbers; readonly kernel: Numbers; readonly bias: Numbers }
}

interface Pooling {
  readonly kind: 'max' | 'average'
  readonly options: {
    readonly poolSize: readonly number[]
    readonly strides: readonly number[]
    readonly padding: 'valid' | 'same'
  }
  readonly x: Numbers
  readonly y: Numbers
  readonly target: Numbers
  readonly gradients: { readonly x: Numbers }
}

const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/pytorch-convolutions.json', import.meta.url), 'utf8'),
) as { readonly convolutions: readonly Convolution[]; readonly pooling: readonly Pooling[] }

/** Weights and predictions come out as float32 everywhere. */
const toleranceOf = (backend: Backend): number => (backend.name === 'reference' ? 1e-6 : 2e-5)

const tensor = ({ data, shape }: Numbers): TensorData => ({ data: Float32Array.from(data), shape })
const pairOf = (numbers: readonly number[]) => numbers as readonly [number, number]
const text = (of: { readonly options: object; readonly x: Numbers }) =>
  `${JSON.stringify(of.options)} on ${of.x.shape.join(' × ')}`

function convolutionLayer({ options, y }: Convolution) {
  const { kernelSize, strides, dilationRate, padding } = options
  const filters = y.shape.at(-1) ?? 0
  if (kernelSize.length === 1) {
    const [size = 1, stride = 1, dilation = 1] = [kernelSize[0], strides[0], dilationRate[0]]
    return layers.conv1d({
      filters,
      kernelSize: size,
      strides: stride,
      dilationRate: dilation,
      padding,
      name: 'c',
    })
  }
  return layers.conv2d({
    filters,
    kernelSize: pairOf(kernelSize),
    strides: pairOf(strides),
    dilationRate: pairOf(dilationRate),
    padding: padding as 'valid' | 'same',
    name: 'c',
  })
}

function poolingLayer({ kind, options: { poolSize, strides, padding } }: Pooling) {
  const name = 'p'
  if (poolSize.length === 1) {
    const options = { poolSize: poolSize[0] ?? 1, strides: strides[0] ?? 1, padding, name }
    return kind === 'max' ? layers.maxPooling1d(options) : layers.averagePooling1d(options)
  }
  const options: Pooling2dOptions = { poolSize: pairOf(poolSize), strides: pairOf(strides), padding, name }
  return kind === 'max' ? layers.maxPooling2d(options) : layers.averagePooling2d(options)
}

type SomeLayer = ReturnType<typeof convolutionLayer>

/**
 * Predicts, then makes one step of SGD towards the target: weights move by their gradients. The input comes out of an embedding
 * with a token for each of its places, so that its gradient is that of the table.
 */
async function check(
  backend: Backend,
  of: { readonly x: Numbers; readonly y: Numbers; readonly target: Numbers },
  { layer, over }: { readonly layer: SomeLayer; readonly over: 'space' | 'time' },
  weights: Readonly<Record<string, Numbers>>,
  gradients: Readonly<Record<string, Numbers>>,
): Promise<void> {
  const tolerance = toleranceOf(backend)
  const channels = of.x.shape.at(-1) ?? 1
  const places = of.x.data.length / channels
  const [, ...row] = of.x.shape.slice(0, -1)
  const tokens = input({ shape: over === 'time' ? [null] : row, type: 'int32' })
  const table = layers.embedding({ inputDim: places, outputDim: channels, name: 'x' })
  const made = model({ inputs: tokens, outputs: layer.apply(table.apply(tokens)), backend: backend.name })
  const start: Readonly<Record<string, Numbers>> = {
    'x/embeddings': { shape: [places, channels], data: of.x.data },
    ...weights,
  }
  made.setWeights(Object.entries(start).map(([name, w]) => ({ name, ...tensor(w) })))
  const inputs = {
    data: Int32Array.from({ length: places }, (_, i) => i),
    shape: of.x.shape.slice(0, -1),
  }
  const { data, shape } = await made.predict({ inputs })
  expect(shape).toEqual(of.y.shape)
  expect(difference(data, of.y.data)).toBeLessThan(tolerance)
  // Our loss is the mean over all places of the output, theirs the sum.
  const learningRate = of.y.data.length / (of.y.shape.at(-1) ?? 1)
  made.compile({ optimizer: optimizers.sgd({ learningRate }), loss: 'meanSquaredError' })
  await made.fit([{ inputs, targets: tensor(of.target) }])
  expect(made.getWeights().map((w) => w.name)).toEqual(Object.keys(start))
  for (const { name, data: moved } of made.getWeights()) {
    const change = moved.map((v, i) => (start[name]?.data[i] ?? 0) - v)
    expect(difference(change, gradients[name]?.data ?? []), name).toBeLessThan(tolerance)
  }
  made.dispose()
}

describeOnBackends('PyTorch convolutions', (backend) => {
  const overTime = fixture.convolutions.filter((c) => c.x.shape.length === 3)
  const cases = [
    ...fixture.convolutions.map((c) => ({ name: text(c), over: 'space' as const, c })),
    ...overTime.map((c) => ({ name: `${text(c)}, over time`, over: 'time' as const, c })),
  ]
  test.each(cases)('$name', async ({ over, c }) => {
    const { x, kernel, bias } = c.gradients
    const weights = { 'c/kernel': c.kernel, 'c/bias': c.bias }
    const gradients = { 'x/embeddings': x, 'c/kernel': kernel, 'c/bias': bias }
    await check(backend, c, { layer: convolutionLayer(c), over }, weights, gradients)
  })
})

describeOnBackends('PyTorch pooling', (backend) => {
  const overTime = fixture.pooling.filter((p) => p.x.shape.length === 3)
  const cases = [
    ...fixture.pooling.map((p) => ({ name: `${p.kind} ${text(p)}`, over: 'space' as const, p })),
    ...overTime.map((p) => ({ name: `${p.kind} ${text(p)}, over time`, over: 'time' as const, p })),
  ]
  test.each(cases)('$name', async ({ over, p }) => {
    await check(backend, p, { layer: poolingLayer(p), over }, {}, { 'x/embeddings': p.gradients.x })
  })
})
