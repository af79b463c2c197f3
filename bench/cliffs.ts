/**
 * Is any size much slower than its neighbours let expect? Sweeps batch, units and steps of the three cells, forward and
 * training, fits a smooth cost model to each of the six tables, and fails where a size takes more than twice as long as it
 * says. Then compares denormal inputs with normal ones. What fails is measured again before it counts.
 *
 *   npm run bench:cliffs -- [--only REGEX] [--threads 2] [--seconds 0.02] [--json FILE]
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Cell, gatesOf, type LayerItem } from './cases.js'
import { number, progress, table } from './console.js'
import { fitNonNegative, predict } from './fit.js'
import { type Measurement, measureHere } from './process.js'
import { type CliffRow, placeName } from './rows.js'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '0.02' },
    json: { type: 'string' },
  },
})
const threads = number('threads', values.threads)
const seconds = number('seconds', values.seconds)
const only = new RegExp(values.only)

const cells: readonly Cell[] = ['lstm', 'gru', 'rnn']
const modes = ['infer', 'train'] as const
const sizes = { batch: [1, 2, 3, 5, 8, 17, 33], units: [1, 7, 16, 31, 100, 257], time: [1, 2, 33] }
/** How much slower than expected counts as a cliff. */
const cliff = 2
/** The same for denormal inputs, whose arithmetic may cost a hundred times as much where it is not switched off. */
const denormalCliff = 1.5
/** The best of so many processes counts; then of so many more where it fails. */
const [rounds, retries] = [2, 3]

function itemOf(cell: Cell, mode: 'infer' | 'train', batch: number, units: number, time: number): LayerItem {
  const name = `B${batch} H${units} T${time}`
  return {
    kind: 'layer',
    case: name,
    cell,
    variant: 'plain',
    mode,
    batch,
    time,
    input: units,
    units,
    layers: 1,
  }
}

/** What a run may cost: itself, its steps, its rows, their units, products, and weights read once or at every step. */
function features({ cell, batch, units, time }: LayerItem): number[] {
  const weights = gatesOf[cell] * units * units
  return [1, time, time * batch, time * batch * units, time * batch * weights, weights, time * weights]
}
const featureNames = ['run', 'step', 'row', 'unit', 'product', 'weight', 'weight and step']

let engine = ''
const chosen = cells
  .flatMap((cell) => modes.map((mode) => ({ cell, mode })))
  .filter((of) => only.test(placeName({ suite: 'cliffs', case: 'sweep', ...of, engine: 'native', threads })))
const withDenormals = only.test('cliffs/denormal inputs')
const bar = progress(chosen.length * rounds + (withDenormals ? 1 : 0))

async function measureItems(items: readonly LayerItem[], longer = 1): Promise<number[]> {
  const task = { backend: 'native', seconds: seconds * longer, items }
  const measured: Measurement[] = await measureHere('worker.ts', task, { OSTINATO_THREADS: `${threads}` })
  engine = measured[0]!.engine
  return measured.map(({ ms }) => ms)
}

const smaller = (a: readonly number[], b: readonly number[]): number[] => a.map((v, i) => Math.min(v, b[i]!))

async function sweep(cell: Cell, mode: 'infer' | 'train'): Promise<CliffRow[]> {
  const items = sizes.batch.flatMap((batch) =>
    sizes.units.flatMap((units) => sizes.time.map((time) => itemOf(cell, mode, batch, units, time))),
  )
  let times = items.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round < rounds; round++) {
    times = smaller(times, await measureItems(items))
    bar.next(`${cell} ${mode}`)
  }
  let model = fitNonNegative(items.map(features), times)
  const slow = () =>
    items.flatMap((item, i) => (times[i]! > cliff * predict(features(item), model) ? [i] : []))
  for (let retry = 0; retry < retries && slow().length > 0; retry++) {
    const again = slow()
    const better = await measureItems(
      again.map((i) => items[i]!),
      10,
    )
    for (const [k, i] of again.entries()) times[i] = Math.min(times[i]!, better[k]!)
    model = fitNonNegative(items.map(features), times)
  }
  const terms = model.map((x, j) => `${(1e6 * x).toPrecision(3)} ns a ${featureNames[j]}`)
  console.log(`${cell} ${mode}: ${terms.filter((_, j) => model[j]! > 0).join(', ')}`)
  return items.map((item, i) => {
    const expectedMs = predict(features(item), model)
    const place = { case: item.case, cell, mode, engine, threads }
    return { suite: 'cliffs', ...place, ms: times[i]!, expectedMs, ratio: times[i]! / expectedMs }
  })
}

/** Inputs and arriving gradients of ± 10⁻³⁹ beside such of ± 1. */
async function denormals(): Promise<CliffRow[]> {
  const items = cells.flatMap((cell) =>
    modes.map((mode) => ({ ...itemOf(cell, mode, 16, 128, 50), case: 'denormal inputs' })),
  )
  const tiny = items.map((item) => ({ ...item, scale: 1e-39 }))
  let both = [...items, ...tiny].map(() => Number.POSITIVE_INFINITY)
  const ratio = (i: number): number => both[items.length + i]! / both[i]!
  for (let round = 0; round < rounds + retries; round++) {
    if (round >= rounds && items.every((_, i) => ratio(i) <= denormalCliff)) break
    both = smaller(both, await measureItems([...items, ...tiny], 5))
  }
  bar.next('denormals')
  return items.map(({ case: of, cell, mode }, i) => {
    const place = { suite: 'cliffs' as const, case: of, cell, mode, engine, threads }
    return { ...place, ms: both[items.length + i]!, expectedMs: both[i]!, ratio: ratio(i) }
  })
}

const rows: CliffRow[] = []
for (const { cell, mode } of chosen) rows.push(...(await sweep(cell, mode)))
if (withDenormals) rows.push(...(await denormals()))
bar.stop()
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 1)}\n`)

const bad = rows.filter(({ case: of, ratio }) => ratio > (of === 'denormal inputs' ? denormalCliff : cliff))
const swept = rows.filter(({ case: of }) => of !== 'denormal inputs').sort((a, b) => b.ratio - a.ratio)
const shown = [...swept.slice(0, 20), ...rows.filter(({ case: of }) => of === 'denormal inputs')]
console.log(
  table(
    ['case', 'cell', 'mode', 'ms', 'expected', 'ratio'],
    shown.map((row) => [
      row.case,
      row.cell,
      row.mode,
      ...[row.ms, row.expectedMs, row.ratio].map((n) => n.toPrecision(3)),
    ]),
  ),
)
console.log(`${rows.length} sizes, ${bad.length} of them too slow`)
if (bad.length > 0) process.exitCode = 1
