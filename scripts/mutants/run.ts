import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Finished {
  /** Null where it was ended for taking too long. */
  readonly code: number | null
  readonly output: string
}

const longest = 300_000

export function run(command: string, args: readonly string[], folder: string): Promise<Finished> {
  // A file takes everything at once: what waits in a pipe when a process ends is lost.
  const logs = mkdtempSync(join(tmpdir(), 'ostinato-log-'))
  const log = join(logs, 'output')
  const file = openSync(log, 'w')
  return new Promise<Finished>((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: folder,
      timeout: longest,
      killSignal: 'SIGKILL',
      stdio: ['ignore', file, file],
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output: readFileSync(log, 'utf8') }))
  }).finally(() => {
    closeSync(file)
    rmSync(logs, { recursive: true })
  })
}
