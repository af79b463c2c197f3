import type { PlacedArrow, PlacedBox, Point } from '../../src/seeing/layout.js'

/** How far a point is outside the border of a node; negative inside. */
export function distanceTo({ center, width, height, round }: PlacedBox, { x, y }: Point): number {
  if (round) return Math.hypot(x - center.x, y - center.y) - width / 2
  const [dx, dy] = [Math.abs(x - center.x) - width / 2, Math.abs(y - center.y) - height / 2]
  return dx > 0 && dy > 0 ? Math.hypot(dx, dy) : Math.max(dx, dy)
}

/** Points of a line, at most 2 pixels apart. */
export function pointsAlong({ points }: PlacedArrow): Point[] {
  return points.slice(1).flatMap((b, i) => {
    const a = points[i] as Point
    const n = Math.ceil(Math.hypot(b.x - a.x, b.y - a.y) / 2)
    return Array.from({ length: n + 1 }, (_, k) => ({
      x: a.x + ((b.x - a.x) * k) / Math.max(1, n),
      y: a.y + ((b.y - a.y) * k) / Math.max(1, n),
    }))
  })
}

/** Throws where a text is not well-formed XML; returns how often each element occurs. */
export function elementsOf(xml: string): Map<string, number> {
  const open: string[] = []
  const counts = new Map<string, number>()
  const attribute = /\s+[\w:-]+="(?:[^"<&]|&(?:amp|lt|gt|quot|#\d+);)*"/y
  let at = 0
  while (at < xml.length) {
    if (xml[at] !== '<') {
      const text = /(?:[^<&]|&(?:amp|lt|gt|quot|#\d+);)+/y
      text.lastIndex = at
      if (!text.test(xml)) throw new Error(`bare character at ${xml.slice(at, at + 40)}`)
      at = text.lastIndex
      continue
    }
    const close = /<\/([\w]+)>/y
    close.lastIndex = at
    const closed = close.exec(xml)
    if (closed) {
      if (open.pop() !== closed[1]) throw new Error(`</${closed[1]}> closes something else`)
      at = close.lastIndex
      continue
    }
    const start = /<(\w+)/y
    start.lastIndex = at
    const started = start.exec(xml)
    if (!started) throw new Error(`no element at ${xml.slice(at, at + 40)}`)
    const name = started[1] as string
    counts.set(name, (counts.get(name) ?? 0) + 1)
    at = start.lastIndex
    attribute.lastIndex = at
    while (attribute.test(xml)) at = attribute.lastIndex
    const end = xml.startsWith('/>', at) ? '/>' : '>'
    if (!xml.startsWith(end, at)) throw new Error(`broken attribute at ${xml.slice(at, at + 40)}`)
    if (end === '>') open.push(name)
    at += end.length
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is never closed`)
  return counts
}
