/** The random masks of recurrent layers: of the input, of the state in products, and of what steps change. */
import { dropoutMask, multiply, type Tensor } from '../graph/index.js'
import type { Scope } from './layer.js'
import type { RecurrentSettings } from './recurrent-settings.js'

type Shape = Tensor['shape']

/** A mask [...lead, ...features] with a site of its own; nothing where nothing is dropped. */
function mask(scope: Scope, name: string, rate: number, lead: Shape, features: Shape): Tensor | undefined {
  if (scope.mode !== 'train' || rate === 0) return undefined
  return scope.part(name, (part) => {
    const { graph } = part
    const flat = dropoutMask(
      graph,
      [...lead, graph.elements(features)],
      part.random(part.scalar('rate', rate)),
    )
    return graph.reshape(flat, [...lead, ...features])
  })
}

/** x [time, batch, …] with the same features dropped at all steps of a row. */
export function dropInput(x: Tensor, scope: Scope, { dropout }: Pick<RecurrentSettings, 'dropout'>): Tensor {
  const made = mask(scope, 'dropout', dropout, x.shape.slice(1, 2), x.shape.slice(2))
  return made ? multiply(x, made) : x
}

/** What a walk over x [time, batch, …] does to the state h [batch, …size], in training by masks. */
export function stateMasks(
  x: Tensor,
  scope: Scope,
  settings: Pick<RecurrentSettings, 'recurrentDropout' | 'zoneoutH'>,
  ...size: readonly number[]
) {
  const features = scope.graph.shape(size)
  const { recurrentDropout, zoneoutH } = settings
  return {
    recurrentMask: mask(scope, 'recurrentDropout', recurrentDropout, x.shape.slice(1, 2), features),
    updateH: mask(scope, 'zoneoutH', zoneoutH, x.shape.slice(0, 2), features),
    zoneoutH: scope.mode === 'train' ? 0 : zoneoutH,
  }
}

/** The same of the cell state. */
export function cellMasks(x: Tensor, scope: Scope, zoneoutC: number, ...size: readonly number[]) {
  return {
    updateC: mask(scope, 'zoneoutC', zoneoutC, x.shape.slice(0, 2), scope.graph.shape(size)),
    zoneoutC: scope.mode === 'train' ? 0 : zoneoutC,
  }
}
