/** Layers that only say anew where the axes of features lie. */
import { OstinatoError } from '../errors.js'
import { broadcast, type Dimension, shapeName, type Tensor } from '../graph/index.js'
import { defineLayer, type Layer, type Scope } from './layer.js'
import { count, known, type LayerOptions } from './options.js'

/** [time, batch] or [batch], and the axes behind them. */
function splitAxes(x: Tensor, { batch }: Scope): [lead: Dimension[], features: Dimension[]] {
  const lead = x.shape[1] === batch ? 2 : 1
  return [x.shape.slice(0, lead), x.shape.slice(lead)]
}

export interface ReshapeOptions extends LayerOptions {
  /** Of the features of a row, or of a step where there is a time axis: as many numbers as before. */
  readonly targetShape: readonly number[]
}

/** The same numbers under another shape: [batch, (time,) …features] → [batch, (time,) …targetShape]. */
export function reshape(options: ReshapeOptions): Layer {
  known('reshape', options, ['targetShape'])
  const { targetShape } = options
  if (!Array.isArray(targetShape) || targetShape.length === 0) {
    throw new OstinatoError('INVALID_OPTION', 'reshape, targetShape', {
      expected: 'a list of sizes',
      received: JSON.stringify(targetShape) ?? 'nothing',
    })
  }
  for (const size of targetShape) count('reshape', 'targetShape', size)
  return defineLayer({
    kind: 'reshape',
    name: options.name,
    options: { targetShape },
    trace(x, scope) {
      const [lead] = splitAxes(x, scope)
      return x.graph.reshape(x, [...lead, ...targetShape])
    },
  })
}

/** All features of a row, or of a step, in one axis: [batch, (time,) a, b, …] → [batch, (time,) a · b · …]. */
export function flatten(options: LayerOptions = {}): Layer {
  known('flatten', options, [])
  return defineLayer({
    kind: 'flatten',
    name: options.name,
    options: {},
    trace(x, scope) {
      const [lead, features] = splitAxes(x, scope)
      return x.graph.reshape(x, [...lead, x.graph.elements(features)])
    },
  })
}

export interface RepeatVectorOptions extends LayerOptions {
  /** How many steps. */
  readonly n: number
}

/** A vector at each of n steps: [batch, features] → [batch, n, features]. */
export function repeatVector(options: RepeatVectorOptions): Layer {
  known('repeatVector', options, ['n'])
  const n = count('repeatVector', 'n', options.n)
  return defineLayer({
    kind: 'repeatVector',
    name: options.name,
    options: { n },
    trace(x, { graph, batch }) {
      if (x.shape[0] === batch && x.shape.length === 2) return broadcast(x, 0, graph.dimensions.constant(n))
      throw new OstinatoError('SHAPE_MISMATCH', `${graph.path}, input`, {
        expected: '[batch, features]',
        received: shapeName(x.shape),
      })
    },
  })
}
