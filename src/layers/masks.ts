/** The random masks of recurrent layers: of the input, of the state in products, and of what steps change. */
import { dropoutMask, multiply, type Tensor } from '../graph/index.js'
import type { Scope } from './layer.js'
import type { RecurrentSettings } from './recurrent.js'

/** A mask with a site of its own; nothing where nothing is dropped. */
function mask(
  scope: Scope,
  name: string,
  rate: number,
  shape: readonly (Tensor['shape'][number] | undefined)[],
): Tensor | undefined {
  if (scope.mode !== 'train' || rate === 0) return undefined
  return scope.part(name, (part) =>
    dropoutMask(part.graph, shape as Tensor['shape'], part.random(part.scalar('rate', rate))),
  )
}

/** x [time, batch, features] with the same features dropped at all steps of a row. */
export function dropInput(x: Tensor, scope: Scope, { dropout }: RecurrentSettings): Tensor {
  const made = mask(scope, 'dropout', dropout, x.shape.slice(1))
  return made ? multiply(x, made) : x
}

/** What a walk over x [time, batch, features] does to the state h, in training by masks. */
export function stateMasks(x: Tensor, scope: Scope, settings: RecurrentSettings, sizeOfH = settings.units) {
  const [time, batch] = x.shape
  const [units] = scope.graph.shape([sizeOfH])
  const { recurrentDropout, zoneoutH } = settings
  return {
    recurrentMask: mask(scope, 'recurrentDropout', recurrentDropout, [batch, units]),
    updateH: mask(scope, 'zoneoutH', zoneoutH, [time, batch, units]),
    zoneoutH: scope.mode === 'train' ? 0 : zoneoutH,
  }
}

/** The same of the cell state. */
export function cellMasks(x: Tensor, scope: Scope, units: number, zoneoutC: number) {
  const [time, batch] = x.shape
  return {
    updateC: mask(scope, 'zoneoutC', zoneoutC, [time, batch, ...scope.graph.shape([units])]),
    zoneoutC: scope.mode === 'train' ? 0 : zoneoutC,
  }
}
