/** Memory planning: which nodes matter, how long tensors live, where in the arena each one lies. */
import { type InstructionName, instructionTable, maximumElements } from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import { dimensionName, shapeName } from './dimension.js'
import { type Graph, type Loop, type Node, rootOf, type Tensor } from './graph.js'

/** Arena offsets are multiples of 16 elements: 64 bytes in float32. */
const alignment = 16
const align = (elements: number): number => Math.ceil(elements / alignment) * alignment

export interface Plan {
  /** The nodes that run, in order. */
  readonly nodes: readonly Node[]
  /** Arena offset of every tensor that owns arena memory. */
  readonly offsets: ReadonlyMap<Tensor, number>
  readonly arenaElements: number
}

/** Elements a tensor needs when every run-time dimension is at its capacity. */
export function capacityOf(tensor: Tensor): number {
  const elements = tensor.shape.reduce((product, d) => product * d.capacity, 1)
  if (elements > maximumElements) {
    throw new OstinatoError('OUT_OF_MEMORY', tensor.node?.path || 'program', {
      expected: `a tensor of at most ${maximumElements} elements`,
      received: `${shapeName(tensor.shape)} at ${tensor.shape.map((d) => `${dimensionName(d)} ≤ ${d.capacity}`).join(', ')}`,
    })
  }
  return elements
}

/** Nodes whose results reach memory outside the arena, or the tensors that are wanted besides. */
export function liveNodes(graph: Graph, besides: readonly Tensor[] = []): Node[] {
  const wanted = new Set(besides.map(rootOf))
  // What a step of a loop reads may have been written by a node behind it, in the step before.
  for (let size = -1; size < wanted.size; ) {
    size = wanted.size
    collectLive(graph, wanted)
  }
  return collectLive(graph, wanted)
}

function collectLive(graph: Graph, wanted: Set<Tensor>): Node[] {
  const live: Node[] = []
  for (const node of [...graph.nodes].reverse()) {
    const { operands } = instructionTable[node.instruction]
    const used = operands.some(({ name, direction }) => {
      const tensor = node.operands.get(name)
      if (!tensor || direction === 'in' || direction === 'scratch') return false
      const root = rootOf(tensor)
      return root.placement !== undefined || wanted.has(root)
    })
    if (!used) continue
    live.push(node)
    for (const { name, direction } of operands) {
      const tensor = node.operands.get(name)
      if (tensor && (direction === 'in' || direction === 'inout')) wanted.add(rootOf(tensor))
    }
  }
  return live.reverse()
}

/** What walks a whole sequence: an executor may run two of these at the same time, where neither waits for the other. */
const walks: ReadonlySet<InstructionName> = new Set([
  'rnn',
  'rnn_backward',
  'lstm',
  'lstm_backward',
  'lstm_coupled',
  'lstm_coupled_backward',
  'gru',
  'gru_backward',
])

/** True where one of the nodes writes what the other uses. */
function areDependent(a: Node, b: Node): boolean {
  const written = (node: Node): Set<Tensor> => {
    const { operands } = instructionTable[node.instruction]
    const names = operands.filter((o) => o.direction !== 'in').map((o) => o.name)
    return new Set(names.flatMap((name) => node.operands.get(name) ?? []).map(rootOf))
  }
  const uses = (node: Node, tensors: Set<Tensor>) =>
    [...node.operands.values()].some((t) => tensors.has(rootOf(t)))
  return uses(a, written(b)) || uses(b, written(a))
}

/**
 * Lets tensors live through both of two neighbouring walks, the directions of a bidirectional layer: their memory is then
 * disjoint, and an executor can run them at the same time.
 */
function widenOverPairs(nodes: readonly Node[], spans: ReadonlyMap<Tensor, Lifetime>): void {
  const seconds = new Set<number>()
  for (let at = 1; at < nodes.length; at++) {
    const [a, b] = [nodes[at - 1] as Node, nodes[at] as Node]
    if (a.instruction !== b.instruction || a.segment !== b.segment || !walks.has(a.instruction)) continue
    if (!seconds.has(at - 1) && !areDependent(a, b)) seconds.add(at)
  }
  for (const span of spans.values()) {
    if (seconds.has(span.first)) span.first--
    if (seconds.has(span.last + 1)) span.last++
  }
}

interface Lifetime {
  first: number
  last: number
  readonly elements: number
}

/** A run of nodes that stand in the body of one loop, by their positions. */
export interface Body {
  readonly loop: Loop
  readonly first: number
  readonly count: number
}

