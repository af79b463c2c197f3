/** Sound as a recurrent network hears it: a log-mel spectrum every few milliseconds. */
import FFT from 'fft.js'
import type { TensorData } from 'ostinato'
import type { Recording } from './data.js'

export interface LogMelOptions {
  /** Bands from 0 to half the sample rate, equally wide on the mel scale. */
  readonly bands: number
  /** Seconds that a frame sees. */
  readonly window: number
  /** Seconds from one frame to the next. */
  readonly hop: number
}

/** Hertz → mel, m = 2595 log₁₀(1 + f ∕ 700) (O'Shaughnessy 1987), and back. */
const mel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700)
const hertz = (mel: number): number => 700 * (10 ** (mel / 2595) - 1)

/** How much each bin of a spectrum counts in each band: triangles from one centre to the next but one, in hertz. */
function triangles(bands: number, bins: number, sampleRate: number): Float64Array[] {
  const top = mel(sampleRate / 2)
  const edges = Array.from({ length: bands + 2 }, (_, i) => hertz((top * i) / (bands + 1)))
  return Array.from({ length: bands }, (_, band) => {
    const [low, centre, high] = edges.slice(band, band + 3) as [number, number, number]
    return Float64Array.from({ length: bins }, (_, bin) => {
      const f = (bin * sampleRate) / (2 * (bins - 1))
      return Math.max(0, Math.min((f - low) / (centre - low), (high - f) / (high - centre)))
    })
  })
}

/**
 * Recording → log-mel frames [time, bands]: each frame under a Hann window, zeros behind it up to a power of two, its power
 * spectrum gathered in bands, and ln(power + 1e-6). At least one frame; what is behind the last whole one is left out.
 */
export function logMel(
  { samples, sampleRate }: Recording,
  { bands, window, hop }: LogMelOptions,
): TensorData {
  const width = Math.round(window * sampleRate)
  const step = Math.round(hop * sampleRate)
  const fft = new FFT(2 ** Math.ceil(Math.log2(width)))
  const weights = triangles(bands, fft.size / 2 + 1, sampleRate)
  const hann = Float64Array.from({ length: width }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / width) ** 2)
  const frames = Math.max(1, Math.floor((samples.length - width) / step) + 1)
  const data = new Float32Array(frames * bands)
  const frame = new Float64Array(fft.size)
  const spectrum = fft.createComplexArray() as number[]
  for (let t = 0; t < frames; t++) {
    for (let i = 0; i < width; i++) frame[i] = (samples[t * step + i] ?? 0) * hann[i]!
    fft.realTransform(spectrum, frame)
    for (const [band, triangle] of weights.entries()) {
      let power = 0
      for (let bin = 0; bin < triangle.length; bin++)
        power += triangle[bin]! * (spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2)
      data[t * bands + band] = Math.log(power + 1e-6)
    }
  }
  return { data, shape: [frames, bands] }
}

/** A function that moves every feature of frames [time, features] to mean 0 and variance 1 over these recordings. */
export function standardizer(recordings: readonly TensorData[]): (frames: TensorData) => TensorData {
  const features = recordings[0]?.shape[1] ?? 0
  const sums = new Float64Array(features)
  const squares = new Float64Array(features)
  let count = 0
  for (const { data, shape } of recordings) {
    count += shape[0]!
    for (const [i, x] of data.entries()) {
      sums[i % features]! += x
      squares[i % features]! += x * x
    }
  }
  const mean = sums.map((sum) => sum / count)
  const deviation = squares.map((sum, feature) =>
    Math.sqrt(Math.max(sum / count - mean[feature]! ** 2, 1e-6)),
  )
  return ({ data, shape }) => ({
    data: Float32Array.from(data, (x, i) => (x - mean[i % features]!) / deviation[i % features]!),
    shape,
  })
}
