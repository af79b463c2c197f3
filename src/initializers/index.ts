import { OstinatoError } from '../errors.js'
import type { RandomStream } from '../random/random.js'
import { checkName, checkOptions } from '../suggest.js'
import { fans } from './fans.js'
import { orthonormalVectors } from './orthogonal.js'

/** Makes the first values of a weight. */
export interface Initializer {
  /** The function that makes it, a key of `initializers`. */
  readonly name: string
  /** Its options, complete. */
  readonly config: Readonly<Record<string, number>>
  fill(shape: readonly number[], random: RandomStream): Float32Array<ArrayBuffer>
}

type Fill = (values: Float32Array, shape: readonly number[], random: RandomStream) => void

function initializer(name: string, config: Record<string, number>, fill: Fill): Initializer {
  for (const [option, value] of Object.entries(config)) {
    if (Number.isFinite(value)) continue
    throw new OstinatoError('INVALID_OPTION', `${name}.${option}`, {
      expected: 'a finite number',
      received: String(value),
    })
  }
  return {
    name,
    config,
    fill(shape, random) {
      const values = new Float32Array(shape.reduce((product, size) => product * size, 1))
      fill(values, shape, random)
      return values
    },
  }
}

/** Defaults overridden by options, unknown options refused. */
function complete<Config extends Record<string, number>>(
  name: string,
  defaults: Config,
  options: Partial<Config>,
): Config {
  checkOptions(name, options, Object.keys(defaults))
  return { ...defaults, ...options }
}

function checkStddev(name: string, stddev: number): void {
  if (stddev >= 0) return
  throw new OstinatoError('INVALID_OPTION', `${name}.stddev`, {
    expected: 'at least 0',
    received: String(stddev),
  })
}

function draw(values: Float32Array, next: () => number): void {
  for (let i = 0; i < values.length; i++) values[i] = next()
}

/** Normal, drawn again beyond two standard deviations. */
function truncated(random: RandomStream): number {
  let value = random.normal()
  while (Math.abs(value) > 2) value = random.normal()
  return value
}

/** The standard deviation that is left of 1 after truncation at ±2. */
const truncatedStddev = 0.8796256610342398

/** Refused at run time too: `glorotUniform({ seed })` would otherwise be ignored. */
type NoOptions = Record<string, never>

export function zeros(options: NoOptions = {}): Initializer {
  return initializer('zeros', complete('zeros', {}, options), () => {})
}

export function ones(options: NoOptions = {}): Initializer {
  return initializer('ones', complete('ones', {}, options), (values) => values.fill(1))
}

export function constant(options: { value?: number } = {}): Initializer {
  const config = complete('constant', { value: 0 }, options)
  return initializer('constant', config, (values) => values.fill(config.value))
}

/** Uniform in [minval, maxval). */
export function randomUniform(options: { minval?: number; maxval?: number } = {}): Initializer {
  const config = complete('randomUniform', { minval: -0.05, maxval: 0.05 }, options)
  const { minval, maxval } = config
  if (minval > maxval) {
    throw new OstinatoError('INVALID_OPTION', 'randomUniform.minval', {
      expected: `at most maxval ${maxval}`,
      received: String(minval),
    })
  }
  return initializer('randomUniform', config, (values, _, random) =>
    draw(values, () => minval + (maxval - minval) * random.uniform()),
  )
}

export function randomNormal(options: { mean?: number; stddev?: number } = {}): Initializer {
  const config = complete('randomNormal', { mean: 0, stddev: 0.05 }, options)
  checkStddev('randomNormal', config.stddev)
  return initializer('randomNormal', config, (values, _, random) =>
    draw(values, () => config.mean + config.stddev * random.normal()),
  )
}

/** Normal, drawn again where it falls further than two `stddev` from the mean. */
export function truncatedNormal(options: { mean?: number; stddev?: number } = {}): Initializer {
  const config = complete('truncatedNormal', { mean: 0, stddev: 0.05 }, options)
  checkStddev('truncatedNormal', config.stddev)
  return initializer('truncatedNormal', config, (values, _, random) =>
    draw(values, () => config.mean + config.stddev * truncated(random)),
  )
}

