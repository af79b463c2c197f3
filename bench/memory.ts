/**
 * Does training leave anything behind? 10,000 steps after a warm-up: the JavaScript heap must return to its baseline after
 * a collection, and no ArrayBuffer may have been added. Malloc inside a run is counted by `scripts/sanitize.sh`.
 *
 *   node --expose-gc --import tsx bench/memory.ts [--backend native|wasm] [--steps 10000]
 */
import { parseArgs } from 'node:util'
import { type BackendName, type Batch, layers, optimizers, sequential } from 'ostinato'

const { values } = parseArgs({
  options: { backend: { type: 'string', default: 'native' }, steps: { type: 'string', default: '10000' } },
})
if (!globalThis.gc) throw new Error('run with --expose-gc')
const collect = globalThis.gc
const steps = Number(values.steps)
const [batch, time, symbols] = [8, 12, 20]

const model = sequential(
  [
    layers.embedding({ inputDim: symbols, outputDim: 16 }),
    layers.lstm({ units: 32, returnSequences: true, stateful: true }),
    layers.dropout({ rate: 0.1 }),
    layers.gru({ units: 32, returnSequences: true, stateful: true }),
    layers.dense({ units: symbols }),
  ],
  { backend: values.backend as BackendName },
)
model.compile({ optimizer: optimizers.adam({ globalClipNorm: 1 }), loss: 'sparseCategoricalCrossentropy' })

const tokens = Int32Array.from({ length: batch * time }, (_, i) => (i * 7) % symbols)
const sample: Batch = {
  inputs: { data: tokens, shape: [batch, time] },
  targets: { data: tokens, shape: [batch, time] },
}

function* repeat(count: number): Generator<Batch> {
  for (let i = 0; i < count; i++) yield sample
}

function measure(): { heap: number; buffers: number; resident: number } {
  collect()
  collect()
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  return { heap: heapUsed, buffers: arrayBuffers, resident: rss }
}

await model.fit(() => repeat(2000))
const before = measure()
await model.fit(() => repeat(steps))
const after = measure()

const difference = {
  backend: model.backend.name,
  steps,
  heapBytes: after.heap - before.heap,
  arrayBufferBytes: after.buffers - before.buffers,
  residentBytes: after.resident - before.resident,
}
console.log(JSON.stringify(difference))
// What remains must not grow with the steps: less than ten bytes a step is the noise of the collector itself.
if (difference.arrayBufferBytes > 0 || difference.heapBytes > 10 * steps) process.exitCode = 1
model.dispose()
