import { expect, test } from 'vitest'
import { createReference } from '../../src/backends/reference/index.js'
import { add, matmul, multiply, scan, type Tensor, tanh } from '../../src/graph/index.js'
import { describeOnBackends } from '../backends.js'
import { type Builder, difference, randomValues, runFunction, traceFunction } from './harness.js'
import { defineScanned, type Sizes, scannedLengths } from './scanned.js'

const reference = createReference({ checked: true })

const sizes: readonly Sizes[] = [
  { T: 6, B: 3, I: 5, H: 7 },
  { T: 1, B: 4, I: 3, H: 1 },
  { T: 5, B: 1, I: 1, H: 17 },
]

describeOnBackends('a loop equals its steps written out', (backend) => {
  const tolerance = backend.name === 'reference' ? 1e-12 : 1e-4
  for (const kind of ['rnn', 'lstm'] as const) {
    for (const reverse of [false, true]) {
      test.each(sizes)(`${kind}${reverse ? ', reverse' : ''} %o`, (size) => {
        const [loop, steps] = [true, false].map((scanned) => {
          const traced = traceFunction((b) => defineScanned(b, kind, size, reverse, scanned), {
            gradients: true,
          })
          const values = { ...randomValues(traced, 5), ...scannedLengths(size) }
          return runFunction(scanned ? backend : reference, traced, values)
        })
        const names = Object.keys(loop?.outputs ?? {}).sort()
        expect(names).toEqual(Object.keys(steps?.outputs ?? {}).sort())
        expect(names).toContain('∂recurrentKernel')
        for (const name of names) {
          expect(difference(loop?.outputs[name] ?? [], steps?.outputs[name] ?? []), name).toBeLessThan(
            tolerance,
          )
        }
      })
    }
  }
})

/** Where its value comes from decides how the gradient of something that no step changes is made. */
describeOnBackends('the gradient of what every step uses as it is', (backend) => {
  const T = 4
  const shape = [3, 5] as const
  const memory = (b: Builder): Tensor => tanh(b.input('source', shape))

  /** hₜ = tanh(hₜ₋₁ · w) ∗ p + m ∗ hₜ₋₁ ∗ q, without inputs: p, q of a unit, m of a row and a unit. */
  const step = (h: Tensor, w: Tensor, p: Tensor, q: Tensor, m: Tensor): Tensor =>
    add(multiply(tanh(matmul(h, w)), p), multiply(multiply(m, h), tanh(q)))

  const trace = (looped: boolean) =>
    traceFunction(
      (b) => {
        const m = memory(b)
        const [w, p, q] = [b.parameter('w', [5, 5]), b.parameter('p', [5]), b.parameter('q', [5])]
        const first = b.input('h', shape)
        const steps = b.graph.dimensions.constant(T)
        const last = looped
          ? scan(b.graph, { h: first }, {}, ({ h }) => ({ h: step(h as Tensor, w, p, q, m) }), { steps })['h']
              ?.final
          : Array.from({ length: T }).reduce((h: Tensor) => step(h, w, p, q, m), first)
        b.fit(last as Tensor)
        return { last: last as Tensor }
      },
      { gradients: true },
    )

  test('is the sum over the steps', () => {
    const [looped, unrolled] = [trace(true), trace(false)]
    const values = randomValues(looped, 3)
    const found = runFunction(backend, looped, values).outputs
    const expected = runFunction(reference, unrolled, values).outputs
    expect(Object.keys(found).sort()).toEqual(['last', '∂h', '∂p', '∂q', '∂source', '∂w'])
    for (const [name, numbers] of Object.entries(found)) {
      const tolerance = backend.name === 'reference' ? 1e-12 : 1e-5
      expect(difference(numbers, expected[name] ?? []), name).toBeLessThan(tolerance)
    }
  })

  test('does not compute in the loop what no step changes', () => {
    const text = trace(true).program.toString()
    const [before, body] = text.split('for each step') as [string, string]
    expect(before.match(/← tanh\(/g)).toHaveLength(2) // of the source, and of q
    expect(body.match(/matmul_transpose_a/g)).toBeNull()
    expect(text.match(/matmul_transpose_a/g)).toHaveLength(1)
  })
})

test('memory is reused in and around a loop as if every tensor had its own', () => {
  const size = { T: 6, B: 3, I: 5, H: 7 }
  const [shared, own] = [true, false].map((reuse) => {
    const traced = traceFunction((b) => defineScanned(b, 'lstm', size, false, true), {
      gradients: true,
      reuse,
    })
    const values = { ...randomValues(traced, 8), lengths: Int32Array.of(6, 2, 0), mask: new Float64Array(18) }
    return runFunction(reference, traced, values).outputs
  })
  expect(shared).toEqual(own)
})

describeOnBackends('a loop of a number of steps known at run time', (backend) => {
  test('gives what a loop of that length gives', () => {
    const trace = (steps: number | undefined) =>
      traceFunction(
        (b) => {
          const T =
            steps === undefined ? b.graph.dimensions.input('T', 9) : b.graph.dimensions.constant(steps)
          const x = b.input('x', [T, 2, 3])
          const w = b.parameter('w', [3, 3])
          const zeros = b.data('zeros', [2, 3])
          const walk = (reverse: boolean) =>
            scan(
              b.graph,
              { h: zeros },
              { x },
              ({ h }, { x: xt }) => ({ h: tanh(add(xt as Tensor, matmul(h as Tensor, w))) }),
              { steps: T, reverse },
            )['h'] as { y: Tensor }
          const y = add(walk(false).y, walk(true).y)
          b.fit(y)
          return { y }
        },
        { gradients: true },
      )
    const open = trace(undefined)
    for (const T of [1, 4, 9, 2]) {
      const values = { ...randomValues(trace(T), 2), zeros: new Float64Array(6) }
      const found = runFunction(backend, open, values, { dimensions: { T } }).outputs
      expect(found).toEqual(runFunction(backend, trace(T), values).outputs)
    }
  })
})
