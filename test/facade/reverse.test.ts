import { input, layers, load, model } from 'ostinato'
import { expect, test } from 'vitest'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { expectSlopes, features, floats } from './models.js'

const lengths = [4, 1, 0, 3]
const time = 4
const x = floats('x', lengths.length, time, features)

describeOnBackends('a reversed sequence', ({ name: backend }) => {
  test('each row within its own length, whatever the padding holds', async () => {
    const source = input({ shape: [null, features] })
    const m = model({ inputs: source, outputs: layers.reverse().apply(source), backend })
    const data = x.data.slice()
    for (const [b, n] of lengths.entries())
      data.fill(Number.NaN, (b * time + n) * features, (b + 1) * time * features)
    for (const given of [x.data, data]) {
      const found = await m.predict({ inputs: { data: given, shape: x.shape }, lengths })
      for (const [b, n] of lengths.entries()) {
        for (let t = 0; t < time; t++) {
          const at = (b * time + (t < n ? n - 1 - t : 0)) * features
          const expected = t < n ? [...x.data.slice(at, at + features)] : new Array<number>(features).fill(0)
          expect([...found.data.slice((b * time + t) * features, (b * time + t + 1) * features)]).toEqual(
            expected,
          )
        }
      }
    }
    const whole = await m.predict({ inputs: x })
    expect([...whole.data.slice(0, features)]).toEqual([...x.data.slice(3 * features, 4 * features)])
    const again = await load(m.toBytes(), { backend })
    expect((await again.predict({ inputs: x, lengths })).data).toEqual(
      (await m.predict({ inputs: x, lengths })).data,
    )
    for (const each of [m, again]) each.dispose()
  })
})

test('gradients go the same way back', async () => {
  const source = input({ shape: [null, features] })
  const read = layers.dense({ units: 3, activation: 'tanh' }).apply(source)
  const y = layers.gru({ units: 2 }).apply(layers.reverse().apply(read))
  const m = model({ inputs: source, outputs: y, backend: 'reference', seed: 3 })
  await expectSlopes(m, { inputs: x, lengths, targets: floats('y', lengths.length, 2) })
})

test('a stream has no end to begin at', async () => {
  const source = input({ shape: [null, features] })
  const m = await model({
    inputs: source,
    outputs: layers.reverse().apply(source),
    backend: 'reference',
  }).ready()
  expect(await failureText(() => m.session())).toContain('reverse needs the whole sequence')
})
