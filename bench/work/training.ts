/** The whole training step of the character model, through the public API, as in `examples/char-lm.ts`. */
import { readFileSync } from 'node:fs'
import {
  type BackendName,
  type Batch,
  initializers,
  layers,
  optimizers,
  sequential,
  textStreams,
} from 'ostinato'
import type { TrainingItem } from '../cases.js'
import { type Digests, digest, numbers } from '../data.js'
import { median } from '../measure.js'
import { peakBytes } from '../process.js'

/** Steps whose losses are compared; they warm up too. */
const comparedSteps = 8
const fewestSteps = 20

/** PyTorch's names for what is compared: `kernel.0`, …, `dense.kernel`. */
function sharedName(name: string): string {
  const [layer, weight] = name.split('/') as [string, string]
  return /^\d+$/.test(layer) ? `${weight}.${layer}` : name.replace('/', '.')
}

/** Median milliseconds from one step to the next, everything between included; the losses of the first steps. */
export async function timeTraining(
  backend: BackendName,
  item: TrainingItem,
  seconds: number,
): Promise<{ ms: number; peakBytes: number; digests: Digests }> {
  const { cell, batch, time, embedding, units, vocabulary } = item
  const recurrent = { lstm: layers.lstm, gru: layers.gru, rnn: layers.simpleRNN }[cell]
  const model = sequential(
    [
      layers.embedding({
        name: 'embedding',
        inputDim: vocabulary,
        outputDim: embedding,
        embeddingsInitializer: initializers.randomNormal({ stddev: 1 }),
      }),
      ...Array.from({ length: item.layers }, (_, i) =>
        recurrent({ name: `${i}`, units, returnSequences: true, stateful: true }),
      ),
      layers.dense({ name: 'dense', units: vocabulary }),
    ],
    { backend },
  )
  model.compile({
    optimizer: optimizers.adam({ learningRate: 2e-3, epsilon: 1e-8, globalClipNorm: 1 }),
    loss: 'sparseCategoricalCrossentropy',
  })
  model.setWeights(
    model.getWeights().map(({ name, shape, data }) => {
      const scale = name.startsWith('embedding') ? 1 : 1 / Math.sqrt(units)
      return { name, shape, data: numbers(sharedName(name), data.length, scale) }
    }),
  )
  const file = readFileSync(item.tokens)
  const tokens = new Int32Array(file.buffer, file.byteOffset, file.byteLength / 4)
  const epoch = textStreams(tokens, { batch, time })

  const losses: number[] = []
  const times: number[] = []
  let last = 0
  let end = Number.POSITIVE_INFINITY
  function* untilMeasured(): Generator<Batch> {
    for (;;) {
      for (const each of epoch) {
        if (performance.now() > end && times.length >= fewestSteps) return
        yield each
      }
    }
  }
  await model.fit(untilMeasured, {
    callbacks: {
      onStepEnd({ loss }) {
        const now = performance.now()
        if (losses.length === comparedSteps) times.push(now - last)
        else if (losses.push(loss) === comparedSteps) end = now + 1000 * seconds
        last = now
      },
    },
  })
  const peak = peakBytes()
  model.dispose()
  return {
    ms: median(times),
    peakBytes: peak,
    digests: { losses: digest('losses', Float32Array.from(losses)) },
  }
}
