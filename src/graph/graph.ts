import {
  type BufferKind,
  type InstructionName,
  instructionTable,
  type OperandSpecification,
  type Precision,
  precisions,
  type ValueType,
} from '../contract/index.js'
import { OstinatoError } from '../errors.js'
import { type Dimension, DimensionTable, sameShape, shapeName } from './dimension.js'
import type { Scan } from './scan.js'

/** A fixed place outside the arena. `buffer` counts the graph's buffers. */
export interface Placement {
  readonly buffer: number
  readonly offset: number
}

/** A window into another tensor, at offsetDimension · offsetScale elements from its start. */
export interface View {
  readonly base: Tensor
  readonly offsetDimension: Dimension | undefined
  readonly offsetScale: number
  /** Elements by which the window moves on from step to step of the loop that uses it. */
  readonly strideDimension?: Dimension
}

/** A symbolic tensor: what layers compute with while they are traced. */
export interface Tensor {
  readonly id: number
  readonly graph: Graph
  readonly shape: readonly Dimension[]
  readonly type: ValueType
  /** What wrote it; absent for inputs, parameters and states. */
  node: Node | undefined
  /** Set later where a loop turns out to keep what it computes in every step. */
  view: View | undefined
  /** True for a plain reshape: gradients pass through to the base. */
  readonly reshape: boolean
  /** Where it lives; absent: the planner finds a place in the arena. */
  placement: Placement | undefined
}

/** A value of the run-time scalar table. */
export interface Scalar {
  readonly index: number
  readonly name: string
}

export interface Node {
  readonly index: number
  readonly instruction: InstructionName
  /** By operand name; absent operands have no entry. */
  readonly operands: ReadonlyMap<string, Tensor>
  readonly attributes: ReadonlyMap<string, number | Scalar | readonly ParameterRange[]>
  /** The layer that asked for it, such as `encoder.0/lstm`. */
  readonly path: string
  readonly segment: number
  /** In whose body it stands. */
  loop: Loop | undefined
  /** Named windows into outputs, such as the `y` and `finalH` of a cell: what gradients are asked for. */
  readonly windows: Map<string, Tensor>
  /** Operands that the backward instruction gets instead of those of the forward one. */
  readonly gradientOperands: Map<string, Tensor>
}

/** Nodes that run once for every step; they stand one behind the other. */
export interface Loop {
  readonly steps: Dimension
  /** From the last step to the first. */
  readonly reverse: boolean
}

/** The gradients of all states of one walk along time. */
export interface StateGradients {
  /** Layer and state, such as `lstm/h`. */
  readonly name: string
  /** [steps + 1, batch, …]: at each state the whole gradient, that of its output and what comes through later steps. */
  readonly gradient: Tensor
  /** The row `steps` is the first state, not row 0. */
  readonly reverse: boolean
}

/** Entries of an optimizer's range table. */
export interface ParameterRange {
  readonly offset: number
  readonly length: number
  readonly decay: number
  readonly rate: number
}

export interface Buffer {
  readonly kind: BufferKind
  readonly type: ValueType
  readonly elements: number
  readonly name: string
}

/** Attributes of a node as the builder receives them. */
export type Attributes = Readonly<Record<string, number | Scalar | readonly ParameterRange[]>>

/** A program in the making: nodes in the order in which they will run. */
export class Graph {
  readonly dimensions = new DimensionTable()
  readonly nodes: Node[] = []
  readonly buffers: Buffer[] = [{ kind: 'arena', type: 'f32', elements: 0, name: 'arena' }]
  readonly scalars: Scalar[] = []
  /** The layer path of nodes made now. */
  path = ''
  /** Of the products made now. */
  precision: Precision = 'float32'
  /** The segment of nodes made now: a position in the program's list of segments. */
  segment = 0
  /** The loop of nodes made now. */
  loop: Loop | undefined
  /** How the gradients of the loops are made: see scan.ts. */
  readonly scans = new Map<Loop, Scan>()
  /** Where present, backward passes make the gradients of all states, and note them here. */
  stateGradients: StateGradients[] | undefined
  #tensors = 0

  /** Numbers become constant dimensions. */
  shape(axes: readonly (number | Dimension)[]): Dimension[] {
    return axes.map((axis) => (typeof axis === 'number' ? this.dimensions.constant(axis) : axis))
  }

  elements(shape: readonly Dimension[]): Dimension {
    return this.dimensions.product(shape)
  }

  addBuffer(kind: BufferKind, type: ValueType, elements: number, name: string): number {
    this.buffers.push({ kind, type, elements, name })
    return this.buffers.length - 1
  }

