/** Layers inside another one that takes one step after the other. */
import {
  argmax,
  concat,
  type Dimension,
  dropoutMask,
  fill,
  type MoreStates,
  type Tensor,
} from '../graph/index.js'
import type { AnyLayer, Scope } from './layer.js'
import { cellState } from './recurrent.js'

/** A state of a layer inside a step: carried by the loop under this name, and stored behind it. */
export interface CarriedInside {
  readonly name: string
  store(final: Tensor): void
}

/**
 * For layers inside a step: the loop carries their states. `first` are those it begins with, by path, such as `lstm/h`; zeros
 * where there is none.
 */
export function stepScope(
  scope: Scope,
  more: MoreStates,
  carried: CarriedInside[],
  first: ReadonlyMap<string, Tensor> = new Map(),
  path = '',
): Scope {
  return {
    ...scope,
    inLoop: true,
    lengthsOf: () => undefined,
    part: (name, trace) =>
      scope.part(name, (inner) => trace(stepScope(inner, more, carried, first, `${path}${name}/`))),
    carriedState(name, units, stateful, given) {
      const key = `${path}${name}`
      const outer = cellState(scope, name, units, stateful, given ?? first.get(key))
      carried.push({ name: key, store: (final) => outer.store(final) })
      return {
        initial: more.carry(key, outer.initial ?? fill(scope.graph, [scope.batch, units], 0)),
        store: (final) => more.set(key, final),
      }
    },
  }
}

/** Layers inside another one: by their names, else by kind, numbered. */
export function nameParts<Part extends AnyLayer>(layers: readonly Part[]): (readonly [string, Part])[] {
  const taken = new Set<string>()
  return layers.map((layer) => {
    let name = layer.name ?? layer.kind
    for (let n = 1; taken.has(name); n++) name = `${layer.name ?? layer.kind}_${n}`
    taken.add(name)
    return [name, layer]
  })
}

/** [time, batch] int32: 1 with this probability, else 0, another in every run. */
export function coin(scope: Scope, time: Dimension, probability: number): Tensor {
  return scope.part('teacherForcing', (own) => {
    const { graph, batch } = own
    const shape = graph.shape([time, batch, 1])
    const kept = dropoutMask(graph, shape, own.random(own.scalar('ownOutput', 1 - probability)))
    return argmax(concat(fill(graph, shape, 0), kept, -1))
  })
}
