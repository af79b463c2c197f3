/** How many inputs a unit of the weight reads and how many outputs an input feeds, as Keras counts them. */
export function fans(shape: readonly number[]): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length === 0) return { fanIn: 1, fanOut: 1 }
  if (shape.length === 1) return { fanIn: shape[0]!, fanOut: shape[0]! }
  // Convolutions: [...window, in, out]
  const window = shape.slice(0, -2).reduce((product, size) => product * size, 1)
  return { fanIn: window * shape.at(-2)!, fanOut: window * shape.at(-1)! }
}
