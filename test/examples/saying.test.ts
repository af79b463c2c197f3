import { decode, type SequenceToSequence } from 'ostinato'
import { expect, test } from 'vitest'
import { pairsOf, pronunciationModel, vocabulariesOf } from '../../examples/pronunciation.js'
import { keepOrder, keptOrder, ordered, say } from '../../examples/saying.js'

const entries = ['abc', 'ca', 'bb'].map((word) => ({ word, spoken: [[...word]] }))
const vocabularies = vocabulariesOf(entries)
const words = ['a', 'cab', 'bbac', 'c'].map((word) => vocabularies.letters.encode(word))

function model(seed: number, order: 'forward' | 'reversed'): SequenceToSequence {
  const made = pronunciationModel(vocabularies, { units: 6, dropout: 0, seed, backend: 'reference' })
  keepOrder(made, order)
  return made
}

/** log p(said | word) of several models as one, asked for one word alone. */
async function logProbability(models: SequenceToSequence[], word: Int32Array, said: Int32Array) {
  const decoders = await Promise.all(models.map((each) => each.decoder([word])))
  const [scored] = await decode.score(decode.ensemble(decoders), [said])
  return scored!.logProbability
}

test('a model of the reversed order says what its search finds, from the other end', async () => {
  const reversed = model(1, 'reversed')
  expect(keptOrder(reversed)).toBe('reversed')
  const found = await decode.beam(await reversed.decoder(words), { beams: 3, maxLength: 40 })
  const said = await say([reversed], words, { beams: 3, patience: 1 })
  const backwards = found.map(({ hypotheses: [best] }) => best!.tokens)
  expect(said).toEqual(backwards.map((tokens) => tokens.slice().reverse()))
  expect(said).not.toEqual(backwards)
})

test('pairs of the reversed order end with the first phoneme', () => {
  const [forward, reversed] = [pairsOf(entries, vocabularies), pairsOf(entries, vocabularies, 'reversed')]
  expect(reversed.sources).toEqual(forward.sources)
  expect(reversed.targets).not.toEqual(forward.targets)
  const turned = (forward.targets as Int32Array[]).map((target) => Int32Array.from(target).reverse())
  expect(reversed.targets).toEqual(turned)
})

test('models of both orders say what is likeliest to both of all that they propose', async () => {
  const [forward, reversed] = [[model(2, 'forward'), model(3, 'forward')], [model(4, 'reversed')]]
  const said = await say([...forward, ...reversed], words, { beams: 3, patience: 100 })
  const limits = { beams: 3, nBest: 3, maxLength: 40, patience: 100 }
  let chosenByOne = 0
  for (const [i, word] of words.entries()) {
    const ofForward = await Promise.all(forward.map((each) => each.decoder([word])))
    const [first] = await decode.beam(decode.ensemble(ofForward), limits)
    const [second] = await decode.beam(await reversed[0]!.decoder([word]), limits)
    const proposed = [
      ...first!.hypotheses.map(({ tokens }) => tokens),
      ...second!.hypotheses.map(({ tokens }) => ordered(tokens, 'reversed')),
    ]
    expect(proposed.length).toBe(6)
    const sums = []
    for (const tokens of proposed) {
      const backward = ordered(tokens, 'reversed')
      sums.push(
        (await logProbability(forward, word, tokens)) + (await logProbability(reversed, word, backward)),
      )
    }
    const best = proposed[sums.indexOf(Math.max(...sums))]!
    expect(said[i]).toEqual(best)
    if (`${best}` === `${proposed[0]}`) chosenByOne++
  }
  // Otherwise the second order would have had no say.
  expect(chosenByOne).toBeLessThan(words.length)
})
