import { LayerNorm, LayerNormBackward, Status } from '../generated/contract'

// @ts-ignore: decorator
@inline
function at(p: usize, index: i32): usize {
  return p + ((<usize>index) << 2)
}

export function layerNorm(row: usize): i32 {
  const M = LayerNorm.M(row)
  const N = LayerNorm.N(row)
  const scale = LayerNorm.scale(row)
  const shift = LayerNorm.shift(row)
  const epsilon = <f64>LayerNorm.epsilon(row)
  const bytes = (<usize>N) << 2
  let x = LayerNorm.x(row)
  let y = LayerNorm.y(row)
  let statistics = LayerNorm.statistics(row)
  for (let m = 0; m < M; m++, x += bytes, y += bytes, statistics += 8) {
    let sum: f64 = 0
    for (let n = 0; n < N; n++) sum += <f64>load<f32>(at(x, n))
    const mean = sum / <f64>N
    let squares: f64 = 0
    for (let n = 0; n < N; n++) {
      const d = <f64>load<f32>(at(x, n)) - mean
      squares += d * d
    }
    const r = 1 / sqrt<f64>(squares / <f64>N + epsilon)
    store<f32>(statistics, <f32>mean)
    store<f32>(statistics, <f32>r, 4)
    for (let n = 0; n < N; n++) {
      let u = <f32>((<f64>load<f32>(at(x, n)) - mean) * r)
      if (scale) u *= load<f32>(at(scale, n))
      if (shift) u += load<f32>(at(shift, n))
      store<f32>(at(y, n), u)
    }
  }
  return Status.ok
}

export function layerNormBackward(row: usize): i32 {
  const M = LayerNormBackward.M(row)
  const N = LayerNormBackward.N(row)
  const scale = LayerNormBackward.scale(row)
  const bytes = (<usize>N) << 2
  let x = LayerNormBackward.x(row)
  let dy = LayerNormBackward.dy(row)
  let dx = LayerNormBackward.dx(row)
  let statistics = LayerNormBackward.statistics(row)
  for (let m = 0; m < M; m++, x += bytes, dy += bytes, dx += bytes, statistics += 8) {
    const mean = load<f32>(statistics)
    const r = load<f32>(statistics, 4)
    let sum: f64 = 0
    let product: f64 = 0
    for (let n = 0; n < N; n++) {
      let g = load<f32>(at(dy, n))
      if (scale) g *= load<f32>(at(scale, n))
      sum += <f64>g
      product += <f64>g * <f64>((load<f32>(at(x, n)) - mean) * r)
    }
    const meanG = <f32>(sum / <f64>N)
    const meanGu = <f32>(product / <f64>N)
    for (let n = 0; n < N; n++) {
      let g = load<f32>(at(dy, n))
      if (scale) g *= load<f32>(at(scale, n))
      store<f32>(at(dx, n), r * (g - meanG - (load<f32>(at(x, n)) - mean) * r * meanGu))
    }
  }
  sumRows(row)
  return Status.ok
}

/** dScale and dShift: sums over all rows, in float64. */
function sumRows(row: usize): void {
  const dScale = LayerNormBackward.dScale(row)
  const dShift = LayerNormBackward.dShift(row)
  if (!dScale && !dShift) return
  const M = LayerNormBackward.M(row)
  const N = LayerNormBackward.N(row)
  const statistics = LayerNormBackward.statistics(row)
  for (let n = 0; n < N; n++) {
    let scale: f64 = 0
    let shift: f64 = 0
    for (let m = 0; m < M; m++) {
      const d = <f64>load<f32>(at(LayerNormBackward.dy(row), m * N + n))
      const x = load<f32>(at(LayerNormBackward.x(row), m * N + n))
      scale += d * <f64>((x - load<f32>(at(statistics, 2 * m))) * load<f32>(at(statistics, 2 * m + 1)))
      shift += d
    }
    if (dScale) store<f32>(at(dScale, n), <f32>scale)
    if (dShift) store<f32>(at(dShift, n), <f32>shift)
  }
}
