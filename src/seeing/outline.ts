/** What a picture of a model shows, before anything has a place: nodes, the edges between their steps, and weights. */
import type { AnyLayer, Json } from '../layers/layer.js'
import type { Call, Port, Topology } from '../models/topology.js'
import {
  attentionRows,
  type End,
  feedbackRows,
  type Inside,
  partsOf,
  pathsInside,
  type Sheet,
} from './outline-parts.js'

/** A time axis: one column a step. Those of one source lie above one another. */
export interface OutlineAxis {
  readonly name: string
  /** Name of the axis of an input that its steps are made of. */
  readonly source: string
  /** Steps of this axis from those of the source. */
  readonly size: (steps: number) => number
}

export type Role = 'input' | 'state' | 'layer' | 'merge' | 'output' | 'loss' | 'target'

/** One row of the picture: a node for each step of its axis, or a single one. */
export interface OutlineNode {
  readonly role: Role
  /** What stands in it: x, h, o, L, y, or what the layer does. */
  readonly symbol: string
  /** Of the layer, input, output or loss. */
  readonly name: string
  /** Position among the axes; undefined: there is no time in it. */
  readonly axis: number | undefined
  /** Its first step stands in the last column: it is made of a sequence that was walked and handed on backwards. */
  readonly reversed: boolean
}

/** In which columns an edge begins or ends; without meaning where there is no time. */
export type Step = 'each' | 'first' | 'last'

export interface OutlineEdge {
  readonly from: number
  readonly to: number
  readonly fromStep: Step
  readonly toStep: Step
  /** From column t to column t + lag: not 0 along a recurrence. */
  readonly lag: number
  /** From column t to column T + 1 − t. */
  readonly mirror: boolean
  /** The letter of weights; empty where there are none. */
  readonly label: string
  /** It hands a state on: its ends may stand in the same row. */
  readonly state: boolean
}

export interface Weight {
  readonly name: string
  readonly shape: readonly number[]
}

/** Which weights a letter stands for. */
export interface LegendEntry {
  readonly letter: string
  readonly weights: readonly Weight[]
}

export interface Outline {
  readonly axes: readonly OutlineAxis[]
  /** Each behind those it is made of. */
  readonly nodes: readonly OutlineNode[]
  readonly edges: readonly OutlineEdge[]
  readonly legend: readonly LegendEntry[]
}

/** What the outline is made from. */
export interface Structure {
  readonly topology: Topology
  /** In the order in which the program makes them. */
  readonly axes: readonly OutlineAxis[]
  /** By call and output: position among the axes, undefined for vectors. */
  readonly outputAxes: readonly (readonly (number | undefined)[])[]
  readonly inputAxes: readonly (number | undefined)[]
  readonly weights: readonly Weight[]
  /** By output, where the model is compiled. */
  readonly losses: readonly string[] | undefined
}

/** One walk of a recurrent layer. */
interface Walk {
  /** Begins the names of its weights. */
  readonly owner: string
  readonly name: string
  readonly reverse: boolean
}

const subscripts = '₀₁₂₃₄₅₆₇₈₉'

/** 12 → ₁₂ */
export function subscript(n: number): string {
  return [...String(n)].map((digit) => subscripts[Number(digit)]).join('')
}

/** How layers that bring several tensors together are drawn. */
const mergeSymbols: Readonly<Record<string, string>> = {
  concat: '‖',
  concatenate: '‖',
  sum: '+',
  add: '+',
  mul: '×',
  multiply: '×',
  ave: 'mean',
  average: 'mean',
}

/** A layer that walks along time, as it is drawn. */
interface RecurrentOutline {
  /** Of the cell, whatever it is wrapped in. */
  readonly options: AnyLayer['options']
  /** It walks in both directions. */
  readonly both: boolean
  /** How many steps its connections through time span. */
  readonly span: number
}

function recurrentOutline({ kind, options, ...layer }: AnyLayer): RecurrentOutline | undefined {
  const inside = options['layer'] as { options: { [key: string]: Json } } | undefined
  if (inside && kind === 'bidirectional') return { options: inside.options, both: true, span: 1 }
  if (inside && kind === 'delay')
    return { options: inside.options, both: false, span: options['steps'] as number }
  return 'walk' in layer ? { options, both: false, span: 1 } : undefined
}

/** Weights that act on a state, not on the input. */
const isRecurrent = ({ name }: Weight): boolean => /\/(recurrent|peephole)[^/]*$/i.test(name)

/** Letters as in the textbooks: U from the input, W along time, V to the output, E of an embedding. */
class Letters {
  readonly legend: LegendEntry[] = []
  readonly #groups = new Map<string, { letter: string; weights: Weight[] }>()

