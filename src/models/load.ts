import type { BackendName } from '../backends/backend.js'
import type { Cell } from '../cells/define.js'
import { type ErrorCode, OstinatoError } from '../errors.js'
import { decodeModel, type SavedModel } from '../io/model-file.js'
import { layersFrom } from '../layers/index.js'
import type { SymbolicTensor } from '../layers/symbolic.js'
import { checkOptions } from '../suggest.js'
import { checkSeed } from './build.js'
import { Engine } from './engine.js'
import { Model } from './model.js'
import { restoreTopology, type SymbolicTensors } from './topology.js'

export interface LoadOptions {
  readonly backend?: BackendName
  readonly seed?: number
  /** Cells made by `defineCell` that the file names: it holds their names and options, never their code. */
  readonly cells?: readonly Cell[]
}

/**
 * Reads a model saved by `save` or `toBytes`. A path needs a file system (Node, Bun, Deno); bytes load anywhere. What is known of
 * its outputs can be said in `Outputs`; without it, the model is taken to have one.
 */
export async function load<Outputs extends SymbolicTensors = SymbolicTensor>(
  source: string | Uint8Array | ArrayBuffer,
  options: LoadOptions = {},
): Promise<Model<Outputs>> {
  checkOptions('load', options, ['backend', 'seed', 'cells'])
  checkSeed('load', options.seed)
  let bytes: Uint8Array
  if (typeof source === 'string') bytes = await readModelFile(source)
  else bytes = source instanceof Uint8Array ? source : new Uint8Array(source)
  const saved = decodeModel(bytes)
  try {
    const model = new Model<Outputs>(engineOf(saved, options))
    model.restore(saved.weights)
    Object.assign(model.extra, saved.extra)
    return model
  } catch (cause) {
    if (!(cause instanceof OstinatoError) || ownCodes.includes(cause.code)) throw cause
    // What a file says is checked as what a user says, but it is the file that is wrong.
    throw new OstinatoError('INVALID_FILE', 'model file', cause.message, { cause })
  }
}

/** Errors that say already what is wrong with the file, or what it needs. */
const ownCodes: readonly ErrorCode[] = ['INVALID_FILE', 'UNKNOWN_CELL']

function engineOf(saved: SavedModel, { seed = 0, backend, cells = [] }: LoadOptions): Engine {
  const layers = layersFrom(saved.layers, cells)
  return new Engine(saved.name, restoreTopology(layers, saved.topology), seed, backend)
}

async function readModelFile(path: string): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises')
  try {
    return await readFile(path)
  } catch (cause) {
    throw new OstinatoError('INVALID_FILE', `load "${path}"`, (cause as Error).message, { cause })
  }
}
