/** Layers of several tensors in and one out. A vector [batch, …] beside sequences counts at every step. */
import { OstinatoError } from '../errors.js'
import {
  add as addTensors,
  affine,
  broadcast,
  concat,
  maximum as larger,
  multiply as multiplyTensors,
  sameShape,
  shapeName,
  subtract as subtractTensors,
  type Tensor,
} from '../graph/index.js'
import type { AnyLayer, Scope } from './layer.js'
import { known, type LayerOptions } from './options.js'
import { applyLayer, checkSymbolic, type SymbolicTensor } from './symbolic.js'

/** A layer of several tensors in and one out. */
export interface MergeLayer extends AnyLayer {
  /** The layer on at least two symbolic tensors. */
  apply(inputs: readonly SymbolicTensor[]): SymbolicTensor
}

type Merge = (inputs: readonly [Tensor, Tensor, ...Tensor[]]) => Tensor

/** Repeats vectors at every step of the sequences beside them, which must share one time axis. */
function alike(inputs: readonly Tensor[], { batch, graph }: Scope): Tensor[] {
  const sequence = inputs.find((x) => x.shape[1] === batch)
  const [time] = sequence?.shape ?? []
  return inputs.map((x, i) => {
    if (!time || x.shape[0] === time) return x
    if (x.shape[0] === batch) return broadcast(x, 0, time)
    throw new OstinatoError(
      'SHAPE_MISMATCH',
      `${graph.path}, input ${i}`,
      { expected: `the time axis of ${shapeName(sequence!.shape)}`, received: shapeName(x.shape) },
      { remedy: "Name the axis of inputs that walk together, as in shape: ['time', 8]" },
    )
  })
}

function checkShapes(inputs: readonly Tensor[], { graph }: Scope): void {
  for (const [i, { shape }] of inputs.entries()) {
    if (sameShape(shape, inputs[0]!.shape)) continue
    throw new OstinatoError('SHAPE_MISMATCH', `${graph.path}, input ${i}`, {
      expected: shapeName(inputs[0]!.shape),
      received: shapeName(shape),
    })
  }
}

function mergeLayer(
  kind: string,
  options: LayerOptions,
  merge: Merge,
  most = Number.POSITIVE_INFINITY,
): MergeLayer {
  known(kind, options, [])
  const accepts = (inputs: number): boolean => inputs >= 2 && inputs <= most
  const layer: MergeLayer = {
    kind,
    name: options.name,
    options: {},
    accepts,
    call(inputs, scope) {
      const tensors = alike(inputs, scope)
      if (kind !== 'concatenate') checkShapes(tensors, scope)
      return [merge(tensors as [Tensor, Tensor, ...Tensor[]])]
    },
    apply(inputs) {
      if (!Array.isArray(inputs)) checkSymbolic(`${kind}.apply`, undefined)
      if (!accepts(inputs.length)) {
        throw new OstinatoError('INVALID_TOPOLOGY', `${kind}.apply`, {
          expected: most === 2 ? 'two tensors' : 'at least two tensors',
          received: String(inputs.length),
        })
      }
      return applyLayer(layer, inputs, 1)[0] as SymbolicTensor
    },
  }
  return layer
}

const reduce =
  (f: (a: Tensor, b: Tensor) => Tensor): Merge =>
  (inputs) =>
    inputs.reduce((a, b) => f(a, b))

/** Tensors side by side along the last axis: [..., m], [..., n] → [..., m + n]. */
export function concatenate(options: LayerOptions = {}): MergeLayer {
  return mergeLayer(
    'concatenate',
    options,
    reduce((a, b) => concat(a, b, -1)),
  )
}

/** y = a + b + …: what a skip connection needs. All have one shape. */
export function add(options: LayerOptions = {}): MergeLayer {
  return mergeLayer('add', options, reduce(addTensors))
}

/** y = a − b, of two. */
export function subtract(options: LayerOptions = {}): MergeLayer {
  return mergeLayer('subtract', options, reduce(subtractTensors), 2)
}

/** y = a ∗ b ∗ …, element by element. */
export function multiply(options: LayerOptions = {}): MergeLayer {
  return mergeLayer('multiply', options, reduce(multiplyTensors))
}

/** y = (a + b + …) ∕ how many. */
export function average(options: LayerOptions = {}): MergeLayer {
  return mergeLayer('average', options, (inputs) => affine(reduce(addTensors)(inputs), 1 / inputs.length))
}

/** y = max(a, b, …), element by element. */
export function maximum(options: LayerOptions = {}): MergeLayer {
  return mergeLayer('maximum', options, reduce(larger))
}

/** y = min(a, b, …) = −max(−a, −b, …), element by element. */
export function minimum(options: LayerOptions = {}): MergeLayer {
  return mergeLayer('minimum', options, ([first, ...rest]) => {
    const negative = (x: Tensor) => affine(x, -1)
    return negative(reduce(larger)([first, ...rest].map(negative) as [Tensor, Tensor, ...Tensor[]]))
  })
}