  constructor(
    weights: readonly Weight[],
    walks: ReadonlySet<string>,
    embeddings: ReadonlySet<string>,
    /** Of layers inside others. */
    parts: readonly string[],
  ) {
    for (const weight of weights) {
      const owner = [...walks].find((walk) => weight.name.startsWith(`${walk}/`))
      const part = parts.find((name) => weight.name.startsWith(`${name}/`))
      const layer = owner ?? part ?? weight.name.slice(0, weight.name.indexOf('/'))
      const letter = owner ? (isRecurrent(weight) ? 'W' : 'U') : embeddings.has(layer) ? 'E' : 'V'
      const key = `${letter} ${layer}`
      const group = this.#groups.get(key) ?? { letter, weights: [] }
      this.#groups.set(key, group)
      group.weights.push(weight)
    }
    const owners = (letter: string): string[] =>
      [...this.#groups.keys()].filter((key) => key.startsWith(letter)).map((key) => key.slice(2))
    // U and W of one layer have the same number.
    const recurrent = [...new Set([...owners('U'), ...owners('W')])]
    for (const [key, group] of this.#groups) {
      const all = 'UW'.includes(group.letter) ? recurrent : owners(group.letter)
      if (all.length > 1) group.letter += subscript(all.indexOf(key.slice(2)) + 1)
      this.legend.push(group)
    }
  }

  of(letter: 'U' | 'W' | 'V' | 'E', owner: string): string {
    return this.#groups.get(`${letter} ${owner}`)?.letter ?? ''
  }
}

class OutlineMaker implements Sheet {
  readonly nodes: OutlineNode[] = []
  readonly edges: OutlineEdge[] = []
  readonly letters: Letters
  /** By node of the topology, and output of it. */
  readonly #ends: (readonly End[])[] = []
  /** Nodes that the targets of the step before go to while the model is trained. */
  readonly #taught: number[] = []

  constructor(readonly structure: Structure) {
    const walks = structure.topology.layers.flatMap(({ name, layer }) => this.#walks(name, layer))
    const named = structure.topology.layers.filter(({ layer }) => layer.kind === 'embedding')
    this.letters = new Letters(
      structure.weights,
      new Set(walks.map(({ owner }) => owner)),
      new Set(named.map(({ name }) => name)),
      structure.topology.layers.flatMap(({ name, layer }) => pathsInside(name, layer)),
    )
  }

  #walks(name: string, layer: AnyLayer): Walk[] {
    const parts = partsOf(name, layer)
    if (parts)
      return parts
        .filter(({ walks }) => walks)
        .map(({ path }) => ({ owner: path, name: path, reverse: false }))
    const recurrent = recurrentOutline(layer)
    if (!recurrent) return []
    if (!recurrent.both) return [{ owner: name, name, reverse: recurrent.options['goBackwards'] === true }]
    return [
      { owner: `${name}/forward`, name: `${name}/forward`, reverse: false },
      { owner: `${name}/backward`, name: `${name}/backward`, reverse: true },
    ]
  }

  make(): Outline {
    const { topology, axes, losses } = this.structure
    for (const [i, { name }] of topology.inputs.entries()) {
      const axis = this.structure.inputAxes[i]
      const node = this.node({ role: 'input', symbol: 'x', name, axis, reversed: false })
      this.#ends.push([{ node, step: 'each', reversed: false }])
    }
    for (const [i, call] of topology.calls.entries()) this.#ends.push(this.#call(call, i))
    for (const [k, { name, port }] of topology.outputs.entries()) {
      const output = this.#output(name, port)
      const loss = losses?.[k]
      if (loss === undefined) continue
      const { axis, reversed } = this.nodes[output] as OutlineNode
      const node = this.node({ role: 'loss', symbol: 'L', name: loss, axis, reversed })
      const targets = topology.outputs.length === 1 ? 'targets' : `targets/${name}`
      const target = this.node({ role: 'target', symbol: 'y', name: targets, axis, reversed })
      for (const first of this.#taught)
        this.edge(
          { node: target, step: 'each', reversed },
          { node: first, step: 'each', reversed },
          { label: 'training', lag: 1, state: true },
        )
      for (const from of [output, target])
        this.edge({ node: from, step: 'each', reversed }, { node, step: 'each', reversed })
    }
    return { axes, nodes: this.nodes, edges: this.edges, legend: this.letters.legend }
  }

  node(node: OutlineNode): number {
    return this.nodes.push(node) - 1
  }

  edge(from: End, to: End, more: { label?: string; lag?: number; state?: boolean } = {}): void {
    const { label = '', lag = 0, state = false } = more
    const mirror = from.reversed !== to.reversed
    const known = this.edges.some(
      (e) =>
        e.from === from.node &&
        e.to === to.node &&
        e.fromStep === from.step &&
        e.toStep === to.step &&
        e.lag === lag &&
        e.mirror === mirror,
    )
    // States that go the same way share an arrow.
    if (known) return
    this.edges.push({
      from: from.node,
      to: to.node,
      fromStep: from.step,
      toStep: to.step,
      lag,
      mirror,
      label,
      state,
    })
  }

  #end({ node, index }: Port): End {
    return this.#ends[node]?.[index] as End
  }

