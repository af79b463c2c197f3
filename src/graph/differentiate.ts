/** Reverse-mode differentiation: the walk that applies the table of derivatives. Backward is more nodes. */
import { instructionTable } from '../contract/index.js'
import { derivatives } from './gradients.js'
import { type Graph, type Node, operandOf, rootOf, type Tensor } from './graph.js'
import { appendLoopGradients } from './loop-gradients.js'
import { isLoss } from './losses.js'
import { add, concat } from './operations.js'

/** Gradients that have arrived so far, and on which tensors anyone waits. */
export class Gradients {
  readonly #known = new Map<Tensor, Tensor>()
  /** Gradients of slices of a tensor, zeros around each, which have not been added up yet. */
  readonly #slices = new Map<Tensor, Node[]>()

  constructor(
    readonly graph: Graph,
    /** The tensors, as the owners of their memory, on which the leaves have influence. */
    readonly moving: Set<Tensor>,
  ) {}

  get(tensor: Tensor): Tensor | undefined {
    const target = base(tensor)
    this.#settle(target)
    return this.#known.get(target)
  }

  add(tensor: Tensor, gradient: Tensor): void {
    const target = base(tensor)
    const { node } = base(gradient)
    if (node?.instruction === 'slice_backward') {
      this.#slices.set(target, [...(this.#slices.get(target) ?? []), node])
      return
    }
    this.#accumulate(target, gradient)
  }

  wants(tensor: Tensor): boolean {
    return this.moving.has(rootOf(tensor))
  }

  /** Adds up whatever waits, where the nodes for it have to stand. */
  settle(): void {
    for (const target of [...this.#slices.keys()]) this.#settle(target)
  }

  #settle(target: Tensor): void {
    const slices = this.#slices.get(target)
    if (!slices) return
    this.#slices.delete(target)
    const whole = joined(slices)
    const gradients = whole ? [whole] : slices.map((node) => operandOf(node, 'dx'))
    // Side by side they need no zeros around them.
    if (whole) for (const node of slices) this.graph.nodes.splice(this.graph.nodes.indexOf(node), 1)
    for (const gradient of gradients) this.#accumulate(target, gradient)
  }

  #accumulate(target: Tensor, gradient: Tensor): void {
    const shaped = this.graph.reshape(gradient, target.shape)
    const known = this.#known.get(target)
    this.#known.set(target, known ? add(known, shaped) : shaped)
  }
}

/** The gradients of slices that make up the whole of an axis once, side by side; undefined where they do not. */
function joined(slices: readonly Node[]): Tensor | undefined {
  const startOf = (node: Node): number => Number(node.attributes.get('start'))
  const sorted = [...slices].sort((a, b) => startOf(a) - startOf(b))
  const [outer, size, inner] = operandOf(sorted[0] as Node, 'dx').shape
  let end = 0
  for (const node of sorted) {
    const [o, , i] = operandOf(node, 'dx').shape
    const width = operandOf(node, 'dy').shape[1]
    if (o !== outer || i !== inner || startOf(node) !== end || width?.kind !== 'constant') return undefined
    end += width.value
  }
  if (slices.length < 2 || size?.kind !== 'constant' || end !== size.value) return undefined
  let parts = sorted.map((node) => operandOf(node, 'dy'))
  // In pairs: each number is copied as often as there are rounds.
  while (parts.length > 1) {
    parts = parts.flatMap((part, k) => {
      const next = parts[k + 1]
      return k % 2 ? [] : [next ? concat(part, next, 1) : part]
    })
  }
  return parts[0]
}

/** What a reshape shows; windows are tensors of their own. */
export function base(tensor: Tensor): Tensor {
  let target = tensor
  while (target.view && target.reshape) target = target.view.base
  return target
}

/** The outputs and windows through which gradients come back to a node. */
function resultNames(node: Node): string[] {
  const outputs = instructionTable[node.instruction].operands
    .filter((o) => o.direction === 'out')
    .map((o) => o.name)
  return [...node.windows.keys(), ...outputs]
}

