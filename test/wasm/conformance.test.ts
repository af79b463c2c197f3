import { describe, it } from 'vitest'
import { loadWasm } from '../../src/backends/wasm.js'
import { cases } from '../conformance/cases/index.js'
import { expectAgreement } from '../conformance/compare.js'

const wasm = await loadWasm()

describe.each(Object.entries(cases))('WebAssembly agrees with the reference: %s', (_, list) => {
  it.each(list.map((of) => [of.name, of] as const))('%s', (_name, of) => {
    expectAgreement(wasm, of)
  })
})
