import { expect } from 'vitest'
import type { Backend, FloatArray } from '../../src/backends/backend.js'
import { createReference } from '../../src/backends/reference/index.js'
import type { Case } from './case.js'
import { drive, inputsOf, type Result } from './drive.js'
import { layouts, lowerCase } from './lower.js'

const reference = createReference({ checked: true })

/** Runs a case in every layout and holds each result against the reference in the plain layout. */
export function expectAgreement(backend: Backend, of: Case): void {
  const given = inputsOf(of)
  const expected = drive(reference, of, 'plain', given)!
  expect(expected.status, 'the reference').toBe(of.status ?? 'ok')
  for (const layout of layouts) {
    const received = drive(backend, of, layout, given)
    if (!received) continue
    expectSame(of, received, expected, layout, backend.name === 'reference')
  }
}

function expectSame(of: Case, received: Result, expected: Result, layout: string, exactly: boolean): void {
  expect(received.status, layout).toBe(expected.status)
  expect(received.spilled, `${layout}: written beside the tensor`).toEqual([])
  if (expected.status === 'indexOutOfRange') {
    expect(received.words.slice(2), `${layout}: index and position`).toEqual(expected.words.slice(2))
  }
  for (const { name, type, tolerance, home } of lowerCase(of, 'plain')!.tensors) {
    const [a, b] = [received.tensors.get(name), expected.tensors.get(name)]
    // A run that ended early leaves its outputs in any state, but weights and states untouched.
    if (!a || !b || (expected.status !== 'ok' && (home === 'output' || home === 'statistics'))) continue
    expect(a.length, `${layout}: "${name}"`).toBe(b.length)
    const worst = largestDifference(a, type === 'f32' && !exactly ? b.map(Math.fround) : b)
    const text = `${layout}: "${name}"[${worst.at}] = ${a[worst.at]}, not ${b[worst.at]}`
    expect(worst.difference, text).toBeLessThanOrEqual(exactly ? 0 : tolerance)
  }
}

/** The largest |a − b| ∕ (1 + |b|); equal infinities and two NaN do not differ. */
export function largestDifference(a: FloatArray, b: FloatArray): { difference: number; at: number } {
  let [difference, at] = [0, 0]
  for (let i = 0; i < b.length; i++) {
    const same = a[i] === b[i] || (Number.isNaN(a[i]) && Number.isNaN(b[i]))
    const d = same ? 0 : Math.abs(a[i]! - b[i]!) / (1 + Math.abs(b[i]!))
    // Not (d <= difference): a lone NaN differs infinitely.
    if (!(d <= difference)) [difference, at] = [Number.isNaN(d) ? Number.POSITIVE_INFINITY : d, i]
  }
  return { difference, at }
}
