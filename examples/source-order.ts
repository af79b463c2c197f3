/**
 * Is a source easier to learn from when it is read backwards, as Sutskever et al. (2014) found? An LSTM without attention learns to
 * copy sequences of up to 20 symbols, with either order of the source, from several seeds. (To reverse them is the same in a mirror:
 * reading backwards what is to be copied is reading forwards what is to be reversed.) Counted are the steps of training until
 * nearly all of new sequences are copied without a mistake. Each run is kept as a file in the folder; those that are there are not run again.
 *
 *     npm run example -- examples/source-order.ts [--seeds 5] [--folder build/source-order] [--picture PICTURE.svg]
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { optimizers, RandomStream, type StepLogs, weightAverage } from 'ostinato'
import { median } from '../bench/measure.js'
import { drawCurves } from '../src/seeing/curves.js'
import { progressBar } from './progress.js'
import { exactShare, symbolBatches, symbolModel, symbolPairs } from './symbols.js'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5' },
    folder: { type: 'string', default: 'build/source-order' },
    picture: { type: 'string' },
  },
})
const seeds = Number(values.seeds)
if (!Number.isSafeInteger(seeds) || seeds < 1)
  throw new Error(`--seeds: expected a whole number of at least 1, received ${values.seeds}`)

const orders = ['reversed', 'forward'] as const
const [units, batch] = [128, 32]
/** Of Adam: it falls by half in 700 steps, to a third in 1,400 … */
const learningRate = (step: number): number => 1.5e-2 / (1 + step / 700)
/** Steps of training between two measures, and at most; the share of new sequences that is enough. */
const [every, most, enough] = [100, 12_000, 0.99]

interface Run {
  readonly order: (typeof orders)[number]
  readonly seed: number
  /** Share of new sequences copied without a mistake, measured after every so many steps. */
  readonly exact: readonly number[]
  readonly seconds: number
}

async function learn(order: Run['order'], seed: number): Promise<Run> {
  const { model } = symbolModel({ units, order, seed }).compile({
    optimizer: optimizers.adam({ learningRate, globalClipNorm: 1 }),
  })
  // The running mean of the weights is what is measured: single steps are noisy.
  const average = weightAverage({ decay: 0.998 })
  const { model: mean } = symbolModel({ units, order, seed })
  const random = new RandomStream(seed)
  const task = { task: 'copy', longest: 20 } as const
  const measured = symbolPairs(1000, task, random.fork('development'))
  const training = symbolBatches(every, batch, task, random.fork('training'))
  console.error(`source ${order}, seed ${seed}`)
  const start = performance.now()
  const bar = progressBar(most, 'symbols')
  const exact: number[] = []
  while (exact.length * every < most && (exact.at(-1) ?? 0) < enough) {
    const before = exact.length * every
    const onStepEnd = (logs: StepLogs): void => {
      average.update(model)
      bar.update({ ...logs, step: before + logs.step })
    }
    await model.fit(training, { callbacks: { onStepEnd } })
    mean.setWeights(average.weights)
    const share = await exactShare(mean, measured)
    bar.note(`${(100 * share).toFixed(1)} % exact`)
    exact.push(share)
  }
  bar.stop()
  for (const each of [model, mean]) each.dispose()
  return { order, seed, exact, seconds: Math.round((performance.now() - start) / 1000) }
}

/** The run of this order and seed: from its file, or made now. */
async function runOf(order: Run['order'], seed: number): Promise<Run> {
  const file = join(values.folder, `${order}-${seed}.json`)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  const run = await learn(order, seed)
  writeFileSync(file, JSON.stringify(run))
  return run
}

/** Steps until so large a share was right; Infinity: never, in all that were allowed. */
function stepsTo(share: number, { exact }: Run): number {
  const at = exact.findIndex((each) => each >= share)
  return at < 0 ? Number.POSITIVE_INFINITY : (at + 1) * every
}

const said = (steps: number): string =>
  steps === Number.POSITIVE_INFINITY ? `more than ${most.toLocaleString('en')}` : steps.toLocaleString('en')

mkdirSync(values.folder, { recursive: true })
const runs: Run[] = []
for (let seed = 0; seed < seeds; seed++) for (const order of orders) runs.push(await runOf(order, seed))

const ofOrder = (order: Run['order']): Run[] => runs.filter((run) => run.order === order)
const middle = (share: number, order: Run['order']): string =>
  said(median(ofOrder(order).map((run) => stepsTo(share, run))))

for (const share of [0.9, enough]) {
  console.log(`steps until ${100 * share} % of 1,000 new sequences are copied without a mistake`)
  for (const order of orders) {
    const steps = ofOrder(order).map((run) => said(stepsTo(share, run)))
    console.log(`source ${order.padEnd(9)}${steps.join('  ')}  median ${middle(share, order)}`)
  }
}
console.log(`${runs.reduce((sum, { seconds }) => sum + seconds, 0).toLocaleString('en')} s`)

if (values.picture !== undefined) {
  const curves = runs.map(({ order, exact }) => ({
    name: `source ${order}: ${100 * enough} % right after ${middle(enough, order)} steps, the median`,
    values: exact.map((share) => 1 - share),
  }))
  const title = `Share of sequences copied with a mistake, ${seeds} seeds`
  writeFileSync(values.picture, drawCurves(curves, title, 'hundreds of training steps'))
  console.log(`\n${values.picture}`)
}