  scalar(name: string): Scalar {
    const known = this.scalars.find((s) => s.name === name)
    if (known) return known
    const scalar = { index: this.scalars.length, name }
    this.scalars.push(scalar)
    return scalar
  }

  tensor(shape: readonly (number | Dimension)[], type: ValueType = 'f32', placement?: Placement): Tensor {
    return this.#tensor(this.shape(shape), type, undefined, undefined, false, placement)
  }

  /** The same elements under another shape. */
  reshape(base: Tensor, axes: readonly (number | Dimension)[]): Tensor {
    const shape = this.shape(axes)
    if (sameShape(shape, base.shape)) return base
    if (this.elements(shape) !== this.elements(base.shape)) {
      throw new OstinatoError('SHAPE_MISMATCH', this.path || 'reshape', {
        expected: `as many elements as ${shapeName(base.shape)}`,
        received: shapeName(shape),
      })
    }
    return this.#tensor(
      shape,
      base.type,
      base.node,
      { base, offsetDimension: undefined, offsetScale: 0 },
      true,
    )
  }

  /** A window of whole rows: the caller's rule of differentiation belongs to the node, not to the window. */
  window(
    base: Tensor,
    shape: readonly Dimension[],
    offsetDimension?: Dimension,
    offsetScale = 0,
    strideDimension?: Dimension,
  ): Tensor {
    const place = { base, offsetDimension, offsetScale }
    const view = strideDimension ? { ...place, strideDimension } : place
    return this.#tensor(shape, base.type, base.node, view, false)
  }

  /** The row of `base` [steps, …] (from `skipped` rows on) that belongs to the step of the loop under way. */
  stepOf(base: Tensor, skipped: 0 | 1 = 0): Tensor {
    const shape = base.shape.slice(1)
    const row = this.elements(shape)
    return this.window(base, shape, skipped === 0 ? undefined : row, skipped, row)
  }

  /** Appends an instruction. Output operands without a tensor of their own are made here, with the shapes given. */
  append(
    instruction: InstructionName,
    inputs: Readonly<Record<string, Tensor | undefined>>,
    outputs: Readonly<Record<string, Tensor | readonly (number | Dimension)[] | undefined>>,
    attributes: Attributes = {},
  ): Node {
    const specification = instructionTable[instruction]
    const operands = new Map<string, Tensor>()
    const product = specification.attributes.find(({ name }) => name === 'precision')
    const wanted = precisions[this.precision]
    // A product that is not made in this precision stays as it is.
    const isMade = product?.kind === 'integer' && wanted <= product.maximum
    const precision = isMade ? wanted : precisions.float32
    const given = product ? { precision, ...attributes } : attributes
    const node: Node = {
      index: this.nodes.length,
      instruction,
      operands,
      attributes: new Map(Object.entries(given)),
      path: this.path,
      segment: this.segment,
      loop: this.loop,
      windows: new Map(),
      gradientOperands: new Map(),
    }
    for (const operand of specification.operands) {
      const present = inputs[operand.name] ?? outputs[operand.name]
      if (present === undefined) {
        if (!operand.optional) throw new Error(`${instruction}: operand ${operand.name} is missing`)
        continue
      }
      const tensor = isTensor(present)
        ? present
        : this.#tensor(this.shape(present), outputType(operand), node)
      operands.set(operand.name, tensor)
      const made = operand.direction === 'out' && !tensor.view && !tensor.placement
      if (made) tensor.node ??= node
    }
    for (const attribute of specification.attributes) {
      if (!node.attributes.has(attribute.name))
        throw new Error(`${instruction}: attribute ${attribute.name} is missing`)
    }
    this.nodes.push(node)
    return node
  }

  #tensor(
    shape: readonly Dimension[],
    type: ValueType,
    node: Node | undefined,
    view?: View,
    reshape = false,
    placement?: Placement,
  ): Tensor {
    return { id: this.#tensors++, graph: this, shape, type, node, view, reshape, placement }
  }
}

/** The tensor of a node's operand that is known to be there. */
export function operandOf(node: Node, name: string): Tensor {
  const tensor = node.operands.get(name)
  if (!tensor) throw new Error(`${node.instruction}: no operand ${name}`)
  return tensor
}

function isTensor(value: Tensor | readonly (number | Dimension)[]): value is Tensor {
  return !Array.isArray(value)
}

function outputType(operand: OperandSpecification): ValueType {
  return operand.type === 'word' ? 'f32' : operand.type
}

/** The tensor that owns the memory under a chain of windows. */
export function rootOf(tensor: Tensor): Tensor {
  let root = tensor
  while (root.view) root = root.view.base
  return root
}
