import { expect } from 'vitest'
import { createReference } from '../../src/backends/reference/index.js'
import type { Case } from '../conformance/case.js'
import { largestDifference } from '../conformance/compare.js'
import { inputsOf, Runner } from '../conformance/drive.js'
import { lowerCase } from '../conformance/lower.js'

export type Tensors = Readonly<Record<string, Float64Array>>

const step = 1e-5
const tolerance = 1e-6

/** Runs a case on the reference: its results, and what it was given. Numbers in `fixed` replace the generated ones. */
export function evaluate(of: Case, fixed: Tensors = {}): { given: Tensors; results: Tensors } {
  const lowered = lowerCase(of, 'plain')!
  const runner = new Runner(createReference({ checked: true }), lowered)
  const generated = inputsOf(of)
  const given = Object.fromEntries(
    lowered.tensors.filter((t) => t.given).map((t) => [t.name, fixed[t.name] ?? generated(t)]),
  )
  const { status, tensors } = runner.run(({ name }) => given[name]!)
  runner.dispose()
  expect(status).toBe('ok')
  return { given, results: Object.fromEntries(tensors) }
}

/**
 * Holds `gradients` (by input) against central differences of `loss`, a function of the results of the case. The
 * upstream gradients are what the loss weighs the results with.
 */
export function expectGradients(
  of: Case,
  given: Tensors,
  loss: (results: Tensors) => number,
  gradients: Readonly<Record<string, Float64Array>>,
): void {
  const runner = new Runner(createReference(), lowerCase(of, 'plain')!)
  const at = (numbers: Tensors) => {
    const { status, tensors } = runner.run(({ name }) => numbers[name]!)
    expect(status).toBe('ok')
    return loss(Object.fromEntries(tensors))
  }
  for (const [name, gradient] of Object.entries(gradients)) {
    const original = given[name]
    if (!original) throw new Error(`${of.name} has no input "${name}"`)
    const moved = (i: number, by: number) => {
      const copy = original.slice()
      copy[i]! += by
      return at({ ...given, [name]: copy })
    }
    const differences = original.map((_, i) => (moved(i, step) - moved(i, -step)) / (2 * step))
    expect(gradient.length, `${name}: sizes`).toBe(original.length)
    const worst = largestDifference(gradient, differences)
    const text = `${of.name}: gradient of "${name}"[${worst.at}] is ${gradient[worst.at]}, by differences ${differences[worst.at]}`
    expect(worst.difference, text).toBeLessThanOrEqual(tolerance)
  }
  // A gradient of zeros would pass where the loss does not depend on anything.
  const sizes = Object.values(gradients).map((g) => g.reduce((most, v) => Math.max(most, Math.abs(v)), 0))
  expect(Math.max(...sizes), `${of.name}: every gradient is 0`).toBeGreaterThan(1e-3)
  runner.dispose()
}

export function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, v, i) => sum + v * b[i]!, 0)
}
