import { precisions } from '../../../contract/index.js'
import { addProduct } from './shared.js'

/** y [n] += x [k] · w [k, n] for one w. */
export type Product = (y: Float64Array, x: Float64Array) => void

/** The product with weights [K, width], its operands rounded as the contract says. */
export function productOf(weights: Float64Array, width: number, precision: number): Product {
  if (precision === precisions.int8) return int8Product(weights, width)
  const round = roundingOf(precision)
  const rounded = round(weights)
  return (y, x) => addProduct(y, round(x), rounded)
}

/** How the operands of a product that is differentiable are rounded. */
export function roundingOf(precision: number): (operand: Float64Array) => Float64Array {
  return precision === precisions.bfloat16 ? (operand) => operand.map(toBfloat16) : (operand) => operand
}

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** The nearest bfloat16 of the nearest float32, which is what other executors hold. */
export function toBfloat16(value: number): number {
  if (Number.isNaN(value)) return value
  float[0] = value
  const word = bits[0]!
  bits[0] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000
  return float[0]!
}

interface Quantized {
  /** Whole numbers from −127 to 127. */
  readonly q: Float64Array
  readonly scale: number
}

const smallestScale = 2 ** -126

function quantize(values: Float64Array): Quantized {
  const q = new Float64Array(values.length)
  const largest = values.reduce((most, v) => Math.max(most, Math.abs(Math.fround(v))), 0)
  if (!(largest < Number.POSITIVE_INFINITY)) return { q, scale: Number.NaN }
  const scale = Math.fround(largest / 127)
  if (scale < smallestScale) return { q, scale: 0 }
  return { q: q.map((_, i) => roundToEven(Math.fround(Math.fround(values[i]!) / scale))), scale }
}

function roundToEven(x: number): number {
  const nearest = Math.round(x)
  return nearest - x === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest
}

function int8Product(weights: Float64Array, width: number): Product {
  const depth = weights.length / width
  const columns = Array.from({ length: width }, (_, j) =>
    quantize(Float64Array.from({ length: depth }, (_, k) => weights[k * width + j]!)),
  )
  return (y, x) => {
    const left = quantize(x)
    for (const [j, column] of columns.entries()) {
      let sum = 0
      for (let k = 0; k < depth; k++) sum = (sum + left.q[k]! * column.q[k]!) | 0
      y[j]! += sum * left.scale * column.scale
    }
  }
}
