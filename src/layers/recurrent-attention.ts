/** Recurrence that looks at a memory in every step, as part of the step. */
import { OstinatoError } from '../errors.js'
import {
  concat,
  type Dimension,
  features,
  fill,
  matmul,
  scan,
  selectSteps,
  type Tensor,
  tanh,
} from '../graph/index.js'
import { type AttentionLayer, type ReturnWeights, weight } from './attention-layer.js'
import { type CarriedInside, nameParts, stepScope } from './inside.js'
import type { AnyLayer, Json, Scope } from './layer.js'
import { flag, known, type LayerOptions, oneOf } from './options.js'
import {
  type ApplyOptions,
  cellState,
  checkSequence,
  givenStates,
  type RecurrentLayer,
  type States,
} from './recurrent.js'
import type { RecurrentSettings } from './recurrent-settings.js'
import { applyLayer, type SymbolicTensor } from './symbolic.js'

const attends = ['before', 'after'] as const

export interface RecurrentAttentionOptions extends LayerOptions {
  /** Recurrent layers, one upon the other, such as `layers.gru({ units: 64 })`: all their steps are handed on in any case. */
  readonly cells: readonly RecurrentLayer<States, boolean>[]
  /** `layers.attention` or `layers.multiHeadAttention`. */
  readonly attention: AttentionLayer
  /** When it looks: `before` the step (Bahdanau et al. 2015), or `after` it, with input feeding (Luong et al. 2015). */
  readonly attends: (typeof attends)[number]
}

/** Recurrent layers with an attention. */
export interface RecurrentAttentionLayer<Returned extends boolean = boolean> extends AnyLayer {
  /** Names of the states of all cells, such as `lstm/h`. */
  readonly states: readonly string[]
  /**
   * The layer on a sequence [batch, time, features] and a memory [batch, source steps, features]. `initialState`: the states of all
   * cells, [batch, units] each, in their order.
   */
  apply(
    x: SymbolicTensor,
    memory: SymbolicTensor,
    options?: ApplyOptions<States>,
  ): Returned extends true ? [y: SymbolicTensor, weights: SymbolicTensor] : SymbolicTensor
}

function checkCells(cells: unknown): asserts cells is readonly RecurrentLayer<States, boolean>[] {
  const where = 'recurrentAttention, cells'
  if (!Array.isArray(cells) || cells.length === 0) {
    throw new OstinatoError('INVALID_OPTION', where, {
      expected: 'a list of recurrent layers',
      received: Array.isArray(cells) ? 'an empty one' : typeof cells,
    })
  }
  for (const cell of cells as Partial<RecurrentLayer<States, boolean>>[]) {
    const { units } = (cell?.settings ?? {}) as Partial<RecurrentSettings>
    if (typeof cell?.walk !== 'function' || units === undefined || !cell.states?.length) {
      throw new OstinatoError('INVALID_OPTION', where, {
        expected: 'recurrent layers with units, such as layers.lstm',
        received: String(cell?.kind ?? typeof cell),
      })
    }
    const refused = (['goBackwards', 'stateful'] as const).find((option) => cell.settings?.[option])
    if (refused === undefined) continue
    throw new OstinatoError('INVALID_OPTION', where, `${cell.kind} has ${refused}`, {
      remedy: 'Leave it out: inside of this layer steps follow one another, from zeros or from initialState',
    })
  }
}

/** Features of the output of a cell. */
const unitsOf = ({ options, settings }: RecurrentLayer<States, boolean>): number =>
  Number(options['projection'] ?? (settings as RecurrentSettings).units)

/**
 * Recurrent layers that look at a memory m₁ … m_S in every step. `attends: 'before'` (Bahdanau et al. 2015, A.2.2), where the state before
 * the step asks:
 *
 *     cₜ = attention(sₜ₋₁, m)        sₜ = cells([xₜ; cₜ], sₜ₋₁)        yₜ = [sₜ; cₜ]
 *
 * `attends: 'after'` (Luong et al. 2015, 3.3), where the state behind it asks, and what is made of both goes into the next step:
 *
 *     sₜ = cells([xₜ; yₜ₋₁], sₜ₋₁)    cₜ = attention(sₜ, m)            yₜ = tanh([cₜ; sₜ] · kernel)
 *
 * [batch, time, features] → [batch, time, units + memory features], or [batch, time, units] for `after`, units those of the last
 * cell. Each step waits for the one before. What does not, Luong's attention without input feeding, is `layers.attention` on the
 * outputs of recurrent layers.
 */
