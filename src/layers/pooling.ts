import { pool, type Windows } from '../graph/index.js'
import { defineLayer, type Layer } from './layer.js'
import { count, known, type LayerOptions, oneOf } from './options.js'
import { fixedAxis, imageAxes, lastAxis, type Pair, pair } from './windows.js'

export interface Pooling1dOptions extends LayerOptions {
  /** Steps that an output looks at. Default 2. */
  readonly poolSize?: number
  /** Steps from one output to the next. Default `poolSize`. */
  readonly strides?: number
  /** `valid`: windows inside the row; `same`: ⌈steps ∕ strides⌉ of them, centred. Default `valid`. */
  readonly padding?: 'valid' | 'same'
}

export interface Pooling2dOptions extends LayerOptions {
  /** What an output looks at. Default 2. */
  readonly poolSize?: Pair
  /** From one output to the next. Default `poolSize`. */
  readonly strides?: Pair
  /** `valid`: windows inside the image; `same`: ⌈size ∕ strides⌉ of them, centred. Default `valid`. */
  readonly padding?: 'valid' | 'same'
}

const optionNames = ['poolSize', 'strides', 'padding'] as const

type By = 'max' | 'average'

function pooling1d(kind: string, by: By, options: Pooling1dOptions): Layer {
  known(kind, options, optionNames)
  const size = count(kind, 'poolSize', options.poolSize ?? 2)
  const stride = count(kind, 'strides', options.strides ?? size)
  const padding = oneOf(kind, 'padding', options.padding, ['valid', 'same'], 'valid')
  const windows: Windows = { size, stride, dilation: 1, padding }
  return defineLayer({
    kind,
    name: options.name,
    options: { poolSize: size, strides: stride, padding },
    trace: (x, scope) => pool(x, by, windows, lastAxis(x, scope, windows, kind)),
  })
}

function pooling2d(kind: string, by: By, options: Pooling2dOptions): Layer {
  known(kind, options, optionNames)
  const size = pair(kind, 'poolSize', options.poolSize ?? 2)
  const stride = pair(kind, 'strides', options.strides ?? size)
  const padding = oneOf(kind, 'padding', options.padding, ['valid', 'same'], 'valid')
  const [height, width] = ([0, 1] as const).map(
    (i): Windows => ({ size: size[i], stride: stride[i], dilation: 1, padding }),
  ) as [Windows, Windows]
  return defineLayer({
    kind,
    name: options.name,
    options: { poolSize: size, strides: stride, padding },
    // The largest of the largest, and the mean of the means: one axis after the other.
    trace(x, scope) {
      const [rows, columns] = imageAxes(x, scope)
      const wide = pool(x, by, width, fixedAxis(x, columns, width))
      return pool(wide, by, height, fixedAxis(wide, rows, height))
    },
  })
}

/**
 * The largest of `poolSize` steps: [batch, steps, channels] → [batch, steps′, channels]. Over time, where that is the axis of
 * sequences, with lengths to match: what lies behind the end of a row counts for nothing.
 */
export function maxPooling1d(options: Pooling1dOptions = {}): Layer {
  return pooling1d('maxPooling1d', 'max', options)
}

/** The mean of `poolSize` steps, of those that are no padding; otherwise as `maxPooling1d`. */
export function averagePooling1d(options: Pooling1dOptions = {}): Layer {
  return pooling1d('averagePooling1d', 'average', options)
}

/**
 * The largest of the pixels in a window, channel by channel:
 * [batch, (time,) height, width, channels] → [batch, (time,) height′, width′, channels].
 */
export function maxPooling2d(options: Pooling2dOptions = {}): Layer {
  return pooling2d('maxPooling2d', 'max', options)
}

/** The mean of the pixels in a window, of those that are no padding; otherwise as `maxPooling2d`. */
export function averagePooling2d(options: Pooling2dOptions = {}): Layer {
  return pooling2d('averagePooling2d', 'average', options)
}
