/** One `.safetensors` file: the weights by name, the configuration in the metadata. Nothing in it is executable. */
import { OstinatoError } from '../errors.js'
import type { SavedLayer } from '../layers/index.js'
import { readShape } from '../layers/symbolic.js'
import type {
  Call,
  Form,
  ModelInput,
  ModelOutput,
  Port,
  SavedTopology,
  Topology,
} from '../models/topology.js'
import { decodeSafetensors, encodeSafetensors } from './safetensors.js'

/** Version 1 holds stacks of layers: a list, and what its first layer takes. */
const formatVersion = 2

export interface SavedModel {
  readonly name: string
  readonly layers: readonly SavedLayer[]
  readonly topology: SavedTopology
  /** What the user put beside the model, such as a vocabulary. */
  readonly extra: Readonly<Record<string, string>>
  readonly weights: readonly {
    readonly name: string
    readonly shape: readonly number[]
    readonly data: Float32Array
  }[]
}

export function encodeModel(
  model: Pick<SavedModel, 'name' | 'extra' | 'weights'> & { readonly topology: Topology },
): Uint8Array {
  const { name, topology, weights, extra } = model
  const port = ({ node, index }: Port) => [node, index]
  const configuration = JSON.stringify({
    format: 'ostinato',
    version: formatVersion,
    name,
    layers: topology.layers.map(({ name, layer: { kind, options, shares = {} } }) => {
      const shared = Object.entries(shares).map(([option, layer]) => {
        return [option, topology.layers.find((other) => other.layer === layer)?.name]
      })
      return { kind, name, options, ...(shared.length > 0 ? { shares: Object.fromEntries(shared) } : {}) }
    }),
    inputs: topology.inputs.map(({ name, specification }) => {
      const { type, axis, features } = specification as NonNullable<ModelInput['specification']>
      return { name, type, shape: axis === undefined ? features : [axis, ...features] }
    }),
    calls: topology.calls.map(({ layer, inputs }) => ({ layer, inputs: inputs.map(port) })),
    outputs: topology.outputs.map((output) => ({ name: output.name, port: port(output.port) })),
    forms: [topology.inputForm, topology.outputForm],
  })
  const own = Object.fromEntries(Object.entries(extra).map(([key, value]) => [`user.${key}`, value]))
  return encodeSafetensors(weights, { ...own, ostinato: configuration })
}

function invalid(what: string, expected: string, received: string): OstinatoError {
  return new OstinatoError('INVALID_FILE', `model file, ${what}`, { expected, received })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readConfiguration(text: string | undefined): Record<string, unknown> {
  if (text === undefined)
    throw invalid('metadata', 'the entry "ostinato"', 'a file that was not saved by ostinato')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new OstinatoError(
      'INVALID_FILE',
      'model file, metadata',
      { expected: 'JSON', received: text.slice(0, 40) },
      { cause },
    )
  }
  if (!isRecord(value) || value['format'] !== 'ostinato')
    throw invalid('metadata', 'format "ostinato"', text.slice(0, 40))
  if (value['version'] !== 1 && value['version'] !== formatVersion) {
    throw invalid('metadata', `version 1 to ${formatVersion}`, `version ${String(value['version'])}`)
  }
  return value
}

function readLayer(value: unknown, index: number): SavedLayer {
  const where = `layer ${index}`
  if (!isRecord(value)) throw invalid(where, 'an object', JSON.stringify(value))
  const { kind, name, options, shares = {} } = value
  if (typeof kind !== 'string' || typeof name !== 'string' || !isRecord(options)) {
    throw invalid(where, 'kind, name and options', JSON.stringify(value).slice(0, 60))
  }
  if (!isRecord(shares) || !Object.values(shares).every((shared) => typeof shared === 'string'))
    throw invalid(`${where}, shares`, 'names of layers', JSON.stringify(shares).slice(0, 60))
  return { kind, name, options: options as SavedLayer['options'], shares: shares as SavedLayer['shares'] }
}

const show = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 60)

/** The input of a stack of layers (version 1). */
function readStackInput(value: unknown): ModelInput {
  if (isRecord(value)) {
    const { type, time, features } = value
    const size = features === undefined ? [] : [features]
    const known = type === 'f32' || type === 'i32' ? type : undefined
    const specification = known && readShape(time === true ? [null, ...size] : size, known)
    if (specification && typeof time === 'boolean') return { name: 'inputs', specification }
  }
  throw invalid('input', 'type, time and features', show(value))
}

