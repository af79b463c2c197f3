/** Cells that users write: one object, traced into a loop that every backend runs and differentiates. */
import { OstinatoError } from '../errors.js'
import { features, fill, scan, sequenceMask, type Tensor } from '../graph/index.js'
import { type Initializer, type InitializerLike, toInitializer } from '../initializers/index.js'
import { layers } from '../layers/index.js'
import type { Json, Scope } from '../layers/layer.js'
import { known } from '../layers/options.js'
import { cellState, type RecurrentLayer, recurrentLayer } from '../layers/recurrent.js'
import {
  type RecurrentOptions,
  type RecurrentSettings,
  type ReturnState,
  recurrentOptionNames,
  recurrentSettings,
} from '../layers/recurrent-settings.js'
import type { SymbolicTensor } from '../layers/symbolic.js'

type Shape = readonly number[]
type Tensors<Names extends string> = { readonly [Name in Names]: Tensor }

/** Options of a cell's own: what a model file can hold. */
export type CellOptions = { readonly [option: string]: string | number | boolean }

/** A weight by its shape alone, or with how it starts. */
export type CellWeight = Shape | { readonly shape: Shape; readonly initializer: InitializerLike }

export interface CellDefinition<State extends string, Weight extends string, Own extends CellOptions> {
  /** By which messages and model files call it; `load(file, { cells })` finds it again. */
  readonly name: string
  /** Options beside those of every recurrent layer, with their defaults. */
  readonly options?: Own
  /** Shapes of the states without the batch axis. The first one is the output of the layer. */
  readonly states: (sizes: { readonly units: number } & Own) => { readonly [Name in State]: Shape }
  /**
   * Weights by name. Without an initializer of its own a vector starts with the layer's `biasInitializer`, a weight whose name
   * begins with `recurrent` with its `recurrentInitializer`, any other with its `kernelInitializer`.
   */
  readonly weights?: (sizes: { readonly units: number; readonly inputDim: number } & Own) => {
    readonly [Name in Weight]: CellWeight
  }
  /** Done for all steps at once: x [time, batch, features] → what `step` receives a row of. Absent: x itself. */
  readonly project?: (x: Tensor, weights: Tensors<Weight>, options: Own) => Tensor
  /** The states behind a step from those before it and the input xₜ [batch, …]. A cell without input leaves x out. */
  step(states: Tensors<State>, x: Tensor, weights: Tensors<Weight>, options: Own): Tensors<State>
}

export type CellLayerOptions<Own extends CellOptions> = RecurrentOptions & Partial<Own>

/** Makes layers of one cell. */
export interface Cell<State extends string = string, Own extends CellOptions = CellOptions> {
  <const Returned extends boolean = false>(
    options: CellLayerOptions<Own> & ReturnState<Returned>,
  ): RecurrentLayer<CellStates<State>, Returned>
  readonly cellName: string
}

/** In the order in which the definition names them. */
export type CellStates<State extends string> = State extends string ? SymbolicTensor[] : never

function initialOf(
  name: string,
  weight: CellWeight,
  settings: RecurrentSettings,
  where: string,
): [Shape, Initializer] {
  if ('initializer' in weight) {
    return [weight.shape, toInitializer(`${where}, weight "${name}"`, weight.initializer)]
  }
  if (weight.length < 2) return [weight, settings.biasInitializer]
  return [weight, name.startsWith('recurrent') ? settings.recurrentInitializer : settings.kernelInitializer]
}

function checkDefinition({ name, step, states }: CellDefinition<string, string, CellOptions>): void {
  if (Object.hasOwn(layers, name)) {
    throw new OstinatoError('INVALID_OPTION', 'defineCell', `there is a layer of that name: "${name}"`, {
      remedy: 'Give it another: a model file tells cells by their names',
    })
  }
  const valid = typeof name === 'string' && /^[\w.-]+$/.test(name)
  if (valid && typeof step === 'function' && typeof states === 'function') return
  throw new OstinatoError('INVALID_OPTION', 'defineCell', {
    expected: 'a name of letters, digits, _ . -, and the functions states and step',
    received: valid ? `a definition of "${name}" without them` : `the name ${JSON.stringify(name)}`,
  })
}

