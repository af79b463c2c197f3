import { expect, test } from 'vitest'
import { logMel, standardizer } from '../../examples/log-mel.js'

const sampleRate = 8000
const options = { bands: 32, window: 0.025, hop: 0.01 }
const tone = (hertz: number, amplitude: number, count: number) =>
  Float32Array.from({ length: count }, (_, i) => amplitude * Math.sin((2 * Math.PI * hertz * i) / sampleRate))

test('a tone is loudest in the band around it, in every frame', () => {
  // Centres lie at multiples of mel(4000) ∕ 33 = 65.03: 1000 Hz is mel 1000, nearest to the 15th of them.
  const { data, shape } = logMel({ samples: tone(1000, 0.5, 1000), sampleRate }, options)
  expect(shape).toEqual([11, 32])
  for (let t = 0; t < 11; t++) {
    const frame = data.subarray(32 * t, 32 * (t + 1))
    expect(frame.indexOf(Math.max(...frame))).toBe(14)
  }
})

test('power: half the amplitude is ln 4 less, silence is ln 1e-6', () => {
  const loud = logMel({ samples: tone(1000, 0.5, 200), sampleRate }, options)
  const soft = logMel({ samples: tone(1000, 0.25, 200), sampleRate }, options)
  expect(loud.data[14]! - soft.data[14]!).toBeCloseTo(Math.log(4), 5)
  const silence = logMel({ samples: new Float32Array(200), sampleRate }, options)
  for (const x of silence.data) expect(x).toBeCloseTo(Math.log(1e-6), 5)
})

test('the Hann-weighted frame has the power of its samples (Parseval)', () => {
  // One impulse: its spectrum is flat, |X|² = (x · w)², so each band holds that times the sum of its triangle.
  const samples = new Float32Array(200)
  samples[100] = 0.5
  const { data } = logMel({ samples, sampleRate }, options)
  const power = (0.5 * Math.sin((Math.PI * 100.5) / 200) ** 2) ** 2
  // A triangle at high bands covers many bins, and the sum over them is its area: (high − low) ∕ 2 in bins of 31.25 Hz.
  const hertz = (mel: number) => 700 * (10 ** (mel / 2595) - 1)
  const top = 2595 * Math.log10(1 + 4000 / 700)
  const area = (hertz(top) - hertz((top * 31) / 33)) / 2 / (sampleRate / 256)
  expect(Math.exp(data[31]!) / power / area).toBeCloseTo(1, 1)
})

test('a recording shorter than a frame is one frame', () => {
  expect(logMel({ samples: new Float32Array(50), sampleRate }, options).shape).toEqual([1, 32])
})

test('the standardizer gives mean 0 and variance 1 to what it has seen, and takes the same from others', () => {
  const standard = standardizer([
    { data: Float32Array.of(1, 10, 3, 30), shape: [2, 2] },
    { data: Float32Array.of(5, 50), shape: [1, 2] },
  ])
  const { data, shape } = standard({ data: Float32Array.of(3, 30, 5, 10), shape: [2, 2] })
  expect(shape).toEqual([2, 2])
  const unit = Math.sqrt(3 / 2)
  for (const [i, x] of [0, 0, unit, -unit].entries()) expect(data[i]).toBeCloseTo(x, 5)
})
