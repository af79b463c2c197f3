export type Executor = 'native' | 'wasm' | 'reference'

/** One mistake: `find`, which stands exactly once in `file`, becomes `replace`. */
export interface Mutant {
  readonly name: string
  readonly executor: Executor
  readonly file: string
  readonly find: string
  readonly replace: string
  /** The case list that has to notice; all of them unless told. */
  readonly cases?: string
}

const native: readonly Omit<Mutant, 'executor'>[] = [
  {
    name: 'lstm: input and forget gate swapped',
    file: 'native/kernels/lstm.h',
    cases: 'lstm',
    find: 'return {H, gates, {0, 1, 2, 3}, gates, 0};',
    replace: 'return {H, gates, {1, 0, 2, 3}, gates, 0};',
  },
  {
    name: 'lstm: mask dropped',
    file: 'native/kernels/lstm_forward.cc',
    cases: 'lstm',
    find: 'const RowList taken = rows.at(part, step.t)',
    replace: 'const RowList taken = rows.all(part)',
  },
  {
    name: 'lstm: all rows take the states of the first one',
    file: 'native/kernels/lstm_forward.cc',
    cases: 'lstm',
    find: 'hSums + ofH.group(i) * blockLanes',
    replace: 'hSums',
  },
  {
    name: 'lstm: every step takes the inputs of the first one',
    file: 'native/kernels/lstm_forward.cc',
    cases: 'lstm',
    find: 'inputs->groups(seen)',
    replace: 'inputs->groups(0)',
  },
  {
    name: 'matmul: rows of zeros are left as they were',
    file: 'native/kernels/zeros.h',
    cases: 'matmul',
    find: 'forShares(workspace, M_ - taken_, N,',
    replace: 'forShares(workspace, 0, N,',
  },
  {
    name: 'lstm_backward: cell gradient not carried through the forget gate',
    file: 'native/kernels/lstm_backward.cc',
    cases: 'lstm',
    find: 'plain ? dCell * f : fma(dCell, f, ofC.kept)',
    replace: 'plain ? dCell : dCell + ofC.kept',
  },
  {
    name: 'lstm: the output gate looks at the cell before',
    file: 'native/kernels/lstm.h',
    cases: 'lstm',
    find: 'fma(peepholes.output(), cell, outputSum)',
    replace: 'fma(peepholes.output(), before, outputSum)',
  },
  {
    name: 'recurrent cells: the gradient of a state that was kept goes to the new one',
    file: 'native/kernels/masks.h',
    cases: 'gru',
    find: 'return {select(updated, zero(), gradient), select(updated, gradient, zero())};',
    replace: 'return {select(updated, gradient, zero()), select(updated, zero(), gradient)};',
  },
  {
    name: 'recurrent cells: the states of backward one step off when reversed',
    file: 'native/kernels/rnn.cc',
    cases: 'rnn',
    find: 'a.h + (a.reverse ? a.B * a.H : 0)',
    replace: 'a.h',
  },
  {
    name: 'gru: reset before where it should be after',
    file: 'native/kernels/gru_forward.cc',
    cases: 'gru',
    find: 'tanh(fma(reset, inner, load(slotOf(buffered, block, candidateSlot))))',
    replace: 'tanh(inner + reset * load(slotOf(buffered, block, candidateSlot)))',
  },
  {
    name: 'gru_backward: nothing through r ∗ h to the state before',
    file: 'native/kernels/gru_backward.cc',
    cases: 'gru',
    find: 'store(carried, fma(dReset, r, load(carried)));',
    replace: '',
  },
  {
    name: 'linear_recurrence: masked steps of neighbouring rows taken for one kind',
    file: 'native/kernels/linear.cc',
    cases: 'linear',
    find: 'isMasked(lengths, row, t) == isOver',
    replace: 'row >= 0',
  },
  {
    name: 'linear_recurrence_backward: b forgotten in the gradient of a',
    file: 'native/kernels/linear.cc',
    cases: 'linear',
    find: 'if (da) store(da + i, d * (convex ? h - load(bt + i, lanes) : h), lanes);',
    replace: 'if (da) store(da + i, d * h, lanes);',
  },
  {
    name: 'dropout: keeps what it should drop',
    file: 'native/kernels/dropout.cc',
    cases: 'dropout',
    find: '> highestDropped);',
    replace: '<= highestDropped);',
  },
  {
    name: 'adam: bias correction of the second moment left out',
    file: 'native/kernels/optimizers.cc',
    cases: 'optimizers',
    find: 'static_cast<float>(1.0 / (1.0 - std::pow(a.beta2, a.step)))',
    replace: '1.0f',
  },
  {
    name: 'optimizers: the norm of a range taken before the clip by global norm',
    file: 'native/kernels/optimizers.cc',
    cases: 'optimizers',
    find: 'norms[r] = scale * std::sqrt(norms[r]);',
    replace: 'norms[r] = std::sqrt(norms[r]) / a.weight[0];',
  },
  {
    name: 'losses: weights forgotten',
    file: 'native/kernels/steps.h',
    cases: 'losses',
    find: 'return a.weights ? a.weights[n] : 1.0f;',
    replace: 'return 1.0f;',
  },
  {
    name: 'binary_cross_entropy: more factors than float64 holds the product of',
    file: 'native/kernels/losses.cc',
    cases: 'losses',
    find: 'constexpr int64_t factors = 512;',
    replace: 'constexpr int64_t factors = 1 << 20;',
  },
  {
    name: 'top_k_accuracy: the last among equals',
    file: 'native/kernels/accuracies.cc',
    cases: 'accuracies',
    find: '!(prediction[f] <= best)',
    replace: '!(prediction[f] < best)',
  },
  {
    name: 'windows: what lies behind the end of a row is seen',
    file: 'native/kernels/windows.cc',
    cases: 'windows',
    find: 'n = a.lengths ? a.lengths[i] : a.N;',
    replace: 'n = a.N;',
  },
  {
    name: 'penalty: the slope of p² without its 2',
    file: 'native/kernels/optimizers.cc',
    cases: 'optimizers',
    find: 'broadcast(2.0f * a.weight[0] * a.l2)',
    replace: 'broadcast(a.weight[0] * a.l2)',
  },
]

