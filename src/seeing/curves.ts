/** Curves over time on a logarithmic scale, as SVG. */
import { pathThrough } from './draw.js'
import type { Point } from './layout.js'
import { round, svgDocument, textElement } from './svg.js'

export interface Curve {
  readonly name: string
  /** At 1, 2, 3 …; what is not above 0 has no logarithm, and no point. */
  readonly values: readonly number[]
}

/** Told apart by everybody (Okabe and Ito 2008). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000']

/** Pixels. */
const left = 76
const top = 40
const plotWidth = 620
const plotHeight = 300
const legendLine = 20

/** Powers of ten, at most about eight of them. */
function exponentTicks(low: number, high: number): number[] {
  const step = Math.max(1, Math.ceil((high - low) / 8))
  const ticks: number[] = []
  for (let exponent = Math.ceil(low / step) * step; exponent <= high; exponent += step) ticks.push(exponent)
  return ticks
}

/** Steps that are counted at the axis: at most about ten, evenly. */
function stepTicks(steps: number): number[] {
  const rough = Math.max(1, steps / 8)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, ([1, 2, 5, 10].find((n) => n * power >= rough) ?? 10) * power)
  return Array.from({ length: Math.floor(steps / step) }, (_, i) => (i + 1) * step)
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** −12 → 10⁻¹² */
function powerOfTen(exponent: number): string {
  const digits = [...String(Math.abs(exponent))].map((digit) => superscripts[Number(digit)])
  return `10${exponent < 0 ? '⁻' : ''}${digits.join('')}`
}

/** A line for each curve, broken where there is no point; curves of one name have one colour. */
export function drawCurves(curves: readonly Curve[], title: string, axis: string): string {
  const logarithms = curves.map(({ values }) =>
    values.map((v) => (v > 0 && v < Infinity ? Math.log10(v) : undefined)),
  )
  const all = logarithms.flat().filter((v) => v !== undefined)
  const low = all.length > 0 ? Math.floor(all.reduce((a, b) => Math.min(a, b))) : -1
  const high = Math.max(low + 1, all.length > 0 ? Math.ceil(all.reduce((a, b) => Math.max(a, b))) : 0)
  const steps = Math.max(1, ...curves.map(({ values }) => values.length))
  const x = (step: number): number => left + (plotWidth * (step - 1)) / Math.max(1, steps - 1)
  const y = (exponent: number): number => top + (plotHeight * (high - exponent)) / (high - low)
  const grid = exponentTicks(low, high).flatMap((exponent) => [
    `<path d="M${left} ${round(y(exponent))}h${plotWidth}" stroke="#ddd"/>`,
    textElement(left - 8, y(exponent) + 4, powerOfTen(exponent), { anchor: 'end', size: 11 }),
  ])
  const counted = stepTicks(steps).map((step) =>
    textElement(x(step), top + plotHeight + 18, String(step), { size: 11 }),
  )
  const names = [...new Set(curves.map(({ name }) => name))]
  const colourOf = (name: string): string => colours[names.indexOf(name) % colours.length] as string
  const lines = logarithms.flatMap((values, i) => {
    const runs: Point[][] = [[]]
    for (const [t, value] of values.entries()) {
      if (value === undefined) runs.push([])
      else runs.at(-1)!.push({ x: x(t + 1), y: y(value) })
    }
    const colour = colourOf((curves[i] as Curve).name)
    return runs.flatMap((points) => {
      const [first] = points
      if (!first) return []
      if (points.length === 1)
        return [`<circle cx="${round(first.x)}" cy="${round(first.y)}" r="2" fill="${colour}"/>`]
      return [`<path d="${pathThrough(points, 0)}" fill="none" stroke="${colour}" stroke-width="1.8"/>`]
    })
  })
  const legendY = top + plotHeight + 56
  const legend = names.flatMap((name, i) => {
    const at = legendY + i * legendLine
    return [
      `<path d="M${left} ${at - 4}h26" stroke="${colourOf(name)}" stroke-width="3"/>`,
      textElement(left + 34, at, name, { anchor: 'start' }, 90),
    ]
  })
  return svgDocument(left + plotWidth + 24, legendY + names.length * legendLine + 4, title, [
    textElement(left + plotWidth / 2, 22, title, { weight: 'bold', size: 13 }, 80),
    ...grid,
    `<path d="M${left} ${top}v${plotHeight}h${plotWidth}" fill="none" stroke="#333"/>`,
    ...counted,
    textElement(left + plotWidth / 2, top + plotHeight + 36, axis),
    ...lines,
    ...legend,
  ])
}
