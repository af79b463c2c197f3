/** What all recurrent layers share: weights, carried states, and which of the outputs is handed on. */
import { OstinatoError } from '../errors.js'
import {
  gatherSteps,
  maskOrder,
  reverseTime,
  sameShape,
  selectSteps,
  shapeName,
  type Tensor,
} from '../graph/index.js'
import { checkOptions } from '../suggest.js'
import type { AnyLayer, Json, Scope } from './layer.js'
import { type RecurrentSettings, type SequenceSettings, savedSettings } from './recurrent-settings.js'
import { applyLayer, type SymbolicTensor } from './symbolic.js'

/** What the weights of a cell depend on. */
export interface CellSizes {
  readonly features: number
  readonly gates: number
  /** Default: the units. */
  readonly sizeOfH?: number
  /** Of convolutions, how much of an image they see. Default: there is none. */
  readonly window?: readonly number[]
}

/** kernel […window, features, gates · units], recurrentKernel […window, size of h, gates · units], bias [gates · units]. */
export function cellWeights(
  scope: Scope,
  settings: Omit<RecurrentSettings, keyof SequenceSettings>,
  { features, gates, sizeOfH = settings.units, window = [] }: CellSizes,
): { kernel: Tensor; recurrentKernel: Tensor; bias: Tensor | undefined } {
  const { units, useBias, kernelInitializer, recurrentInitializer, biasInitializer } = settings
  const width = gates * units
  return {
    kernel: scope.parameter({
      name: 'kernel',
      shape: [...window, features, width],
      initialize: (s, r) => kernelInitializer.fill(s, r),
      regularizer: settings.kernelRegularizer,
    }),
    recurrentKernel: scope.parameter({
      name: 'recurrentKernel',
      shape: [...window, sizeOfH, width],
      initialize: (s, r) => recurrentInitializer.fill(s, r),
      regularizer: settings.recurrentRegularizer,
    }),
    bias: useBias
      ? scope.parameter({
          name: 'bias',
          shape: [width],
          initialize: (s, r) => biasInitializer.fill(s, r),
          regularizer: settings.biasRegularizer,
        })
      : undefined,
  }
}

/** The state that a walk begins with, and where its last one goes. */
export interface CellState {
  /** [batch, …]; absent: zeros. */
  readonly initial: Tensor | undefined
  store(final: Tensor): void
}

/** A state of a cell, [batch, …shape]: what `apply` was given, or what is carried from run to run. */
export function cellState(
  scope: Scope,
  name: string,
  shape: number | readonly number[],
  stateful: boolean,
  given: Tensor | undefined,
): CellState {
  const { graph, batch, mode, hypotheses } = scope
  const sizes = typeof shape === 'number' ? [shape] : shape
  const carry = (): CellState => {
    // Carried as one row of numbers for each row of the batch.
    const width = sizes.reduce((product, n) => product * n, 1)
    const first = given && graph.reshape(given, [batch, width])
    const carried = scope.carriedState(name, width, stateful, first)
    return {
      initial: carried && graph.reshape(carried.initial, [batch, ...sizes]),
      store: (final) => carried?.store(graph.reshape(final, [batch, width])),
    }
  }
  if (!given) return carry()
  if (mode === 'step' && !hypotheses) {
    throw new OstinatoError('INVALID_OPTION', graph.path, 'an initial state is given to every run', {
      remedy: 'Use predict instead of a session, which carries its states',
    })
  }
  const expected = graph.shape([batch, ...sizes])
  if (given.type !== 'f32' || !sameShape(given.shape, expected)) {
    throw new OstinatoError('SHAPE_MISMATCH', `${graph.path}, initial state "${name}"`, {
      expected: shapeName(expected),
      received: given.type === 'f32' ? shapeName(given.shape) : `int32 ${shapeName(given.shape)}`,
    })
  }
  return scope.inLoop || hypotheses ? carry() : { initial: given, store() {} }
}

/** Walking backwards begins at the end, which a stream does not have. */
export function refuseStreaming(scope: Scope, what: string): void {
  if (scope.mode !== 'step') return
  throw new OstinatoError('INVALID_OPTION', scope.graph.path, `${what} needs the whole sequence`, {
    remedy: 'Use predict instead of a session',
  })
}

/** Sequences are [time, batch, …]: the time axis stands first, whatever its name. */
export function checkSequence(x: Tensor, scope: Scope): void {
  if (x.shape[1] === scope.batch) return
  // In the order that users see.
  throw new OstinatoError(
    'SHAPE_MISMATCH',
    `${scope.graph.path}, input`,
    { expected: '[batch, time, features]', received: shapeName(x.shape) },
    { remedy: 'Does the layer before return sequences? A time axis is null in the shape of an input' },
  )
}

/** Valid steps in front, so that lengths say which they are. */
export interface CompactSteps {
  readonly x: Tensor
  /** The outputs of a walk over x at the steps of the original: a masked step repeats the one walked before, or is zero. */
  back(y: Tensor, reverse: boolean): Tensor
}

/**
 * Moves the valid steps of each row to the front where a mask has gaps, which is exact because a masked step changes nothing;
 * otherwise x as it is.
 */
export function compactSteps(x: Tensor, scope: Scope): CompactSteps {
  const { mask } = scope.validOf(x)
  if (!mask) return { x, back: (y) => y }
  const { order, lengths, forward, backward } = maskOrder(mask)
  const time = scope.deriveAxis(x, 'valid', (steps) => steps, { lengths })
  return {
    x: gatherSteps(x, order, { time }),
    back: (y, reverse) => gatherSteps(y, reverse ? backward : forward, { shift: -1, time: x.shape[0] }),
  }
}

