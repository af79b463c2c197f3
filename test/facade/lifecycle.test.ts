import { layers, sequential } from 'ostinato'
import { describe, expect, test } from 'vitest'
import { describeOnBackends } from '../backends.js'
import { failureOf, failureText } from '../failures.js'
import { lossesOf, regressionBatch, regressor, tagger, tokenBatch, weightsOf } from './models.js'

const batch = regressionBatch('only')
const many = Array.from({ length: 30 }, (_, i) => regressionBatch(`batch ${i}`, 3, 6))

describeOnBackends('two jobs at once', ({ name }) => {
  test('a fit excludes everything else, and everything else excludes a fit', async () => {
    const model = await regressor(name).ready()
    const session = model.session()
    // All asked at once, before the fit comes to its first callback, during which reading is allowed.
    const asked = (...jobs: (() => unknown)[]) => Promise.all(jobs.map(failureText))
    const fit = model.fit(many)
    const refused = await asked(
      () => model.fit([batch]),
      () => model.predict(batch),
      () => model.evaluate([batch]),
      () => model.setWeights([]),
      () => model.compile({ loss: 'meanSquaredError' }),
      () => model.dispose(),
      () => session.step([1, 2, 3]),
    )
    const busy =
      'MODEL_BUSY sequential: the model is in use by fit. Wait for it, or stop it with an AbortSignal'
    expect(refused).toEqual(refused.map(() => busy))
    expect((await fit).loss).toHaveLength(1)

    const reading = Promise.all([model.predict(batch), model.evaluate(many)])
    const meanwhile = await asked(
      () => model.fit([batch]),
      () => model.dispose(),
    )
    for (const text of meanwhile)
      expect(text).toMatch(/^MODEL_BUSY sequential: the model is in use by 2 reading jobs/)
    await reading
    expect(await lossesOf(model, [batch])).toHaveLength(1)
    expect(session.step([1, 2, 3])).toHaveLength(2)
    model.dispose()
  })

  test('a callback may read, to sample after every epoch, but not write', async () => {
    const model = regressor(name)
    const shapes: (readonly number[])[] = []
    const failures: string[] = []
    await model.fit([batch], {
      epochs: 2,
      callbacks: {
        async onEpochEnd() {
          shapes.push((await model.predict(batch)).shape)
          failures.push((await failureOf(() => model.setWeights([]))).code)
        },
      },
    })
    expect(shapes).toEqual([
      [2, 4, 2],
      [2, 4, 2],
    ])
    expect(failures).toEqual(['MODEL_BUSY', 'MODEL_BUSY'])
    model.dispose()
  })

  test('a reader that came in during a callback is waited for', async () => {
    const model = regressor(name)
    let reading: Promise<unknown> | undefined
    const { loss } = await model.fit([batch, batch], {
      callbacks: {
        onStepEnd() {
          reading ??= model.evaluate(many)
        },
      },
    })
    expect(loss).toHaveLength(1)
    expect(await reading).toMatchObject({ weight: 30 * 3 * 6 })
    model.dispose()
  })

  test('any number of readers run together and do not disturb each other', async () => {
    const model = await regressor(name).ready()
    const alone = []
    for (const b of many.slice(0, 5)) alone.push(await model.predict(b))
    expect(await Promise.all(many.slice(0, 5).map((b) => model.predict(b)))).toEqual(alone)
    model.dispose()
  })

  test('a job that fails leaves the model free', async () => {
    const model = regressor(name)
    await failureOf(() => model.fit([]))
    await failureOf(() => model.predict({ inputs: [[1]] }))
    await failureOf(() => model.setWeights([{ name: 'nobody', data: [] }]))
    expect(await lossesOf(model, [batch])).toHaveLength(1)
    model.dispose()
  })
})

