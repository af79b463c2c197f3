import {
  type AttributeSpecification,
  instructionTable,
  type OperandSpecification,
  parseAxis,
  precisions,
  type SegmentKind,
  type ValueType,
} from '../../src/contract/index.js'
import { optimizers } from '../../src/contract/instructions/optimizers.js'
import { Assembler, floatBits } from './assembler.js'
import type { Case, Step } from './case.js'

/**
 * Ways to lay out the program of one case. They must not change a number:
 * - plain: sizes are constants, every tensor a buffer of its own, aligned;
 * - moving: T and B are run-time dimensions below their capacity, tensors start off alignment, weights are parameters;
 * - in place: outputs that may lie on an input do, both in the arena.
 */
export const layouts = ['plain', 'moving', 'in place'] as const
export type Layout = (typeof layouts)[number]

export type Home = 'input' | 'output' | 'parameters' | 'slots' | 'states' | 'statistics' | 'arena'

/** Where a tensor of a case lies. */
export interface Tensor {
  readonly name: string
  readonly type: ValueType
  readonly home: Home
  /** Among the inputs or outputs of the program; 0 elsewhere. */
  readonly position: number
  readonly offset: number
  readonly elements: number
  /** Its numbers are there before the run. */
  readonly given: boolean
  /** Its numbers after the run count. */
  readonly result: boolean
  /** Largest allowed difference, where they count. */
  readonly tolerance: number
}

export interface LoweredCase {
  readonly words: Int32Array
  readonly segment: SegmentKind
  readonly tensors: readonly Tensor[]
  /** In the order of the program's input dimensions. */
  readonly dimensions: readonly number[]
  readonly scalars: readonly number[]
  readonly parameterElements: number
  readonly slotElements: number
}

/** Only the executor that wrote these can read them. */
const opaque = new Set(['saved', 'dGates'])
/** What lies in the parameters where the layout moves. */
export const weights = new Set(['kernel', 'recurrentKernel', 'bias', 'recurrentBias', 'b', 'table'])
const runTime = ['T', 'B']
const spare = 3

interface Declared {
  readonly name: string
  readonly specification: OperandSpecification
  readonly variables: readonly string[]
  readonly given: boolean
  written: boolean
  tolerance: number
}

/** The operands of all steps by name, absent ones left out. */
function declare({ steps }: Case): Map<string, Declared> {
  const tensors = new Map<string, Declared>()
  for (const { instruction, optional = [] } of steps) {
    const { operands, variables, tolerance } = instructionTable[instruction]
    for (const specification of operands) {
      const { name, direction } = specification
      if (specification.optional && !optional.includes(name)) continue
      const given = direction === 'in' || direction === 'inout'
      const written = direction !== 'in'
      const known = tensors.get(name)
      if (!known) tensors.set(name, { name, specification, variables, given, written, tolerance })
      else if (written) Object.assign(known, { written, tolerance: Math.max(tolerance, known.tolerance) })
    }
  }
  return tensors
}

function homeOf({ name, specification: { direction, type }, given }: Declared, layout: Layout): Home {
  if (opaque.has(name)) return 'arena'
  if (type === 'f64') return 'statistics'
  if (!given) return 'output'
  if (direction === 'inout')
    return name === 'slab' ? 'states' : name === 'parameters' ? 'parameters' : 'slots'
  return layout === 'moving' && weights.has(name) ? 'parameters' : 'input'
}

/** The program of a case in one layout; undefined where the layout has nothing to offer. */
export function lowerCase(of: Case, layout: Layout): LoweredCase | undefined {
  const inPlace = layout === 'in place'
  if (
    inPlace &&
    !of.steps.some(({ instruction }) => instructionTable[instruction].operands.some((o) => o.inPlaceOf))
  ) {
    return undefined
  }
  const assembler = new Assembler()
  const axes = new AxisDimensions(assembler, of, layout)
  const flat = new FlatBuffers(assembler)
  const pad = layout === 'moving' ? 1 : 16
  const tensors: Tensor[] = []
  const values = new Map<string, number>()
  const moved: (() => void)[] = []
  const positions = { input: 0, output: 0 }

  for (const declared of declare(of).values()) {
    const { name, specification, variables, given, written, tolerance } = declared
    const type = specification.type === 'word' ? (of.words ?? 'f32') : specification.type
    const { dimensions, elements, capacity } = axes.of(specification.shape, variables)
    const home = homeOf(declared, layout)
    const result = written && !opaque.has(name)
    const place = {
      name,
      type,
      home,
      elements,
      given,
      result,
      tolerance: of.exact ? 0 : (of.tolerance ?? tolerance),
    }
    if (home === 'input' || home === 'output') {
      const buffer = assembler.buffer(home, type, pad + capacity + spare)
      values.set(name, assembler.value(buffer, type, pad, dimensions))
      tensors.push({ ...place, position: positions[home]++, offset: pad })
    } else {
      const offset = flat.reserve(home, pad, capacity)
      moved.push(() => values.set(name, assembler.value(flat.buffer(home), type, offset, dimensions)))
      tensors.push({ ...place, position: 0, offset })
    }
  }
  const copies = inPlace ? placeInArena(of, assembler, axes, flat, values) : undefined
  flat.declare()
  for (const add of moved) add()

  copies?.before()
  const scalars: number[] = []
  for (const step of of.steps) {
    const { operands, attributes } = instructionTable[step.instruction]
    const present = operands.map(({ name, optional }) =>
      optional && !step.optional?.includes(name) ? -1 : (copies?.moved.get(name) ?? values.get(name)!),
    )
    assembler.instruction(
      step.instruction,
      present,
      attributes.flatMap((a) => attributeWords(of, step, a, assembler, scalars)),
    )
  }
  copies?.after()
  assembler.scalars = scalars.length
  const segment = of.steps.some(({ instruction }) => instruction in optimizers) ? 'update' : 'forward'
  assembler.segment(segment, 0, assembler.instructionCount)
  return {
    words: assembler.build(),
    segment,
    tensors,
    dimensions: axes.actual,
    scalars,
    parameterElements: flat.elements('parameters'),
    slotElements: flat.elements('slots'),
  }
}