export interface WalkOptions {
  /** From the last valid step of each row to the first. */
  readonly reverse: boolean
  /** What `apply` was given, in the order of `states`: all or none. */
  readonly initial: readonly Tensor[]
}

export interface Walk {
  /** [time, batch, features]: the output of every step, at the step of its input. */
  readonly y: Tensor
  /** [batch, features]: the output after the last step walked. */
  readonly last: Tensor
  /** [batch, …] each: the states after it, in the order of `states`. */
  readonly final: readonly Tensor[]
}

/** The states of a cell, in the order in which `apply` takes and returns them. */
export type States = readonly SymbolicTensor[]

export interface ApplyOptions<State extends States> {
  /** What to begin with instead of zeros [batch, units]: one tensor for each state. Gradients flow through. */
  readonly initialState?: Readonly<State>
}

/** A layer that walks along time, one way or the other. */
export interface RecurrentLayer<State extends States = States, Returned extends boolean = false>
  extends AnyLayer {
  readonly settings: SequenceSettings
  /** Names of the states, such as h and c. */
  readonly states: readonly string[]
  /** All steps of x [time, batch, features], with the weights of `scope`. */
  walk(x: Tensor, scope: Scope, options: WalkOptions): Walk
  trace(x: Tensor, scope: Scope): Tensor
  /** The layer on a symbolic tensor [batch, time, features]: its output, with `returnState` followed by its last states. */
  apply(
    x: SymbolicTensor,
    options?: ApplyOptions<State>,
  ): Returned extends true ? [y: SymbolicTensor, ...states: State] : SymbolicTensor
}

/** The initial states that `apply` was given: all or none. */
export function givenStates(
  where: string,
  options: ApplyOptions<States>,
  names: readonly string[],
  stateful: boolean,
): States {
  checkOptions(where, options, ['initialState'])
  const { initialState } = options
  if (initialState === undefined) return []
  if (!Array.isArray(initialState) || initialState.length !== names.length) {
    throw new OstinatoError('INVALID_OPTION', `${where}, initialState`, {
      expected: `[${names.join(', ')}]`,
      received: Array.isArray(initialState) ? `a list of ${initialState.length}` : typeof initialState,
    })
  }
  if (stateful) {
    throw new OstinatoError('INVALID_OPTION', `${where}, initialState`, 'the layer is stateful', {
      remedy: 'It begins with the states carried to it: leave out one of the two',
    })
  }
  return initialState
}

export interface RecurrentDefinition {
  readonly kind: string
  readonly name: string | undefined
  readonly settings: SequenceSettings
  /** Those of its own cell; they are saved beside the settings. */
  readonly options?: { readonly [key: string]: Json }
  /** What is saved instead, where the settings are those of another layer. */
  readonly saved?: { readonly [key: string]: Json }
  readonly states: readonly string[]
  readonly walk: RecurrentLayer['walk']
}

/** The outputs y of a walk over x, with zeros at masked steps where the layer asks for them. */
export function outputsOf(settings: SequenceSettings, scope: Scope, x: Tensor, y: Tensor): Tensor {
  const mask = settings.zeroOutputForMask ? scope.maskOf(x) : undefined
  return mask ? selectSteps(mask, y) : y
}

/** The layer around a walk in one direction. */
export function recurrentLayer<State extends States, Returned extends boolean>(
  definition: RecurrentDefinition,
): RecurrentLayer<State, Returned> {
  const { kind, name, settings, states, walk } = definition
  const { returnSequences, returnState, goBackwards, stateful } = settings
  const call = (inputs: readonly Tensor[], scope: Scope): readonly Tensor[] => {
    const [x, ...initial] = inputs as [Tensor, ...Tensor[]]
    if (goBackwards) refuseStreaming(scope, 'goBackwards')
    checkSequence(x, scope)
    const steps = compactSteps(x, scope)
    const { y, last, final } = walk(steps.x, scope, { reverse: goBackwards, initial })
    const states = returnState ? final : []
    if (!returnSequences) return [last, ...states]
    const sequence = outputsOf(settings, scope, x, steps.back(y, goBackwards))
    return [goBackwards ? reverseTime(sequence) : sequence, ...states]
  }
  const layer: RecurrentLayer<States, boolean> = {
    kind,
    name,
    options: definition.saved ?? { ...savedSettings(settings), ...definition.options },
    settings,
    states,
    // A sequence walked backwards is handed on reversed over the padded axis (Keras).
    wholeAxis: goBackwards && returnSequences,
    takesSequences: true,
    walk,
    accepts: (inputs) => inputs === 1 || inputs === 1 + states.length,
    call,
    trace: (x, scope) => call([x], scope)[0] as Tensor,
    apply(x, options = {}) {
      const given = givenStates(`${kind}.apply`, options, states, stateful)
      const made = applyLayer(layer, [x, ...given], returnState ? 1 + states.length : 1)
      return (returnState ? made : made[0]) as SymbolicTensor
    },
  }
  return layer as RecurrentLayer<State, Returned>
}

/** The same layer, handing on every step and its last states: what a stack of layers and the one behind it need. */
export function handingOn<State extends States>(
  layer: RecurrentLayer<State, boolean>,
): RecurrentLayer<State, true> {
  const flags = { returnSequences: true, returnState: true } as const
  return recurrentLayer<State, true>({
    kind: layer.kind,
    name: layer.name,
    settings: { ...layer.settings, ...flags },
    saved: { ...layer.options, ...flags },
    states: layer.states,
    walk: layer.walk,
  })
}
