/**
 * Whole training steps of one recurrent layer, every cell in turn: what a variant costs beside the plain LSTM of the same
 * width, and what cells without a product in their recurrence gain over long sequences.
 *
 *   npx tsx bench/cells.ts [--units 256] [--features 64] [--batch 32] [--time 100]
 *    [--rounds 7] [--steps 5] [--only 'gru;lstm, peepholes'] [--backend native] [--json]
 */
import { parseArgs } from 'node:util'
import { type BackendName, type Batch, type Layer, layers, type Model, sequential } from 'ostinato'
import { number, progress, table } from './console.js'
import { numbers } from './data.js'
import { median } from './measure.js'

const { values } = parseArgs({
  options: {
    units: { type: 'string', default: '256' },
    features: { type: 'string', default: '64' },
    batch: { type: 'string', default: '32' },
    time: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '7' },
    steps: { type: 'string', default: '5' },
    only: { type: 'string' },
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
const [rounds, steps] = [number('rounds', values.rounds), number('steps', values.steps)]
const backend = values.backend as BackendName
const base = { units, returnSequences: true }
const all = {
  lstm: () => layers.lstm(base),
  'lstm, peepholes': () => layers.lstm({ ...base, peepholes: true }),
  'lstm, coupled': () => layers.lstm({ ...base, inputGate: 'coupled' }),
  'lstm, recurrent dropout': () => layers.lstm({ ...base, recurrentDropout: 0.2 }),
  'lstm, zoneout': () => layers.lstm({ ...base, zoneoutH: 0.1, zoneoutC: 0.1 }),
  'lstm, hard sigmoid': () => layers.lstm({ ...base, recurrentActivation: 'hardSigmoid' }),
  'lstm, layer norm': () => layers.lstm({ ...base, layerNormalization: true }),
  'lstm, projection': () => layers.lstm({ ...base, projection: Math.ceil(units / 2) }),
  'lstm, recompute': () => layers.lstm({ ...base, recompute: true }),
  gru: () => layers.gru(base),
  'gru, recompute': () => layers.gru({ ...base, recompute: true }),
  simpleRNN: () => layers.simpleRNN(base),
  // Of the output instead of the hidden units, taught by the targets: no step waits for another.
  'output recurrence': () =>
    layers.outputFeedback({
      layers: [layers.dense({ units, activation: 'tanh' }), layers.dense({ units: 1 })],
      outputDim: 1,
      feedback: 'output',
    }),
  minGRU: () => layers.minGRU(base),
  minLSTM: () => layers.minLSTM(base),
  sru: () => layers.sru(base),
}
type Name = keyof typeof all

function chosen(): Name[] {
  const names = Object.keys(all) as Name[]
  if (values.only === undefined) return names
  const wanted = new Set(['lstm', ...values.only.split(';').map((name) => name.trim())])
  const unknown = [...wanted].find((name) => !names.includes(name as Name))
  if (unknown !== undefined) throw new Error(`--only: no cell "${unknown}"; there are ${names.join('; ')}`)
  return names.filter((name) => wanted.has(name))
}

/** One dense unit reads the layer, which has such an output itself where it feeds it back. */
function made(name: Name): Model {
  const layer: Layer = all[name]()
  const stack = layer.kind === 'outputFeedback' ? [layer] : [layer, layers.dense({ units: 1 })]
  const model = sequential(stack, { inputShape: [null, features], backend })
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
  return model
}

const inputs = { data: numbers('x', batch * time * features, 1), shape: [batch, time, features] }
const targets = { data: numbers('y', batch * time, 1), shape: [batch, time, 1] }
function* batches(): Generator<Batch> {
  for (let step = 0; step < steps; step++) yield { inputs, targets }
}

/** Milliseconds from one step of `fit` to the next. */
async function stepTimes(model: Model): Promise<number[]> {
  const times: number[] = []
  let last = performance.now()
  await model.fit(batches, {
    callbacks: {
      onStepEnd() {
        const now = performance.now()
        times.push(now - last)
        last = now
      },
    },
  })
  // The first step of a fit begins with preparing its batch.
  return times.slice(1)
}

const models = chosen().map((cell) => ({ cell, model: made(cell), samples: [] as number[] }))
const bar = progress(models.length * (rounds + 1))
for (let round = 0; round <= rounds; round++) {
  for (const { cell, model, samples } of models) {
    const times = await stepTimes(model)
    // The first round allocates.
    if (round > 0) samples.push(median(times))
    bar.next(cell)
  }
}
bar.stop()
const measured = models.map(({ cell, samples }) => ({ cell, ms: median(samples) }))
const lstm = measured.find(({ cell }) => cell === 'lstm')?.ms ?? Number.NaN
const rows = measured.map(({ cell, ms }) => ({ cell, ms, times: ms / lstm }))
if (values.json) console.log(JSON.stringify({ backend, units, features, batch, time, rows }))
else {
  console.log(`${backend}, batch ${batch}, time ${time}, features ${features}, units ${units}`)
  console.log(
    table(
      ['cell', 'ms a step', '× lstm'],
      rows.map(({ cell, ms, times }) => [cell, ms.toFixed(1), times.toFixed(2)]),
    ),
  )
}
