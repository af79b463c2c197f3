import { maximumElements } from '../contract/index.js'
import { OstinatoError } from '../errors.js'

/**
 * One axis length: a number known while tracing, or a symbol whose value each run supplies. Dimensions of one graph are
 * interned, so equal dimensions are the same object.
 */
export type Dimension =
  | { readonly id: number; readonly kind: 'constant'; readonly value: number; readonly capacity: number }
  | { readonly id: number; readonly kind: 'input'; readonly name: string; readonly capacity: number }
  | {
      readonly id: number
      readonly kind: 'sum'
      readonly of: Dimension
      readonly add: number
      readonly capacity: number
    }
  | {
      readonly id: number
      readonly kind: 'product'
      readonly left: Dimension
      readonly right: Dimension
      readonly capacity: number
    }

/** `B`, `T+1`, `T·B`, `64` */
export function dimensionName(d: Dimension): string {
  if (d.kind === 'constant') return String(d.value)
  if (d.kind === 'input') return d.name
  if (d.kind === 'sum') return `${dimensionName(d.of)}+${d.add}`
  return `${dimensionName(d.left)}·${dimensionName(d.right)}`
}

export function shapeName(shape: readonly Dimension[]): string {
  return `[${shape.map(dimensionName).join(', ')}]`
}

export function sameShape(a: readonly Dimension[], b: readonly Dimension[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i])
}

/** The dimensions of one graph, in an order in which each depends only on earlier ones. */
export class DimensionTable {
  readonly all: Dimension[] = []
  readonly #known = new Map<string, Dimension>()

  input(name: string, capacity: number): Dimension {
    return this.#intern(`input ${name}`, capacity, { kind: 'input', name })
  }

  constant(value: number): Dimension {
    return this.#intern(`constant ${value}`, value, { kind: 'constant', value })
  }

  plus(of: Dimension, add: number): Dimension {
    if (add === 0) return of
    if (of.kind === 'constant') return this.constant(of.value + add)
    return this.#intern(`sum ${of.id} ${add}`, of.capacity + add, { kind: 'sum', of, add })
  }

  /** The product in one canonical order, so that T·B and B·T are the same dimension. */
  product(factors: readonly Dimension[]): Dimension {
    let constant = 1
    const symbols: Dimension[] = []
    const collect = (d: Dimension): void => {
      if (d.kind === 'constant') constant *= d.value
      else if (d.kind === 'product') {
        collect(d.left)
        collect(d.right)
      } else symbols.push(d)
    }
    for (const d of factors) collect(d)
    if (symbols.length === 0 || constant === 0) return this.constant(constant)
    symbols.sort((a, b) => a.id - b.id)
    if (constant !== 1) symbols.push(this.constant(constant))
    return symbols.reduce((left, right) =>
      this.#intern(`product ${left.id} ${right.id}`, left.capacity * right.capacity, {
        kind: 'product',
        left,
        right,
      }),
    )
  }

  #intern(
    key: string,
    capacity: number,
    body:
      | { kind: 'constant'; value: number }
      | { kind: 'input'; name: string }
      | { kind: 'sum'; of: Dimension; add: number }
      | { kind: 'product'; left: Dimension; right: Dimension },
  ): Dimension {
    const known = this.#known.get(key)
    if (known) return known
    if (!Number.isSafeInteger(capacity) || capacity < 0 || capacity > maximumElements) {
      const dimension = dimensionName({ ...body, id: -1, capacity } as Dimension)
      const whole = Number.isInteger(capacity) && capacity >= 0
      throw new OstinatoError(whole ? 'OUT_OF_MEMORY' : 'SHAPE_MISMATCH', `dimension ${dimension}`, {
        expected: whole ? `at most ${maximumElements} elements` : 'a whole number',
        received: String(capacity),
      })
    }
    const dimension = { ...body, id: this.all.length, capacity } as Dimension
    this.all.push(dimension)
    this.#known.set(key, dimension)
    return dimension
  }
}
