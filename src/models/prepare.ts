/** From a user's batch to tensors that are known to be sound: everything is checked here, once, before a run. */
import {
  type Batch,
  checkLengths,
  isRecord,
  maskToLengths,
  type TensorData,
  type TensorLike,
  type Tensors,
  toTensorData,
} from '../data/index.js'
import { isTensorData, shapeText } from '../data/tensor-data.js'
import { OstinatoError } from '../errors.js'
import type { InputSpecification } from '../layers/symbolic.js'
import { checkName, checkOptions } from '../suggest.js'
import type { Engine } from './engine.js'
import { axisOf, type Form, type ModelInput, timeAxes } from './topology.js'
import type { Validity } from './tracing.js'

/** The valid steps of a time axis. */
export interface PreparedValid {
  readonly given: Validity
  readonly lengths?: Int32Array
  /** [batch, time]: with gaps, which lengths cannot say. */
  readonly mask?: Int32Array
}

/** A batch whose inputs, lengths and weights are known to be sound. */
export interface Prepared {
  readonly batch: number
  /** Steps of each padded time axis. */
  readonly times: readonly number[]
  /** Steps worth running: up to the longest row. */
  readonly steps: readonly number[]
  readonly inputs: readonly { readonly name: string; readonly tensor: TensorData }[]
  /** By output, converted to what its loss wants by `prepareTargets`; absent for predictions. */
  readonly targets: readonly { readonly name: string; readonly tensor: TensorData }[] | undefined
  /** By time axis. */
  readonly valid: readonly PreparedValid[]
  /** By output. */
  readonly weights: readonly (TensorData | undefined)[]
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
  return { type: 'f32', axis: shape.length === 3 ? null : undefined, features: shape.slice(-1) }
}

