import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mutants } from '../../scripts/mutants/list.js'

test.each(mutants)('the mutant "$name" of $executor still finds its place', ({ file, find, replace }) => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  expect(text.split(find).length - 1).toBe(1)
  expect(replace).not.toBe(find)
})