/** A stack of layers as the graph it is (version 1). */
function readStack(configuration: Record<string, unknown>, layers: readonly SavedLayer[]): SavedTopology {
  const input = readStackInput(configuration['input'])
  return {
    inputs: [input],
    calls: layers.map((_, layer) => ({ layer, inputs: [{ node: layer, index: 0 }] })),
    outputs: [{ name: layers.at(-1)?.name ?? '', port: { node: layers.length, index: 0 } }],
    inputForm: 'one',
    outputForm: 'one',
  }
}

function readList(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value
  throw invalid(what, `a list of ${what}`, Array.isArray(value) ? 'an empty one' : typeof value)
}

function readInput(value: unknown, index: number): ModelInput {
  if (isRecord(value)) {
    const { name, type, shape } = value
    const specification = type === 'f32' || type === 'i32' ? readShape(shape, type) : undefined
    if (typeof name === 'string' && specification) return { name, specification }
  }
  throw invalid(`input ${index}`, 'name, type and shape', show(value))
}

/** A tensor of an earlier node: there is no way to say a cycle. */
function readPort(value: unknown, nodes: number, what: string): Port {
  const [node, index] = Array.isArray(value) && value.length === 2 ? (value as unknown[]) : []
  const natural = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0
  if (natural(node) && natural(index) && node < nodes) return { node, index }
  throw invalid(what, `[node, output] of one of the ${nodes} nodes before`, show(value))
}

function readCall(value: unknown, position: number, layers: number, inputs: number): Call {
  const what = `call ${position}`
  if (isRecord(value) && Array.isArray(value['inputs'])) {
    const { layer } = value
    if (Number.isSafeInteger(layer) && (layer as number) >= 0 && (layer as number) < layers) {
      const ports = value['inputs'].map((port: unknown) => readPort(port, inputs + position, what))
      return { layer: layer as number, inputs: ports }
    }
  }
  throw invalid(what, `one of the ${layers} layers, and its inputs`, show(value))
}

function readOutput(value: unknown, index: number, nodes: number): ModelOutput {
  const what = `output ${index}`
  if (!isRecord(value) || typeof value['name'] !== 'string') throw invalid(what, 'name and port', show(value))
  return { name: value['name'], port: readPort(value['port'], nodes, what) }
}

function readForms(value: unknown, sizes: readonly [number, number]): [Form, Form] {
  const valid = (form: unknown, size: number) =>
    form === 'list' || form === 'record' || (form === 'one' && size === 1)
  if (Array.isArray(value) && value.length === 2 && valid(value[0], sizes[0]) && valid(value[1], sizes[1]))
    return value as [Form, Form]
  throw invalid('forms', 'one, list or record for inputs and for outputs', show(value))
}

function readGraph(configuration: Record<string, unknown>, layers: readonly SavedLayer[]): SavedTopology {
  const inputs = readList(configuration['inputs'], 'inputs').map(readInput)
  const { calls: list } = configuration
  if (!Array.isArray(list)) throw invalid('calls', 'a list of calls', typeof list)
  const calls = list.map((call, i) => readCall(call, i, layers.length, inputs.length))
  const nodes = inputs.length + calls.length
  const outputs = readList(configuration['outputs'], 'outputs').map((o, i) => readOutput(o, i, nodes))
  const [inputForm, outputForm] = readForms(configuration['forms'], [inputs.length, outputs.length])
  return { inputs, calls, outputs, inputForm, outputForm }
}

export function decodeModel(bytes: Uint8Array): SavedModel {
  const { metadata, tensors } = decodeSafetensors(bytes)
  const configuration = readConfiguration(metadata['ostinato'])
  const { name, layers } = configuration
  if (typeof name !== 'string') throw invalid('name', 'a string', typeof name)
  const saved = readList(layers, 'layers').map(readLayer)
  const topology = (configuration['version'] === 1 ? readStack : readGraph)(configuration, saved)
  const weights = [...tensors].map(([weight, tensor]) => {
    if (!(tensor.data instanceof Float32Array))
      throw invalid(`weight "${weight}"`, 'floating point', tensor.type)
    return { name: weight, shape: tensor.shape, data: tensor.data }
  })
  const extra = Object.fromEntries(
    Object.entries(metadata).flatMap(([key, value]) =>
      key.startsWith('user.') ? [[key.slice(5), value]] : [],
    ),
  )
  return { name, layers: saved, topology, extra, weights }
}
