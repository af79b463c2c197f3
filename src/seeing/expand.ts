/** From rows and their steps to single nodes and arrows, each with its place in a grid. */
import { type Outline, type OutlineAxis, type OutlineEdge, type OutlineNode, subscript } from './outline.js'

/** One node of the picture. */
export interface Box {
  readonly id: string
  /** Position among the nodes of the outline. */
  readonly node: number
  readonly text: string
  readonly column: number
  readonly row: number
}

export interface Arrow {
  readonly from: Box
  readonly to: Box
  /** Position among the edges of the outline. */
  readonly edge: number
  readonly label: string
  /** Tells apart arrows of one edge that would lie upon one another where they go around something. */
  readonly way: number
  /** Steps that a recurrence takes, in a folded picture, where it returns to the same column: shown as a square. */
  readonly delay: number
}

/** The columns of the inputs' time axes, left to right; the first block may be a column of what has no time. */
export interface Block {
  /** Name of the axis; undefined: no time. */
  readonly source: string | undefined
  readonly begin: number
  readonly columns: number
}

export interface Figure {
  readonly blocks: readonly Block[]
  readonly boxes: readonly Box[]
  readonly arrows: readonly Arrow[]
  readonly rows: number
  readonly columns: number
}

/** The time axes of the inputs, those first of which others are made. */
function sourcesOf({ axes, nodes, edges }: Outline): string[] {
  const sources = [...new Set(axes.map(({ source }) => source))]
  const sourceOf = (node: number): string | undefined => axes[nodes[node]?.axis ?? -1]?.source
  // What reaches a node, directly or through nodes without time.
  const reaching: Set<string>[] = nodes.map(() => new Set())
  for (const [i] of nodes.entries()) {
    for (const { from, to } of edges) {
      if (to !== i || from >= i) continue
      const source = sourceOf(from)
      if (source !== undefined) reaching[i]!.add(source)
      for (const further of reaching[from]!) reaching[i]!.add(further)
    }
  }
  const before = (a: string, b: string): boolean =>
    nodes.some((_, i) => sourceOf(i) === b && reaching[i]!.has(a))
  const ordered: string[] = []
  while (ordered.length < sources.length) {
    const left = sources.filter((source) => !ordered.includes(source))
    const next = left.find((b) => !left.some((a) => a !== b && before(a, b) && !before(b, a)))
    ordered.push((next ?? left[0]) as string)
  }
  return ordered
}

/** For each node: the columns between which it lies. */
interface Extent {
  readonly begin: number
  readonly end: number
}

class Expansion {
  readonly blocks: Block[] = []
  readonly #extents: Extent[] = []
  readonly #rows: number[] = []
  readonly #boxes: Box[][] = []

  constructor(
    readonly outline: Outline,
    /** Of every input's axis; undefined: folded. */
    readonly steps: number | undefined,
    readonly prefix: string,
  ) {}

