/** Made sequences of symbols, what is to become of them, and a model that has to hold all of a sequence in its last states. */
import {
  type BackendName,
  type Batches,
  decode,
  layers,
  type Model,
  models,
  type Pairs,
  pairBatches,
  type RandomStream,
  type SequenceToSequence,
} from 'ostinato'

/** Tokens: 0 pads, 1 begins, 2 ends, the symbols are 3 and up. */
const [startToken, endToken, symbols, first] = [1, 2, 8, 3]
const vocabulary = first + symbols

export const tasks = {
  copy: (source: Int32Array) => source.slice(),
  reverse: (source: Int32Array) => source.slice().reverse(),
  sort: (source: Int32Array) => source.slice().sort(),
}

export interface Task {
  readonly task: keyof typeof tasks
  /** Lengths are 1 to this one, all equally likely. */
  readonly longest: number
}

export interface SymbolPairs extends Pairs {
  readonly sources: readonly Int32Array[]
}

/** Random sequences, and what is to become of them. */
export function symbolPairs(rows: number, { task, longest }: Task, random: RandomStream): SymbolPairs {
  const sources = Array.from({ length: rows }, () =>
    Int32Array.from({ length: 1 + random.integer(longest) }, () => first + random.integer(symbols)),
  )
  return { sources, targets: sources.map(tasks[task]) }
}

/** An epoch of batches of similar lengths: of other sequences each time they are iterated, so that nothing learned is seen twice. */
export function symbolBatches(length: number, batchSize: number, task: Task, random: RandomStream): Batches {
  return {
    length,
    *[Symbol.iterator]() {
      const pairs = symbolPairs(length * batchSize, task, random)
      const seed = random.integer(2 ** 31)
      yield* pairBatches(pairs, { startToken, endToken, batchSize, shuffle: 'epoch', seed })
    },
  }
}

export interface SymbolModel {
  /** Of the LSTM on either side. */
  readonly units: number
  readonly order: 'forward' | 'reversed'
  readonly seed: number
  readonly backend?: BackendName
}

/** An LSTM reads, its last states are the first ones of an LSTM that answers; no attention (after Sutskever et al. 2014). */
export function symbolModel({ units, order, seed, ...backend }: SymbolModel): SequenceToSequence {
  // Tables that begin with a unit of its own for each token.
  const table = { vocabulary, units: vocabulary, embeddingsInitializer: 'identity' } as const
  return models.encoderDecoder({
    source: table,
    target: { ...table, startToken, endToken },
    encoder: [layers.lstm({ units })],
    decoder: [layers.lstm({ units })],
    sourceOrder: order,
    name: 'symbols',
    seed,
    ...backend,
  })
}

/** How many of the sources the model, fed with its own tokens, answers without a mistake and then ends: a share. */
export async function exactShare(model: Model, { sources, targets }: SymbolPairs): Promise<number> {
  const lengths = sources.map((source) => source.length)
  const time = Math.max(...lengths)
  const data = new Int32Array(sources.length * time)
  for (const [row, source] of sources.entries()) data.set(source, row * time)
  const decoder = await model.decoder({
    feedback: 'previous',
    inputs: { source: { data, shape: [sources.length, time] } },
    lengths: { source: lengths },
    startToken,
    endToken,
  })
  const found = await decode.greedy(decoder, { maxLength: time + 1 })
  decoder.dispose()
  const exact = found.filter(({ hypotheses: [answer] }, row) => {
    const target = targets[row]
    return (
      answer?.ended &&
      answer.tokens.length === target?.length &&
      answer.tokens.every((token, t) => token === target[t])
    )
  })
  return exact.length / sources.length
}
