/** Scheduled sampling: the part of a model that reads the tokens before, as a loop that may read what it has said itself. */
import { OstinatoError } from '../errors.js'
import { argmax, type Dimension, oneHot, scan, select, type Tensor } from '../graph/index.js'
import { type CarriedInside, coin, stepScope } from '../layers/inside.js'
import { logitsOf } from '../losses/index.js'
import { borderName } from './topology.js'
import { callLayer, tensorAt, traceCalls } from './trace.js'
import { Tracing } from './tracing.js'

const name = 'scheduledSampling'
/** The scalar that says how often a step is given what the model has said. */
export const ownOutput = `${name}/teacherForcing/ownOutput`

/** The output of a model, whose input `feedback` is at every step the target before it or the likeliest token of the step before. */
export function traceSampled(tracing: Tracing, feedback: number): Tensor[] {
  const { batch, graph, request } = tracing
  const { inputs, calls, layers, outputs } = request.topology
  const [taught] = traceCalls(new Tracing({ ...request, purpose: 'predict', sampled: undefined })) as [Tensor]
  const classes = taught.shape.at(-1)?.capacity ?? 1
  if (outputs.length > 1 || !request.losses?.every(({ wide }) => !wide)) {
    throw new OstinatoError('INVALID_OPTION', `fit, ${name}`, {
      expected: 'a model of one output, scores of tokens',
      received: outputs.length > 1 ? `${outputs.length} outputs` : 'one with another loss',
    })
  }
  const nodes: (readonly Tensor[])[] = inputs.map((input, i) => [
    tracing.modelInput(input, borderName('inputs', inputs, i), batch),
  ])
  const fed = inputs.map((_, i) => i === feedback)
  for (const { inputs: ports } of calls) fed.push(ports.some(({ node }) => fed[node]))
  const uses = new Map<number, number>()
  const places = calls.map(({ layer }) => {
    const use = uses.get(layer) ?? 0
    uses.set(layer, use + 1)
    return use === 0 ? layers[layer]?.name : `${layers[layer]?.name}#${use}`
  }) as string[]
  /** Traces the calls on one side or the other. */
  const trace = (
    inside: boolean,
    scopeOf: (name: string, place: string) => ReturnType<Tracing['scope']>,
  ): void => {
    for (const [i, { layer, inputs: ports }] of calls.entries()) {
      if (fed[inputs.length + i] !== inside) continue
      const named = layers[layer]!
      graph.path = named.name
      const operands = ports.map((port) => tensorAt(nodes, port))
      nodes[inputs.length + i] = callLayer(named, operands, scopeOf(named.name, places[i] as string))
    }
  }
  trace(false, (layer, place) => tracing.scope(layer, place))
  const previous = nodes[feedback]?.[0] as Tensor
  const [time] = previous.shape as [Dimension, ...Dimension[]]
  const own = tracing.scope(name, name)
  const teacher = oneHot(previous, classes)
  const inside: CarriedInside[] = []
  const walked = scan(
    graph,
    // The first step is given the start token in any case.
    { scores: oneHot(graph.window(previous, [batch]), classes) },
    { teacher, forced: coin(own, time, 1) },
    ({ scores }, rows, more) => {
      const chosen = select(rows['forced'] as Tensor, rows['teacher'] as Tensor, scores as Tensor)
      nodes[feedback] = [graph.reshape(argmax(chosen), [1, batch])]
      trace(true, (layer, place) =>
        stepScope(tracing.scope(layer, place), more, inside, new Map(), `${place}/`),
      )
      graph.path = name
      const prediction = tensorAt(nodes, outputs[0]!.port)
      return { scores: graph.reshape(logitsOf(prediction, 'softmax'), [batch, classes]) }
    },
    { steps: time, mask: own.maskOf(previous) },
  )
  for (const { name: state, store } of inside) store((walked[state] as (typeof walked)[string]).final)
  graph.path = ''
  return [(walked['scores'] as (typeof walked)[string]).y]
}
