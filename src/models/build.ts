import type { BackendName } from '../backends/backend.js'
import { OstinatoError } from '../errors.js'
import type { Layer } from '../layers/layer.js'
import { readShape, SymbolicTensor } from '../layers/symbolic.js'
import { checkOptions } from '../suggest.js'
import { Engine } from './engine.js'
import { Model } from './model.js'
import { makeTopology, type SymbolicTensors } from './topology.js'

interface CommonOptions {
  /** In messages and the model file. Default `sequential` or `model`, as the function is called. */
  readonly name?: string
  /** Of initial weights and dropout: the same seed gives the same model. Not saved. Default 0. */
  readonly seed?: number
  /** Forces a backend; otherwise OSTINATO_BACKEND, native, WASM are tried in this order. */
  readonly backend?: BackendName
}

export interface ModelOptions extends CommonOptions {
  /**
   * Shape of an input row without the batch axis: `[null, 8]` for sequences of 8 features, `[8]` for vectors.
   * Not needed before an embedding, nor when the first call brings data.
   */
  readonly inputShape?: readonly [null, ...number[]] | readonly [number, ...number[]]
}

export interface FunctionalOptions<Outputs extends SymbolicTensors = SymbolicTensors> extends CommonOptions {
  /** What `input` has made: one tensor, or several as a list or by name. Batches bring their inputs in the same form. */
  readonly inputs: SymbolicTensors
  /** What layers have made of the inputs, in the same forms: so are targets, losses and predictions. */
  readonly outputs: Outputs
}

/** A model of layers that run one after the other. */
export function sequential(layers: readonly Layer[], options: ModelOptions = {}): Model {
  const where = 'sequential'
  checkOptions(where, options, ['name', 'seed', 'backend', 'inputShape'])
  if (layers.length === 0)
    throw new OstinatoError('INVALID_OPTION', where, { expected: 'at least one layer', received: 'none' })
  if (new Set(layers).size < layers.length) {
    throw new OstinatoError('INVALID_OPTION', where, 'the same layer stands twice', {
      remedy: 'Make a layer for each place, or share its weights in a model({ inputs, outputs })',
    })
  }
  const { name = where, seed = 0, backend } = options
  checkSeed(where, seed)
  const x = new SymbolicTensor(
    Object.freeze({ layer: undefined, name: 'inputs', specification: inputFrom(layers, options.inputShape) }),
    0,
  )
  const y = layers.reduce((tensor, layer) => {
    const made = layer.apply(tensor)
    if (made instanceof SymbolicTensor) return made
    throw new OstinatoError(
      'INVALID_OPTION',
      where,
      `a layer of kind ${layer.kind} returns several tensors`,
      {
        remedy: 'Leave out returnState, or use model({ inputs, outputs })',
      },
    )
  }, x)
  return new Model(new Engine(name, makeTopology(where, x, y), seed, backend))
}

/**
 * A model of any graph of layers: what `input` has made, what layers were applied to, and what comes out.
 *
 *     const x = input({ shape: [null, 8] })
 *     const y = layers.dense({ units: 2 }).apply(layers.lstm({ units: 32 }).apply(x))
 *     const classifier = model({ inputs: x, outputs: y })
 *
 * A layer that is applied several times uses the same weights each time. Throws INVALID_TOPOLOGY where an input reaches no output, or an
 * output is made of an input that is not among `inputs`; errors of shape name the layer.
 */
export function model<const Outputs extends SymbolicTensors>(
  options: FunctionalOptions<Outputs>,
): Model<Outputs> {
  const where = 'model'
  checkOptions(where, options, ['inputs', 'outputs', 'name', 'seed', 'backend'])
  const { inputs, outputs, name = where, seed = 0, backend } = options
  checkSeed(where, seed)
  return new Model<Outputs>(new Engine(name, makeTopology(where, inputs, outputs), seed, backend))
}

export function checkSeed(where: string, seed = 0): void {
  if (Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff) return
  throw new OstinatoError('INVALID_OPTION', `${where}, seed`, {
    expected: 'an integer in [0, 2³²)',
    received: String(seed),
  })
}

function inputFrom(layers: readonly Layer[], shape: ModelOptions['inputShape']) {
  if (layers[0]?.kind === 'embedding') return { type: 'i32', axis: null, features: [] } as const
  if (!shape) return undefined
  const specification = readShape(shape, 'f32')
  if (specification && typeof specification.axis !== 'string' && specification.features.length > 0)
    return specification
  throw new OstinatoError('INVALID_OPTION', 'sequential, inputShape', {
    expected: '[null, features] or [features]',
    received: JSON.stringify(shape),
  })
}
