/** The picture of a model as SVG: folded, unfolded beside it, and what the letters stand for. */
import { expand } from './expand.js'
import { type Layout, type PlacedArrow, type PlacedBox, type Point, placeFigure, roomFor } from './layout.js'
import type { LegendEntry, Outline, OutlineNode, Role } from './outline.js'
import { escapeXml, round, shorten, svgDocument, textElement } from './svg.js'

const fills: Readonly<Record<Role, string>> = {
  input: '#e3eefb',
  state: '#fdeccb',
  layer: '#f3f3f3',
  merge: '#ffffff',
  output: '#e2f3e0',
  loss: '#f9dfe1',
  target: '#efe6f7',
}

const letterFill = '#8a3324'

/** Pixels. */
const margin = 16
const labelWidth = 178
const between = 70
const header = 34
const legendLine = 20

/** A line through points, its corners rounded. */
export function pathThrough(points: readonly Point[], radius = 7): string {
  const [first, ...rest] = points as [Point, ...Point[]]
  const parts = [`M${round(first.x)} ${round(first.y)}`]
  for (const [i, point] of rest.entries()) {
    const [before, after] = [points[i] as Point, rest[i + 1]]
    if (!after) {
      parts.push(`L${round(point.x)} ${round(point.y)}`)
      continue
    }
    const towards = (other: Point): Point => {
      const length = Math.hypot(other.x - point.x, other.y - point.y)
      const share = length === 0 ? 0 : Math.min(radius, length / 2) / length
      return { x: point.x + (other.x - point.x) * share, y: point.y + (other.y - point.y) * share }
    }
    const [a, b] = [towards(before), towards(after)]
    parts.push(`L${round(a.x)} ${round(a.y)}Q${round(point.x)} ${round(point.y)} ${round(b.x)} ${round(b.y)}`)
  }
  return parts.join('')
}

function drawBox({ box, role, center, width, height, round: isRound }: PlacedBox, name: string): string {
  const { x, y } = center
  const style = `fill="${fills[role]}" stroke="#333" stroke-width="1.2"`
  const shape = isRound
    ? `<circle cx="${round(x)}" cy="${round(y)}" r="${round(width / 2)}" ${style}/>`
    : `<rect x="${round(x - width / 2)}" y="${round(y - height / 2)}" width="${width}" height="${height}" rx="5" ${style}/>`
  const size = isRound ? 14 : box.text.length === 1 ? 15 : 10.5
  const text = textElement(x, y + size / 3, shorten(box.text, 10), { size })
  return `<g id="${escapeXml(box.id)}"><title>${escapeXml(name)}</title>${shape}${text}</g>`
}

function drawArrow({ arrow, points, delay }: PlacedArrow): string {
  const square = delay
    ? `<rect x="${round(delay.x - 4)}" y="${round(delay.y - 4)}" width="8" height="8" fill="#222"/>`
    : ''
  const ends = `data-from="${escapeXml(arrow.from.id)}" data-to="${escapeXml(arrow.to.id)}"`
  return `<path d="${pathThrough(points)}" ${ends} fill="none" stroke="#444" stroke-width="1.2" marker-end="url(#head)"/>${square}`
}

function drawLabel({ arrow, label, delay }: PlacedArrow): string {
  const steps = arrow.delay > 0 ? `t−${arrow.delay}` : `t+${-arrow.delay}`
  const parts = [
    arrow.label,
    ...(delay && Math.abs(arrow.delay) + (arrow.delay < 0 ? 1 : 0) > 1 ? [steps] : []),
  ]
  const text = parts.filter((part) => part !== '').join(' ')
  if (text === '') return ''
  return textElement(label.x, label.y, text, {
    size: 11,
    fill: letterFill,
    rim: true,
    ...(delay ? { anchor: 'start' } : {}),
  })
}

function drawFigure(layout: Layout, outline: Outline, x: number, y: number): string {
  const names = outline.nodes.map(({ name }) => name)
  const { blocks } = layout.figure
  const several = blocks.filter(({ source }) => source !== undefined).length > 1
  const axes = blocks.flatMap(({ source, begin, columns }) => {
    if (!several || source === undefined) return []
    const columnX = (column: number): number =>
      layout.boxes.find(({ box }) => box.column === column)?.center.x ?? 0
    const middle = (columnX(begin) + columnX(begin + columns - 1)) / 2
    return [textElement(middle, layout.height + 6, source, { size: 11, fill: '#666' }, 8 + 12 * columns)]
  })
  return [
    `<g transform="translate(${round(x)} ${round(y)})">`,
    ...layout.arrows.map(drawArrow),
    ...layout.boxes.map((box) => drawBox(box, names[box.box.node] ?? '')),
    ...layout.arrows.map(drawLabel).filter((text) => text !== ''),
    ...axes,
    '</g>',
  ].join('\n')
}

/** At the left of each row: whose nodes stand in it, from the first block to the last. */
function drawRowNames(layout: Layout, nodes: readonly OutlineNode[], x: number, y: number): string[] {
  return layout.rows.map((rowY, row) => {
    const inRow = layout.figure.boxes.filter((box) => box.row === row).sort((a, b) => a.column - b.column)
    const names = [...new Set(inRow.map(({ node }) => nodes[node]?.name ?? ''))]
    return textElement(x, y + rowY + 4, names.join(' · '), { anchor: 'start', size: 11.5 }, 27)
  })
}

function weightsText({ weights }: LegendEntry): string {
  return weights.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')
}

/** The picture of `steps` steps of every input. */
export function drawOutline(outline: Outline, steps: number, title: string): string {
  const figures = [expand(outline, undefined, 'f'), expand(outline, steps, 'u')] as const
  const room = roomFor([
    { figure: figures[0], folded: true },
    { figure: figures[1], folded: false },
  ])
  const folded = placeFigure(outline, figures[0], true, room)
  const unfolded = placeFigure(outline, figures[1], false, room)
  const top = margin + header
  const foldedX = margin + labelWidth
  const unfoldedX = foldedX + folded.width + between
  const height = Math.max(folded.height, unfolded.height)
  const legendY = top + height + 30
  const width = unfoldedX + unfolded.width + margin
  const arrowX = foldedX + folded.width + between / 2
  const middle = top + height / 2
  // About 6 pixels a letter: what would not fit is cut.
  const letters = Math.floor((width - 2 * margin - 32) / 6.8)
  return svgDocument(width, legendY + outline.legend.length * legendLine + margin, title, [
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.5L8 4L0 7.5Z" fill="#444"/></marker></defs>',
    textElement(foldedX + folded.width / 2, margin + 14, 'folded', { weight: 'bold' }),
    textElement(unfoldedX + unfolded.width / 2, margin + 14, `unfolded, ${steps} steps`, { weight: 'bold' }),
    `<path d="M${round(arrowX - 22)} ${round(middle - 5)}h26v-8l18 13l-18 13v-8h-26Z" fill="#ddd" stroke="#888"/>`,
    ...drawRowNames(unfolded, outline.nodes, margin, top),
    drawFigure(folded, outline, foldedX, top),
    drawFigure(unfolded, outline, unfoldedX, top),
    ...outline.legend.flatMap((entry, i) => {
      const y = legendY + i * legendLine + 10
      return [
        textElement(margin, y, entry.letter, { anchor: 'start', fill: letterFill }),
        textElement(margin + 32, y, weightsText(entry), { anchor: 'start', size: 11.5 }, letters),
      ]
    }),
  ])
}
