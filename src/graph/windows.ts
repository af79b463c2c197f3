/** Windows along one axis: what convolutions and pooling are made of. */
import { type Dimension, shapeName } from './dimension.js'
import { operandOf, type Tensor } from './graph.js'
import { mismatch } from './operations.js'

/** How windows lie along an axis of n entries. */
export interface Windows {
  /** Entries in a window. */
  readonly size: number
  /** From one window to the next. */
  readonly stride: number
  /** From one entry of a window to the next. */
  readonly dilation: number
  /**
   * `valid`: windows inside the row; `same`: ⌈n ∕ stride⌉ windows, centred; `causal`: as many, each ending at the entry that is
   * its own.
   */
  readonly padding: 'valid' | 'same' | 'causal'
}

/** How many windows lie on an axis of n entries. */
export function windowCount({ size, stride, dilation, padding }: Windows, n: number): number {
  const covered = padding === 'valid' ? n - (size - 1) * dilation : n
  return Math.max(0, Math.ceil(covered / stride))
}

function placementOf({ size, stride, dilation, padding }: Windows) {
  const begin = { valid: 0, same: -1, causal: (size - 1) * dilation }[padding]
  return { padding: begin, stride, dilation }
}

/** Where windows lie on a tensor. */
export interface WindowAxis {
  readonly axis: number
  /** How many axes behind it are rows: the entries of a window stand behind these, before the rest. Default 0. */
  readonly rows?: number
  /** The axis of the windows, `windowCount` of the axis they look at. */
  readonly count: Dimension
  /** [batch]: the valid entries of each row, where the rows are the batch. */
  readonly lengths?: Tensor | undefined
}

/** The shape of x before the axis, of the rows, and of what is behind them. */
function parts(x: Tensor, { axis, rows = 0 }: WindowAxis) {
  const end = axis + 1 + rows
  return [x.shape.slice(0, axis), x.shape.slice(axis + 1, end), x.shape.slice(end)] as const
}

/** x as [before, axis, rows, behind]. */
function asRows(x: Tensor, at: WindowAxis): Tensor {
  const { graph } = x
  const [before, rows, behind] = parts(x, at).map((shape) => graph.elements(shape))
  const entries = x.shape[at.axis]
  if (!entries || !before || !rows || !behind)
    throw mismatch(x, 'windows', `an axis of ${shapeName(x.shape)}`, String(at.axis))
  return graph.reshape(x, [before, entries, rows, behind])
}

/** The entries of all windows along an axis, 0 for padding: [.., n, rows, ..] → [.., count, rows, size, ..] */
export function unfold(x: Tensor, windows: Windows, at: WindowAxis): Tensor {
  const { graph } = x
  const from = asRows(x, at)
  const [before, , rows, behind] = from.shape as [Dimension, Dimension, Dimension, Dimension]
  const size = graph.dimensions.constant(windows.size)
  const made = graph.append(
    'unfold',
    { x: from, lengths: at.lengths },
    { y: [before, at.count, rows, size, behind] },
    placementOf(windows),
  )
  const [outer, middle, inner] = parts(x, at)
  return graph.reshape(operandOf(made, 'y'), [...outer, at.count, ...middle, size, ...inner])
}

/** The largest entry, or the mean of the entries, of all windows along an axis: [.., n, ..] → [.., count, ..] */
export function pool(x: Tensor, by: 'max' | 'average', windows: Windows, at: WindowAxis): Tensor {
  const { graph } = x
  const from = asRows(x, at)
  const [before, , ...rest] = from.shape as [Dimension, Dimension, ...Dimension[]]
  const made = graph.append(
    by === 'max' ? 'max_pool' : 'average_pool',
    { x: from, lengths: at.lengths },
    { y: [before, at.count, ...rest] },
    { size: windows.size, ...placementOf(windows) },
  )
  const [outer, middle, inner] = parts(x, at)
  return graph.reshape(operandOf(made, 'y'), [...outer, at.count, ...middle, ...inner])
}
