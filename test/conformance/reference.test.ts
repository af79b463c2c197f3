import { describe, expect, it } from 'vitest'
import { createReference } from '../../src/backends/reference/index.js'
import { instructionNames } from '../../src/contract/index.js'
import { cases } from './cases/index.js'
import { expectAgreement } from './compare.js'
import { drive } from './drive.js'

const all = Object.values(cases).flat()

it('has a case for every instruction, and no name twice', () => {
  const covered = new Set(all.flatMap(({ steps }) => steps.map(({ instruction }) => instruction)))
  expect(instructionNames.filter((name) => !covered.has(name))).toEqual([])
  const names = all.map(({ name }) => name)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
})

it('has whole-number cases that float32 can hold', () => {
  for (const of of all.filter(({ exact }) => exact)) {
    const { tensors } = drive(createReference(), of, 'plain')!
    for (const [name, numbers] of tensors) {
      const largest = numbers.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
      expect(largest, `${of.name}: ${name}`).toBeLessThan(2 ** 24)
      expect(numbers.every(Number.isInteger), `${of.name}: ${name}`).toBe(true)
    }
  }
})

describe.each(Object.entries(cases))(
  'the reference gives the same numbers in every layout: %s',
  (_, list) => {
    it.each(list.map((of) => [of.name, of] as const))('%s', (_name, of) => {
      expectAgreement(createReference({ checked: true }), of)
    })
  },
)
