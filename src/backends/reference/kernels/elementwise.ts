import type { Kernels } from '../arguments.js'
import { each, sigmoid, softplus } from './shared.js'

export const elementwise = {
  add({ N, a, b, y }) {
    each(y, (i) => a[i]! + b[i % N]!)
  },

  subtract({ N, a, b, y }) {
    each(y, (i) => a[i]! - b[i % N]!)
  },

  multiply({ N, a, b, y }) {
    each(y, (i) => a[i]! * b[i % N]!)
  },

  divide({ N, a, b, y }) {
    each(y, (i) => a[i]! / b[i % N]!)
  },

  affine({ x, y, scale, shift }) {
    each(y, (i) => scale * x[i]! + shift)
  },

  tanh({ x, y }) {
    each(y, (i) => Math.tanh(x[i]!))
  },

  tanh_backward({ y, dy, dx }) {
    each(dx, (i) => dy[i]! * (1 - y[i]! ** 2))
  },

  sigmoid({ x, y }) {
    each(y, (i) => sigmoid(x[i]!))
  },

  sigmoid_backward({ y, dy, dx }) {
    each(dx, (i) => dy[i]! * y[i]! * (1 - y[i]!))
  },

  relu({ x, y }) {
    each(y, (i) => (x[i]! < 0 ? 0 : x[i]!))
  },

  relu_backward({ y, dy, dx }) {
    each(dx, (i) => (y[i]! > 0 ? dy[i]! : 0))
  },

  clip({ x, y, low, high }) {
    each(y, (i) => (x[i]! < low ? low : x[i]! > high ? high : x[i]!))
  },

  clip_backward({ y, dy, dx, low, high }) {
    each(dx, (i) => (y[i]! > low && y[i]! < high ? dy[i]! : 0))
  },

  softplus({ x, y }) {
    each(y, (i) => softplus(x[i]!))
  },

  exp({ x, y }) {
    each(y, (i) => Math.exp(x[i]!))
  },

  log({ x, y }) {
    each(y, (i) => Math.log(x[i]!))
  },

  maximum({ a, b, y }) {
    each(y, (i) => (a[i]! >= b[i]! ? a[i]! : b[i]!))
  },

  maximum_backward({ a, b, dy, da }) {
    each(da, (i) => (a[i]! >= b[i]! ? dy[i]! : 0))
  },
} satisfies Partial<Kernels>
