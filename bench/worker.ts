/**
 * One process of a measurement: does the items of its task in order, one line of JSON each. The CPU level, the number of
 * threads and the BLAS library come from the environment.
 *
 *   tsx bench/worker.ts '{ "backend": "native", "seconds": 1, "items": [ … ] }'
 */
import type { BackendName } from 'ostinato'
import { loadBackend } from 'ostinato'
import type { Item } from './cases.js'
import { medianMs } from './measure.js'
import { type Measurement, peakBytes } from './process.js'
import { prepareLayer } from './work/layer.js'
import type { Prepared } from './work/prepared.js'
import { prepareStep } from './work/step.js'

export interface Task {
  readonly backend: BackendName
  readonly threads: number
  /** Time to spend on each item. */
  readonly seconds: number
  readonly items: readonly Item[]
}

async function prepare(task: Task, item: Item): Promise<Prepared> {
  const { backend } = await loadBackend(task.backend)
  if (item.kind === 'layer') return prepareLayer(backend, item)
  if (item.kind === 'step') return prepareStep(task.backend, item)
  throw new Error(`not yet: ${item.kind}`)
}

const task = JSON.parse(process.argv[2] ?? '') as Task
const { backend } = await loadBackend(task.backend)
const engine = task.backend === 'native' ? `native-${backend.details['level']}` : task.backend
for (const item of task.items) {
  const prepared = await prepare(task, item)
  const ms = await medianMs(prepared, task.seconds)
  const peak = peakBytes()
  const measurement: Measurement = { engine, ms, peakBytes: peak, digests: await prepared.digests() }
  prepared.dispose()
  console.log(JSON.stringify(measurement))
}