describeOnBackends('abort', ({ name }) => {
  test('a fit rejects with the reason of its signal; the steps before it count, the model stays usable', async () => {
    const [model, twin] = [regressor(name), regressor(name)]
    const controller = new AbortController()
    const reason = new Error('the user closed the window')
    let steps = 0
    const fit = model.fit(many, {
      signal: controller.signal,
      callbacks: {
        onStepEnd({ step }) {
          steps = step
          if (step === 4) controller.abort(reason)
        },
      },
    })
    await expect(fit).rejects.toBe(reason)
    expect(steps).toBe(4)
    await twin.fit(many.slice(0, 4))
    expect(weightsOf(model)).toEqual(weightsOf(twin))
    expect(await lossesOf(model, many)).toEqual(await lossesOf(twin, many))
    for (const m of [model, twin]) m.dispose()
  })

  test('an abort while a step runs leaves whole steps behind', async () => {
    const model = await regressor(name).ready()
    const controller = new AbortController()
    const after: number[][] = []
    const long = Array.from({ length: 2000 }, () => many[0] as typeof batch)
    const fit = model.fit(long, {
      signal: controller.signal,
      callbacks: {
        onStepEnd: ({ step }) => {
          // Some steps later: at least one is done, however busy the machine is.
          if (after.push([step]) === 1) setTimeout(() => controller.abort(), 20)
        },
      },
    })
    await expect(fit).rejects.toMatchObject({ name: 'AbortError' })
    const twin = regressor(name)
    await twin.fit(long.slice(0, after.length))
    expect(weightsOf(model)).toEqual(weightsOf(twin))
    for (const m of [model, twin]) m.dispose()
  })

  test('a signal aborted before rejects at once, for every job', async () => {
    const model = regressor(name)
    const signal = AbortSignal.abort('no')
    for (const job of [
      () => model.fit([batch], { signal }),
      () => model.predict(batch, { signal }),
      () => model.evaluate([batch], { signal }),
    ])
      await expect(job()).rejects.toBe('no')
    expect((await model.predict(batch)).shape).toEqual([2, 4, 2])
    model.dispose()
  })
})

describeOnBackends('dispose', ({ name }) => {
  test('after it everything says DISPOSED; again it does nothing', async () => {
    const model = await regressor(name).ready()
    const session = model.session()
    session.step([1, 2, 3])
    model.dispose()
    model.dispose()
    const calls = {
      ready: () => model.ready(),
      fit: () => model.fit([batch]),
      evaluate: () => model.evaluate([batch]),
      predict: () => model.predict(batch),
      session: () => model.session(),
      getWeights: () => model.getWeights(),
      setWeights: () => model.setWeights([]),
      toBytes: () => model.toBytes(),
      compile: () => model.compile({ loss: 'meanSquaredError' }),
      'session.step': () => session.step([1, 2, 3]),
      'session.state': () => session.state,
      'session.reset': () => session.reset(),
    }
    for (const [call, work] of Object.entries(calls))
      expect((await failureOf(work)).code, call).toBe('DISPOSED')
    session.dispose()
  })

  test('a disposed session says so; the model and other sessions go on', async () => {
    const model = await tagger(name).ready()
    const [one, two] = [model.session(), model.session()]
    one.step(1)
    const expected = two.step(1)
    one.dispose()
    one.dispose()
    expect(await failureText(() => one.step(1))).toBe('DISPOSED session: used after dispose()')
    // Its memory serves the next session, which starts from zeros.
    const three = model.session()
    expect(three.step(1)).toEqual(expected)
    expect(two.step(2)).toEqual(three.step(2))
    model.dispose()
  })

  test('a model that never ran disposes, too', () => {
    const model = sequential([layers.dense({ units: 1 })], { backend: name })
    model.dispose()
    expect(() => model.getWeights()).toThrow(/disposed/)
  })
})

describeOnBackends('the event loop', ({ name }) => {
  test('turns while a fit runs', async () => {
    const model = await tagger(name).ready()
    const data = Array.from({ length: 40 }, (_, i) => tokenBatch(`loop ${i}`, 8, 24))
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    const start = performance.now()
    await model.fit(data, { epochs: name === 'reference' ? 1 : 10 })
    const elapsed = performance.now() - start
    clearInterval(timer)
    // Between pauses lie 10 ms and a step; a loop that hung would not tick at all.
    expect(ticks, `ticks in ${elapsed} ms`).toBeGreaterThan(elapsed / 200)
    model.dispose()
  })
})

describe('two models', () => {
  test('have nothing in common', async () => {
    const [a, b] = [regressor('reference', { seed: 1 }), regressor('reference', { seed: 2 })]
    const before = weightsOf(b)
    await a.fit([batch])
    expect(weightsOf(b)).toEqual(before)
    a.dispose()
    expect((await b.predict(batch)).shape).toEqual([2, 4, 2])
    b.dispose()
  })
})
