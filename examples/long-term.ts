/**
 * Which recurrence remembers for 200 steps? What is said in the first 20 steps is asked for 200 steps later, noise in between. Fresh
 * models are measured with `diagnose`: how much the loss depends on the state of every step. The measure is taken
 * in float64 (`reference`), where even what has vanished is still a number.
 *
 *     npm run example -- examples/long-term.ts [PICTURE.svg]
 */
import { writeFileSync } from 'node:fs'
import {
  type Diagnosis,
  defineCell,
  diagnose,
  initializers,
  type Layer,
  layers,
  type Model,
  operations,
  optimizers,
  RandomStream,
  type RecurrentLayer,
  sequential,
} from 'ostinato'
import { drawCurves } from '../src/seeing/curves.js'

const [lag, said, rows, units] = [200, 20, 8, 16]
const steps = lag + said
const { add, affine, concat, matmul, slice, tanh } = operations
const random = new RandomStream(0)

/** [rows, steps, 2]: a sign in the first steps and nothing after them, beside noise; the sign is the target. */
const data = new Float32Array(rows * steps * 2)
const targets = Array.from({ length: rows }, (_, row) => {
  const sign = random.uniform() < 0.5 ? -1 : 1
  for (let t = 0; t < steps; t++)
    data.set([t < said ? sign : 0, 0.1 * random.normal()], (row * steps + t) * 2)
  return [sign]
})
const batch = { inputs: { data, shape: [rows, steps, 2] }, targets }

/** uₜ = α uₜ₋₁ + (1 − α) tanh(U xₜ + W uₜ₋₁ + b) (Mozer 1992): what it knows fades as αᵗ. */
const leaky = defineCell({
  name: 'leaky',
  options: { alpha: 0.99 },
  states: (sizes) => ({ u: [sizes.units] }),
  weights: (sizes) => ({
    kernel: [sizes.inputDim, sizes.units],
    recurrentKernel: [sizes.units, sizes.units],
    bias: [sizes.units],
  }),
  project: (x, w) => add(matmul(x, w.kernel), w.bias),
  step: ({ u }, x, w, { alpha }) => {
    const v = tanh(add(x, matmul(u, w.recurrentKernel)))
    return { u: add(affine(u, alpha), affine(v, 1 - alpha)) }
  },
})

/** hₜ = tanh(U xₜ + W hₜ₋₂₀ + b) (Lin et al. 1996): 200 steps back are ten. `past` holds the last 20 states, the oldest first. */
const delay = 20
const delayed = defineCell({
  name: 'delayed',
  states: (sizes) => ({ h: [sizes.units], past: [delay * sizes.units] }),
  weights: (sizes) => ({
    kernel: [sizes.inputDim, sizes.units],
    recurrentKernel: [sizes.units, sizes.units],
    bias: [sizes.units],
  }),
  project: (x, w) => add(matmul(x, w.kernel), w.bias),
  step: ({ past }, x, w) => {
    const h = tanh(add(x, matmul(slice(past, -1, 0, units), w.recurrentKernel)))
    return { h, past: concat(slice(past, -1, units, (delay - 1) * units), h, -1) }
  },
})

/** hₜ = tanh(U xₜ + ½ W hₜ₋₁ + ½ hₜ₋₂₀ + b): the short way stays, and a skip connection leads past it. */
const skipping = defineCell({
  name: 'skipping',
  states: (sizes) => ({ h: [sizes.units], past: [delay * sizes.units] }),
  weights: (sizes) => ({
    kernel: [sizes.inputDim, sizes.units],
    recurrentKernel: [sizes.units, sizes.units],
    bias: [sizes.units],
  }),
  project: (x, w) => add(matmul(x, w.kernel), w.bias),
  step: ({ h, past }, x, w) => {
    const before = add(matmul(h, w.recurrentKernel), slice(past, -1, 0, units))
    const next = tanh(add(x, affine(before, 0.5)))
    return { h: next, past: concat(slice(past, -1, units, (delay - 1) * units), next, -1) }
  },
})

