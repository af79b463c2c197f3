/** Optimizers: settings that become run-time scalars of the update segment. */
import type { InstructionName } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import { checkOptions } from '../suggest.js'

/** A number, or a function of the update step, counted from 1: a schedule recompiles nothing. */
export type Schedule = number | ((step: number) => number)

export interface ClipOptions {
  /** Scale all gradients together so that their norm is at most this (Pascanu et al. 2013). */
  readonly globalClipNorm?: number
  /** Scale the gradient of each weight so that its norm is at most this. */
  readonly clipNorm?: number
  /** Limit each gradient element to ± this. */
  readonly clipValue?: number
}

export interface OptimizerOptions extends ClipOptions {
  readonly learningRate?: Schedule
  /** Decoupled weight decay (Loshchilov and Hutter 2019): weights shrink by learningRate · weightDecay a step. */
  readonly weightDecay?: number
}

export interface SgdOptions extends OptimizerOptions {
  /** Default 0. */
  readonly momentum?: number
  /** Default false. */
  readonly nesterov?: boolean
}

export interface RmspropOptions extends OptimizerOptions {
  /** Decay of the mean square. Default 0.9. */
  readonly rho?: number
  /** Default 0. */
  readonly momentum?: number
  /** Default 1e-7. */
  readonly epsilon?: number
}

export interface AdamOptions extends OptimizerOptions {
  /** Default 0.9. */
  readonly beta1?: number
  /** Default 0.999. */
  readonly beta2?: number
  /** Default 1e-7. */
  readonly epsilon?: number
}

/** What a model needs to know of its optimizer. */
export interface Optimizer {
  readonly instruction: InstructionName
  /** Slot operands of the instruction, in the order in which they lie in the slot buffer. */
  readonly slots: readonly string[]
  readonly learningRate: Schedule
  /** Scalars that stay as they are; the learning rate and the step are added for every update. */
  readonly scalars: Readonly<Record<string, number>>
  readonly attributes: Readonly<Record<string, number>>
}

function number(
  where: string,
  option: string,
  value: number | undefined,
  byDefault: number,
  below = Infinity,
): number {
  const chosen = value ?? byDefault
  if (typeof chosen !== 'number' || !(chosen >= 0 && chosen < below)) {
    const expected = below === Infinity ? 'a number of at least 0' : `a number in [0, ${below})`
    throw new OstinatoError('INVALID_OPTION', `${where}, ${option}`, { expected, received: String(chosen) })
  }
  return chosen
}

function positive(where: string, option: string, value: number | undefined, byDefault: number): number {
  const chosen = number(where, option, value, byDefault)
  if (chosen > 0) return chosen
  throw new OstinatoError('INVALID_OPTION', `${where}, ${option}`, {
    expected: 'a number above 0',
    received: '0',
  })
}

const clips = ['globalClipNorm', 'clipNorm', 'clipValue'] as const

function common(where: string, options: OptimizerOptions, own: readonly string[], learningRate: number) {
  checkOptions(where, options as Record<string, unknown>, ['learningRate', 'weightDecay', ...clips, ...own])
  const given = clips.filter((clip) => options[clip] !== undefined)
  if (given.length > 1) {
    throw new OstinatoError('INVALID_OPTION', where, {
      expected: `one of ${clips.join(', ')}`,
      received: given.join(' and '),
    })
  }
  for (const clip of given) {
    if (!((options[clip] as number) > 0)) {
      const received = String(options[clip])
      throw new OstinatoError('INVALID_OPTION', `${where}, ${clip}`, {
        expected: 'a number above 0',
        received,
      })
    }
  }
  const rate = options.learningRate ?? learningRate
  return {
    learningRate: typeof rate === 'function' ? rate : number(where, 'learningRate', rate, learningRate),
    scalars: {
      weightDecay: number(where, 'weightDecay', options.weightDecay, 0),
      globalClipNorm: options.globalClipNorm ?? Infinity,
      clipNorm: options.clipNorm ?? Infinity,
      clipValue: options.clipValue ?? Infinity,
    },
  }
}

/** Stochastic gradient descent, with momentum or Nesterov momentum by option. learningRate 0.01. */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { learningRate, scalars } = common('sgd', options, ['momentum', 'nesterov'], 0.01)
  const momentum = number('sgd', 'momentum', options.momentum, 0, 1)
  return {
    instruction: 'sgd',
    slots: momentum > 0 ? ['velocity'] : [],
    learningRate,
    scalars: { ...scalars, momentum },
    attributes: { nesterov: options.nesterov ? 1 : 0 },
  }
}

/** RMSprop (Hinton 2012): steps divided by a running root mean square. learningRate 0.001. */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { learningRate, scalars } = common('rmsprop', options, ['rho', 'momentum', 'epsilon'], 0.001)
  const momentum = number('rmsprop', 'momentum', options.momentum, 0, 1)
  return {
    instruction: 'rmsprop',
    slots: momentum > 0 ? ['meanSquare', 'velocity'] : ['meanSquare'],
    learningRate,
    scalars: {
      ...scalars,
      momentum,
      rho: number('rmsprop', 'rho', options.rho, 0.9, 1),
      epsilon: positive('rmsprop', 'epsilon', options.epsilon, 1e-7),
    },
    attributes: {},
  }
}

function adamFamily(where: string, options: AdamOptions, weightDecay: number): Optimizer {
  const given = { ...options, weightDecay: options.weightDecay ?? weightDecay }
  const { learningRate, scalars } = common(where, given, ['beta1', 'beta2', 'epsilon'], 0.001)
  return {
    instruction: 'adam',
    slots: ['firstMoment', 'secondMoment'],
    learningRate,
    scalars: {
      ...scalars,
      beta1: number(where, 'beta1', options.beta1, 0.9, 1),
      beta2: number(where, 'beta2', options.beta2, 0.999, 1),
      epsilon: positive(where, 'epsilon', options.epsilon, 1e-7),
    },
    attributes: {},
  }
}

/** Adam (Kingma and Ba 2015, algorithm 1). learningRate 0.001. */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamFamily('adam', options, 0)
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019). learningRate 0.001, weightDecay 0.004 (Keras). */
export function adamW(options: AdamOptions = {}): Optimizer {
  return adamFamily('adamW', options, 0.004)
}

export const optimizers = { sgd, rmsprop, adam, adamW } as const
