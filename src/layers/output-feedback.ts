import { OstinatoError } from '../errors.js'
import {
  argmax,
  concat,
  type Dimension,
  features,
  fill,
  oneHot,
  randomUniform,
  sampleCategorical,
  scan,
  select,
  sequenceMask,
  type Tensor,
} from '../graph/index.js'
import { type CarriedInside, coin, nameParts, stepScope } from './inside.js'
import { type AnyLayer, defineLayer, type Layer, type Scope } from './layer.js'
import { count, known, type LayerOptions, oneOf } from './options.js'
import { checkSequence } from './recurrent.js'

const feedbacks = ['argmax', 'sample', 'output'] as const
/** What goes back: the likeliest class or one drawn, as one-hot, or the output itself. */
export type Feedback = (typeof feedbacks)[number]

export interface OutputFeedbackOptions extends LayerOptions {
  /** What makes oₜ of xₜ and oₜ₋₁ side by side: dense layers, recurrent ones with `returnSequences`, dropout, in this order. */
  readonly layers: readonly Layer[]
  /** Features of the output, which is what the last of the layers has: of logits, the number of classes. */
  readonly outputDim: number
  /** Default `argmax`. */
  readonly feedback?: Feedback
  /**
   * How often, in training, a step is given the target before it rather than the model's own output (scheduled sampling, Bengio et
   * al. 2015): a probability. 1 trains all steps at once, anything less one after the other. Default 1.
   */
  readonly teacherForcing?: number
}

function checkLayers(layers: unknown): asserts layers is readonly Layer[] {
  const where = 'outputFeedback, layers'
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new OstinatoError('INVALID_OPTION', where, {
      expected: 'a list of layers',
      received: typeof layers,
    })
  }
  const backwards = (layers as AnyLayer[]).find(
    ({ kind, options }) => kind === 'bidirectional' || options['goBackwards'],
  )
  if (!backwards) return
  throw new OstinatoError('INVALID_OPTION', where, `${backwards.kind} reads outputs that do not exist yet`, {
    remedy: 'Walk forwards: each step can know only what was before it',
  })
}

function probability(value: unknown): number {
  if (value === undefined) return 1
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw new OstinatoError('INVALID_OPTION', 'outputFeedback, teacherForcing', {
    expected: 'a probability in [0, 1]',
    received: String(value),
  })
}

/** y [steps, batch, n] one step later: y[0] is zeros, y[t] is what x was before. */
function delayed(x: Tensor): Tensor {
  const { graph, shape } = x
  const [time, ...row] = shape as [Dimension, ...Dimension[]]
  const moved = graph.tensor([graph.dimensions.plus(time, 1), ...row])
  graph.append('fill', {}, { y: graph.window(moved, row) }, { value: 0 })
  graph.append('copy', { x }, { y: graph.window(moved, shape, graph.elements(row), 1) })
  return graph.window(moved, shape)
}

/**
 * Recurrence from the output (Goodfellow, Bengio and Courville 2016, 10.2.1): with dense layers inside,
 *
 *     aₜ = b + W oₜ₋₁ + U xₜ,  hₜ = tanh aₜ,  oₜ = c + V hₜ
 *
 * In training the targets take the place of the outputs (teacher forcing), so no step waits for another: dense layers run for all
 * steps at once, recurrent ones as they do everywhere. `evaluate` compares in the same way. `predict` and sessions run free: what
 * goes back is made of the model's own output. Step 0 is given zeros.
 *
 * [batch, time, features] → [batch, time, outputDim]. The model has this one output.
 */
export function outputFeedback(options: OutputFeedbackOptions): Layer {
  known('outputFeedback', options, ['layers', 'outputDim', 'feedback', 'teacherForcing'])
  const { layers } = options
  checkLayers(layers)
  const outputDim = count('outputFeedback', 'outputDim', options.outputDim)
  const feedback = oneOf('outputFeedback', 'feedback', options.feedback, feedbacks, 'argmax')
  const teacherForcing = probability(options.teacherForcing)
  const named = nameParts(layers)

  /** x [time, batch, features] beside what came before, through all layers. */
  const run = (x: Tensor, before: Tensor, scope: Scope): Tensor => {
    let y = concat(x, before, -1)
    for (const [name, layer] of named) y = scope.part(name, (inner) => layer.trace(y, inner))
    if (features(y, 'output') === outputDim) return y
    throw new OstinatoError('SHAPE_MISMATCH', `${scope.graph.path}, output`, {
      expected: `${outputDim} features, the outputDim`,
      received: `${features(y, 'output')}`,
    })
  }

  /** What goes back, [batch, outputDim], of an output [batch, outputDim]. */
  const fed = (output: Tensor, uniform: Tensor | undefined): Tensor => {
    if (feedback === 'output') return output
    return oneHot(uniform ? sampleCategorical(output, uniform) : argmax(output), outputDim)
  }

  const uniformOf = (time: Dimension, scope: Scope): Tensor | undefined => {
    if (feedback !== 'sample') return undefined
    return scope.part('sample', (own) => randomUniform(own.graph, [time, own.batch], own.site()))
  }

  /** One step after the other; `teacher` [time, batch, outputDim] is taken where `forced` [time, batch] is not 0. */
  const walk = (x: Tensor, scope: Scope, teacher?: Tensor, forced?: Tensor): Tensor => {
    const { graph, batch } = scope
    const [time] = x.shape as [Dimension, ...Dimension[]]
    const lengths = scope.lengthsOf(x)
    const uniform = uniformOf(time, scope)
    const carried = scope.carriedState('output', outputDim, false)
    const nothing = fill(graph, [batch, outputDim], 0)
    const inner: CarriedInside[] = []
    const states = scan(
      graph,
      { y: nothing, fed: carried?.initial ?? nothing },
      { x, ...(uniform && { uniform }), ...(teacher && forced && { teacher, forced }) },
      ({ fed: own }, row, more) => {
        const before = row['forced'] ? select(row['forced'], row['teacher'] as Tensor, own as Tensor) : own
        const xt = row['x'] as Tensor
        const oneStep = (t: Tensor): Tensor => graph.reshape(t, [1, ...t.shape])
        const made = run(oneStep(xt), oneStep(before as Tensor), stepScope(scope, more, inner))
        const output = graph.reshape(made, [batch, outputDim])
        return { y: output, fed: fed(output, row['uniform']) }
      },
      { steps: time, mask: lengths && sequenceMask(lengths, time) },
    )
    const finalOf = (name: string): Tensor => states[name]?.final as Tensor
    carried?.store(finalOf('fed'))
    for (const { name, store } of inner) store(finalOf(name))
    return states['y']?.y as Tensor
  }

  return defineLayer({
    kind: 'outputFeedback',
    name: options.name,
    options: {
      layers: named.map(([name, { kind, options: saved }]) => ({ kind, name, options: saved })),
      outputDim,
      feedback,
      teacherForcing,
    },
    trace(x, scope) {
      checkSequence(x, scope)
      const [time] = x.shape as [Dimension, ...Dimension[]]
      const targets = scope.targets(time, outputDim)
      if (!targets) return walk(x, scope)
      const teacher = delayed(targets.type === 'i32' ? oneHot(targets, outputDim) : targets)
      if (scope.mode !== 'train' || teacherForcing === 1) return run(x, teacher, scope)
      return walk(x, scope, teacher, coin(scope, time, teacherForcing))
    },
  })
}
