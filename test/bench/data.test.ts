import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { digest, disagreement, numbers } from '../../bench/data.js'

describe('numbers that every engine makes for itself', () => {
  it('are spread evenly over the range', () => {
    const values = numbers('x', 100_000, 0.5)
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length
    const square = values.reduce((sum, v) => sum + v * v, 0) / values.length
    expect(Math.max(...values.subarray(0, 10_000))).toBeLessThan(0.5)
    expect(Math.min(...values.subarray(0, 10_000))).toBeGreaterThanOrEqual(-0.5)
    expect(Math.abs(mean)).toBeLessThan(0.005)
    expect(Math.abs(square - 0.25 / 3)).toBeLessThan(0.001)
  })

  it('differ from name to name', () => {
    expect(numbers('kernel.0', 8, 1)).not.toEqual(numbers('kernel.1', 8, 1))
  })

  const peers = fileURLToPath(new URL('../../bench/peers', import.meta.url))
  const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0
  it.skipIf(!hasNumpy)('are the same in Python, and so are digests (needs python3 with numpy)', () => {
    const program = [
      'import json',
      'from data import numbers, digest',
      'v = numbers("recurrentKernel.1", (1237,), 0.3)',
      'print(json.dumps({"values": v.tolist(), "digest": digest("y", v)}))',
    ].join('\n')
    const { stdout, stderr } = spawnSync('python3', ['-c', program], { cwd: peers, encoding: 'utf8' })
    expect(stderr).toBe('')
    const theirs = JSON.parse(stdout) as { values: number[]; digest: ReturnType<typeof digest> }
    const values = numbers('recurrentKernel.1', 1237, 0.3)
    expect(theirs.values).toEqual(Array.from(values))
    const ours = digest('y', values)
    expect(theirs.digest.samples).toEqual(ours.samples)
    expect(theirs.digest.elements).toBe(1237)
    expect(theirs.digest.norm).toBeCloseTo(ours.norm, 10)
    expect(theirs.digest.projection).toBeCloseTo(ours.projection, 10)
  })
})

describe('disagreement', () => {
  const values = numbers('y', 10_000, 1)
  const of = (changed: Float32Array) => ({ y: digest('y', changed) })
  const ours = of(values)

  it('lets rounding pass', () => {
    expect(disagreement(ours, of(values.map((v) => v * (1 + 1e-5))), 2e-4)).toBeUndefined()
  })

  it.each([
    ['another scale', values.map((v) => v * 1.001)],
    ['two rows exchanged', Float32Array.from([...values.subarray(100), ...values.subarray(0, 100)])],
    ['one large error anywhere', values.map((v, i) => (i === 5432 ? v + 1 : v))],
    ['a NaN', values.map((v, i) => (i === 17 ? Number.NaN : v))],
    ['zeros', values.map(() => 0)],
    ['fewer elements', values.subarray(1)],
  ])('notices %s', (_, changed) => {
    expect(disagreement(ours, of(changed), 2e-4)).toMatch(/^y/)
    expect(disagreement(of(changed), ours, 2e-4)).toMatch(/^y/)
  })

  it('notices a result that only one side has, and none at all', () => {
    expect(disagreement(ours, { ...ours, dx: ours.y }, 2e-4)).toBe('dx: only one of the two has it')
    expect(disagreement({}, {}, 2e-4)).toBe('nothing to compare')
  })
})
