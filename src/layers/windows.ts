/** What convolutions and pooling share: reading sizes, and finding the axes that their windows lie along. */
import { OstinatoError } from '../errors.js'
import {
  matmul,
  shapeName,
  type Tensor,
  unfold,
  type WindowAxis,
  type Windows,
  windowCount,
} from '../graph/index.js'
import { mismatch } from '../graph/operations.js'
import type { Scope } from './layer.js'
import { count, oneOf } from './options.js'
import { refuseStreaming } from './recurrent.js'

export type Padding = 'valid' | 'same' | 'causal'

/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [height: number, width: number]

/** Both numbers. */
export function pair(where: string, option: string, value: unknown): readonly [number, number] {
  const both = Array.isArray(value) ? value : [value, value]
  if (both.length !== 2) {
    throw new OstinatoError('INVALID_OPTION', `${where}, ${option}`, {
      expected: 'a number, or one for the height and one for the width',
      received: JSON.stringify(value),
    })
  }
  return [count(where, option, both[0]), count(where, option, both[1])]
}

/** [time, batch, …], not [batch, …]. */
export function isSequence({ shape }: Tensor, scope: Scope): boolean {
  return shape[1] === scope.batch
}

/** Windows along an axis of fixed size. */
export function fixedAxis(x: Tensor, axis: number, windows: Windows, rows = 0): WindowAxis {
  const entries = x.shape[axis]
  if (entries?.kind !== 'constant') throw mismatch(x, 'input', 'an axis of fixed size', shapeName(x.shape))
  const windowsThere = windowCount(windows, entries.value)
  if (windowsThere === 0) {
    const expected = `at least ${(windows.size - 1) * windows.dilation + 1} entries for a window`
    throw mismatch(x, 'input', expected, String(entries.value), "Use padding: 'same', or a smaller window")
  }
  return { axis, rows, count: x.graph.dimensions.constant(windowsThere) }
}

/** Windows along the time axis of a sequence [time, batch, …]: a new time axis, unless every step has its window. */
export function timeAxis(x: Tensor, scope: Scope, windows: Windows, what: string): WindowAxis {
  if (windows.size > 1 || windows.stride > 1) refuseStreaming(scope, what)
  const same = windows.padding !== 'valid' || windows.size === 1
  const count =
    same && windows.stride === 1
      ? x.shape[0]!
      : scope.deriveAxis(x, 'time', (steps) => windowCount(windows, steps))
  return { axis: 0, rows: 1, count, lengths: scope.lengthsOf(x) }
}

/** The axis before the channels: time of [batch, time, channels], or a fixed one. */
export function lastAxis(x: Tensor, scope: Scope, windows: Windows, what: string): WindowAxis {
  const sequence = isSequence(x, scope)
  if (x.shape.length === 3 && sequence) return timeAxis(x, scope, windows, what)
  if (x.shape.length < (sequence ? 4 : 3))
    throw mismatch(x, 'input', '[batch, steps, channels]', shapeName(x.shape))
  return fixedAxis(x, x.shape.length - 2, windows)
}

/** The axes of height and width of [batch, (time,) height, width, channels]. */
export function imageAxes(x: Tensor, scope: Scope): readonly [height: number, width: number] {
  const rank = x.shape.length
  if (rank < (isSequence(x, scope) ? 5 : 4))
    throw mismatch(
      x,
      'input',
      '[batch, height, width, channels], or with time behind the batch',
      shapeName(x.shape),
    )
  return [rank - 3, rank - 2]
}

/** How windows lie over images. */
export interface ImageOptions {
  readonly kernelSize: Pair
  readonly strides?: Pair
  readonly padding?: 'valid' | 'same'
  readonly dilationRate?: Pair
}

export type ImageWindows = readonly [height: Windows, width: Windows]

export function imageWindows(where: string, options: ImageOptions): ImageWindows {
  const size = pair(where, 'kernelSize', options.kernelSize)
  const stride = pair(where, 'strides', options.strides ?? 1)
  const dilation = pair(where, 'dilationRate', options.dilationRate ?? 1)
  const padding = oneOf(where, 'padding', options.padding, ['valid', 'same'], 'valid')
  const along = (i: 0 | 1): Windows => ({
    size: size[i],
    stride: stride[i],
    dilation: dilation[i],
    padding,
  })
  return [along(0), along(1)]
}

/** As they are saved. */
export function savedImageWindows([height, width]: ImageWindows) {
  return {
    kernelSize: [height.size, width.size],
    strides: [height.stride, width.stride],
    padding: height.padding,
    dilationRate: [height.dilation, width.dilation],
  }
}

/** All windows of images, the last three axes of x: [.., height, width, channels] → [.., height′, width′, …size, channels] */
export function unfoldImage(x: Tensor, [height, width]: ImageWindows): Tensor {
  const rank = x.shape.length
  const wide = unfold(x, width, fixedAxis(x, rank - 2, width))
  return unfold(wide, height, fixedAxis(wide, rank - 3, height, 1))
}

/** One product of all windows [.., …size, channels] with the kernel […size, channels, filters]: [.., filters] */
export function windowProduct(windows: Tensor, kernel: Tensor, bias?: Tensor): Tensor {
  const { graph } = windows
  const [...size] = kernel.shape
  const filters = size.pop()!
  const depth = graph.elements(size)
  const rows = graph.reshape(windows, [...windows.shape.slice(0, -size.length), depth])
  return matmul(rows, graph.reshape(kernel, [depth, filters]), bias)
}
