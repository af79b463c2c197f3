import { lstmLoop } from '../cells/looped.js'
import { features, fill, type Tensor } from '../graph/index.js'
import { type Activation, activations } from './activations.js'
import { cellMasks, dropInput, stateMasks } from './masks.js'
import { activation, count, flag, gateActivation, known, rate, unitForgetBias } from './options.js'
import { cellState, cellWeights, type RecurrentLayer, recurrentLayer } from './recurrent.js'
import {
  type RecurrentOptions,
  type ReturnState,
  recurrentOptionNames,
  recurrentSettings,
} from './recurrent-settings.js'
import type { SymbolicTensor } from './symbolic.js'
import {
  type ImageWindows,
  imageAxes,
  imageWindows,
  type Pair,
  savedImageWindows,
  unfoldImage,
  windowProduct,
} from './windows.js'

export interface ConvLstm2dOptions extends Omit<RecurrentOptions, 'units'> {
  /** Channels of the output and of both states. */
  readonly filters: number
  /** What an output looks at, of the input and of the state before. */
  readonly kernelSize: Pair
  /** From one output to the next, over the input. Default 1. */
  readonly strides?: Pair
  /** `valid`: outputs that see the image only; `same`: ⌈size ∕ strides⌉ of them, centred. Default `valid`. */
  readonly padding?: 'valid' | 'same'
  /** From one pixel of the input that an output looks at to the next. Default 1. */
  readonly dilationRate?: Pair
  /** Of the candidate and of the cell on its way out. Default `tanh`. */
  readonly activation?: Activation
  /** Of the gates. Default `sigmoid`. */
  readonly recurrentActivation?: Activation
  /** Start the forget gate's bias at 1. Default true. */
  readonly unitForgetBias?: boolean
  /**
   * Let the gates see the cell, pixel by pixel: i and f its old value, o its new one (Shi et al. 2015, ∘). The weights `peepholes`
   * [height′, width′, 3 · filters], in the order i f o, begin at 0. Default false.
   */
  readonly peepholes?: boolean
  /** As `zoneoutH`, of c. Default 0. */
  readonly zoneoutC?: number
}

/**
 * Convolutional long short-term memory (Shi et al. 2015, eq. 3): an LSTM whose states are images and whose products are
 * convolutions ⊛. Gates i f g o:
 *
 *     [i f g o] = xₜ ⊛ kernel + hₜ₋₁ ⊛ recurrentKernel + bias
 *     cₜ = σ(f) ∗ cₜ₋₁ + σ(i) ∗ tanh(g)
 *     hₜ = σ(o) ∗ tanh(cₜ)
 *
 * With `peepholes` p, i and f are taken of i + pᵢ ∗ cₜ₋₁ and f + p_f ∗ cₜ₋₁, and o of o + pₒ ∗ cₜ.
 *
 * [batch, time, height, width, channels] → [batch, height′, width′, filters], or with time behind the batch with `returnSequences`;
 * sizes follow from strides, padding and dilationRate as in `conv2d`. The states are [batch, height′, width′, filters]; the
 * convolution of h is always `same`, with strides and dilation 1 (Keras). kernel […kernelSize, channels, 4 · filters],
 * recurrentKernel […kernelSize, filters, 4 · filters], bias [4 · filters]. Dropped features are single numbers of a picture.
 */
export function convLSTM2D<const Returned extends boolean = false>(
  options: ConvLstm2dOptions & ReturnState<Returned>,
): RecurrentLayer<[h: SymbolicTensor, c: SymbolicTensor], Returned> {
  const kind = 'convLSTM2D'
  known(kind, options, [
    ...recurrentOptionNames.filter((name) => name !== 'units'),
    'filters',
    'kernelSize',
    'strides',
    'padding',
    'dilationRate',
    'activation',
    'recurrentActivation',
    'unitForgetBias',
    'peepholes',
    'zoneoutC',
  ])
  const filters = count(kind, 'filters', options.filters)
  const windows = imageWindows(kind, options)
  const act = activation(kind, options.activation, 'tanh')
  const gateAct = gateActivation(kind, options.recurrentActivation)
  const unitForget = flag(kind, 'unitForgetBias', options.unitForgetBias, true)
  const peepholes = flag(kind, 'peepholes', options.peepholes, false)
  const zoneoutC = rate(kind, 'zoneoutC', options.zoneoutC ?? 0)
  const { units: _, ...read } = recurrentSettings(kind, { ...options, units: filters })
  const settings = unitForget
    ? { ...read, biasInitializer: unitForgetBias(read.biasInitializer, filters, filters) }
    : read
  const size = windows.map((window) => window.size)
  const overState: ImageWindows = [sameWindows(windows[0].size), sameWindows(windows[1].size)]

  return recurrentLayer({
    kind,
    name: options.name,
    settings,
    options: {
      filters,
      ...savedImageWindows(windows),
      activation: act,
      recurrentActivation: gateAct,
      unitForgetBias: unitForget,
      peepholes,
      zoneoutC,
    },
    states: ['h', 'c'],
    walk(x, scope, { reverse, initial }) {
      imageAxes(x, scope)
      const { graph, batch } = scope
      const { kernel, recurrentKernel, bias } = cellWeights(
        scope,
        { ...settings, units: filters },
        { features: features(x, 'input'), gates: 4, window: size },
      )
      const a = windowProduct(unfoldImage(dropInput(x, scope, settings), windows), kernel, bias)
      const [height = 0, width = 0] = a.shape.slice(2, 4).map((axis) => axis.capacity)
      const shape = [height, width, filters]
      const [h, c] = (['h', 'c'] as const).map((state, i) =>
        cellState(scope, state, shape, settings.stateful, initial[i]),
      ) as [ReturnType<typeof cellState>, ReturnType<typeof cellState>]
      const begin = (given: Tensor | undefined): Tensor => given ?? fill(graph, [batch, ...shape], 0)
      const { y, finalH, finalC } = lstmLoop(
        { a, h: begin(h.initial), c: begin(c.initial) },
        {
          recurrent: (state) => windowProduct(unfoldImage(state, overState), recurrentKernel),
          peepholes: peepholes
            ? scope.parameter({
                name: 'peepholes',
                shape: [height, width, 3 * filters],
                initialize: () => new Float32Array(height * width * 3 * filters),
              })
            : undefined,
        },
        {
          ...stateMasks(x, scope, settings, ...shape),
          ...cellMasks(x, scope, zoneoutC, ...shape),
          lengths: scope.lengthsOf(x),
          reverse,
          training: scope.mode === 'train',
          activation: activations[act],
          recurrentActivation: activations[gateAct],
        },
      )
      h.store(finalH)
      c.store(finalC)
      return { y, last: finalH, final: [finalH, finalC] }
    },
  })
}

function sameWindows(size: number): ImageWindows[number] {
  return { size, stride: 1, dilation: 1, padding: 'same' }
}
