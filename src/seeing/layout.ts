/** Where nodes and arrows of a figure lie: a grid of rows and columns, and lanes between them for what has to go around. */
import type { Arrow, Box, Figure } from './expand.js'
import type { Outline, Role } from './outline.js'

export interface Point {
  readonly x: number
  readonly y: number
}

export interface PlacedBox {
  readonly box: Box
  readonly role: Role
  readonly center: Point
  readonly width: number
  readonly height: number
  /** A circle; otherwise a rectangle. */
  readonly round: boolean
}

export interface PlacedArrow {
  readonly arrow: Arrow
  /** From the border of one node to that of another; corners are rounded. */
  readonly points: readonly Point[]
  readonly label: Point
  /** Where the square of a delay stands. */
  readonly delay: Point | undefined
}

export interface Layout {
  readonly figure: Figure
  readonly boxes: readonly PlacedBox[]
  readonly arrows: readonly PlacedArrow[]
  readonly width: number
  readonly height: number
  /** Middle of each row. */
  readonly rows: readonly number[]
}

/** Pixels. */
const radius = 17
const layerWidth = 68
const layerHeight = 26
const laneWidth = 8
/** Between the columns, and between the rows. */
const gutter = 30
const gap = 40
const loopWidth = 40
const blockGap = 26
/** Above the highest row and under the lowest. */
const rowMargin = 12

const roundRoles: readonly Role[] = ['input', 'state', 'output', 'loss', 'target']

/** Space between two rows, or beside a column, that an edge goes through. */
interface Span {
  readonly from: number
  readonly to: number
}

/** Arrows of one edge share a lane, but for those that would run over one another. */
const laneKey = ({ edge, way }: Arrow): string => `${edge} ${way}`

/** Edges that go around something get a lane of their own wherever they would meet. */
function assignLanes(figure: Figure, folded: boolean): Map<string, number> {
  const spans = new Map<string, Span>()
  for (const arrow of figure.arrows) {
    if (isNeighbour(arrow, folded)) continue
    const rows = [arrow.from.row, arrow.to.row]
    const known = spans.get(laneKey(arrow))
    spans.set(laneKey(arrow), {
      from: Math.min(...rows, known?.from ?? Infinity),
      to: Math.max(...rows, known?.to ?? -Infinity),
    })
  }
  const lanes = new Map<string, number>()
  const shortFirst = [...spans].sort(([, a], [, b]) => a.to - a.from - (b.to - b.from))
  for (const [edge, span] of shortFirst) {
    const taken = [...lanes].filter(([other]) => {
      const { from, to } = spans.get(other) as Span
      return from <= span.to && span.from <= to
    })
    let lane = 0
    while (taken.some(([, n]) => n === lane)) lane++
    lanes.set(edge, lane)
  }
  return lanes
}

/** Straight between two neighbours of the grid. */
function isNeighbour({ from, to, delay }: Arrow, folded: boolean): boolean {
  if (folded && delay !== 0) return from === to
  if (from.row === to.row) return Math.abs(from.column - to.column) === 1
  // A flatter line would cross what stands beside its ends.
  if (to.row === from.row + 1) return Math.abs(from.column - to.column) <= 2
  return to.row === from.row - 1 && from.column === to.column
}

class Placement {
  readonly #lanes: ReadonlyMap<string, number>
  readonly #gutter: number
  readonly #height: number
  /** Middles of the rows, from the bottom. */
  readonly #rowsUp: number[] = []
  readonly #columns: number[] = []
  readonly #placed = new Map<Box, PlacedBox>()

  constructor(
    readonly outline: Outline,
    readonly figure: Figure,
    readonly folded: boolean,
    room: Room,
  ) {
    this.#lanes = assignLanes(figure, folded)
    this.#gutter = gutter + room.lanes * laneWidth
    let y = 0
    for (const lanes of room.gaps) {
      this.#rowsUp.push(y + radius)
      y += 2 * radius + gap + lanes * laneWidth
    }
    this.#height = y - gap + 2 * rowMargin
    let x = this.#gutter + layerWidth / 2
    for (const [b, { columns }] of figure.blocks.entries()) {
      if (b > 0) x += blockGap
      for (let c = 0; c < columns; c++) {
        this.#columns.push(x)
        x += layerWidth + this.#gutter + (folded ? loopWidth : 0)
      }
    }
  }

