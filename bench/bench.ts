/**
 * Our own work on every executor and CPU level of this machine, and the machine's limits; see bench/README.md.
 *
 *   npm run bench -- [--only REGEX] [--trials 3] [--seconds 0.5] [--quick] [--text FILE] [--json FILE]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type BackendName, loadBackend } from 'ostinato'
import {
  cellName,
  type Item,
  layerGroups,
  operations,
  reducedItems,
  stepItems,
  suiteOf,
  trainingItems,
} from './cases.js'
import { number, progress, table } from './console.js'
import { disagreement } from './data.js'
import { Limits, measureLimits } from './limits.js'
import { median, spread } from './measure.js'
import { type Measurement, measureHere } from './process.js'
import { type LimitRow, type OwnRow, placeName, type Row } from './rows.js'
import { writeTokens } from './text.js'
import { kernelBytes, kernelItems, kernelOf, kernelOperations } from './work/kernels.js'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    trials: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    text: { type: 'string' },
    json: { type: 'string' },
  },
})
const trials = number('trials', values.trials ?? (values.quick ? '1' : '3'))
const seconds = number('seconds', values.seconds ?? (values.quick ? '0.1' : '0.5'))
const only = new RegExp(values.only)

/** Who does the work. */
interface Engine {
  readonly name: string
  readonly backend: BackendName
  readonly level: string
  readonly threads: number
}

async function findEngines(): Promise<Engine[]> {
  const { backend } = await loadBackend('native')
  const levels = (backend.details['availableLevels'] ?? '').split(', ')
  const native = levels.flatMap((level) =>
    [2, 1].map((threads): Engine => ({ name: `native-${level}`, backend: 'native', level, threads })),
  )
  return [...native, { name: 'wasm', backend: 'wasm', level: levels[0]!, threads: 1 }]
}

/** Two correct answers differ by less, as a share of their size: float32 sums in another order. */
const tolerance = 2e-4
/** And in a reduced precision, where a sum that differs a little may be rounded to the next number. */
const reducedTolerance = 2e-2

const engines = await findEngines()
const folder = mkdtempSync(join(tmpdir(), 'ostinato-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const rows: Row[] = []
const problems: string[] = []

function chosen(item: Item, { name, threads }: Engine): boolean {
  const place = { suite: suiteOf(item), case: item.case, cell: cellName(item), mode: item.mode }
  return only.test(placeName({ ...place, engine: name, threads }))
}

async function limitsOf(levels: readonly string[]): Promise<LimitRow[]> {
  const measured: LimitRow[] = []
  try {
    for (const level of levels)
      for (const threads of [1, 2]) measured.push(...(await measureLimits(level, threads)))
  } catch (error) {
    console.error(`no limits, and so no shares of them: ${error instanceof Error ? error.message : error}`)
  }
  return measured
}

function ownRow(item: Item, engine: Engine, results: readonly Measurement[], limits: Limits): OwnRow {
  const times = results.map(({ ms }) => ms)
  const ms = median(times)
  const place = { suite: suiteOf(item), case: item.case, cell: cellName(item), mode: item.mode }
  const row: OwnRow = { ...place, engine: engine.name, threads: engine.threads, ms, spread: spread(times) }
  const kernel = item.kind === 'kernel' ? kernelOf(item) : undefined
  if (kernel && !kernel.product) {
    const bytes = kernelBytes(kernel)
    const gigabytes = (1e-6 * bytes) / ms
    const limit = limits.gigabytes(engine.threads, bytes)
    return { ...row, gigabytes, ...(limit === undefined ? {} : { ofPeak: gigabytes / limit }) }
  }
  const count = item.kind === 'kernel' ? kernelOperations(kernel!) : operations(item)
  const gflops = (1e-6 * count) / ms
  const limit = limits.gflops(engine.threads)
  return {
    ...row,
    gflops,
    ...(limit === undefined ? {} : { ofPeak: gflops / limit }),
    ...(item.mode === 'train' ? { peakBytes: median(results.map((r) => r.peakBytes)) } : {}),
  }
}

/** All trials of one group on all engines, in turn. */
async function measureGroup(items: readonly Item[], limits: readonly LimitRow[], next: () => void) {
  const results = new Map<Engine, Measurement[][]>(engines.map((engine) => [engine, []]))
  for (let trial = 0; trial < trials; trial++) {
    for (const [engine, done] of results) {
      const own = items.filter((item) => chosen(item, engine))
      if (own.length === 0) continue
      const { backend, level, threads } = engine
      const variables = { OSTINATO_THREADS: `${threads}`, OSTINATO_CPU_LEVEL: level }
      done.push(await measureHere('worker.ts', { backend, seconds, items: own }, variables))
      next()
    }
  }
  // Every engine must give what the first one gave.
  const expected = new Map<Item, Measurement>()
  for (const [engine, done] of results) {
    const own = items.filter((item) => chosen(item, engine))
    for (const [i, item] of own.entries()) {
      const measured = done.map((trial) => trial[i]!)
      const first = expected.get(item) ?? measured[0]!
      expected.set(item, first)
      const row = ownRow(item, engine, measured, new Limits(limits, `native-${engine.level}`))
      const empty = Object.keys(first.digests).length === 0
      const allowed = reducedItems.includes(item) ? reducedTolerance : tolerance
      const difference = empty ? undefined : disagreement(first.digests, measured[0]!.digests, allowed)
      if (difference === undefined) rows.push(row)
      else problems.push(`WRONG ${placeName(row)}: ${difference}`)
    }
  }
}

const tokens = join(folder, 'tokens')
const vocabulary = writeTokens(values.text, tokens)
const groups: (readonly Item[])[] = [
  ...layerGroups,
  ...stepItems.map((item) => [item]),
  ...reducedItems.map((item) => [item]),
  ...trainingItems(tokens, vocabulary).map((item) => [item]),
  kernelItems,
]
const busy = groups.flatMap((group) => engines.filter((e) => group.some((item) => chosen(item, e))))
const limits = await limitsOf([...new Set(busy.map(({ level }) => level))])
rows.push(...limits)
const bar = progress(busy.length * trials)
for (const group of groups) {
  const name = `${group[0]!.case} ${cellName(group[0]!)}`
  try {
    await measureGroup(group, limits, () => bar.next(name))
  } catch (error) {
    problems.push(`${name}: ${error instanceof Error ? error.message : error}`)
  }
  // After every group: a long run that is stopped leaves what it has.
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 1)}\n`)
}
bar.stop()

const figure = (value: number | undefined): string => (value === undefined ? '' : value.toPrecision(3))
console.log(
  table(
    ['suite', 'case', 'cell', 'mode', 'engine', 'threads', 'ms', '±', 'GFLOP/s', 'GB/s', 'of limit', 'MiB'],
    rows.map((row) => {
      const own = row as OwnRow
      const name = [row.suite, row.case, row.cell, row.mode, row.engine, `${row.threads}`]
      const share = own.ofPeak === undefined ? '' : `${Math.round(100 * own.ofPeak)} %`
      const memory = own.peakBytes === undefined ? '' : `${Math.round(own.peakBytes / 2 ** 20)}`
      return [...name, ...[own.ms, own.spread, own.gflops, own.gigabytes].map(figure), share, memory]
    }),
  ),
)
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
