import { OstinatoError } from '../src/errors.js'

/** The library's error that the work ends with, thrown or rejected; anything else fails the test. */
export async function failureOf(work: () => unknown): Promise<OstinatoError> {
  let outcome: unknown
  try {
    outcome = await work()
  } catch (error) {
    if (error instanceof OstinatoError) return error
    throw error
  }
  throw new Error(`expected an OstinatoError, received ${String(outcome)}`)
}

/** Its code and message in one line, to be compared whole. */
export async function failureText(work: () => unknown): Promise<string> {
  const { code, message } = await failureOf(work)
  return `${code} ${message}`
}
