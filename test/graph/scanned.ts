/** Cells written as loops, and the same with their steps written out. */
import {
  add,
  type CellWeights,
  matmul,
  multiply,
  scan,
  sequenceMask,
  sigmoid,
  split,
  type Tensor,
  tanh,
} from '../../src/graph/index.js'
import { composedLstm, composedRnn } from './composed.js'
import type { Builder } from './harness.js'

export interface Sizes {
  readonly T: number
  readonly B: number
  readonly I: number
  readonly H: number
}

interface Walk {
  readonly reverse: boolean
  readonly initialH: Tensor
  readonly lengths: Tensor
}

type Result = Readonly<Record<string, Tensor>>

/** x · kernel + bias for all steps, then the steps. */
function scannedLstm(
  x: Tensor,
  w: CellWeights,
  initialC: Tensor,
  { reverse, initialH, lengths }: Walk,
): Result {
  const [steps] = x.shape
  const projected = matmul(x, w.kernel, w.bias)
  const states = scan(
    x.graph,
    { h: initialH, c: initialC },
    { a: projected },
    ({ h, c }, { a }) => {
      const [i, f, g, o] = split(add(a as Tensor, matmul(h as Tensor, w.recurrentKernel)), 4) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ]
      const next = add(multiply(sigmoid(f), c as Tensor), multiply(sigmoid(i), tanh(g)))
      return { h: multiply(sigmoid(o), tanh(next)), c: next }
    },
    {
      steps: steps as NonNullable<typeof steps>,
      reverse,
      mask: sequenceMask(lengths, steps as NonNullable<typeof steps>),
    },
  )
  return {
    y: states['h']?.y as Tensor,
    finalH: states['h']?.final as Tensor,
    finalC: states['c']?.final as Tensor,
  }
}

/** The input product inside the step: its weights are used in every step too. */
function scannedRnn(x: Tensor, w: CellWeights, { reverse, initialH, lengths }: Walk): Result {
  const steps = x.shape[0] as NonNullable<(typeof x.shape)[0]>
  const { h } = scan(
    x.graph,
    { h: initialH },
    { x },
    ({ h: from }, { x: xt }) => ({
      h: tanh(add(matmul(xt as Tensor, w.kernel, w.bias), matmul(from as Tensor, w.recurrentKernel))),
    }),
    { steps, reverse, mask: sequenceMask(lengths, steps) },
  )
  return { y: h?.y as Tensor, finalH: h?.final as Tensor }
}

/** Named inputs, and every result in the objective. */
export function defineScanned(
  b: Builder,
  kind: 'rnn' | 'lstm',
  { T, B, I, H }: Sizes,
  reverse: boolean,
  scanned: boolean,
): Result {
  const gates = kind === 'rnn' ? 1 : 4
  const x = b.input('x', [T, B, I])
  const weights = {
    kernel: b.parameter('kernel', [I, gates * H]),
    recurrentKernel: b.parameter('recurrentKernel', [H, gates * H]),
    bias: b.parameter('bias', [gates * H]),
  }
  const walk = { reverse, initialH: b.input('initialH', [B, H]), lengths: b.data('lengths', [B], 'i32') }
  const composed = { ...walk, mask: b.data('mask', [T, B]) }
  let results: Result
  if (kind === 'rnn') {
    const { y, finalH } = scanned
      ? scannedRnn(x, weights, walk)
      : composedRnn(x, weights, { ...composed, activation: 'tanh' })
    results = { y: y as Tensor, finalH: finalH as Tensor }
  } else {
    const initialC = b.input('initialC', [B, H])
    results = scanned
      ? scannedLstm(x, weights, initialC, walk)
      : { ...composedLstm(x, weights, { ...composed, initialC }) }
  }
  for (const tensor of Object.values(results)) b.fit(tensor)
  return results
}

/** Rows that end early, one of them before it began; and the same as a mask [time, batch] of floats. */
export function scannedLengths({ T, B }: Sizes): { lengths: Int32Array; mask: Float64Array } {
  const lengths = Int32Array.from({ length: B }, (_, b) => [T, 0, T - 1, Math.ceil(T / 2)][b % 4] as number)
  const mask = Float64Array.from({ length: T * B }, (_, n) =>
    Math.floor(n / B) < (lengths[n % B] as number) ? 1 : 0,
  )
  return { lengths, mask }
}
