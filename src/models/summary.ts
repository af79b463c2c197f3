import { shapeName } from '../graph/index.js'
import { type Engine, notBuilt } from './engine.js'
import type { Call } from './topology.js'
import { traceShapes } from './trace.js'

/** Layer, output shape, number of weights: one line each, aligned. */
export function summarize(engine: Engine): string {
  const { name, topology, parameters } = engine
  if (!engine.built) throw notBuilt(name)
  const { layers, calls, inputs } = topology
  const shapes = traceShapes(engine.request('predict', {}))
  // What a layer is applied to is shown where it is not the line above.
  const chain =
    inputs.length === 1 &&
    calls.every(({ layer, inputs: [port], inputs: { length } }, i) => {
      return layer === i && length === 1 && port?.node === i && port.index === 0
    })
  const nodes = [...inputs.map((input) => input.name), ...calls.map(({ layer }) => layers[layer]!.name)]
  const from = (call: Call): string[] =>
    chain
      ? []
      : [
          call.inputs
            .map(({ node, index }) => (index === 0 ? nodes[node] : `${nodes[node]}[${index}]`))
            .join(', '),
        ]
  const rows = [['layer', 'kind', 'output', 'weights', ...(chain ? [] : ['inputs'])]]
  for (const [i, call] of calls.entries()) {
    const { name, layer } = layers[call.layer]!
    // Weights count where the layer stands first.
    const first = calls.findIndex((other) => other.layer === call.layer) === i
    const weights = parameters.all
      .filter((p) => first && p.name.startsWith(`${name}/`))
      .reduce((n, p) => n + p.length, 0)
    const outputs = (shapes[i] ?? []).map(shapeName).join(' ')
    rows.push([name, layer.kind, outputs, weights.toLocaleString('en'), ...from(call)])
  }
  const widths = (rows[0] ?? []).map((_, c) => Math.max(...rows.map((r) => (r[c] ?? '').length)))
  const line = (row: readonly string[]): string =>
    row.map((cell, c) => (c === 3 ? cell.padStart(widths[c] ?? 0) : cell.padEnd(widths[c] ?? 0))).join('  ')
  const rule = '─'.repeat(widths.reduce((sum, w) => sum + w + 2, -2))
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