function inputTensor(input: ModelInput, value: TensorLike, where: string): TensorData {
  const type = input.specification?.type ?? 'f32'
  if (input.specification && type === 'f32' && isTensorData(value) && value.data instanceof Int32Array) {
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

const batchKeys = ['inputs', 'targets', 'lengths', 'mask', 'weights', 'reset'] as const

/** The parts of a value by name; a bare one is the only part there is. Undefined: not given. */
function partsOf(
  value: Tensors,
  names: readonly string[],
  where: string,
  what: string,
  form: Form = 'one',
): (TensorLike | undefined)[] {
  if (isRecord(value)) {
    for (const name of Object.keys(value)) checkName(where, name, names)
    return names.map((name) => value[name])
  }
  if (Array.isArray(value) && value.length === names.length && (names.length > 1 || form === 'list'))
    return value as readonly TensorLike[] as TensorLike[]
  if (names.length === 1) return [value as TensorLike]
  throw new OstinatoError('INVALID_OPTION', where, {
    expected: `${what} by name: ${names.join(', ')}`,
    received: Array.isArray(value)
      ? `a list of ${value.length}`
      : isTensorData(value)
        ? 'one tensor'
        : typeof value,
  })
}

/** Where the part of that name is found, in messages. */
const partName = (where: string, names: readonly string[], i: number): string =>
  names.length === 1 ? where : `${where}.${names[i]}`

/** Whom the user knows as the taker of an input: of the only one, the layer it goes to. */
function takerOf({ topology: { inputs, calls, layers } }: Engine, i: number, where: string): string {
  if (inputs.length > 1) return `${where}, inputs.${inputs[i]?.name}`
  const first = layers[calls.find((call) => call.inputs.some((port) => port.node === i))?.layer ?? -1]
  return first ? `${where}, inputs of ${first.layer.kind} "${first.name}"` : `${where}, inputs`
}

/** Compares inputs with what the model takes; returns the common batch and the steps of each time axis. */
function checkShapes(
  engine: Engine,
  tensors: readonly TensorData[],
  where: string,
): { batch: number; times: number[] } {
  const { inputs } = engine.topology
  const axes = timeAxes(inputs)
  const times: number[] = []
  const batch = tensors[0]?.shape[0] ?? 0
  for (const [i, { shape }] of tensors.entries()) {
    const input = inputs[i] as ModelInput
    const { features } = input.specification as InputSpecification
    const axis = axisOf(input)
    const lead = axis === undefined ? 1 : 2
    if (shape.length !== lead + features.length || shape.slice(lead).join() !== features.join()) {
      throw new OstinatoError('SHAPE_MISMATCH', takerOf(engine, i, where), {
        expected: `[${['batch', ...(axis === undefined ? [] : ['time']), ...features].join(', ')}]`,
        received: shapeText(shape),
      })
    }
    if (shape[0] !== batch) {
      throw new OstinatoError('SHAPE_MISMATCH', takerOf(engine, i, where), {
        expected: `${batch} rows, as "${inputs[0]?.name}" has`,
        received: String(shape[0]),
      })
    }
    if (axis === undefined) continue
    const at = axes.indexOf(axis)
    const time = shape[1] as number
    if (times[at] !== undefined && times[at] !== time) {
      throw new OstinatoError('SHAPE_MISMATCH', takerOf(engine, i, where), {
        expected: `${times[at]} steps, as the other inputs on the axis "${axis}" have`,
        received: String(time),
      })
    }
    times[at] = time
  }
  return { batch, times }
}

export function prepareBatch(engine: Engine, batch: Batch, where: string): Prepared {
  checkBatch(batch, where)
  const given = engine.topology.inputs
  const names = given.map((input) => input.name)
  const place = `${where}, inputs`
  const tensors = partsOf(batch.inputs, names, place, 'tensors', engine.topology.inputForm).map(
    (value, i) => {
      const here = partName(place, names, i)
      if (value === undefined)
        throw new OstinatoError('EMPTY_DATA', here, { expected: 'a tensor', received: 'none' })
      const tensor = inputTensor(given[i] as ModelInput, value, here)
      if (tensor.data.length > 0) return tensor
      throw new OstinatoError('EMPTY_DATA', here, {
        expected: 'at least one row and one step',
        received: shapeText(tensor.shape),
      })
    },
  )
  if (!engine.built) engine.build(inferInput(tensors[0] as TensorData, place))
  const { batch: rows, times } = checkShapes(engine, tensors, where)
  const valid = readValid(engine, batch, rows, times, where)
  // Reversing a padded axis needs all of it.
  const whole = engine.topology.layers.some(({ layer }) => layer.wholeAxis)
  const steps = times.map((time, i) => (whole ? time : longest(valid[i], time)))
  const outputs = engine.topology.outputs.map((output) => output.name)
  const weights =
    batch.weights === undefined
      ? []
      : partsOf(batch.weights, outputs, `${where}, weights`, 'weights', engine.topology.outputForm).map(
          (value, k) =>
            value === undefined
              ? undefined
              : toTensorData(value, 'f32', partName(`${where}, weights`, outputs, k)),
        )
  return {
    batch: rows,
    times,
    steps,
    inputs: tensors.map((tensor, i) => ({ name: names[i] as string, tensor })),
    targets: undefined,
    valid,
    weights,
    reset: batch.reset ?? false,
  }
}

/** Steps up to the last valid one of all rows; an axis has at least one. */
function longest({ lengths, mask }: PreparedValid = { given: 'all' }, time: number): number {
  let end = lengths || mask ? 1 : time
  for (const length of lengths ?? []) end = Math.max(end, length)
  for (const [i, valid] of mask?.entries() ?? []) if (valid === 1) end = Math.max(end, (i % time) + 1)
  return end
}

/** The prepared batch with its targets, as the losses want them. */
export function prepareTargets(engine: Engine, prepared: Prepared, batch: Batch, where: string): Prepared {
  if (!engine.losses) return prepared // refused where the program is made
  const place = `${where}, targets`
  const names = engine.topology.outputs.map((output) => output.name)
  const types = engine.losses.map((loss) => loss.targets)
  const parts =
    batch.targets === undefined
      ? []
      : partsOf(batch.targets, names, place, 'targets', engine.topology.outputForm)
  const targets = names.map((name, k) => {
    const here = partName(place, names, k)
    const value = parts[k]
    if (value === undefined) {
      throw new OstinatoError('EMPTY_DATA', here, {
        expected: 'targets to compare with',
        received: 'none',
      })
    }
    return { name, tensor: toTensorData(value, types[k] ?? 'f32', here) }
  })
  return { ...prepared, targets }
}

/** The valid steps of each time axis. */
function readValid(
  engine: Engine,
  batch: Batch,
  rows: number,
  times: readonly number[],
  where: string,
): PreparedValid[] {
  if (batch.lengths === undefined && batch.mask === undefined) return times.map(() => ({ given: 'all' }))
  const axes = timeAxes(engine.topology.inputs)
  if (axes.length === 0)
    throw new OstinatoError('SHAPE_MISMATCH', where, 'lengths and masks need inputs with a time axis')
  const lengths = partsOf(batch.lengths ?? {}, axes, `${where}, lengths`, 'lengths')
  const masks = partsOf(batch.mask ?? {}, axes, `${where}, mask`, 'masks')
  return times.map((time, i): PreparedValid => {
    const [given, mask] = [lengths[i], masks[i]]
    if (given !== undefined && mask !== undefined) {
      const here = axes.length === 1 ? where : `${where}, axis "${axes[i]}"`
      throw new OstinatoError('INVALID_MASK', here, { expected: 'lengths or a mask', received: 'both' })
    }
    const size = { batch: rows, time }
    if (mask !== undefined) return readMask(mask, size, partName(`${where}, mask`, axes, i))
    if (given === undefined) return { given: 'all' }
    return { given: 'lengths', lengths: checkLengths(given, size, partName(`${where}, lengths`, axes, i)) }
  })
}

function readMask(
  given: TensorLike,
  { batch, time }: { readonly batch: number; readonly time: number },
  where: string,
): PreparedValid {
  const mask = toTensorData(given, 'i32', where)
  if (mask.shape.join() !== `${batch},${time}`) {
    throw new OstinatoError('SHAPE_MISMATCH', where, {
      expected: `[${batch}, ${time}]`,
      received: shapeText(mask.shape),
    })
  }
  const lengths = maskToLengths(mask, where)
  return lengths ? { given: 'lengths', lengths } : { given: 'mask', mask: mask.data as Int32Array }
}
