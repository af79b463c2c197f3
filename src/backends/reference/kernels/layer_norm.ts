import type { Kernels } from '../arguments.js'
import { each, row } from './shared.js'

const mean = (x: Float64Array): number => x.reduce((sum, v) => sum + v, 0) / x.length

export const layerNorm = {
  layer_norm({ M, N, x, scale, shift, y, statistics, epsilon }) {
    for (let m = 0; m < M; m++) {
      const values = row(x, m, N)
      const mu = mean(values)
      const r = 1 / Math.sqrt(mean(values.map((v) => (v - mu) ** 2)) + epsilon)
      each(row(y, m, N), (n) => (values[n]! - mu) * r * (scale?.[n] ?? 1) + (shift?.[n] ?? 0))
      row(statistics, m, 2).set([mu, r])
    }
  },

  layer_norm_backward({ M, N, x, scale, statistics, dy, dx, dScale, dShift }) {
    dScale?.fill(0)
    dShift?.fill(0)
    for (let m = 0; m < M; m++) {
      const [mu = 0, r = 0] = row(statistics, m, 2)
      const d = row(dy, m, N)
      const u = row(x, m, N).map((v) => (v - mu) * r)
      const g = d.map((v, n) => v * (scale?.[n] ?? 1))
      const [meanG, meanGu] = [mean(g), mean(g.map((v, n) => v * u[n]!))]
      each(row(dx, m, N), (n) => r * (g[n]! - meanG - u[n]! * meanGu))
      for (let n = 0; n < N; n++) {
        if (dScale) dScale[n]! += d[n]! * u[n]!
        if (dShift) dShift[n]! += d[n]!
      }
    }
  },
} satisfies Partial<Kernels>
