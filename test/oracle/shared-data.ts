import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'

/** Reference numbers kept beside the repository, not in it. */
export function conformancePath(relative: string): string {
  return fileURLToPath(new URL(`../../../shared/conformance/${relative}`, import.meta.url))
}

/** Runs the suite where its data is; elsewhere one skipped test says what is missing. */
export function describeWithData(relative: string, body: (path: string) => void): void {
  const path = conformancePath(relative)
  if (existsSync(path)) body(path)
  else test.skip(`../shared/conformance/${relative} is not on this machine`)
}
