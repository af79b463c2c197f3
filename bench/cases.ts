/** The work that is measured: shapes, what is done with them, and how many operations that is. */

import type { Precision } from 'ostinato'

export type Cell = 'lstm' | 'gru' | 'rnn'
export type Variant = 'plain' | 'bidirectional' | 'ragged'

/** A stack of recurrent layers alone: x [T, B, I] → y [T, B, H], zero initial states. */
export interface LayerItem {
  readonly kind: 'layer'
  readonly case: string
  readonly cell: Cell
  readonly variant: Variant
  /** `train`: forward, backward from a given dy, the gradients of x and of all weights. */
  readonly mode: 'train' | 'infer'
  readonly batch: number
  readonly time: number
  readonly input: number
  readonly units: number
  readonly layers: number
  /** Valid steps of each row, falling; for `ragged`. */
  readonly lengths?: readonly number[]
  /** Inputs and arriving gradients lie within ± this; default 1. */
  readonly scale?: number
  /** Of the operands of products. Default `float32`. */
  readonly precision?: Precision
}

/** One step of one stream after another through a layer with as many inputs as units, the state carried. */
export interface StepItem {
  readonly kind: 'step'
  readonly case: string
  readonly cell: Cell
  readonly mode: 'step'
  readonly units: number
  /** Steps inside one timing. */
  readonly steps: number
  /** Different inputs, in turn; so many steps from a zero state are compared. */
  readonly inputs: number
  /** Of the operands of products. Default `float32`. */
  readonly precision?: Precision
}

/** The whole training step of the character model, `examples/char-lm.ts`. */
export interface TrainingItem {
  readonly kind: 'training'
  readonly case: 'char-lm'
  readonly cell: Cell
  readonly mode: 'train'
  readonly batch: number
  readonly time: number
  readonly embedding: number
  readonly units: number
  readonly layers: number
  readonly vocabulary: number
  /** A file of int32 tokens, the training part of a text. */
  readonly tokens: string
}

/** One instruction at a size that models have. */
export interface KernelItem {
  readonly kind: 'kernel'
  readonly case: string
  readonly mode: string
}

export type Item = LayerItem | StepItem | TrainingItem | KernelItem

const shapes = [
  { case: 'char-small', batch: 50, time: 50, input: 128, units: 128, layers: 2 },
  { case: 'mid', batch: 32, time: 100, input: 256, units: 256, layers: 1 },
  { case: 'ptb-medium', batch: 20, time: 35, input: 650, units: 650, layers: 2 },
  { case: 'seq2seq', batch: 64, time: 30, input: 512, units: 512, layers: 2 },
  { case: 'sutskever', batch: 128, time: 30, input: 1000, units: 1000, layers: 1 },
  { case: 'tiny-batch', batch: 4, time: 100, input: 128, units: 128, layers: 1 },
] as const

const cells: readonly Cell[] = ['lstm', 'gru', 'rnn']
/** Cases that are also run with both directions and with rows of different lengths. */
const variantCases: readonly string[] = ['char-small', 'mid', 'seq2seq']
const variants: readonly { readonly cell: Cell; readonly variant: Variant }[] = [
  { cell: 'lstm', variant: 'bidirectional' },
  { cell: 'lstm', variant: 'ragged' },
  { cell: 'gru', variant: 'ragged' },
]

/** From time down to time ∕ 4 in even steps. */
function fallingLengths(batch: number, time: number): number[] {
  const shortest = Math.floor(time / 4)
  return Array.from({ length: batch }, (_, b) =>
    Math.floor(time - ((time - shortest) * b) / Math.max(1, batch - 1)),
  )
}

/** All layer work, one group for each case and cell: its training and its inference. */
export const layerGroups: readonly (readonly LayerItem[])[] = shapes.flatMap((shape) => {
  const kinds = [
    ...cells.map((cell) => ({ cell, variant: 'plain' as const })),
    ...(variantCases.includes(shape.case) ? variants : []),
  ]
  return kinds.map(({ cell, variant }) =>
    (['train', 'infer'] as const).map(
      (mode): LayerItem => ({
        kind: 'layer',
        ...shape,
        cell,
        variant,
        mode,
        ...(variant === 'ragged' ? { lengths: fallingLengths(shape.batch, shape.time) } : {}),
      }),
    ),
  )
})

/** Batch-1 steps. */
export const stepItems: readonly StepItem[] = [64, 128, 256, 512, 1024].flatMap((units) =>
  (['lstm', 'gru'] as const).map((cell) => ({
    kind: 'step',
    case: `stream-${units}`,
    cell,
    mode: 'step',
    units,
    steps: 200,
    inputs: 8,
  })),
)

/** Reduced precisions, beside the same work in float32. */
export const reducedItems: readonly Item[] = [
  ...layerGroups
    .flat()
    .filter((item) => item.case === 'seq2seq' && item.cell === 'lstm' && item.variant === 'plain')
    .map((item): Item => ({ ...item, precision: item.mode === 'train' ? 'bfloat16' : 'int8' })),
  ...stepItems
    .filter((item) => item.case === 'stream-512' && item.cell === 'lstm')
    .map((item): Item => ({ ...item, precision: 'int8' })),
]

export function trainingItems(tokens: string, vocabulary: number): TrainingItem[] {
  const recipe = { batch: 50, time: 50, embedding: 64, units: 128, layers: 2, vocabulary, tokens }
  return cells.map((cell) => ({ kind: 'training', case: 'char-lm', cell, mode: 'train', ...recipe }))
}

export const gatesOf: Readonly<Record<Cell, number>> = { lstm: 4, gru: 3, rnn: 1 }

/** `lstm`, `lstm-bidirectional`, `lstm-int8`, …; `-` where no cell is involved. */
export function cellName(item: Item): string {
  if (item.kind === 'kernel') return '-'
  const variant = item.kind === 'layer' && item.variant !== 'plain' ? [item.variant] : []
  const precision = item.kind !== 'training' && item.precision ? [item.precision] : []
  return [item.cell, ...variant, ...precision].join('-')
}

export function suiteOf(item: Item): 'layers' | 'steps' | 'training' | 'kernels' {
  return ({ layer: 'layers', step: 'steps', training: 'training', kernel: 'kernels' } as const)[item.kind]
}

/** Multiplications and additions of the products with weights, each counted as one; the gates' own are left out. */
export function operations(item: Exclude<Item, KernelItem>): number {
  const { units } = item
  const gates = gatesOf[item.cell]
  const step = (input: number): number => 2 * gates * units * (input + units)
  if (item.kind === 'step') return step(units)
  if (item.kind === 'training') {
    const { batch, time, embedding, layers, vocabulary } = item
    const forward = step(embedding) + (layers - 1) * step(units) + 2 * units * vocabulary
    return 3 * batch * time * forward
  }
  const { batch, time, input, layers, lengths, variant, mode } = item
  const steps = lengths ? lengths.reduce((sum, n) => sum + n, 0) : batch * time
  const directions = variant === 'bidirectional' ? 2 : 1
  const forward = steps * directions * (step(input) + (layers - 1) * step(directions * units))
  return mode === 'train' ? 3 * forward : forward
}
