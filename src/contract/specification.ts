/**
 * The language in which instructions are described as data.
 *
 * A shape pattern is a list of axes. An axis is `'T'` (binds or checks a variable), `'T+1'`, `'4*H'`, `'M+N'`,
 * `'4*H@16'` (H rounded up to a multiple of 16), a number such as `'1'`, or `'...N'` (the product of all axes not
 * matched otherwise, at most once a pattern). A variable is bound where it first stands alone; everywhere else it is checked.
 */

/** What may lie in memory. `word` accepts f32 or i32 (data is moved, not read); all `word` operands of one instruction agree. */
export type OperandType = 'f32' | 'i32' | 'f64' | 'word'

/**
 * `in` is read; `out` is overwritten in full; `inout` is read and written; `scratch` is working memory without meaning before or after.
 */
export type Direction = 'in' | 'out' | 'inout' | 'scratch'

export interface OperandSpecification {
  readonly name: string
  readonly direction: Direction
  readonly type: OperandType
  readonly shape: readonly string[]
  /** May be absent (−1 in the program). */
  readonly optional?: true
  /** This output may lie exactly on the named input, which then dies here. */
  readonly inPlaceOf?: string
}

export type AttributeSpecification = { readonly name: string } & (
  | { readonly kind: 'integer'; readonly minimum: number; readonly maximum: number }
  /** A float32 constant, stored as its bits. */
  | { readonly kind: 'float' }
  /** An index into the run-time scalar table. */
  | { readonly kind: 'scalar' }
  /** Entries of the range table (offset, length, decay, rate), each inside the named variable. */
  | { readonly kind: 'ranges'; readonly within: string }
)

export interface InstructionSpecification {
  /** Never reused, never renumbered within a program version. */
  readonly code: number
  readonly summary: string
  /** Dimension variables, in the order in which executors receive them. */
  readonly variables: readonly string[]
  readonly operands: readonly OperandSpecification[]
  readonly attributes: readonly AttributeSpecification[]
  /** `attribute + plus ≤ atMost`, over the variables of the instruction. */
  readonly constraints?: readonly {
    readonly attribute: string
    readonly plus: string
    readonly atMost: string
  }[]
  /** Multiply-adds (or elements touched) as products of variables, for the work limit. */
  readonly work: readonly string[]
  /** Largest allowed |a − b| / (1 + |b|) between float32 executors and the float64 reference. */
  readonly tolerance: number
}

/** One axis of a pattern: constant + Σ coefficient · roundUp(variable, round). */
export interface Axis {
  readonly rest: boolean
  readonly constant: number
  readonly terms: readonly {
    readonly coefficient: number
    readonly variable: number
    readonly round: number
  }[]
}

/** Parses one axis of a shape pattern; the variable list gives each name its index. */
export function parseAxis(text: string, variables: readonly string[]): Axis {
  const rest = text.startsWith('...')
  let constant = 0
  const terms: { coefficient: number; variable: number; round: number }[] = []
  for (const part of text.slice(rest ? 3 : 0).split('+')) {
    const match = /^(?:(\d+)|(?:(\d+)\*)?([A-Za-z]+)(?:@(\d+))?)$/.exec(part)
    if (!match) throw new Error(`malformed axis "${text}"`)
    const [, number, coefficient, name, round] = match
    if (number !== undefined) {
      constant += Number(number)
      continue
    }
    const variable = variables.indexOf(name ?? '')
    if (variable < 0) throw new Error(`axis "${text}" names the unknown variable "${name}"`)
    terms.push({ coefficient: Number(coefficient ?? 1), variable, round: Number(round ?? 1) })
  }
  return { rest, constant, terms }
}

/** True where the axis is a variable standing alone, so that it can bind it. */
export function bindsVariable(axis: Axis): boolean {
  const [term] = axis.terms
  return axis.constant === 0 && axis.terms.length === 1 && term?.coefficient === 1 && term.round === 1
}
