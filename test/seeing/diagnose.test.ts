import {
  type BackendName,
  diagnose,
  initializers,
  input,
  layers,
  type Model,
  model,
  optimizers,
  RandomStream,
  sequential,
} from 'ostinato'
import { describe, expect, it } from 'vitest'
import {
  add,
  features as featuresOf,
  matmul,
  scan,
  sequenceMask,
  type Tensor,
  tanh,
} from '../../src/graph/index.js'
import { defineLayer } from '../../src/layers/layer.js'
import { drawCurves } from '../../src/seeing/curves.js'
import { eigenvaluesOf } from '../../src/seeing/eigenvalues.js'
import { describeOnBackends } from '../backends.js'
import { failureOf } from '../failures.js'
import { elementsOf } from './geometry.js'
import { type Kind, type Weights, walk } from './long-hand.js'

const [rows, time, features, units, outputs] = [2, 5, 2, 3, 2]
const lengths = [5, 3]
const random = new RandomStream(5)
const numbers = (length: number): Float32Array =>
  Float32Array.from({ length }, () => random.uniform() * 2 - 1)
const batch = {
  inputs: { data: numbers(rows * time * features), shape: [rows, time, features] },
  targets: { data: numbers(rows * time * outputs), shape: [rows, time, outputs] },
  lengths,
}
const kinds: readonly Kind[] = ['simpleRNN', 'lstm', 'gru']

function recurrent(kind: Kind) {
  return layers[kind]({ units, returnSequences: true, biasInitializer: 'randomUniform' })
}

function tagger(kind: Kind, both: boolean, backend: BackendName): Model {
  const first = both ? layers.bidirectional(recurrent(kind)) : recurrent(kind)
  return sequential([first, layers.dense({ units: outputs })], {
    inputShape: [null, features],
    backend,
    seed: 4,
  }).compile({ optimizer: optimizers.sgd(), loss: 'meanSquaredError' })
}

/** The mean loss by hand, with something added to one state of one direction. */
function lossByHand(
  kind: Kind,
  made: Model,
  added: {
    readonly direction: number
    readonly row: number
    readonly step: number
    readonly delta: number[]
  },
): number {
  const weights = new Map(made.getWeights().map(({ name, data }) => [name, data]))
  const both = weights.has(`bidirectional/forward/kernel`)
  const owners = both ? ['bidirectional/forward', 'bidirectional/backward'] : [kind]
  const [kernel, bias] = [weights.get('dense/kernel')!, weights.get('dense/bias')!]
  let [sum, count] = [0, 0]
  for (let b = 0; b < rows; b++) {
    const x = Array.from({ length: time }, (_, t) =>
      Array.from({ length: features }, (_, i) => batch.inputs.data[(b * time + t) * features + i]!),
    )
    const states = owners.map((owner, direction) => {
      const own = Object.fromEntries(
        [...weights].flatMap(([name, data]) =>
          name.startsWith(`${owner}/`) ? [[name.slice(owner.length + 1), data]] : [],
        ),
      )
      const here = added.direction === direction && added.row === b
      const change = { step: here ? added.step : -1, delta: added.delta }
      return walk(kind, own as unknown as Weights, x, lengths[b]!, change, direction === 1)
    })
    for (let t = 0; t < lengths[b]!; t++) {
      const h = states.flatMap((walked) => walked[t]!)
      for (let o = 0; o < outputs; o++) {
        const y = h.reduce((s, v, i) => s + v * kernel[i * outputs + o]!, bias[o]!)
        sum += (y - batch.targets.data[(b * time + t) * outputs + o]!) ** 2 / outputs
      }
      count++
    }
  }
  return sum / count
}

/** ‖∂L ∕ ∂hₜ‖ by central differences. */
function normByHand(kind: Kind, made: Model, direction: number, step: number): number {
  const epsilon = 1e-5
  let squares = 0
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++) {
      const at = (change: number): number => {
        const delta = Array.from({ length: units }, (_, i) => (i === unit ? change : 0))
        return lossByHand(kind, made, { direction, row, step, delta })
      }
      squares += ((at(epsilon) - at(-epsilon)) / (2 * epsilon)) ** 2
    }
  }
  return Math.sqrt(squares)
}

