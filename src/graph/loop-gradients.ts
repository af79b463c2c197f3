/** The gradient of a loop: a loop of its own that runs the other way, and products over all steps behind it. */
import type { InstructionName } from '../contract/index.js'
import { applyDerivative, base, Gradients, spreadInfluence } from './differentiate.js'
import { type Graph, type Loop, type Node, rootOf, type Tensor } from './graph.js'
import { copy } from './operations.js'
import { type Carry, type Scan, variesIn } from './scan.js'

/**
 * Operands that a body uses as they are in every step, weights above all, whose gradient is not summed step by step: the
 * derivative sees any leading axes as rows, so it is asked once, for the rows of all steps.
 */
const stacked: Partial<Record<InstructionName, readonly string[]>> = {
  matmul: ['b', 'bias'],
  gather: ['table'],
  add: ['b'],
  subtract: ['b'],
  multiply: ['b'],
  divide: ['b'],
}

/** target += value, in place. */
function addInto(target: Tensor, value: Tensor): void {
  const { graph } = target
  const n = graph.elements(target.shape)
  const a = graph.reshape(target, [1, n])
  graph.append('add', { a, b: graph.reshape(value, [n]) }, { y: a })
}

/** [steps + 1, batch, …]: the gradient of every state; filled with what comes from behind the loop. */
function stateGradients(graph: Graph, { states, y, final, first }: Carry, gradients: Gradients): Tensor {
  const made = graph.tensor(states.shape)
  const same = ({ view, shape }: Tensor): Tensor =>
    graph.window(made, shape, view?.offsetDimension, view?.offsetScale)
  const [ofY, ofFinal] = [gradients.get(y), gradients.get(final)]
  if (ofY) {
    graph.append('copy', { x: ofY }, { y: same(y) })
    graph.append('fill', {}, { y: same(first) }, { value: 0 })
  } else {
    graph.append('fill', {}, { y: made }, { value: 0 })
  }
  if (ofFinal) addInto(same(final), ofFinal)
  return made
}

/** Appends the nodes for one loop whose results have their gradients. */
class LoopGradients {
  readonly #graph: Graph
  /** Gradients inside one step. */
  readonly #local: Gradients
  readonly #backward: Loop

  constructor(
    readonly scan: Scan,
    readonly gradients: Gradients,
  ) {
    const { loop } = scan
    this.#graph = gradients.graph
    this.#local = new Gradients(this.#graph, gradients.moving)
    this.#backward = { steps: loop.steps, reverse: !loop.reverse }
  }

  append(): void {
    const graph = this.#graph
    const { scan, gradients } = this
    const carries = scan.carries.filter(({ states }) => gradients.wants(states))
    if (!carries.some(({ y, final }) => gradients.get(y) ?? gradients.get(final))) return
    graph.path = scan.nodes[0]?.path ?? ''
    const states = carries.map((carry) => [carry, stateGradients(graph, carry, gradients)] as const)
    for (const [{ name }, gradient] of scan.overTime ? states : []) {
      const { reverse } = scan.loop
      graph.stateGradients?.push({ name: `${scan.path}/${name}`, gradient, reverse })
    }
    const begin = graph.nodes.length
    graph.loop = this.#backward
    const row = (made: Tensor, { view }: Tensor): Tensor =>
      graph.stepOf(made, view?.offsetScale === 1 ? 1 : 0)
    const step = this.#step()
    for (const [carry, made] of states) this.#local.add(step.next(carry), row(made, carry.to))
    for (const node of [...step.nodes].reverse()) {
      applyDerivative(
        node,
        this.#local,
        (tensor, name) => this.#local.wants(tensor) && !this.#waits(node, name),
        (tensor, gradient) => {
          if (this.#varies(tensor)) this.#local.add(tensor, gradient)
          else this.#addToSum(tensor, gradient)
        },
      )
    }
    this.#local.settle()
    for (const [carry, made] of states) {
      const gradient = this.#local.get(carry.from)
      if (gradient) addInto(row(made, carry.from), gradient)
    }
    const sequences = this.#sequenceGradients()
    graph.loop = undefined
    this.#moveBefore(begin)
    for (const node of graph.nodes.slice(begin)) this.#keepOperands(node)

    for (const node of step.nodes) this.#appendStacked(node)
    for (const [whole, gradient] of sequences) gradients.add(whole, gradient)
    for (const [tensor, sum] of this.#sums) gradients.add(tensor, sum)
    for (const [{ first, states: all }, made] of states) {
      const { view } = first
      gradients.add(first, graph.window(made, all.shape.slice(1), view?.offsetDimension, view?.offsetScale))
    }
  }

  /** What a backward step goes through: the nodes of the forward step, or the same nodes again in front of their gradients. */
  #step(): { nodes: readonly Node[]; next(carry: Carry): Tensor } {
    const { scan } = this
    if (!scan.again) return { nodes: scan.nodes, next: ({ to }) => to }
    const begin = this.#graph.nodes.length
    const made = scan.again()
    const nodes = this.#graph.nodes.slice(begin)
    spreadInfluence(nodes, this.gradients.moving)
    return { nodes, next: ({ name }) => made[name] as Tensor }
  }

  #varies(tensor: Tensor): boolean {
    return variesIn(this.scan.loop, tensor) || variesIn(this.#backward, tensor)
  }

  /** Sums over the steps, of operands whose gradient cannot wait for the end; zeroed before the loop. */
  readonly #sums = new Map<Tensor, Tensor>()
  readonly #zeros = new Set<Node>()

  /** True for an operand whose gradient is made behind the loop, for all steps at once. */
  #waits(node: Node, name: string): boolean {
    const tensor = node.operands.get(name)
    // What is computed again is not there for all steps at once.
    const later = !this.scan.again && stacked[node.instruction]?.includes(name)
    return tensor !== undefined && later === true && !this.#varies(tensor)
  }

