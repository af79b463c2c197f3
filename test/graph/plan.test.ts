import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createReference } from '../../src/backends/reference/index.js'
import { instructionTable } from '../../src/contract/index.js'
import {
  add,
  affine,
  appendGradients,
  copy,
  Graph,
  lstm,
  matmul,
  multiply,
  type Node,
  planMemory,
  rootOf,
  slice,
  squaredError,
  type Tensor,
  tanh,
} from '../../src/graph/index.js'
import { capacityOf, type Plan } from '../../src/graph/plan.js'
import { failureText } from '../failures.js'
import { traceWalks } from '../native/walks.js'
import { randomValues, runFunction, type TraceOptions, traceFunction } from './harness.js'
import { build, recipeOptions, recipes, type Step } from './random-graphs.js'

const reference = createReference({ checked: true })

interface Span {
  readonly tensor: Tensor
  first: number
  last: number
  readonly start: number
  readonly end: number
}

/** Lifetimes as the nodes say, and memory as the plan says. */
function spansOf(plan: Plan): Span[] {
  const spans = new Map<Tensor, Span>()
  for (const [at, node] of plan.nodes.entries()) {
    for (const operand of node.operands.values()) {
      const tensor = rootOf(operand)
      if (tensor.placement) continue
      const start = plan.offsets.get(tensor) as number
      const span = spans.get(tensor) ?? {
        tensor,
        first: at,
        last: at,
        start,
        end: start + capacityOf(tensor),
      }
      span.last = at
      spans.set(tensor, span)
    }
  }
  return [...spans.values()]
}

/** True where the contract lets the later tensor lie on the earlier one: same place, handed over by one instruction. */
function handedOver(plan: Plan, earlier: Span, later: Span): boolean {
  const node = plan.nodes[later.first]
  if (!node || earlier.last !== later.first || earlier.start !== later.start || earlier.end !== later.end)
    return false
  return instructionTable[node.instruction].operands.some(({ name, inPlaceOf }) => {
    const [output, input] = [node.operands.get(name), inPlaceOf && node.operands.get(inPlaceOf)]
    return output && input && rootOf(output) === later.tensor && rootOf(input) === earlier.tensor
  })
}

function expectNoOverlap(plan: Plan): void {
  const spans = spansOf(plan)
  for (const a of spans) {
    expect(a.start % 16, 'aligned to 64 bytes').toBe(0)
    expect(a.end).toBeLessThanOrEqual(plan.arenaElements)
    for (const b of spans) {
      if (a === b || a.first > b.first) continue
      const together = a.first <= b.last && b.first <= a.last && a.start < b.end && b.start < a.end
      if (together && !handedOver(plan, a, b) && !handedOver(plan, b, a)) {
        throw new Error(`tensors ${a.tensor.id} and ${b.tensor.id} overlap`)
      }
    }
  }
}

function planOf(define: (graph: Graph) => void, options?: { reuse: boolean }): Plan {
  const graph = new Graph()
  define(graph)
  return planMemory(graph, options)
}

function input(graph: Graph, shape: readonly number[]): Tensor {
  const elements = shape.reduce((n, d) => n * d, 1)
  return graph.tensor(shape, 'f32', { buffer: graph.addBuffer('input', 'f32', elements, 'x'), offset: 0 })
}

function output(graph: Graph, tensor: Tensor): void {
  const buffer = graph.addBuffer('output', 'f32', capacityOf(tensor), 'y')
  rootOf(copy(tensor)).placement = { buffer, offset: 0 }
}

const offset = (plan: Plan, tensor: Tensor): number => plan.offsets.get(rootOf(tensor)) as number

