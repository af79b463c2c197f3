import { decode, generate, type LanguageModel, layers, type Model, sequential } from 'ostinato'
import { expect, test } from 'vitest'
import type { BackendName } from '../../src/backends/backend.js'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'

const tokens = 7
const endToken = 6

/** Sharp enough that what it says depends on what it has read. */
function speaker(backend: BackendName, activation: 'linear' | 'softmax' = 'linear'): Model {
  const model = sequential(
    [
      layers.embedding({ inputDim: tokens, outputDim: 4, embeddingsInitializer: 'glorotUniform' }),
      layers.lstm({ units: 6, returnSequences: true }),
      layers.gru({ units: 5, returnSequences: true }),
      layers.dense({ units: tokens, activation, biasInitializer: 'randomUniform' }),
    ],
    { backend, seed: 13 },
  )
  const kernel = model.getWeights().find((w) => w.name === 'dense/kernel')!
  model.setWeights([{ name: kernel.name, data: kernel.data.map((w) => 12 * w) }])
  return model
}

describeOnBackends('searches over a recurrent model', ({ name }) => {
  const prompts = [[1, 2, 3], [4], [0, 5, 5, 2, 1]]

  /** log p of each token behind the prompt, from all steps at once. */
  async function scoresOf(
    model: Model,
    prompt: readonly number[],
    said: readonly number[],
  ): Promise<number[]> {
    const text = [...prompt, ...said]
    const { data } = await model.predict({ inputs: [text] })
    return said.map((token, t) => {
      const at = (prompt.length - 1 + t) * tokens
      const row = [...data.subarray(at, at + tokens)]
      const largest = Math.max(...row)
      return row[token]! - largest - Math.log(row.reduce((sum, x) => sum + Math.exp(x - largest), 0))
    })
  }

  test('rows carry the states of the hypotheses that they go on from', async () => {
    const model = speaker(name)
    const steps = await decode.languageModel(model, { prompts, endToken })
    const beam = await decode.beam(steps, { beams: 4, nBest: 4, maxLength: 8 })
    const drawn = await decode.sample(steps, { samples: 5, maxLength: 8 })
    let parted = 0
    for (const [source, prompt] of prompts.entries()) {
      for (const { hypotheses } of [beam[source]!, drawn[source]!]) {
        for (const { tokens: said, tokenScores, ended } of hypotheses) {
          const expected = await scoresOf(model, prompt, ended ? [...said, endToken] : [...said])
          expect(tokenScores).toHaveLength(expected.length)
          for (const [t, score] of expected.entries())
            expect(Math.abs(tokenScores[t]! - score)).toBeLessThan(2e-5)
        }
        parted += new Set(hypotheses.map(({ tokens: said }) => said[0])).size
      }
    }
    // Hypotheses have gone on from different ones before them.
    expect(parted).toBeGreaterThan(6)
    steps.dispose()
    model.dispose()
  })

  test('prompts side by side go on as each alone', async () => {
    const model = speaker(name)
    const options = { beams: 3, nBest: 3, maxLength: 8, lengthPenalty: 'average' } as const
    const together = await decode.languageModel(model, { prompts, endToken })
    const found = await decode.beam(together, options)
    for (const [source, prompt] of prompts.entries()) {
      const alone = await decode.languageModel(model, { prompts: [prompt], endToken })
      const [one] = await decode.beam(alone, options)
      expect(one!.hypotheses.map((h) => h.tokens)).toEqual(found[source]!.hypotheses.map((h) => h.tokens))
      for (const [i, { score }] of one!.hypotheses.entries()) {
        expect(Math.abs(score - found[source]!.hypotheses[i]!.score)).toBeLessThan(2e-5)
      }
      alone.dispose()
    }
    together.dispose()
    model.dispose()
  })

  test('generate draws what decode.sample draws, and probabilities are as good as logits', async () => {
    const [model, soft] = [speaker(name), speaker(name, 'softmax')]
    const options = { temperature: 0.8, topK: 5, topP: 0.9, seed: 3 }
    const draw = async (steps: LanguageModel) => {
      const [found] = await decode.sample(steps, { maxLength: 30, ...options })
      steps.dispose()
      return found!.hypotheses[0]!.tokens
    }
    const prompt = [1, 2]
    const said = await draw(await decode.languageModel(model, { prompts: [prompt], endToken }))
    expect(said.length).toBeGreaterThan(2)
    expect(await generate(model, { prompt, length: 30, end: endToken, ...options })).toEqual(said)
    expect(await draw(await decode.languageModel(soft, { prompts: [prompt], endToken }))).toEqual(said)
    for (const m of [model, soft]) m.dispose()
  })

  test('streams, is scored, and gives its memory back', async () => {
    const model = speaker(name)
    const steps = await decode.languageModel(model, { prompts, endToken })
    const greedy = await decode.greedy(steps, { maxLength: 6 })
    const said = prompts.map((): number[] => [])
    for await (const { source, tokens: more } of decode.stream.greedy(steps, { maxLength: 6 }))
      said[source]!.push(...more)
    expect(said).toEqual(greedy.map(({ hypotheses }) => [...hypotheses[0]!.tokens]))
    const scored = await decode.score(steps, [[1, 1], [2], []])
    for (const [i, target] of [[1, 1], [2], []].entries()) {
      const expected = await scoresOf(model, prompts[i]!, [...target, endToken])
      expect(scored[i]!.score).toBeCloseTo(
        expected.reduce((sum, x) => sum + x, 0),
        4,
      )
    }
    steps.dispose()
    steps.dispose()
    expect(await failureText(() => decode.greedy(steps, { maxLength: 6 }))).toMatch(/^DISPOSED/)
    model.dispose()
  })

  test('refuses prompts of nothing and tokens that are none', async () => {
    const model = speaker(name)
    const open = (options: Parameters<typeof decode.languageModel>[1]) => () =>
      decode.languageModel(model, options)
    expect(await failureText(open({ prompts: [[1], []] }))).toBe(
      'EMPTY_DATA decode.languageModel, prompts[1]: expected at least one token, received none',
    )
    expect(await failureText(open({ prompts: [[1]], endToken: -1 }))).toMatch(/^INVALID_OPTION/)
    expect(await failureText(open({ prompt: [[1]] } as never))).toMatch(/^UNKNOWN_OPTION/)
    const steps = await decode.languageModel(model, { prompts: [[9]] })
    expect(await failureText(() => decode.greedy(steps, { maxLength: 3 }))).toMatch(/^INDEX_OUT_OF_RANGE/)
    steps.dispose()
    const none = await decode.languageModel(model, { prompts: [] })
    expect(await decode.beam(none, { maxLength: 3 })).toEqual([])
    none.dispose()
    expect(await generate(model, { prompt: [1], length: 2 })).toHaveLength(2)
    model.dispose()
  })
})
