import { type Kernels, type ParameterRange, RunEnded } from '../arguments.js'

interface Update {
  readonly gradients: Float64Array
  readonly weight: Float64Array
  readonly norm: Float64Array
  readonly parameters: Float64Array
  readonly ranges: readonly ParameterRange[]
  readonly learningRate: number
  readonly weightDecay: number
  readonly clipValue: number
  readonly clipNorm: number
  readonly globalClipNorm: number
}

/** Calls `step` for each covered parameter p with its decay done, its clipped gradient and its learning rate. */
function eachParameter(a: Update, step: (p: number, g: number, rate: number) => void): void {
  const { gradients, parameters, clipValue, clipNorm } = a
  const globalScale = Math.min(1, a.globalClipNorm / a.norm[0]!) / a.weight[0]!
  for (const { offset, length, decay, rate: factor } of a.ranges) {
    const rate = a.learningRate * factor
    const g = gradients.slice(offset, offset + length).map((v) => v * globalScale)
    const norm = Math.sqrt(g.reduce((sum, v) => sum + v * v, 0))
    const scale = Math.min(1, clipNorm / norm)
    for (let i = 0; i < length; i++) {
      const p = offset + i
      parameters[p]! -= rate * a.weightDecay * decay * parameters[p]!
      step(p, Math.max(-clipValue, Math.min(clipValue, g[i]! * scale)), rate)
    }
  }
}

export const optimizers = {
  penalty({ parameter, weight, penalty, gradient, l1, l2 }) {
    penalty[0] = 0
    for (const [i, p] of parameter.entries()) {
      penalty[0]! += weight[0]! * (l1 * Math.abs(p) + l2 * p * p)
      if (gradient) gradient[i]! += weight[0]! * (l1 * Math.sign(p) + 2 * l2 * p)
    }
  },

  gradient_norm({ gradients, loss, weight, norm }) {
    if (weight[0] === 0) throw new RunEnded('emptyBatch')
    const value = Math.sqrt(gradients.reduce((sum, g) => sum + g * g, 0)) / weight[0]!
    norm[0] = value
    if (![loss[0], weight[0], value].every(Number.isFinite)) throw new RunEnded('nonFinite')
  },

  sgd(a) {
    const { parameters, velocity, momentum, nesterov } = a
    eachParameter(a, (p, g, rate) => {
      if (velocity) {
        velocity[p] = momentum * velocity[p]! - rate * g
        parameters[p]! += nesterov ? momentum * velocity[p]! - rate * g : velocity[p]!
      } else {
        parameters[p]! -= rate * g
      }
    })
  },

  rmsprop(a) {
    const { parameters, meanSquare, velocity, rho, momentum, epsilon } = a
    eachParameter(a, (p, g, rate) => {
      meanSquare[p] = rho * meanSquare[p]! + (1 - rho) * g ** 2
      const step = (rate * g) / (Math.sqrt(meanSquare[p]!) + epsilon)
      if (velocity) velocity[p] = momentum * velocity[p]! + step
      parameters[p]! -= velocity ? velocity[p]! : step
    })
  },

  adam(a) {
    const { parameters, firstMoment, secondMoment, beta1, beta2, epsilon, step } = a
    eachParameter(a, (p, g, rate) => {
      firstMoment[p] = beta1 * firstMoment[p]! + (1 - beta1) * g
      secondMoment[p] = beta2 * secondMoment[p]! + (1 - beta2) * g ** 2
      const mean = firstMoment[p]! / (1 - beta1 ** step)
      const square = secondMoment[p]! / (1 - beta2 ** step)
      parameters[p]! -= (rate * mean) / (Math.sqrt(square) + epsilon)
    })
  },
} satisfies Partial<Kernels>
