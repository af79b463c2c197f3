/** Attention with one look at the memory, as Bahdanau and Luong have it. */
import { OstinatoError } from '../errors.js'
import {
  affine,
  features,
  fill,
  linearRecurrence,
  matmul,
  multiply,
  reduceSum,
  sigmoid,
  type Tensor,
  tanh,
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

const scores = ['additive', 'dot', 'general', 'scaledDot'] as const
export type AttentionScore = (typeof scores)[number]

export interface AttentionOptions extends LayerOptions {
  /** Default `general`. */
  readonly score?: AttentionScore
  /** Of the hidden layer that scores, where the score is `additive`. Default: the size of the queries. */
  readonly units?: number
  /** D of a window that each query chooses (local-p, Luong et al. 2015): it sees D steps to either side. Default: no window. */
  readonly window?: number
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
 * from it are not seen, and the others by aₛ · exp(−2 (s − p)² ∕ D²), s from 0 (local-p).
 *
 * Queries [batch, queries, features] and a memory [batch, source steps, features] → [batch, queries, memory features]. All queries at once, with
 * products and without a walk along time. Of a source without valid steps it sees zeros.
 */
export function attention<const Returned extends boolean = false>(
  options: AttentionOptions & ReturnWeights<Returned> = {},
): AttentionLayer<Returned> {
  known('attention', options, ['score', 'units', 'window', 'returnWeights'])
  const score = oneOf('attention', 'score', options.score, scores, 'general')
  const units = options.units === undefined ? undefined : count('attention', 'units', options.units)
  const window = options.window === undefined ? undefined : count('attention', 'window', options.window)
  if (units !== undefined && score !== 'additive') {
    throw new OstinatoError('INVALID_OPTION', 'attention, units', `the score is ${score}`, {
      remedy: "Only score: 'additive' has a hidden layer",
    })
  }
  return attentionLayer({
    kind: 'attention',
    name: options.name,
    options: {
      score,
      ...(units === undefined ? {} : { units }),
      ...(window === undefined ? {} : { window }),
    },
    returnWeights: flag('attention', 'returnWeights', options.returnWeights, false),
    look(queries, source, scope, weights) {
      const { steps, valid } = source
      const [from, to] = [features(queries, 'queries'), features(steps, 'memory')]
      const near = window === undefined ? undefined : windowOf(queries, source, scope, window)
      const go = (q: Tensor, keys: Tensor, by: Scores) =>
        attend(q, { keys, values: steps, valid }, by, { window: near, weights })
      if (score === 'additive') {
        const size = units ?? from
        const keys = matmul(steps, weight(scope, 'memoryKernel', [to, size]))
        const v = weight(scope, 'score', [size, 1])
        return go(matmul(queries, weight(scope, 'queryKernel', [from, size])), keys, additiveScores(v))
      }
      if (score === 'general')
        return go(matmul(queries, weight(scope, 'kernel', [from, to])), steps, dotScores)
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

/** The place each query chooses: p = S · σ(tanh(q · placeKernel) · place). */
function windowOf(queries: Tensor, { steps, valid }: Source, scope: Scope, reach: number): Window {
  const { graph } = scope
  const size = features(queries, 'queries')
  const hidden = tanh(matmul(queries, weight(scope, 'placeKernel', [size, size])))
  const share = sigmoid(matmul(hidden, weight(scope, 'place', [size, 1])))
  const [time, rows] = steps.shape as [Tensor['shape'][number], Tensor['shape'][number]]
  // [batch]: how many steps are valid.
  const lengths = reduceSum(valid ?? fill(graph, [time, rows], 1), 0)
  // 1, 2, 3, … is what a sum of ones comes to.
  const one = fill(graph, [time, 1, 1], 1)
  const counted = graph.reshape(linearRecurrence(one, one, { convex: false }).y, [time])
  return {
    centres: multiply(graph.reshape(share, queries.shape.slice(0, 2)), lengths),
    reach,
    positions: affine(counted, 1, -1),
  }
}