  #call({ layer: position, inputs }: Call, index: number): readonly End[] {
    const { name, layer } = this.structure.topology.layers[position]!
    const recurrent = recurrentOutline(layer)
    const ends = inputs.map((port) => this.#end(port))
    const outputs = this.structure.outputAxes[index] ?? []
    const parts = partsOf(name, layer)
    if (parts) return this.#partsCall(name, layer, parts, ends).slice(0, outputs.length)
    if (recurrent) return this.#recurrentCall(name, layer, ends, outputs.length)
    const merge = mergeSymbols[layer.kind] ?? (ends.length > 1 ? layer.kind : undefined)
    const role = merge === undefined ? 'layer' : 'merge'
    const reversed = ends.find(({ step }) => step === 'each')?.reversed ?? false
    const node = this.node({ role, symbol: merge ?? layer.kind, name, axis: outputs[0], reversed })
    const label = this.letters.of(layer.kind === 'embedding' ? 'E' : 'V', name)
    const to: End = { node, step: 'each', reversed }
    for (const end of ends) this.edge(this.gathered(end, outputs[0]), to, { label })
    return outputs.map(() => to)
  }

  #partsCall(name: string, layer: AnyLayer, parts: readonly Inside[], ends: readonly End[]): readonly End[] {
    if (layer.kind === 'recurrentAttention') return attentionRows(this, name, layer, parts, ends)
    const { output, taught } = feedbackRows(this, layer, parts, ends[0] as End)
    this.#taught.push(...taught)
    return [output]
  }

  /** What has steps of another source is seen as a whole. */
  gathered(end: End, axis: number | undefined): End {
    const own = this.nodes[end.node]?.axis
    const { axes } = this.structure
    const apart = own !== undefined && axis !== undefined && axes[own]?.source !== axes[axis]?.source
    if (!apart || end.step !== 'each') return end
    const name = `${this.nodes[end.node]?.name}, all steps`
    const { reversed } = end
    const node = this.node({ role: 'merge', symbol: 'all', name, axis: undefined, reversed })
    this.edge(end, { node, step: 'each', reversed })
    return { node, step: 'each', reversed }
  }

  #recurrentCall(
    name: string,
    layer: AnyLayer,
    [x, ...initial]: readonly End[],
    outputs: number,
  ): readonly End[] {
    const { options, both, span } = recurrentOutline(layer)!
    const walks = this.#walks(name, layer)
    const axis = x && this.nodes[x.node]?.axis
    const reversed = x?.reversed ?? false
    const made = walks.map(({ owner, name: shown, reverse }, i) => {
      const node = this.node({ role: 'state', symbol: 'h', name: shown, axis, reversed })
      const each: End = { node, step: 'each', reversed }
      const leftwards = reverse !== reversed
      const [first, last]: [End, End] = [
        { node, step: leftwards ? 'last' : 'first', reversed },
        { node, step: leftwards ? 'first' : 'last', reversed },
      ]
      if (x) this.edge(x, each, { label: this.letters.of('U', owner) })
      this.edge(each, each, {
        label: this.letters.of('W', owner),
        lag: leftwards ? -span : span,
        state: true,
      })
      const share = initial.length / walks.length
      for (const end of initial.slice(i * share, (i + 1) * share)) this.edge(end, first, { state: true })
      // A sequence walked backwards is handed on in the order of the walk, but for `bidirectional`.
      const y: End = options['returnSequences']
        ? { ...each, reversed: (reverse && !both) !== reversed }
        : last
      return { y, last }
    })
    const mode = both ? String(layer.options['mergeMode']) : 'none'
    const apart = mode === 'none' ? made.map(({ y }) => y) : []
    const stateCount = (outputs - Math.max(1, apart.length)) / walks.length
    const states = made.flatMap(({ last }) => Array.from({ length: stateCount }, () => last))
    if (mode === 'none') return [...apart, ...states]
    const sequence = options['returnSequences'] === true
    const merge = this.node({
      role: 'merge',
      symbol: mergeSymbols[mode] ?? mode,
      name,
      axis: sequence ? axis : undefined,
      reversed,
    })
    const end: End = { node: merge, step: 'each', reversed }
    for (const { y } of made) this.edge(y, end)
    return [end, ...states]
  }

  /** The node of an output: the last layer itself, or one of its own above a state. */
  #output(name: string, port: Port): number {
    const end = this.#end(port)
    const last = this.nodes[end.node] as OutlineNode
    const used = this.structure.topology.outputs.filter(({ port: { node } }) => node === port.node).length > 1
    if (last.role === 'layer' && !used && end.reversed === last.reversed) {
      const shown = last.name === name ? name : `${last.name}: ${name}`
      this.nodes[end.node] = { ...last, role: 'output', symbol: 'o', name: shown }
      return end.node
    }
    const axis = end.step === 'each' ? last.axis : undefined
    const { reversed } = end
    const node = this.node({ role: 'output', symbol: 'o', name, axis, reversed })
    this.edge(end, { node, step: 'each', reversed })
    return node
  }
}

/** Reads what is drawn from the graph of a model. */
export function outlineOf(structure: Structure): Outline {
  return new OutlineMaker(structure).make()
}
