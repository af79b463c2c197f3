import { describe, it } from 'vitest'
import { loadNative } from '../../src/backends/native.js'
import { OstinatoError } from '../../src/errors.js'
import { cases } from './cases/index.js'
import { expectAgreement } from './compare.js'

/**
 * All cases on the addon under these variables. They are read when the addon is loaded, so each set needs a test file, and
 * with it a process, of its own. A level that this CPU lacks is one skipped test that says so.
 */
export function describeNative(variables: Readonly<Record<string, string>>): void {
  Object.assign(process.env, variables)
  const text = Object.entries(variables).map(([name, value]) => ` ${name}=${value}`)
  const native = load('OSTINATO_CPU_LEVEL' in variables)
  if (typeof native === 'string') {
    it.skip(`native${text.join('')}: ${native}`)
    return
  }
  describe.each(Object.entries(cases))(`native${text.join('')} agrees with the reference: %s`, (_, list) => {
    it.each(list.map((of) => [of.name, of] as const))('%s', (_name, of) => {
      expectAgreement(native, of)
    })
  })
}

function load(orReason: boolean) {
  try {
    return loadNative()
  } catch (error) {
    const unavailable = error instanceof OstinatoError && error.code === 'BACKEND_UNAVAILABLE'
    if (!orReason || !unavailable) throw error
    return error.message
  }
}
