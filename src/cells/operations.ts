import {
  add,
  affine,
  concat,
  divide,
  exp,
  log,
  matmul,
  multiply,
  oneMinus,
  reduceSum,
  relu,
  sigmoid,
  slice,
  softmax,
  split,
  subtract,
  tanh,
} from '../graph/index.js'

/**
 * What cells are written in. Tensors of a step are [batch, …]; the second operand of `add`, `subtract`, `multiply` and `divide`
 * has the shape of the first, or of its last axes. `split(x, n)` gives n equal parts of the last axis, `affine(x, scale, shift)`
 * scale · x + shift, `slice(x, axis, start, size)` and `concat(a, b, axis)` what they say, `softmax` is over the last axis.
 */
export const operations = {
  add,
  affine,
  concat,
  divide,
  exp,
  log,
  matmul,
  multiply,
  oneMinus,
  reduceSum,
  relu,
  sigmoid,
  slice,
  softmax,
  split,
  subtract,
  tanh,
} as const
