/** Loops over time: a body traced once, run once for every step. */
import { instructionTable } from '../contract/index.js'
import { type Dimension, sameShape, shapeName } from './dimension.js'
import { type Graph, type Loop, type Node, operandOf, type Tensor } from './graph.js'
import { fill, mismatch, select } from './operations.js'

export type Tensors = Readonly<Record<string, Tensor>>

/** A state that a loop carries from step to step. */
export interface Carry {
  readonly name: string
  /** All its values, [steps + 1, batch, …]: row 0 before step 0 (reverse: row `steps` before the last). */
  readonly states: Tensor
  /** The first state, which is copied into its row before the loop. */
  readonly first: Tensor
  /** What the body of a step reads, and what it writes: windows that move with the steps. */
  readonly from: Tensor
  readonly to: Tensor
  /** [steps, batch, …]: the state after each step. */
  readonly y: Tensor
  readonly final: Tensor
}

/** A tensor [steps, …] of which each step reads its row. */
export interface Sequence {
  readonly whole: Tensor
  readonly row: Tensor
}

/** A loop as its gradient needs it. */
export interface Scan {
  readonly loop: Loop
  /** The layer that asked for it. */
  readonly path: string
  /** It walks along time: its states are what `diagnose` looks at. */
  readonly overTime: boolean
  readonly carries: readonly Carry[]
  readonly sequences: readonly Sequence[]
  readonly nodes: readonly Node[]
  /** Traces a step anew, for a gradient that reads nothing but the states and the sequences. */
  readonly again: (() => Tensors) | undefined
}

export interface ScanOptions {
  readonly steps: Dimension
  /** Walk from the last step to the first. */
  readonly reverse?: boolean
  /** [steps, batch] int32: where it is 0 the states are carried unchanged. */
  readonly mask?: Tensor | undefined
  /** False where the steps are no steps in time. Default true. */
  readonly overTime?: boolean
  /**
   * The same body as the backward pass sees it, which traces it again: of the forward steps only the states are kept (Chen et al.
   * 2016). Random numbers drawn in it would be others.
   */
  readonly recompute?: Body
}

export interface ScanState {
  /** [steps, batch, …]: the state after each step, at the place of the step. */
  readonly y: Tensor
  /** [batch, …] */
  readonly final: Tensor
}

/** True where a tensor has another value, or another place, in every step of the loop. */
export function variesIn(loop: Loop, tensor: Tensor): boolean {
  for (let t: Tensor = tensor; ; t = t.view.base) {
    if (t.view?.strideDimension) return true
    if (!t.view) return t.node?.loop === loop
  }
}

function carry(graph: Graph, name: string, initial: Tensor, steps: Dimension, reverse: boolean): Carry {
  const { shape, type } = initial
  const states = graph.tensor([graph.dimensions.plus(steps, 1), ...shape], type)
  const row = graph.elements(shape)
  const end = graph.elements([steps, ...shape])
  const [from, to]: [0 | 1, 0 | 1] = reverse ? [1, 0] : [0, 1]
  const rows = [steps, ...shape]
  const [bottom, top] = [graph.window(states, shape), graph.window(states, shape, end, 1)]
  const first = reverse ? top : bottom
  graph.append('copy', { x: initial }, { y: first })
  return {
    name,
    states,
    first,
    from: graph.stepOf(states, from),
    to: graph.stepOf(states, to),
    y: reverse ? graph.window(states, rows) : graph.window(states, rows, row, 1),
    final: reverse ? bottom : top,
  }
}

/** Nodes that compute the same in every step move before the loop. */
function hoist(graph: Graph, loop: Loop, begin: number): Node[] {
  const made = graph.nodes.splice(begin)
  const body: Node[] = []
  for (const node of made) {
    const varies = instructionTable[node.instruction].operands.some(({ name, direction }) => {
      const tensor = node.operands.get(name)
      // What is written in its own place of every step is written in every step.
      return tensor && (direction === 'in' || tensor.view) && variesIn(loop, tensor)
    })
    if (varies) {
      body.push(node)
    } else {
      node.loop = undefined
      graph.nodes.push(node)
    }
  }
  graph.nodes.push(...body)
  return body
}

/** Lets a body carry more states than it was given. */
export interface MoreStates {
  /** The state before the step, [batch, …], beginning with `initial`. */
  carry(name: string, initial: Tensor): Tensor
  /** What it is behind the step. */
  set(name: string, state: Tensor): void
}

type Body = (states: Tensors, inputs: Tensors, more: MoreStates) => Tensors

/** Refuses a state that is not what it was before the step. */
function checkState(name: string, from: Tensor, state: Tensor | undefined): asserts state is Tensor {
  if (state && sameShape(state.shape, from.shape)) return
  const received = state ? shapeName(state.shape) : 'none'
  throw mismatch(from, `state "${name}"`, `a next state ${shapeName(from.shape)}`, received)
}

