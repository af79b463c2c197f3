/** Where sources are read, and what a decoder does beside other work of its model. */
import { layers, models, optimizers } from 'ostinato'
import { expect, test, vi } from 'vitest'
import { Executable } from '../../src/models/executable.js'
import { failureText } from '../failures.js'
import { floats } from './models.js'

const [vocabulary, start, end] = [6, 0, 5]
const sources = [[1, 2, 3], [4], [2, 1]]

const small = () =>
  models.encoderDecoder({
    source: { vocabulary, units: 3 },
    target: { vocabulary, units: 3, startToken: start, endToken: end },
    encoder: [layers.lstm({ units: 4 })],
    decoder: [layers.lstm({ units: 4 })],
    attention: layers.attention(),
    backend: 'native',
  })

test.each([
  { units: 256, rows: 64, steps: 8, beside: 0 },
  { units: 256, rows: 64, steps: 40, beside: 1 },
  // A few rows wait for the weights.
  { units: 256, rows: 1, steps: 20, beside: 0 },
  { units: 256, rows: 1, steps: 200, beside: 1 },
  // Every step takes its time.
  { units: 2, rows: 2, steps: 1000, beside: 0 },
  { units: 2, rows: 2, steps: 2000, beside: 1 },
])('reads $rows sources of $steps steps into $units units, beside this thread: $beside', async (c) => {
  const m = models.encoderDecoder({
    source: { features: 8 },
    target: { vocabulary, units: 8, startToken: start, endToken: end },
    encoder: [layers.lstm({ units: c.units })],
    decoder: [layers.lstm({ units: c.units })],
    backend: 'native',
  })
  await m.ready()
  const run = vi.spyOn(Executable.prototype, 'run')
  const sources = floats('sources', c.rows, c.steps, 8)
  const decoder = await m.decoder(sources)
  expect(run).toHaveBeenCalledTimes(c.beside)
  run.mockRestore()
  decoder.dispose()
  await expect(m.decoder(sources, { signal: AbortSignal.abort('late') })).rejects.toBe('late')
  m.dispose()
})

test('sources read one after the other let timers through, and hear of an abort', async () => {
  const m = small()
  await m.ready()
  const controller = new AbortController()
  setTimeout(() => controller.abort('enough'), 30)
  const begin = performance.now()
  const reading = async () => {
    while (performance.now() - begin < 5000)
      (await m.decoder(sources, { signal: controller.signal })).dispose()
  }
  await expect(reading()).rejects.toBe('enough')
  m.dispose()
})

test('a step that is refused can be tried again', async () => {
  const m = small()
  // Changes no weight.
  m.compile({ optimizer: optimizers.sgd({ learningRate: 1e-30 }) })
  await m.ready()
  const decoder = await m.decoder(sources)
  const all = Int32Array.of(0, 1, 2)
  const step = (sources = all) =>
    decoder.step(
      Int32Array.from(sources, () => start),
      sources,
      sources,
    )
  decoder.start(1)
  const first = step().slice()
  const second = step(Int32Array.of(0, 2)).slice()
  decoder.start(1)
  for (const [under, expected] of [
    [all, first],
    [Int32Array.of(0, 2), second],
  ] as const) {
    const training = m.fit({ sources, targets: sources })
    expect(await failureText(() => step(under))).toContain('MODEL_BUSY')
    await training
    expect(step(under)).toEqual(expected)
  }
  m.dispose()
})
