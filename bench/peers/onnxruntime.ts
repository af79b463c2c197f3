/**
 * onnxruntime-node on the items of a task, one line of JSON each: inference with one layer, and steps.
 *
 *   tsx bench/peers/onnxruntime.ts '{ "modules": "…/node_modules", "threads": 2, "seconds": 1, "items": [ { "file": "…", … } ] }'
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { LayerItem, StepItem } from '../cases.js'
import { digest, numbers } from '../data.js'
import { medianMs } from '../measure.js'
import { type Measurement, peakBytes } from '../process.js'

interface Tensor {
  readonly data: Float32Array
}
type Tensors = Record<string, Tensor>
/** The part of onnxruntime-common that is used here; the package itself is no dependency. */
interface OnnxRuntime {
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => Tensor
  readonly InferenceSession: {
    create(file: string, options: Readonly<Record<string, unknown>>): Promise<Session>
  }
}
interface Session {
  run(feeds: Tensors, fetches?: readonly string[]): Promise<Tensors>
}

export interface OnnxTask {
  readonly modules: string
  readonly threads: number
  readonly seconds: number
  readonly items: readonly ((LayerItem | StepItem) & { readonly file: string })[]
}

const task = JSON.parse(process.argv[2] ?? '') as OnnxTask
const require = createRequire(join(task.modules, 'index.js'))
const runtime = require('onnxruntime-node') as OnnxRuntime
const { version } = require('onnxruntime-node/package.json') as { version: string }
const zeros = (units: number) => new runtime.Tensor('float32', new Float32Array(units), [1, 1, units])

async function timeLayer(session: Session, item: LayerItem): Promise<Pick<Measurement, 'ms' | 'digests'>> {
  const { batch, time, input } = item
  const feeds = {
    x: new runtime.Tensor('float32', numbers('x', time * batch * input, 1), [time, batch, input]),
  }
  let y: Float32Array = new Float32Array()
  const run = async () => {
    y = (await session.run(feeds, ['y']))['y']!.data
  }
  const ms = await medianMs({ run }, task.seconds)
  return { ms, digests: { y: digest('y', y) } }
}

/** Every step is fed the states that the one before gave. */
async function timeSteps(session: Session, item: StepItem): Promise<Pick<Measurement, 'ms' | 'digests'>> {
  const { cell, units, steps } = item
  const inputs = Array.from(
    { length: item.inputs },
    (_, k) => new runtime.Tensor('float32', numbers(`x.${k}`, units, 1), [1, 1, units]),
  )
  const fetches = cell === 'lstm' ? ['hn', 'cn'] : ['hn']
  const feeds: Tensors = {}
  const reset = () => {
    feeds['h0'] = zeros(units)
    if (cell === 'lstm') feeds['c0'] = zeros(units)
  }
  const step = async (x: Tensor) => {
    feeds['x'] = x
    const { hn, cn } = await session.run(feeds, fetches)
    feeds['h0'] = hn!
    if (cn) feeds['c0'] = cn
    return hn!.data
  }
  reset()
  const run = async () => {
    for (let k = 0; k < steps; k++) await step(inputs[k % inputs.length]!)
  }
  const ms = await medianMs({ run, repeats: steps }, task.seconds)
  reset()
  const outputs = new Float32Array(inputs.length * units)
  for (const [k, x] of inputs.entries()) outputs.set(await step(x), k * units)
  return { ms, digests: { y: digest('y', outputs) } }
}

for (const item of task.items) {
  const session = await runtime.InferenceSession.create(item.file, {
    intraOpNumThreads: task.threads,
    interOpNumThreads: 1,
  })
  const timed = await (item.kind === 'step' ? timeSteps(session, item) : timeLayer(session, item))
  const measurement: Measurement = {
    engine: `onnxruntime-node-${version}`,
    ...timed,
    peakBytes: peakBytes(),
  }
  console.log(JSON.stringify(measurement))
}
