/** Ready-made topologies from a source to tokens. */
import { OstinatoError } from '../errors.js'
import type { AttentionLayer } from '../layers/attention-layer.js'
import { type BidirectionalLayer, bidirectional } from '../layers/bidirectional.js'
import { dense } from '../layers/dense.js'
import { dropout } from '../layers/dropout.js'
import { type EmbeddingLayer, embedding } from '../layers/embedding.js'
import type { Layer } from '../layers/layer.js'
import { average, concatenate } from '../layers/merge.js'
import { count, type InitializerOption, oneOf, rate } from '../layers/options.js'
import { handingOn, type RecurrentLayer, type States } from '../layers/recurrent.js'
import { recurrentAttention } from '../layers/recurrent-attention.js'
import type { RecurrentSettings } from '../layers/recurrent-settings.js'
import { reverse } from '../layers/reverse.js'
import { input, type SymbolicTensor } from '../layers/symbolic.js'
import { tiedDense } from '../layers/tied-dense.js'
import { checkOptions } from '../suggest.js'
import { model } from './build.js'
import { type CommonModelOptions, SequenceToSequence } from './sequence-to-sequence.js'

type Recurrent = RecurrentLayer<States, boolean>
type Bidirectional = BidirectionalLayer<States, boolean, 'concat' | 'sum' | 'mul' | 'ave' | 'none'>

/** Tokens and the vectors they become. */
export interface TokenOptions {
  /** How many tokens there are: 0 … vocabulary − 1. */
  readonly vocabulary: number
  /** Length of the vector of a token. */
  readonly units: number
  readonly embeddingsInitializer?: InitializerOption
}

/** What is decoded: tokens, between a first one that is given and a last one. */
export interface TargetOptions extends TokenOptions {
  /** Fed to the first step. */
  readonly startToken: number
  /** Learned behind every target; ends what is decoded. */
  readonly endToken: number
}

const contexts = ['initialState', 'everyStep', 'both'] as const
const bridges = ['identity', 'concat', 'mean', 'dense'] as const
const attendings = ['beside', 'before', 'after'] as const
const sharings = ['separate', 'shared', 'tied', 'sharedAndTied'] as const

interface DecodingOptions extends CommonModelOptions {
  readonly target: TargetOptions
  /** Recurrent layers, the first one reading the tokens: `[layers.lstm({ units: 256 })]`. All their steps are handed on. */
  readonly decoder: readonly Recurrent[]
  /** How the context reaches the decoder: as its first states, as an input of every step, or both. Default `initialState`. */
  readonly context?: (typeof contexts)[number]
  /** Share of the embedded tokens, and of what the scores are made of, that is dropped in training. Default 0. */
  readonly dropout?: number
}

export interface EncoderDecoderOptions extends DecodingOptions {
  /** Tokens, or the size of the vectors that a source is a sequence of. */
  readonly source: TokenOptions | { readonly features: number }
  /**
   * Recurrent layers, in both directions or in one, and what stands between them: `layers.dropout`, `layers.timeReduction`. All steps of
   * recurrent ones are handed on.
   */
  readonly encoder: readonly (Recurrent | Bidirectional | Layer)[]
  /** `reversed`: the valid steps of each source are read from the last to the first (Sutskever et al. 2014). Default `forward`. */
  readonly sourceOrder?: 'forward' | 'reversed'
  /**
   * How the last states of the encoder become the first ones of the decoder, its layers counted from the top: as they are (`identity`), both
   * directions side by side (`concat`), their `mean`, or tanh(all states of the layer · kernel + bias) (`dense`; Bahdanau et al.
   * 2015). Default: the first of `identity`, `concat` and `dense` whose sizes fit.
   */
  readonly bridge?: (typeof bridges)[number]
  /** What the decoder sees of the encoder's states: `layers.attention` or `layers.multiHeadAttention`. Default: nothing. */
  readonly attention?: AttentionLayer
  /**
   * When it looks: `beside` the recurrence, behind all steps (Luong et al. 2015), `before` each step (Bahdanau et al. 2015), or `after`
   * it, with input feeding (Luong et al. 2015); see `layers.recurrentAttention`. Default `beside`.
   */
  readonly attends?: (typeof attendings)[number]
  /**
   * Which tables are one: those of source and target (`shared`), that of the target and the weights of the scores (`tied`: Press and Wolf
   * 2017), or all three. Default `separate`.
   */
  readonly embeddings?: (typeof sharings)[number]
}

export interface VectorToSequenceOptions extends DecodingOptions {
  /** Shape of a source, without the batch axis. */
  readonly source: { readonly shape: readonly number[] }
  /** Layers that make a vector of it. Default none: the source is one. */
  readonly encoder?: readonly Layer[]
}

