/** Steps of sequences [time, batch, …], chosen by masks [time, batch] int32: 1 where a step is valid. */
import { type Dimension, shapeName } from './dimension.js'
import { operandOf, type Tensor } from './graph.js'
import { mismatch } from './operations.js'

/** [time · batch, …] */
function asRows(x: Tensor): Tensor {
  const { graph } = x
  const [time, batch, ...rest] = x.shape
  if (!time || !batch) throw mismatch(x, 'steps', '[time, batch, …]', shapeName(x.shape))
  return graph.reshape(x, [graph.elements([time, batch]), graph.elements(rest)])
}

/** 1 where some feature of the step differs from the value, and `prior` is 1 where there is one: [time, batch] int32. */
export function stepMask(x: Tensor, value: number, prior?: Tensor): Tensor {
  const { graph } = x
  const rows = asRows(x)
  const [steps] = rows.shape
  const y = graph.tensor([steps!], 'i32')
  const before = prior && graph.reshape(prior, [steps!])
  const node = graph.append('step_mask', { x: rows, prior: before }, { y }, { value })
  return graph.reshape(operandOf(node, 'y'), x.shape.slice(0, 2))
}

/** x where the mask is 1, `otherwise` (or zeros) where it is 0; `time` names the axis of the result anew. */
export function selectSteps(
  mask: Tensor,
  x: Tensor,
  options: { readonly otherwise?: Tensor; readonly time?: Dimension } = {},
): Tensor {
  const { graph } = x
  const { otherwise, time = x.shape[0] as Dimension } = options
  const [, batch, ...rest] = x.shape
  const condition = graph.reshape(mask, [graph.elements(mask.shape)])
  const shape = [graph.elements([time, batch!]), graph.elements(rest)]
  const node = graph.append(
    'select',
    { condition, a: asRows(x), b: otherwise && asRows(otherwise) },
    { y: shape },
  )
  return graph.reshape(operandOf(node, 'y'), [time, batch!, ...rest])
}

/** Where the valid steps of each row go when they are moved to the front, and where they are found there. */
export interface MaskOrder {
  /** [time, batch]: the k-th valid step, −1 beyond them. */
  readonly order: Tensor
  /** [batch] */
  readonly lengths: Tensor
  /** [time, batch]: the latest valid step, counted from 1 among the valid ones; 0 before the first. */
  readonly forward: Tensor
  /** [time, batch]: the next valid step, counted likewise. */
  readonly backward: Tensor
}

export function maskOrder(mask: Tensor): MaskOrder {
  const { graph } = mask
  const batch = mask.shape.slice(1)
  const node = graph.append(
    'mask_order',
    { mask },
    { order: mask.shape, lengths: batch, forward: mask.shape, backward: mask.shape },
  )
  const [order, lengths, forward, backward] = ['order', 'lengths', 'forward', 'backward'].map((name) =>
    operandOf(node, name),
  ) as [Tensor, Tensor, Tensor, Tensor]
  return { order, lengths, forward, backward }
}

/**
 * y[t, b] = x[steps[t, b] + shift, b], zeros where that is −1; x [time, batch, …], steps [other time, batch] int32. `time` names
 * the axis of the result anew.
 */
export function gatherSteps(
  x: Tensor,
  steps: Tensor,
  options: { readonly shift?: -1 | 0; readonly time?: Dimension | undefined } = {},
): Tensor {
  const { graph } = x
  const [source, batch, ...rest] = x.shape
  const { shift = 0, time = steps.shape[0] } = options
  if (!source || !batch || !time || steps.shape[1] !== batch) {
    throw mismatch(x, 'steps', `[time, ${shapeName(x.shape.slice(1, 2))}]`, shapeName(steps.shape))
  }
  const size = graph.elements(rest)
  const node = graph.append(
    'gather_steps',
    { x: graph.reshape(x, [source, batch, size]), steps },
    { y: [time, batch, size] },
    { shift },
  )
  return graph.reshape(operandOf(node, 'y'), [time, batch, ...rest])
}

/** The largest of the valid steps, 0 where there is none: [time, batch, …] → [batch, …]. */
export function maxSteps(x: Tensor, mask?: Tensor): Tensor {
  const { graph } = x
  const [time, batch, ...rest] = x.shape
  if (!time || !batch) throw mismatch(x, 'steps', '[time, batch, …]', shapeName(x.shape))
  const size = graph.elements(rest)
  const node = graph.append(
    'max_steps',
    { x: graph.reshape(x, [time, batch, size]), mask },
    { y: [batch, size] },
  )
  return graph.reshape(operandOf(node, 'y'), [batch, ...rest])
}
