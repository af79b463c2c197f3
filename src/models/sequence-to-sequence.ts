/** A model of a source and the tokens it becomes: trained on pairs, decoded by searches, kept in one file. */
import type { BackendName } from '../backends/backend.js'
import type { Precision } from '../contract/index.js'
import type { TensorRecord } from '../data/index.js'
import { type PairBatchOptions, type Pairs, pairBatches, pairBatchOptions } from '../data/pairs.js'
import { checkSequences, pad, type Sequence } from '../data/sequences.js'
import type { TensorData } from '../data/tensor-data.js'
import { OstinatoError } from '../errors.js'
import { losses } from '../losses/index.js'
import type { Optimizer, optimizers } from '../optimizers/index.js'
import { checkOptions } from '../suggest.js'
import type { EvaluateOptions, EvaluateResult } from '../train/evaluate.js'
import type { FitOptions, History, ScheduledSampling } from '../train/fit.js'
import type { Decoder } from './decoder.js'
import { type LoadOptions, load } from './load.js'
import type { Model } from './model.js'

export interface SequenceCompileOptions {
  /** Default `adam`. */
  readonly optimizer?: Optimizer | keyof typeof optimizers
  /** Share of every target that goes to all tokens evenly (Szegedy et al. 2016): in [0, 1). Default 0. */
  readonly labelSmoothing?: number
  /** Of the products of training. Default `float32`. */
  readonly precision?: 'float32' | 'bfloat16'
}

export interface SequenceFitOptions
  extends PairBatchOptions,
    Omit<FitOptions, 'validationData' | 'scheduledSampling'> {
  /**
   * How often a step is given the target before it rather than the model's own token (scheduled sampling, Bengio et al. 2015): a
   * probability, or one for each step of training, from 1; see `samplingSchedules`. Anything but 1 trains one step after the other.
   * Default 1.
   */
  readonly teacherForcing?: ScheduledSampling['teacherForcing']
  /** Evaluated after every epoch. */
  readonly validationData?: Pairs
}

/** What a file says of the model beside its layers. */
interface Tokens {
  readonly startToken: number
  readonly endToken: number
}

const entry = 'sequenceToSequence'

/** Made by `models.encoderDecoder`, `models.vectorToSequence` or `models.load`. */
export class SequenceToSequence {
  /** The layers and weights: inputs `source` and `previous`, the tokens so far; output scores of the next token [batch, time, tokens]. */
  readonly model: Model
  readonly startToken: number
  readonly endToken: number

  /** @internal */
  constructor(model: Model, { startToken, endToken }: Tokens) {
    this.model = model
    this.startToken = startToken
    this.endToken = endToken
    model.extra[entry] = JSON.stringify({ startToken, endToken })
  }

  /** Settles how to learn: cross-entropy of the next token, and its accuracy, over valid steps. Optimizer state starts afresh. */
  compile(options: SequenceCompileOptions = {}): this {
    checkOptions('compile', options, ['optimizer', 'labelSmoothing', 'precision'])
    const { labelSmoothing = 0, optimizer = 'adam', precision = 'float32' } = options
    const loss = losses.sparseCategoricalCrossentropy({ labelSmoothing })
    this.model.compile({ optimizer, loss, metrics: ['accuracy'], precision })
    return this
  }

