import type { Batch } from '../data/index.js'
import { OstinatoError } from '../errors.js'
import type { AnyLayer } from '../layers/layer.js'
import { type Engine, notBuilt } from '../models/engine.js'
import type { Executable } from '../models/executable.js'
import type { Model } from '../models/model.js'
import { prepareBatch, prepareTargets } from '../models/prepare.js'
import type { SymbolicTensors } from '../models/topology.js'
import { notCompiled } from '../models/tracing.js'
import { BatchRunner } from '../train/runner.js'
import { Totals } from '../train/totals.js'
import { drawCurves } from './curves.js'
import { type Eigenvalue, eigenvaluesOf, magnitudeOf } from './eigenvalues.js'

/** The recurrent weights of one gate, [units, units]. */
export interface RecurrentMatrix {
  /** `lstm/recurrentKernel` */
  readonly name: string
  /** By its letter in the equations of the layer, such as i f g o; `h` of a cell without gates. */
  readonly gate: string
  /** The largest magnitude of an eigenvalue. */
  readonly spectralRadius: number
  /** Largest magnitude first. */
  readonly eigenvalues: readonly Eigenvalue[]
}

/** How much the loss depends on a state, step by step. */
export interface StateCurve {
  /** `lstm/h`; numbered where a layer is applied more than once. */
  readonly name: string
  /** ‖∂L ∕ ∂hₜ‖ for t = 1 … T, the state after step t: the Euclidean norm over all rows and units. */
  readonly norms: readonly number[]
  /** The same of the state that the walk begins with. */
  readonly initial: number
}

export interface Diagnosis {
  /** L: the mean over the valid steps of the batch, as `fit` makes it small. */
  readonly loss: number
  readonly matrices: readonly RecurrentMatrix[]
  readonly states: readonly StateCurve[]
  /** The curves, on a logarithmic scale. */
  readonly svg: string
}

/** Gates side by side in the recurrent weights, by kind of layer. */
const gateLetters: Readonly<Record<string, readonly string[]>> = {
  lstm: ['i', 'f', 'g', 'o'],
  gru: ['z', 'r', 'n'],
}

function gatesOf(kind: string, count: number): readonly string[] {
  const letters = gateLetters[kind] ?? []
  if (letters.length === count) return letters
  // A coupled LSTM has no input gate of its own.
  if (kind === 'lstm' && count === 3) return ['f', 'g', 'o']
  return count === 1 ? ['h'] : Array.from({ length: count }, (_, i) => String(i))
}

function matricesOf(engine: Engine): RecurrentMatrix[] {
  return engine.parameters.all.flatMap((parameter) => {
    const { name, shape } = parameter
    const [units = 0, width = 0] = shape
    if (!name.endsWith('/recurrentKernel') || shape.length !== 2 || width % units !== 0) return []
    const owner = engine.topology.layers.find((layer) => name.startsWith(`${layer.name}/`))?.layer
    const described = (owner?.options['layer'] ?? owner) as Pick<AnyLayer, 'kind' | 'options'> | undefined
    // Square, gate by gate; a projected state has other sizes, and no eigenvalues.
    if (described?.options?.['projection'] !== undefined) return []
    const gates = gatesOf(described?.kind ?? '', width / units)
    const values = engine.readParameter(parameter)
    return gates.map((gate, g) => {
      const block = Float64Array.from(
        { length: units * units },
        (_, i) => values[Math.floor(i / units) * width + g * units + (i % units)] as number,
      )
      const eigenvalues = eigenvaluesOf(block, units)
      return { name, gate, spectralRadius: eigenvalues[0] ? magnitudeOf(eigenvalues[0]) : 0, eigenvalues }
    })
  })
}

/** Norms over rows and units of gradients [batch, steps + 1, …], and of a loss that is a mean, not a sum. */
function curvesOf(
  executable: Executable,
  batch: number,
  steps: readonly number[],
  weight: number,
): StateCurve[] {
  const { program, watched } = executable.traced
  return watched.map(({ name, reverse }, k) => {
    const [, rows = 0, ...features] = program.outputs[k]!.shape.map((d) => executable.sizeOf(d, batch, steps))
    const size = features.reduce((product, n) => product * n, 1)
    const data = executable.context.outputs[k]!
    const norms = Array.from({ length: rows }, (_, row) => {
      // Scaled, so that squares of small and large numbers stay numbers.
      let [scale, sum] = [0, 0]
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < size; i++) {
          const value = Math.abs(data[(b * rows + row) * size + i] as number)
          if (value > scale) {
            sum = 1 + sum * (scale / value) ** 2
            scale = value
          } else if (value !== 0) sum += (value / scale) ** 2
        }
      }
      return (scale * Math.sqrt(sum)) / weight
    })
    const initial = (reverse ? norms.pop() : norms.shift()) ?? 0
    return { name, norms, initial }
  })
}

/**
 * Measures long-term dependency (Goodfellow et al. 2016, section 10.7). Along a recurrence h → h · W a state is multiplied by W at every
 * step, and so is its gradient on the way back: over t steps an eigenvalue λ of W grows or shrinks as λᵗ. Returned are
 *
 * - the eigenvalues and the spectral radius of each recurrent matrix, gate by gate. Below 1 in a tanh layer, gradients vanish; above
 *   1 they may explode. Gates change this at every step, so the second measure is the one to trust:
 * - ‖∂L ∕ ∂hₜ‖ for every step t of each recurrent layer, over the batch: a curve that falls towards the first steps vanishes, one that rises
 *   explodes. Native and WASM backends compute in float32, where gradients below 10⁻³⁸ are nearly 0.
 *
 * The batch is taken as `fit` takes it, dropout included, with states that begin with zeros; nothing is learned. Layers without
 * recurrent weights have curves only; those that are made of one linear recurrence have none, nor do layers inside `delay`. Throws NOT_COMPILED before `compile`, and what `fit`
 * throws of a broken batch.
 */
export async function diagnose<Outputs extends SymbolicTensors>(
  model: Model<Outputs>,
  batch: Batch,
): Promise<Diagnosis> {
  const { engine } = model
  return engine.reading(async () => {
    if (!engine.losses) throw notCompiled('no loss')
    const prepared = prepareTargets(engine, prepareBatch(engine, batch, 'diagnose'), batch, 'diagnose')
    if (!engine.built) throw notBuilt(engine.name)
    await engine.ready()
    const runner = new BatchRunner(engine, 'diagnose', engine.precision, undefined)
    try {
      const executable = await runner.run(prepared, ['gradients'], 'diagnose', (e) => {
        e.setScalar('run', engine.step + 1)
      })
      const totals = new Totals(engine)
      totals.add(executable)
      const { loss, weight } = totals.means
      if (weight === 0) {
        throw new OstinatoError('EMPTY_BATCH', 'diagnose', {
          expected: 'at least one valid step',
          received: 'none',
        })
      }
      const states = curvesOf(executable, prepared.batch, prepared.steps, weight)
      const curves = states.map(({ name, norms }) => ({ name, values: norms }))
      const svg = drawCurves(curves, 'How much the loss depends on each state: ‖∂L ∕ ∂hₜ‖', 'step t')
      return { loss, matrices: matricesOf(engine), states, svg }
    } finally {
      runner.release()
    }
  })
}
