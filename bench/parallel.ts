/**
 * Whole training steps of one recurrent layer over long sequences: what cells without a product in their recurrence gain.
 *
 *   npx tsx bench/parallel.ts [--units 256] [--features 64] [--batch 16]
 *    [--time 1000] [--seconds 2] [--backend native] [--json]
 */
import { parseArgs } from 'node:util'
import { type BackendName, type Batch, layers, sequential } from 'ostinato'
import { number, table } from './console.js'
import { numbers } from './data.js'
import { median } from './measure.js'

const { values } = parseArgs({
  options: {
    units: { type: 'string', default: '256' },
    features: { type: 'string', default: '64' },
    batch: { type: 'string', default: '16' },
    time: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '2' },
    backend: { type: 'string', default: 'native' },
    json: { type: 'boolean', default: false },
  },
})
const [units, features, batch, time] = [
  number('units', values.units),
  number('features', values.features),
  number('batch', values.batch),
  number('time', values.time),
]
const seconds = number('seconds', values.seconds)
const backend = values.backend as BackendName
const cells = {
  lstm: () => layers.lstm({ units, returnSequences: true }),
  gru: () => layers.gru({ units, returnSequences: true }),
  minGRU: () => layers.minGRU({ units, returnSequences: true }),
  minLSTM: () => layers.minLSTM({ units, returnSequences: true }),
  sru: () => layers.sru({ units, returnSequences: true }),
}

/** Median milliseconds from one step of `fit` to the next; one dense unit reads the layer. */
async function stepMs(make: (typeof cells)[keyof typeof cells]): Promise<number> {
  const stack = [make(), layers.dense({ units: 1 })]
  const model = sequential(stack, { inputShape: [null, features], backend })
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
  const inputs = { data: numbers('x', batch * time * features, 1), shape: [batch, time, features] }
  const targets = { data: numbers('y', batch * time, 1), shape: [batch, time, 1] }
  const fewest = 5
  const times: number[] = []
  function* steps(): Generator<Batch> {
    const end = performance.now() + 1000 * seconds
    while (performance.now() < end || times.length < fewest) yield { inputs, targets }
  }
  let last = performance.now()
  await model.fit(steps, {
    callbacks: {
      onStepEnd() {
        const now = performance.now()
        times.push(now - last)
        last = now
      },
    },
  })
  model.dispose()
  // The first steps allocate.
  return median(times.slice(2))
}

const measured: { cell: string; ms: number }[] = []
for (const [cell, make] of Object.entries(cells)) measured.push({ cell, ms: await stepMs(make) })
const [lstm] = measured
const rows = measured.map(({ cell, ms }) => ({ cell, ms, faster: (lstm?.ms ?? Number.NaN) / ms }))
if (values.json) console.log(JSON.stringify({ backend, units, features, batch, time, rows }))
else {
  console.log(`${backend}, batch ${batch}, time ${time}, features ${features}, units ${units}`)
  console.log(
    table(
      ['cell', 'ms a step', 'faster than lstm'],
      rows.map(({ cell, ms, faster }) => [cell, ms.toFixed(1), faster.toFixed(2)]),
    ),
  )
}
