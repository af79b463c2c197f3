/** One `.safetensors` file: the weights by name, the configuration in the metadata. Nothing in it is executable. */
import { OstinatoError } from '../errors.js'
import type { SavedLayer } from '../layers/index.js'
import type { InputSpecification } from '../models/trace.js'
import { decodeSafetensors, encodeSafetensors } from './safetensors.js'

const formatVersion = 1

export interface SavedModel {
  readonly name: string
  readonly layers: readonly SavedLayer[]
  readonly input: InputSpecification
  /** What the user put beside the model, such as a vocabulary. */
  readonly extra: Readonly<Record<string, string>>
  readonly weights: readonly {
    readonly name: string
    readonly shape: readonly number[]
    readonly data: Float32Array
  }[]
}

export function encodeModel(model: SavedModel): Uint8Array {
  const { name, layers, input, weights, extra } = model
  const configuration = JSON.stringify({ format: 'ostinato', version: formatVersion, name, layers, input })
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
  if (value['version'] !== formatVersion) {
    throw invalid('metadata', `version ${formatVersion}`, `version ${String(value['version'])}`)
  }
  return value
}

function readLayer(value: unknown, index: number): SavedLayer {
  const where = `layer ${index}`
  if (!isRecord(value)) throw invalid(where, 'an object', JSON.stringify(value))
  const { kind, name, options } = value
  if (typeof kind !== 'string' || typeof name !== 'string' || !isRecord(options)) {
    throw invalid(where, 'kind, name and options', JSON.stringify(value).slice(0, 60))
  }
  return { kind, name, options: options as SavedLayer['options'] }
}

function readInput(value: unknown): InputSpecification {
  if (isRecord(value)) {
    const { type, time, features } = value
    const size = features === undefined || (Number.isSafeInteger(features) && (features as number) > 0)
    if ((type === 'f32' || type === 'i32') && typeof time === 'boolean' && size) {
      return { type, time, features: features as number | undefined }
    }
  }
  throw invalid('input', 'type, time and features', JSON.stringify(value) ?? 'nothing')
}

export function decodeModel(bytes: Uint8Array): SavedModel {
  const { metadata, tensors } = decodeSafetensors(bytes)
  const configuration = readConfiguration(metadata['ostinato'])
  const { name, layers } = configuration
  if (typeof name !== 'string') throw invalid('name', 'a string', typeof name)
  if (!Array.isArray(layers) || layers.length === 0)
    throw invalid('layers', 'a list of layers', typeof layers)
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
  return { name, layers: layers.map(readLayer), input: readInput(configuration['input']), extra, weights }
}