function invalid(option: string, expected: string, received: string, remedy?: string): OstinatoError {
  return new OstinatoError(
    'INVALID_OPTION',
    option,
    { expected, received },
    remedy === undefined ? {} : { remedy },
  )
}

const isRecurrent = (layer: object): layer is Recurrent =>
  'walk' in layer && (layer as Recurrent).states.length > 0

/** Sizes of the states of a cell: of an LSTM with a projection, h is smaller than c. */
function stateSizes({ states, options, settings }: Recurrent): number[] {
  const { units } = settings as RecurrentSettings
  return states.map((_, i) => (i === 0 ? Number(options['projection'] ?? units) : units))
}

/** The last states of a recurrent layer of the encoder, by direction. */
interface Last {
  readonly layer: Recurrent
  readonly directions: readonly (readonly SymbolicTensor[])[]
}

function joined(tensors: readonly SymbolicTensor[]): SymbolicTensor {
  return tensors.length === 1 ? (tensors[0] as SymbolicTensor) : concatenate().apply(tensors)
}

/** Applies the encoder: its last output, and the last states of its recurrent layers. */
function encode(
  source: SymbolicTensor,
  stack: EncoderDecoderOptions['encoder'],
): { y: SymbolicTensor; last: Last[] } {
  const last: Last[] = []
  const y = stack.reduce((x: SymbolicTensor, layer) => {
    if ('wrapped' in layer) {
      const { wrapped, mergeMode, name } = layer as Bidirectional
      if (mergeMode === 'none')
        throw invalid('encoderDecoder, encoder', 'directions that are merged', "mergeMode: 'none'")
      const both = bidirectional(handingOn(wrapped), { mergeMode, ...(name !== undefined && { name }) })
      const [out, ...states] = both.apply(x) as unknown as [SymbolicTensor, ...SymbolicTensor[]]
      const half = states.length / 2
      last.push({ layer: wrapped, directions: [states.slice(0, half), states.slice(half)] })
      return out
    }
    if (!isRecurrent(layer)) return (layer as Layer).apply(x)
    const [out, ...states] = handingOn(layer).apply(x)
    last.push({ layer, directions: [states] })
    return out
  }, source)
  if (last.length === 0)
    throw invalid(
      'encoderDecoder, encoder',
      'at least one recurrent layer',
      stack.map(({ kind }) => kind).join(', '),
    )
  return { y, last }
}

/** Whether states of an encoder layer have the sizes of a decoder layer without weights between them. */
function fits(bridge: 'identity' | 'concat' | 'mean', { layer, directions }: Last, cell: Recurrent): boolean {
  const factor = bridge === 'concat' ? directions.length : 1
  if (bridge === 'identity' && directions.length > 1) return false
  const sizes = stateSizes(layer).map((size) => size * factor)
  return layer.states.join() === cell.states.join() && sizes.join() === stateSizes(cell).join()
}

/** The first states of a decoder layer. */
function bridged(
  bridge: (typeof bridges)[number] | undefined,
  last: Last,
  cell: Recurrent,
): SymbolicTensor[] {
  const chosen =
    bridge ?? (['identity', 'concat'] as const).find((each) => fits(each, last, cell)) ?? ('dense' as const)
  const { directions, layer } = last
  if (chosen === 'dense') {
    const all = joined(directions.flat())
    return stateSizes(cell).map((units) => dense({ units, activation: 'tanh' }).apply(all))
  }
  if (!fits(chosen, last, cell)) {
    const sizes = `${layer.kind} of ${stateSizes(layer).join(' and ')}`
    throw invalid(
      `encoderDecoder, bridge '${chosen}'`,
      `states ${cell.states.join(', ')} of ${stateSizes(cell).join(' and ')}`,
      directions.length > 1 ? `both directions of ${sizes}` : sizes,
      "bridge: 'dense' joins states of any kind and size",
    )
  }
  return cell.states.map((_, i) => {
    const states = directions.map((direction) => direction[i] as SymbolicTensor)
    if (states.length === 1) return states[0] as SymbolicTensor
    return chosen === 'concat' ? concatenate().apply(states) : average().apply(states)
  })
}

function tokenEmbedding(
  { vocabulary, units, embeddingsInitializer }: TokenOptions,
  name: string,
): EmbeddingLayer {
  const initializer = embeddingsInitializer === undefined ? {} : { embeddingsInitializer }
  return embedding({ inputDim: vocabulary, outputDim: units, name, ...initializer })
}

