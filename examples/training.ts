/** What the examples share: training with a learning rate that falls and a bar, the result in words or as JSON. */
import {
  type Batches,
  type CompileOptions,
  load,
  type Model,
  optimizers,
  RandomStream,
  type SingleBatch,
} from 'ostinato'
import type { Settings } from './command.js'
import { progressBar } from './progress.js'

export interface Experiment {
  readonly training: Batches
  readonly epochs: number
  /** Of Adam at the first step: it falls along a line, to a twentieth at the last. */
  readonly rate: number
  /** What the loss counts, in the plural: images, characters. */
  readonly unit: string
  readonly loss: CompileOptions['loss']
  readonly metrics?: CompileOptions['metrics']
  make(): Model
  /** The figures on development data, each under its name. */
  measure(model: Model): Promise<Readonly<Record<string, number>>>
}

/** A learning rate that rises over the first steps, where there are `rising` ones, and falls along a line, to a twentieth at the last of all. */
export function fallingRate(rate: number, steps: number, rising = 0): (step: number) => number {
  return (step) => rate * (rising > 0 ? Math.min(1, step / rising) : 1) * (1 - (0.95 * step) / steps)
}

/** Trains a model, or loads one, measures it, and saves it where asked. */
export async function runExperiment(
  { training, epochs, rate, unit, loss, metrics = [], make, measure }: Experiment,
  settings: Settings<Record<never, number>>,
): Promise<void> {
  const trained = settings.load === undefined
  const model = trained ? make() : await load(settings.load as string, settings.backend)
  const steps = epochs * training.length
  const learningRate = fallingRate(rate, steps)
  model.compile({ optimizer: optimizers.adam({ learningRate, globalClipNorm: 1 }), loss, metrics })
  await model.ready()
  console.error(`${model.summary()}\nbackend ${model.backend.name}: ${model.backend.reason}`)
  const start = performance.now()
  if (trained) {
    const bar = progressBar(steps, unit)
    await model.fit(training, { epochs, callbacks: { onStepEnd: (logs) => bar.update(logs) } })
    bar.stop()
  }
  const trainingSeconds = Math.round((performance.now() - start) / 1000)
  const figures = await measure(model)
  if (settings.save !== undefined) await model.save(settings.save)
  const times = trained ? { epochs, trainingSeconds } : {}
  report({ ...figures, seed: settings.seed, ...times, backend: model.backend.name }, settings)
  model.dispose()
}

/** The result in words or, where asked for, as JSON. */
export function report(
  result: Readonly<Record<string, number | string>>,
  { json }: Settings<Record<never, number>>,
): void {
  const words = Object.entries(result).map(([name, value]) => `${name} ${value}`)
  console.log(json ? JSON.stringify(result) : words.join('\n'))
}

/** Batches of made data: other ones each time they are iterated, so that nothing learned is seen twice. */
export function freshBatches(length: number, make: () => SingleBatch): Batches<SingleBatch> {
  return {
    length,
    *[Symbol.iterator]() {
      for (let i = 0; i < length; i++) yield make()
    },
  }
}

/**
 * A model whose update gates begin by keeping the state, each for its own time of up to `steps` steps: their biases are the logarithms of
 * numbers from 1 to steps − 1, all equally likely (chrono initialization: Tallec and Ollivier 2018, section 2.2).
 */
export function patient(gruModel: Model, { units, steps, seed }: Patience): Model {
  const random = new RandomStream(seed).fork('patience')
  const bias = new Float32Array(3 * units) // z r n
  for (let unit = 0; unit < units; unit++) bias[unit] = Math.log(1 + random.uniform() * (steps - 2))
  gruModel.setWeights([{ name: 'gru/bias', data: bias }])
  return gruModel
}

export interface Patience {
  /** Of the GRU. */
  readonly units: number
  /** The longest time to remember, 2 or more. */
  readonly steps: number
  readonly seed: number
}

/** The likeliest class of every row, in the order of the batches. */
export async function likeliest(model: Model, batches: Batches): Promise<number[]> {
  const found: number[] = []
  for (const { inputs, lengths } of batches) {
    const { data, shape } = await model.predict({ inputs, ...(lengths === undefined ? {} : { lengths }) })
    const classes = shape.at(-1)!
    for (let row = 0; row < data.length; row += classes) {
      const scores = data.subarray(row, row + classes)
      found.push(scores.indexOf(Math.max(...scores)))
    }
  }
  return found
}

/** Share of the entries that are the same in both, in percent, rounded to hundredths. */
export function accuracy(found: ArrayLike<number>, right: ArrayLike<number>): number {
  let same = 0
  for (let i = 0; i < right.length; i++) if (found[i] === right[i]) same++
  return percent(same / right.length)
}

/** The accuracy on each class alone, and the mean of these: small classes count as much as large ones. */
export function meanRecall(found: readonly number[], right: readonly number[]): number {
  const shares = [...new Set(right)].map((label) => {
    const rows = right.flatMap((other, row) => (other === label ? [row] : []))
    return rows.filter((row) => found[row] === label).length / rows.length
  })
  return percent(shares.reduce((sum, share) => sum + share, 0) / shares.length)
}

export function percent(share: number): number {
  return Math.round(share * 1e4) / 100
}

export function fourDigits(value: number): number {
  return Number(value.toPrecision(4))
}