function network(first: Layer | RecurrentLayer, optimizer = optimizers.sgd({ learningRate: 0.1 })): Model {
  return sequential([first, layers.dense({ units: 1 })], {
    inputShape: [null, 2],
    seed: 0,
    backend: 'reference',
  }).compile({ optimizer, loss: 'meanSquaredError' })
}

/** An LSTM that is told how long to remember: forget biases of log(T − 1) (after Tallec and Ollivier 2018). */
function patientLstm(): Model {
  const model = network(layers.lstm({ units }))
  const bias = new Float32Array(4 * units)
  bias.fill(Math.log(steps - 1), units, 2 * units)
  model.setWeights([{ name: 'lstm/bias', data: bias }])
  return model
}

const orthogonal = (gain: number) => initializers.orthogonal({ gain })
const exploding = (optimizer?: Parameters<typeof network>[1]): Model =>
  network(layers.simpleRNN({ units, activation: 'linear', recurrentInitializer: orthogonal(1.1) }), optimizer)

const models: Readonly<Record<string, () => Model>> = {
  'simpleRNN, tanh, spectral radius 0.9': () =>
    network(layers.simpleRNN({ units, recurrentInitializer: orthogonal(0.9) })),
  'simpleRNN, linear, spectral radius 1.1': () => exploding(),
  'lstm, forget bias 1': () => network(layers.lstm({ units })),
  'lstm, forget bias log 219': patientLstm,
  'leaky unit, α 0.99': () => network(leaky({ units })),
  'time delay of 20 steps, ∂L ∕ ∂(the last 20 h)': () =>
    network(delayed({ units, recurrentInitializer: orthogonal(1) })),
  'skip over 20 steps, ∂L ∕ ∂(the last 20 h)': () =>
    network(skipping({ units, recurrentInitializer: orthogonal(1) })),
}

/** The curve of the state that is remembered; that of `past` counts every state for as long as it is waiting. */
const curveOf = ({ states }: Diagnosis): readonly number[] =>
  (states.find(({ name }) => name.endsWith('/past')) ?? states[0])?.norms ?? []

const curves: { name: string; values: readonly number[] }[] = []
console.log(`‖∂L ∕ ∂hₜ‖ at step ${said} of ${steps}, at step ${lag}, and their ratio`)
for (const [name, make] of Object.entries(models)) {
  const model = make()
  const values = curveOf(await diagnose(model, batch))
  const [first, last] = [values[said - 1] ?? 0, values[lag - 1] ?? 0]
  curves.push({ name, values })
  const figures = [first, last, first / last].map((n) => n.toExponential(1).padStart(9))
  console.log(`${name.padEnd(48)}${figures.join('')}`)
  model.dispose()
}

/** How far one update moves the weights, and the norm of the gradient before clipping. */
async function firstStep(optimizer: Parameters<typeof network>[1]): Promise<{ norm: number; moved: number }> {
  const model = exploding(optimizer)
  const before = model.getWeights()
  let norm = 0
  await model.fit([batch], {
    callbacks: {
      onStepEnd: ({ gradientNorm }) => {
        norm = gradientNorm
      },
    },
  })
  const squares = model
    .getWeights()
    .flatMap(({ data: after }, i) => [...after].map((value, j) => (value - (before[i]?.data[j] ?? 0)) ** 2))
  model.dispose()
  return { norm, moved: Math.sqrt(squares.reduce((sum, x) => sum + x, 0)) }
}

const free = await firstStep(optimizers.sgd({ learningRate: 0.1 }))
const clipped = await firstStep(optimizers.sgd({ learningRate: 0.1, globalClipNorm: 1 }))
console.log(`\nthe exploding one, a gradient of norm ${free.norm.toExponential(1)}, learning rate 0.1:`)
console.log(`one step moves the weights by ${free.moved.toExponential(1)}`)
console.log(`with globalClipNorm 1 by      ${clipped.moved.toExponential(1)}`)

const [, , picture] = process.argv
if (picture) {
  writeFileSync(
    picture,
    drawCurves(curves, `‖∂L ∕ ∂hₜ‖ where the first ${said} of ${steps} steps count`, 'step t'),
  )
  console.log(`\n${picture}`)
}