/** A loop of one step is no loop: the body as it stands, also inside another loop. */
function oneStep(graph: Graph, initial: Tensors, sequences: Tensors, body: Body, mask?: Tensor) {
  const row = (whole: Tensor): Tensor => graph.reshape(whole, whole.shape.slice(1))
  const before = new Map(Object.entries(initial))
  const rows = Object.entries(sequences).map(([name, whole]) => [name, row(whole)])
  const added: Record<string, Tensor> = {}
  const given = body(initial, Object.fromEntries(rows), {
    carry(name, state) {
      if (before.has(name)) throw new Error(`${graph.path}: the state ${name} is carried twice`)
      before.set(name, state)
      return state
    },
    set: (name, state) => void Object.assign(added, { [name]: state }),
  })
  const next: Tensors = { ...given, ...added }
  const states = [...before].map(([name, from]): [string, ScanState] => {
    const state = next[name]
    checkState(name, from, state)
    const final = mask ? select(row(mask), state, from) : state
    return [name, { y: graph.reshape(final, [1, ...final.shape]), final }]
  })
  return Object.fromEntries(states)
}

/**
 * Traces `body` once, with the states before a step and the rows of the sequences, for the states behind it.
 *
 * The gradient runs the other way in a loop of its own, which reads what the forward steps have computed; gradients of weights
 * are one product over all steps behind it.
 *
 * @param initial - states before the first step, [batch, …]
 * @param sequences - [steps, …]
 */
export function scan(
  graph: Graph,
  initial: Tensors,
  sequences: Tensors,
  body: Body,
  { steps, reverse = false, mask, overTime = true, recompute }: ScanOptions,
): Record<string, ScanState> {
  if (steps.kind === 'constant' && steps.value === 1) return oneStep(graph, initial, sequences, body, mask)
  const loop: Loop = { steps, reverse }
  const carries = new Map(
    Object.entries(initial).map(([name, state]) => [name, carry(graph, name, state, steps, reverse)]),
  )
  const rows = new Map(
    Object.entries(sequences).map(([name, whole]) => [name, { whole, row: graph.stepOf(whole) }]),
  )
  const valid = mask && graph.stepOf(mask)
  const begin = graph.nodes.length
  graph.loop = loop
  const added: Record<string, Tensor> = {}
  const before = Object.fromEntries([...carries].map(([name, { from }]) => [name, from]))
  const inputs = Object.fromEntries([...rows].map(([name, { row }]) => [name, row]))
  const more: MoreStates = {
    carry(name, state) {
      if (carries.has(name)) throw new Error(`${graph.path}: the state ${name} is carried twice`)
      const made = carry(graph, name, state, steps, reverse)
      carries.set(name, made)
      return made.from
    },
    set: (name, state) => void Object.assign(added, { [name]: state }),
  }
  const given = body(before, inputs, more)
  const next: Tensors = { ...given, ...added }
  for (const [name, made] of carries) {
    const { from, to } = made
    const state = next[name]
    checkState(name, from, state)
    if (valid) {
      graph.append('select', { condition: valid, a: state, b: from }, { y: to })
    } else if (state.node?.loop === loop && !state.view) {
      // Made in the row of the step, it need not be copied there.
      state.view = to.view
      carries.set(name, { ...made, to: state })
    } else {
      graph.append('copy', { x: state }, { y: to })
    }
  }
  graph.loop = undefined
  const nodes = hoist(graph, loop, begin)
  graph.scans.set(loop, {
    loop,
    path: graph.path,
    overTime,
    carries: [...carries.values()],
    sequences: [...rows.values()],
    nodes,
    again: recompute && (() => recompute(before, inputs, more)),
  })
  return Object.fromEntries([...carries].map(([name, { y, final }]) => [name, { y, final }]))
}

/**
 * Traces `body` once, for each row of the sequences [rows, …], and gives what it makes of one, for all of them [rows, …]. For
 * what would be too large for all rows at once.
 */
export function eachRow(
  graph: Graph,
  sequences: Tensors,
  results: Readonly<Record<string, readonly Dimension[]>>,
  body: (rows: Tensors) => Tensors,
): Record<string, Tensor> {
  const [first] = Object.values(sequences) as [Tensor]
  const [steps] = first.shape as [Dimension, ...Dimension[]]
  const made = Object.entries(results)
  const nothing = Object.fromEntries(made.map(([name, shape]) => [name, fill(graph, shape, 0)]))
  const states = scan(graph, nothing, sequences, (_, rows) => body(rows), { steps, overTime: false })
  return Object.fromEntries(made.map(([name]) => [name, (states[name] as ScanState).y]))
}

/** [steps, batch] int32 from lengths [batch]: 1 where the step is valid. */
export function sequenceMask(lengths: Tensor, steps: Dimension): Tensor {
  const { graph } = lengths
  const y = graph.tensor([steps, ...lengths.shape], 'i32')
  return operandOf(graph.append('sequence_mask', { lengths }, { y }), 'y')
}