/** Variance `scale / fan`, uniform or truncated normal. */
function varianceScaling(
  name: string,
  distribution: 'uniform' | 'normal',
  scale: number,
  mode: 'fanIn' | 'average',
): (options?: NoOptions) => Initializer {
  return (options = {}) =>
    initializer(name, complete(name, {}, options), (values, shape, random) => {
      const { fanIn, fanOut } = fans(shape)
      const variance = scale / Math.max(1, mode === 'fanIn' ? fanIn : (fanIn + fanOut) / 2)
      const limit = Math.sqrt(3 * variance)
      const stddev = Math.sqrt(variance) / truncatedStddev
      if (distribution === 'uniform') draw(values, () => limit * (2 * random.uniform() - 1))
      else draw(values, () => stddev * truncated(random))
    })
}

export const glorotUniform = varianceScaling('glorotUniform', 'uniform', 1, 'average')
export const glorotNormal = varianceScaling('glorotNormal', 'normal', 1, 'average')
export const heUniform = varianceScaling('heUniform', 'uniform', 2, 'fanIn')
export const heNormal = varianceScaling('heNormal', 'normal', 2, 'fanIn')
export const lecunUniform = varianceScaling('lecunUniform', 'uniform', 1, 'fanIn')
export const lecunNormal = varianceScaling('lecunNormal', 'normal', 1, 'fanIn')

/**
 * `gain` times a matrix of orthonormal rows or columns, whichever are fewer. Axes before the last count as one, as in
 * Keras; a recurrent kernel [units, gates · units] is one matrix.
 */
export function orthogonal(options: { gain?: number } = {}): Initializer {
  const config = complete('orthogonal', { gain: 1 }, options)
  return initializer('orthogonal', config, (values, shape, random) => {
    if (shape.length < 2) throw rankError('orthogonal', 'at least 2 axes', shape)
    const columns = shape.at(-1)!
    const rows = columns === 0 ? 0 : values.length / columns
    const wide = rows < columns
    const vectors = orthonormalVectors(Math.min(rows, columns), Math.max(rows, columns), random)
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const element = wide ? vectors[row]![column]! : vectors[column]![row]!
        values[row * columns + column] = config.gain * element
      }
    }
  })
}

/** `gain` on the diagonal of a matrix, which need not be square. */
export function identity(options: { gain?: number } = {}): Initializer {
  const config = complete('identity', { gain: 1 }, options)
  return initializer('identity', config, (values, shape) => {
    if (shape.length !== 2) throw rankError('identity', '2 axes', shape)
    const [rows, columns] = shape as [number, number]
    for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = config.gain
  })
}

function rankError(name: string, expected: string, shape: readonly number[]): OstinatoError {
  return new OstinatoError('SHAPE_MISMATCH', `${name} initializer`, {
    expected,
    received: `[${shape.join(', ')}]`,
  })
}

/** Every initializer under its name, for options and model files. */
export const initializers = {
  zeros,
  ones,
  constant,
  randomUniform,
  randomNormal,
  truncatedNormal,
  glorotUniform,
  glorotNormal,
  heUniform,
  heNormal,
  lecunUniform,
  lecunNormal,
  orthogonal,
  identity,
} as const
export type InitializerName = keyof typeof initializers

/** What a layer's option accepts: an initializer, its name, or its name and config as a model file holds them. */
export type InitializerLike =
  | Initializer
  | InitializerName
  | { readonly name: string; readonly config?: Readonly<Record<string, number>> }

export function toInitializer(where: string, value: InitializerLike): Initializer {
  if (typeof value === 'object' && 'fill' in value) return value
  const { name, config = {} } = typeof value === 'string' ? { name: value } : value
  checkName(where, name, Object.keys(initializers) as InitializerName[])
  const make = initializers[name] as (options: Record<string, number>) => Initializer
  checkOptions(where, config, Object.keys(make({}).config))
  return make(config)
}
