/** Layers inside another one that takes one step after the other. */
import { fill, type MoreStates, type Tensor } from '../graph/index.js'
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
    lengthsOf: () => undefined,
    part: (name, trace) =>
      scope.part(name, (inner) => trace(stepScope(inner, more, carried, first, `${path}${name}/`))),
    carriedState(name, units, stateful) {
      const key = `${path}${name}`
      const outer = cellState(scope, name, units, stateful, first.get(key))
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
