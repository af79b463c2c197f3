/** Attention with several looks at the memory, as Vaswani has it. */
import { OstinatoError } from '../errors.js'
import {
  affine,
  broadcast,
  type Dimension,
  features,
  matmul,
  multiply,
  reduceSum,
  type Tensor,
} from '../graph/index.js'
import { attend, dotScores } from './attend.js'
import { type AttentionLayer, attentionLayer, type ReturnWeights, weight } from './attention-layer.js'
import { count, flag, known, type LayerOptions } from './options.js'

export interface MultiHeadAttentionOptions extends LayerOptions {
  /** How many heads there are, each with weights of its own; a divisor of the units. */
  readonly heads: number
  /** Of queries, keys and values of all heads together, and of the output. Default: the size of the queries. */
  readonly units?: number
  /** Default true. */
  readonly useBias?: boolean
}

/**
 * Several looks at a memory at once, each with weights of its own (Vaswani et al. 2017):
 *
 *     Q, K, V = q · queryKernel, m · keyKernel, m · valueKernel       [.., units], of which each head has units ∕ heads
 *     headₕ = softmax(Qₕ Kₕᵀ ∕ √(units ∕ heads)) Vₕ                    over the valid steps of the source
 *     y = [head₁ head₂ …] · outputKernel
 *
 * with a bias each, unless `useBias` is false. Queries [batch, queries, features] and a memory [batch, source steps, features] → [batch, queries, units].
 * Weights, where they are returned, are the mean over the heads.
 */
export function multiHeadAttention<const Returned extends boolean = false>(
  options: MultiHeadAttentionOptions & ReturnWeights<Returned>,
): AttentionLayer<Returned> {
  const where = 'multiHeadAttention'
  known(where, options, ['heads', 'units', 'useBias', 'returnWeights'])
  const heads = count(where, 'heads', options.heads)
  const given = options.units === undefined ? undefined : count(where, 'units', options.units)
  const useBias = flag(where, 'useBias', options.useBias, true)
  return attentionLayer({
    kind: where,
    name: options.name,
    options: { heads, ...(given === undefined ? {} : { units: given }), useBias },
    returnWeights: flag(where, 'returnWeights', options.returnWeights, false),
    look(queries, { steps, valid }, scope, weights) {
      const { graph } = scope
      const units = given ?? features(queries, 'queries')
      if (units % heads !== 0) {
        throw new OstinatoError('INVALID_OPTION', `${graph.path}, heads`, {
          expected: `a divisor of the ${units} units`,
          received: String(heads),
        })
      }
      const size = units / heads
      const lead = queries.shape.slice(0, 2)
      const projected = (x: Tensor, name: string): Tensor => {
        const bias = useBias
          ? scope.parameter({
              name: `${name}Bias`,
              shape: [units],
              initialize: () => new Float32Array(units),
            })
          : undefined
        return matmul(x, weight(scope, `${name}Kernel`, [features(x, name), units]), bias)
      }
      const all = graph.dimensions.constant(heads)
      // The heads of a row are rows of their own: the same numbers under another shape.
      const apart = (x: Tensor, ...rest: number[]): Tensor => {
        const [steps, rows] = x.shape as [Dimension, Dimension, ...Dimension[]]
        return graph.reshape(x, [steps, graph.elements([rows, all]), ...rest])
      }
      const mean = (weights: Tensor): Tensor =>
        affine(reduceSum(graph.reshape(weights, [...lead, all, steps.shape[0] as Dimension]), 2), 1 / heads)
      const [q, k, v] = [projected(queries, 'query'), projected(steps, 'key'), projected(steps, 'value')]
      const shown = valid && broadcast(valid, 2, graph.dimensions.constant(units))
      const sight = attend(
        apart(affine(q, 1 / Math.sqrt(size)), size),
        {
          keys: apart(k, size),
          // A bias would stand at the steps that are not valid.
          values: apart(shown ? multiply(v, shown) : v, size),
          valid: valid && apart(broadcast(valid, 2, all)),
        },
        dotScores,
        { weights },
      )
      return {
        context: projected(graph.reshape(sight.context, [...lead, units]), 'output'),
        weights: sight.weights && mean(sight.weights),
      }
    },
  }) as AttentionLayer<Returned>
}