  #rowY(row: number): number {
    return this.#height - rowMargin - (this.#rowsUp[row] as number)
  }

  make(): Layout {
    const { figure, outline } = this
    for (const box of figure.boxes) {
      const { role } = outline.nodes[box.node]!
      const round = roundRoles.includes(role)
      const center = { x: this.#columns[box.column] as number, y: this.#rowY(box.row) }
      const [width, height] = round ? [2 * radius, 2 * radius] : [layerWidth, layerHeight]
      this.#placed.set(box, { box, role, center, width, height, round })
    }
    const right = Math.max(...this.#columns) + layerWidth / 2
    return {
      figure,
      boxes: [...this.#placed.values()],
      arrows: figure.arrows.map((arrow) => this.#arrow(arrow)),
      width: right + this.#gutter + (this.folded ? loopWidth : 0),
      height: this.#height,
      rows: Array.from({ length: figure.rows }, (_, row) => this.#rowY(row)),
    }
  }

  #arrow(arrow: Arrow): PlacedArrow {
    const from = this.#placed.get(arrow.from) as PlacedBox
    const to = this.#placed.get(arrow.to) as PlacedBox
    if (isNeighbour(arrow, this.folded))
      return arrow.from === arrow.to ? this.#loop(arrow, from) : this.#straight(arrow, from, to)
    const lane = (this.#lanes.get(laneKey(arrow)) ?? 0) + 1
    if (arrow.to.row > arrow.from.row && arrow.delay === 0) return this.#upward(arrow, from, to, lane)
    if (arrow.to.row === arrow.from.row) return this.#over(arrow, from, to, lane)
    return this.#downward(arrow, from, to, lane)
  }

  /** From border to border along the line of the centers. */
  #straight(arrow: Arrow, from: PlacedBox, to: PlacedBox): PlacedArrow {
    const points = [borderTowards(from, to.center), borderTowards(to, from.center)] as const
    const [a, b] = points
    const left = a.x < b.x ? from : to
    const share = arrow.from.column === arrow.to.column ? 0.5 : 0.7
    const label =
      arrow.from.row === arrow.to.row
        ? // The lanes are at the other side.
          { x: left.center.x + left.width / 2 + 15, y: a.y - 6 }
        : { x: a.x + (b.x - a.x) * share + 10, y: a.y + (b.y - a.y) * share + 4 }
    return { arrow, points, label, delay: undefined }
  }

  readonly #loops = new Map<Box, number>()

  /** Out at the right, through a square, and in again; a further one goes around the others. */
  #loop(arrow: Arrow, { box, center, width, round }: PlacedBox): PlacedArrow {
    const k = this.#loops.get(box) ?? 0
    this.#loops.set(box, k + 1)
    const dy = Math.min(14, (round ? 9 : 7) + 4 * k)
    const dx = round ? Math.sqrt(radius ** 2 - dy ** 2) : width / 2
    const outer = center.x + width / 2 + loopWidth - 14 + 9 * k
    const points = [
      { x: center.x + dx, y: center.y - dy },
      { x: outer, y: center.y - dy - 6 },
      { x: outer, y: center.y + dy + 6 },
      { x: center.x + dx, y: center.y + dy },
    ]
    const label = { x: center.x + width / 2 + loopWidth - 2 + 9 * k, y: center.y + 4 - 15 * k }
    return { arrow, points, label, delay: { x: outer, y: center.y - 15 * k } }
  }

  /** The lane at the left of a column. */
  #laneX(column: number, lane: number): number {
    return (this.#columns[column] as number) - layerWidth / 2 - 4 - lane * laneWidth
  }

  /** Left of what stands between: out at the top, in at the bottom. */
  #upward(arrow: Arrow, from: PlacedBox, to: PlacedBox, lane: number): PlacedArrow {
    const x = this.#laneX(arrow.to.column, lane)
    const out = top(from, -4 - 2 * lane)
    const into = bottom(to, -4 - 2 * lane)
    if (arrow.to.row === arrow.from.row + 1) {
      const y = this.#above(arrow.from.row, lane)
      const side = to.center.x > from.center.x ? 1 : -1
      const [start, end] = [top(from, side * (4 + 2 * lane)), bottom(to, -side * (4 + 2 * lane))]
      const points = [start, { x: start.x, y }, { x: end.x, y }, end]
      return { arrow, points, label: { x: end.x - side * 14, y: y + 4 }, delay: undefined }
    }
    const [low, high] = [this.#above(arrow.from.row, lane), this.#below(arrow.to.row, lane)]
    const points = [out, { x: out.x, y: low }, { x, y: low }, { x, y: high }, { x: into.x, y: high }, into]
    return { arrow, points, label: { x, y: low - 7 - (lane - 1) * 5 }, delay: undefined }
  }

  /** Over what stands between in the same row. */
  #over(arrow: Arrow, from: PlacedBox, to: PlacedBox, lane: number): PlacedArrow {
    const side = to.center.x > from.center.x ? 1 : -1
    const [out, into] = [top(from, side * (4 + 2 * lane)), top(to, -side * (4 + 2 * lane))]
    const y = this.#above(arrow.from.row, lane)
    const points = [out, { x: out.x, y }, { x: into.x, y }, into]
    return { arrow, points, label: { x: (out.x + into.x) / 2, y: y - 4 }, delay: undefined }
  }

  /** Down beside the columns: how an output comes back to a state. */
  #downward(arrow: Arrow, from: PlacedBox, to: PlacedBox, lane: number): PlacedArrow {
    const out = { x: from.center.x + from.width / 2, y: from.center.y }
    const dy = -8
    const edge = to.round ? Math.sqrt(radius ** 2 - dy ** 2) : to.width / 2
    if (this.folded && arrow.delay !== 0) {
      const x = from.center.x + layerWidth / 2 + loopWidth + lane * laneWidth - 4
      const into = { x: to.center.x + edge, y: to.center.y + dy }
      const points = [out, { x, y: out.y }, { x, y: into.y }, into]
      const middle = (out.y + into.y) / 2
      return { arrow, points, label: { x: x + 12, y: middle + 4 }, delay: { x, y: middle } }
    }
    const into = { x: to.center.x - edge, y: to.center.y + dy }
    const x = this.#laneX(arrow.to.column, lane)
    const label = { x, y: out.y + 26 }
    if (arrow.to.column === arrow.from.column + 1)
      return { arrow, points: [out, { x, y: out.y }, { x, y: into.y }, into], label, delay: undefined }
    const y = this.#above(arrow.from.row, lane)
    const up = top(from, 4 + 2 * lane)
    const points = [up, { x: up.x, y }, { x, y }, { x, y: into.y }, into]
    return { arrow, points, label, delay: undefined }
  }

  #above(row: number, lane: number): number {
    return this.#rowY(row) - radius - 4 - lane * laneWidth
  }

  #below(row: number, lane: number): number {
    return this.#rowY(row) + radius + 8 + lane * laneWidth
  }
}

