/** From a user's batch to the borders of a program: everything is checked here, once, before a run. */
import {
  type Batch,
  checkLengths,
  maskToLengths,
  type TensorData,
  type TensorLike,
  toTensorData,
} from '../data/index.js'
import { isTensorData, shapeText } from '../data/tensor-data.js'
import { OstinatoError } from '../errors.js'
import { losses } from '../losses/index.js'
import { checkOptions } from '../suggest.js'
import type { Engine } from './engine.js'
import type { Executable } from './executable.js'
import type { InputSpecification } from './trace.js'

/** A batch whose inputs, lengths and weights are known to be sound. */
export interface Prepared {
  readonly batch: number
  /** Steps of the padded axis; 1 for models without one. */
  readonly time: number
  /** Steps worth running: up to the longest row. */
  readonly steps: number
  readonly inputs: TensorData
  /** Converted to what the loss wants by `prepareTargets`; absent for predictions. */
  readonly targets: TensorData | undefined
  readonly lengths: Int32Array | undefined
  readonly weights: TensorData | undefined
  readonly reset: boolean
}

/** The input that data without an explicit shape implies: floats, [batch, time, features] or [batch, features]. */
function inferInput(inputs: TensorData, where: string): InputSpecification {
  const { shape } = inputs
  if (shape.length !== 2 && shape.length !== 3) {
    throw new OstinatoError('SHAPE_MISMATCH', where, {
      expected: '[batch, time, features] or [batch, features]',
      received: shapeText(shape),
    })
  }
  return { type: 'f32', time: shape.length === 3, features: shape.at(-1) as number }
}

function inputTensor(engine: Engine, value: TensorLike, where: string): TensorData {
  const type = engine.input?.type ?? 'f32'
  if (engine.input && type === 'f32' && isTensorData(value) && value.data instanceof Int32Array) {
    throw new OstinatoError('TYPE_MISMATCH', where, { expected: 'float32 data', received: 'int32 data' })
  }
  return toTensorData(value, type, where)
}

function checkBatch(batch: Batch, where: string): void {
  const remedy = 'Pass { inputs, targets, … }'
  if (Array.isArray(batch) || ArrayBuffer.isView(batch) || isTensorData(batch)) {
    throw new OstinatoError(
      'INVALID_OPTION',
      where,
      { expected: 'a batch', received: 'a bare tensor' },
      { remedy },
    )
  }
  checkOptions(where, batch, batchKeys)
  if (batch.inputs === undefined) {
    throw new OstinatoError('EMPTY_DATA', where, { expected: 'inputs', received: 'none' }, { remedy })
  }
}

function expectedInput({ time, features }: InputSpecification): string {
  return `[batch${time ? ', time' : ''}${features === undefined ? '' : `, ${features}`}]`
}

const batchKeys = ['inputs', 'targets', 'lengths', 'mask', 'weights', 'reset'] as const

export function prepareBatch(engine: Engine, batch: Batch, where: string): Prepared {
  checkBatch(batch, where)
  const inputs = inputTensor(engine, batch.inputs, `${where}, inputs`)
  if (inputs.data.length === 0) {
    throw new OstinatoError('EMPTY_DATA', `${where}, inputs`, {
      expected: 'at least one row and one step',
      received: shapeText(inputs.shape),
    })
  }
  if (!engine.built) engine.build(inferInput(inputs, `${where}, inputs`))
  const input = engine.input as InputSpecification
  const rank = 1 + (input.time ? 1 : 0) + (input.features === undefined ? 0 : 1)
  const { shape } = inputs
  if (shape.length !== rank || (input.features !== undefined && shape.at(-1) !== input.features)) {
    const first = engine.layers[0]
    throw new OstinatoError('SHAPE_MISMATCH', `${where}, inputs of ${first?.layer.kind} "${first?.name}"`, {
      expected: expectedInput(input),
      received: shapeText(shape),
    })
  }
  const rows = shape[0] as number
  const time = input.time ? (shape[1] as number) : 1
  const lengths = readLengths(batch, rows, time, input.time, where)
  // Reversing a padded axis needs all of it.
  const whole = engine.layers.some(({ layer }) => layer.wholeAxis)
  const steps =
    lengths && !whole
      ? Math.max(
          1,
          lengths.reduce((a, b) => Math.max(a, b), 0),
        )
      : time
  const weights =
    batch.weights === undefined ? undefined : toTensorData(batch.weights, 'f32', `${where}, weights`)
  return {
    batch: rows,
    time,
    steps,
    inputs,
    targets: undefined,
    lengths,
    weights,
    reset: batch.reset ?? false,
  }
}