/** Adds whatever the nodes make of tensors that are in the set. */
export function spreadInfluence(nodes: readonly Node[], set: Set<Tensor>): void {
  for (const node of nodes) {
    if (![...node.operands.values()].some((t) => set.has(rootOf(t)))) continue
    for (const name of resultNames(node)) {
      const result = node.operands.get(name)
      if (result?.type === 'f32') set.add(rootOf(result))
    }
  }
}

/** Every tensor on which one of `leaves` has influence. */
function influenced(graph: Graph, leaves: readonly Tensor[]): Set<Tensor> {
  const set = new Set(leaves)
  // A step of a loop passes its influence on to the step behind it, which stands before it here.
  for (let size = 0; size < set.size; ) {
    size = set.size
    spreadInfluence(graph.nodes, set)
  }
  return set
}

export function inputNames(node: Node): string[] {
  return instructionTable[node.instruction].operands.filter((o) => o.direction === 'in').map((o) => o.name)
}

/** How a derivative sees tensors: as they are, or the rows of all steps of a loop. */
type Show = (tensor: Tensor) => Tensor

/**
 * Appends the gradients of the operands that `needs` asks for, from what has arrived in `gradients` for the node's results, and
 * hands each to `receive`.
 */
export function applyDerivative(
  node: Node,
  gradients: Gradients,
  needs: (tensor: Tensor, name: string) => boolean,
  receive: (tensor: Tensor, gradient: Tensor) => void,
  show: Show = (tensor) => tensor,
): void {
  const { graph } = gradients
  const wanted = inputNames(node).filter((name) => {
    const tensor = node.operands.get(name)
    return tensor !== undefined && needs(tensor, name)
  })
  if (wanted.length === 0) return
  const found = (name: string): Tensor | undefined => {
    const result = node.windows.get(name) ?? node.operands.get(name)
    return result && gradients.get(result)
  }
  const incoming = resultNames(node)
    .map(found)
    .find((t) => t !== undefined)
  if (!incoming && !isLoss(node.instruction)) return
  const derivative = derivatives[node.instruction]
  if (!derivative) throw new Error(`${node.path}: ${node.instruction} has no derivative`)
  graph.path = node.path
  const operand = (name: string): Tensor => show(operandOf(node, name))
  const arrived = (name: string): Tensor | undefined => {
    const gradient = found(name)
    return gradient && show(gradient)
  }
  // A loss starts the walk: its derivative takes no gradient, and the first operand stands in for it.
  const dy = show(incoming ?? operandOf(node, wanted[0] as string))
  const made = derivative({ node, graph, operand, needs: (name) => wanted.includes(name), arrived }, dy)
  for (const name of wanted) {
    const gradient = made[name]
    if (gradient) receive(operandOf(node, name), gradient)
  }
}

/**
 * Appends the nodes that compute, for each leaf, the gradient of the sum of all losses, and of whatever lies beyond the
 * `given` tensors, whose gradients come from outside. A leaf without influence on any of these has no entry.
 */
export function appendGradients(
  graph: Graph,
  leaves: readonly Tensor[],
  given: ReadonlyMap<Tensor, Tensor> = new Map(),
): Map<Tensor, Tensor> {
  const gradients = new Gradients(graph, influenced(graph, leaves))
  for (const [tensor, gradient] of given) gradients.add(tensor, gradient)
  const forward = [...graph.nodes]
  const { path } = graph
  for (let at = forward.length - 1; at >= 0; at--) {
    const node = forward[at] as Node
    const scan = node.loop && graph.scans.get(node.loop)
    if (scan) {
      at -= scan.nodes.length - 1
      appendLoopGradients(scan, gradients)
    } else {
      applyDerivative(
        node,
        gradients,
        (tensor) => gradients.wants(tensor),
        (tensor, gradient) => gradients.add(tensor, gradient),
      )
    }
  }
  graph.path = path
  const found = leaves.map((leaf) => [leaf, gradients.get(leaf)] as const)
  return new Map(found.filter((entry): entry is [Tensor, Tensor] => entry[1] !== undefined))
}
