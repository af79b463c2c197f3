/** A model as a search wants it: the sources are encoded once, and every step is one call. */
import type { FloatArray } from '../backends/backend.js'
import { type Precision, precisionNames } from '../contract/index.js'
import type { TensorRecord } from '../data/index.js'
import { numbered, rowCount } from '../data/rows.js'
import type { StepModel } from '../decode/step-model.js'
import { OstinatoError } from '../errors.js'
import type { Dimension } from '../graph/index.js'
import { checkInteger, checkName, checkOptions } from '../suggest.js'
import type { Engine } from './engine.js'
import { notBuilt } from './engine.js'
import type { Executable } from './executable.js'
import { feedBatch } from './feed.js'
import type { ExecutablePool, Needs } from './pool.js'
import { type Prepared, prepareBatch } from './prepare.js'
import { axisOf, borderName, timeAxes } from './topology.js'
import type { StatePlace } from './trace.js'
import { initialName } from './tracing.js'

export interface DecoderOptions {
  /** The input that is fed the tokens decoded so far: int32 [batch, time]. */
  readonly feedback: string
  /** The sources: a tensor for each of the other inputs, with a row for each source. */
  readonly inputs: TensorRecord
  /** Valid steps of each source [batch], by time axis. */
  readonly lengths?: TensorRecord
  /** Instead of `lengths`, where valid steps have gaps [batch, time]. */
  readonly mask?: TensorRecord
  /** Fed to every row at the first step. */
  readonly startToken: number
  /** Ends a sequence. Default: none does. */
  readonly endToken?: number
  /** How the operands of products are rounded. Default `float32`. */
  readonly precision?: Precision
  readonly signal?: AbortSignal
}

/** A tensor that encoding hands over: [outer, sources, inner]. */
interface Handed {
  readonly input: string
  /** Position among the outputs of the encoding program. */
  readonly output: number
  readonly outer: number
  readonly inner: number
}

/** What a dimension holds besides the sources; undefined where these are not in it. */
function beside(dimension: Dimension, sizeOf: (d: Dimension) => number): number | undefined {
  if (dimension.kind === 'input') return dimension.name === 'B' ? 1 : undefined
  if (dimension.kind !== 'product') return undefined
  const [left, right] = [beside(dimension.left, sizeOf), beside(dimension.right, sizeOf)]
  if (left !== undefined) return left * sizeOf(dimension.right)
  return right === undefined ? undefined : right * sizeOf(dimension.left)
}

function handedOver(encoded: Executable, step: Executable, { batch, steps }: Prepared): Handed[] {
  const sizeOf = (d: Dimension): number => encoded.sizeOf(d, batch, steps)
  const product = (shape: readonly Dimension[]): number => shape.reduce((n, d) => n * sizeOf(d), 1)
  return encoded.traced.program.outputs.flatMap(({ name, shape }, output) => {
    if (!step.input(name)) return []
    const at = shape.findIndex((d) => beside(d, sizeOf) !== undefined)
    const inner = (beside(shape[at] as Dimension, sizeOf) as number) * product(shape.slice(at + 1))
    return [{ input: name, output, outer: product(shape.slice(0, at)), inner }]
  })
}

function atLeast(values: Float32Array, length: number): Float32Array {
  return values.length < length ? new Float32Array(length) : values
}

const forward = ['forward'] as const

/** Sources that a model has read, for `decode` to search what it says of them. Made by `model.decoder`. */
export class Decoder implements StepModel {
  readonly sources: number
  readonly vocabularySize: number
  readonly startToken: number
  declare readonly endToken?: number
  declare readonly sourceLengths?: Int32Array
  readonly #engine: Engine
  readonly #pool: ExecutablePool
  readonly #needs: Needs
  readonly #encoded: Executable
  readonly #handed: readonly Handed[]
  /** The border of the tokens, and its axis among those of the model. */
  readonly #tokens: string
  readonly #axis: number
  #step: Executable
  /** Steps of the source that an attention looks at; 0 where there is none. */
  #attended: number
  /** Rows of a source from the second step on. */
  #rowsPerSource = 1
  /** [sources]: where what was handed over for each lies, −1 where it has ended; `#count` are under way. */
  readonly #placeOf: Int32Array
  /** Where those under way lay before others ended. */
  readonly #places: Int32Array
  #count = 0
  /** Rows that each had in the step before; 0 before the first. */
  #each = 0
  /** Of all rows that a step can have, and of those that it has. */
  #allScores: Float32Array = new Float32Array(0)
  #scores = this.#allScores
  #allAttention: Float32Array = new Float32Array(0)
  #attention: Float32Array | undefined
  #released = false