function attributeWords(
  of: Case,
  step: Step,
  { name, kind }: AttributeSpecification,
  assembler: Assembler,
  scalars: number[],
): number[] {
  if (kind === 'ranges') {
    const entries = (of.ranges ?? []).map((range) => assembler.range(range))
    return [entries[0] ?? 0, entries.length]
  }
  const byDefault = name === 'precision' ? precisions.float32 : undefined
  const value =
    kind === 'scalar' ? of.scalars?.[name] : ({ ...of.attributes, ...step.attributes }[name] ?? byDefault)
  if (value === undefined) throw new Error(`${of.name}: no value for the attribute "${name}"`)
  if (kind === 'scalar') return [scalars.push(value) - 1]
  return [kind === 'float' ? floatBits(value) : value]
}

/** Copies what an output may lie on to the arena, where it does, and the output back from there. */
function placeInArena(
  of: Case,
  assembler: Assembler,
  axes: AxisDimensions,
  flat: FlatBuffers,
  values: ReadonlyMap<string, number>,
) {
  const moved = new Map<string, number>()
  const pairs = of.steps.flatMap(({ instruction }) => {
    const { operands, variables } = instructionTable[instruction]
    return operands.flatMap(({ name, inPlaceOf, shape }) => {
      if (inPlaceOf === undefined || !values.has(name) || !values.has(inPlaceOf)) return []
      const { dimensions, capacity } = axes.of(shape, variables)
      return [{ name, inPlaceOf, dimensions, offset: flat.reserve('arena', 0, capacity) }]
    })
  })
  return {
    moved,
    before: () => {
      for (const { name, inPlaceOf, dimensions, offset } of pairs) {
        const value = assembler.value(flat.buffer('arena'), 'f32', offset, dimensions)
        assembler.instruction('copy', [values.get(inPlaceOf)!, value], [])
        moved.set(name, value)
        moved.set(inPlaceOf, value)
      }
    },
    after: () => {
      for (const { name } of pairs) assembler.instruction('copy', [moved.get(name)!, values.get(name)!], [])
    },
  }
}

/** The dimension entries that a case needs. */
class AxisDimensions {
  readonly actual: number[] = []
  readonly #assembler: Assembler
  readonly #case: Case
  readonly #layout: Layout
  readonly #entries = new Map<string, number>()

  constructor(assembler: Assembler, of: Case, layout: Layout) {
    this.#assembler = assembler
    this.#case = of
    this.#layout = layout
  }

  of(shape: readonly string[], variables: readonly string[]) {
    const dimensions: number[] = []
    let [elements, capacity] = [1, 1]
    for (const text of shape) {
      const axis = parseAxis(text, variables)
      const size = (spareElements: number) =>
        axis.terms.reduce((sum, { coefficient, variable, round }) => {
          const name = variables[variable]!
          const value = this.#variable(name) + (this.#moves(name) ? spareElements : 0)
          return sum + coefficient * Math.ceil(value / round) * round
        }, axis.constant)
      elements *= size(0)
      capacity *= size(spare)
      const [term] = axis.terms
      const name = term && variables[term.variable]!
      if (name !== undefined && this.#moves(name)) dimensions.push(this.#moving(name, axis.constant))
      else if (axis.rest && this.#layout === 'moving')
        dimensions.push(...factors(size(0)).map((n) => this.#constant(n)))
      else dimensions.push(this.#constant(size(0)))
    }
    return { dimensions, elements, capacity }
  }

  #variable(name: string): number {
    const value = this.#case.variables[name]
    if (value === undefined) throw new Error(`${this.#case.name}: no value for the variable ${name}`)
    return value
  }

  #moves(name: string): boolean {
    return this.#layout === 'moving' && runTime.includes(name)
  }

  #constant(value: number): number {
    return this.#entry(`${value}`, () => this.#assembler.constant(value))
  }

  #moving(name: string, plus: number): number {
    const capacity = this.#variable(name) + spare
    const base = this.#entry(name, () => {
      this.actual.push(this.#variable(name))
      return this.#assembler.input(capacity)
    })
    return plus === 0
      ? base
      : this.#entry(`${name}+${plus}`, () => this.#assembler.sum(base, plus, capacity + plus))
  }

  #entry(key: string, add: () => number): number {
    const index = this.#entries.get(key) ?? add()
    this.#entries.set(key, index)
    return index
  }
}

/** n as the product of two axes, so that `...rest` covers more than one. */
function factors(n: number): number[] {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return [d, n / d]
  return [1, n]
}

/** The buffers of which a program has one, as many tensors as it may hold. */
class FlatBuffers {
  readonly #assembler: Assembler
  readonly #ends = new Map<Home, number>()
  readonly #indices = new Map<Home, number>()

  constructor(assembler: Assembler) {
    this.#assembler = assembler
  }

  reserve(home: Home, pad: number, elements: number): number {
    const offset = this.elements(home) + pad
    this.#ends.set(home, offset + elements)
    return offset
  }

  declare(): void {
    for (const [home, elements] of this.#ends) {
      this.#indices.set(home, this.#assembler.buffer(home, home === 'statistics' ? 'f64' : 'f32', elements))
    }
  }

  buffer(home: Home): number {
    return this.#indices.get(home)!
  }

  elements(home: Home): number {
    return this.#ends.get(home) ?? 0
  }
}