export function recurrentAttention<const Returned extends boolean = false>(
  options: RecurrentAttentionOptions & ReturnWeights<Returned>,
): RecurrentAttentionLayer<Returned> {
  const where = 'recurrentAttention'
  known(where, options, ['cells', 'attention', 'attends', 'returnWeights'])
  const { cells, attention } = options
  checkCells(cells)
  if (typeof attention?.look !== 'function') {
    throw new OstinatoError('INVALID_OPTION', `${where}, attention`, {
      expected: 'layers.attention or layers.multiHeadAttention',
      received: String((attention as AnyLayer | undefined)?.kind ?? typeof attention),
    })
  }
  const when = oneOf(where, 'attends', options.attends, attends, 'before')
  const returnWeights = flag(where, 'returnWeights', options.returnWeights, false)
  const named = nameParts(cells)
  const states = named.flatMap(([name, { states }]) => states.map((state) => `${name}/${state}`))
  const top = cells.at(-1) as RecurrentLayer<States, boolean>
  const units = unitsOf(top)

  const call = (inputs: readonly Tensor[], scope: Scope): readonly Tensor[] => {
    const [x, memory, ...initial] = inputs as [Tensor, Tensor, ...Tensor[]]
    checkSequence(x, scope)
    const { graph, batch } = scope
    const mask = scope.maskOf(x)
    const [steps] = x.shape as [Dimension, ...Dimension[]]
    const first = new Map(initial.map((state, i) => [states[i] as string, state]))
    const oneStep = (row: Tensor): Tensor => graph.reshape(row, [1, ...row.shape])
    const row = (step: Tensor): Tensor => graph.reshape(step, step.shape.slice(1))
    const look = (query: Tensor, inner: Scope) =>
      inner.part('attention', (own) => attention.look(oneStep(query), memory, own, returnWeights))
    const walk = (xt: Tensor, inner: Scope): Tensor =>
      row(
        named.reduce(
          (y, [name, cell]) =>
            inner.part(name, (own) => cell.walk(y, own, { reverse: false, initial: [] }).y),
          oneStep(xt),
        ),
      )
    // The state that asks is the first of the last cell; what is fed back begins with zeros.
    const asks = first.get(`${named.at(-1)?.[0]}/${top.states[0]}`)
    const output = cellState(scope, 'output', units, false, when === 'before' ? asks : undefined)
    const zeros = (...shape: (number | Dimension)[]): Tensor => fill(graph, [batch, ...shape], 0)
    const seen = memory.shape[0] as Dimension
    const inside: CarriedInside[] = []
    const walked = scan(
      graph,
      {
        output: output.initial ?? zeros(units),
        ...(when === 'before' && { context: zeros(contextSize(memory)) }),
        ...(returnWeights && { weights: zeros(seen) }),
      },
      // Padding may hold anything: what gradients sum up over all steps must not see it.
      { x: mask ? selectSteps(mask, x) : x },
      ({ output: before }, rows, more): Record<string, Tensor> => {
        const [last, xt] = [before as Tensor, rows['x'] as Tensor]
        const inner = stepScope(scope, more, inside, first)
        if (when === 'before') {
          const { context, weights } = look(last, inner)
          const s = walk(concat(xt, row(context), -1), inner)
          return { output: s, context: row(context), ...(weights && { weights: row(weights) }) }
        }
        const s = walk(concat(xt, last, -1), inner)
        const { context, weights } = look(s, inner)
        const both = concat(row(context), s, -1)
        const y = tanh(matmul(both, weight(scope, 'kernel', [features(both, 'context'), units])))
        return { output: y, ...(weights && { weights: row(weights) }) }
      },
      { steps, mask },
    )
    const of = (name: string) => walked[name] as (typeof walked)[string]
    output.store(of('output').final)
    for (const { name, store } of inside) store(of(name).final)
    const y = when === 'before' ? concat(of('output').y, of('context').y, -1) : of('output').y
    return returnWeights ? [y, of('weights').y] : [y]
  }
  /** Features of what the attention sees. */
  const contextSize = (memory: Tensor): number =>
    attention.kind === 'multiHeadAttention'
      ? Number(attention.options['units'] ?? units)
      : features(memory, 'memory')

  const layer: RecurrentAttentionLayer = {
    kind: where,
    name: options.name,
    options: {
      cells: named.map(([name, { kind, options: saved }]) => ({ kind, name, options: saved })),
      attention: { kind: attention.kind, options: attention.options },
      attends: when,
      returnWeights,
    } as { readonly [key: string]: Json },
    states,
    takesSequences: true,
    accepts: (inputs) => inputs === 2 || inputs === 2 + states.length,
    call,
    apply(x, memory, applied = {}) {
      const given = givenStates(`${where}.apply`, applied, states, false)
      const made = applyLayer(layer, [x, memory, ...given], returnWeights ? 2 : 1)
      return (returnWeights ? made : made[0]) as never
    },
  }
  return layer as RecurrentAttentionLayer<Returned>
}
