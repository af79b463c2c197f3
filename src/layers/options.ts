/** Reading layer options: what is not known is refused, what is missing gets its default. */
import { OstinatoError } from '../errors.js'
import { type Initializer, type InitializerLike, initializers, toInitializer } from '../initializers/index.js'
import { type L1L2Options, type Regularizer, toRegularizer } from '../regularizers/index.js'
import { checkOptions } from '../suggest.js'
import { type Activation, activations } from './activations.js'
import type { Json } from './layer.js'

/** How initial weights are chosen: by Keras name, or with settings, as in `initializers.orthogonal({ gain: 0.5 })`. */
export type InitializerOption = InitializerLike

/** A penalty on a weight, such as `regularizers.l2(0.01)`. */
export type RegularizerOption = L1L2Options

export interface LayerOptions {
  /** Names the layer in messages, summaries and the model file. Default: its kind, numbered. */
  readonly name?: string
}

export function known<T extends object>(
  where: string,
  options: T,
  allowed: readonly (keyof T & string)[],
): void {
  checkOptions(where, options as Record<string, unknown>, ['name', ...allowed])
}

/** A whole number of at least 1. */
export function count(where: string, option: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new OstinatoError('INVALID_OPTION', `${where}, ${option}`, {
      expected: 'an integer of at least 1',
      received: String(value),
    })
  }
  return value as number
}

export function flag(where: string, option: string, value: unknown, byDefault: boolean): boolean {
  if (value === undefined) return byDefault
  if (typeof value !== 'boolean') {
    throw new OstinatoError('INVALID_OPTION', `${where}, ${option}`, {
      expected: 'true or false',
      received: String(value),
    })
  }
  return value
}

/** A probability below 1. */
export function rate(where: string, option: string, value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0 && value < 1)) {
    throw new OstinatoError('INVALID_OPTION', `${where}, ${option}`, {
      expected: 'a number in [0, 1)',
      received: String(value),
    })
  }
  return value
}

export function oneOf<T extends string>(
  where: string,
  option: string,
  value: unknown,
  choices: readonly T[],
  byDefault: T,
): T {
  if (value === undefined) return byDefault
  if (typeof value === 'string' && (choices as readonly string[]).includes(value)) return value as T
  throw new OstinatoError('INVALID_OPTION', `${where}, ${option}`, {
    expected: choices.map((c) => `'${c}'`).join(', '),
    received: String(value),
  })
}

export function activation(where: string, value: unknown, byDefault: Activation): Activation {
  return oneOf(where, 'activation', value, Object.keys(activations) as Activation[], byDefault)
}

/** Of the gates of a cell. */
export function gateActivation(where: string, value: unknown): Activation {
  return oneOf(where, 'recurrentActivation', value, Object.keys(activations) as Activation[], 'sigmoid')
}

export function initializer(
  where: string,
  option: string,
  value: unknown,
  byDefault: InitializerLike,
): Initializer {
  return toInitializer(`${where}, ${option}`, (value ?? byDefault) as InitializerLike)
}

export function regularizer(where: string, option: string, value: unknown): Regularizer | undefined {
  return toRegularizer(`${where}, ${option}`, value as L1L2Options | null | undefined)
}

/** As it is saved: null for none. */
export function savedPenalty(regularizer: Regularizer | undefined): Json {
  return regularizer ? { ...regularizer } : null
}

/** An initializer as it is saved. One of the user's own has done its work: weights in a file need none. */
export function saved(i: Initializer): Json {
  return Object.hasOwn(initializers, i.name)
    ? { name: i.name, config: i.config }
    : { name: 'zeros', config: {} }
}

/** An initializer of a bias whose forget gate, `units` numbers from `forget` on, begins at 1. */
export function unitForgetBias(initializer: Initializer, units: number, forget: number): Initializer {
  return {
    ...initializer,
    fill: (shape, random) => initializer.fill(shape, random).fill(1, forget, forget + units),
  }
}
