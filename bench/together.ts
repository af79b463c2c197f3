/**
 * What several models that train at the same time in one process get done, beside one after the other: 1 would be perfect sharing
 * of the cores, less is what they cost each other.
 *
 *   npx tsx bench/together.ts [--models 2] [--rounds 5] [--steps 20]
 */
import { parseArgs } from 'node:util'
import { layers, type Model, sequential } from 'ostinato'
import { number, table } from './console.js'
import { numbers } from './data.js'
import { median } from './measure.js'

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '20' },
  },
})
const [count, rounds, steps] = [
  number('models', values.models),
  number('rounds', values.rounds),
  number('steps', values.steps),
]
const [batch, time, features, units] = [32, 50, 64, 128]
const one = {
  inputs: { data: numbers('x', batch * time * features, 1), shape: [batch, time, features] },
  targets: { data: numbers('y', batch * time, 1), shape: [batch, time, 1] },
}

/** [batch, time, features] → [batch, time, 1] */
function made(): Model {
  const layer = layers.lstm({ units, returnSequences: true })
  const model = sequential([layer, layers.dense({ units: 1 })], { inputShape: [null, features] })
  return model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
}

const train = (model: Model) => model.fit(Array.from({ length: steps }, () => one))
async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

const models = Array.from({ length: count }, made)
for (const model of models) await train(model)
const apart: number[] = []
const together: number[] = []
for (let round = 0; round < rounds; round++) {
  apart.push(
    await timed(async () => {
      for (const model of models) await train(model)
    }),
  )
  together.push(await timed(() => Promise.all(models.map(train))))
}
const rows = [
  [`${count} models, one after the other`, median(apart).toFixed(0), '1'],
  [`${count} models at once`, median(together).toFixed(0), (median(apart) / median(together)).toFixed(2)],
]
console.log(table(['', 'ms', 'work done'], rows))
