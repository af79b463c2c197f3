/**
 * A dialogue act → a sentence that says it (Wen et al. 2015): what is to be said is a binary vector, from which an LSTM begins, and which it is
 * given again with every word. Of the ten sentences of a beam the best one is taken, by the mean log-probability of its words less
 * one for each slot that it forgets or says too often. Learns from train.json, measures on valid.json.
 */
import { decode, layers, type Model, models, pairBatches, textMetrics, wordVocabulary } from 'ostinato'
import { example } from './command.js'
import {
  type DialogueAct,
  delexicalise,
  featuresOf,
  lexicalise,
  readTurns,
  slotErrors,
  type Turn,
  writeAct,
} from './dialogue-acts.js'
import { fourDigits, percent, runExperiment } from './training.js'

/** By what acts say: all turns that say it. */
function grouped(turns: readonly Turn[]): Map<string, Turn[]> {
  const groups = new Map<string, Turn[]>()
  for (const turn of turns) {
    const name = featuresOf(turn.act).join(' ')
    const group = groups.get(name)
    if (group) group.push(turn)
    else groups.set(name, [turn])
  }
  return groups
}

/** The sentences with placeholders that a beam has found for an act, the best first. */
function ranked(sentences: readonly { text: string; score: number }[], act: DialogueAct): string[] {
  const cost = ({ text, score }: { text: string; score: number }) => slotErrors(text, act).errors - score
  return [...sentences].sort((a, b) => cost(a) - cost(b)).map(({ text }) => text)
}

interface Said {
  readonly turn: Turn
  /** With values, the best first. */
  readonly sentences: readonly string[]
  /** All sentences of the file that say such an act, with the values of this one. */
  readonly references: readonly string[]
}

/** BLEU of the best sentences of each turn, from 0 to 1. The words are those between spaces. */
function bleuOf(said: readonly Said[], best: number): number {
  const all = said.flatMap(({ sentences, references }) =>
    sentences.slice(0, best).map((sentence) => ({ sentence, references })),
  )
  const { score } = textMetrics.bleu(
    all.map(({ sentence }) => sentence),
    all.map(({ references }) => references),
    { tokenize: 'none', smoothing: 'none' },
  )
  return fourDigits(score / 100)
}

/** Of the best sentences, in percent of the slots to say. */
function slotErrorRate(said: readonly Said[]): number {
  let [errors, slots] = [0, 0]
  for (const { turn, sentences } of said) {
    const counted = slotErrors(delexicalise(sentences[0]!, turn.act), turn.act)
    errors += counted.errors
    slots += counted.slots
  }
  return percent(errors / Math.max(1, slots))
}

await example(
  {
    about: 'Learns to say dialogue acts, such as inform(name=quince;kidsallowed=no), in sentences.',
    data: 'folder with train.json and valid.json, or those with .gz, of data/original/restaurant in the repository shawnwun/RNNLG on GitHub',
    numbers: { embedding: 64, units: 128, dropout: 0.3, epochs: 20, batch: 32, rate: 3e-3, beams: 10 },
  },
  async (settings) => {
    const { data, embedding, units, dropout, epochs, batch, rate, beams, seed, backend } = settings
    const learned = readTurns(data, 'train.json')
    const heldOut = [...grouped(readTurns(data, 'valid.json')).values()]
    const features = [...new Set(learned.flatMap(({ act }) => featuresOf(act)))].sort()
    const texts = learned.map(({ act, sentence }) => delexicalise(sentence, act))
    const words = wordVocabulary(texts, { start: '<s>', end: '</s>' })
    const [startToken, endToken] = [words.index('<s>'), words.index('</s>')]

    /** [acts, features]: 1 for each feature that an act has. Those that are never learned have no place. */
    const vectors = (acts: readonly DialogueAct[]) => {
      const has = acts.map((act) => new Set(featuresOf(act)))
      const bits = has.flatMap((own) => features.map((feature) => Number(own.has(feature))))
      return { data: Float32Array.from(bits), shape: [acts.length, features.length] }
    }

    const say = async (model: Model): Promise<Said[]> => {
      const acts = heldOut.map(([turn]) => turn!.act)
      const inputs = { source: vectors(acts) }
      const decoder = await model.decoder({ feedback: 'previous', inputs, startToken, endToken })
      const options = { beams, nBest: beams, maxLength: 60, lengthPenalty: 'average' } as const
      const found = await decode.beam(decoder, options)
      decoder.dispose()
      return heldOut.flatMap((group, i) => {
        const texts = found[i]!.hypotheses.map(({ tokens, score }) => ({ text: words.decode(tokens), score }))
        const best = ranked(texts, acts[i]!)
        const references = group.map(({ act, sentence }) => delexicalise(sentence, act))
        return group.map((turn) => ({
          turn,
          sentences: best.map((text) => lexicalise(text, turn.act)),
          references: references.map((text) => lexicalise(text, turn.act)),
        }))
      })
    }

    await runExperiment(
      {
        training: pairBatches(
          {
            sources: vectors(learned.map(({ act }) => act)),
            targets: texts.map((text) => words.encode(text)),
          },
          { startToken, endToken, batchSize: batch, shuffle: 'epoch', seed },
        ),
        epochs,
        rate,
        loss: 'sparseCategoricalCrossentropy',
        unit: 'words',
        make: () =>
          models.vectorToSequence({
            source: { shape: [features.length] },
            target: { vocabulary: words.size, units: embedding, startToken, endToken },
            decoder: [layers.lstm({ units })],
            context: 'both',
            dropout,
            name: 'dialogue',
            seed,
            ...backend,
          }).model,
        measure: async (model) => {
          const said = await say(model)
          const first = new Set(heldOut.map(([turn]) => turn))
          for (const { turn, sentences } of said.filter((_, i) => i % Math.ceil(said.length / 12) === 0))
            console.error(`${writeAct(turn.act)}\n  ${sentences[0]}`)
          return {
            turns: said.length,
            acts: heldOut.length,
            bleu: bleuOf(said, 1),
            bleuOfFive: bleuOf(said, 5),
            bleuOfActs: bleuOf(
              said.filter(({ turn }) => first.has(turn)),
              1,
            ),
            slotErrors: slotErrorRate(said),
          }
        },
      },
      settings,
    )
  },
)