const wasm: readonly Omit<Mutant, 'executor'>[] = [
  {
    name: 'lstm: the candidate taken from the output gate',
    file: 'assembly/kernels/lstm.ts',
    cases: 'lstm',
    find: 'const g = tanh(read(forget + bytes, lanes))',
    replace: 'const g = tanh(read(output, lanes))',
  },
  {
    name: 'recurrent cells: reversed steps write the row that they read',
    file: 'assembly/kernels/recurrent.ts',
    cases: 'rnn',
    find: 'return reverse ? t : t + 1',
    replace: 'return t + 1',
  },
  {
    name: 'recurrent cells: the mask forgotten on the way back',
    file: 'assembly/kernels/masks.ts',
    cases: 'rnn',
    find: 'madd(v128.load(d + i), v128.load(mask + i), v128.load(dh + i))',
    replace: 'f32x4.add(v128.load(d + i), v128.load(dh + i))',
  },
  {
    name: 'gru: recurrent bias forgotten',
    file: 'assembly/kernels/gru.ts',
    cases: 'gru',
    find: 'if (recurrentBias && (j < 2 * H || !resetAfter))',
    replace: 'if (recurrentBias && !resetAfter)',
  },
  {
    name: 'recurrent cells: what lies at masked steps reaches the gradient of the weights',
    file: 'assembly/kernels/recurrent.ts',
    cases: 'rnn',
    find: 'if (isMasked(lengths, position / B, position % B)) memory.fill(target, 0, bytes)\n      else memory',
    replace: 'memory',
  },
  {
    name: 'dropout: threshold off by one in 2³²',
    file: 'assembly/kernels/dropout.ts',
    cases: 'dropout',
    find: '(rate * 4294967296)',
    replace: '(rate * 4294967295)',
  },
  {
    name: 'optimizers: clip by value left out',
    file: 'assembly/kernels/optimizers.ts',
    cases: 'optimizers',
    find: 'return f32x4.max(f32x4.min(g, limit), f32x4.neg(limit))',
    replace: 'return g',
  },
  {
    name: 'losses: the target not taken off',
    file: 'assembly/kernels/losses.ts',
    cases: 'losses',
    find: 'store<f32>(hit, load<f32>(hit) - w)',
    replace: 'store<f32>(hit, load<f32>(hit))',
  },
  {
    name: 'max_pool_backward: the last among equals',
    file: 'assembly/kernels/windows.ts',
    cases: 'windows',
    find: 'if (isLarger(load<f32>(x + at), load<f32>(x + best))) best = at',
    replace: 'if (!isLarger(load<f32>(x + best), load<f32>(x + at))) best = at',
  },
  {
    name: 'categorical_cross_entropy_backward: targets that do not sum to 1 taken as if they did',
    file: 'assembly/kernels/losses.ts',
    cases: 'losses',
    find: 'total = splat(<f32>sum)',
    replace: 'total = splat(1)',
  },
]

const reference: readonly Omit<Mutant, 'executor'>[] = [
  {
    name: 'lstm: forget gate on the new candidate',
    file: 'src/backends/reference/kernels/lstm.ts',
    find: 'const cell = f * before + i * g\n        const o',
    replace: 'const cell = i * before + f * g\n        const o',
  },
  {
    name: 'lstm_backward: derivative of the output gate',
    file: 'src/backends/reference/kernels/lstm.ts',
    find: 'const dO = dNew * s * o * (1 - o)',
    replace: 'const dO = dNew * s * o',
  },
  {
    name: 'gru_backward: z and 1 − z',
    file: 'src/backends/reference/kernels/gru.ts',
    find: 'dNew[j]! * share[j]! + dMasked',
    replace: 'dNew[j]! * (1 - share[j]!) + dMasked',
  },
  {
    name: 'recurrent cells: the wrong share of a state kept',
    file: 'src/backends/reference/kernels/sequence.ts',
    find: 'return share * before + (1 - share) * next',
    replace: 'return (1 - share) * before + share * next',
  },
  {
    name: 'rnn: masks begin one step late',
    file: 'src/backends/reference/kernels/sequence.ts',
    find: 't >= lengths[b]!',
    replace: 't > lengths[b]!',
  },
  {
    name: 'softmax_backward: mean over the gradient alone',
    file: 'src/backends/reference/kernels/softmax.ts',
    find: 'p[n]! * (dp[n]! - mean)',
    replace: 'p[n]! * dp[n]! - mean',
  },
]

const of = (executor: Executor, list: readonly Omit<Mutant, 'executor'>[]): Mutant[] =>
  list.map((mutant) => ({ ...mutant, executor }))

export const mutants: readonly Mutant[] = [
  ...of('reference', reference),
  ...of('wasm', wasm),
  ...of('native', native),
]
