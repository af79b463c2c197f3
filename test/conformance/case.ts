import type { ParameterRange } from '../../src/backends/reference/arguments.js'
import type { InstructionName, Status } from '../../src/contract/index.js'
import { RandomStream } from '../../src/random/random.js'

/** How the numbers of a given tensor are made; every one is a float32 or an int32, so all executors get the same. */
export type Data =
  | { readonly normal: number }
  | { readonly uniform: readonly [number, number] }
  /** Whole numbers from the first to the last, both included. */
  | { readonly integers: readonly [number, number] }
  | readonly number[]

export interface Step {
  readonly instruction: InstructionName
  /** Which optional operands are there. */
  readonly optional?: readonly string[]
  /** Instead of those of the case. */
  readonly attributes?: Readonly<Record<string, number>>
}

/**
 * One program of one or two instructions over tensors named as the operands; operands of the same name are one tensor, so
 * a forward instruction hands over to its backward.
 */
export interface Case {
  readonly name: string
  readonly steps: readonly Step[]
  readonly variables: Readonly<Record<string, number>>
  /** A precision that is not told is float32. */
  readonly attributes?: Readonly<Record<string, number>>
  readonly scalars?: Readonly<Record<string, number>>
  readonly ranges?: readonly ParameterRange[]
  readonly data?: Readonly<Record<string, Data>>
  /** The type of `word` operands; f32 unless told. */
  readonly words?: 'f32' | 'i32'
  /** Largest allowed difference, where that of the contract cannot hold; with the reason. */
  readonly tolerance?: number
  /** The numbers are small integers and every sum is exact: any difference is a mistake. */
  readonly exact?: true
  /** What the run ends with; ok unless told. */
  readonly status?: Status
}

export type CaseList = readonly Case[]

/** Tensors of the given size for a case: the same for all executors, and for ever. */
export function generate(of: Case, tensor: string, elements: number, fallback: Data): Float64Array {
  const data = of.data?.[tensor] ?? fallback
  const stream = new RandomStream(1).fork(of.name).fork(tensor)
  if (Array.isArray(data)) {
    if (data.length !== elements) throw new Error(`${of.name}: "${tensor}" needs ${elements} numbers`)
    return Float64Array.from(data as readonly number[], (v) => Math.fround(v))
  }
  return Float64Array.from({ length: elements }, () =>
    Math.fround(draw(data as Exclude<Data, readonly number[]>, stream)),
  )
}

function draw(data: Exclude<Data, readonly number[]>, stream: RandomStream): number {
  if ('normal' in data) return stream.normal() * data.normal
  if ('uniform' in data) return data.uniform[0] + (data.uniform[1] - data.uniform[0]) * stream.uniform()
  return data.integers[0] + stream.integer(data.integers[1] - data.integers[0] + 1)
}
