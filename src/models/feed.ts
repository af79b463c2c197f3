/** From prepared batches to the borders of a program: only copies are left to do. */
import type { FloatArray } from '../backends/backend.js'
import type { TensorData } from '../data/index.js'
import { shapeText } from '../data/tensor-data.js'
import { OstinatoError } from '../errors.js'
import type { Dimension } from '../graph/index.js'
import type { Executable } from './executable.js'
import type { Prepared } from './prepare.js'
import { borderName } from './topology.js'
import type { TracedAxis } from './tracing.js'

/**
 * Copies a tensor into an input of the program, after comparing its shape with the one traced. Of its own time axis, those
 * steps are taken that run.
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
  const { batch } = size
  const expected = border.shape.map((d) => executable.sizeOf(d, batch, size.times))
  if (tensor.shape.join() !== expected.join()) {
    throw new OstinatoError('SHAPE_MISMATCH', `${where}, ${name}`, {
      expected: shapeText(expected),
      received: shapeText(tensor.shape),
    })
  }
  // Where there is a time axis, it is the second.
  const [, axis] = border.shape
  const time = expected[1] ?? 1
  const steps = axis ? executable.sizeOf(axis, batch, size.steps) : time
  if (steps === time) {
    window.set(tensor.data)
    return
  }
  const row = tensor.data.length / batch
  const kept = (row / time) * steps
  for (let b = 0; b < batch; b++) window.set(tensor.data.subarray(b * row, b * row + kept), b * kept)
}

/** Fills every border of a run; carried rows start from zeros where `fresh` or the batch says so. */
export function feedBatch(executable: Executable, size: Prepared, fresh: boolean, where: string): void {
  const { axes } = executable.traced
  executable.setDimensions(size.batch, size.steps)
  for (const [i, { tensor }] of size.inputs.entries())
    feed(executable, borderName('inputs', size.inputs, i), tensor, size, where)
  feedWeights(executable, size, where)
  for (const axis of axes) {
    const window = axis.given === 'all' ? undefined : executable.input(axis.border)
    if (!window) continue
    if (axis.given === 'mask') feedMask(window, size, axis.source)
    else feedLengths(window, size, axis)
  }
  feedRows(executable, size.batch, fresh || size.reset)
}

function feedLengths(window: FloatArray | Int32Array, size: Prepared, axis: TracedAxis): void {
  const { lengths } = size.valid[axis.source] ?? {}
  const all = size.steps[axis.source] ?? 1
  for (let b = 0; b < size.batch; b++) {
    const steps = lengths?.[b] ?? all
    window[b] = steps === 0 ? 0 : Math.max(0, axis.size(steps))
  }
}

/** [batch, steps]: the mask of the batch, or what its lengths say. */
function feedMask(window: FloatArray | Int32Array, size: Prepared, source: number): void {
  const { lengths, mask } = size.valid[source] ?? {}
  const [time, steps] = [size.times[source] ?? 1, size.steps[source] ?? 1]
  for (let b = 0; b < size.batch; b++) {
    if (mask) window.set(mask.subarray(b * time, b * time + steps), b * steps)
    else
      window
        .fill(1, b * steps, b * steps + (lengths?.[b] ?? steps))
        .fill(0, b * steps + (lengths?.[b] ?? steps), (b + 1) * steps)
  }
}

/** Weights of rows count for all their steps. */
function feedWeights(executable: Executable, size: Prepared, where: string): void {
  const { outputs, program } = executable.traced
  for (const [k, { time }] of outputs.entries()) {
    const name = borderName('weights', outputs, k)
    const window = executable.input(name)
    if (!window) continue
    const weights = size.weights[k]
    if (!weights) {
      window.fill(1)
      continue
    }
    if (weights.shape.length === 2 || !time) {
      feed(executable, name, weights, size, where)
      continue
    }
    const axis = program.inputs.find((b) => b.name === name)?.shape[1] as Dimension
    if (weights.data.length !== size.batch) {
      const all = executable.sizeOf(axis, size.batch, size.times)
      throw new OstinatoError('SHAPE_MISMATCH', `${where}, ${name}`, {
        expected: `[${size.batch}] or [${size.batch}, ${all}]`,
        received: shapeText(weights.shape),
      })
    }
    const steps = executable.sizeOf(axis, size.batch, size.steps)
    for (let b = 0; b < size.batch; b++) window.fill(weights.data[b] ?? 0, b * steps, (b + 1) * steps)
  }
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
