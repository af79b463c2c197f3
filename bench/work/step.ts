/** Streaming through the public session API: one stream, one step at a time. */
import { type BackendName, layers, sequential } from 'ostinato'
import type { StepItem } from '../cases.js'
import { digest, numbers } from '../data.js'
import type { Prepared } from './prepared.js'

export async function prepareStep(backend: BackendName, item: StepItem): Promise<Prepared> {
  const { cell, units, steps, precision = 'float32' } = item
  const layer = { lstm: layers.lstm, gru: layers.gru, rnn: layers.simpleRNN }[cell]
  const model = sequential([layer({ units, name: 'cell' })], { inputShape: [null, units], backend })
  await model.ready()
  const scale = 1 / Math.sqrt(units)
  model.setWeights(
    model.getWeights().map(({ name, shape, data }) => ({
      name,
      shape,
      data: numbers(name.replace('cell/', ''), data.length, scale),
    })),
  )
  const session = model.session({ precision })
  const inputs = Array.from({ length: item.inputs }, (_, k) => numbers(`x.${k}`, units, 1))
  const output = new Float32Array(units)
  return {
    repeats: steps,
    run() {
      for (let k = 0; k < steps; k++) session.step(inputs[k % inputs.length]!, output)
    },
    digests() {
      session.reset()
      const outputs = new Float32Array(inputs.length * units)
      for (const [k, x] of inputs.entries()) outputs.set(session.step(x, output), k * units)
      return { y: digest('y', outputs) }
    },
    dispose() {
      session.dispose()
      model.dispose()
    },
  }
}
