import { exp, relu, sigmoid, softmax, type Tensor, tanh } from '../graph/index.js'

/** Activation functions by their Keras names. */
export const activations = {
  linear: (x: Tensor): Tensor => x,
  tanh,
  sigmoid,
  relu,
  exponential: exp,
  /** Over the last axis. */
  softmax,
} as const

export type Activation = keyof typeof activations