  /** @internal */
  constructor(
    engine: Engine,
    needs: Needs,
    encoded: Executable,
    prepared: Prepared,
    options: DecoderOptions,
  ) {
    const { inputs } = engine.topology
    const feedback = needs.feedback as number
    this.#engine = engine
    this.#pool = engine.pool
    this.#needs = needs
    this.#encoded = encoded
    this.#tokens = borderName('inputs', inputs, feedback)
    this.#axis = timeAxes(inputs).indexOf(axisOf(inputs[feedback] as (typeof inputs)[number]) ?? '')
    this.#step = this.#pool.acquire('decode', needs)
    this.#handed = handedOver(encoded, this.#step, prepared)
    this.sources = prepared.batch
    this.#placeOf = new Int32Array(prepared.batch)
    this.#places = new Int32Array(prepared.batch)
    this.startToken = options.startToken
    if (options.endToken !== undefined) this.endToken = options.endToken
    const { axes, program } = this.#step.traced
    const [scores, weights] = program.outputs
    this.vocabularySize = scores?.shape[1]?.capacity ?? 0
    const seen = weights?.shape[1]
    this.#attended = seen ? this.#step.sizeOf(seen, prepared.batch, prepared.steps) : 0
    // Without an attention, the length of the source is that of its first time axis.
    const axis = axes.find(({ name, source }) =>
      seen?.kind === 'input' ? name === seen.name : source !== this.#axis,
    )
    if (axis) {
      const { lengths } = prepared.valid[axis.source] ?? {}
      const all = prepared.steps[axis.source] ?? 1
      const stepsOf = (n: number): number => (n === 0 ? 0 : Math.max(0, axis.size(n)))
      this.sourceLengths = Int32Array.from({ length: prepared.batch }, (_, i) => stepsOf(lengths?.[i] ?? all))
    }
  }

  /** Where the model attends: how much each row looked at each step of its source, [rows, source steps]; of its last attention. */
  get attention(): Float32Array | undefined {
    return this.#attention
  }

  start(rowsPerSource: number): void {
    this.#assertUsable()
    checkInteger('decoder.start', rowsPerSource, 1)
    const times = this.#needs.times.map((time, i) => (i === this.#axis ? rowsPerSource : time))
    if (!this.#step.fits(this.sources, times)) {
      this.#pool.release(this.#step)
      this.#step = this.#pool.acquire('decode', { ...this.#needs, times })
    }
    this.#rowsPerSource = rowsPerSource
    this.#each = 0
    this.#count = this.sources
    for (let source = 0; source < this.sources; source++) this.#placeOf[source] = source
    const rows = this.sources * rowsPerSource
    this.#allScores = atLeast(this.#allScores, rows * this.vocabularySize)
    this.#allAttention = atLeast(this.#allAttention, rows * this.#attended)
    // Row i of a step leaves its states in row i.
    this.#step.input('storeRows')?.set(numbered(rows))
    for (const { input, output, outer, inner } of this.#handed) {
      const values = this.#encoded.context.outputs[output] as FloatArray
      this.#step.input(input)?.set(values.subarray(0, outer * this.sources * inner))
    }
    for (const place of this.#step.traced.states) this.#begin(place)
  }

  /** A state of the sources, as the encoder has left it, or zeros: until the first step, row i is that of source i. */
  #begin(place: StatePlace): void {
    const { context, traced } = this.#encoded
    const output = traced.program.outputs.findIndex(({ name }) => name === initialName(place.name))
    const rows = this.#step.state(place).subarray(0, this.sources * place.units)
    if (output === -1) rows.fill(0)
    else rows.set((context.outputs[output] as FloatArray).subarray(0, rows.length))
  }

