/**
 * Writes measured rows into docs/performance.md, between its markers, and draws docs/performance.svg.
 *
 *   npm run bench:report -- FILE.json …      files that --json wrote; of two rows for the same thing the later counts
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ratioChart } from './chart.js'
import { type LimitRow, type MemoryRow, type OwnRow, type PeerRow, placeName, type Row } from './rows.js'

const [begin, end] = ['<!-- bench:begin -->', '<!-- bench:end -->']
const docs = (name: string): string => fileURLToPath(new URL(`../docs/${name}`, import.meta.url))

const { positionals } = parseArgs({ allowPositionals: true })
if (positionals.length === 0) throw new Error('Name the files that --json wrote')
const rows = new Map<string, Row>()
for (const file of positionals) {
  for (const row of JSON.parse(readFileSync(file, 'utf8')) as Row[])
    rows.set(`${placeName(row)} ${'peer' in row ? row.peer : ''}`, row)
}
const all = [...rows.values()]
const own = all.filter((row): row is OwnRow => ['layers', 'steps', 'training', 'kernels'].includes(row.suite))
const limits = all.filter((row): row is LimitRow => row.suite === 'limits')
const compared = all.filter((row): row is PeerRow => row.suite === 'peers' && !('wrong' in row))
const memory = all.filter((row): row is MemoryRow => row.suite === 'memory')

function markdown(header: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...body.map(line)].join('\n')
}

/** 0.00371 ms → 3.71 µs */
function duration(ms: number): string {
  return ms < 0.1 ? `${(1000 * ms).toPrecision(3)} µs` : `${Number(ms.toPrecision(3))} ms`
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`
const distinct = (values: readonly string[]): string[] => [...new Set(values)]

/** The engine and threads that the peers were compared with, or the fastest there is. */
const main = compared[0] ?? own[0]
const ours = own.filter((row) => row.engine === main?.engine && row.threads === main.threads)

/** One line for each work, a column for each peer. */
function comparisonTable(): string {
  const peers = distinct(compared.map(({ peer }) => peer))
  const works = distinct(compared.map((row) => `${row.cell}|${row.mode}|${row.case}`)).sort()
  return markdown(
    ['cell', 'mode', 'case', ...peers.flatMap((peer) => [`ours beside ${peer}`, peer, 'ratio'])],
    works.map((work) => {
      const [cell, mode, of] = work.split('|') as [string, string, string]
      const cellsOf = (peer: string): string[] => {
        const row = compared.find(
          (r) => r.peer === peer && r.cell === cell && r.mode === mode && r.case === of,
        )
        return row ? [duration(row.ms), duration(row.peerMs), `**${row.ratio.toFixed(2)}**`] : ['', '', '']
      }
      return [cell, mode, of, ...peers.flatMap(cellsOf)]
    }),
  )
}

/** Our own work: every engine and number of threads a column. */
function ownTable(suite: OwnRow['suite']): string {
  const mine = own.filter((row) => row.suite === suite)
  const engines = distinct(mine.map((row) => `${row.engine}, ${row.threads}`))
  const works = distinct(mine.map((row) => `${row.case}|${row.cell}|${row.mode}`))
  return markdown(
    ['case', 'cell', 'mode', ...engines],
    works.map((work) => {
      const [of, cell, mode] = work.split('|') as [string, string, string]
      const cellsOf = (engine: string): string => {
        const row = mine.find(
          (r) =>
            `${r.engine}, ${r.threads}` === engine && r.case === of && r.cell === cell && r.mode === mode,
        )
        if (!row) return ''
        const rate =
          row.gflops === undefined ? `${row.gigabytes?.toFixed(1)} GB/s` : `${row.gflops.toFixed(0)} GFLOP/s`
        const share = row.ofPeak === undefined ? '' : `, ${Math.round(100 * row.ofPeak)} %`
        return `${duration(row.ms)}, ${rate}${share}`
      }
      return [of, cell, mode, ...engines.map(cellsOf)]
    }),
  )
}

function limitTable(): string {
  const engines = distinct(limits.map((row) => `${row.engine}, ${row.threads}`))
  return markdown(
    ['limit', ...engines],
    distinct(limits.map((row) => row.case)).map((of) => [
      of,
      ...engines.map((engine) => {
        const row = limits.find((r) => r.case === of && `${r.engine}, ${r.threads}` === engine)
        if (row?.gflops !== undefined) return `${row.gflops.toFixed(0)} GFLOP/s`
        return row?.gigabytes === undefined ? '' : `${row.gigabytes.toFixed(0)} GB/s`
      }),
    ]),
  )
}

function memoryTable(): string {
  return markdown(
    ['training', 'ours', 'peer', 'ratio'],
    memory.map((row) => [
      `${row.cell} ${row.case}`,
      mebibytes(row.bytes),
      `${mebibytes(row.peerBytes)} (${row.peer})`,
      `**${row.ratio.toFixed(2)}**`,
    ]),
  )
}

const sections: string[] = []
const add = (title: string, there: readonly Row[], ...body: string[]): void => {
  if (there.length > 0) sections.push(`### ${title}`, ...body)
}
const { model } = cpus()[0] ?? { model: 'unknown processor' }
sections.push(
  `${model}, Node ${process.versions.node}; ${main ? `${main.engine}, ${main.threads} threads` : 'no rows'}. Written by \`npm run bench:report\`.`,
)
add('Beside others', compared, '![ratio to each peer](performance.svg)', comparisonTable())
add('Peak memory of a training process', memory, memoryTable())
add('What the machine can do', limits, limitTable())
for (const suite of ['layers', 'steps', 'training', 'kernels'] as const) {
  const there = own.filter((row) => row.suite === suite)
  add(
    `Our own ${suite}`,
    there,
    'Milliseconds, rate, share of the limit; columns are engine and threads.',
    ownTable(suite),
  )
}
const trained = ours.filter((row) => row.peakBytes !== undefined)
add(
  'Peak resident set of our training',
  trained,
  markdown(
    ['case', 'cell', 'peak'],
    trained.map((row) => [row.case, row.cell, mebibytes(row.peakBytes ?? 0)]),
  ),
)

const page = docs('performance.md')
const text = readFileSync(page, 'utf8')
const [from, to] = [text.indexOf(begin), text.indexOf(end)]
if (from < 0 || to < from) throw new Error(`${page} has no ${begin} … ${end}`)
writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${sections.join('\n\n')}\n\n${text.slice(to)}`)
if (compared.length > 0) writeFileSync(docs('performance.svg'), ratioChart(compared))
