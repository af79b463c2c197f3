import { OstinatoError } from '../errors.js'
import { type Dimension, dimensionName, holdLast, partLengths, resizeTime } from '../graph/index.js'
import type { AnyLayer } from './layer.js'
import { count, known, type LayerOptions } from './options.js'
import { type RecurrentLayer, recurrentLayer, refuseStreaming, type States } from './recurrent.js'

export interface DelayOptions extends LayerOptions {
  /** d: how many steps back the state lies that a step begins with. */
  readonly steps: number
}

/**
 * A recurrent layer whose connections through time are d steps long instead of one (time delay: Lin et al. 1996; El Hihi and Bengio
 * 1995):
 *
 *     hₜ = cell(xₜ, hₜ₋d)
 *
 * Over n steps a gradient passes the cell n ∕ d times only. The first d steps begin with zeros. A stack of delays 1, 2, 4, 8, …
 * is the dilated network of Chang et al. 2017. `returnSequences` and `goBackwards` are those of the wrapped layer; its states
 * neither leave it nor are they carried, so a session refuses it.
 *
 * The steps t, t + d, t + 2d, … are sequences of their own, walked side by side as the rows of a batch: T ∕ d steps one after the
 * other, each d times as wide.
 */
export function delay(layer: RecurrentLayer<States, boolean>, options: DelayOptions): RecurrentLayer<[]> {
  known('delay', options, ['steps'])
  const steps = count('delay', 'steps', options.steps)
  check(layer)
  return recurrentLayer({
    kind: 'delay',
    name: options.name,
    settings: layer.settings,
    saved: { layer: { kind: layer.kind, options: layer.options }, steps },
    states: [],
    walk(x, scope, { reverse }) {
      refuseStreaming(scope, 'delay')
      const { graph, batch } = scope
      const [time, , features] = x.shape as [Dimension, Dimension, Dimension]
      const lengths = scope.lengthsOf(x)
      // Named after the axis it is made of: delays may be wrapped in one another.
      const name = `${dimensionName(time)}∕${steps}`
      const rounds = scope.deriveAxis(x, name, (n) => Math.ceil(n / steps))
      const padded = graph.dimensions.product([rounds, graph.dimensions.constant(steps)])
      const rows = graph.dimensions.product([graph.dimensions.constant(steps), batch])
      const parts = partLengths(x, steps, lengths)
      const folded = graph.reshape(resizeTime(x, padded, lengths), [rounds, rows, features])
      const inside = { ...scope, batch: rows, lengthsOf: () => parts }
      const walked = layer.walk(folded, inside, { reverse, initial: [] }).y
      const y = resizeTime(graph.reshape(walked, [padded, batch, walked.shape[2] as Dimension]), time)
      // A masked step repeats the step before it, not the one d steps before.
      const held = holdLast(y, { lengths, reverse })
      return { y: lengths ? held.y : y, last: held.finalH, final: [] }
    },
  })
}

/** What has no meaning with delayed states is refused. */
function check(layer: RecurrentLayer<States, boolean>): void {
  const refuse = (problem: string | { expected: string; received: string }, remedy: string): never => {
    throw new OstinatoError('INVALID_OPTION', 'delay', problem, { remedy })
  }
  if (typeof layer?.walk !== 'function') {
    const received = (layer as AnyLayer | undefined)?.kind ?? typeof layer
    refuse({ expected: 'a recurrent layer', received }, 'Pass layers.lstm, layers.gru or layers.simpleRNN')
  }
  const { stateful, returnState } = layer.settings
  if (stateful) refuse('the layer is stateful', 'Leave it out: d states would have to be carried')
  if (returnState) refuse('the layer has returnState', 'Leave it out: d states would have to be returned')
  if (layer.name !== undefined) {
    refuse(`the layer is named "${layer.name}"`, 'Name the whole: delay(layer, { steps, name })')
  }
}
