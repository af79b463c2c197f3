/** As much of protocol buffers and of ONNX's schema as its node tests need. */

type Field = { readonly number: number } & (
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'float'; readonly value: number }
)

function varint(bytes: Uint8Array, at: number): [value: bigint, next: number] {
  let value = 0n
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes[at++]
    if (byte === undefined) throw new Error('the file ends inside a number')
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return [value, at]
  }
}

function fieldsOf(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fields: Field[] = []
  let at = 0
  while (at < bytes.length) {
    const [tag, start] = varint(bytes, at)
    const number = Number(tag >> 3n)
    const wire = Number(tag & 7n)
    if (wire === 0) {
      const [value, next] = varint(bytes, start)
      fields.push({ number, kind: 'integer', value })
      at = next
    } else if (wire === 2) {
      const [length, from] = varint(bytes, start)
      at = from + Number(length)
      fields.push({ number, kind: 'bytes', value: bytes.subarray(from, at) })
    } else if (wire === 5) {
      fields.push({ number, kind: 'float', value: view.getFloat32(start, true) })
      at = start + 4
    } else throw new Error(`wire type ${wire} is not needed by any field of ONNX that is read here`)
  }
  return fields
}

function messages(fields: readonly Field[], number: number): Uint8Array[] {
  return fields.flatMap((f) => (f.number === number && f.kind === 'bytes' ? [f.value] : []))
}

function strings(fields: readonly Field[], number: number): string[] {
  return messages(fields, number).map((bytes) => new TextDecoder().decode(bytes))
}

/** Repeated integers, packed or not. */
function integers(fields: readonly Field[], number: number): number[] {
  return fields.flatMap((f) => {
    if (f.number !== number || f.kind === 'float') return []
    if (f.kind === 'integer') return [Number(BigInt.asIntN(64, f.value))]
    const values: number[] = []
    for (let at = 0; at < f.value.length; ) {
      const [value, next] = varint(f.value, at)
      values.push(Number(BigInt.asIntN(64, value)))
      at = next
    }
    return values
  })
}

export interface OnnxTensor {
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array
}

/** TensorProto: dims 1, data_type 2 (1 float, 6 int32), raw_data 9. */
export function readTensor(bytes: Uint8Array): OnnxTensor {
  const fields = fieldsOf(bytes)
  const shape = integers(fields, 1)
  const [type] = integers(fields, 2)
  const [raw] = messages(fields, 9)
  if (!raw) throw new Error('a tensor without raw data')
  // A copy of its own: the bytes of a file start anywhere.
  const copy = Uint8Array.from(raw).buffer
  const data = type === 1 ? new Float32Array(copy) : type === 6 ? new Int32Array(copy) : undefined
  if (!data || data.length !== shape.reduce((n, d) => n * d, 1)) throw new Error(`a tensor of type ${type}`)
  return { shape, data }
}

export interface OnnxNode {
  readonly operation: string
  /** Empty where an optional one is absent. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, number | string>>
}

/** The one node of a test model, and the names of the inputs and outputs of its graph in their order. */
export function readModel(bytes: Uint8Array): { node: OnnxNode; inputs: string[]; outputs: string[] } {
  const [graph] = messages(fieldsOf(bytes), 7)
  const fields = fieldsOf(graph ?? new Uint8Array())
  const nodes = messages(fields, 1).map(fieldsOf)
  const [node] = nodes
  if (!node || nodes.length !== 1) throw new Error(`${nodes.length} nodes, not one`)
  const attributes = messages(node, 5).map((a): [string, number | string] => {
    const attribute = fieldsOf(a)
    const value = integers(attribute, 3)[0] ?? strings(attribute, 4)[0]
    if (value === undefined) throw new Error('an attribute that is neither integer nor string')
    return [strings(attribute, 1)[0] ?? '', value]
  })
  const names = (number: number) => messages(fields, number).map((v) => strings(fieldsOf(v), 1)[0] ?? '')
  return {
    node: {
      operation: strings(node, 4)[0] ?? '',
      inputs: strings(node, 1),
      outputs: strings(node, 2),
      attributes: Object.fromEntries(attributes),
    },
    inputs: names(11),
    outputs: names(12),
  }
}