describe('the curve of ∂L ∕ ∂h', () => {
  it.each(kinds.flatMap((kind) => [false, true].map((both) => ({ kind, both }))))(
    'is that of central differences: $kind, both directions: $both',
    async ({ kind, both }) => {
      const made = tagger(kind, both, 'reference')
      const { states, loss } = await diagnose(made, batch)
      expect(loss).toBeCloseTo(lossByHand(kind, made, { direction: -1, row: 0, step: 0, delta: [] }), 6)
      const names = both ? ['bidirectional/forward/h', 'bidirectional/backward/h'] : [`${kind}/h`]
      expect(states.map(({ name }) => name)).toEqual(names)
      for (const [direction, { norms }] of states.entries()) {
        expect(norms).toHaveLength(time)
        for (const [step, norm] of norms.entries()) {
          const expected = normByHand(kind, made, direction, step)
          expect(Math.abs(norm - expected), `${names[direction]}, step ${step}`).toBeLessThan(
            1e-7 * Math.max(1, expected),
          )
          expect(norm).toBeGreaterThan(1e-4)
        }
      }
      made.dispose()
    },
  )

  it('begins with the gradient of the first state', async () => {
    const x = input({ shape: [null, features] })
    const first = input({ shape: [units], name: 'first' })
    const y = layers.simpleRNN({ units, activation: 'linear' }).apply(x, { initialState: [first] })
    const made = model({ inputs: [x, first], outputs: y, backend: 'reference' }).compile({
      loss: 'meanSquaredError',
    })
    const kernel = initializers
      .identity()
      .fill([units, units], new RandomStream(0))
      .map((v) => v * 0.5)
    made.setWeights([{ name: 'simpleRNN/recurrentKernel', data: kernel }])
    const { states } = await diagnose(made, {
      inputs: [{ data: numbers(4 * features), shape: [1, 4, features] }, [[1, 2, 3]]],
      targets: [[0, 0, 0]],
    })
    // hₜ = ½ hₜ₋₁ + …: every step halves the gradient on its way back.
    const [{ norms, initial }] = states as [(typeof states)[0]]
    const last = norms[3]!
    expect([initial, ...norms].map((norm) => norm / last)).toEqual([1 / 16, 1 / 8, 1 / 4, 1 / 2, 1])
    made.dispose()
  })

  it('is found in loops too, and for every use of a layer', async () => {
    const looped = defineLayer({
      kind: 'looped',
      name: undefined,
      options: {},
      trace(x: Tensor, scope) {
        const weight = (name: string, shape: number[]): Tensor =>
          scope.parameter({ name, shape, initialize: (s) => new Float32Array(s[0]! * (s[1] ?? 1)) })
        const [W, b] = [weight('recurrentKernel', [units, units]), weight('bias', [units])]
        const U = weight('kernel', [featuresOf(x, 'input'), units])
        const steps = x.shape[0]!
        const valid = scope.lengthsOf(x)
        const zeros = scope.graph.tensor([scope.batch, units])
        scope.graph.append('fill', {}, { y: zeros }, { value: 0 })
        const { h } = scan(
          scope.graph,
          { h: zeros },
          { a: matmul(x, U, b) },
          ({ h }, { a }) => ({ h: tanh(add(a as Tensor, matmul(h as Tensor, W))) }),
          { steps, mask: valid && sequenceMask(valid, steps) },
        )
        return h!.y
      },
    })
    const compiled = (first: Parameters<typeof sequential>[0][0]): Model =>
      sequential([first, layers.dense({ units: outputs })], {
        inputShape: [null, features],
        backend: 'reference',
        seed: 4,
      }).compile({ loss: 'meanSquaredError' })
    const plain = compiled(recurrent('simpleRNN'))
    const made = compiled(looped)
    made.setWeights(
      plain.getWeights().map(({ name, data }) => ({ name: name.replace('simpleRNN', 'looped'), data })),
    )
    const [expected, received] = [await diagnose(plain, batch), await diagnose(made, batch)]
    expect(received.states[0]!.name).toBe('looped/h')
    expect(received.loss).toBeCloseTo(expected.loss, 12)
    for (const [t, norm] of received.states[0]!.norms.entries())
      expect(norm).toBeCloseTo(expected.states[0]!.norms[t]!, 12)

    const x = input({ shape: [null, features] })
    const shared = layers.gru({ units: features, returnSequences: true })
    const twice = model({ inputs: x, outputs: shared.apply(shared.apply(x)), backend: 'reference' })
    twice.compile({ loss: 'meanSquaredError' })
    const again = await diagnose(twice, { inputs: batch.inputs, targets: { ...batch.targets } })
    expect(again.states.map(({ name }) => name)).toEqual(['gru/h', 'gru/h#1'])
    // The second use is nearer to the loss: its last state gets what the loss gives, the first a share of it.
    expect(again.states[0]!.norms.at(-1)!).toBeLessThan(again.states[1]!.norms.at(-1)!)
    for (const each of [plain, made, twice]) each.dispose()
  })

  it('is drawn, without what has no logarithm', () => {
    const svg = drawCurves([{ name: '<a>', values: [1e-3, 0, 10, Number.NaN, 5, 1] }], 'title', 'step t')
    elementsOf(svg)
    expect(svg).toContain('10⁻³')
    expect(svg.match(/<circle/g)).toHaveLength(2) // alone between gaps
    expect(svg).not.toContain('NaN')
    expect(
      elementsOf(drawCurves([{ name: 'nothing', values: [0, 0] }], 'title', 't')).get('circle'),
    ).toBeUndefined()
  })

  it('has one colour and one line of the legend for curves of one name', () => {
    const values = [1, 2]
    const named = (...names: string[]) =>
      drawCurves(
        names.map((name) => ({ name, values })),
        'title',
        't',
      )
    const svg = named('a', 'b', 'a')
    const strokes = (pattern: RegExp) => [...svg.matchAll(pattern)].map(([, colour]) => colour)
    const [a, b] = strokes(/h26" stroke="(#\w+)"/g)
    expect(a).not.toBe(b)
    expect(strokes(/fill="none" stroke="(#\w+)" stroke-width="1.8"/g)).toEqual([a, b, a])
    expect(strokes(/h26" stroke="(#\w+)"/g)).toEqual([a, b])
  })
})

describe('eigenvalues', () => {
  it('are those of matrices whose eigenvalues are known', () => {
    const [s, angle] = [0.9, 0.3]
    const turn = [s * Math.cos(angle), -s * Math.sin(angle), s * Math.sin(angle), s * Math.cos(angle)]
    const [a, b] = eigenvaluesOf(turn, 2)
    expect(a!.real).toBeCloseTo(s * Math.cos(angle), 14)
    expect(Math.abs(a!.imaginary)).toBeCloseTo(s * Math.sin(angle), 14)
    expect(b!.imaginary).toBeCloseTo(-a!.imaginary, 14)
    // The companion matrix of (λ − 3)(λ + 2)(λ − ½) = λ³ − 1.5 λ² − 5.5 λ + 3
    const companion = [1.5, 5.5, -3, 1, 0, 0, 0, 1, 0]
    expect(eigenvaluesOf(companion, 3).map(({ real }) => Math.round(real * 1e10) / 1e10)).toEqual([
      3, -2, 0.5,
    ])
    // Not symmetric, and every eigenvalue is 0, whatever the norm.
    expect(Math.abs(eigenvaluesOf([0, 100, 0, 0], 2)[0]!.real)).toBeLessThan(1e-12)
    expect(eigenvaluesOf([1, Number.NaN, 0, 1], 2)[0]!.real).toBeNaN()
  })

  it('are told by gate', async () => {
    const made = tagger('lstm', false, 'reference')
    // i f g o: multiples of the identity, side by side
    const scales = [0.5, 2, -3, 0.25]
    const data = new Float32Array(units * 4 * units)
    for (let i = 0; i < units; i++)
      for (const [g, scale] of scales.entries()) data[i * 4 * units + g * units + i] = scale
    made.setWeights([{ name: 'lstm/recurrentKernel', data }])
    const { matrices } = await diagnose(made, batch)
    expect(matrices.map(({ name, gate, spectralRadius }) => [name, gate, spectralRadius])).toEqual([
      ['lstm/recurrentKernel', 'i', 0.5],
      ['lstm/recurrentKernel', 'f', 2],
      ['lstm/recurrentKernel', 'g', 3],
      ['lstm/recurrentKernel', 'o', 0.25],
    ])
    expect(matrices[2]!.eigenvalues).toEqual(
      Array.from({ length: units }, () => ({ real: -3, imaginary: 0 })),
    )
    made.dispose()
    const both = tagger('gru', true, 'reference')
    const found = (await diagnose(both, batch)).matrices
    expect(found.map(({ name, gate }) => `${name} ${gate}`)).toEqual(
      ['forward', 'backward'].flatMap((way) =>
        ['z', 'r', 'n'].map((g) => `bidirectional/${way}/recurrentKernel ${g}`),
      ),
    )
    both.dispose()
  })

  it('has a projected state no square matrix for', async () => {
    const layer = layers.lstm({ units: 4, projection: 2, returnSequences: true })
    for (const first of [layer, layers.bidirectional(layer)]) {
      const made = sequential([first, layers.dense({ units: outputs })], {
        inputShape: [null, features],
        backend: 'reference',
      }).compile({ loss: 'meanSquaredError' })
      const { matrices, states } = await diagnose(made, batch)
      expect(matrices).toEqual([])
      const ofH = states.filter(({ name }) => name.endsWith('/h')).flatMap(({ norms }) => norms)
      expect(Math.min(...ofH)).toBeGreaterThan(0)
      made.dispose()
    }
  })
})

describeOnBackends('diagnose', ({ name: backend }) => {
  it('measures the same as the reference, and learns nothing', async () => {
    const [made, reference] = [tagger('gru', true, backend), tagger('gru', true, 'reference')]
    const before = made.getWeights()
    const received = await diagnose(made, batch)
    const expected = await diagnose(reference, batch)
    expect(received.loss).toBeCloseTo(expected.loss, 5)
    for (const [k, { norms }] of expected.states.entries())
      for (const [t, norm] of norms.entries())
        expect(Math.abs(received.states[k]!.norms[t]! - norm)).toBeLessThan(1e-5 * Math.max(1e-2, norm))
    expect(made.getWeights()).toEqual(before)
    await made.fit([batch])
    const trained = await diagnose(made, batch)
    expect(trained.loss).toBeLessThan(received.loss)
    for (const each of [made, reference]) each.dispose()
  })

  it('refuses what fit refuses', async () => {
    const uncompiled = sequential([layers.lstm({ units })], { inputShape: [null, features], backend })
    expect((await failureOf(() => diagnose(uncompiled, batch))).code).toBe('NOT_COMPILED')
    const made = tagger('lstm', false, backend)
    expect((await failureOf(() => diagnose(made, { ...batch, lengths: [0, 0] }))).code).toBe('EMPTY_BATCH')
    expect((await failureOf(() => diagnose(made, { ...batch, targets: [[1]] }))).code).toBe('SHAPE_MISMATCH')
    expect((await failureOf(() => diagnose(made, { inputs: batch.inputs }))).code).toBe('EMPTY_DATA')
    made.dispose()
    expect((await failureOf(() => diagnose(made, batch))).code).toBe('DISPOSED')
  })
})