/** The point of the upper border at this distance from the middle. */
function top(box: PlacedBox, dx: number): Point {
  const { center, height, round } = box
  const held = Math.max(-12, Math.min(12, dx))
  return { x: center.x + held, y: center.y - (round ? Math.sqrt(radius ** 2 - held ** 2) : height / 2) }
}

function bottom(box: PlacedBox, dx: number): Point {
  const { center, height, round } = box
  const held = Math.max(-12, Math.min(12, dx))
  return { x: center.x + held, y: center.y + (round ? Math.sqrt(radius ** 2 - held ** 2) : height / 2) }
}

/** Where the line from the middle to a point leaves the node. */
function borderTowards({ center, width, height, round }: PlacedBox, point: Point): Point {
  const [dx, dy] = [point.x - center.x, point.y - center.y]
  const share = round
    ? radius / Math.hypot(dx, dy)
    : Math.min(width / 2 / Math.abs(dx || 1e-9), height / 2 / Math.abs(dy || 1e-9))
  return { x: center.x + dx * share, y: center.y + dy * share }
}

/** What the figures of a model need: lanes beside each column, and lanes above each row. */
export interface Room {
  readonly lanes: number
  readonly gaps: readonly number[]
}

/** Enough for all of these figures, which then have their rows at the same height. */
export function roomFor(figures: readonly { readonly figure: Figure; readonly folded: boolean }[]): Room {
  const lanes: number[] = []
  // Going out of a row, and coming into it.
  const [out, into]: [number[], number[]] = [[], []]
  for (const { figure, folded } of figures) {
    const assigned = assignLanes(figure, folded)
    for (const arrow of figure.arrows) {
      const { from, to } = arrow
      const lane = assigned.get(laneKey(arrow))
      if (lane === undefined) continue
      lanes.push(lane + 1)
      out[from.row] = Math.max(out[from.row] ?? 0, lane + 1)
      into[to.row] = Math.max(into[to.row] ?? 0, lane + 1)
    }
  }
  const rows = Math.max(...figures.map(({ figure }) => figure.rows))
  return {
    lanes: Math.max(0, ...lanes),
    gaps: Array.from({ length: rows }, (_, row) => (out[row] ?? 0) + (into[row + 1] ?? 0)),
  }
}

export function placeFigure(outline: Outline, figure: Figure, folded: boolean, room: Room): Layout {
  return new Placement(outline, figure, folded, room).make()
}
