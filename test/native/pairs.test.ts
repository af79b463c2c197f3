import { describe, expect, it, vi } from 'vitest'
import { loadNative } from '../../src/backends/native.js'
import { createReference } from '../../src/backends/reference/index.js'
import { statuses } from '../../src/contract/index.js'
import { difference, Runner, randomValues, runFunction, type Values } from '../graph/harness.js'
import { allWalks, traceWalks, type Walks, walkLengths, walkSizes } from './walks.js'

// Two threads for each of two walks; read when the addon is loaded.
process.env['OSTINATO_THREADS'] = '4'
const native = loadNative()
const reference = createReference()
// A machine that does much else is slow, not wrong.
vi.setConfig({ testTimeout: 120_000 })

const both: Walks = { cell: 'lstm', stacked: false, ragged: true, gradients: true }
const traced = traceWalks(both)

function valuesOf(
  lengths: readonly [readonly number[], readonly number[]] = [walkLengths, walkLengths],
): Values {
  return { ...randomValues(traced, 8, 0.25), 'lengths 0': lengths[0], 'lengths 1': lengths[1] }
}

describe('walks beside one another', () => {
  it.each(allWalks)('give the numbers of the reference: $name', ({ name: _, ...walks }) => {
    const one = traceWalks(walks)
    const lengths = { 'lengths 0': walkLengths, 'lengths 1': walkLengths }
    const values = { ...randomValues(one, 8, 0.25), ...lengths }
    const [a, b] = [native, reference].map((backend) => runFunction(backend, one, values).outputs)
    for (const [name, numbers] of Object.entries(b!))
      expect(difference(a![name]!, numbers), name).toBeLessThan(1e-4)
  })

  it('give the same bits every time, on new panels and on old ones', () => {
    const first = runFunction(native, traced, valuesOf())
    const runner = new Runner(native, traced)
    for (let i = 0; i < 10; i++) expect(runner.run(valuesOf())).toEqual(first)
    runner.dispose()
  })

  it('report the failure that comes first in the program, whoever notices first', () => {
    const store = native.createStore(traced.parameterElements, 0)
    const context = store.createContext(traced.program.words)
    const names = traced.program.paths.map((_, i) => traced.program.instructionName(i))
    const walks = [names.indexOf('lstm'), names.lastIndexOf('lstm')]
    expect(walks[1]).toBe(walks[0]! + 1)
    const status = (lengths: readonly [readonly number[], readonly number[]]) => {
      const values = valuesOf(lengths)
      for (const [i, { name }] of traced.program.inputs.entries()) context.inputs[i]?.set(values[name]!)
      context.runSync(['forward'])
      return [...context.status]
    }
    const low = walkLengths.map((n, b) => (b === 3 ? -1 : n))
    const high = walkLengths.map((n, b) => (b === 7 ? walkSizes.T + 1 : n))
    for (let i = 0; i < 10; i++) {
      expect(status([low, high])).toEqual([statuses.indexOutOfRange, walks[0], -1, 3])
      expect(status([walkLengths, high])).toEqual([statuses.indexOutOfRange, walks[1], walkSizes.T + 1, 7])
      expect(status([walkLengths, walkLengths])).toEqual([statuses.ok, -1, 0, 0])
    }
    context.dispose()
    store.dispose()
  })

  it('run beside other runs, each with the threads that its regions need', async () => {
    const expected = runFunction(native, traced, valuesOf())
    const runs = Array.from({ length: 5 }, () => {
      const store = native.createStore(traced.parameterElements, 0)
      const values = valuesOf()
      for (const { name, offset } of traced.parameters)
        store.writeParameters(Float32Array.from(values[name]!), offset)
      const context = store.createContext(traced.program.words)
      for (const [i, { name }] of traced.program.inputs.entries()) context.inputs[i]?.set(values[name]!)
      return context
    })
    for (let i = 0; i < 5; i++) {
      const outcomes = await Promise.all(runs.map((context) => context.run(['forward'])))
      expect(outcomes).toEqual(runs.map(() => 'ok'))
    }
    for (const { outputs } of runs) {
      for (const [i, { name }] of traced.program.outputs.entries())
        expect(outputs[i]).toEqual(Float32Array.from(expected.outputs[name]!))
    }
  })

  it('both hear an abort, and run whole the next time', async () => {
    // Seconds of work.
    const long = traceWalks({ ...both, ragged: false }, { T: 200, B: 64, I: 512, H: 512 })
    const store = native.createStore(long.parameterElements, 0)
    const context = store.createContext(long.program.words)
    const controller = new AbortController()
    const run = context.run(['forward'], controller.signal)
    await new Promise((resolve) => setTimeout(resolve, 30))
    controller.abort()
    expect(await run).toBe('aborted')
    expect(context.status[0]).toBe(statuses.aborted)
    context.dispose()
    store.dispose()
  })
})