  step(tokens: Int32Array, parents: Int32Array, sources: Int32Array): Float32Array {
    this.#assertUsable()
    const first = this.#each === 0
    const each = first ? 1 : this.#rowsPerSource
    const rows = sources.length * each
    if (tokens.length !== rows || parents.length !== rows) {
      throw new OstinatoError('SHAPE_MISMATCH', 'decoder.step', {
        expected: `${rows} tokens and parents, ${each} for each source${first ? ' in the first step' : ''}`,
        received: `${tokens.length} and ${parents.length}`,
      })
    }
    if (!first) this.#checkParents(parents)
    const step = this.#step
    // Before anything is changed: a step that is refused can be tried again.
    this.#engine.beginReading()
    try {
      // Sources only leave: behind the first step, as many as before are the same as before.
      const fewer = sources.length !== this.#count
      if (first || fewer) this.#keep(sources)
      if (fewer || each !== this.#each) this.#resize(each)
      ;(step.input(this.#tokens) as Int32Array).set(tokens)
      step.input('loadRows')?.set(first ? sources : parents)
      step.runSync(forward, 'decoder.step')
    } finally {
      this.#engine.endReading()
    }
    const [scores, weights] = step.context.outputs
    this.#scores.set((scores as FloatArray).subarray(0, this.#scores.length))
    this.#attention?.set((weights as FloatArray).subarray(0, this.#attention.length))
    return this.#scores
  }

  /** Others have ended: moves what was handed over for those under way to their new places, none of which is farther back. */
  #keep(sources: Int32Array): void {
    const [before, count] = [this.#count, sources.length]
    const [placeOf, places] = [this.#placeOf, this.#places]
    for (let i = 0; i < count; i++) {
      const source = sources[i] as number
      const place = placeOf[source] ?? -1
      if (place < i) {
        for (let j = 0; j < i; j++) placeOf[sources[j] as number] = places[j] as number
        throw new OstinatoError('INDEX_OUT_OF_RANGE', 'decoder.step, sources', {
          expected: 'sources under way, each once and none farther back than before',
          received: `${source} at position ${i}`,
        })
      }
      places[i] = place
      // Not twice.
      placeOf[source] = -1
    }
    for (const { input, outer, inner } of this.#handed) {
      const values = this.#step.input(input) as FloatArray
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < count; i++) {
          const [from, to] = [o * before + (places[i] as number), o * count + i]
          if (from !== to) values.copyWithin(to * inner, from * inner, (from + 1) * inner)
        }
      }
    }
    placeOf.fill(-1)
    for (let i = 0; i < count; i++) placeOf[sources[i] as number] = i
    this.#count = count
  }

  /** The next step has so many rows of each source under way. */
  #resize(each: number): void {
    const times = this.#needs.times.map((time, i) => (i === this.#axis ? each : time))
    this.#step.setDimensions(this.#count, times)
    this.#each = each
    const rows = this.#count * each
    this.#scores = this.#allScores.subarray(0, rows * this.vocabularySize)
    this.#attention = this.#attended > 0 ? this.#allAttention.subarray(0, rows * this.#attended) : undefined
  }

  /** Rows go on from rows of the step before. */
  #checkParents(parents: Int32Array): void {
    const rows = this.#count * this.#each
    for (let row = 0; row < parents.length; row++) {
      const parent = parents[row] as number
      if (parent >= 0 && parent < rows) continue
      throw new OstinatoError('INDEX_OUT_OF_RANGE', `decoder.step, parents[${row}]`, {
        expected: `a row of the step before, 0 to ${rows - 1}`,
        received: String(parent),
      })
    }
  }

  #assertUsable(): void {
    this.#engine.assertUsable()
    if (this.#released) throw new OstinatoError('DISPOSED', 'decoder', 'used after dispose()')
    if (!this.#step.disposed) return
    throw new OstinatoError('DISPOSED', 'decoder', 'the model was compiled for another optimizer since', {
      remedy: 'Make another one',
    })
  }

  /** Gives the memory back to the model. Idempotent. */
  dispose(): void {
    if (this.#released) return
    this.#released = true
    for (const executable of [this.#encoded, this.#step]) this.#pool.release(executable)
  }
}

/** Which input is fed back: tokens, one a step. */
export function feedbackOf({ topology: { inputs } }: Engine, name: string, where = 'decoder'): number {
  const names = inputs.map((input) => input.name)
  checkName(`${where}, feedback`, name, names)
  const { specification } = inputs[names.indexOf(name)] as (typeof inputs)[number]
  const tokens = specification?.type === 'i32' && specification.axis !== undefined
  const alone = inputs.filter((input) => axisOf(input) === specification?.axis).length <= 1
  if (tokens && alone && specification.features.length === 0) return names.indexOf(name)
  throw new OstinatoError('INVALID_OPTION', `${where}, feedback`, {
    expected: 'an input of int32 tokens with a time axis of its own',
    received: `"${name}"`,
  })
}

/** Reads the sources: everything that no token changes is computed here. */
export async function makeDecoder(engine: Engine, options: DecoderOptions): Promise<Decoder> {
  const where = 'decoder'
  const names = [
    'feedback',
    'inputs',
    'lengths',
    'mask',
    'startToken',
    'endToken',
    'precision',
    'signal',
  ] as const
  checkOptions(where, options, names)
  if (!engine.built) throw notBuilt(engine.name)
  const { inputs, lengths, mask, precision = 'float32', signal } = options
  checkName('decoder, precision', precision, precisionNames)
  const feedback = feedbackOf(engine, options.feedback)
  checkInteger('decoder, startToken', options.startToken, 0)
  if (options.endToken !== undefined) checkInteger('decoder, endToken', options.endToken, 0)
  const [first] = Object.entries(inputs)
  const rows = first ? rowCount(first[1], `decoder, inputs.${first[0]}`) : 1
  const nothing = { data: new Int32Array(rows), shape: [rows, 1] }
  const batch = {
    inputs: { ...inputs, [options.feedback]: nothing },
    ...(lengths && { lengths }),
    ...(mask && { mask }),
  }
  const prepared = prepareBatch(engine, batch, where)
  await engine.ready()
  return engine.reading(async () => {
    const valid = prepared.valid.map(({ given }) => given)
    const needs = { batch: prepared.batch, times: prepared.steps, valid, weights: false, precision, feedback }
    const encoded = engine.pool.acquire('encode', needs)
    try {
      feedBatch(encoded, prepared, true, where)
      await encoded.runHereIfShort(forward, where, signal)
      return new Decoder(engine, needs, encoded, prepared, options)
    } catch (error) {
      engine.pool.release(encoded)
      throw error
    }
  })
}
