/** Attention with one look at the memory, as Bahdanau and Luong have it. */
import { OstinatoError } from '../errors.js'
import {
  affine,
  type Dimension,
  features,
  fill,
  linearRecurrence,
  matmul,
  matmulTransposeB,
  multiply,
  reduceSum,
  relu,
  sigmoid,
  subtract,
  type Tensor,
  tanh,
  transpose,
} from '../graph/index.js'
import { additiveScores, attend, dotScores, type Scores, type Window } from './attend.js'
import {
  type AttentionLayer,
  attentionLayer,
  type ReturnWeights,
  type Source,
  weight,
} from './attention-layer.js'
import type { Scope } from './layer.js'
import { count, flag, known, type LayerOptions, oneOf } from './options.js'
import { cellState } from './recurrent.js'

const scores = ['additive', 'dot', 'general', 'scaledDot'] as const
export type AttentionScore = (typeof scores)[number]

const alignments = ['predictive', 'monotonic'] as const
type Alignment = (typeof alignments)[number]

export interface AttentionOptions extends LayerOptions {
  /** Default `general`. */
  readonly score?: AttentionScore
  /** Of the hidden layer that scores, where the score is `additive`. Default: the size of the queries. */
  readonly units?: number
  /** D of a window around a place in the source (Luong et al. 2015): each query sees D steps to either side. Default: no window. */
  readonly window?: number
  /**
   * What that place is: one that each query chooses (`predictive`, the paper's local-p), or the query's own number, where source and target
   * run side by side (`monotonic`, local-m). Default `predictive`.
   */
  readonly alignment?: Alignment
}

/**
 * Where to look in a memory m₁ … m_S, the states of a source, for a query q:
 *
 *     a = softmaxₛ(score(q, mₛ))        over the valid steps of the source
 *     c = Σₛ aₛ mₛ
 *
 *     additive:   score = v · tanh(q · queryKernel + mₛ · memoryKernel)   (Bahdanau et al. 2015)
 *     dot:        score = q · mₛ                                          (Luong et al. 2015)
 *     general:    score = (q · kernel) · mₛ                               (Luong et al. 2015)
 *     scaledDot:  score = q · mₛ ∕ √features                              (Vaswani et al. 2017)
 *
 * With a `window` D the query chooses a place p = S · σ(tanh(q · placeKernel) · place), S its valid steps; steps further than D
 * from it are not seen, and the others by aₛ · exp(−2 (s − p)² ∕ D²), s from 0 (local-p). With the alignment `monotonic` the place of the t-th
 * query is p = min(t, S − 1), t from 0, and a stays as it is (local-m).
 *
 * Queries [batch, queries, features] and a memory [batch, source steps, features] → [batch, queries, memory features]. All queries at once, with
 * products and without a walk along time. Of a source without valid steps it sees zeros.
 */