/** The prepared batch with its targets, as the loss wants them. */
export function prepareTargets(engine: Engine, prepared: Prepared, batch: Batch, where: string): Prepared {
  if (!engine.loss) return prepared // refused where the program is made
  if (batch.targets === undefined) {
    throw new OstinatoError('EMPTY_DATA', `${where}, targets`, {
      expected: 'targets to compare with',
      received: 'none',
    })
  }
  const { targets: type } = losses[engine.loss]
  return { ...prepared, targets: toTensorData(batch.targets, type, `${where}, targets`) }
}

function readLengths(
  batch: Batch,
  rows: number,
  time: number,
  sequence: boolean,
  where: string,
): Int32Array | undefined {
  if (batch.lengths === undefined && batch.mask === undefined) return undefined
  if (!sequence)
    throw new OstinatoError('SHAPE_MISMATCH', where, 'lengths and masks need inputs with a time axis')
  if (batch.lengths !== undefined && batch.mask !== undefined) {
    throw new OstinatoError('INVALID_MASK', where, { expected: 'lengths or a mask', received: 'both' })
  }
  if (batch.lengths !== undefined)
    return checkLengths(batch.lengths, { batch: rows, time }, `${where}, lengths`)
  const mask = toTensorData(batch.mask as TensorLike, 'i32', `${where}, mask`)
  if (mask.shape.join() !== `${rows},${time}`) {
    throw new OstinatoError('SHAPE_MISMATCH', `${where}, mask`, {
      expected: `[${rows}, ${time}]`,
      received: shapeText(mask.shape),
    })
  }
  return maskToLengths(mask, `${where}, mask`)
}

/**
 * Copies a tensor into an input of the program, after comparing its shape with the one traced.
 * `time` is the length of the tensor's own time axis, of which the first `steps` are taken.
 */
export function feed(
  executable: Executable,
  name: string,
  tensor: TensorData,
  size: Prepared,
  where: string,
): void {
  const border = executable.traced.program.inputs.find((b) => b.name === name)
  const window = executable.input(name)
  if (!border || !window) return
  const expected = border.shape.map((d) => {
    if (d.kind === 'constant') return d.value
    return d.kind === 'input' && d.name === 'B' ? size.batch : size.time
  })
  if (tensor.shape.join() !== expected.join()) {
    throw new OstinatoError('SHAPE_MISMATCH', `${where}, ${name}`, {
      expected: shapeText(expected),
      received: shapeText(tensor.shape),
    })
  }
  const sequence = border.shape.some((d) => d.kind === 'input' && d.name === 'T')
  if (!sequence || size.steps === size.time) {
    window.set(tensor.data)
    return
  }
  const row = tensor.data.length / size.batch
  const kept = (row / size.time) * size.steps
  for (let b = 0; b < size.batch; b++) window.set(tensor.data.subarray(b * row, b * row + kept), b * kept)
}

/** Fills every border of a run; carried rows start from zeros where `fresh` or the batch says so. */
export function feedBatch(executable: Executable, size: Prepared, fresh: boolean, where: string): void {
  executable.setDimensions(size.batch, size.steps)
  feed(executable, 'inputs', size.inputs, size, where)
  feedWeights(executable, size, where)
  const lengths = executable.input('lengths')
  if (size.lengths) lengths?.set(size.lengths)
  else lengths?.fill(size.steps)
  feedRows(executable, size.batch, fresh || size.reset)
}

/** Weights of rows count for all their steps. */
function feedWeights(executable: Executable, size: Prepared, where: string): void {
  const window = executable.input('weights')
  if (!window) return
  if (!size.weights) {
    window.fill(1)
    return
  }
  const steps = executable.traced.prediction.time ? size.steps : 1
  if (size.weights.shape.length === 2 || !executable.traced.prediction.time) {
    feed(executable, 'weights', size.weights, size, where)
    return
  }
  if (size.weights.data.length !== size.batch) {
    const received = shapeText(size.weights.shape)
    throw new OstinatoError('SHAPE_MISMATCH', `${where}, weights`, {
      expected: `[${size.batch}] or [${size.batch}, ${size.time}]`,
      received,
    })
  }
  for (let b = 0; b < size.batch; b++) window.fill(size.weights.data[b] ?? 0, b * steps, (b + 1) * steps)
}

/** Row i of the batch continues row i of the states. */
export function feedRows(executable: Executable, batch: number, reset: boolean): void {
  const [load, store] = [executable.input('loadRows'), executable.input('storeRows')]
  if (!load || !store) return
  for (let b = 0; b < batch; b++) {
    load[b] = reset ? -1 : b
    store[b] = b
  }
}