describe('memory planning', () => {
  test('random graphs: no living tensors overlap, and reuse changes no number and saves memory', () => {
    let saved = 0
    fc.assert(
      fc.property(recipes, fc.boolean(), (recipe: readonly Step[], gradients) => {
        const trace = (options: TraceOptions) =>
          traceFunction((b) => {
            const y = build(b, recipe)
            if (gradients) b.fit(y)
            return { y }
          }, options)
        const [shared, apart] = [trace({ gradients }), trace({ gradients, reuse: false })]
        const values = randomValues(shared, 3)
        const [a, b] = [shared, apart].map((traced) => runFunction(reference, traced, values, recipeOptions))
        expect(a).toEqual(b)
        const graph = planned(recipe, gradients)
        const plan = planMemory(graph)
        expectNoOverlap(plan)
        const apartPlan = planMemory(graph, { reuse: false })
        expectNoOverlap(apartPlan)
        expect(plan.arenaElements).toBeLessThanOrEqual(apartPlan.arenaElements)
        if (plan.arenaElements < apartPlan.arenaElements) saved++
      }),
      { numRuns: 60, seed: 2 },
    )
    expect(saved).toBeGreaterThan(40)
  })

  test('a chain of elementwise operations needs one place', () => {
    const made: Tensor[] = []
    const plan = planOf((graph) => {
      made.push(matmul(input(graph, [8, 8]), input(graph, [8, 8])))
      for (let i = 0; i < 5; i++) made.push(tanh(affine(made.at(-1) as Tensor, 0.5)))
      output(graph, made.at(-1) as Tensor)
    })
    expect(made.map((t) => offset(plan, t))).toEqual(made.map(() => 0))
    expect(plan.arenaElements).toBe(64)
    expectNoOverlap(plan)
  })

  test('what is read again is not written over', () => {
    let [first, second] = [] as unknown as [Tensor, Tensor]
    const plan = planOf((graph) => {
      first = tanh(input(graph, [4, 16]))
      second = tanh(first)
      output(graph, multiply(second, first))
    })
    expect(offset(plan, second)).not.toBe(offset(plan, first))
    expectNoOverlap(plan)
  })

  test('an operand that is also the row operand is not written over', () => {
    let [x, sum] = [] as unknown as [Tensor, Tensor]
    const plan = planOf((graph) => {
      x = tanh(input(graph, [4, 16]))
      sum = add(x, x)
      output(graph, sum)
    })
    expect(offset(plan, sum)).not.toBe(offset(plan, x))
  })

  test('a window is not written over: the rest of its tensor would be lost', () => {
    let [states, y] = [] as unknown as [Tensor, Tensor]
    const plan = planOf((graph) => {
      const weights = { kernel: input(graph, [3, 16]), recurrentKernel: input(graph, [4, 16]) }
      const result = lstm(input(graph, [5, 2, 3]), weights, { training: false })
      states = result.y
      y = tanh(result.y)
      output(graph, y)
    })
    expect(offset(plan, y)).not.toBe(offset(plan, states))
    expectNoOverlap(plan)
  })

  test('weights and inputs are never written over', () => {
    const graph = new Graph()
    const x = input(graph, [16])
    const y = tanh(x)
    output(graph, y)
    expect(planMemory(graph).offsets.has(x)).toBe(false)
    expect(planMemory(graph).offsets.get(y)).toBe(0)
  })

  test('what nobody reads is not computed', () => {
    const plan = planOf((graph) => {
      const x = input(graph, [4])
      slice(tanh(x), 0, 0, 2)
      output(graph, affine(x, 2))
    })
    expect(plan.nodes.map((n) => n.instruction)).toEqual(['affine', 'copy'])
  })

  test('a training step keeps what the backward pass reads', () => {
    const graph = new Graph()
    const shape = { T: 6, B: 2, I: 3, H: 4 }
    const x = input(graph, [shape.T, shape.B, shape.I])
    const kernel = input(graph, [shape.I, 4 * shape.H])
    const recurrentKernel = input(graph, [shape.H, 4 * shape.H])
    const { y } = lstm(x, { kernel, recurrentKernel }, { training: true })
    const statistics = graph.addBuffer('statistics', 'f64', 2, 'statistics')
    const loss = graph.tensor([2], 'f64', { buffer: statistics, offset: 0 })
    squaredError(y, input(graph, [shape.T, shape.B, shape.H]), { loss })
    for (const gradient of appendGradients(graph, [kernel, recurrentKernel]).values()) output(graph, gradient)
    const plan = planMemory(graph)
    expectNoOverlap(plan)
    expect(plan.nodes.map((n) => n.instruction)).toEqual([
      'lstm',
      'squared_error',
      'squared_error_backward',
      'lstm_backward',
      'copy',
      'copy',
    ])
  })

  test.each(['rnn', 'lstm', 'gru'] as const)('two walks of an %s side by side share no memory', (cell) => {
    let graph: Graph | undefined
    traceWalks({ cell, stacked: false, ragged: true, gradients: true }, undefined, (g) => {
      graph = g
    })
    const plan = planMemory(graph as Graph)
    expectNoOverlap(plan)
    for (const instruction of [cell, `${cell}_backward`] as const) {
      const at = plan.nodes.findIndex((n) => n.instruction === instruction)
      const [a, b] = [plan.nodes[at] as Node, plan.nodes[at + 1] as Node]
      expect(b.instruction).toBe(instruction)
      expect(conflicts(plan, a, b)).toEqual([])
      expect(conflicts(plan, b, a)).toEqual([])
    }
  })

  test('a walk that reads what the one before wrote costs no memory for both', () => {
    const arena = (stacked: boolean, reuse: boolean) => {
      let graph: Graph | undefined
      traceWalks({ cell: 'lstm', stacked, ragged: false, gradients: false }, undefined, (g) => {
        graph = g
      })
      return planMemory(graph as Graph, { reuse }).arenaElements
    }
    // c of the first walk dies there; c of the second may take its place, but not at the same time.
    expect(arena(true, true)).toBeLessThan(arena(false, true))
    expect(arena(true, false)).toBe(arena(false, false))
  })

  test('refuses a tensor beyond what a program can address', async () => {
    const text = await failureText(() => planOf((graph) => output(graph, tanh(huge(graph)))))
    expect(text).toBe(
      'OUT_OF_MEMORY program: expected a tensor of at most 2147483584 elements, received [1048576, 4096] at 1048576 ≤ 1048576, 4096 ≤ 4096',
    )
  })
})

/** Operands written by `a` that lie on operands of `b` in the arena. */
function conflicts(plan: Plan, a: Node, b: Node): string[] {
  const range = (tensor: Tensor): [number, number] | undefined => {
    const start = plan.offsets.get(rootOf(tensor))
    return start === undefined ? undefined : [start, start + capacityOf(rootOf(tensor))]
  }
  const written = instructionTable[a.instruction].operands.filter((o) => o.direction !== 'in')
  return written.flatMap(({ name }) => {
    const own = a.operands.get(name)
    const [start, end] = (own && range(own)) ?? [0, 0]
    return [...b.operands].flatMap(([other, tensor]) => {
      const [first, last] = range(tensor) ?? [0, 0]
      return start < last && first < end ? [`${name} on ${other}`] : []
    })
  })
}

/** The graph of a recipe, laid open for its plan. */
function planned(recipe: readonly Step[], gradients: boolean): Graph {
  let graph: Graph | undefined
  traceFunction(
    (b) => {
      graph = b.graph
      const y = build(b, recipe)
      if (gradients) b.fit(y)
      return { y }
    },
    { gradients },
  )
  return graph as Graph
}

function huge(graph: Graph): Tensor {
  return graph.tensor([1 << 20, 1 << 12])
}
