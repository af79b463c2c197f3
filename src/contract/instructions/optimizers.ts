import type { InstructionSpecification } from '../specification.js'

/**
 * Penalties, which end the gradients segment, and the update segment. `gradients` holds sums over the valid steps of a batch and `weight` their total weight.
 *
 * Every optimizer first makes, for each range and element, g = gradients ∕ weight, then clips: by the global norm,
 * g · min(1, globalClipNorm ∕ norm); by the norm of its range (one parameter tensor), g · min(1, clipNorm ∕ ‖g‖);
 * by value, to ±clipValue. +∞ turns a clip off. rate of a range multiplies the learning rate, decay its weight decay;
 * what no range covers is frozen.
 */
export const optimizers = {
  penalty: {
    code: 122,
    summary:
      'penalty = weight · Σ (l1 · |p| + l2 · p²), in float64; gradient += weight · (l1 · sign p + 2 · l2 · p): sums that are divided by the weight as the loss and its gradient are',
    variables: ['N'],
    operands: [
      { name: 'parameter', direction: 'in', type: 'f32', shape: ['...N'] },
      { name: 'weight', direction: 'in', type: 'f32', shape: ['1'] },
      { name: 'penalty', direction: 'out', type: 'f64', shape: ['1'] },
      { name: 'gradient', direction: 'inout', type: 'f32', shape: ['...N'], optional: true },
    ],
    attributes: [
      { name: 'l1', kind: 'float' },
      { name: 'l2', kind: 'float' },
    ],
    work: ['N'],
    tolerance: 1e-6,
  },
  gradient_norm: {
    code: 70,
    summary:
      'norm = ‖gradients‖₂ ∕ weight in float64. Ends the run before parameters are touched: emptyBatch where weight is 0, nonFinite, with norm written, where loss[0], weight or norm is not finite',
    variables: ['P'],
    operands: [
      { name: 'gradients', direction: 'in', type: 'f32', shape: ['P'] },
      { name: 'loss', direction: 'in', type: 'f64', shape: ['2'] },
      { name: 'weight', direction: 'in', type: 'f32', shape: ['1'] },
      { name: 'norm', direction: 'out', type: 'f64', shape: ['1'] },
    ],
    attributes: [],
    work: ['P'],
    tolerance: 1e-6,
  },
  sgd: {
    code: 71,
    summary:
      'v = momentum · v − rate · g; p += v, with nesterov p += momentum · v − rate · g; without velocity p −= rate · g (Keras SGD). Decoupled decay first: p −= rate · weightDecay · p',
    variables: ['P'],
    operands: [
      { name: 'parameters', direction: 'inout', type: 'f32', shape: ['P'] },
      { name: 'gradients', direction: 'in', type: 'f32', shape: ['P'] },
      { name: 'weight', direction: 'in', type: 'f32', shape: ['1'] },
      { name: 'norm', direction: 'in', type: 'f64', shape: ['1'] },
      { name: 'velocity', direction: 'inout', type: 'f32', shape: ['P'], optional: true },
    ],
    attributes: [
      { name: 'ranges', kind: 'ranges', within: 'P' },
      { name: 'nesterov', kind: 'integer', minimum: 0, maximum: 1 },
      { name: 'learningRate', kind: 'scalar' },
      { name: 'momentum', kind: 'scalar' },
      { name: 'weightDecay', kind: 'scalar' },
      { name: 'clipValue', kind: 'scalar' },
      { name: 'clipNorm', kind: 'scalar' },
      { name: 'globalClipNorm', kind: 'scalar' },
    ],
    work: ['P'],
    tolerance: 1e-5,
  },
  rmsprop: {
    code: 72,
    summary:
      's = rho · s + (1 − rho) · g²; d = rate · g ∕ (√s + epsilon); with velocity v = momentum · v + d, p −= v, else p −= d. Decoupled decay first, as in sgd',
    variables: ['P'],
    operands: [
      { name: 'parameters', direction: 'inout', type: 'f32', shape: ['P'] },
      { name: 'gradients', direction: 'in', type: 'f32', shape: ['P'] },
      { name: 'weight', direction: 'in', type: 'f32', shape: ['1'] },
      { name: 'norm', direction: 'in', type: 'f64', shape: ['1'] },
      { name: 'meanSquare', direction: 'inout', type: 'f32', shape: ['P'] },
      { name: 'velocity', direction: 'inout', type: 'f32', shape: ['P'], optional: true },
    ],
    attributes: [
      { name: 'ranges', kind: 'ranges', within: 'P' },
      { name: 'learningRate', kind: 'scalar' },
      { name: 'rho', kind: 'scalar' },
      { name: 'momentum', kind: 'scalar' },
      { name: 'epsilon', kind: 'scalar' },
      { name: 'weightDecay', kind: 'scalar' },
      { name: 'clipValue', kind: 'scalar' },
      { name: 'clipNorm', kind: 'scalar' },
      { name: 'globalClipNorm', kind: 'scalar' },
    ],
    work: ['P'],
    tolerance: 1e-5,
  },
  adam: {
    code: 73,
    summary:
      'm = beta1 · m + (1 − beta1) · g; v = beta2 · v + (1 − beta2) · g²; p −= rate · (m ∕ (1 − beta1ˢ)) ∕ (√(v ∕ (1 − beta2ˢ)) + epsilon), s = step from 1 (Kingma and Ba 2015, algorithm 1). Decoupled decay first, as in sgd (AdamW, Loshchilov and Hutter 2019)',
    variables: ['P'],
    operands: [
      { name: 'parameters', direction: 'inout', type: 'f32', shape: ['P'] },
      { name: 'gradients', direction: 'in', type: 'f32', shape: ['P'] },
      { name: 'weight', direction: 'in', type: 'f32', shape: ['1'] },
      { name: 'norm', direction: 'in', type: 'f64', shape: ['1'] },
      { name: 'firstMoment', direction: 'inout', type: 'f32', shape: ['P'] },
      { name: 'secondMoment', direction: 'inout', type: 'f32', shape: ['P'] },
    ],
    attributes: [
      { name: 'ranges', kind: 'ranges', within: 'P' },
      { name: 'learningRate', kind: 'scalar' },
      { name: 'beta1', kind: 'scalar' },
      { name: 'beta2', kind: 'scalar' },
      { name: 'epsilon', kind: 'scalar' },
      { name: 'weightDecay', kind: 'scalar' },
      { name: 'step', kind: 'scalar' },
      { name: 'clipValue', kind: 'scalar' },
      { name: 'clipNorm', kind: 'scalar' },
      { name: 'globalClipNorm', kind: 'scalar' },
    ],
    work: ['P'],
    tolerance: 1e-5,
  },
} as const satisfies Record<string, InstructionSpecification>