/** Reads a cell's own options: as its defaults, or of the same type. */
function ownOptions<Own extends CellOptions>(name: string, defaults: Own, given: Partial<Own>): Own {
  const entries = Object.entries(defaults).map(([option, byDefault]) => {
    const value = given[option as keyof Own] ?? byDefault
    if (typeof value === typeof byDefault && !Number.isNaN(value)) return [option, value]
    throw new OstinatoError('INVALID_OPTION', `${name}, ${option}`, {
      expected: `a ${typeof byDefault}`,
      received: String(value),
    })
  })
  return Object.fromEntries(entries)
}

/**
 * Defines a recurrent cell, sₜ = f(sₜ₋₁, xₜ; θ), and returns the maker of its layers. The definition is traced, not run: it is
 * written in `operations`, and gradients, masks, `stateful`, sessions and every backend follow from it.
 *
 * ```ts
 * const { add, matmul, tanh } = operations
 * const elman = defineCell({
 *   name: 'elman',
 *   states: ({ units }) => ({ h: [units] }),
 *   weights: ({ units, inputDim }) => ({ kernel: [inputDim, units], recurrentKernel: [units, units], bias: [units] }),
 *   project: (x, w) => add(matmul(x, w.kernel), w.bias),
 *   step: ({ h }, x, w) => ({ h: tanh(add(x, matmul(h, w.recurrentKernel))) }),
 * })
 * const model = sequential([elman({ units: 8, returnSequences: true }), layers.dense({ units: 1 })])
 * ```
 */
export function defineCell<
  const State extends string,
  const Weight extends string = never,
  Own extends CellOptions = Record<never, never>,
>(definition: CellDefinition<State, Weight, Own>): Cell<State, Own> {
  checkDefinition(definition as unknown as CellDefinition<string, string, CellOptions>)
  const { name } = definition
  const defaults = (definition.options ?? {}) as Own

  function make(options: CellLayerOptions<Own> & ReturnState<boolean>) {
    known(name, options, [...recurrentOptionNames, ...(Object.keys(defaults) as never[])])
    const settings = recurrentSettings(name, options)
    const own = ownOptions(name, defaults, options as Partial<Own>)
    const { units, stateful } = settings
    const shapes = definition.states({ units, ...own }) as Readonly<Record<string, Shape>>
    const states = Object.keys(shapes)

    const weightsOf = (scope: Scope, inputDim: number): Tensors<Weight> => {
      const described = (definition.weights?.({ units, inputDim, ...own }) ?? {}) as Record<
        string,
        CellWeight
      >
      return Object.fromEntries(
        Object.entries(described).map(([weight, description]) => {
          const [shape, initializer] = initialOf(weight, description, settings, name)
          const initialize: Initializer['fill'] = (s, r) => initializer.fill(s, r)
          return [weight, scope.parameter({ name: weight, shape, initialize })]
        }),
      ) as Tensors<Weight>
    }

    return recurrentLayer<SymbolicTensor[], boolean>({
      kind: name,
      name: options.name,
      settings,
      options: own as { readonly [key: string]: Json },
      states,
      walk(x, scope, { reverse, initial }) {
        const { graph } = scope
        const weights = weightsOf(scope, features(x, 'input'))
        const [steps] = x.shape as [(typeof x.shape)[number]]
        const lengths = scope.lengthsOf(x)
        const carried = states.map((state, i) => {
          const shape = shapes[state] as Shape
          return { state, shape, kept: cellState(scope, state, shape, stateful, initial[i]) }
        })
        const first = carried.map(({ state, shape, kept }) => [
          state,
          kept.initial ?? fill(graph, [scope.batch, ...shape], 0),
        ])
        const walked = scan(
          graph,
          Object.fromEntries(first),
          { x: definition.project?.(x, weights, own) ?? x },
          (from, { x: xt }) => definition.step(from as Tensors<State>, xt as Tensor, weights, own),
          { steps, reverse, mask: lengths && sequenceMask(lengths, steps) },
        )
        const final = carried.map(({ state, kept }) => {
          const last = walked[state]?.final as Tensor
          kept.store(last)
          return last
        })
        const output = walked[states[0] as string] as { y: Tensor; final: Tensor }
        return { y: output.y, last: output.final, final }
      },
    })
  }
  return Object.assign(make, { cellName: name }) as unknown as Cell<State, Own>
}
