/**
 * One process of a measurement: does the items of its task in order, one line of JSON each. The CPU level, the number of
 * threads and the BLAS library come from the environment.
 *
 *   tsx bench/worker.ts '{ "backend": "native", "seconds": 1, "items": [ … ] }'
 */
import { type BackendName, loadBackend } from 'ostinato'
import type { Item } from './cases.js'
import { medianMs } from './measure.js'
import { type Measurement, peakBytes } from './process.js'
import { prepareKernel } from './work/kernels.js'
import { prepareLayer } from './work/layer.js'
import { prepareStep } from './work/step.js'
import { timeTraining } from './work/training.js'

export interface Task {
  readonly backend: BackendName
  /** Time to spend on each item. */
  readonly seconds: number
  readonly items: readonly Item[]
}

const task = JSON.parse(process.argv[2] ?? '') as Task
const { seconds } = task
const { backend } = await loadBackend(task.backend)
const engine = task.backend === 'native' ? `native-${backend.details['level']}` : task.backend

async function time(item: Item): Promise<Omit<Measurement, 'engine'>> {
  if (item.kind === 'training') return timeTraining(task.backend, item, seconds)
  const prepared =
    item.kind === 'layer'
      ? prepareLayer(backend, item)
      : item.kind === 'step'
        ? await prepareStep(task.backend, item)
        : prepareKernel(backend, item)
  const ms = await medianMs(prepared, seconds)
  const peak = peakBytes()
  const digests = await prepared.digests()
  prepared.dispose()
  return { ms, peakBytes: peak, digests }
}

for (const item of task.items) {
  const measurement: Measurement = { engine, ...(await time(item)) }
  console.log(JSON.stringify(measurement))
}
