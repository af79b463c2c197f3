/** A model that decodes, as two programs: `encode` computes what no token changes, `decode` is one step. */
import { instructionTable } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import {
  type Dimension,
  type Graph,
  liveNodes,
  logSoftmax,
  type Node,
  rootOf,
  shapeName,
  type Tensor,
} from '../graph/index.js'
import { logitsOf } from '../losses/index.js'
import { foldContexts } from './fold-contexts.js'
import { type TracedProgram, type TraceRequest, traceCalls } from './trace.js'
import { Tracing } from './tracing.js'

function contains(dimension: Dimension, wanted: Dimension): boolean {
  if (dimension === wanted) return true
  if (dimension.kind === 'sum') return contains(dimension.of, wanted)
  return (
    dimension.kind === 'product' && (contains(dimension.left, wanted) || contains(dimension.right, wanted))
  )
}

/** The tensors, as the owners of their memory, that a node reads or writes. */
function rootsOf({ instruction, operands }: Node, directions: readonly string[]): Tensor[] {
  return instructionTable[instruction].operands.flatMap(({ name, direction }) => {
    const tensor = operands.get(name)
    return tensor && directions.includes(direction) ? [rootOf(tensor)] : []
  })
}

/** The nodes that use these tensors or what follows from them, and all that they write. Loops stay whole, and so do tensors that several write. */
function following(graph: Graph, seeds: (tensor: Tensor) => boolean) {
  const nodes = new Set<Node>()
  const tensors = new Set<Tensor>()
  const loops = new Set<unknown>()
  for (let size = -1; size < nodes.size; ) {
    size = nodes.size
    for (const node of graph.nodes) {
      if (nodes.has(node)) continue
      const touched = rootsOf(node, ['in', 'inout', 'out'])
      const follows = touched.some((t) => seeds(t) || tensors.has(t)) || (node.loop && loops.has(node.loop))
      if (!follows) continue
      nodes.add(node)
      if (node.loop) loops.add(node.loop)
      for (const written of rootsOf(node, ['inout', 'out'])) tensors.add(written)
    }
  }
  return { nodes, tensors }
}

/** Refuses what cannot be handed over: tensors whose rows of the sources could not be told apart. */
function checkHanded({ graph, sources }: Tracing, tensor: Tensor): void {
  const others = graph.dimensions.all.filter((d) => d.kind === 'input' && d !== sources)
  const mixed = tensor.shape.some((d) => contains(d, sources) && others.some((other) => contains(d, other)))
  const rows = tensor.shape.some((d) => contains(d, sources))
  if (rows && !mixed && !tensor.placement) return
  throw new OstinatoError('INVALID_TOPOLOGY', tensor.node?.path || 'decoder', {
    expected: 'a decoder that reads sequences of the source by layers of attention',
    received: 'one that uses them otherwise',
  })
}

/** What the decoder says of each row: [rows, classes] log-probabilities, and where its last attention looks [rows, source steps]. */
function resultsOf(tracing: Tracing, prediction: Tensor): [string, Tensor][] {
  const { graph, batch, request, shown } = tracing
  const { inputs, outputs } = request.topology
  if (prediction.shape[1] !== batch || prediction.shape.length !== 3) {
    throw new OstinatoError('INVALID_TOPOLOGY', 'decoder', {
      expected: `scores at every step of the input "${inputs[request.feedback ?? 0]?.name}"`,
      received: `"${outputs[0]?.name}" of ${shapeName(prediction.shape)}`,
    })
  }
  const row = (x: Tensor): Tensor => graph.reshape(x, x.shape.slice(1))
  const found: [string, Tensor][] = [['outputs', logSoftmax(row(logitsOf(prediction, 'softmax')))]]
  const weights = shown.at(-1)
  return weights ? [...found, ['attention', row(weights)]] : found
}

/**
 * Traces one of the two halves. Both trace the whole model, and keep their part of it: a step is whatever has rows of hypotheses, or follows
 * from what has. What it reads of the rest is handed over, as `handed/0`, `handed/1`, …, with a row for each source;
 * what its states begin with, as `initial/` and their names.
 */
export function traceHalf(request: TraceRequest): TracedProgram {
  const tracing = new Tracing(request)
  const { graph } = tracing
  const each = tracing.hypotheses?.each as Dimension
  const encode = request.purpose === 'encode'
  const results = resultsOf(tracing, traceCalls(tracing)[0] as Tensor)
  if (!encode) for (const [name, value] of results) tracing.output(name, value)
  const divide = (): void => {
    const given = new Set(tracing.inputs.filter(({ shape }) => !shape.some((d) => contains(d, each))))
    const names = new Set([...given].map(({ name }) => name))
    const isGiven = ({ placement }: Tensor): boolean =>
      placement !== undefined && names.has(graph.buffers[placement.buffer]?.name ?? '')
    const wanted = results.map(([, value]) => value)
    // What nobody reads is not handed over: states begin in their slab.
    const parts = () => {
      graph.nodes.splice(0, graph.nodes.length, ...liveNodes(graph, wanted))
      const step = following(graph, ({ shape }) => shape.some((d) => contains(d, each)))
      return { step, known: following(graph, isGiven) }
    }
    const whole = parts()
    foldContexts(graph, (tensor) => {
      const root = rootOf(tensor)
      return whole.known.tensors.has(root) && !whole.step.tensors.has(root)
    })
    const { step, known } = parts()
    const read = new Set(
      graph.nodes.filter((n) => step.nodes.has(n)).flatMap((n) => rootsOf(n, ['in', 'inout'])),
    )
    const handed = [...read].filter((t) => isGiven(t) || (known.tensors.has(t) && !step.tensors.has(t)))
    const kept = graph.nodes.filter((n) =>
      encode ? !step.nodes.has(n) : step.nodes.has(n) || !known.nodes.has(n),
    )
    graph.nodes.splice(0, graph.nodes.length, ...kept)
    for (const [i, tensor] of handed.entries()) {
      checkHanded(tracing, tensor)
      tracing.place(encode ? 'output' : 'input', `handed/${i}`, tensor)
    }
  }
  return {
    program: tracing.finish(['forward'], divide),
    axes: tracing.axes,
    states: tracing.states,
    capacities: request.capacities,
    scalars: tracing.scalars,
    watched: [],
    penalties: { first: 0, count: 0 },
    outputs: [],
  }
}
