/** Attention itself: where each query looks, and what it sees there. Everything is time-major, as inside programs. */
import {
  add,
  affine,
  broadcast,
  type Dimension,
  eachRow,
  exp,
  matmul,
  matmulTransposeB,
  multiply,
  reduceSum,
  relu,
  softmax,
  subtract,
  type Tensor,
  tanh,
  transpose,
} from '../graph/index.js'

/** How well queries and keys fit. S are the steps of a source. */
export interface Scores {
  /** Of one source: queries [T, d] and keys [S, d] → [T, S]. */
  source(queries: Tensor, keys: Tensor): Tensor
  /** Of one query for each source: [N, d] and [S, N, d] → [S, N]. */
  each(query: Tensor, keys: Tensor): Tensor
}

/** q · k */
export const dotScores: Scores = {
  source: matmulTransposeB,
  each: (query, keys) => reduceSum(multiply(keys, query), -1),
}

/** v · tanh(q + k), v [d, 1] */
export function additiveScores(v: Tensor): Scores {
  const { graph } = v
  const score = (sum: Tensor): Tensor => graph.reshape(matmul(tanh(sum), v), sum.shape.slice(0, -1))
  return {
    source: (queries, keys) => score(add(broadcast(queries, 1, keys.shape[0] as Dimension), keys)),
    each: (query, keys) => score(add(keys, query)),
  }
}

/** What queries look at. */
export interface Memory {
  /** [S, N, d] */
  readonly keys: Tensor
  /** [S, N, v], with zeros at steps that are not valid. */
  readonly values: Tensor
  /** [S, N]: 1 where a step is valid, else 0; undefined: all are. */
  readonly valid: Tensor | undefined
}

/** A window around a place in the source for each query. */
export interface Window {
  /** [T, N] */
  readonly centres: Tensor
  /** How many steps it reaches to either side. */
  readonly reach: number
  /** [S]: 0, 1, 2, … */
  readonly positions: Tensor
  /** Whether nearer steps are seen better. */
  readonly soft: boolean
}

export interface Attended {
  /** [T, N, v] */
  readonly context: Tensor
  /** [T, N, S]; absent where nobody asked. */
  readonly weights: Tensor | undefined
}

/** Far below any score, and finite: a source without valid steps has no NaN anywhere. */
const nowhere = -1e30

/** The window's Gaussian, σ half of its reach, as a factor where it is soft; and what bars the steps outside from the softmax. */
function windowParts(distance: Tensor, { reach, soft }: Window): { factor: Tensor | undefined; bar: Tensor } {
  const beyond = relu(affine(add(relu(distance), relu(affine(distance, -1))), 1, -reach))
  return {
    factor: soft ? exp(affine(multiply(distance, distance), -2 / reach ** 2)) : undefined,
    bar: affine(beyond, nowhere),
  }
}

/**
 * c = Σₛ softmaxₛ(score(q, kₛ)) · vₛ for queries [T, N, d] over a memory of N sources.
 *
 * Outside of loops one source after the other, with products over all its queries; inside, where there is one query for each
 * source (T = 1), all sources side by side.
 */
export function attend(
  queries: Tensor,
  memory: Memory,
  scores: Scores,
  options: { readonly window?: Window | undefined; readonly weights?: boolean } = {},
): Attended {
  const { window, weights = false } = options
  // 0 where a step is valid, else −10³⁰.
  const bias = memory.valid && affine(memory.valid, -nowhere, nowhere)
  const walk = queries.graph.loop ? attendOnce : attendSources
  return walk(queries, memory, scores, { bias, window, weights })
}

interface Prepared {
  /** [S, N]: added to the scores. */
  readonly bias: Tensor | undefined
  readonly window: Window | undefined
  readonly weights: boolean
}

function attendSources(
  queries: Tensor,
  { keys, values, valid }: Memory,
  scores: Scores,
  given: Prepared,
): Attended {
  const { graph } = queries
  const { bias, window, weights: wanted } = given
  const [steps, , size] = values.shape as [Dimension, Dimension, Dimension]
  const [T] = queries.shape as [Dimension, ...Dimension[]]
  const results = { context: [T, size], ...(wanted && { weights: [T, steps] }) }
  const sources = {
    q: transpose(queries),
    k: transpose(keys),
    v: transpose(values),
    ...(bias && { bias: transpose(bias) }),
    ...(valid && wanted && { valid: transpose(valid) }),
    ...(window && { centre: transpose(window.centres) }),
  }
  const made = eachRow(graph, sources, results, (row) => {
    const scored = scores.source(row['q'] as Tensor, row['k'] as Tensor)
    const near =
      window && windowParts(subtract(broadcast(row['centre'] as Tensor, 1, steps), window.positions), window)
    const biased = row['bias'] ? add(scored, row['bias']) : scored
    const soft = softmax(near ? add(biased, near.bar) : biased)
    const weights = near?.factor ? multiply(soft, near.factor) : soft
    const context = matmul(weights, row['v'] as Tensor)
    if (!wanted) return { context }
    return { context, weights: row['valid'] ? multiply(weights, row['valid']) : weights }
  })
  return {
    context: transpose(made['context'] as Tensor),
    weights: made['weights'] && transpose(made['weights']),
  }
}

function attendOnce(
  queries: Tensor,
  { keys, values, valid }: Memory,
  scores: Scores,
  given: Prepared,
): Attended {
  const { graph } = queries
  const { bias, window, weights: wanted } = given
  const [steps, N, size] = values.shape as [Dimension, Dimension, Dimension]
  const scored = scores.each(graph.reshape(queries, queries.shape.slice(1)), keys)
  const biased = bias ? add(scored, bias) : scored
  const near =
    window &&
    windowParts(
      affine(subtract(broadcast(window.positions, 1, N), graph.reshape(window.centres, [N])), -1),
      window,
    )
  // The softmax is over the last axis.
  const soft = transpose(softmax(transpose(near ? add(biased, near.bar) : biased)))
  const weights = near?.factor ? multiply(soft, near.factor) : soft
  const one = graph.dimensions.constant(1)
  return {
    context: graph.reshape(reduceSum(multiply(values, broadcast(weights, 2, size)), 0), [one, N, size]),
    weights: wanted
      ? graph.reshape(transpose(valid ? multiply(weights, valid) : weights), [one, N, steps])
      : undefined,
  }
}
