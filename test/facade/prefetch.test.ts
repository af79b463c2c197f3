import type { Batch, BatchSource } from 'ostinato'
import { expect, test } from 'vitest'
import { describeOnBackends } from '../backends.js'
import { failureText } from '../failures.js'
import { features, floats, lossesOf, regressionBatch, regressor, weightsOf } from './models.js'

const batches = Array.from({ length: 4 }, (_, i) => regressionBatch(`batch ${i}`))
const bad: Batch = { ...regressionBatch('bad'), inputs: floats('bad', 2, 4, features + 1) }
const badText =
  'SHAPE_MISMATCH fit, step 3, inputs of lstm "lstm": expected [batch, time, 3], received [2, 4, 4]'

describeOnBackends('the next batch', ({ name }) => {
  test('is taken while a step runs on threads of its own, one ahead and no more', async () => {
    const model = await regressor(name).ready()
    const log: string[] = []
    function* source(): Generator<Batch> {
      for (const [i, batch] of batches.entries()) {
        log.push(`take ${i + 1}`)
        yield batch
      }
      log.push('over')
    }
    await model.fit(source, {
      epochs: 2,
      callbacks: {
        onStepEnd: async ({ step }) => {
          await new Promise((resolve) => setTimeout(resolve, 1))
          log.push(`end ${step}`)
        },
        onEpochEnd: () => void log.push('epoch'),
      },
    })
    const ahead = [
      'take 1',
      'take 2',
      'end 1',
      'take 3',
      'end 2',
      'take 4',
      'end 3',
      'over',
      'end 4',
      'epoch',
    ]
    const inTurn = [
      'take 1',
      'end 1',
      'take 2',
      'end 2',
      'take 3',
      'end 3',
      'take 4',
      'end 4',
      'over',
      'epoch',
    ]
    const epoch = name === 'native' ? ahead : inTurn
    const second = epoch.map((text) => text.replace(/end (\d)/, (_, n) => `end ${Number(n) + 4}`))
    expect(log).toEqual([...epoch, ...second])
    model.dispose()
  })

  test('may lie in the arrays of the one before', async () => {
    const [model, twin] = [regressor(name), regressor(name)]
    const reused = regressionBatch('reused')
    const fill = (to: Batch['inputs'] | undefined, from: Batch['inputs'] | undefined) =>
      (to as { data: Float32Array }).data.set((from as { data: Float32Array }).data)
    const source: BatchSource = function* () {
      for (const batch of batches) {
        fill(reused.inputs, batch.inputs)
        fill(reused.targets, batch.targets)
        yield reused
      }
    }
    expect(await lossesOf(model, source)).toEqual(await lossesOf(twin, batches))
    expect(await model.evaluate(source)).toEqual(await twin.evaluate(batches))
    for (const m of [model, twin]) m.dispose()
  })

  test.each([
    ['is wrong', badText, () => bad],
    [
      'has no targets',
      'EMPTY_DATA fit, step 3, targets: expected targets to compare with, received none',
      () => ({ inputs: regressionBatch('x').inputs }),
    ],
    [
      'cannot be had',
      'Error the disk is gone',
      () => {
        throw new Error('the disk is gone')
      },
    ],
  ])('that %s fails where it is due: the steps before it count', async (_, text, third) => {
    const [model, twin] = [regressor(name), regressor(name)]
    const steps: number[] = []
    let closed = 0
    const source: BatchSource = function* () {
      try {
        yield* batches.slice(0, 2)
        yield third()
      } finally {
        closed++
      }
    }
    const fit = model.fit(source, { callbacks: { onStepEnd: ({ step }) => void steps.push(step) } })
    const failure = await fit.then(
      () => 'nothing',
      (error: Error & { code?: string }) => `${error.code ?? error.name} ${error.message}`,
    )
    expect(failure).toBe(text)
    expect([steps, closed]).toEqual([[1, 2], 1])
    await twin.fit(batches.slice(0, 2))
    expect(weightsOf(model)).toEqual(weightsOf(twin))
    expect(await lossesOf(model, batches)).toEqual(await lossesOf(twin, batches))
    for (const m of [model, twin]) m.dispose()
  })

  test('is given up where a callback throws: the source is closed, and its own failure is passed over', async () => {
    const model = regressor(name)
    let closed = 0
    const source: BatchSource = async function* () {
      try {
        yield* batches
      } finally {
        closed++
        // biome-ignore lint/correctness/noUnsafeFinally: what a careless source does
        throw new Error('the clean-up failed')
      }
    }
    const callbacks = {
      onStepEnd({ step }: { step: number }) {
        if (step === 2) throw new Error('enough')
      },
    }
    await expect(model.fit(source, { callbacks })).rejects.toThrow('enough')
    expect(closed).toBe(1)
    expect(await lossesOf(model, batches)).toHaveLength(4)
    model.dispose()
  })

  test('that never comes does not hold back a failure', async () => {
    const model = await regressor(name).ready()
    let asked = false
    const source: BatchSource = {
      [Symbol.asyncIterator]: () => ({
        async next() {
          if (!asked) {
            asked = true
            return { done: false, value: batches[0] as Batch }
          }
          return new Promise(() => {})
        },
      }),
    }
    const callbacks = {
      onStepEnd() {
        throw new Error('enough')
      },
    }
    await expect(model.fit(source, { callbacks })).rejects.toThrow('enough')
    expect(await lossesOf(model, batches)).toHaveLength(4)
    model.dispose()
  })

  test('of other sizes, with lengths, or after a reset is the same as on its own', async () => {
    const [model, twin] = [regressor(name), regressor(name)]
    const mixed: Batch[] = [
      regressionBatch('a', 2, 4),
      { ...regressionBatch('b', 3, 6), lengths: [6, 2, 0] },
      regressionBatch('c', 1, 9),
      { ...regressionBatch('d', 2, 2), weights: [1, 0.5], reset: true },
    ]
    const losses = await lossesOf(model, mixed)
    const alone: number[] = []
    for (const batch of mixed) alone.push(...(await lossesOf(twin, [batch])))
    for (const [i, loss] of losses.entries()) expect(loss).toBeCloseTo(alone[i] ?? 0, 5)
    expect(losses).toHaveLength(4)
    for (const m of [model, twin]) m.dispose()
  })

  test('of an evaluation fails where it is due, too', async () => {
    const model = regressor(name)
    expect(await failureText(() => model.evaluate([batches[0] as Batch, bad]))).toBe(
      badText.replace('fit, step 3', 'evaluate, batch 2'),
    )
    model.dispose()
  })
})
