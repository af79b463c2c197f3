/** Nodes to words: the flat program that every executor reads. */
import {
  bufferKinds,
  bufferWords,
  contractHash,
  dimensionKinds,
  dimensionWords,
  header,
  headerWords,
  instructionTable,
  loopWords,
  magic,
  rangeWords,
  type SegmentKind,
  segmentKinds,
  segmentWords,
  types,
  valueWords,
  version,
} from '../contract/index.js'
import type { Dimension } from './dimension.js'
import { type Graph, type Node, type ParameterRange, rootOf, type Scalar, type Tensor } from './graph.js'
import { bodiesOf, type Plan } from './plan.js'
import { type Border, Program } from './program.js'

/** 2^50 multiply-adds: hours of work, and far from overflow. */
const workLimit = 50

export interface LoweringOptions {
  readonly name: string
  readonly segments: readonly SegmentKind[]
  readonly inputs: readonly Border[]
  readonly outputs: readonly Border[]
  readonly placeNames: ReadonlyMap<string, string>
}

const floatBits = (() => {
  const float = new Float32Array(1)
  const bits = new Int32Array(float.buffer)
  return (value: number): number => {
    float[0] = value
    return bits[0] ?? 0
  }
})()

/** Where a tensor starts: its root's place plus the windows on the way. */
function locate(
  tensor: Tensor,
  plan: Plan,
): {
  buffer: number
  offset: number
  dimension: Dimension | undefined
  scale: number
  stride: Dimension | undefined
} {
  let dimension: Dimension | undefined
  let scale = 0
  let stride: Dimension | undefined
  for (let t = tensor; t.view; t = t.view.base) {
    if (stride && t.view.strideDimension) throw new Error('a window into a window that moves')
    stride ??= t.view.strideDimension
    if (!t.view.offsetDimension) continue
    if (dimension) throw new Error('a window into a window with an offset')
    dimension = t.view.offsetDimension
    scale = t.view.offsetScale
  }
  const root = rootOf(tensor)
  const offset = root.placement?.offset ?? plan.offsets.get(root)
  if (offset === undefined) throw new Error(`tensor ${root.id} of ${root.node?.path} has no place`)
  return { buffer: root.placement?.buffer ?? 0, offset, dimension, scale, stride }
}

class ValueTable {
  readonly words: number[] = []
  readonly #known = new Map<string, number>()

  constructor(readonly plan: Plan) {}

  index(tensor: Tensor | undefined): number {
    if (!tensor) return -1
    const { buffer, offset, dimension, scale, stride } = locate(tensor, this.plan)
    const axes = tensor.shape.map((d) => d.id)
    while (axes.length < 6) axes.push(-1)
    const entry = [
      buffer,
      types[tensor.type],
      offset,
      dimension?.id ?? -1,
      scale,
      tensor.shape.length,
      ...axes,
      stride?.id ?? -1,
    ]
    const key = entry.join(' ')
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const index = this.words.length / valueWords
    this.words.push(...entry)
    this.#known.set(key, index)
    return index
  }
}

function lowerNode(node: Node, values: ValueTable, ranges: number[]): number[] {
  const specification = instructionTable[node.instruction]
  const operands = specification.operands.map((o) => values.index(node.operands.get(o.name)))
  const attributes = specification.attributes.flatMap((a): number[] => {
    const value = node.attributes.get(a.name)
    if (a.kind === 'scalar') return [(value as Scalar).index]
    if (a.kind === 'float') return [floatBits(value as number)]
    if (a.kind === 'integer') return [value as number]
    const list = value as readonly ParameterRange[]
    const first = ranges.length / rangeWords
    for (const r of list) ranges.push(r.offset, r.length, floatBits(r.decay), floatBits(r.rate))
    return [first, list.length]
  })
  return [specification.code, 2 + operands.length + attributes.length, ...operands, ...attributes]
}

function lowerDimension(d: Dimension, inputs: readonly Dimension[]): number[] {
  if (d.kind === 'constant') return [dimensionKinds.constant, d.value, 0, d.capacity]
  if (d.kind === 'input') return [dimensionKinds.input, inputs.indexOf(d), 0, d.capacity]
  if (d.kind === 'sum') return [dimensionKinds.sum, d.of.id, d.add, d.capacity]
  return [dimensionKinds.product, d.left.id, d.right.id, d.capacity]
}

/** Segment k of the options runs the nodes made while graph.segment was k. */
export function lower(graph: Graph, plan: Plan, options: LoweringOptions): Program {
  const values = new ValueTable(plan)
  const ranges: number[] = []
  const code: number[] = []
  const segments: number[] = []
  for (const [index, kind] of options.segments.entries()) {
    const nodes = plan.nodes.filter((n) => n.segment === index)
    segments.push(
      segmentKinds[kind],
      plan.nodes.findIndex((n) => n.segment === index),
      nodes.length,
    )
    for (const node of nodes) code.push(...lowerNode(node, values, ranges))
  }
  const loops = bodiesOf(plan.nodes).flatMap(({ loop, first, count }) => [
    first,
    count,
    loop.steps.id,
    loop.reverse ? 1 : 0,
  ])
  const inputDimensions = graph.dimensions.all.filter((d) => d.kind === 'input')
  const dimensions = graph.dimensions.all.flatMap((d) => lowerDimension(d, inputDimensions))
  const buffers = graph.buffers.flatMap((b) => {
    const elements = b.kind === 'arena' ? plan.arenaElements : b.elements
    return [bufferKinds[b.kind], types[b.type], elements, 0]
  })

  const words = new Array<number>(headerWords).fill(0)
  const section = (count: number, countAt: number, offsetAt: number, body: readonly number[]): void => {
    words[countAt] = count
    words[offsetAt] = words.length
    words.push(...body)
  }
  section(dimensions.length / dimensionWords, header.dimensionCount, header.dimensionOffset, dimensions)
  section(buffers.length / bufferWords, header.bufferCount, header.bufferOffset, buffers)
  section(values.words.length / valueWords, header.valueCount, header.valueOffset, values.words)
  section(ranges.length / rangeWords, header.rangeCount, header.rangeOffset, ranges)
  section(code.length, header.codeWords, header.codeOffset, code)
  section(segments.length / segmentWords, header.segmentCount, header.segmentOffset, segments)
  section(loops.length / loopWords, header.loopCount, header.loopOffset, loops)
  words[header.magic] = magic
  words[header.version] = version
  words[header.contractHash] = contractHash
  words[header.totalWords] = words.length
  words[header.scalarCount] = graph.scalars.length
  words[header.instructionCount] = plan.nodes.length
  words[header.workLimit] = workLimit
  words[header.inputDimensionCount] = inputDimensions.length

  return new Program(Int32Array.from(words), {
    ...options,
    inputDimensions,
    scalars: graph.scalars.map((s) => s.name),
    paths: plan.nodes.map((n) => n.path),
    bufferNames: graph.buffers.map((b) => b.name),
  })
}
