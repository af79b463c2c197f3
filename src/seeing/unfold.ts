import { notBuilt } from '../models/engine.js'
import type { Model } from '../models/model.js'
import { axisOf, type SymbolicTensors } from '../models/topology.js'
import { traceStructure } from '../models/trace.js'
import { checkInteger, checkOptions } from '../suggest.js'
import { drawOutline } from './draw.js'
import { mermaidOf } from './mermaid.js'
import { type Outline, outlineOf } from './outline.js'

export interface UnfoldOptions {
  /** Steps of every input in the unfolded picture. Default 4. */
  readonly steps?: number
}

/** A picture of a model, folded and unfolded. */
export interface Unfolded {
  /** A document of its own: write it into a file, or into a page. */
  readonly svg: string
  /** A flowchart, for Markdown that shows Mermaid. */
  readonly mermaid: string
}

/**
 * Draws the computational graph of a model as the textbooks do (Goodfellow et al. 2016, section 10.1): at the left folded, where an
 * arrow with a square returns the state of the step before, beside it unfolded over `steps` steps, where the same weights
 * stand at every step. From bottom to top: inputs x, layers, states h, outputs o, and of a compiled model the losses L and targets y.
 *
 * Letters stand for weights: U from the input to a state, W from state to state, V of other layers, E of embeddings; a legend names
 * them. Each time axis has columns of its own, and what has no time stands in the column where it is made. Nothing runs: the
 * picture is made of the structure alone, in Node and in the browser. Throws NOT_BUILT where the shape of the input is not known.
 */
export function unfold<Outputs extends SymbolicTensors>(
  model: Model<Outputs>,
  options: UnfoldOptions = {},
): Unfolded {
  checkOptions('unfold', options, ['steps'])
  const { steps = 4 } = options
  checkInteger('unfold, steps', steps, 1)
  const outline = outlineOfModel(model)
  const { name } = model.engine
  return {
    svg: drawOutline(outline, steps, `${name}, unfolded over ${steps} steps`),
    mermaid: mermaidOf(outline, steps),
  }
}

/** What there is to draw of a model. */
export function outlineOfModel<Outputs extends SymbolicTensors>({ engine }: Model<Outputs>): Outline {
  if (!engine.built) throw notBuilt(engine.name)
  const { topology, parameters, losses } = engine
  const { inputs, calls, axes } = traceStructure(engine.request('predict', {}))
  const sources = [...new Set(topology.inputs.flatMap((input) => axisOf(input) ?? []))]
  return outlineOf({
    topology,
    axes: axes.map(({ name, source, size }) => ({ name, source: sources[source] as string, size })),
    inputAxes: inputs,
    outputAxes: calls,
    weights: parameters.all,
    losses: losses?.map(({ name: loss }) => loss),
  })
}
