/**
 * How long does an abort take, wherever in a long training step it comes? Two LSTM layers of 650 units, 150 steps of 64 rows;
 * aborts spread evenly over the step.
 *
 *   tsx bench/abort.ts
 */
import { layers, sequential } from 'ostinato'

const [batch, time, units, aborts] = [64, 150, 650, 24]
const model = sequential(
  [
    layers.lstm({ units, returnSequences: true }),
    layers.lstm({ units, returnSequences: true }),
    layers.dense({ units: 10 }),
  ],
  { inputShape: [null, units], backend: 'native' },
)
model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
const data = [
  {
    inputs: { data: new Float32Array(batch * time * units).fill(0.1), shape: [batch, time, units] },
    targets: { data: new Float32Array(batch * time * 10), shape: [batch, time, 10] },
  },
]
await model.fit(data)
const start = performance.now()
await model.fit(data)
const step = performance.now() - start

const latencies: number[] = []
for (let i = 1; i <= aborts; i++) {
  const controller = new AbortController()
  let asked = 0
  const timer = setTimeout(
    () => {
      asked = performance.now()
      controller.abort()
    },
    (step * i) / (aborts + 1),
  )
  try {
    await model.fit(data, { signal: controller.signal })
  } catch (error) {
    if (!controller.signal.aborted) throw error
    latencies.push(performance.now() - asked)
  } finally {
    clearTimeout(timer)
  }
}
latencies.sort((a, b) => a - b)
const [median, worst] = [latencies[latencies.length >> 1], latencies.at(-1)]
console.log(JSON.stringify({ stepMs: step, aborted: latencies.length, medianMs: median, worstMs: worst }))
await model.fit(data) // and the model is usable
model.dispose()
