/** What layers of attention share: queries, a memory, and what comes out. */
import { OstinatoError } from '../errors.js'
import { copy, fill, selectSteps, shapeName, type Tensor, transpose } from '../graph/index.js'
import { initializers } from '../initializers/index.js'
import type { AnyLayer, Hypotheses, Json, Scope } from './layer.js'
import { applyLayer, type SymbolicTensor } from './symbolic.js'

/** Apart from the other options because it decides what `apply` returns. */
export interface ReturnWeights<Returned extends boolean> {
  /** `apply` returns the weights too, [batch, queries, source steps]: how much each query looks at each step. Default false. */
  readonly returnWeights?: Returned
}

/** What a query sees of a memory. */
export interface Sight {
  /** [queries, batch, features] */
  readonly context: Tensor
  /** [queries, batch, source steps]; absent where nobody asked. */
  readonly weights: Tensor | undefined
}

/** Attention by itself, and as a part of recurrent layers. */
export interface AttentionLayer<Returned extends boolean = boolean> extends AnyLayer {
  /**
   * Queries [queries, batch, features] over a memory [source steps, batch, features], with the weights of `scope`. A model that
   * decodes has several queries, its hypotheses, for each row of the memory.
   */
  look(queries: Tensor, memory: Tensor, scope: Scope, weights?: boolean): Sight
  /**
   * The layer on queries [batch, queries, features] or [batch, features] and a memory [batch, source steps, features], whose valid
   * steps are those of its time axis: what each query sees, [batch, queries, …] or [batch, …].
   */
  apply(
    queries: SymbolicTensor,
    memory: SymbolicTensor,
  ): Returned extends true ? [context: SymbolicTensor, weights: SymbolicTensor] : SymbolicTensor
}

/** The steps of a source, zeros where they are not valid. */
export interface Source {
  /** [source steps, batch, features] */
  readonly steps: Tensor
  /** [source steps, batch]: 1 where a step is valid, else 0; undefined: all are. */
  readonly valid: Tensor | undefined
}

export interface AttentionDefinition {
  readonly kind: string
  readonly name: string | undefined
  readonly options: { readonly [key: string]: Json }
  readonly returnWeights: boolean
  look(queries: Tensor, source: Source, scope: Scope, weights: boolean): Sight
}

function checkMemory(memory: Tensor, scope: Scope): void {
  const rows = scope.hypotheses?.sources ?? scope.batch
  if (memory.shape.length === 3 && memory.shape[1] === rows && memory.type === 'f32') return
  throw new OstinatoError(
    'SHAPE_MISMATCH',
    `${scope.graph.path}, memory`,
    { expected: '[batch, source steps, features]', received: shapeName(memory.shape) },
    { remedy: 'The memory is what an encoder with returnSequences makes' },
  )
}

/** [1, sources · each, …] → [each, sources, …]: the hypotheses of a source are queries over the same memory. */
function asQueries(x: Tensor, { sources, each }: Hypotheses): Tensor {
  return transpose(x.graph.reshape(x, [sources, each, ...x.shape.slice(2)]))
}

function asRows(x: Tensor, { sources, each }: Hypotheses): Tensor {
  return x.graph.reshape(transpose(x), [1, x.graph.elements([sources, each]), ...x.shape.slice(2)])
}

export function attentionLayer(definition: AttentionDefinition): AttentionLayer {
  const { kind, name, options, returnWeights } = definition
  const look: AttentionLayer['look'] = (given, memory, scope, weights = false) => {
    checkMemory(memory, scope)
    const mask = scope.maskOf(memory)
    const { hypotheses } = scope
    // Padding may hold anything: it is replaced before it is read. What hypotheses look at is a tensor of its own, to be handed over.
    const steps = mask ? selectSteps(mask, memory) : hypotheses ? copy(memory) : memory
    const valid = mask && selectSteps(mask, fill(scope.graph, mask.shape, 1))
    const queries = hypotheses ? asQueries(given, hypotheses) : given
    const seen = definition.look(queries, { steps, valid }, scope, weights || hypotheses !== undefined)
    if (!hypotheses) return seen
    const shown = asRows(seen.weights as Tensor, hypotheses)
    hypotheses.show(shown)
    return { context: asRows(seen.context, hypotheses), weights: weights ? shown : undefined }
  }
  const layer: AttentionLayer = {
    kind,
    name,
    options: { ...options, returnWeights },
    accepts: (inputs) => inputs === 2,
    look,
    call([given, memory], scope) {
      const { graph, batch } = scope
      const queries = given as Tensor
      const several = queries.shape[1] === batch
      const one = graph.dimensions.constant(1)
      const valid = several ? scope.maskOf(queries) : undefined
      const asked = several
        ? valid
          ? selectSteps(valid, queries)
          : queries
        : graph.reshape(queries, [one, ...queries.shape])
      if (asked.shape.length !== 3) {
        throw new OstinatoError('SHAPE_MISMATCH', `${graph.path}, queries`, {
          expected: '[batch, queries, features] or [batch, features]',
          received: shapeName(queries.shape),
        })
      }
      const { context, weights } = look(asked, memory as Tensor, scope, returnWeights)
      return [context, ...(weights ? [weights] : [])].map((x) =>
        several ? x : graph.reshape(x, x.shape.slice(1)),
      )
    },
    apply(queries, memory) {
      const made = applyLayer(layer, [queries, memory], returnWeights ? 2 : 1)
      return (returnWeights ? made : made[0]) as never
    },
  }
  return layer
}

const glorot = initializers.glorotUniform()

/** A weight of an attention. */
export function weight(scope: Scope, name: string, shape: readonly number[]): Tensor {
  return scope.parameter({ name, shape, initialize: (s, r) => glorot.fill(s, r) })
}
