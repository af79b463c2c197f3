import { features, type Tensor, unfold, type Windows } from '../graph/index.js'
import type { Initializer } from '../initializers/index.js'
import type { Regularizer } from '../regularizers/index.js'
import { type Activation, activations } from './activations.js'
import { defineLayer, type Json, type Layer, type Scope } from './layer.js'
import {
  activation,
  count,
  flag,
  type InitializerOption,
  initializer,
  known,
  type LayerOptions,
  oneOf,
  type RegularizerOption,
  regularizer,
  saved,
  savedPenalty,
} from './options.js'
import {
  imageAxes,
  imageWindows,
  lastAxis,
  type Padding,
  type Pair,
  savedImageWindows,
  unfoldImage,
  windowProduct,
} from './windows.js'

interface ConvolutionOptions extends LayerOptions {
  /** Channels of the output. */
  readonly filters: number
  /** Default `linear`. */
  readonly activation?: Activation
  /** Default true. */
  readonly useBias?: boolean
  /** Default `glorotUniform`. */
  readonly kernelInitializer?: InitializerOption
  /** Default `zeros`. */
  readonly biasInitializer?: InitializerOption
  /** Default none. */
  readonly kernelRegularizer?: RegularizerOption
  /** Default none. */
  readonly biasRegularizer?: RegularizerOption
}

export interface Conv1dOptions extends ConvolutionOptions {
  /** Steps that an output looks at. */
  readonly kernelSize: number
  /** Steps from one output to the next. Default 1. */
  readonly strides?: number
  /**
   * `valid`: outputs that see steps of the row only; `same`: ⌈steps ∕ strides⌉ of them, centred; `causal`: as many, which see
   * nothing behind their own step. Default `valid`.
   */
  readonly padding?: Padding
  /** Steps from one that an output looks at to the next. Default 1. */
  readonly dilationRate?: number
}

export interface Conv2dOptions extends ConvolutionOptions {
  /** What an output looks at. */
  readonly kernelSize: Pair
  /** From one output to the next. Default 1. */
  readonly strides?: Pair
  /** `valid`: outputs that see the image only; `same`: ⌈size ∕ strides⌉ of them, centred. Default `valid`. */
  readonly padding?: 'valid' | 'same'
  /** From one pixel that an output looks at to the next. Default 1. */
  readonly dilationRate?: Pair
}

const optionNames = [
  'filters',
  'kernelSize',
  'strides',
  'padding',
  'dilationRate',
  'activation',
  'useBias',
  'kernelInitializer',
  'biasInitializer',
  'kernelRegularizer',
  'biasRegularizer',
] as const

interface Settings {
  readonly filters: number
  readonly activation: Activation
  readonly useBias: boolean
  readonly kernelInitializer: Initializer
  readonly biasInitializer: Initializer
  readonly kernelRegularizer: Regularizer | undefined
  readonly biasRegularizer: Regularizer | undefined
}

function readSettings(where: string, options: ConvolutionOptions): Settings {
  return {
    filters: count(where, 'filters', options.filters),
    activation: activation(where, options.activation, 'linear'),
    useBias: flag(where, 'useBias', options.useBias, true),
    kernelInitializer: initializer(where, 'kernelInitializer', options.kernelInitializer, 'glorotUniform'),
    biasInitializer: initializer(where, 'biasInitializer', options.biasInitializer, 'zeros'),
    kernelRegularizer: regularizer(where, 'kernelRegularizer', options.kernelRegularizer),
    biasRegularizer: regularizer(where, 'biasRegularizer', options.biasRegularizer),
  }
}

function savedSettings(settings: Settings): { readonly [key: string]: Json } {
  return {
    ...settings,
    kernelInitializer: saved(settings.kernelInitializer),
    biasInitializer: saved(settings.biasInitializer),
    kernelRegularizer: savedPenalty(settings.kernelRegularizer),
    biasRegularizer: savedPenalty(settings.biasRegularizer),
  }
}

/** One product of all windows [.., …kernel] with the kernel, whose last axis is the filters: [.., filters]. */
function convolve(windows: Tensor, shape: readonly number[], scope: Scope, settings: Settings): Tensor {
  const { filters, useBias, kernelInitializer, biasInitializer } = settings
  const kernel = scope.parameter({
    name: 'kernel',
    shape: [...shape, filters],
    initialize: (s, r) => kernelInitializer.fill(s, r),
    regularizer: settings.kernelRegularizer,
  })
  const bias = useBias
    ? scope.parameter({
        name: 'bias',
        shape: [filters],
        initialize: (s, r) => biasInitializer.fill(s, r),
        regularizer: settings.biasRegularizer,
      })
    : undefined
  return activations[settings.activation](windowProduct(windows, kernel, bias))
}

/**
 * Convolution over one axis: each output is act(Σₖ x[t · strides + k · dilationRate − begin] · kernel[k] + bias), with
 * kernel [kernelSize, channels, filters] (Keras).
 *
 * [batch, steps, channels] → [batch, steps′, filters]: over time, where that is the axis of sequences, with lengths to match: what
 * lies behind the end of a row is seen as 0, so that padding changes nothing. With a leading time axis, [batch, time, steps,
 * channels], every step of time by itself. steps′ is ⌈steps ∕ strides⌉ for `same` and `causal`, and
 * ⌈(steps − (kernelSize − 1) · dilationRate) ∕ strides⌉ for `valid`. Over time, a session refuses the layer.
 */
export function conv1d(options: Conv1dOptions): Layer {
  known('conv1d', options, optionNames)
  const settings = readSettings('conv1d', options)
  const windows: Windows = {
    size: count('conv1d', 'kernelSize', options.kernelSize),
    stride: count('conv1d', 'strides', options.strides ?? 1),
    dilation: count('conv1d', 'dilationRate', options.dilationRate ?? 1),
    padding: oneOf('conv1d', 'padding', options.padding, ['valid', 'same', 'causal'], 'valid'),
  }
  const { size, stride, dilation, padding } = windows
  return defineLayer({
    kind: 'conv1d',
    name: options.name,
    options: {
      kernelSize: size,
      strides: stride,
      padding,
      dilationRate: dilation,
      ...savedSettings(settings),
    },
    trace(x, scope) {
      const channels = features(x, 'input')
      const patches = unfold(x, windows, lastAxis(x, scope, windows, 'conv1d'))
      return convolve(patches, [size, channels], scope, settings)
    },
  })
}

/**
 * Convolution over the height and width of images, each step of time by itself:
 * [batch, (time,) height, width, channels] → [batch, (time,) height′, width′, filters], with kernel
 * [height, width, channels, filters] (Keras, channels last). Sizes follow from strides, padding and dilationRate as in `conv1d`.
 */
export function conv2d(options: Conv2dOptions): Layer {
  known('conv2d', options, optionNames)
  const settings = readSettings('conv2d', options)
  const windows = imageWindows('conv2d', options)
  const [height, width] = windows
  return defineLayer({
    kind: 'conv2d',
    name: options.name,
    options: { ...savedImageWindows(windows), ...savedSettings(settings) },
    trace(x, scope) {
      imageAxes(x, scope)
      const channels = features(x, 'input')
      const patches = unfoldImage(x, windows)
      return convolve(patches, [height.size, width.size, channels], scope, settings)
    },
  })
}