export function bodiesOf(nodes: readonly Node[]): Body[] {
  const loops = new Set(nodes.flatMap(({ loop }) => loop ?? []))
  return [...loops].map((loop) => ({
    loop,
    first: nodes.findIndex((n) => n.loop === loop),
    count: nodes.filter((n) => n.loop === loop).length,
  }))
}

/** First write to last use of every tensor that owns arena memory, in node positions. */
function lifetimes(nodes: readonly Node[]): Map<Tensor, Lifetime> {
  const spans = new Map<Tensor, Lifetime>()
  const bodies = new Map(bodiesOf(nodes).map((body) => [body.loop, body]))
  for (const [at, node] of nodes.entries()) {
    const body = node.loop && bodies.get(node.loop)
    for (const tensor of node.operands.values()) {
      const root = rootOf(tensor)
      if (root.placement) continue
      // What comes from outside, or lasts for more than one step, is there for the whole loop and never shared in it.
      const whole = body !== undefined && root.node?.loop !== node.loop
      const first = whole ? body.first : at
      const last = whole ? body.first + body.count : at
      const span = spans.get(root)
      if (span) span.last = Math.max(span.last, last)
      else spans.set(root, { first, last, elements: capacityOf(root) })
    }
  }
  return spans
}

/** Outputs that take over the memory of an input which dies at that node. */
function shareInPlace(nodes: readonly Node[], spans: Map<Tensor, Lifetime>): Map<Tensor, Tensor> {
  const owner = new Map<Tensor, Tensor>()
  const resolve = (tensor: Tensor): Tensor => {
    let t = tensor
    for (let next = owner.get(t); next; next = owner.get(t)) t = next
    return t
  }
  for (const [at, node] of nodes.entries()) {
    for (const operand of instructionTable[node.instruction].operands) {
      const output = node.operands.get(operand.name)
      const input = operand.inPlaceOf === undefined ? undefined : node.operands.get(operand.inPlaceOf)
      if (!output || !input) continue
      const [to, from] = [rootOf(output), resolve(rootOf(input))]
      const [span, source] = [spans.get(to), spans.get(from)]
      if (!span || !source || source.last !== at || span.first !== at) continue
      // Only whole tensors: a window would leave the kernel with a partly overlapping operand.
      if (input.graph.elements(input.shape) !== input.graph.elements(rootOf(input).shape)) continue
      const others = [...node.operands].filter(
        ([name]) => name !== operand.name && name !== operand.inPlaceOf,
      )
      if (others.some(([, t]) => resolve(rootOf(t)) === from)) continue
      owner.set(to, from)
      source.last = span.last
      spans.delete(to)
    }
  }
  return new Map([...owner.keys()].map((tensor) => [tensor, resolve(tensor)]))
}

/** Largest first, each at the lowest offset that no tensor alive at the same time occupies. */
function placeFirstFit(spans: Map<Tensor, Lifetime>): { offsets: Map<Tensor, number>; total: number } {
  const order = [...spans].sort(([a, x], [b, y]) => y.elements - x.elements || a.id - b.id)
  const placed: { offset: number; end: number; span: Lifetime }[] = []
  const offsets = new Map<Tensor, number>()
  let total = 0
  for (const [tensor, span] of order) {
    const rivals = placed
      .filter((p) => p.span.first <= span.last && span.first <= p.span.last)
      .sort((a, b) => a.offset - b.offset)
    let offset = 0
    for (const rival of rivals) {
      if (rival.offset - offset >= align(span.elements)) break
      offset = Math.max(offset, rival.end)
    }
    const end = offset + align(span.elements)
    placed.push({ offset, end, span })
    offsets.set(tensor, offset)
    total = Math.max(total, end)
  }
  return { offsets, total }
}

/** With `reuse: false` every tensor has memory of its own: the planner's test compares both. */
export function planMemory(graph: Graph, options: { readonly reuse: boolean } = { reuse: true }): Plan {
  const nodes = liveNodes(graph)
  const spans = lifetimes(nodes)
  const shared = options.reuse ? shareInPlace(nodes, spans) : new Map<Tensor, Tensor>()
  widenOverPairs(nodes, spans)
  if (!options.reuse) {
    for (const span of spans.values()) {
      span.first = 0
      span.last = nodes.length
    }
  }
  const { offsets, total } = placeFirstFit(spans)
  for (const [tensor, owner] of shared) offsets.set(tensor, offsets.get(owner) ?? 0)
  if (total > maximumElements) {
    throw new OstinatoError('OUT_OF_MEMORY', 'program', {
      expected: `an arena of at most ${maximumElements} elements`,
      received: String(total),
    })
  }
  return { nodes, offsets, arenaElements: total }
}
