/** What a decoder multiplies contexts with, the memory is multiplied with instead: once, for all steps and hypotheses. */
import { type InstructionName, precisions } from '../contract/index.js'
import {
  add,
  batchMatmul,
  type Dimension,
  type Graph,
  matmul,
  type Node,
  operandOf,
  rootOf,
  type Tensor,
} from '../graph/index.js'

/** What wrote all elements of a tensor, under whatever shape it is seen, where that is such an instruction. */
function writerOf(tensor: Tensor, instruction: InstructionName): Node | undefined {
  let base = tensor
  for (; base.view; base = base.view.base) if (!base.reshape) return undefined
  return base.node?.instruction === instruction && !base.node.loop ? base.node : undefined
}

/** Contexts α · V, which nobody else reads, as features of a tensor, and what lies beside them. */
interface Features {
  readonly context: Node
  readonly beside?: { readonly tensor: Tensor; readonly isBefore: boolean }
}

function featuresOf(tensor: Tensor): Features | undefined {
  const { graph } = tensor
  const readBy = (node: Node): number => {
    const made = rootOf(operandOf(node, 'y'))
    return (
      graph.nodes.filter(({ operands }) => [...operands.values()].some((t) => rootOf(t) === made)).length - 1
    )
  }
  const contextIn = (seen: Tensor, features: Dimension | undefined): Node | undefined => {
    const node = writerOf(seen, 'batch_matmul')
    return node && operandOf(node, 'y').shape[2] === features && readBy(node) === 1 ? node : undefined
  }
  const alone = contextIn(tensor, tensor.shape.at(-1))
  if (alone) return { context: alone }
  const joined = writerOf(tensor, 'concat')
  const [, all, behind] = joined ? operandOf(joined, 'y').shape : []
  const isWhole = all === tensor.shape.at(-1) && behind === graph.dimensions.constant(1)
  if (!joined || !isWhole || readBy(joined) !== 1) return undefined
  const [a, b] = [operandOf(joined, 'a'), operandOf(joined, 'b')]
  const [first, second] = [contextIn(a, a.shape[1]), contextIn(b, b.shape[1])]
  if (first) return { context: first, beside: { tensor: b, isBefore: false } }
  return second && { context: second, beside: { tensor: a, isBefore: true } }
}

/**
 * [c; h] · W of contexts c = α · V, with which hypotheses look at the values V of their source, becomes α · (V · W₁) + h · W₂, and
 * V · W₁ is handed over: of a source with S steps S rows are multiplied, and not one for every hypothesis at every step. Where
 * others read c, or the product is wider than V, it stays. `isKnown` tells what no hypothesis changes.
 */
export function foldContexts(graph: Graph, isKnown: (tensor: Tensor) => boolean): void {
  for (const product of [...graph.nodes]) {
    if (product.instruction !== 'matmul' || product.loop) continue
    if (product.attributes.get('precision') !== precisions.float32) continue
    const features = featuresOf(operandOf(product, 'a'))
    if (!features) continue
    const [weights, values] = [operandOf(features.context, 'a'), operandOf(features.context, 'b')]
    const [kernel, y] = [operandOf(product, 'b'), operandOf(product, 'y')]
    const [seen, units] = [values.shape[2] as Dimension, kernel.shape[1] as Dimension]
    if (!isKnown(values) || units.capacity > seen.capacity) continue
    const last = graph.nodes.length
    graph.path = product.path
    const rowsOf = (rows: Dimension, before?: Dimension): Tensor =>
      graph.window(kernel, [rows, units], before && graph.elements([before, units]), 1)
    const { beside } = features
    const others = beside?.tensor.shape[1] as Dimension
    const made = matmul(values, rowsOf(seen, beside?.isBefore ? others : undefined))
    const context = graph.reshape(batchMatmul(weights, made), y.shape)
    const bias = product.operands.get('bias')
    let sum = context
    if (beside) {
      const rest = graph.reshape(beside.tensor, [...y.shape.slice(0, -1), others])
      sum = add(matmul(rest, rowsOf(others, beside.isBefore ? undefined : seen), bias), context)
    } else if (bias) sum = add(context, bias)
    // Whoever reads y reads the sum.
    y.view = { base: sum, offsetDimension: undefined, offsetScale: 0 }
    graph.nodes.splice(graph.nodes.indexOf(product), 1, ...graph.nodes.splice(last))
  }
}
