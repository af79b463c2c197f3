import { OstinatoError } from '../errors.js'
import { type Tensor, transpose } from '../graph/index.js'
import { defineLayer, type Layer } from './layer.js'
import { known, type LayerOptions } from './options.js'
import { checkSequence } from './recurrent.js'

/**
 * A layer on every step for itself, as if it were a row of a batch: [batch, time, …] → [batch, time, …what the layer makes of […]]. With a
 * layer of sequences, the next axis is its time: characters [batch, words, characters, features] of every word, read by
 * an LSTM, give [batch, words, units].
 */
export function timeDistributed(layer: Layer, options: LayerOptions = {}): Layer {
  known('timeDistributed', options, [])
  if (typeof layer?.trace !== 'function') {
    throw new OstinatoError('INVALID_OPTION', 'timeDistributed', {
      expected: 'a layer',
      received: typeof layer,
    })
  }
  if (layer.name !== undefined) {
    throw new OstinatoError('INVALID_OPTION', 'timeDistributed', `the layer is named "${layer.name}"`, {
      remedy: 'Name the whole: timeDistributed(layer, { name })',
    })
  }
  return defineLayer({
    kind: 'timeDistributed',
    name: options.name,
    options: { layer: { kind: layer.kind, options: layer.options } },
    takesSequences: true,
    ...(layer.wholeAxis ? { wholeAxis: true } : {}),
    trace(x, scope) {
      checkSequence(x, scope)
      const { graph } = scope
      const lead = x.shape.slice(0, 2)
      const rows = graph.elements(lead)
      const folded = graph.reshape(x, [rows, ...x.shape.slice(2)])
      const made = scope.part(
        layer.kind,
        (part): Tensor => {
          const y = layer.trace(layer.takesSequences ? transpose(folded) : folded, part)
          return y.shape[1] === rows ? transpose(y) : y
        },
        rows,
      )
      return graph.reshape(made, [...lead, ...made.shape.slice(1)])
    },
  })
}
