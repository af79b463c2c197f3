/** Reverse-mode differentiation: the walk that applies the table of derivatives. Backward is more nodes. */
import { instructionTable } from '../contract/index.js'
import { derivatives } from './gradients.js'
import { type Graph, type Node, operandOf, rootOf, type Tensor } from './graph.js'
import { appendLoopGradients } from './loop-gradients.js'
import { isLoss } from './losses.js'
import { add } from './operations.js'

/** Gradients that have arrived so far, and on which tensors anyone waits. */
export class Gradients {
  readonly #known = new Map<Tensor, Tensor>()

  constructor(
    readonly graph: Graph,
    /** The tensors, as the owners of their memory, on which the leaves have influence. */
    readonly moving: Set<Tensor>,
  ) {}

  get(tensor: Tensor): Tensor | undefined {
    return this.#known.get(base(tensor))
  }

  add(tensor: Tensor, gradient: Tensor): void {
    const target = base(tensor)
    const shaped = this.graph.reshape(gradient, target.shape)
    const known = this.#known.get(target)
    this.#known.set(target, known ? add(known, shaped) : shaped)
  }

  wants(tensor: Tensor): boolean {
    return this.moving.has(rootOf(tensor))
  }
}

/** What a reshape shows; windows are tensors of their own. */
function base(tensor: Tensor): Tensor {
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

/** Every tensor on which one of `leaves` has influence. */
function influenced(graph: Graph, leaves: readonly Tensor[]): Set<Tensor> {
  const set = new Set(leaves)
  // A step of a loop passes its influence on to the step behind it, which stands before it here.
  for (let size = 0; size < set.size; ) {
    size = set.size
    for (const node of graph.nodes) {
      if (![...node.operands.values()].some((t) => set.has(rootOf(t)))) continue
      for (const name of resultNames(node)) {
        const result = node.operands.get(name)
        if (result?.type === 'f32') set.add(rootOf(result))
      }
    }
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
