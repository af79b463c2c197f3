import { OstinatoError } from '../errors.js'
import { concat } from '../graph/index.js'
import type { Layer } from './layer.js'
import { known, type LayerOptions } from './options.js'
import { type RecurrentLayer, refuseStreaming } from './recurrent.js'

export interface BidirectionalOptions extends LayerOptions {}

/**
 * A recurrent layer walked in both directions, each with weights of its own (Schuster and Paliwal 1997):
 *
 *     →hₜ = cell(xₜ, →hₜ₋₁)        from the first step to the last
 *     ←hₜ = cell(xₜ, ←hₜ₊₁)        from the last valid step of each row to the first
 *     yₜ = [→hₜ ←hₜ]
 *
 * With `returnSequences` in the layer, [batch, time, features] → [batch, time, 2 · units], both directions in the order of the
 * input; otherwise [batch, 2 · units], the last state of each: →h at the end of the row, ←h at its beginning. The weights are
 * `forward/…` and `backward/…`. A session refuses the layer: a stream has no end to begin at.
 */
export function bidirectional(layer: RecurrentLayer, options: BidirectionalOptions = {}): Layer {
  known('bidirectional', options, [])
  check(layer)
  const { returnSequences } = layer.settings
  return {
    kind: 'bidirectional',
    name: options.name,
    options: { layer: { kind: layer.kind, options: layer.options } },
    trace(x, scope) {
      refuseStreaming(scope, 'bidirectional')
      const forward = scope.part('forward', (part) => layer.walk(x, part, false))
      const backward = scope.part('backward', (part) => layer.walk(x, part, true))
      if (returnSequences) return concat(forward.y, backward.y, -1)
      return concat(forward.finalH, backward.finalH, -1)
    },
  }
}

/** What has no meaning in two directions is refused. */
function check(layer: RecurrentLayer): void {
  const refuse = (problem: string | { expected: string; received: string }, remedy: string): never => {
    throw new OstinatoError('INVALID_OPTION', 'bidirectional', problem, { remedy })
  }
  if (typeof layer?.walk !== 'function') {
    const received = (layer as Layer | undefined)?.kind ?? typeof layer
    refuse({ expected: 'a recurrent layer', received }, 'Pass layers.lstm, layers.gru or layers.simpleRNN')
  }
  if (layer.settings.goBackwards)
    refuse('the layer has goBackwards', 'Leave it out: both directions are walked')
  if (layer.settings.stateful) {
    refuse(
      'the layer is stateful',
      'Leave it out: the backward direction begins at the end of every sequence',
    )
  }
  if (layer.name !== undefined) {
    refuse(`the layer is named "${layer.name}"`, 'Name the whole: bidirectional(layer, { name })')
  }
}