function checkTarget(where: string, target: TargetOptions): void {
  checkOptions(`${where}, target`, target, [
    'vocabulary',
    'units',
    'embeddingsInitializer',
    'startToken',
    'endToken',
  ])
  count(`${where}, target`, 'vocabulary', target.vocabulary)
  for (const option of ['startToken', 'endToken'] as const) {
    const token = target[option]
    if (Number.isSafeInteger(token) && token >= 0 && token < target.vocabulary) continue
    throw invalid(`${where}, target.${option}`, `a token below ${target.vocabulary}`, String(token))
  }
}

function checkCells(where: string, cells: unknown): void {
  const wrong = Array.isArray(cells) ? (cells as object[]).find((cell) => !isRecurrent(cell)) : cells
  if (Array.isArray(cells) && cells.length > 0 && wrong === undefined) return
  const received =
    (wrong as Layer | undefined)?.kind ?? (Array.isArray(cells) ? 'an empty list' : typeof cells)
  throw invalid(`${where}, decoder`, 'a list of recurrent layers', received)
}

/** What the decoder is given beside the tokens. */
interface Given {
  readonly table: EmbeddingLayer
  readonly tied: boolean
  /** [batch, features], at every step. */
  readonly context: SymbolicTensor | undefined
  /** By layer of the decoder; undefined: zeros. */
  readonly initial: readonly (readonly SymbolicTensor[])[] | undefined
  readonly memory?: {
    readonly steps: SymbolicTensor
    readonly attention: AttentionLayer
    readonly attends: string
  }
}

/** Scores of the next token at every step of the tokens so far. */
function decode(previous: SymbolicTensor, options: DecodingOptions, given: Given): SymbolicTensor {
  const { decoder, target } = options
  const share = rate('decoder', 'dropout', options.dropout ?? 0)
  const dropped = (x: SymbolicTensor): SymbolicTensor => (share > 0 ? dropout({ rate: share }).apply(x) : x)
  const embedded = dropped(given.table.apply(previous))
  const x = given.context ? concatenate().apply([embedded, given.context]) : embedded
  const { memory } = given
  const walked = (): SymbolicTensor =>
    decoder.reduce((y: SymbolicTensor, cell, i) => {
      const states = given.initial?.[i]
      return handingOn(cell).apply(y, states ? { initialState: states } : {})[0]
    }, x)
  const behind = (): SymbolicTensor => {
    if (!memory) return walked()
    const { attention, attends, steps } = memory
    if (attends !== 'beside') {
      const layer = recurrentAttention({ cells: decoder, attention, attends: attends as 'before' | 'after' })
      return layer.apply(x, steps, given.initial ? { initialState: given.initial.flat() } : {})
    }
    const states = walked()
    const context = attention.apply(states, steps) as SymbolicTensor
    const units = stateSizes(decoder.at(-1) as Recurrent)[0] as number
    // Luong et al. 2015, equation 5
    const attentional = dense({ units, activation: 'tanh', useBias: false, name: 'attentional' })
    return attentional.apply(concatenate().apply([context, states]))
  }
  const y = dropped(behind())
  if (!given.tied) return dense({ units: target.vocabulary, name: 'scores' }).apply(y)
  const projected = dense({ units: target.units, useBias: false, name: 'projection' }).apply(y)
  return tiedDense({ embedding: given.table, name: 'scores' }).apply(projected)
}

/** Options of the model itself. */
function common({ name, seed, backend }: CommonModelOptions, byDefault: string) {
  return { name: name ?? byDefault, ...(seed !== undefined && { seed }), ...(backend && { backend }) }
}

/**
 * From a sequence to a sequence of tokens (Cho et al. 2014; Sutskever et al. 2014): an encoder reads the source, its last states are the
 * context C with which the decoder begins, and with an attention the decoder sees all states of the encoder.
 *
 *     log p(y | x) = Σₜ log p(yₜ | y₁ … yₜ₋₁, x)
 *
 * ```ts
 * const translator = models.encoderDecoder({
 *   source: { vocabulary: 30, units: 64 },
 *   target: { vocabulary: 42, units: 64, startToken: 1, endToken: 2 },
 *   encoder: [layers.bidirectional(layers.lstm({ units: 128 }))],
 *   decoder: [layers.lstm({ units: 256 })],
 *   attention: layers.attention({ score: 'general' }),
 * })
 * ```
 */
