import { spawn } from 'node:child_process'

export interface Finished {
  /** Null where it was ended for taking too long. */
  readonly code: number | null
  readonly output: string
}

const longest = 300_000

export function run(command: string, args: readonly string[], folder: string): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: folder, timeout: longest, killSignal: 'SIGKILL' })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString() }))
  })
}
