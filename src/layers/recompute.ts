/** Backward passes that compute the gates of a recurrent layer again instead of keeping them. */
import { OstinatoError } from '../errors.js'
import {
  type Dimension,
  dimensionName,
  fill,
  maskOrder,
  partLengths,
  resizeTime,
  type ScanState,
  type SequenceOptions,
  type SequenceResult,
  scan,
  sequenceMask,
  type Tensor,
  type Tensors,
} from '../graph/index.js'
import type { Scope } from './layer.js'
import { flag } from './options.js'

export interface RecomputeOptions {
  /**
   * Keep no gates of the forward pass while training, only the states after every ⌈√time⌉ steps, and compute the steps between
   * them again on the way back (Chen et al. 2016): less memory for long sequences, for one more forward pass. The same results
   * but for rounding. Not for options that have no kernel. Default false.
   */
  readonly recompute?: boolean
}

/** The option, which only a cell with a kernel can follow. */
export function recomputeOption(where: string, value: boolean | undefined, hasKernel: boolean): boolean {
  const recompute = flag(where, 'recompute', value, false)
  if (!recompute || hasKernel) return recompute
  throw new OstinatoError(
    'INVALID_OPTION',
    `${where}, recompute`,
    'with these options the cell has no kernel',
    {
      remedy: 'Leave out recompute, or what makes the cell run as a loop',
    },
  )
}

interface WalkOptions extends SequenceOptions {
  readonly initialC?: Tensor | undefined
  readonly updateC?: Tensor | undefined
}

/**
 * A walk over x [time, batch, features] in parts of ⌈√time⌉ steps, a loop whose gradient walks over each part again. Where nothing is
 * kept for a gradient, or all states are looked at, it is one walk.
 *
 * @param walk - the walk over any steps; h is as wide as `units`
 * @param states - of the cell: h, or h and c
 */
export function recomputedWalk<Options extends WalkOptions, Result extends SequenceResult>(
  walk: (x: Tensor, options: Options) => Result,
  x: Tensor,
  scope: Scope,
  options: Options,
  { units, states }: { readonly units: number; readonly states: readonly ['h'] | readonly ['h', 'c'] },
): Result {
  const { graph, batch, mode, inLoop } = scope
  if (mode !== 'train' || inLoop || graph.stateGradients) return walk(x, options)
  const time = x.shape[0] as Dimension
  const sizeOf = (n: number): number => Math.ceil(Math.sqrt(n))
  const name = dimensionName(time)
  const size = scope.deriveAxis(x, `√${name}`, sizeOf)
  const parts = scope.deriveAxis(x, `${name}∕√${name}`, (n) => (n === 0 ? 0 : Math.ceil(n / sizeOf(n))))
  const padded = graph.dimensions.product([parts, size])
  const inParts = (whole: Tensor): Tensor => graph.reshape(whole, [parts, size, ...whole.shape.slice(1)])
  const sequences: Record<string, Tensor> = {
    x: inParts(resizeTime(x, padded)),
    // What is padded is masked, so that a walk from the end carries its first states over it.
    valid: inParts(sequenceMask(options.lengths ?? partLengths(x, 1), padded)),
  }
  for (const mask of ['updateH', 'updateC'] as const) {
    const whole = options[mask]
    if (whole) sequences[mask] = inParts(resizeTime(whole, padded))
  }
  const zeros = (...shape: Dimension[]): Tensor => fill(graph, [...shape, units], 0)
  const initial = { h: options.initialH ?? zeros(batch), c: options.initialC ?? zeros(batch) }
  const body =
    (training: boolean) =>
    ({ h, c }: Tensors, { x: part, valid, ...masks }: Tensors): Tensors => {
      const { lengths } = maskOrder(valid as Tensor)
      const given = { ...options, ...masks, lengths, initialH: h, initialC: c, training }
      const { y, finalH, finalC } = walk(part as Tensor, given)
      return { h: finalH, ...(finalC && { c: finalC }), y }
    }
  const { y, h, c } = scan(
    graph,
    { ...Object.fromEntries(states.map((state) => [state, initial[state]])), y: zeros(size, batch) },
    sequences,
    body(false),
    { steps: parts, reverse: options.reverse ?? false, overTime: false, recompute: body(true) },
  ) as { y: ScanState; h: ScanState; c?: ScanState }
  const outputs = graph.reshape(y.y, [padded, batch, graph.dimensions.constant(units)])
  const result: SequenceResult = {
    y: resizeTime(outputs, time),
    finalH: h.final,
    ...(c && { finalC: c.final }),
  }
  return result as Result
}