export function encoderDecoder(options: EncoderDecoderOptions): SequenceToSequence {
  const where = 'encoderDecoder'
  checkOptions(where, options, [
    ...['source', 'target', 'encoder', 'decoder', 'context', 'dropout', 'sourceOrder', 'bridge', 'attention'],
    ...['attends', 'embeddings', 'name', 'seed', 'backend'],
  ])
  const { source, target, decoder, attention } = options
  checkTarget(where, target)
  checkCells(where, decoder)
  const order = oneOf(where, 'sourceOrder', options.sourceOrder, ['forward', 'reversed'], 'forward')
  const context = oneOf(where, 'context', options.context, contexts, 'initialState')
  const sharing = oneOf(where, 'embeddings', options.embeddings, sharings, 'separate')
  const attends = oneOf(where, 'attends', options.attends, attendings, 'beside')
  if (options.bridge !== undefined) oneOf(where, 'bridge', options.bridge, bridges, 'dense')
  if (options.attends !== undefined && !attention)
    throw invalid(`${where}, attends`, 'an attention', 'none', 'Pass attention: layers.attention()')

  const table = tokenEmbedding(target, 'targetEmbedding')
  const [x, inputs] = sourceOf(where, source, sharing.startsWith('shared') ? table : undefined, target)
  const share = rate(where, 'dropout', options.dropout ?? 0)
  const dropped = share > 0 && !('features' in source) ? dropout({ rate: share }).apply(x) : x
  const backwards = order === 'reversed' ? reverse() : undefined
  const { y, last } = encode(backwards ? backwards.apply(dropped) : dropped, options.encoder)
  const top = last.at(-1) as Last
  const previous = input({ shape: [null], type: 'int32', name: 'previous' })
  const scores = decode(previous, options, {
    table,
    tied: sharing === 'tied' || sharing === 'sharedAndTied',
    context:
      context === 'initialState' ? undefined : joined(top.directions.map(([h]) => h as SymbolicTensor)),
    initial:
      context === 'everyStep'
        ? undefined
        : decoder.map((cell, i) =>
            bridged(options.bridge, last[Math.max(0, last.length - decoder.length + i)] as Last, cell),
          ),
    // What is seen lies in the order of the source.
    ...(attention && { memory: { steps: backwards ? reverse().apply(y) : y, attention, attends } }),
  })
  const made = model({ inputs: { source: inputs, previous }, outputs: scores, ...common(options, where) })
  return new SequenceToSequence(made, target)
}

/** The source as vectors, and the input it comes from. */
function sourceOf(
  where: string,
  source: EncoderDecoderOptions['source'],
  shared: EmbeddingLayer | undefined,
  target: TargetOptions,
): [SymbolicTensor, SymbolicTensor] {
  if ('features' in source) {
    checkOptions(`${where}, source`, source, ['features'])
    if (shared) throw invalid(`${where}, embeddings`, 'a source of tokens', 'one of vectors')
    const vectors = input({ shape: [null, source.features], name: 'source' })
    return [vectors, vectors]
  }
  checkOptions(`${where}, source`, source, ['vocabulary', 'units', 'embeddingsInitializer'])
  if (shared && (source.vocabulary !== target.vocabulary || source.units !== target.units)) {
    throw invalid(
      `${where}, embeddings`,
      `a source of ${target.vocabulary} tokens and ${target.units} units, as the target has`,
      `${source.vocabulary} and ${source.units}`,
    )
  }
  const tokens = input({ shape: [null], type: 'int32', name: 'source' })
  return [(shared ?? tokenEmbedding(source, 'sourceEmbedding')).apply(tokens), tokens]
}

/**
 * From a vector to a sequence of tokens, the shape of a caption (Vinyals et al. 2015): the vector is the context C, made into the first states
 * of the decoder by tanh(C · kernel + bias), or an input of every step, or both.
 */
export function vectorToSequence(options: VectorToSequenceOptions): SequenceToSequence {
  const where = 'vectorToSequence'
  checkOptions(where, options, [
    ...['source', 'target', 'encoder', 'decoder', 'context', 'dropout', 'name', 'seed', 'backend'],
  ])
  const { decoder, encoder = [], source, target } = options
  checkTarget(where, target)
  checkCells(where, decoder)
  checkOptions(`${where}, source`, source, ['shape'])
  const given = oneOf(where, 'context', options.context, contexts, 'initialState')
  const x = input({ shape: source.shape, name: 'source' })
  const context = encoder.reduce((y, layer) => layer.apply(y), x)
  const previous = input({ shape: [null], type: 'int32', name: 'previous' })
  const first = (cell: Recurrent): SymbolicTensor[] =>
    stateSizes(cell).map((units) => dense({ units, activation: 'tanh' }).apply(context))
  const scores = decode(previous, options, {
    table: tokenEmbedding(target, 'targetEmbedding'),
    tied: false,
    context: given === 'initialState' ? undefined : context,
    initial: given === 'everyStep' ? undefined : decoder.map(first),
  })
  const made = model({ inputs: { source: x, previous }, outputs: scores, ...common(options, where) })
  return new SequenceToSequence(made, target)
}