  make(): Figure {
    const arrows: Arrow[] = []
    this.#placeBlocks()
    for (const [i, node] of this.outline.nodes.entries()) {
      const extent = this.#extentOf(node, i)
      this.#extents.push(extent)
      this.#rows.push(this.#rowOf(i, extent))
    }
    for (const [i, node] of this.outline.nodes.entries()) this.#boxes.push(this.#boxesOf(node, i))
    for (const [i, edge] of this.outline.edges.entries()) arrows.push(...this.#arrowsOf(edge, i))
    const last = this.blocks.at(-1) as Block
    return {
      blocks: this.blocks,
      boxes: this.#boxes.flat(),
      arrows,
      rows: Math.max(...this.#rows) + 1,
      columns: last.begin + last.columns,
    }
  }

  #sizeOf(axis: OutlineAxis): number {
    return this.steps === undefined ? 1 : Math.max(1, axis.size(this.steps))
  }

  #placeBlocks(): void {
    const { axes, nodes, edges } = this.outline
    const sources = sourcesOf(this.outline)
    // Nothing with time comes before such a node.
    const timeless = nodes.map(({ axis }) => axis === undefined)
    for (const { from, to } of edges) if (from < to && !timeless[from]) timeless[to] = false
    for (const { from, to } of edges) if (from > to && !timeless[to]) timeless[from] = false
    this.#timeless = timeless
    let begin = 0
    if (timeless.includes(true)) {
      this.blocks.push({ source: undefined, begin, columns: 1 })
      begin = 1
    }
    for (const source of sources) {
      const columns = Math.max(...axes.filter((a) => a.source === source).map((a) => this.#sizeOf(a)))
      this.blocks.push({ source, begin, columns })
      begin += columns
    }
  }

  #timeless: boolean[] = []

  #blockOf(axis: number): Block {
    const { source } = this.outline.axes[axis] as OutlineAxis
    return this.blocks.find((block) => block.source === source) as Block
  }

  /** A node without time stands in the column where the last of what it is made of ends. */
  #extentOf({ axis }: OutlineNode, i: number): Extent {
    if (axis !== undefined) {
      const { begin, columns } = this.#blockOf(axis)
      return { begin, end: begin + columns - 1 }
    }
    if (this.#timeless[i]) return { begin: 0, end: 0 }
    const column = Math.max(...this.#below(i).map((node) => (this.#extents[node] as Extent).end))
    return { begin: column, end: column }
  }

  /** What a node is made of; of a target, the loss it goes down to. */
  #below(i: number, states = true): number[] {
    return this.outline.edges.flatMap(({ from, to, state }) => {
      if (to === i && from < i && (states || !state)) return [from]
      return from === i && to < i && !state ? [to] : []
    })
  }

  /** Above all it is made of, where nothing else stands. */
  #rowOf(i: number, { begin, end }: Extent): number {
    let row = Math.max(0, ...this.#below(i, false).map((node) => (this.#rows[node] as number) + 1))
    const taken = (): boolean =>
      this.#extents.slice(0, i).some((other, j) => {
        return this.#rows[j] === row && other.begin <= end && begin <= other.end
      })
    while (taken()) row++
    return row
  }

  #boxesOf({ axis, symbol, role, reversed }: OutlineNode, node: number): Box[] {
    const row = this.#rows[node] as number
    if (axis === undefined) {
      const column = (this.#extents[node] as Extent).begin
      return [{ id: `${this.prefix}${node}`, node, text: symbol, column, row }]
    }
    const { begin, columns } = this.#blockOf(axis)
    const size = this.#sizeOf(this.outline.axes[axis] as OutlineAxis)
    const counted = !['layer', 'merge'].includes(role)
    const letter = counted && this.steps === undefined ? 'ₜ' : ''
    const step = (t: number): number => (reversed ? size - t : t + 1)
    return Array.from({ length: size }, (_, t) => ({
      id: `${this.prefix}${node}_${step(t)}`,
      node,
      text: counted && this.steps !== undefined ? `${symbol}${subscript(step(t))}` : `${symbol}${letter}`,
      // Of several columns that a step is made of, the last.
      column: begin + Math.ceil(((t + 1) * columns) / size) - 1,
      row,
    }))
  }

  #arrowsOf(edge: OutlineEdge, i: number): Arrow[] {
    const sources = this.#boxes[edge.from] as Box[]
    const targets = this.#boxes[edge.to] as Box[]
    const folded = this.steps === undefined
    const arrow = (from: Box, to: Box): Arrow => ({
      from,
      to,
      edge: i,
      label: edge.label,
      way: edge.mirror ? from.column : Math.abs(edge.lag) > 1 ? from.column % Math.abs(edge.lag) : 0,
      delay: folded ? edge.lag : 0,
    })
    const ends = (boxes: Box[], step: 'first' | 'last'): Box => boxes.at(step === 'first' ? 0 : -1) as Box
    if (folded) return [arrow(sources[0] as Box, targets[0] as Box)]
    if (edge.fromStep !== 'each' || edge.toStep !== 'each') {
      const from = edge.fromStep === 'each' ? sources : [ends(sources, edge.fromStep)]
      const to = edge.toStep === 'each' ? targets : [ends(targets, edge.toStep)]
      return from.flatMap((a) => to.map((b) => arrow(a, b)))
    }
    const [fromAxis, toAxis] = [edge.from, edge.to].map((node) => this.outline.nodes[node]?.axis)
    if (fromAxis === undefined || toAxis === undefined)
      return sources.flatMap((a) => targets.map((b) => arrow(a, b)))
    return sources.flatMap((a, t) => {
      const at = edge.mirror ? sources.length - 1 - t : t
      return this.#partners(at, sources.length, targets, edge.lag).map((b) => arrow(a, b))
    })
  }

  /** The steps of a target axis that step t of an axis of `size` goes to. */
  #partners(t: number, size: number, targets: readonly Box[], lag: number): Box[] {
    const n = targets.length
    if (n === size) return [targets[t + lag]].flatMap((box) => (t + lag < 0 || !box ? [] : [box]))
    return targets.filter((_, u) => {
      // Each of the shorter axis goes with a run of the longer.
      if (n < size) return Math.ceil((u * size) / n) <= t && t < Math.ceil(((u + 1) * size) / n)
      return Math.ceil((t * n) / size) <= u && u < Math.ceil(((t + 1) * n) / size)
    })
  }
}

/** The single nodes and arrows of an outline: of `steps` steps of every input, or folded into one. */
export function expand(outline: Outline, steps: number | undefined, prefix: string): Figure {
  return new Expansion(outline, steps, prefix).make()
}
