import { directions, operandTypes, type ValueType } from '../../contract/index.js'
import { isSize } from './parse.js'
import { invalid, type Place } from './refuse.js'
import type { AxisRule, InstructionRule } from './rules.js'

/** A value at actual sizes: its place in its buffer and its shape. */
export interface PlacedValue {
  readonly buffer: number
  readonly offset: number
  readonly elements: number
  readonly type: ValueType
  readonly shape: readonly number[]
  /** Elements it moves on from step to step of its loop. */
  readonly stride: number
}

type Operands = readonly (PlacedValue | undefined)[]

/** Operands of type `word` move data without reading it: all of one instruction have the same type. */
export function checkWords(rule: InstructionRule, operands: Operands, place: Place): void {
  let first: PlacedValue | undefined
  for (const [position, operand] of operands.entries()) {
    const { type, name } = rule.operands[position]!
    if (!operand || type !== operandTypes.word) continue
    first ??= operand
    if (operand.type !== first.type) {
      const problem = `operand "${name}": expected ${first.type}, received ${operand.type}`
      invalid('operandType', { ...place, position }, problem)
    }
  }
}

/** Binds the variables from required operands, then checks every axis of every operand against them. */
export function matchShapes(rule: InstructionRule, operands: Operands, place: Place): number[] {
  const matched = operands.map((operand, position) => {
    const { axes, name } = rule.operands[position]!
    if (!operand) return undefined
    const refuse = () =>
      invalid(
        'operandShape',
        { ...place, position },
        `operand "${name}": expected ${axes.length} axes, received [${operand.shape}]`,
      )
    return matchAxes(operand.shape, axes) ?? refuse()
  })

  const variables: number[] = new Array(rule.variableNames.length).fill(-1)
  for (const [position, extents] of matched.entries()) {
    const { axes, optional } = rule.operands[position]!
    if (!extents || optional) continue
    for (const [i, { alone }] of axes.entries()) {
      if (alone >= 0 && variables[alone] === -1) variables[alone] = extents[i]!
    }
  }

  for (const [position, extents] of matched.entries()) {
    const { axes, name } = rule.operands[position]!
    for (const [i, extent] of (extents ?? []).entries()) {
      const expected = axisSize(axes[i]!, variables)
      if (extent === expected) continue
      const known = rule.variableNames.map((v, j) => `${v} = ${variables[j]}`).join(', ')
      const shape = `[${operands[position]!.shape}]`
      const problem = `operand "${name}" ${shape}: expected axis ${i} to be ${expected} (${known}), received ${extent}`
      invalid('operandShape', { ...place, position }, problem)
    }
  }
  return variables
}

/** The extent that each axis of the pattern stands for; undefined where the rank does not fit. */
function matchAxes(shape: readonly number[], axes: readonly AxisRule[]): number[] | undefined {
  const rest = axes.findIndex((axis) => axis.rest)
  if (rest < 0) return shape.length === axes.length ? [...shape] : undefined
  const surplus = shape.length - (axes.length - 1)
  if (surplus < 0) return undefined
  const product = shape.slice(rest, rest + surplus).reduce((a, b) => a * b, 1)
  // An axis of 0 elsewhere lets any product through the check of the whole.
  if (!isSize(product)) return undefined
  return [...shape.slice(0, rest), product, ...shape.slice(rest + surplus)]
}

function axisSize({ constant, terms }: AxisRule, variables: readonly number[]): number {
  return terms.reduce(
    (sum, { coefficient, variable, round }) =>
      sum + coefficient * Math.ceil(variables[variable]! / round) * round,
    constant,
  )
}

/**
 * What is written overlaps nothing else, except that an output may lie exactly on the input it replaces. Operands that move
 * with different strides are kept apart over all `steps` of the loop.
 */
export function checkOverlaps(rule: InstructionRule, operands: Operands, steps: number, place: Place): void {
  for (const [position, a] of operands.entries()) {
    const written = rule.operands[position]!
    if (!a || written.direction === directions.in) continue
    for (const [otherPosition, b] of operands.entries()) {
      if (!b || otherPosition === position || !overlap(a, b, steps)) continue
      const other = rule.operands[otherPosition]!
      const same = a.offset === b.offset && a.elements === b.elements && a.stride === b.stride
      if (same && (written.inPlaceOf === otherPosition || other.inPlaceOf === position)) continue
      invalid('operandOverlap', { ...place, position }, `operand "${written.name}" overlaps "${other.name}"`)
    }
  }
}

function overlap(a: PlacedValue, b: PlacedValue, steps: number): boolean {
  if (a.buffer !== b.buffer || a.elements === 0 || b.elements === 0) return false
  const end = ({ offset, elements, stride }: PlacedValue): number =>
    offset + elements + (a.stride === b.stride ? 0 : Math.max(0, steps - 1) * stride)
  return a.offset < end(b) && b.offset < end(a)
}