export function attention<const Returned extends boolean = false>(
  options: AttentionOptions & ReturnWeights<Returned> = {},
): AttentionLayer<Returned> {
  known('attention', options, ['score', 'units', 'window', 'alignment', 'returnWeights'])
  const score = oneOf('attention', 'score', options.score, scores, 'general')
  const units = options.units === undefined ? undefined : count('attention', 'units', options.units)
  const window = options.window === undefined ? undefined : count('attention', 'window', options.window)
  const alignment = oneOf('attention', 'alignment', options.alignment, alignments, 'predictive')
  if (units !== undefined && score !== 'additive') {
    throw new OstinatoError('INVALID_OPTION', 'attention, units', `the score is ${score}`, {
      remedy: "Only score: 'additive' has a hidden layer",
    })
  }
  if (window === undefined && options.alignment !== undefined) {
    throw new OstinatoError('INVALID_OPTION', 'attention, alignment', 'there is no window', {
      remedy: 'Say with window: D how far it reaches',
    })
  }
  return attentionLayer({
    kind: 'attention',
    name: options.name,
    options: {
      score,
      ...(units === undefined ? {} : { units }),
      ...(window === undefined ? {} : { window, alignment }),
    },
    returnWeights: flag('attention', 'returnWeights', options.returnWeights, false),
    look(queries, source, scope, weights) {
      const { steps, valid } = source
      const [from, to] = [features(queries, 'queries'), features(steps, 'memory')]
      const near =
        window === undefined ? undefined : { reach: window, ...windowOf(alignment, queries, source, scope) }
      const go = (q: Tensor, keys: Tensor, by: Scores) =>
        attend(q, { keys, values: steps, valid }, by, { window: near, weights })
      if (score === 'additive') {
        const size = units ?? from
        const keys = matmul(steps, weight(scope, 'memoryKernel', [to, size]))
        const v = weight(scope, 'score', [size, 1])
        return go(matmul(queries, weight(scope, 'queryKernel', [from, size])), keys, additiveScores(v))
      }
      if (score === 'general') {
        // (q · kernel) · m = q · (m · kernelᵀ): of a memory there is one, however often it is asked.
        return go(queries, matmulTransposeB(steps, weight(scope, 'kernel', [from, to])), dotScores)
      }
      if (from !== to) {
        throw new OstinatoError(
          'SHAPE_MISMATCH',
          `${scope.graph.path}, queries`,
          { expected: `${to} features, as the memory has`, received: String(from) },
          { remedy: "Or take score: 'general', which has a matrix between them" },
        )
      }
      return go(score === 'dot' ? queries : affine(queries, 1 / Math.sqrt(from)), steps, dotScores)
    },
  }) as AttentionLayer<Returned>
}

/** The window of each query [queries, batch, features]. */
function windowOf(
  alignment: Alignment,
  queries: Tensor,
  source: Source,
  scope: Scope,
): Omit<Window, 'reach'> {
  const [lengths, positions] = [lengthsOf(source), positionsOf(source)]
  if (alignment === 'monotonic') {
    // p = min(t, S − 1)
    const t = numbersOf(queries, scope)
    const beyond = relu(subtract(t, affine(lengths, 1, -1)))
    return { centres: subtract(t, beyond), positions, soft: false }
  }
  // p = S · σ(tanh(q · placeKernel) · place)
  const size = features(queries, 'queries')
  const hidden = tanh(matmul(queries, weight(scope, 'placeKernel', [size, size])))
  const share = sigmoid(matmul(hidden, weight(scope, 'place', [size, 1])))
  const centres = multiply(scope.graph.reshape(share, queries.shape.slice(0, 2)), lengths)
  return { centres, positions, soft: true }
}

/** [batch]: how many steps are valid. */
function lengthsOf({ steps, valid }: Source): Tensor {
  return reduceSum(valid ?? fill(steps.graph, steps.shape.slice(0, 2), 1), 0)
}

/** [source steps]: 0, 1, 2, … */
function positionsOf({ steps }: Source): Tensor {
  const { graph, shape } = steps
  const [time] = shape as [Dimension, ...Dimension[]]
  const one = fill(graph, [time, 1, 1], 1)
  return affine(graph.reshape(linearRecurrence(one, one, { convex: false }).y, [time]), 1, -1)
}

/** [queries, batch]: 0, 1, 2, … of each row; where one step is taken after the other, it goes on counting. */
function numbersOf(queries: Tensor, scope: Scope): Tensor {
  const { graph, batch, hypotheses } = scope
  const time = hypotheses ? graph.dimensions.constant(1) : (queries.shape[0] as Dimension)
  const ones = fill(graph, [time, batch, 1], 1)
  const counted = cellState(scope, 'asked', 1, false, undefined)
  const { y, finalH } = linearRecurrence(ones, ones, { convex: false, initialH: counted.initial })
  counted.store(finalH)
  const numbers = affine(graph.reshape(y, [time, batch]), 1, -1)
  if (!hypotheses) return numbers
  return transpose(graph.reshape(numbers, [hypotheses.sources, hypotheses.each]))
}