  #addToSum(tensor: Tensor, gradient: Tensor): void {
    const graph = this.#graph
    let sum = this.#sums.get(tensor)
    if (!sum) {
      sum = graph.tensor(tensor.shape)
      this.#zeros.add(graph.append('fill', {}, { y: sum }, { value: 0 }))
      this.#sums.set(tensor, sum)
    }
    addInto(sum, gradient)
  }

  #moveBefore(begin: number): void {
    const made = this.#graph.nodes.splice(begin)
    for (const node of this.#zeros) node.loop = undefined
    this.#graph.nodes.push(
      ...made.filter((n) => this.#zeros.has(n)),
      ...made.filter((n) => !this.#zeros.has(n)),
    )
  }

  #sequenceGradients(): [Tensor, Tensor][] {
    const graph = this.#graph
    return this.scan.sequences.flatMap(({ whole, row }): [Tensor, Tensor][] => {
      const gradient = this.#local.get(row)
      if (!gradient) return []
      const own = base(gradient)
      if (!own.view && own.node?.loop === this.#backward) {
        // What each step makes is kept as it is.
        this.#keep(own)
        return [[whole, graph.reshape(rootOf(own), whole.shape)]]
      }
      const made = graph.tensor(whole.shape)
      graph.append('copy', { x: gradient }, { y: graph.stepOf(made) })
      return [[whole, made]]
    })
  }

  /** Of operands that are the same in every step: one derivative for the rows of all steps. */
  #appendStacked(node: Node): void {
    applyDerivative(
      node,
      this.#local,
      (tensor, name) => this.#local.wants(tensor) && this.#waits(node, name),
      (tensor, gradient) => this.gradients.add(tensor, gradient),
      (tensor) => this.#allSteps(tensor),
    )
  }

  /** The rows of all steps, [steps, …], of what has a row for each step; anything else as it is. */
  #allSteps(tensor: Tensor): Tensor {
    const { view, shape } = tensor
    const { loop } = this.scan
    if (!this.#varies(tensor)) return tensor
    if (view && tensor.reshape) return this.#graph.reshape(this.#allSteps(view.base), [loop.steps, ...shape])
    // The rows of a window into what each step makes do not follow one another: each step copies its own.
    if (view && !view.strideDimension) return this.#allSteps(this.#copyInStep(tensor))
    if (!view) this.#keep(tensor)
    const { base, offsetDimension, offsetScale } = tensor.view as NonNullable<Tensor['view']>
    return this.#graph.window(base, [loop.steps, ...shape], offsetDimension, offsetScale)
  }

  /** A copy of a tensor that its loop makes at the end of every step. */
  #copyInStep(tensor: Tensor): Tensor {
    const graph = this.#graph
    graph.loop = variesIn(this.scan.loop, tensor) ? this.scan.loop : this.#backward
    const y = copy(tensor)
    const node = graph.nodes.pop() as Node
    graph.nodes.splice(graph.nodes.map(({ loop }) => loop).lastIndexOf(graph.loop) + 1, 0, node)
    graph.loop = undefined
    return y
  }

  /** What the forward steps compute and a backward step reads is kept for all steps. */
  #keepOperands(node: Node): void {
    for (const tensor of node.operands.values()) {
      const root = rootOf(tensor)
      if (root.node?.loop === this.scan.loop) this.#keep(root)
    }
  }

  #keep(root: Tensor): void {
    const graph = this.#graph
    const base = graph.tensor([this.scan.loop.steps, ...root.shape], root.type)
    if (this.gradients.moving.has(root)) this.gradients.moving.add(base)
    root.view = {
      base,
      offsetDimension: undefined,
      offsetScale: 0,
      strideDimension: graph.elements(root.shape),
    }
  }
}

export function appendLoopGradients(scan: Scan, gradients: Gradients): void {
  new LoopGradients(scan, gradients).append()
}
