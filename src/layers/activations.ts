import {
  add,
  affine,
  clip,
  divide,
  exp,
  relu,
  sigmoid,
  softmax,
  softplus,
  subtract,
  type Tensor,
  tanh,
} from '../graph/index.js'

/** max(−x, 0) */
const negativePart = (x: Tensor): Tensor => relu(affine(x, -1))

/** α · x + β, limited to 0 … 1. Keras 3: α = 1 ∕ 6, β = ½, the defaults; ONNX (and Keras 2): α = 0.2, β = ½. */
export const hardSigmoid = (x: Tensor, alpha = 1 / 6, beta = 0.5): Tensor =>
  clip(affine(x, alpha, beta), 0, 1)

/** x where x > 0, otherwise slope · x. Keras: 0.2, the default; ONNX: 0.01. */
export const leakyRelu = (x: Tensor, slope = 0.2): Tensor => subtract(relu(x), affine(negativePart(x), slope))

/** x where x > 0, otherwise α · (eˣ − 1) (Clevert et al. 2016). */
export const elu = (x: Tensor, alpha = 1): Tensor =>
  // eˣ of the negative part only: nothing overflows, forward or backward.
  add(relu(x), affine(exp(affine(negativePart(x), -1)), alpha, -alpha))

/** λ · elu(x, α) with the constants that keep mean 0 and variance 1 (Klambauer et al. 2017). */
export const selu = (x: Tensor): Tensor => affine(elu(x, 1.6732632423543772), 1.0507009873554805)

/** x ∕ (1 + |x|) */
export const softsign = (x: Tensor): Tensor => divide(x, affine(add(relu(x), negativePart(x)), 1, 1))

/** Activation functions by their Keras names, with the constants of Keras 3. */
export const activations = {
  linear: (x: Tensor): Tensor => x,
  tanh,
  sigmoid,
  relu,
  hardSigmoid: (x: Tensor): Tensor => hardSigmoid(x),
  leakyRelu: (x: Tensor): Tensor => leakyRelu(x),
  elu: (x: Tensor): Tensor => elu(x),
  selu,
  softplus,
  softsign,
  exponential: exp,
  /** Over the last axis. */
  softmax,
} as const

export type Activation = keyof typeof activations
