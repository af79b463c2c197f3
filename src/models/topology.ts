/** The graph of a model: which layer is applied to what, in an order in which it can be traced. */
import { OstinatoError } from '../errors.js'
import type { AnyLayer } from '../layers/layer.js'
import {
  type Application,
  checkSymbolic,
  type InputSpecification,
  isName,
  type SymbolicTensor,
} from '../layers/symbolic.js'

/** Inputs or outputs of a model: one, several in order, or several by name. */
export type SymbolicTensors =
  | SymbolicTensor
  | readonly SymbolicTensor[]
  | { readonly [name: string]: SymbolicTensor }

/** How inputs or outputs were given, and so how their values are. */
export type Form = 'one' | 'list' | 'record'

export interface NamedLayer {
  readonly name: string
  readonly layer: AnyLayer
}

/** A tensor: output `index` of a node. Nodes are the inputs, then the calls. */
export interface Port {
  readonly node: number
  readonly index: number
}

/** One use of a layer. */
export interface Call {
  /** Position among the layers. */
  readonly layer: number
  /** Of earlier nodes. */
  readonly inputs: readonly Port[]
}

export interface ModelInput {
  readonly name: string
  /** Absent while a `sequential` waits for its first batch. */
  readonly specification: InputSpecification | undefined
}

export interface ModelOutput {
  readonly name: string
  readonly port: Port
}

export interface Topology {
  /** Each once, however often it is applied. */
  readonly layers: readonly NamedLayer[]
  readonly inputs: readonly ModelInput[]
  /** In an order in which each depends on earlier ones only. */
  readonly calls: readonly Call[]
  readonly outputs: readonly ModelOutput[]
  readonly inputForm: Form
  readonly outputForm: Form
}

/** The name of an input's time axis; undefined: it has none. */
export function axisOf({ name, specification }: ModelInput): string | undefined {
  return specification?.axis === null ? name : specification?.axis
}

/** Names of the time axes that the inputs bring along. */
export function timeAxes(inputs: readonly ModelInput[]): string[] {
  return [...new Set(inputs.flatMap((input) => axisOf(input) ?? []))]
}

function invalid(where: string, expected: string, received: string, remedy?: string): OstinatoError {
  return new OstinatoError(
    'INVALID_TOPOLOGY',
    where,
    { expected, received },
    remedy === undefined ? {} : { remedy },
  )
}

interface Entry {
  /** The key of a record. */
  readonly key: string | undefined
  readonly tensor: SymbolicTensor
}

function entriesOf(tensors: SymbolicTensors, where: string): { form: Form; entries: Entry[] } {
  const plain =
    typeof tensors === 'object' && tensors !== null && Object.getPrototypeOf(tensors) === Object.prototype
  const form: Form = Array.isArray(tensors) ? 'list' : plain ? 'record' : 'one'
  const entries: Entry[] =
    form === 'one'
      ? [{ key: undefined, tensor: tensors as SymbolicTensor }]
      : Object.entries(tensors).map(([key, tensor]) => ({ key: form === 'list' ? undefined : key, tensor }))
  for (const { key, tensor } of entries) checkSymbolic(key === undefined ? where : `${where}.${key}`, tensor)
  if (entries.length === 0) throw invalid(where, 'at least one tensor', 'none')
  return { form, entries }
}

/** Names that users gave, and the others numbered as Keras does: lstm, lstm_1, … */
function nameAll<T>(
  items: readonly T[],
  read: (item: T) => { readonly kind: string; readonly name: string | undefined },
): string[] {
  const taken = new Set<string>()
  for (const item of items) {
    const { kind, name } = read(item)
    if (name === undefined) continue
    const where = `${kind}, name`
    if (typeof name !== 'string' || !isName(name)) {
      throw new OstinatoError('INVALID_OPTION', where, {
        expected: 'letters, digits, _ . -',
        received: JSON.stringify(name) ?? typeof name,
      })
    }
    if (taken.has(name)) {
      throw new OstinatoError('INVALID_OPTION', where, {
        expected: 'a name used once',
        received: `"${name}" again`,
      })
    }
    taken.add(name)
  }
  return items.map((item) => {
    const { kind, name: given } = read(item)
    let name = given ?? kind
    for (let n = 1; given === undefined && taken.has(name); n++) name = `${kind}_${n}`
    taken.add(name)
    return name
  })
}

