/** Attention itself: where each query looks, and what it sees there. Everything is time-major, as inside programs. */
import {
  add,
  affine,
  batchMatmul,
  batchMatmulTransposeB,
  broadcast,
  type Dimension,
  eachRow,
  exp,
  matmul,
  multiply,
  relu,
  softmax,
  subtract,
  type Tensor,
  tanh,
  transpose,
} from '../graph/index.js'

/** How well queries [N, T, d] and keys [N, S, d] of N sources fit: [N, T, S]. */
export type Scores = (queries: Tensor, keys: Tensor) => Tensor

/** q · k */
export const dotScores: Scores = batchMatmulTransposeB

/** v · tanh(q + k), v [d, 1] */
export function additiveScores(v: Tensor): Scores {
  const { graph } = v
  const score = (sum: Tensor): Tensor => graph.reshape(matmul(tanh(sum), v), sum.shape.slice(0, -1))
  return (queries, keys) => {
    const [N, T] = queries.shape as [Dimension, Dimension, Dimension]
    const [, S] = keys.shape as [Dimension, Dimension, Dimension]
    // In a loop there is one query for each source.
    if (graph.loop) {
      const query = graph.reshape(queries, [N, ...queries.shape.slice(2)])
      return graph.reshape(score(add(broadcast(query, 1, S), keys)), [N, T, S])
    }
    // [T, S, d] of one source at a time: of all together it may be more than fits.
    const made = eachRow(graph, { queries, keys }, { scores: [T, S] }, (of) => {
      const [q, k] = [of['queries'] as Tensor, of['keys'] as Tensor]
      return { scores: score(add(broadcast(q, 1, S), k)) }
    })
    return made['scores'] as Tensor
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

/** c = Σₛ softmaxₛ(score(q, kₛ)) · vₛ for queries [T, N, d] over a memory of N sources. */
export function attend(
  queries: Tensor,
  { keys, values, valid }: Memory,
  scores: Scores,
  options: { readonly window?: Window | undefined; readonly weights?: boolean } = {},
): Attended {
  const { window, weights: wanted = false } = options
  const [T] = queries.shape as [Dimension, ...Dimension[]]
  const [S] = values.shape as [Dimension, ...Dimension[]]
  const forEachQuery = (x: Tensor): Tensor => broadcast(transpose(x), 1, T)
  const seen = transpose(values)
  const scored = scores(transpose(queries), keys === values ? seen : transpose(keys))
  // 0 where a step is valid, else −10³⁰.
  const biased = valid ? add(scored, forEachQuery(affine(valid, -nowhere, nowhere))) : scored
  const near =
    window && windowParts(subtract(broadcast(transpose(window.centres), 2, S), window.positions), window)
  const soft = softmax(near ? add(biased, near.bar) : biased)
  const weights = near?.factor ? multiply(soft, near.factor) : soft
  const context = transpose(batchMatmul(weights, seen))
  const shown = wanted && valid ? multiply(weights, forEachQuery(valid)) : weights
  return { context, weights: wanted ? transpose(shown) : undefined }
}
