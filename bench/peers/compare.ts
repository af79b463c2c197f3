/** The same work on us and on the peers, process after process in turn. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cellName, type Item, type LayerItem, type StepItem } from '../cases.js'
import { disagreement } from '../data.js'
import { median, spread } from '../measure.js'
import { type Measurement, measure, measureHere, runProgram } from '../process.js'
import type { MemoryRow, PeerRow, WrongRow } from '../rows.js'
import type { Peers } from './environment.js'

export type PeerName = 'pytorch' | 'onnxruntime'

/** One item that we and one peer do. */
export interface Comparison {
  readonly item: Item
  readonly peer: PeerName
}

export interface Settings {
  readonly threads: number
  readonly trials: number
  /** Time for one item in one trial. */
  readonly seconds: number
}

/** Largest difference of two correct answers, as a share of their size: float32 sums in another order. */
const tolerance = 2e-4

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

type Engine = (items: readonly Item[]) => Promise<Measurement[]>

function engines(peers: Peers, { threads, seconds }: Settings): Record<'ours' | PeerName, Engine> {
  return {
    ours: (items) =>
      measureHere('worker.ts', { backend: 'native', seconds, items }, { OSTINATO_THREADS: `${threads}` }),
    pytorch: (items) =>
      measure(peers.pytorch!, [here('pytorch.py'), JSON.stringify({ threads, seconds, items })]),
    async onnxruntime(items) {
      const { python, modules } = peers.onnxruntime!
      const folder = mkdtempSync(join(tmpdir(), 'ostinato-'))
      try {
        const files = (items as (LayerItem | StepItem)[]).map((item, i) => ({
          ...item,
          file: join(folder, `${i}.onnx`),
        }))
        await runProgram(python, [here('make_onnx.py'), JSON.stringify({ items: files })])
        return await measureHere('peers/onnxruntime.ts', { modules, threads, seconds, items: files })
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  }
}

/** What several trials of one engine gave, by item. */
type Trials = Map<Item, Measurement[]>

/**
 * All comparisons of a group, whose engines take turns: ours, the first peer, the second, ours, …, each time in a new process.
 * One that ends with an error is an error of the whole group.
 */
export async function compareGroup(
  group: readonly Comparison[],
  peers: Peers,
  settings: Settings,
  onProcess: () => void,
): Promise<(PeerRow | WrongRow | MemoryRow)[]> {
  const run = engines(peers, settings)
  const parts = new Map<'ours' | PeerName, Item[]>([['ours', []]])
  for (const { item, peer } of group) {
    for (const name of ['ours', peer] as const) {
      const items = parts.get(name) ?? []
      if (!items.includes(item)) parts.set(name, [...items, item])
    }
  }
  const results = new Map<string, Trials>([...parts.keys()].map((name) => [name, new Map()]))
  for (let trial = 0; trial < settings.trials; trial++) {
    for (const [name, items] of parts) {
      const measurements = await run[name](items)
      for (const [i, item] of items.entries()) {
        const measurement = measurements[i]
        if (!measurement) throw new Error(`${name} says nothing of ${item.case}, ${item.mode}`)
        const trials = results.get(name)!
        trials.set(item, [...(trials.get(item) ?? []), measurement])
      }
      onProcess()
    }
  }
  return group.flatMap(({ item, peer }) =>
    rowsOf(item, results.get('ours')!.get(item)!, results.get(peer)!.get(item)!, settings),
  )
}

function rowsOf(
  item: Item,
  ours: readonly Measurement[],
  theirs: readonly Measurement[],
  { threads }: Settings,
): (PeerRow | WrongRow | MemoryRow)[] {
  const place = { case: item.case, cell: cellName(item), mode: item.mode, engine: ours[0]!.engine, threads }
  const peer = theirs[0]!.engine
  for (const [i, { digests }] of theirs.entries()) {
    const difference = disagreement(ours[i]!.digests, digests, tolerance)
    if (difference !== undefined) return [{ suite: 'peers', ...place, peer, wrong: true, difference }]
  }
  const [times, peerTimes] = [ours, theirs].map((trials) => trials.map(({ ms }) => ms)) as [
    number[],
    number[],
  ]
  const [ms, peerMs] = [median(times), median(peerTimes)]
  const rows: (PeerRow | MemoryRow)[] = [
    {
      suite: 'peers',
      ...place,
      peer,
      ms,
      peerMs,
      ratio: peerMs / ms,
      spread: spread(times),
      peerSpread: spread(peerTimes),
    },
  ]
  // Training comes first in its process, so that the peak is its own.
  if (item.mode === 'train') {
    const [bytes, peerBytes] = [ours, theirs].map((trials) => median(trials.map((t) => t.peakBytes))) as [
      number,
      number,
    ]
    rows.push({ suite: 'memory', ...place, peer, bytes, peerBytes, ratio: peerBytes / bytes })
  }
  return rows
}