function nameInputs(entries: readonly Entry[], where: string): ModelInput[] {
  const inputs = entries.map(({ key, tensor: { application } }, i) => {
    if (application.layer === undefined) return { key, ...application }
    throw invalid(
      `${where}${key === undefined ? `[${i}]` : `.${key}`}`,
      'a tensor made by input()',
      `the output of a layer of kind ${application.layer.kind}`,
    )
  })
  if (new Set(entries.map((e) => e.tensor.application)).size < entries.length)
    throw invalid(where, 'each input once', 'one of them again')
  const names = nameAll(inputs, ({ key, name }) => ({ kind: 'input', name: key ?? name }))
  return inputs.map(({ specification }, i) => ({ name: names[i] as string, specification }))
}

/** All that the outputs are made of, what is applied first in front. */
function orderOf(outputs: readonly Entry[]): Application[] {
  const order = new Set<Application>()
  const visit = (application: Application): void => {
    if (order.has(application)) return
    if (application.layer) for (const input of application.inputs) visit(input.application)
    order.add(application)
  }
  for (const { tensor } of outputs) visit(tensor.application)
  return [...order]
}

/** Reads the graph between inputs and outputs; `where` begins the messages. */
export function makeTopology(where: string, inputs: SymbolicTensors, outputs: SymbolicTensors): Topology {
  const given = entriesOf(inputs, `${where}, inputs`)
  const wanted = entriesOf(outputs, `${where}, outputs`)
  const named = nameInputs(given.entries, `${where}, inputs`)
  const nodes = new Map(given.entries.map(({ tensor }, i) => [tensor.application, i]))
  const portOf = ({ application, index }: SymbolicTensor): Port => ({
    node: nodes.get(application) as number,
    index,
  })
  const order = orderOf(wanted.entries)
  const calls: Call[] = []
  const layers = [...new Set(order.flatMap(({ layer }) => layer ?? []))]
  for (const application of order) {
    if (!application.layer) {
      if (nodes.has(application)) continue
      const name = application.name === undefined ? 'an input without a name' : `input "${application.name}"`
      throw invalid(
        `${where}, outputs`,
        'to be made of the inputs given',
        `one made of ${name}`,
        'Add it to inputs',
      )
    }
    nodes.set(application, named.length + calls.length)
    calls.push({ layer: layers.indexOf(application.layer), inputs: application.inputs.map(portOf) })
  }
  const unused = given.entries.findIndex(({ tensor }) => !order.includes(tensor.application))
  if (unused >= 0)
    throw invalid(
      `${where}, inputs`,
      'inputs that reach an output',
      `"${named[unused]?.name}", which reaches none`,
    )
  const names = nameAll(layers, (layer) => layer)
  const outputNames = nameAll(wanted.entries, ({ key, tensor: { application } }) => {
    const layer = application.layer ? layers.indexOf(application.layer) : -1
    return { kind: names[layer] ?? 'output', name: key }
  })
  return {
    layers: layers.map((layer, i) => ({ name: names[i] as string, layer })),
    inputs: named,
    calls,
    outputs: wanted.entries.map(({ tensor }, i) => ({
      name: outputNames[i] as string,
      port: portOf(tensor),
    })),
    inputForm: given.form,
    outputForm: wanted.form,
  }
}

/** A graph as a model file has it, its layers apart: with ports of earlier nodes only, and layers that there are. */
export type SavedTopology = Omit<Topology, 'layers'>

/** The graph of a model file; names are checked as a user's are. */
export function restoreTopology(layers: readonly AnyLayer[], saved: SavedTopology): Topology {
  const names = nameAll(layers, (layer) => layer)
  nameAll(saved.inputs, ({ name }) => ({ kind: 'input', name }))
  nameAll(saved.outputs, ({ name }) => ({ kind: 'output', name }))
  return { ...saved, layers: layers.map((layer, i) => ({ name: names[i] as string, layer })) }
}

/** The border of an input, target, weight or output: with its name where there are several. */
export function borderName(kind: string, named: readonly { readonly name: string }[], index: number): string {
  return named.length === 1 ? kind : `${kind}/${named[index]?.name}`
}
