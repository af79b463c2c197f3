import { precisionUpTo } from '../precision.js'
import type { InstructionSpecification } from '../specification.js'

/** An LSTM with one width of gates and peepholes; both have the same operands in the same order, which executors rely on. */
const lstmForward = <Gates extends string, Peepholes extends string, Saved extends string>(
  gates: Gates,
  peepholes: Peepholes,
  saved: Saved,
) =>
  ({
    variables: ['T', 'B', 'I', 'H'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['T', 'B', 'I'] },
      { name: 'kernel', direction: 'in', type: 'f32', shape: ['I', gates] },
      { name: 'recurrentKernel', direction: 'in', type: 'f32', shape: ['H', gates] },
      { name: 'bias', direction: 'in', type: 'f32', shape: [gates], optional: true },
      { name: 'peepholes', direction: 'in', type: 'f32', shape: [peepholes], optional: true },
      { name: 'initialH', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'initialC', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
      { name: 'recurrentMask', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'updateH', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'], optional: true },
      { name: 'updateC', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'], optional: true },
      { name: 'h', direction: 'out', type: 'f32', shape: ['T+1', 'B', 'H'] },
      { name: 'c', direction: 'out', type: 'f32', shape: ['T+1', 'B', 'H'] },
      { name: 'saved', direction: 'out', type: 'f32', shape: ['T', 'B', saved], optional: true },
    ],
    attributes: [
      { name: 'reverse', kind: 'integer', minimum: 0, maximum: 1 },
      { name: 'zoneoutH', kind: 'float' },
      { name: 'zoneoutC', kind: 'float' },
      precisionUpTo('int8'),
    ],
  }) as const

const lstmBackward = <Gates extends string, Peepholes extends string, Saved extends string>(
  gates: Gates,
  peepholes: Peepholes,
  saved: Saved,
) =>
  ({
    variables: ['T', 'B', 'I', 'H'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['T', 'B', 'I'] },
      { name: 'kernel', direction: 'in', type: 'f32', shape: ['I', gates] },
      { name: 'recurrentKernel', direction: 'in', type: 'f32', shape: ['H', gates] },
      { name: 'peepholes', direction: 'in', type: 'f32', shape: [peepholes], optional: true },
      { name: 'h', direction: 'in', type: 'f32', shape: ['T+1', 'B', 'H'] },
      { name: 'c', direction: 'in', type: 'f32', shape: ['T+1', 'B', 'H'] },
      { name: 'saved', direction: 'inout', type: 'f32', shape: ['T', 'B', saved] },
      { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
      { name: 'recurrentMask', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'updateH', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'], optional: true },
      { name: 'updateC', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'], optional: true },
      { name: 'dy', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'], optional: true },
      { name: 'dFinalH', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'dFinalC', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'dx', direction: 'out', type: 'f32', shape: ['T', 'B', 'I'], optional: true },
      { name: 'dKernel', direction: 'out', type: 'f32', shape: ['I', gates], optional: true },
      { name: 'dRecurrentKernel', direction: 'out', type: 'f32', shape: ['H', gates], optional: true },
      { name: 'dBias', direction: 'out', type: 'f32', shape: [gates], optional: true },
      { name: 'dPeepholes', direction: 'out', type: 'f32', shape: [peepholes], optional: true },
      { name: 'dInitialH', direction: 'out', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'dInitialC', direction: 'out', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'dStates', direction: 'out', type: 'f32', shape: ['T+1', 'B', 'H'], optional: true },
    ],
    attributes: [{ name: 'reverse', kind: 'integer', minimum: 0, maximum: 1 }, precisionUpTo('bfloat16')],
  }) as const

/**
 * Whole-sequence recurrent cells, forward and backward.
 *
 * States h (and c) are [T + 1, B, H]. Forward direction: row 0 is the initial state, row t + 1 the state after step t.
 * reverse = 1: row T is the initial state, row t the state after step t, and steps run from T − 1 down to 0.
 * Absent initial states are zeros. Where t ≥ lengths[b] the step is masked: the state is carried unchanged, and in the
 * backward pass the gradient of the state (dy of that step included) passes through to the step before and nothing else
 * receives any.
 * lengths outside 0 … T end the run (indexOutOfRange).
 *
 * recurrentMask, the same at all steps, multiplies hₜ₋₁ where it stands in a product with recurrent weights, not where it is
 * carried on. Where updateH (updateC) is 0, a unit keeps its h (c) of the step before; elsewhere it takes the new one. Where
 * they are absent, zoneoutH (zoneoutC) is how much of it every unit keeps: hₜ = zoneoutH ∗ hₜ₋₁ + (1 − zoneoutH) ∗ new h.
 * New states come from hₜ₋₁ and cₜ₋₁ alone: the new h of an lstm looks at the new c, not at the one that is kept. Backward
 * knows the masks only.
 *
 * `saved` is opaque: what one executor's forward leaves for its own backward, which destroys it.
 * Backward operands: dy is the gradient of the outputs (the T rows other than the initial one), dFinal… of the last
 * state walked to; absent means zero. dStates receives the full gradient of every state row
 * (own output, and through the recurrence).
 */
export const recurrent = {
  rnn: {
    code: 50,
    summary: 'hₜ = f(xₜ · kernel + hₜ₋₁ · recurrentKernel + bias); activation f: 0 tanh, 1 relu, 2 identity',
    variables: ['T', 'B', 'I', 'H'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['T', 'B', 'I'] },
      { name: 'kernel', direction: 'in', type: 'f32', shape: ['I', 'H'] },
      { name: 'recurrentKernel', direction: 'in', type: 'f32', shape: ['H', 'H'] },
      { name: 'bias', direction: 'in', type: 'f32', shape: ['H'], optional: true },
      { name: 'initialH', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
      { name: 'recurrentMask', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'updateH', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'], optional: true },
      { name: 'h', direction: 'out', type: 'f32', shape: ['T+1', 'B', 'H'] },
    ],
    attributes: [
      { name: 'reverse', kind: 'integer', minimum: 0, maximum: 1 },
      { name: 'activation', kind: 'integer', minimum: 0, maximum: 2 },
      { name: 'zoneoutH', kind: 'float' },
      precisionUpTo('int8'),
    ],
    work: ['T*B*H*I', 'T*B*H*H'],
    tolerance: 1e-5,
  },
  rnn_backward: {
    code: 51,
    summary: 'gradients of rnn; derivatives of the activation are taken from h',
    variables: ['T', 'B', 'I', 'H'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['T', 'B', 'I'] },
      { name: 'kernel', direction: 'in', type: 'f32', shape: ['I', 'H'] },
      { name: 'recurrentKernel', direction: 'in', type: 'f32', shape: ['H', 'H'] },
      { name: 'h', direction: 'in', type: 'f32', shape: ['T+1', 'B', 'H'] },
      { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
      { name: 'recurrentMask', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'updateH', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'], optional: true },
      { name: 'dy', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'], optional: true },
      { name: 'dFinalH', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'dGates', direction: 'scratch', type: 'f32', shape: ['T', 'B', 'H@16'] },
      { name: 'dx', direction: 'out', type: 'f32', shape: ['T', 'B', 'I'], optional: true },
      { name: 'dKernel', direction: 'out', type: 'f32', shape: ['I', 'H'], optional: true },
      { name: 'dRecurrentKernel', direction: 'out', type: 'f32', shape: ['H', 'H'], optional: true },
      { name: 'dBias', direction: 'out', type: 'f32', shape: ['H'], optional: true },
      { name: 'dInitialH', direction: 'out', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'dStates', direction: 'out', type: 'f32', shape: ['T+1', 'B', 'H'], optional: true },
    ],
    attributes: [
      { name: 'reverse', kind: 'integer', minimum: 0, maximum: 1 },
      { name: 'activation', kind: 'integer', minimum: 0, maximum: 2 },
      precisionUpTo('bfloat16'),
    ],
    work: ['T*B*H*I', 'T*B*H*I', 'T*B*H*H', 'T*B*H*H'],
    tolerance: 1e-4,
  },
  lstm: {
    code: 52,
    summary:
      '[i f g o] = xₜ · kernel + hₜ₋₁ · recurrentKernel + bias; cₜ = σ(f) ∗ cₜ₋₁ + σ(i) ∗ tanh(g); hₜ = σ(o) ∗ tanh(cₜ). peepholes [pᵢ p_f pₒ]: pᵢ ∗ cₜ₋₁, p_f ∗ cₜ₋₁ and pₒ ∗ cₜ are added to i, f and o. saved is absent where no backward follows',
    ...lstmForward('4*H', '3*H', '4*H@16'),
    work: ['T*B*I*H*4', 'T*B*H*H*4'],
    tolerance: 1e-5,
  },
  lstm_backward: {
    code: 53,
    summary: 'gradients of lstm; saved is overwritten by the gradients of the gates',
    ...lstmBackward('4*H', '3*H', '4*H@16'),
    work: ['T*B*I*H*8', 'T*B*H*H*8'],
    tolerance: 1e-4,
  },
  lstm_coupled: {
    code: 56,
    summary:
      '[f g o] = xₜ · kernel + hₜ₋₁ · recurrentKernel + bias; cₜ = σ(f) ∗ cₜ₋₁ + (1 − σ(f)) ∗ tanh(g); hₜ = σ(o) ∗ tanh(cₜ). peepholes [p_f pₒ]: p_f ∗ cₜ₋₁ and pₒ ∗ cₜ are added to f and o. saved is absent where no backward follows',
    ...lstmForward('3*H', '2*H', '3*H@16'),
    work: ['T*B*I*H*3', 'T*B*H*H*3'],
    tolerance: 1e-5,
  },
  lstm_coupled_backward: {
    code: 57,
    summary: 'gradients of lstm_coupled; saved is overwritten by the gradients of the gates',
    ...lstmBackward('3*H', '2*H', '3*H@16'),
    work: ['T*B*I*H*6', 'T*B*H*H*6'],
    tolerance: 1e-4,
  },
  gru: {
    code: 54,
    summary:
      'a = xₜ · kernel + bias, r and z = σ(a + hₜ₋₁ · recurrentKernel + recurrentBias); resetAfter 1: n = tanh(aₙ + r ∗ (hₜ₋₁ · Rₙ + recurrentBiasₙ)), 0: n = tanh(aₙ + (r ∗ hₜ₋₁) · Rₙ + recurrentBiasₙ); updateGate 0: hₜ = z ∗ hₜ₋₁ + (1 − z) ∗ n, 1: hₜ = (1 − z) ∗ hₜ₋₁ + z ∗ n. Gates z r n. saved is absent where no backward follows',
    variables: ['T', 'B', 'I', 'H'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['T', 'B', 'I'] },
      { name: 'kernel', direction: 'in', type: 'f32', shape: ['I', '3*H'] },
      { name: 'recurrentKernel', direction: 'in', type: 'f32', shape: ['H', '3*H'] },
      { name: 'bias', direction: 'in', type: 'f32', shape: ['3*H'], optional: true },
      { name: 'recurrentBias', direction: 'in', type: 'f32', shape: ['3*H'], optional: true },
      { name: 'initialH', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
      { name: 'recurrentMask', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'updateH', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'], optional: true },
      { name: 'h', direction: 'out', type: 'f32', shape: ['T+1', 'B', 'H'] },
      { name: 'saved', direction: 'out', type: 'f32', shape: ['T', 'B', '4*H@16'], optional: true },
    ],
    attributes: [
      { name: 'reverse', kind: 'integer', minimum: 0, maximum: 1 },
      { name: 'resetAfter', kind: 'integer', minimum: 0, maximum: 1 },
      { name: 'updateGate', kind: 'integer', minimum: 0, maximum: 1 },
      { name: 'zoneoutH', kind: 'float' },
      precisionUpTo('int8'),
    ],
    work: ['T*B*I*H*3', 'T*B*H*H*3'],
    tolerance: 1e-5,
  },
  gru_backward: {
    code: 55,
    summary: 'gradients of gru; saved is overwritten by the gradients of the gates',
    variables: ['T', 'B', 'I', 'H'],
    operands: [
      { name: 'x', direction: 'in', type: 'f32', shape: ['T', 'B', 'I'] },
      { name: 'kernel', direction: 'in', type: 'f32', shape: ['I', '3*H'] },
      { name: 'recurrentKernel', direction: 'in', type: 'f32', shape: ['H', '3*H'] },
      { name: 'h', direction: 'in', type: 'f32', shape: ['T+1', 'B', 'H'] },
      { name: 'saved', direction: 'inout', type: 'f32', shape: ['T', 'B', '4*H@16'] },
      { name: 'lengths', direction: 'in', type: 'i32', shape: ['B'], optional: true },
      { name: 'recurrentMask', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'updateH', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'], optional: true },
      { name: 'dy', direction: 'in', type: 'f32', shape: ['T', 'B', 'H'], optional: true },
      { name: 'dFinalH', direction: 'in', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'dx', direction: 'out', type: 'f32', shape: ['T', 'B', 'I'], optional: true },
      { name: 'dKernel', direction: 'out', type: 'f32', shape: ['I', '3*H'], optional: true },
      { name: 'dRecurrentKernel', direction: 'out', type: 'f32', shape: ['H', '3*H'], optional: true },
      { name: 'dBias', direction: 'out', type: 'f32', shape: ['3*H'], optional: true },
      { name: 'dRecurrentBias', direction: 'out', type: 'f32', shape: ['3*H'], optional: true },
      { name: 'dInitialH', direction: 'out', type: 'f32', shape: ['B', 'H'], optional: true },
      { name: 'dStates', direction: 'out', type: 'f32', shape: ['T+1', 'B', 'H'], optional: true },
    ],
    attributes: [
      { name: 'reverse', kind: 'integer', minimum: 0, maximum: 1 },
      { name: 'resetAfter', kind: 'integer', minimum: 0, maximum: 1 },
      { name: 'updateGate', kind: 'integer', minimum: 0, maximum: 1 },
      precisionUpTo('bfloat16'),
    ],
    work: ['T*B*I*H*6', 'T*B*H*H*6'],
    tolerance: 1e-4,
  },
} as const satisfies Record<string, InstructionSpecification>
