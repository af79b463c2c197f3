import { Worker } from 'node:worker_threads'
import { expect, it, vi } from 'vitest'
import { modelOf, type Shape, shapes, train } from './scenarios/training.js'

// A machine that does much else is slow, not wrong.
vi.setConfig({ testTimeout: 120_000 })

// Read when the addon is loaded: regions are split here, however few cores there are, and where many train at once there are
// fewer cores than threads.
process.env['OSTINATO_THREADS'] = '2'

const jobs = [...shapes, ...shapes].map((shape, seed) => ({ shape, seed }))
const alone: Float32Array[][] = []
for (const { shape, seed } of jobs) alone.push(await train(shape, seed))

it('models that train at once in one thread get the weights that each gets alone', async () => {
  for (let i = 0; i < 3; i++) {
    const together = await Promise.all(jobs.map(({ shape, seed }) => train(shape, seed)))
    expect(together).toEqual(alone)
  }
})

it('four worker threads and the main thread that train at once get them too', async () => {
  const inWorker = (shape: Shape, seed: number) =>
    new Promise<Float32Array[]>((resolve, reject) => {
      const worker = new Worker(new URL('scenarios/training-worker.mjs', import.meta.url), {
        workerData: { shape, seed },
      })
      worker.once('message', resolve).once('error', reject)
    })
  const four = jobs.slice(0, 4)
  const [own, ...others] = await Promise.all([
    train(jobs[4]!.shape, 4),
    ...four.map(({ shape, seed }) => inWorker(shape, seed)),
  ])
  expect(others).toEqual(alone.slice(0, 4))
  expect(own).toEqual(alone[4])
})

it('a stream steps on while other models train', async () => {
  const model = await modelOf(shapes[1], 9).ready()
  const x = new Float32Array(24).fill(0.25)
  const first = model.session()
  const outputs = Array.from({ length: 50 }, () => first.step(x))

  let over = false
  const training = Promise.all(jobs.map(({ shape, seed }) => train(shape, seed))).finally(() => {
    over = true
  })
  let rounds = 0
  do {
    const session = model.session()
    for (const output of outputs) expect(session.step(x)).toEqual(output)
    session.dispose()
    rounds++
    await new Promise((resolve) => setImmediate(resolve))
  } while (!over)
  expect(await training).toEqual(alone)
  expect(rounds).toBeGreaterThan(1)
  model.dispose()
})
