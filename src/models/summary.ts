import { shapeName } from '../graph/index.js'
import { type Engine, notBuilt } from './engine.js'
import { traceShapes } from './trace.js'

/** Layer, output shape, number of weights: one line each, aligned. */
export function summarize(engine: Engine): string {
  const { input, name } = engine
  if (!input) throw notBuilt(name)
  const rows = [['layer', 'kind', 'output', 'weights']]
  const shapes = traceShapes({
    purpose: 'predict',
    layers: engine.layers,
    input,
    parameters: engine.parameters,
    capacities: { batch: 1, time: 1 },
    lengths: false,
    weights: false,
    loss: undefined,
    optimizer: undefined,
  })
  for (const [i, { name, layer }] of engine.layers.entries()) {
    const weights = engine.parameters.all
      .filter((p) => p.name.startsWith(`${name}/`))
      .reduce((n, p) => n + p.length, 0)
    rows.push([name, layer.kind, shapeName(shapes[i] ?? []), weights.toLocaleString('en')])
  }
  const widths = [0, 1, 2, 3].map((c) => Math.max(...rows.map((r) => (r[c] ?? '').length)))
  const line = (row: readonly string[]): string =>
    row.map((cell, c) => (c === 3 ? cell.padStart(widths[c] ?? 0) : cell.padEnd(widths[c] ?? 0))).join('  ')
  const rule = '─'.repeat(widths.reduce((sum, w) => sum + w, 6))
  const total = engine.parameters.count.toLocaleString('en')
  return [
    `model ${name}`,
    line(rows[0] ?? []),
    rule,
    ...rows.slice(1).map(line),
    rule,
    `${total} weights`,
  ].join('\n')
}
