/**
 * The same work on us and on others, in turn, each engine and trial in a process of its own; see bench/README.md.
 *
 *   npm run bench:peers -- [--peers DIR] [--only REGEX] [--threads 2] [--trials 5] [--seconds 0.5] [--quick]
 *     [--text FILE] [--json FILE]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cellName, type LayerItem, layerGroups, stepItems, trainingItems } from './cases.js'
import { number, progress, table } from './console.js'
import { type Comparison, compareGroup } from './peers/compare.js'
import { findPeers } from './peers/environment.js'
import { placeName, type Row } from './rows.js'
import { writeTokens } from './text.js'

const { values } = parseArgs({
  options: {
    peers: { type: 'string' },
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: '2' },
    trials: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    text: { type: 'string' },
    json: { type: 'string' },
  },
})
const settings = {
  threads: number('threads', values.threads),
  trials: number('trials', values.trials ?? (values.quick ? '1' : '5')),
  seconds: number('seconds', values.seconds ?? (values.quick ? '0.2' : '0.5')),
}
const only = new RegExp(values.only)
const peers = findPeers(values.peers)
for (const what of peers.missing) console.error(`missing, and left out: ${what}`)

/** Files for onnxruntime hold one layer: it is compared with one of ours. */
function layerComparisons(items: readonly LayerItem[]): Comparison[] {
  return items.flatMap((item): Comparison[] => {
    const one = item.layers === 1 ? item : { ...item, layers: 1 }
    const both = item.mode === 'infer' && item.variant === 'plain'
    return [{ item, peer: 'pytorch' }, ...(both ? [{ item: one, peer: 'onnxruntime' as const }] : [])]
  })
}

const folder = mkdtempSync(join(tmpdir(), 'ostinato-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const tokens = join(folder, 'tokens')
const vocabulary = writeTokens(values.text, tokens)

const groups = [
  ...layerGroups.map(layerComparisons),
  ...stepItems.map((item): Comparison[] => [
    { item, peer: 'pytorch' },
    { item, peer: 'onnxruntime' },
  ]),
  ...trainingItems(tokens, vocabulary).map((item): Comparison[] => [{ item, peer: 'pytorch' }]),
]
  .map((group) =>
    group.filter(({ item, peer }) => {
      const place = { suite: 'peers', case: item.case, cell: cellName(item), mode: item.mode }
      return peers[peer] && only.test(placeName({ ...place, engine: peer, threads: settings.threads }))
    }),
  )
  .filter((group) => group.length > 0)

const processes = (group: readonly Comparison[]): number =>
  (1 + new Set(group.map(({ peer }) => peer)).size) * settings.trials
const bar = progress(groups.reduce((sum, group) => sum + processes(group), 0))
const rows: Row[] = []
const problems: string[] = []
for (const group of groups) {
  const [{ item }] = group as [Comparison]
  const name = `${item.case} ${cellName(item)}`
  try {
    rows.push(...(await compareGroup(group, peers, settings, () => bar.next(name))))
  } catch (error) {
    problems.push(`${name}: ${error instanceof Error ? error.message : error}`)
  }
  // After every group: a long run that is stopped leaves what it has.
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 1)}\n`)
}
bar.stop()

console.log(
  table(
    ['case', 'cell', 'mode', 'peer', 'ours ms', '±', 'peer ms', '±', 'ratio'],
    rows.flatMap((row) => {
      if (row.suite !== 'peers' || 'wrong' in row) return []
      const times = [row.ms, row.spread, row.peerMs, row.peerSpread, row.ratio]
      return [[row.case, row.cell, row.mode, row.peer, ...times.map((n) => n.toPrecision(3))]]
    }),
  ),
)
for (const row of rows) {
  if (row.suite === 'memory') {
    const [ours, theirs] = [row.bytes, row.peerBytes].map((bytes) => `${Math.round(bytes / 2 ** 20)} MiB`)
    console.log(`peak memory, ${row.case} ${row.cell}: ${ours}, ${row.peer} ${theirs}`)
  }
  if ('wrong' in row)
    problems.push(`WRONG ${row.case} ${row.cell} ${row.mode}, ${row.peer}: ${row.difference}`)
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
