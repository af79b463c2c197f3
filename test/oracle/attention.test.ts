import { readFileSync } from 'node:fs'
import {
  type AttentionOptions,
  input,
  layers,
  type Model,
  model,
  optimizers,
  type SymbolicTensors,
} from 'ostinato'
import { expect, test } from 'vitest'
import { describeOnBackends } from '../backends.js'
import { difference } from '../graph/harness.js'

interface Numbers {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
type Named = Readonly<Record<string, Numbers>>

interface Fixture {
  readonly sources: readonly number[]
  readonly queries: readonly number[]
  readonly cases: readonly {
    readonly name: string
    readonly options: { readonly heads?: number }
    readonly given: Named
    readonly targets: Named
    readonly results: Named
    readonly loss: number
    readonly gradients: Named
  }[]
  readonly recurrent: readonly {
    readonly name: string
    readonly attends: 'before' | 'after'
    readonly score: AttentionOptions
    readonly layers: number
    readonly given: Named
    readonly target: Numbers
    readonly results: Named
    readonly loss: number
    readonly gradients: Named
  }[]
}

const fixture: Fixture = JSON.parse(
  readFileSync(new URL('fixtures/pytorch-attention.json', import.meta.url), 'utf8'),
)

/** Tokens that name every row and step apart: the table of an embedding is then the sequence, and learns its gradient. */
function steps({ shape: [batch = 0, time = 0] }: Numbers) {
  return { data: Int32Array.from({ length: batch * time }, (_, i) => i), shape: [batch, time] }
}

/** A sequence, as the table of an embedding. */
function table({ shape: [batch = 0, time = 0, outputDim = 0] }: Numbers, axis: string) {
  const tokens = input({ shape: [axis], type: 'int32', name: axis })
  const embedding = layers.embedding({ inputDim: batch * time, outputDim, name: `${axis}Steps` })
  return { tokens, steps: embedding.apply(tokens) }
}

const weightsOf = (of: Model<SymbolicTensors>) =>
  new Map(of.getWeights().map(({ name, data }) => [name, data]))

const floats = ({ data, shape }: Numbers) => ({ data: Float32Array.from(data), shape })

/** The numbers of the valid queries. */
function valid({
  data,
  shape: [, time = 0, size = 0],
}: {
  data: ArrayLike<number>
  shape: readonly number[]
}) {
  return fixture.queries.flatMap((n, b) => [
    ...Array.from(data).slice(b * time * size, (b * time + n) * size),
  ])
}

describeOnBackends('attention in PyTorch', ({ name: backend }) => {
  const tolerance = backend === 'reference' ? 1e-7 : 2e-6

  test.each(fixture.cases)('$name: contexts, weights and all gradients', async (of) => {
    const { queries, memory, ...weights } = of.given as Named & { queries: Numbers; memory: Numbers }
    const [asked, seen] = [table(queries, 'asked'), table(memory, 'seen')]
    const options = { ...of.options, returnWeights: true, name: 'attention' } as const
    const layer = of.options.heads
      ? layers.multiHeadAttention({ ...options, heads: of.options.heads })
      : layers.attention(options)
    const [context, shown] = layer.apply(asked.steps, seen.steps)
    const m = model({
      inputs: { asked: asked.tokens, seen: seen.tokens },
      outputs: { context, weights: shown },
      backend,
    }).compile({
      optimizer: optimizers.sgd({ learningRate: 1 }),
      loss: 'meanSquaredError',
      lossWeights: { context: 1, weights: 0.5 },
    })
    m.setWeights([
      { name: 'askedSteps/embeddings', data: queries.data },
      { name: 'seenSteps/embeddings', data: memory.data },
      ...Object.entries(weights).map(([name, { data, shape }]) => ({
        name: `attention/${name}`,
        data,
        shape,
      })),
    ])
    const inputs = { asked: steps(queries), seen: steps(memory) }
    const lengths = { asked: fixture.queries, seen: fixture.sources }
    const found = await m.predict({ inputs, lengths })
    expect(difference(valid(found.context), valid(of.results['context'] as Numbers))).toBeLessThan(tolerance)
    expect(difference(valid(found.weights), valid(of.results['weights'] as Numbers))).toBeLessThan(tolerance)

    const before = weightsOf(m)
    const targets = {
      context: floats(of.targets['context'] as Numbers),
      weights: floats(of.targets['weights'] as Numbers),
    }
    const { loss } = await m.fit([{ inputs, targets, lengths }])
    expect(Math.abs((loss[0] ?? 0) - of.loss)).toBeLessThan(tolerance)
    const gradient = (name: string) => {
      const now = weightsOf(m).get(name)
      return Array.from(before.get(name) ?? [], (v, i) => v - (now?.[i] ?? 0))
    }
    // Weights are stored in float32: the difference of two of them is no better.
    const names = { queries: 'askedSteps/embeddings', memory: 'seenSteps/embeddings' } as Record<
      string,
      string
    >
    for (const [name, { data }] of Object.entries(of.gradients))
      expect(difference(gradient(names[name] ?? `attention/${name}`), data), name).toBeLessThan(2e-6)
    m.dispose()
  })

  test.each(fixture.recurrent)('in the recurrence, $name: outputs, weights and all gradients', async (of) => {
    const { x, memory, ...rest } = of.given as Named & { x: Numbers; memory: Numbers }
    const [asked, seen] = [table(x, 'asked'), table(memory, 'seen')]
    const states = Object.keys(rest).filter((name) => /^[hc]\d$/.test(name))
    const first = input({ shape: [], type: 'int32', name: 'row' })
    const initialState = states.map((name) =>
      layers.embedding({ inputDim: 3, outputDim: 4, name: `${name}State` }).apply(first),
    )
    const layer = layers.recurrentAttention({
      cells: Array.from({ length: of.layers }, () => layers.lstm({ units: 4 })),
      attention: layers.attention(of.score),
      attends: of.attends,
      returnWeights: true,
      name: 'decoder',
    })
    const [y, weights] = layer.apply(asked.steps, seen.steps, { initialState })
    const inputs = { asked: asked.tokens, seen: seen.tokens, row: first }
    const shown = model({ inputs, outputs: { y, weights }, backend })
    const m = model({ inputs, outputs: y, backend }).compile({
      optimizer: optimizers.sgd({ learningRate: 1 }),
      loss: 'meanSquaredError',
    })
    const nameOf = (name: string) => {
      if (name === 'x') return 'askedSteps/embeddings'
      if (name === 'memory') return 'seenSteps/embeddings'
      return states.includes(name) ? `${name}State/embeddings` : `decoder/${name}`
    }
    for (const each of [shown, m])
      each.setWeights(Object.entries(of.given).map(([name, { data }]) => ({ name: nameOf(name), data })))
    const batch = {
      inputs: { asked: steps(x), seen: steps(memory), row: [0, 1, 2] },
      lengths: { asked: fixture.queries, seen: fixture.sources },
    }
    const found = await shown.predict(batch)
    expect(difference(valid(found.y), valid(of.results['y'] as Numbers))).toBeLessThan(tolerance)
    expect(difference(valid(found.weights), valid(of.results['weights'] as Numbers))).toBeLessThan(tolerance)
    const before = weightsOf(m)
    const { loss } = await m.fit([{ ...batch, targets: floats(of.target) }])
    expect(Math.abs((loss[0] ?? 0) - of.loss)).toBeLessThan(tolerance)
    const after = weightsOf(m)
    for (const [name, { data }] of Object.entries(of.gradients)) {
      const now = after.get(nameOf(name))
      const moved = Array.from(before.get(nameOf(name)) ?? [], (v, i) => v - (now?.[i] ?? 0))
      expect(difference(moved, data), name).toBeLessThan(2e-6)
    }
    for (const each of [shown, m]) each.dispose()
  })
})
