/** How layers that hold other layers are drawn: a row for each of these, and the ways back among them. */
import type { AnyLayer } from '../layers/layer.js'
import type { OutlineNode, Role, Step } from './outline.js'

/** A tensor: the steps of a node of the outline. */
export interface End {
  readonly node: number
  readonly step: Step
  /** Its first step is that of the last column. */
  readonly reversed: boolean
}

/** What is drawn on. */
export interface Sheet {
  readonly nodes: readonly OutlineNode[]
  /** The letter of the weights that a layer applies to its input, to its states, or otherwise; empty where it has none. */
  readonly letters: { of(letter: 'U' | 'W' | 'V' | 'E', owner: string): string }
  node(node: OutlineNode): number
  edge(from: End, to: End, more?: { label?: string; lag?: number; state?: boolean }): void
  /** What has steps of another source is seen as a whole. */
  gathered(end: End, axis: number | undefined): End
}

/** A layer inside another one. */
export interface Inside {
  readonly kind: string
  /** Begins the names of its weights. */
  readonly path: string
  /** It has a state. */
  readonly walks: boolean
}

const holders: Readonly<Record<string, string>> = { outputFeedback: 'layers', recurrentAttention: 'cells' }

/** The layers that a layer takes along time together; undefined where it is none of that kind. */
export function partsOf(name: string, { kind, options }: AnyLayer): readonly Inside[] | undefined {
  const held = holders[kind]
  if (held === undefined) return undefined
  const parts = options[held] as unknown as { kind: string; name: string; options: object }[]
  return parts.map((part) => ({
    kind: part.kind,
    path: `${name}/${part.name}`,
    walks: 'returnSequences' in part.options,
  }))
}

/** What begins the names of the weights of the layers inside a layer. */
export function pathsInside(name: string, layer: AnyLayer): readonly string[] {
  const cells = (partsOf(name, layer) ?? []).map(({ path }) => path)
  return layer.kind === 'recurrentAttention' ? [...cells, `${name}/attention`] : cells
}

/** The rows of one layer. */
class Rows {
  readonly #sheet: Sheet
  readonly #axis: number | undefined
  readonly #reversed: boolean

  constructor(sheet: Sheet, { node, reversed }: End) {
    this.#sheet = sheet
    this.#axis = sheet.nodes[node]?.axis
    this.#reversed = reversed
  }

  add(role: Role, symbol: string, name: string): End {
    const [axis, reversed] = [this.#axis, this.#reversed]
    return { node: this.#sheet.node({ role, symbol, name, axis, reversed }), step: 'each', reversed }
  }

  /** From each step to the next one. */
  ahead(from: End, to: End, label: string): void {
    this.#sheet.edge(from, to, { label, lag: this.#reversed ? -1 : 1, state: true })
  }

  /** Layers upon one another. The first of them reads x. */
  stack(parts: readonly Inside[], x: End): End[] {
    const { letters } = this.#sheet
    const made: End[] = []
    for (const { kind, path, walks } of parts) {
      const row = this.add(walks ? 'state' : 'layer', walks ? 'h' : kind, path)
      this.#sheet.edge(made.at(-1) ?? x, row, { label: letters.of(walks ? 'U' : 'V', path) })
      if (walks) this.ahead(row, row, letters.of('W', path))
      made.push(row)
    }
    return made
  }
}

/** `outputFeedback`: the way back from the last layer to the first. Its output, and what the targets of the step before go to. */
export function feedbackRows(
  sheet: Sheet,
  { options }: AnyLayer,
  parts: readonly Inside[],
  x: End,
): { output: End; taught: readonly number[] } {
  const rows = new Rows(sheet, x)
  const made = rows.stack(parts, x)
  const [first, output] = [made[0] as End, made.at(-1) as End]
  rows.ahead(output, first, String(options['feedback']))
  return { output, taught: options['teacherForcing'] === 0 ? [] : [first.node] }
}

/** `recurrentAttention`: what looks at the memory, before the cells or behind them, and what comes out of both. */
export function attentionRows(
  sheet: Sheet,
  name: string,
  layer: AnyLayer,
  parts: readonly Inside[],
  [x, memory, ...initial]: readonly End[],
): readonly End[] {
  const { letters } = sheet
  const seen = sheet.gathered(memory as End, sheet.nodes[(x as End).node]?.axis)
  const rows = new Rows(sheet, x as End)
  const before = layer.options['attends'] === 'before'
  const attention = (): End => {
    const path = `${name}/attention`
    const row = rows.add('merge', 'attention', path)
    sheet.edge(seen, row, { label: letters.of('V', path) })
    return row
  }
  const first = before ? attention() : undefined
  const cells = rows.stack(parts, x as End)
  const [bottom, top] = [cells[0] as End, cells.at(-1) as End]
  const looks = first ?? attention()
  const input = letters.of('U', (parts[0] as Inside).path)
  if (before) {
    rows.ahead(top, looks, '')
    sheet.edge(looks, bottom, { label: input })
  } else sheet.edge(top, looks)
  const output = before ? rows.add('merge', '‖', name) : rows.add('layer', 'tanh', name)
  const label = letters.of('V', name)
  for (const end of [top, looks]) sheet.edge(end, output, { label })
  if (!before) rows.ahead(output, bottom, input)
  // States of all cells, in their order: each begins the row of its cell.
  const states = 'states' in layer ? (layer.states as readonly string[]) : []
  for (const [i, end] of initial.entries()) {
    const cell = parts.findIndex(({ path }) => states[i]?.startsWith(`${path.slice(name.length + 1)}/`))
    const { node, reversed } = cells[cell] as End
    sheet.edge(end, { node, step: reversed ? 'last' : 'first', reversed }, { state: true })
  }
  return [output, looks]
}
