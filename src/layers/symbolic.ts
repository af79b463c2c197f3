/** Tensors before any program: which layer makes them, from what. Applying layers to these is how a graph of layers grows. */
import { OstinatoError } from '../errors.js'
import { checkName, checkOptions } from '../suggest.js'
import type { AnyLayer } from './layer.js'

/** What a model takes: [batch, time, …features] or [batch, …features]. */
export interface InputSpecification {
  readonly type: 'f32' | 'i32'
  /** Name of the time axis; null: the name of the input; absent: no time axis. */
  readonly axis: string | null | undefined
  /** Empty for one number a step or row, such as a token. */
  readonly features: readonly number[]
}

/** One use of a layer, or an input of a model. What it is applied to was there before, so no cycle can arise. */
export type Application =
  | { readonly layer: AnyLayer; readonly inputs: readonly SymbolicTensor[] }
  | {
      readonly layer: undefined
      readonly name: string | undefined
      /** Absent while a `sequential` waits for its first batch. */
      readonly specification: InputSpecification | undefined
    }

/** Stands for a tensor while a model is put together: made by `input` and by `layer.apply`, taken by layers and by `model`. */
export class SymbolicTensor {
  /** @internal */
  readonly application: Application
  /** @internal Which output of the layer. */
  readonly index: number

  /** @internal */
  constructor(application: Application, index: number) {
    this.application = application
    this.index = index
    Object.freeze(this)
  }
}

/** Refuses what no `apply` or `input` has made. */
export function checkSymbolic(where: string, value: unknown): asserts value is SymbolicTensor {
  if (value instanceof SymbolicTensor) return
  throw new OstinatoError(
    'INVALID_TOPOLOGY',
    where,
    { expected: 'a symbolic tensor', received: Array.isArray(value) ? 'a list' : typeof value },
    { remedy: 'Make tensors with input({ shape }) and layer.apply(x)' },
  )
}

/** The outputs of a layer on these tensors. */
export function applyLayer(
  layer: AnyLayer,
  inputs: readonly SymbolicTensor[],
  outputs: number,
): SymbolicTensor[] {
  for (const x of inputs) checkSymbolic(`${layer.kind}.apply`, x)
  const application = Object.freeze({ layer, inputs: Object.freeze([...inputs]) })
  return Array.from({ length: outputs }, (_, index) => new SymbolicTensor(application, index))
}

export interface InputOptions {
  /**
   * Shape of a row, without the batch axis. It begins with `null` where there is a time axis: `[null, 8]` for sequences of
   * 8 features, `[8]` for vectors, `[null]` for a token a step, `[]` for one number a row. A name in place of `null`, as in
   * `['words', 8]`, is an axis that all inputs of that name share, lengths included; `null` is named after its input.
   */
  readonly shape: readonly (number | string | null)[]
  /** Tokens are `int32`. Default `float32`. */
  readonly type?: 'float32' | 'int32'
  /** By which batches, errors and the model file call it. Default `input`, numbered. */
  readonly name?: string
}

/** Reads a shape such as [null, 8]; undefined where it is none. */
export function readShape(shape: unknown, type: 'f32' | 'i32'): InputSpecification | undefined {
  if (!Array.isArray(shape)) return undefined
  const [first, ...rest] = shape as unknown[]
  const time = first === null || typeof first === 'string'
  const features = time ? rest : shape
  if (!features.every((n) => Number.isSafeInteger(n) && (n as number) >= 1)) return undefined
  if (typeof first === 'string' && !isName(first)) return undefined
  return { type, axis: time ? (first as string | null) : undefined, features: features as number[] }
}

/** What names of layers, inputs and outputs are made of. */
export function isName(text: string): boolean {
  return /^[\w.-]+$/.test(text)
}

/** What a model takes: give it to layers, and to `model({ inputs, outputs })`. */
export function input(options: InputOptions): SymbolicTensor {
  checkOptions('input', options, ['shape', 'type', 'name'])
  const { shape, type = 'float32', name } = options
  checkName('input, type', type, ['float32', 'int32'])
  const specification = readShape(shape, type === 'int32' ? 'i32' : 'f32')
  if (!specification) {
    throw new OstinatoError('INVALID_OPTION', 'input, shape', {
      expected: 'sizes of at least 1, such as [null, 8] or [8], null for the time axis',
      received: JSON.stringify(shape) ?? typeof shape,
    })
  }
  return new SymbolicTensor(Object.freeze({ layer: undefined, name, specification }), 0)
}
