import { type CellWeights, concat, type Graph, gru, lstm, rnn, type Tensor } from '../../src/graph/index.js'
import { type Builder, type Traced, traceFunction } from '../graph/harness.js'

/** Two neighbouring walks of one cell, large enough to run at the same time. */
export interface Walks {
  readonly cell: 'rnn' | 'lstm' | 'gru'
  /** The second reads what the first writes, so that it has to wait. */
  readonly stacked: boolean
  /** The walks have lengths, `lengths 0` and `lengths 1`. */
  readonly ragged: boolean
  readonly gradients: boolean
}

export const walkSizes = { T: 12, B: 10, I: 48, H: 48 }
export const walkLengths = Array.from({ length: walkSizes.B }, (_, b) => (5 * b) % (walkSizes.T + 1))

const gates = { rnn: 1, lstm: 4, gru: 3 } as const

function walk(
  b: Builder,
  { cell, ragged, gradients }: Walks,
  { B, H: units }: typeof walkSizes,
  x: Tensor,
  d: number,
): Tensor {
  const width = gates[cell] * units
  const weights: CellWeights = {
    kernel: b.parameter(`kernel ${d}`, [x.shape[2]?.capacity ?? 0, width]),
    recurrentKernel: b.parameter(`recurrentKernel ${d}`, [units, width]),
    bias: b.parameter(`bias ${d}`, [width]),
  }
  const lengths = ragged ? b.data(`lengths ${d}`, [B], 'i32') : undefined
  const options = { training: gradients, reverse: d === 1, lengths }
  if (cell === 'lstm') return lstm(x, weights, options).y
  if (cell === 'rnn') return rnn(x, weights, { ...options, activation: 'tanh' }).y
  const recurrentBias = b.parameter(`recurrentBias ${d}`, [width])
  return gru(x, { ...weights, recurrentBias }, { ...options, resetAfter: true }).y
}

/** `lay` sees the graph while it is made. */
export function traceWalks(walks: Walks, size = walkSizes, lay?: (graph: Graph) => void): Traced {
  return traceFunction(
    (b) => {
      lay?.(b.graph)
      const x = b.input('x', [size.T, size.B, size.I])
      const first = walk(b, walks, size, x, 0)
      const y = concat(first, walk(b, walks, size, walks.stacked ? first : x, 1), 2)
      if (walks.gradients) b.fit(y)
      return { y }
    },
    { gradients: walks.gradients },
  )
}

const flags = [false, true]
export const allWalks: readonly (Walks & { readonly name: string })[] = (
  ['rnn', 'lstm', 'gru'] as const
).flatMap((cell) =>
  flags.flatMap((stacked) =>
    flags.flatMap((ragged) =>
      flags.map((gradients) => {
        const parts = [cell, stacked && 'stacked', ragged && 'ragged', gradients && 'with gradients']
        return { name: parts.filter(Boolean).join(', '), cell, stacked, ragged, gradients }
      }),
    ),
  ),
)
