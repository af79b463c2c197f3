import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { FloatArray } from '../../src/backends/backend.js'
import { Assembler } from '../conformance/assembler.js'

/** The addon as it is, for what src/backends/native.ts does not let through. */
export interface Addon {
  readonly WeightStore: new (parameterElements: number, slotElements: number) => AddonStore
  info(): Record<string, string>
}
export interface AddonStore {
  createContext(program: Int32Array): AddonContext
  readParameters(target: FloatArray, offset: number): void
  writeParameters(source: FloatArray, offset: number): void
}
export interface AddonContext {
  windows(): { dimensions: Int32Array; status: Int32Array; inputs: (Float32Array | Int32Array)[] }
  run(segments: number): Promise<number>
  runSync(segments: number): number
  work(): number
  requestAbort(): void
  dispose(): void
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const require = createRequire(import.meta.url)
const nodeGypBuild = require('node-gyp-build') as ((folder: string) => Addon) & {
  path(folder: string): string
}

export const addonPath = nodeGypBuild.path(root)
export const loadAddon = (): Addon => nodeGypBuild(root)

export const features = 3
export const outputs = 2
/** The kernel [features, outputs], padded to a 64-byte boundary. */
export const parameterElements = 16
export const batchCapacity = 8

/**
 * A training step of a linear map with momentum, put together by hand: inputs x [1, B, 3] and targets [1, B, 2], one
 * output, the prediction; statistics: loss, weight, norm.
 */
export function trainingProgram(change: (assembler: Assembler) => void = () => {}): Int32Array {
  const a = new Assembler()
  const batch = a.input(batchCapacity)
  const [one, two, I, O, P] = [1, 2, features, outputs, parameterElements].map((n) => a.constant(n))
  const parameters = a.buffer('parameters', 'f32', parameterElements)
  const slots = a.buffer('slots', 'f32', parameterElements)
  const gradients = a.buffer('gradients', 'f32', parameterElements + 1)
  const statistics = a.buffer('statistics', 'f64', 3)
  const arena = a.buffer('arena', 'f32', 64)
  const x = a.buffer('input', 'f32', batchCapacity * features)
  const t = a.buffer('input', 'f32', batchCapacity * outputs)
  const y = a.buffer('output', 'f32', batchCapacity * outputs)

  const kernel = a.value(parameters, 'f32', 0, [I!, O!])
  const input = a.value(x, 'f32', 0, [one!, batch, I!])
  const targets = a.value(t, 'f32', 0, [one!, batch, O!])
  const prediction = a.value(y, 'f32', 0, [one!, batch, O!])
  const dPrediction = a.value(arena, 'f32', 0, [one!, batch, O!])
  const dKernel = a.value(gradients, 'f32', 0, [I!, O!])
  const flat = a.value(gradients, 'f32', 0, [P!])
  const weight = a.value(gradients, 'f32', parameterElements, [one!])
  const loss = a.value(statistics, 'f64', 0, [two!])
  const norm = a.value(statistics, 'f64', 2, [one!])

  a.instruction('matmul', [input, kernel, -1, prediction], [0])
  a.instruction('squared_error', [prediction, targets, -1, -1, loss, weight], [])
  a.instruction('squared_error_backward', [prediction, targets, -1, -1, dPrediction], [])
  a.instruction('matmul_transpose_a', [input, dPrediction, dKernel], [0])
  a.instruction('gradient_norm', [flat, loss, weight, norm], [])
  const ranges = [a.range({ offset: 0, length: features * outputs, decay: 1, rate: 1 }), 1]
  const all = a.value(parameters, 'f32', 0, [P!])
  const velocity = a.value(slots, 'f32', 0, [P!])
  a.instruction('sgd', [all, flat, weight, norm, velocity], [...ranges, 0, 0, 1, 2, 3, 3, 3])
  a.segment('forward', 0, 1)
  a.segment('gradients', 1, 3)
  a.segment('update', 4, 2)
  a.scalars = trainingScalars.length
  change(a)
  return a.build()
}

/** Learning rate, momentum, weight decay, no clipping. */
export const trainingScalars = [0.1, 0.9, 0, Number.POSITIVE_INFINITY]

/**
 * `times` products [size, size] · [size, size] in the segment `gradients`, then, where asked for, `updates` steps of
 * plain gradient descent.
 */
export function longProgram(size: number, times: number, updates = 0): Int32Array {
  const a = new Assembler()
  const N = a.constant(size)
  const P = a.constant(size * size)
  const one = a.constant(1)
  const x = a.value(a.buffer('input', 'f32', size * size), 'f32', 0, [N, N])
  const parameters = a.buffer('parameters', 'f32', size * size)
  const kernel = a.value(parameters, 'f32', 0, [N, N])
  const y = a.value(a.buffer('output', 'f32', size * size), 'f32', 0, [N, N])
  for (let i = 0; i < times; i++) a.instruction('matmul', [x, kernel, -1, y], [0])
  a.segment('gradients', 0, times)
  if (updates > 0) {
    const gradients = a.buffer('gradients', 'f32', size * size + 1)
    const all = a.value(parameters, 'f32', 0, [P])
    const flat = a.value(gradients, 'f32', 0, [P])
    const weight = a.value(gradients, 'f32', size * size, [one])
    const norm = a.value(a.buffer('statistics', 'f64', 1), 'f64', 0, [one])
    const range = a.range({ offset: 0, length: size * size, decay: 1, rate: 1 })
    for (let i = 0; i < updates; i++)
      a.instruction('sgd', [all, flat, weight, norm, -1], [range, 1, 0, 0, 1, 1, 2, 2, 2])
    a.segment('update', times, updates)
    a.scalars = 3
  }
  a.workLimit = 50
  return a.build()
}