  #batches(pairs: Pairs, options: PairBatchOptions) {
    const { startToken, endToken } = this
    return pairBatches(pairs, { ...options, startToken, endToken })
  }

  /**
   * Learns with teacher forcing: every step is given the target before it. Rows of similar lengths make a batch; their order changes
   * with every epoch, unless `shuffle` is `none`.
   */
  fit(pairs: Pairs, options: SequenceFitOptions = {}): Promise<History> {
    const { batchSize, batchTokens, shuffle = 'epoch', seed, validationData, ...more } = options
    const { teacherForcing = 1, ...rest } = more
    const scheduledSampling = { feedback: 'previous', teacherForcing }
    const sizes = {
      ...(batchSize !== undefined && { batchSize }),
      ...(batchTokens !== undefined && { batchTokens }),
    }
    const batches = this.#batches(pairs, { ...sizes, shuffle, ...(seed !== undefined && { seed }) })
    const validation = validationData && { validationData: this.#batches(validationData, sizes) }
    return this.model.fit(batches, {
      ...rest,
      ...validation,
      ...(teacherForcing !== 1 && { scheduledSampling }),
    })
  }

  /** Mean loss and accuracy over all tokens of the targets, the end token among them, each given the target before it. */
  evaluate(pairs: Pairs, options: PairBatchOptions & EvaluateOptions = {}): Promise<EvaluateResult> {
    checkOptions('evaluate', options, [...pairBatchOptions, 'signal', 'precision'])
    const { signal, precision, ...sizes } = options
    return this.model.evaluate(this.#batches(pairs, sizes), {
      ...(signal && { signal }),
      ...(precision && { precision }),
    })
  }

  /** Reads sources for the searches of `decode`; see `Model.decoder`. */
  decoder(
    sources: Pairs['sources'],
    options: { readonly precision?: Precision; readonly signal?: AbortSignal } = {},
  ): Promise<Decoder> {
    checkOptions('decoder', options, ['precision', 'signal'])
    const { startToken, endToken } = this
    return this.model.decoder({
      feedback: 'previous',
      ...inputsOf(sources),
      startToken,
      endToken,
      ...options,
    })
  }

  /** Loads the backend now rather than at the first asynchronous call. */
  async ready(): Promise<this> {
    await this.model.ready()
    return this
  }

  /** The model as the bytes of a `.safetensors` file: `models.load` reads it. */
  toBytes(): Uint8Array {
    return this.model.toBytes()
  }

  /** Writes `toBytes()` to a file, whole or not at all (Node, Bun, Deno). */
  save(path: string): Promise<void> {
    return this.model.save(path)
  }

  /** Frees all memory outside JavaScript. Idempotent. */
  dispose(): void {
    this.model.dispose()
  }
}

/** Sources as the model takes them, padded. */
function inputsOf(sources: Pairs['sources']): { inputs: TensorRecord; lengths?: TensorRecord } {
  if (!Array.isArray(sources)) return { inputs: { source: sources as TensorData } }
  const checked = checkSequences(sources as readonly Sequence[], 'decoder, sources')
  if (checked.length === 0)
    throw new OstinatoError('EMPTY_DATA', 'decoder, sources', { expected: 'at least one', received: 'none' })
  const source = pad(
    checked,
    Int32Array.from(checked, (_, i) => i),
  )
  return { inputs: { source }, lengths: { source: checked.map(({ shape }) => shape[0] as number) } }
}

/** Reads a model saved by `SequenceToSequence.save` or `toBytes`. */
export async function loadSequenceToSequence(
  source: string | Uint8Array | ArrayBuffer,
  options: LoadOptions = {},
): Promise<SequenceToSequence> {
  const model = await load(source, options)
  try {
    const { startToken, endToken } = JSON.parse(model.extra[entry] ?? '') as Partial<Tokens>
    if (Number.isSafeInteger(startToken) && Number.isSafeInteger(endToken))
      return new SequenceToSequence(model, { startToken, endToken } as Tokens)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  model.dispose()
  throw new OstinatoError(
    'INVALID_FILE',
    'models.load',
    {
      expected: 'a model of sequences, with start and end token',
      received: model.extra[entry] ?? 'another model',
    },
    { remedy: 'Use load(file)' },
  )
}

export type CommonModelOptions = {
  /** In messages and the model file. */
  readonly name?: string
  /** Of initial weights and dropout. Not saved. Default 0. */
  readonly seed?: number
  /** Forces a backend. */
  readonly backend?: BackendName
}
