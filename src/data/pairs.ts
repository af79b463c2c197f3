import { OstinatoError } from '../errors.js'
import { RandomStream } from '../random/random.js'
import { checkInteger, checkName, checkOptions } from '../suggest.js'
import type { Batch, Batches } from './batch.js'
import { numbered, rowCount, takeRows } from './rows.js'
import { checkSequences, pad, type Sequence } from './sequences.js'
import type { TensorData, TensorLike } from './tensor-data.js'

/** Sequences, or vectors [rows, …features], and the token sequence that each of them becomes. */
export interface Pairs {
  readonly sources: readonly Sequence[] | TensorData
  readonly targets: readonly (readonly number[] | Int32Array)[]
}

/** Rows of a batch: so many, or as many as fit. */
export interface PairBatchOptions {
  /** Rows of a batch. Default 64, unless `batchTokens` is given. */
  readonly batchSize?: number
  /** Steps of a batch, padding, sources and targets together: long sequences then come in smaller batches. */
  readonly batchTokens?: number
  /** `epoch`: rows of equal lengths, and the batches, in another order each time they are iterated. Default `none`. */
  readonly shuffle?: 'none' | 'epoch'
  /** Of the shuffling. Default 0. */
  readonly seed?: number
}

export interface PairOptions extends PairBatchOptions {
  /** Stands in front of what a target is given. */
  readonly startToken: number
  /** Ends every target. */
  readonly endToken: number
}

export const pairBatchOptions = ['batchSize', 'batchTokens', 'shuffle', 'seed'] as const

/** Cuts rows, in the order of their lengths, into batches; returns where each begins. */
function cut(
  lengths: readonly (readonly [source: number, target: number])[],
  options: PairBatchOptions,
): number[] {
  const { batchTokens } = options
  const batchSize = options.batchSize ?? (batchTokens === undefined ? 64 : Number.POSITIVE_INFINITY)
  const begins: number[] = []
  let [first, longest] = [0, [0, 0] as [number, number]]
  for (const [at, [source, target]] of lengths.entries()) {
    const wide: [number, number] = [Math.max(longest[0], source), Math.max(longest[1], target)]
    const rows = at - first + 1
    const full = rows > batchSize || (batchTokens !== undefined && rows * (wide[0] + wide[1]) > batchTokens)
    if (at === 0 || full) {
      begins.push(at)
      first = at
      longest = [source, target]
    } else longest = wide
  }
  return begins
}

/**
 * Batches for a model with the inputs `source` and `previous`: rows of similar lengths together, so that little is padded. Behind the
 * start token, `previous` is the target without its last token; what is learned is the target and the end token.
 */
export function pairBatches(pairs: Pairs, options: PairOptions): Batches {
  const where = 'pairBatches'
  checkOptions(where, pairs, ['sources', 'targets'])
  checkOptions(where, options, [...pairBatchOptions, 'startToken', 'endToken'])
  const { startToken, endToken, batchSize, batchTokens, shuffle = 'none', seed = 0 } = options
  for (const [name, value] of Object.entries({ batchSize, batchTokens }))
    if (value !== undefined) checkInteger(`${where}, ${name}`, value, 1)
  checkName(`${where}, shuffle`, shuffle, ['none', 'epoch'])
  const vectors = !Array.isArray(pairs.sources)
  const rows = rowCount(pairs.sources as TensorLike, `${where}, sources`)
  if (rows === 0 || pairs.targets.length !== rows) {
    const expected = rows === 0 ? 'at least one pair' : `${rows} targets, one for each source`
    throw new OstinatoError(rows === 0 ? 'EMPTY_DATA' : 'SHAPE_MISMATCH', where, {
      expected,
      received: String(pairs.targets.length),
    })
  }
  const sources = vectors
    ? undefined
    : checkSequences(pairs.sources as readonly Sequence[], `${where}, sources`)
  const targets = checkSequences(pairs.targets, `${where}, targets`)
  const lengthsOf = (row: number): readonly [number, number] => [
    sources?.[row]?.shape[0] ?? 0,
    (targets[row]?.shape[0] ?? 0) + 1,
  ]
  const sorted = (order: Int32Array): Int32Array =>
    order.sort((a, b) => {
      const [x, y] = [lengthsOf(a), lengthsOf(b)]
      return x[0] - y[0] || x[1] - y[1]
    })
  const inOrder = numbered(rows)
  // Whatever the order of rows of equal lengths, the batches begin at the same places.
  const begins = cut([...sorted(inOrder.slice())].map(lengthsOf), options)
  const random = new RandomStream(seed)
  let epoch = 0

  const make = (row: Int32Array): Batch => {
    const taught = [...row].map((r) => targets[r] as TensorData)
    const shifted = taught.map(({ data }) => tokens([startToken, ...data]))
    const wanted = taught.map(({ data }) => tokens([...data, endToken]))
    const all = Int32Array.from(row, (_, i) => i)
    const lengths = (of: readonly TensorData[]): number[] => of.map(({ shape }) => shape[0] as number)
    const given = sources && [...row].map((r) => sources[r] as TensorData)
    return {
      inputs: {
        source: given ? pad(given, all) : (takeRows(pairs.sources as TensorLike, row) as TensorLike),
        previous: pad(shifted, all),
      },
      targets: pad(wanted, all),
      lengths: { previous: lengths(shifted), ...(given && { source: lengths(given) }) },
    }
  }
  return {
    length: begins.length,
    *[Symbol.iterator]() {
      const order = inOrder.slice()
      const shuffled = shuffle === 'epoch' ? random.fork(`epoch ${epoch++}`) : undefined
      shuffled?.shuffle(order)
      sorted(order)
      const batches = Int32Array.from(begins, (_, i) => i)
      shuffled?.shuffle(batches)
      for (const i of batches) yield make(order.subarray(begins[i], begins[i + 1] ?? rows))
    },
  }
}

function tokens(data: readonly number[]): TensorData {
  return { data: Int32Array.from(data), shape: [data.length] }
}
